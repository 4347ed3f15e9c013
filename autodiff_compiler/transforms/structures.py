"""Parameters that are structures are taken apart first, wherever the function reads them.

An item read inside a branch or a loop would have its cotangent there; read at the head of the
function, each item is an ordinary value with an ordinary cotangent.
"""

from __future__ import annotations

from dataclasses import replace

from autodiff_compiler.ir.builder import Builder
from autodiff_compiler.ir.types import TupleType
from autodiff_compiler.ir.values import Block, Function, Op, Operand, Value
from autodiff_compiler.ir.walk import all_nodes, substitute
from autodiff_compiler.ops import OPS


def take_apart_first(function: Function) -> Function:
    """The function with each item of its structured parameters read once, at its head."""
    params = {param for param in function.params if isinstance(param.type, TupleType)}
    read: dict[tuple[Operand, object], Value] = {}
    instead: dict[Value, Operand] = {}
    head = Builder(function.origin)
    for node in all_nodes(function.body.nodes):
        if isinstance(node, Op) and node.operation.name == "item" and node.operands[0] in params:
            key = (node.operands[0], node.attributes["index"])
            if key not in read:
                with head.at(node.origin):
                    read[key] = head.op(
                        OPS["item"],
                        node.operands[0],
                        name=node.result.name,
                        attributes=node.attributes,
                    )
            instead[node.result] = read[key]
    if not instead:
        return function
    body = substitute(function.body, instead)
    return replace(function, body=Block((*head.nodes, *body.nodes), body.yields))
