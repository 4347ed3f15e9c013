"""Which arrays may share memory: a view and what it looks into, a carried value and its start.

Values that may be one object, or parts of one, are in one class. An array written in place changes
whatever is in its class.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from autodiff_compiler.ir.types import ArrayType, holds_array
from autodiff_compiler.ir.values import Call, If, Loop, Node, Op, Operand, Value
from autodiff_compiler.ir.walk import all_nodes
from autodiff_compiler.ops import may_share_memory


@dataclass
class Memory:
    """A partition of values; one that isn't in it is alone."""

    parent: dict[Value, Value] = field(default_factory=dict)

    def root(self, value: Value) -> Value:
        while (above := self.parent.get(value, value)) is not value:
            value = above
        return value

    def join(self, a: Operand, b: Operand) -> None:
        if isinstance(a, Value) and isinstance(b, Value) and a is not b:
            self.parent[self.root(a)] = self.root(b)

    def overlap(self, a: Operand, others: Iterable[Value]) -> bool:
        """Whether a value may share memory with one of others."""
        if not isinstance(a, Value):
            return False
        root = self.root(a)
        return any(self.root(other) is root for other in others)


def memory_of(nodes: Iterable[Node]) -> Memory:
    """The classes of the arrays, and of what holds arrays, in these nodes."""
    found = Memory()
    for node in all_nodes(nodes):
        for a, b in _same(node):
            if holds_array(a.type):
                found.join(a, b)
    return found


def _same(node: Node) -> Iterator[tuple[Operand, Operand]]:
    match node:
        case Op() if holds_array(node.result.type):
            if not isinstance(node.result.type, ArrayType):
                yield from ((node.result, each) for each in node.operands if holds_array(each.type))
            elif may_share_memory(node) or node.operation.fresh:
                yield node.result, node.operands[0] if node.operands else node.result
        case If():
            for arm in (node.then, node.orelse):
                yield from zip(node.results, arm.yields or (), strict=False)
        case Loop():
            for group in (node.inits, node.nexts, node.finals):
                yield from zip(node.args, group, strict=True)
            yield from zip(node.elements, node.consumed, strict=True)
            yield from zip(node.sequences, node.collects, strict=True)
        case Op() | Call():
            return
