"""A numeric program with the arguments to run it at."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Program:
    """A function, a maker of its arguments, and what is differentiated with respect to."""

    function: Callable[..., Any]
    arguments: Callable[[], tuple[Any, ...]]
    wrt: tuple[int, ...] = (0,)
    complex_step: bool = False
    features: tuple[str, ...] = ()
