"""What operations cost, in elementary operations. The weights are fixed and documented here.

| 1 | + − × ÷ // %, negation, comparison, sqrt, abs, sign, min, max, roundings, tests for nan and
      inf, and what is one product: square, reciprocal, degrees, copysign |
| 2 | clip (a min and a max), fma |
| 4 | other elementary functions |
| 8 | pow, atan2, hypot, logaddexp |
| n − 1 | `sum`, `min`, `max` of n |
| 0 | moves, indexing, conversions, control, arithmetic and functions of integers |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Weight = Callable[[Sequence[object]], int]

_INTEGERS = (bool, int, np.bool_, np.integer)


def all_integers(operands: Sequence[object]) -> bool:
    """Whether this is arithmetic of integers (indices, counters), which costs nothing."""
    return all(isinstance(operand, _INTEGERS) for operand in operands)


def arithmetic(weight: int) -> Weight:
    """`weight` for floats, nothing for integers."""
    return lambda operands: 0 if all_integers(operands) else weight


def always(weight: int) -> Weight:
    return lambda operands: weight


FREE = always(0)
ONE = arithmetic(1)


def additions(sequence: object, fewer: int) -> int:
    """The additions that summing a sequence takes, `fewer` than it has elements."""
    assert isinstance(sequence, list | tuple)
    return 0 if all_integers(sequence) else max(len(sequence) - fewer, 0)
