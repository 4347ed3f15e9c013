"""How large the contributions were that a derivative was summed from: what its rounding is
measured against.

Beside each number stands a magnitude, as if the same sweep had been made with absolute values:
|v| for a seed and for what enters from the primal, sums of magnitudes for sums, products for
products. The interpreter hands numbers on as the very objects they are, so a table by identity is
enough to follow them through loops and branches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from autodiff_compiler.ir.interpreter import evaluate_op
from autodiff_compiler.ir.values import Function, Op
from tests.running import outcome

EPS = 2.0**-52
TOLERANCE = 4500 * EPS  # of the sum of absolute contributions

Pair = tuple[object, object]


def with_magnitudes(function: Function, arguments: Sequence[object]) -> Pair:
    """What a function returns, and beside it the same structure with each number's magnitude."""
    table = _Magnitudes()
    found = outcome(function, arguments, table.evaluate)
    assert not found.raised, found.raised
    return found.value, table.of(found.value)


class _Magnitudes:
    def __init__(self) -> None:
        self.known: dict[int, tuple[object, float]] = {}  # the number is held, so that it lives

    def of(self, held: object) -> object:
        if isinstance(held, list | tuple):
            return type(held)(map(self.of, held))
        return self.number(held)

    def number(self, held: object) -> float:
        if id(held) in self.known:
            return self.known[id(held)][1]
        return abs(float(held)) if isinstance(held, int | float | np.number) else 0.0

    def fresh(self, value: object, magnitude: float) -> object:
        """The number as a new object, of known magnitude."""
        new = type(value)(repr(float(value)))  # type: ignore[arg-type,call-arg]
        self.known[id(new)] = (new, magnitude)
        return new

    def evaluate(self, op: Op, operands: Sequence[object]) -> object:
        value = evaluate_op(op, operands)
        rule = RULES.get(op.operation.name)
        if op.origin.exact or rule is None:
            return value  # its own absolute value, or one of the operands handed on
        if isinstance(value, list):
            # Sequences are added to element by element: each has its own magnitude.
            columns = _columns(op, operands, len(value))
            return [
                self.fresh(item, sum(map(self.number, column))) if len(column) > 1 else column[0]
                for item, column in zip(value, columns, strict=True)
            ]
        if not isinstance(value, float):
            return value
        if op.operation.name in ("sum", "sum_from"):
            assert isinstance(operands[0], list | tuple)
            operands = (*operands[0], *operands[1:])
        return self.fresh(value, rule(*map(self.number, operands)))


def _columns(op: Op, operands: Sequence[object], count: int) -> list[list[object]]:
    """For each element of a sum of sequences, the numbers that it is the sum of."""
    first = operands[0]
    assert isinstance(first, list | tuple)
    columns = [[item] for item in first]
    if op.operation.name == "index_add":
        place = operands[1]
        assert isinstance(place, int)
        columns[place].append(operands[2])
        return columns
    assert isinstance(operands[1], list | tuple)
    return [[*column, item] for column, item in zip(columns, operands[1], strict=True)]


def _summed(*magnitudes: float) -> float:
    return sum(magnitudes)


def _quotient(a: float, b: float) -> float:
    return a / b if b else np.inf


RULES: dict[str, Callable[..., float]] = {
    "add": _summed,
    "sub": _summed,
    "sum": _summed,
    "sum_from": _summed,
    "seq_add": _summed,
    "index_add": _summed,
    "mul": lambda a, b: a * b,
    "div": _quotient,
    "ieee_div": _quotient,
    "neg": lambda a: a,
    "pos": lambda a: a,
    "float": lambda a: a,
    "np.float64": lambda a: a,
}
