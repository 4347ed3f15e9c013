"""Where nodes go while they are made: a stack of growing blocks.

A region takes no nodes once it has raised, since nothing after that runs. A structure that is used
as a sequence is packed once, before the loops around its use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from autodiff_compiler.ir.builder import Builder
from autodiff_compiler.ir.operation import Operation
from autodiff_compiler.ir.types import Type
from autodiff_compiler.ir.values import (
    NO_ATTRIBUTES,
    Block,
    If,
    Loop,
    Node,
    Operand,
    Value,
    results_of,
)
from autodiff_compiler.ir.walk import values_read

# How far back a value may have been made to still take the name of what it is assigned to.
RECENT = 12


@dataclass
class Region(Builder):
    """A growing block. `values` are those defined in it, inner regions aside."""

    repeats: bool = False  # the body of a loop
    closed: bool = False  # it has raised
    values: set[Value] = field(default_factory=set)
    memo: dict[tuple[object, ...], Value] = field(default_factory=dict)
    # The sizes of dimensions that have been checked, by their names.
    sizes: dict[tuple[object, int], int] = field(default_factory=dict)

    def op(
        self,
        operation: Operation,
        *operands: Operand,
        name: str | None = None,
        attributes: Mapping[str, object] = NO_ATTRIBUTES,
    ) -> Value:
        result = super().op(operation, *operands, name=name, attributes=attributes)
        self.values.add(result)
        if self.closed:
            self.nodes.pop()
        return result

    def retyped(self, operand: Operand, type_: Type) -> Operand:
        found = super().retyped(operand, type_)
        if isinstance(operand, Value) and isinstance(found, Value):
            self.values.discard(operand)
            self.values.add(found)
        return found

    def add(self, node: Node) -> None:
        self.values.update(results_of(node))
        if not self.closed:
            super().add(node)

    def finished(self, *yields: Operand) -> Block:
        return Block(tuple(self.nodes), None if self.closed else yields)

    def rename(self, value: Value, name: str) -> Value | None:
        """A nameless value made just now, under a name; None if it has been read since."""
        for place in range(len(self.nodes) - 1, max(-1, len(self.nodes) - 1 - RECENT), -1):
            node = self.nodes[place]
            if value in results_of(node):
                named = Value(value.type, name)
                self.nodes[place] = _with_result(node, value, named)
                self.values.discard(value)
                self.values.add(named)
                for key, known in self.memo.items():
                    if known is value:
                        self.memo[key] = named
                return named
            if value in values_read([node]):
                return None
        return None


def _with_result(node: Node, old: Value, new: Value) -> Node:
    def change(values: tuple[Value, ...]) -> tuple[Value, ...]:
        return tuple(new if value is old else value for value in values)

    match node:
        case If():
            return replace(node, results=change(node.results))
        case Loop():
            return replace(node, finals=change(node.finals), sequences=change(node.sequences))
    return replace(node, result=new)


def outside_loops(stack: Sequence[Region], operands: Sequence[Operand]) -> Region:
    """The innermost region that is outside of every loop that leaves `operands` as they are."""
    values = {operand for operand in operands if isinstance(operand, Value)}
    home = max((k for k, region in enumerate(stack) if values & region.values), default=0)
    for k in range(home + 1, len(stack)):
        if stack[k].repeats:
            return stack[k - 1]
    return stack[-1]


def once(
    stack: Sequence[Region],
    operation: Operation,
    operands: tuple[Operand, ...],
    attributes: Mapping[str, object],
) -> Value:
    """A pure operation, done once for all regions in sight."""
    key = (operation, operands, *sorted(attributes.items()))
    for region in stack:
        if key in region.memo:
            return region.memo[key]
    region = outside_loops(stack, operands)
    with region.at(stack[-1].origin):
        made = region.op(operation, *operands, attributes=attributes)
    region.memo[key] = made
    return made
