"""A small reference interpreter: what the IR means, without any emitted code.

Every test runs through it and through generated code, since most wrong numbers are born on the way
out of SSA. The cost model counts with it too, by watching each operation that it evaluates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from autodiff_compiler.ir.types import accepts
from autodiff_compiler.ir.values import (
    Block,
    Call,
    Const,
    Function,
    If,
    Loop,
    Node,
    Op,
    Operand,
    Value,
)

Evaluate = Callable[[Op, Sequence[object]], object]
Environment = dict[Value, object]


def evaluate_op(op: Op, operands: Sequence[object]) -> object:
    """The operation on run-time values. What a derivative added neither warns nor raises."""
    if op.origin.order == 0:
        return op.operation.evaluate(*operands, **op.attributes)
    with np.errstate(all="ignore"):
        return op.operation.evaluate(*operands, **op.attributes)


def interpret(
    function: Function, arguments: Sequence[object], evaluate: Evaluate = evaluate_op
) -> object:
    """Run a function on Python values. `evaluate` may count, log or reinterpret operations."""
    if len(arguments) != len(function.params):
        raise TypeError(f"@{function.name} takes {len(function.params)} arguments")
    environment: Environment = {}
    runner = Runner(environment, evaluate)
    for param, argument in zip(function.params, arguments, strict=True):
        runner.bind(param, argument)
    return runner.block(function.body)[0]


class Runner:
    def __init__(self, environment: Environment, evaluate: Evaluate) -> None:
        self.environment = environment
        self.evaluate = evaluate

    def bind(self, value: Value, held: object) -> None:
        if not accepts(value.type, held):
            raise TypeError(f"{value!r} cannot hold {held!r} of type {type(held).__name__}")
        self.environment[value] = held

    def read(self, operand: Operand) -> object:
        return operand.value if isinstance(operand, Const) else self.environment[operand]

    def reads(self, operands: Iterable[Operand]) -> list[object]:
        return [self.read(operand) for operand in operands]

    def block(self, block: Block) -> list[object]:
        for node in block.nodes:
            self.node(node)
        assert block.yields is not None, "a block without yields raised nothing"
        return self.reads(block.yields)

    def node(self, node: Node) -> None:
        match node:
            case Op():
                self.bind(node.result, self.evaluate(node, self.reads(node.operands)))
            case Call():
                arguments = self.reads(node.operands)
                self.bind(node.result, interpret(node.callee, arguments, self.evaluate))
            case If():
                arm = node.then if self.read(node.condition) else node.orelse
                for result, held in zip(node.results, self.block(arm), strict=True):
                    self.bind(result, held)
            case Loop():
                self.loop(node)

    def loop(self, node: Loop) -> None:
        carried = self.reads(node.inits)
        consumed = [_sequence(held) for held in self.reads(node.consumed)]
        lengths = [len(sequence) for sequence in consumed]
        space: range | None = None
        if node.space is not None:
            start, stop, step = self.reads((node.space.start, node.space.stop, node.space.step))
            assert isinstance(start, int) and isinstance(stop, int) and isinstance(step, int)
            space = range(start, stop, step)
            lengths.append(len(space))
        positions = iter(range(min(lengths))) if lengths else None
        if node.backwards:
            positions = iter(range(min(lengths) - 1, -1, -1))
        collected: list[list[object]] = [[] for _ in node.collects]
        trips = 0
        while True:
            for arg, held in zip(node.args, carried, strict=True):
                self.bind(arg, held)
            position = trips if positions is None else next(positions, None)
            if position is None:
                break
            if node.test is not None and not self.block(node.test)[0]:
                break
            if node.index is not None and space is not None:
                self.bind(node.index, space[position])
            for element, sequence in zip(node.elements, consumed, strict=True):
                self.bind(element, sequence[position])
            yielded = self.block(Block(node.body, node.nexts + node.collects))
            carried = yielded[: len(node.nexts)]
            for items, item in zip(collected, yielded[len(node.nexts) :], strict=True):
                items.append(item)
            trips += 1
        for final, held in zip(node.finals, carried, strict=True):
            self.bind(final, held)
        for sequence_value, items in zip(node.sequences, collected, strict=True):
            in_order = items[::-1] if node.backwards else items
            self.bind(sequence_value, in_order)
        if node.trips is not None:
            self.bind(node.trips, trips)


def _sequence(held: object) -> Sequence[object]:
    assert isinstance(held, list | tuple), f"{held!r} is no sequence"
    return tuple(held)
