"""A walk that rewrites operations, in order, with what was replaced before read through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autodiff_compiler.ir.types import fits
from autodiff_compiler.ir.values import Block, Call, If, Loop, Node, Op, Operand, Value
from autodiff_compiler.ir.walk import map_blocks, map_operands


class Rewriter:
    """Subclasses say what becomes of an operation, a branch, a loop: a changed one, or an operand
    per result to read instead. Where nothing changes, the same objects come back."""

    def __init__(self, known: Iterable[Node] = ()) -> None:
        self.instead: dict[Value, Operand] = {}
        self.ahead: list[Op] = []
        for node in known:
            self.see(node)

    def see(self, node: Node) -> None:
        """Take note of a node that stands before what is rewritten."""

    def insert(self, op: Op) -> Value:
        """Put an operation ahead of the one being rewritten, which may read its result."""
        self.ahead.append(op)
        self.see(op)
        return op.result

    def op(self, op: Op) -> Op | Operand:
        return op

    def branch(self, node: If) -> tuple[Sequence[Node], dict[Value, Operand]]:
        return (node,), {}

    def loop(self, node: Loop) -> tuple[Sequence[Node], dict[Value, Operand]]:
        return (node,), {}

    def read(self, operand: Operand) -> Operand:
        while isinstance(operand, Value) and operand in self.instead:
            operand = self.instead[operand]
        return operand

    def block(self, block: Block) -> Block:
        nodes: list[Node] = []
        for node in block.nodes:
            nodes.extend(self.node(node))
        yields = block.yields and tuple(map(self.read, block.yields))
        same = len(nodes) == len(block.nodes) and all(
            a is b for a, b in zip(nodes, block.nodes, strict=True)
        )
        if same and all(a is b for a, b in zip(yields or (), block.yields or (), strict=True)):
            return block
        return Block(tuple(nodes), yields)

    def region(self, block: Block) -> Block:
        """A block inside a node; subclasses open a scope around it."""
        return self.block(block)

    def node(self, node: Node) -> Sequence[Node]:
        node = map_operands(node, self.read)
        match node:
            case Op():
                found, ahead = self.op(node), self.ahead
                self.ahead = []
                if isinstance(found, Op):
                    self.see(found)
                    return (*ahead, found)
                self.instead[node.result] = found
                return ahead
            case Call():
                return (node,)
            case If() | Loop():
                node = map_blocks(node, self.region)
                assert isinstance(node, If | Loop)
                nodes, instead = self.branch(node) if isinstance(node, If) else self.loop(node)
                self.instead |= instead
                return nodes


def narrows(op: Op, operand: Operand) -> bool:
    """Whether an operand may be read instead of an operation's result, as far as types go."""
    return fits(operand.type, op.result.type)
