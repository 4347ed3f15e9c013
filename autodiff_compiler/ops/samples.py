"""Operand tuples that span a domain, for the tests that are generated from the records."""

from __future__ import annotations

from itertools import product

Samples = tuple[tuple[float, ...], ...]


def spread(low: float, high: float, count: int = 7) -> tuple[float, ...]:
    """Points inside an interval, evenly apart, none of them a round number."""
    step = (high - low) / count
    return tuple(low + (k + 0.4837) * step for k in range(count))


def reals(low: float, high: float, *more: float, count: int = 7) -> Samples:
    """One operand between two bounds, and further points."""
    return tuple((x,) for x in (*spread(low, high, count), *more))


def grid(*axes: tuple[float, ...]) -> Samples:
    """Every combination of the axes' points."""
    return tuple(product(*axes))


# Both signs, several magnitudes; the pairs leave out a == b.
WIDE = reals(-3, 3, 1e-9, -4e-5, 123.4, -6.7e8)
PAIRS = grid(spread(-3, 3, 4), spread(-2.6, 3.1, 4)) + ((1e9, 2.3e-7), (-4e-6, 5e5))
POSITIVE = reals(0.02, 4, 1e-9, 345.6, 7.8e12)
