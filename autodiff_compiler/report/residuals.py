"""What the forward sweep saves for the backward sweep: which values, of which line, how large.

A residual is a value that the function's own operations define and that a reverse sweep reads
later; a parameter is none, since the caller holds it anyway. What a loop saves is a sequence, one
item per iteration.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.types import NOTHING, SequenceType
from autodiff_compiler.ir.values import (
    NO_ATTRIBUTES,
    Block,
    Function,
    Loop,
    Node,
    Op,
    Operand,
    Origin,
    Value,
    results_of,
)
from autodiff_compiler.ir.walk import all_nodes, blocks_of, operands_of
from autodiff_compiler.ops import OPS
from autodiff_compiler.report.cost import silent

HEADINGS = ("saved", "line", "kind", "numbers", "bytes", "statement")


@dataclass(frozen=True)
class Residual:
    """One saved value, with its size for one set of inputs.

    `name` is the user's, or that of the operation where the value has none. `bytes` is what the
    value takes in this interpreter, its numbers included.
    """

    name: str
    line: int | None
    kind: str  # "scalar" | "sequence"
    numbers: int
    bytes: int
    statement: str = ""


@dataclass(frozen=True)
class Residuals:
    """All that is saved, in the order in which it is computed."""

    rows: tuple[Residual, ...]

    @property
    def numbers(self) -> int:
        return sum(row.numbers for row in self.rows)

    @property
    def bytes(self) -> int:
        return sum(row.bytes for row in self.rows)

    def __str__(self) -> str:
        if not self.rows:
            return "nothing is saved"
        cells = [
            (row.name, row.line or "", row.kind, row.numbers, row.bytes, row.statement)
            for row in self.rows
        ]
        total = ("in all", "", "", self.numbers, self.bytes, "")
        table = [tuple(map(str, row)) for row in (HEADINGS, *cells, total)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        right = {1, 3, 4}
        lines = (
            "  ".join(
                cell.rjust(width) if place in right else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in table
        )
        return "\n".join(lines)


def residuals(
    function: Function, arguments: Sequence[object], reverse: Collection[int]
) -> Residuals:
    """The residuals of a derivative's graph, sized by running it on these arguments.

    `reverse` holds the orders of differentiation that are reverse sweeps.
    """
    saved = _saved(function, reverse)
    held = _values_of(function, [value for value, _ in saved], arguments)
    return Residuals(
        tuple(_row(value, node, size) for (value, node), size in zip(saved, held, strict=True))
    )


def _saved(function: Function, reverse: Collection[int]) -> list[tuple[Value, Node]]:
    """The values read by reverse sweeps of a higher order than the nodes that define them."""
    readers: dict[Value, int] = {}
    for node in all_nodes(function.body.nodes):
        order = node.origin.order
        handing_out = isinstance(node, Op) and node.operation.name == "tuple"
        if order in reverse and not handing_out:
            for operand in _read_by(node):
                if isinstance(operand, Value):
                    readers[operand] = max(order, readers.get(operand, 0))
    return [
        (value, node)
        for node in function.body.nodes
        for value in results_of(node)
        if readers.get(value, 0) > node.origin.order and value.type != NOTHING
    ]


def _read_by(node: Node) -> Iterable[Operand]:
    """What a node reads itself, and what its regions hand over."""
    yield from operands_of(node)
    for block in blocks_of(node):
        yield from block.yields or ()


def _values_of(
    function: Function, values: Sequence[Value], arguments: Sequence[object]
) -> tuple[object, ...]:
    """What these values of a function's body hold when it runs."""
    if not values:
        return ()
    pack = OPS["tuple"]
    attributes = {**NO_ATTRIBUTES, "container": "tuple"}
    result = Value(pack.infer([value.type for value in values], attributes))
    last = Op(pack, tuple(values), result, attributes)
    body = Block((*function.body.nodes, last), (result,))
    held = interpret(replace(function, body=body), arguments, silent)
    assert isinstance(held, tuple)
    return held


def _row(value: Value, node: Node, held: object) -> Residual:
    name, origin = _told(value, node)
    return Residual(
        name=name,
        line=None if origin.span is None else origin.span.line,
        kind="sequence" if isinstance(value.type, SequenceType) else "scalar",
        numbers=_numbers(held),
        bytes=_bytes(held, set()),
        statement="" if origin.statement is None else origin.statement.text,
    )


def _told(value: Value, node: Node) -> tuple[str, Origin]:
    """The name of a value and where it comes from; for a saved sequence, those of its items."""
    if isinstance(node, Loop) and value in node.sequences:
        item = node.collects[node.sequences.index(value)]
        for inner in node.body:
            if isinstance(item, Value) and item in results_of(inner):
                name, origin = _told(item, inner)
                return item.name or value.name or name, origin
        named = item.name if isinstance(item, Value) else None
        return named or value.name or "sequence", node.origin
    word = node.operation.name if isinstance(node, Op) else type(node).__name__.lower()
    return value.name or word.rpartition(".")[2], node.origin


def _numbers(held: object) -> int:
    return sum(map(_numbers, held)) if isinstance(held, list | tuple) else 1


def _bytes(held: object, seen: set[int]) -> int:
    """The memory of a value, each object counted once."""
    if id(held) in seen:
        return 0
    seen.add(id(held))
    inside = held if isinstance(held, list | tuple) else ()
    return sys.getsizeof(held) + sum(_bytes(item, seen) for item in inside)
