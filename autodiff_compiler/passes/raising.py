"""Operations kept for their errors alone, where another raises the same error anyway.

    %a = math.sin %x                   %b = math.cos %x
    %b = math.cos %x          →        return %b
    return %b

Last of all: what raises in its place is needed now, and nothing after this pass drops it. The error
must come at the same moment as far as anybody can tell, so nothing that prints or may raise stands
between the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autodiff_compiler.ir.operation import Effect
from autodiff_compiler.ir.values import Block, Node, Op, Value
from autodiff_compiler.ir.walk import all_nodes, map_blocks, values_read
from autodiff_compiler.ops import effect_of
from autodiff_compiler.ops.raising import may_warn, raises_alike, raises_late


def drop_repeated_errors(block: Block) -> Block:
    """The block without unread operations whose error another one raises."""
    made = {node.result: node for node in all_nodes(block.nodes) if isinstance(node, Op)}
    return _drop(block, made)


def _drop(block: Block, made: Mapping[Value, Op]) -> Block:
    nodes = [map_blocks(node, lambda inside: _drop(inside, made)) for node in block.nodes]
    read = set(values_read(nodes, block.yields or ()))
    kept = list(nodes)
    for node in nodes:
        if isinstance(node, Op) and node.result not in read and _only_raises(node):
            place = kept.index(node)
            if _raised_before(node, kept[:place]) or _raised_after(node, kept[place + 1 :], made):
                del kept[place]
    if len(kept) == len(block.nodes) and all(
        a is b for a, b in zip(kept, block.nodes, strict=True)
    ):
        return block
    return Block(tuple(kept), block.yields)


def _only_raises(op: Op) -> bool:
    """Whether an operation may raise and do nothing else: two that warn warn twice."""
    return effect_of(op) is Effect.RAISES and not may_warn(op)


def _raised_before(op: Op, others: Sequence[Node]) -> bool:
    return any(isinstance(other, Op) and raises_alike(op, other) for other in others)


def _raised_after(op: Op, others: Sequence[Node], made: Mapping[Value, Op]) -> bool:
    for other in others:
        if not isinstance(other, Op):
            return False
        if raises_alike(op, other):
            return True
        # What a derivative added raises only where the user's own operation has raised.
        if effect_of(other) is not Effect.PURE:
            if other.origin.order == 0 or raises_late(other, op, made):
                return False
    return False
