"""Collecting programs and the arguments they are run with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """A program, and tuples of arguments for it."""

    function: Callable[..., Any]
    arguments: tuple[tuple[object, ...], ...]

    @property
    def name(self) -> str:
        return f"{self.function.__module__.rpartition('.')[2]}-{self.function.__name__}"


CASES: list[Case] = []


def case(*arguments: tuple[object, ...]) -> Callable[[Any], Any]:
    """Register a program; the function itself stays what it is."""

    def register(function: Any) -> Any:
        CASES.append(Case(function, arguments))
        return function

    return register
