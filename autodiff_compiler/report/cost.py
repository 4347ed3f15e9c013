"""Counting elementary operations, by running the graph and adding up weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autodiff_compiler.ir.interpreter import Runner, evaluate_op
from autodiff_compiler.ir.values import Block, Const, Function, Loop, Op, Value
from autodiff_compiler.ir.walk import all_nodes, values_read


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
    reason: str = ""  # why this mode, where there was a choice

    @property
    def ratio(self) -> float:
        """derivative / primal; 1 where neither does anything."""
        if self.primal == 0:
            return 1.0 if self.derivative == 0 else math.inf
        return self.derivative / self.primal

    def __str__(self) -> str:
        return (
            f"primal {self.primal}, derivative {self.derivative} operations "
            f"({self.ratio:.2f} × primal){f', by {self.reason}' if self.reason else ''}"
        )


def count(function: Function, arguments: Sequence[object]) -> int:
    """The operations executed for these arguments. Raises what the function raises."""
    counter = _Counter()
    for param, argument in zip(function.params, arguments, strict=True):
        counter.bind(param, argument)
    counter.block(function.body)
    return counter.total


class _Counter(Runner):
    """Adds up weights. Of the sweeps of a Jacobian, which take the same steps, it runs one."""

    def __init__(self) -> None:
        self.total = 0
        super().__init__({}, self._weigh)

    def _weigh(self, op: Op, operands: Sequence[object]) -> object:
        self.total += op.operation.weight(operands)
        return silent(op, operands)

    def loop(self, node: Loop) -> None:
        if node.space is None or node.index is None or not _is_over_units(node):
            super().loop(node)
            return
        start, stop, step = self.reads((node.space.start, node.space.stop, node.space.step))
        assert isinstance(start, int) and isinstance(stop, int) and isinstance(step, int)
        space = range(start, stop, step)
        found: list[object] = [None] * len(node.collects)
        if space:
            before = self.total
            self.bind(node.index, space[0])
            found = self.block(Block(node.body, node.collects))
            self.total = before + len(space) * (self.total - before)
        for sequence, each in zip(node.sequences, found, strict=True):
            self.bind(sequence, [each] * len(space))


def _is_over_units(loop: Loop) -> bool:
    """Whether the iterations of a loop differ in nothing but the unit vector they start from."""
    others = loop.inits or loop.consumed or loop.test is not None or loop.trips is not None
    if others or loop.index is None:
        return False
    nodes = [node for node in all_nodes(loop.body) if isinstance(node, Op)]
    made = {node.result: node for node in nodes}
    units = sum(loop.index in node.operands and _is_unit(node, made) for node in nodes)
    return units > 0 and units == list(values_read(loop.body, loop.collects)).count(loop.index)


def _is_unit(op: Op, made: Mapping[Value, Op]) -> bool:
    if op.origin.order == 0:
        return False
    if op.operation.name == "unit_like":
        return True
    first, last = op.operands[0], op.operands[-1]
    zeros = made.get(first) if isinstance(first, Value) else None
    return (
        op.operation.name == "index_add"
        and zeros is not None
        and zeros.operation.name == "zeros_like"
        and isinstance(last, Const)
    )


def silent(op: Op, operands: Sequence[object]) -> object:
    """Evaluate an operation, but neither print nor warn."""
    if op.operation.name == "print":
        return None
    with np.errstate(all="ignore"):
        return evaluate_op(op, operands)
