"""What the forward sweep saves for the backward sweep: which values, of which line, how large.

A residual is a value that the function's own operations define and that a reverse sweep reads
later; a parameter is none, since the caller holds it anyway. What a loop saves is a sequence, one
item per iteration.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.types import (
    NOTHING,
    ArrayType,
    SequenceType,
    TupleType,
    Type,
    fields_of,
    items_of,
)
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

HEADINGS = ("saved", "line", "kind", "shape", "numbers", "bytes", "statement")
RIGHT = frozenset({"line", "numbers", "bytes"})


@dataclass(frozen=True)
class Residual:
    """One saved value, with its size for one set of inputs.

    `name` is the user's, or that of the operation where the value has none. `bytes` is what the
    value takes in this interpreter, its numbers included; a view of an argument takes but little.
    `shape` is that of an array, such as "(100, 3)"; of a sequence of arrays "5 of (100, 3)".
    """

    name: str
    line: int | None
    kind: str  # "scalar" | "array" | "sequence" | "structure"
    numbers: int
    bytes: int
    statement: str = ""
    shape: str = ""


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
            (row.name, row.line or "", row.kind, row.shape, row.numbers, row.bytes, row.statement)
            for row in self.rows
        ]
        total = ("in all", "", "", "", self.numbers, self.bytes, "")
        table = [tuple(map(str, row)) for row in (HEADINGS, *cells, total)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        without = {"shape"} if not any(row.shape for row in self.rows) else set()
        lines = (
            "  ".join(
                cell.rjust(width) if heading in RIGHT else cell.ljust(width)
                for heading, cell, width in zip(HEADINGS, row, widths, strict=True)
                if heading not in without
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
    seen: set[int] = set()
    for argument in arguments:
        _bytes(argument, seen)  # what the caller holds anyway
    pairs = zip(saved, held, strict=True)
    return Residuals(tuple(_row(value, node, each, seen) for (value, node), each in pairs))


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


def _row(value: Value, node: Node, held: object, seen: Collection[int]) -> Residual:
    name, origin = _told(value, node)
    return Residual(
        name=name,
        line=None if origin.span is None else origin.span.line,
        kind=_kind(value.type),
        numbers=_numbers(held),
        bytes=_bytes(held, set(seen)),
        statement="" if origin.statement is None else origin.statement.text,
        shape=_shape(held),
    )


def _kind(found: Type) -> str:
    match found:
        case SequenceType():
            return "sequence"
        case ArrayType():
            return "array"
        case TupleType():
            return "structure"
    return "scalar"


def _shape(held: object) -> str:
    if isinstance(held, np.ndarray):
        return str(held.shape)
    if isinstance(held, list) and held and isinstance(held[0], np.ndarray):
        shapes = {np.shape(item) for item in held}
        return f"{len(held)} of {shapes.pop()}" if len(shapes) == 1 else f"{len(held)} of several"
    return ""


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
    if isinstance(held, np.ndarray):
        return held.size
    inside = _items(held)
    return 1 if inside is None else sum(map(_numbers, inside))


def _bytes(held: object, seen: set[int]) -> int:
    """The memory of a value, each object counted once; of a view, that of what it looks into."""
    if id(held) in seen:
        return 0
    seen.add(id(held))
    base = held.base if isinstance(held, np.ndarray) else None
    inside = (base,) if base is not None else _items(held) or ()
    return sys.getsizeof(held) + sum(_bytes(item, seen) for item in inside)


def _items(held: object) -> Sequence[object] | None:
    """The items of a container; None for what is none."""
    if isinstance(held, list) or type(held) is tuple:
        return held
    container = fields_of(held)
    return None if container is None else items_of(held, container)
