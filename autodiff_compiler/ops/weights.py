"""What operations cost, in elementary operations. The weights are fixed and documented here.

| 1 | + − × ÷ // %, negation, comparison, sqrt, abs, sign, min, max, roundings, tests for nan and
      inf, and what is one product: square, reciprocal, degrees, copysign; clip, per bound |
| 2 | fma |
| 4 | other elementary functions; special functions of one number: gamma, digamma, erf |
| 8 | pow, atan2, hypot, logaddexp; special functions of two numbers: beta |
| n − 1 | `sum`, `min`, `max` of n |
| 0 | moves, indexing, conversions, control, arithmetic and functions of integers |
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

Weight = Callable[[Sequence[object]], int]

_INTEGERS = (bool, int, np.bool_, np.integer)


def all_integers(operands: Sequence[object]) -> bool:
    """Whether this is arithmetic of integers (indices, counters), which costs nothing."""
    return all(
        operand.dtype.kind in "biu"
        if isinstance(operand, np.ndarray)
        else isinstance(operand, _INTEGERS)
        for operand in operands
    )


def elements(operands: Sequence[object]) -> int:
    """How many times an elementwise operation is done: once for numbers."""
    shapes = [operand.shape for operand in operands if isinstance(operand, np.ndarray)]
    return math.prod(np.broadcast_shapes(*shapes)) if shapes else 1


def arithmetic(weight: int) -> Weight:
    """`weight` per element for floats, nothing for integers."""
    return lambda operands: 0 if all_integers(operands) else weight * elements(operands)


def always(weight: int) -> Weight:
    """`weight` per element."""
    if weight == 0:
        return lambda operands: 0
    return lambda operands: weight * elements(operands)


FREE = always(0)
ONE = arithmetic(1)


def additions(sequence: object, fewer: int) -> int:
    """The additions that summing a sequence takes, `fewer` than it has elements."""
    assert isinstance(sequence, list | tuple)
    return 0 if all_integers(sequence) else max(len(sequence) - fewer, 0)


def size_of(operand: object) -> int:
    """The number of elements that an operation on floats goes through; integers cost nothing."""
    if isinstance(operand, np.ndarray):
        return operand.size if operand.dtype.kind == "f" else 0
    if isinstance(operand, list | tuple):
        return sum(map(size_of, operand))
    return 0 if isinstance(operand, _INTEGERS) else 1


def per_element(weight: int) -> Weight:
    """`weight` for each element of the first operand."""
    return lambda operands: weight * size_of(operands[0])
