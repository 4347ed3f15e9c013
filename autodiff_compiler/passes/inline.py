"""Calls of IR functions replaced by their bodies.

func @square(%x) { %y = mul %x, %x; return %y }
%a = call @square(%b)      →      %a = mul %b, %b
"""

from __future__ import annotations

from collections.abc import Sequence

from autodiff_compiler.ir.values import Block, Call, Node, Operand, Value
from autodiff_compiler.ir.walk import copy_nodes
from autodiff_compiler.passes.rewrite import Rewriter


def inline_calls(block: Block) -> Block:
    """The block without calls, at any depth."""
    return _Inline().block(block)


class _Inline(Rewriter):
    def node(self, node: Node) -> Sequence[Node]:
        if not isinstance(node, Call):
            return super().node(node)
        operands = tuple(map(self.read, node.operands))
        mapping: dict[Value, Operand] = dict(zip(node.callee.params, operands, strict=True))
        body = inline_calls(node.callee.body)
        assert body.yields is not None, "a call that always raises is lowered in place"
        nodes = copy_nodes(body.nodes, mapping)
        result = body.yields[0]
        self.instead[node.result] = (
            mapping.get(result, result) if isinstance(result, Value) else result
        )
        return nodes
