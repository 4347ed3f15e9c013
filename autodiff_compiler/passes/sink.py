"""Sums moved into the arms of a branch where one arm's term is zero.

    %r, %s = if %c { yield %a, 0.0 }          %u, %v = if %c { %t = add %x, %a; yield %t, %y }
             else  { yield 0.0, %b }    →              else  { %w = add %y, %b; yield %x, %w }
    %u = add %x, %r
    %v = add %y, %s

A backward branch hands out zeros for what its arm has no part in. Where such a zero is added to
something next, the arm that has one need not add at all. What the other terms need comes along.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from autodiff_compiler.ir.operation import Effect
from autodiff_compiler.ir.types import ScalarType
from autodiff_compiler.ir.values import Block, If, Node, Op, Operand, Value, results_of
from autodiff_compiler.ir.walk import copy_nodes, is_constant, map_blocks, values_read
from autodiff_compiler.ops import effect_of

LONGEST = 3  # operations that come along with one sum; more would only be written twice


def sink_sums(block: Block) -> Block:
    """Sink derivative statements' sums into the branches before them, innermost first."""
    nodes: tuple[Node, ...] = tuple(map_blocks(node, sink_sums) for node in block.nodes)
    for place, node in enumerate(nodes):
        if isinstance(node, If) and node.origin.order > 0:
            after = nodes[place + 1 :]
            # What a branch hands out is read behind it only: regions in regions are not searched.
            sunk = _sunk(node, after, Counter(values_read(after, block.yields or ())))
            if sunk:
                rest = [each for each in after if each not in sunk]
                outside = set(values_read(rest, block.yields or ()))
                changed = _with(node, sunk, outside)
                return sink_sums(Block((*nodes[:place], changed, *rest), block.yields))
    if all(a is b for a, b in zip(nodes, block.nodes, strict=True)):
        return block
    return Block(nodes, block.yields)


def _sunk(node: If, after: Sequence[Node], uses: Mapping[Value, int]) -> list[Op]:
    """The operations after a branch that are better done in its arms, in order."""
    if node.then.yields is None or node.orelse.yields is None:
        return []
    pairs = zip(node.results, node.then.yields, node.orelse.yields, strict=True)
    with_zero = {
        result
        for result, a, b in pairs
        if uses[result] == 1 and (is_constant(a, 0.0) or is_constant(b, 0.0))
    }
    made: dict[Operand, Node] = {value: each for each in after for value in results_of(each)}
    sunk: set[Op] = set()
    for op in after:
        if isinstance(op, Op) and op.operation.name == "add" and _movable(op):
            needed = _needed(op, made) if with_zero.intersection(op.operands) else None
            if needed is not None and len(needed) <= LONGEST:
                sunk |= needed
    return [op for op in after if isinstance(op, Op) and op in sunk]


def _needed(op: Op, made: Mapping[Operand, Node]) -> set[Op] | None:
    """The operation and what it needs of what comes after the branch, if all of it may move."""
    found = {op}
    for operand in op.operands:
        maker = made.get(operand)
        if maker is None:
            continue
        if not isinstance(maker, Op) or not _movable(maker):
            return None
        before = _needed(maker, made)
        if before is None:
            return None
        found |= before
    return found


def _movable(op: Op) -> bool:
    scalar = all(isinstance(each.type, ScalarType) for each in (*op.operands, op.result))
    return scalar and op.origin.order > 0 and effect_of(op) is not Effect.ACTS


def _with(node: If, sunk: Sequence[Op], outside: set[Value]) -> If:
    """The branch doing these operations in both arms, and handing out what is still read."""
    wanted = [op.result for op in sunk if op.result in outside]
    arms = []
    for arm in (node.then, node.orelse):
        assert arm.yields is not None
        inside: dict[Value, Operand] = dict(zip(node.results, arm.yields, strict=True))
        copies = copy_nodes(sunk, inside)
        arms.append(Block((*arm.nodes, *copies), (*arm.yields, *(inside[v] for v in wanted))))
    return replace(node, then=arms[0], orelse=arms[1], results=(*node.results, *wanted))
