"""What one program is: the function, arguments to call it with, and what to differentiate."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """A function, a maker of fresh arguments, and the positions of those to differentiate."""

    function: Callable
    arguments: Callable[[], tuple]
    wrt: tuple[int, ...] = (0,)
    complex_step: bool = False
    features: tuple[str, ...] = ()
