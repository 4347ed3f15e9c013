"""How values get from the forward sweep to the backward one: collected, handed out, carried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from autodiff_compiler.ir.builder import UNBOUND_VALUE, Builder
from autodiff_compiler.ir.types import SequenceType
from autodiff_compiler.ir.values import Block, If, Loop, Node, Operand, Value
from autodiff_compiler.ir.walk import free_values
from autodiff_compiler.ops import OPS
from autodiff_compiler.ops.stems import stems_of
from autodiff_compiler.transforms.residuals import Plan, plan_residuals


@dataclass(frozen=True)
class CarriedBackwards:
    """A carried value whose saved copies are also what the iterations before handed on."""

    final: Value
    following: Value
    arg: Value


def plan_loop(
    node: Loop, inside: Block, at_hand: Sequence[Value]
) -> tuple[list[CarriedBackwards], Plan]:
    """What the backward body `inside` gets from saving, from repeating, and from carrying.

    What an iteration hands on is what the next one saves: where both are needed, the backward loop
    carries the one to the other, which is cheaper than saving or computing it a second time.
    """
    own = () if node.index is None else (node.index,)
    arguments = (*own, *node.args, *node.elements)
    read = set(free_values(inside.nodes, inside.yields or ()))
    plan = plan_residuals(node.body, arguments, inside, at_hand, node.collects)
    steps = zip(node.args, node.nexts, node.finals, strict=True)
    carried = {
        following: CarriedBackwards(final, following, arg)
        for arg, following, final in steps
        if isinstance(following, Value)
        and following in read
        and following.type == final.type
        and following not in (*node.args, *node.elements, *node.collects)
    }
    while True:
        saved = set(plan.saved)
        lasting = {each.following: each for each in carried.values() if each.arg in saved}
        reached = (*at_hand, *lasting)
        planned = plan_residuals(node.body, arguments, inside, reached, node.collects)
        if lasting == carried and all(each.arg in planned.saved for each in carried.values()):
            return list(carried.values()), planned
        if lasting == carried:
            saved = set(planned.saved)
            lasting = {each.following: each for each in carried.values() if each.arg in saved}
        carried = lasting


def collecting(node: Loop, value: Value) -> tuple[Loop, Value]:
    """The loop with a sequence that collects the value, new only if there is none yet."""
    for collected, sequence in zip(node.collects, node.sequences, strict=True):
        # What it was collected as may be a wider type than what is known of the value by now.
        if collected is value and sequence.type == SequenceType(value.type):
            return node, sequence
    name = name_of(node.body, value)
    what = "rows" if name.endswith("_saved") else "saved"
    sequence = Value(SequenceType(value.type), f"{name}_{what}")
    collects, sequences = (*node.collects, value), (*node.sequences, sequence)
    return replace(node, collects=collects, sequences=sequences), sequence


def hand_out(node: If, place: int, copies: Mapping[Value, Operand]) -> If:
    """The branch with further results: values of one arm, for the backward sweep of that arm.

    The arm that ran instead hands out nothing: an unbound value, or an empty sequence.
    """
    arms = []
    for which, arm in enumerate((node.then, node.orelse)):
        build = Builder(node.origin, list(arm.nodes))
        extra = [value if which == place else _nothing(build, value) for value in copies]
        yields = None if arm.yields is None else (*arm.yields, *extra)
        arms.append(Block(tuple(build.nodes) if yields else arm.nodes, yields))
    results = [copy for copy in copies.values() if isinstance(copy, Value)]
    return replace(node, then=arms[0], orelse=arms[1], results=(*node.results, *results))


def _nothing(build: Builder, value: Value) -> Operand:
    match value.type:
        case SequenceType():
            return build.op(OPS["empty"], attributes={"type": value.type})
    return UNBOUND_VALUE


def name_of(nodes: Iterable[Node], value: Value) -> str:
    """A name for a saved value: its own, or one after what computes it."""
    if value.name is not None:
        return value.name
    return stems_of(nodes).get(value, "value")
