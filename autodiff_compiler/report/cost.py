"""Counting elementary operations, by running the graph and adding up weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autodiff_compiler.ir.interpreter import evaluate_op, interpret
from autodiff_compiler.ir.values import Function, Op


@dataclass(frozen=True)
class Cost:
    """Operations for one set of inputs, in the units of the records' weights.

    + − × ÷, negation, comparison, sqrt, abs, sign, min, max, floor and round count 1, `sum` of n
    numbers n − 1; moves, indexing, integer index arithmetic, conversions and control nothing; other
    elementary functions 4, and so special functions of one number, such as gamma, digamma, erf;
    pow, atan2, hypot and logaddexp 8, and so special functions of two, such as beta.
    """

    primal: int
    derivative: int  # the primal included

    @property
    def ratio(self) -> float:
        """derivative / primal; 1 where neither does anything."""
        if self.primal == 0:
            return 1.0 if self.derivative == 0 else math.inf
        return self.derivative / self.primal

    def __str__(self) -> str:
        return (
            f"primal {self.primal}, derivative {self.derivative} operations "
            f"({self.ratio:.2f} × primal)"
        )


def count(function: Function, arguments: Sequence[object]) -> int:
    """The operations executed for these arguments. Raises what the function raises."""
    total = 0

    def weigh(op: Op, operands: Sequence[object]) -> object:
        nonlocal total
        total += op.operation.weight(operands)
        return silent(op, operands)

    interpret(function, arguments, weigh)
    return total


def silent(op: Op, operands: Sequence[object]) -> object:
    """Evaluate an operation, but neither print nor warn."""
    if op.operation.name == "print":
        return None
    with np.errstate(all="ignore"):
        return evaluate_op(op, operands)
