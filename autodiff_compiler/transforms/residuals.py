"""What the forward sweep saves for the backward one, and what is recomputed instead.

The backward body is built as if it could read the forward body's values. Those it does read are
then made available, in the cheapest way: some are at hand anyway, cheap ones are recomputed from
others, the rest is saved. Which to save is a minimum cut between the values that can't be
recomputed and those that are needed, where a scalar weighs 1 and a sequence 100.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from autodiff_compiler.ir.operation import Effect
from autodiff_compiler.ir.types import ScalarType
from autodiff_compiler.ir.values import Block, Node, Op, Operand, Value, results_of
from autodiff_compiler.ir.walk import copy_nodes, free_values, map_blocks, substitute
from autodiff_compiler.ops import effect_of
from autodiff_compiler.ops.estimate import estimated_weight


@dataclass(frozen=True)
class Plan:
    """What to save, and the operations to repeat, in order."""

    saved: tuple[Value, ...]
    repeated: tuple[Op, ...]


def plan_residuals(
    forward: Sequence[Node],
    arguments: Iterable[Value],
    backward: Block,
    at_hand: Iterable[Value],
    collected: Iterable[Operand] = (),
) -> Plan:
    """Decide how the values of a forward region that its backward region reads reach it.

    `arguments` are the values the forward region receives, `at_hand` those of its values that the
    backward region can have for nothing, `collected` those that are saved anyway.
    """
    defined = {result: node for node in forward for result in results_of(node)}
    local = set(defined) | set(arguments)
    free = set(at_hand)
    needed = [
        value
        for value in free_values(backward.nodes, backward.yields or ())
        if value in local and value not in free
    ]
    ops = {
        value: node
        for value, node in defined.items()
        if isinstance(node, Op) and effect_of(node) is not Effect.ACTS and not node.operation.fresh
    }
    for dearest in (1, 0):
        cheap = {value: op for value, op in ops.items() if estimated_weight(op) <= dearest}
        saved = _minimum_cut(needed, cheap, local - free, set(collected))
        repeated = _repeated(needed, cheap, saved, local - free)
        ahead = _weight(forward)
        # Repeating must not spoil the cheap-gradient bound: forward + backward ≤ 4 × forward.
        if ahead + _weight(backward.nodes) + _weight(repeated) <= 4 * ahead:
            break
    order = {value: place for place, value in enumerate([*arguments, *defined])}
    saved_in_order = sorted(saved, key=order.__getitem__)
    repeated_in_order = sorted(repeated, key=lambda op: order[op.result])
    return Plan(tuple(saved_in_order), tuple(repeated_in_order))


def apply_plan(plan: Plan, mapping: dict[Value, Operand], backward: Block, order: int) -> Block:
    """The backward region with the plan's operations repeated at its head.

    `mapping` says what stands in the backward region for each value saved or at hand.
    """
    if not plan.repeated and not mapping:
        return backward
    copies = as_repeated(copy_nodes(plan.repeated, mapping), order)
    rest = substitute(backward, mapping)
    return Block((*copies, *rest.nodes), rest.yields)


def as_repeated(nodes: Iterable[Node], order: int) -> tuple[Node, ...]:
    """The nodes, marked as computed once more by a derivative of this order."""

    def inside(block: Block) -> Block:
        return Block(as_repeated(block.nodes, order), block.yields)

    def mark(node: Node) -> Node:
        origin = replace(node.origin, order=order, repeated=True)
        return map_blocks(replace(node, origin=origin), inside)

    return tuple(map(mark, nodes))


def _weight(nodes: Iterable[Node]) -> float:
    """What the operations on scalars cost; regions are planned for themselves."""
    weights = [estimated_weight(node) for node in nodes if isinstance(node, Op)]
    return sum(weight for weight in weights if weight < math.inf)


def _repeated(
    needed: Iterable[Value], cheap: dict[Value, Op], saved: set[Value], local: set[Value]
) -> set[Op]:
    """The operations between what is saved and what is needed."""
    repeated: set[Op] = set()
    waiting = [value for value in needed if value not in saved]
    while waiting:
        op = cheap[waiting.pop()]
        if op not in repeated:
            repeated.add(op)
            waiting += [v for v in _reads(op, local) if v not in saved]
    return repeated


def _reads(op: Op, local: set[Value]) -> list[Value]:
    return [v for v in op.operands if isinstance(v, Value) and v in local]


Vertex = tuple[Value, str] | str
SOURCE, SINK = "source", "sink"
ENDLESS = 1_000_000_000


def _minimum_cut(
    needed: Iterable[Value], cheap: dict[Value, Op], local: set[Value], collected: set[Operand]
) -> set[Value]:
    """The cheapest set of values from which all needed ones can be had by cheap operations.

    Each value is an edge from its "in" to its "out" vertex, as heavy as saving it; an operation
    leads from its operands' "out" to its result's "in". Of several minimal cuts, the one nearest to
    the backward side is taken: it repeats the least.
    """
    capacity: dict[Vertex, dict[Vertex, int]] = {SOURCE: {}, SINK: {}}

    def connect(a: Vertex, b: Vertex, room: int) -> None:
        capacity.setdefault(a, {})[b] = room
        capacity.setdefault(b, {}).setdefault(a, 0)

    waiting, seen = list(needed), set(needed)
    for value in waiting:
        connect((value, "out"), SINK, ENDLESS)
    while waiting:
        current = waiting.pop()
        price = 1 if isinstance(current.type, ScalarType) else 100
        connect((current, "in"), (current, "out"), 0 if current in collected else price)
        if current not in cheap:
            connect(SOURCE, (current, "in"), ENDLESS)
            continue
        for operand in _reads(cheap[current], local):
            connect((operand, "out"), (current, "in"), ENDLESS)
            if operand not in seen:
                seen.add(operand)
                waiting.append(operand)

    while path := _augmenting_path(capacity):
        room = min(capacity[a][b] for a, b in path)
        for a, b in path:
            capacity[a][b] -= room
            capacity[b][a] += room

    behind: set[Vertex] = {SINK}
    stack: list[Vertex] = [SINK]
    while stack:
        vertex = stack.pop()
        for other in capacity[vertex]:
            if other not in behind and capacity[other][vertex] > 0:
                behind.add(other)
                stack.append(other)
    return {v for v in seen if (v, "out") in behind and (v, "in") not in behind}


def _augmenting_path(
    capacity: dict[Vertex, dict[Vertex, int]],
) -> list[tuple[Vertex, Vertex]]:
    """A shortest path with room left from source to sink, as edges; empty if there is none."""
    came_from: dict[Vertex, Vertex] = {SOURCE: SOURCE}
    queue: list[Vertex] = [SOURCE]
    for vertex in queue:
        for other, room in capacity[vertex].items():
            if room > 0 and other not in came_from:
                came_from[other] = vertex
                queue.append(other)
    if SINK not in came_from:
        return []
    path: list[tuple[Vertex, Vertex]] = []
    vertex = SINK
    while vertex != SOURCE:
        path.append((came_from[vertex], vertex))
        vertex = came_from[vertex]
    return path
