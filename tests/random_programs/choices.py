"""Where random decisions come from: a seed, or Hypothesis.

Alternatives are listed simplest first and smaller numbers are simpler, so that what Hypothesis
shrinks towards is readable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
Draw = Callable[[st.SearchStrategy[Any]], Any]

_MILLI = 1000
_DENSE = 10**12


class Choices(Protocol):
    """One decision: an integer between two bounds, both included."""

    def integer(self, low: int, high: int) -> int: ...


class Seeded:
    """Decisions that follow from a seed, the same on every machine and version."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def integer(self, low: int, high: int) -> int:
        return low + int(self._random.random() * (high - low + 1))


class Drawn:
    """Decisions drawn by Hypothesis, which then shrinks them towards their lower bounds."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        return int(self._draw(st.integers(low, high)))


def flag(choices: Choices, percent: int) -> bool:
    """True in so many cases out of a hundred; shrinks to False."""
    return choices.integer(0, 99) >= 100 - percent


def pick(choices: Choices, alternatives: Sequence[T]) -> T:
    """Any of the alternatives; shrinks to the first."""
    return alternatives[choices.integer(0, len(alternatives) - 1)]


def weighted(choices: Choices, alternatives: Sequence[tuple[int, T]]) -> T:
    """One of the alternatives by its weight; shrinks to the first."""
    position = choices.integer(0, sum(weight for weight, _ in alternatives) - 1)
    for weight, alternative in alternatives:
        if position < weight:
            return alternative
        position -= weight
    raise AssertionError("a position lies within the total weight")


def shuffled(choices: Choices, items: Sequence[T]) -> list[T]:
    """A permutation; shrinks to the given order."""
    rest, result = list(items), []
    while rest:
        result.append(rest.pop(choices.integer(0, len(rest) - 1)))
    return result


def number(choices: Choices, low: float, high: float) -> float:
    """A float: mostly three decimals, sometimes with all digits; shrinks towards zero."""
    largest = max(abs(low), abs(high))
    grid = _DENSE if flag(choices, 30) else _MILLI
    magnitude = choices.integer(0, int(largest * grid)) / grid
    signed = -magnitude if low < 0 and flag(choices, 45) else magnitude
    return min(max(signed, low), high)
