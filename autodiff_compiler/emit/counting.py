"""What is read, how often, and what may raise or act: the facts that scheduling rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from autodiff_compiler.emit.headers import Header, header_of
from autodiff_compiler.emit.memory import Memory, memory_of
from autodiff_compiler.emit.shape import Part
from autodiff_compiler.ir.lengths import Lengths
from autodiff_compiler.ir.operation import Effect
from autodiff_compiler.ir.types import UNBOUND
from autodiff_compiler.ir.values import (
    Call,
    Const,
    If,
    Loop,
    Node,
    Op,
    Operand,
    Value,
    results_of,
)
from autodiff_compiler.ir.walk import all_nodes, blocks_of, operands_of, values_read
from autodiff_compiler.ops import effect_of
from autodiff_compiler.ops.raising import may_warn, must_be_heard


@dataclass
class Facts:
    """`uses` counts the reads of each value, except those by dead nodes; `effects` holds the
    nodes that may raise, warn as the primal does, or act, themselves or in their regions. `loud`
    nodes contain an operation whose warnings must be heard, `quiet` ones one that must not warn.
    `seen_unbound` are the results of branches, and what loops carry, that may be looked at where
    an arm or the start of the loop left them unbound.
    `makers` are what made values; the `derived` would raise were the user's errors not first.
    Nobody needs the `dead` ones, so they are not written at all.
    """

    uses: Counter[Value] = field(default_factory=Counter)
    effects: set[Node] = field(default_factory=set)
    loud: set[Node] = field(default_factory=set)
    quiet: set[Node] = field(default_factory=set)
    seen_unbound: set[Value] = field(default_factory=set)
    dead: set[Node] = field(default_factory=set)
    headers: dict[Loop, Header] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    makers: dict[Value, Op] = field(default_factory=dict)
    derived: set[Op] = field(default_factory=set)

    def handed(self, operands: Iterable[Operand], receivers: Iterable[Value]) -> list[Operand]:
        """The operands that go to values that somebody reads."""
        pairs = zip(operands, receivers, strict=True)
        return [operand for operand, receiver in pairs if self.uses[receiver]]

    def reads_of(self, node: Node) -> tuple[Operand, ...]:
        """What a node reads itself, in the order in which its text does."""
        if isinstance(node, Loop):
            return (*node.inits, *self.headers[node].operands)
        return operands_of(node)


def facts_of(parts: Sequence[Part], lengths: Lengths) -> Facts:
    """The facts on the parts of a function, each of which may read those before it."""
    facts = Facts(memory=memory_of([node for part in parts for node in part.nodes]))
    read = {value for part in parts for value in values_read(part.nodes)}
    for part in parts:
        for node in all_nodes(part.nodes):
            if isinstance(node, Loop):
                facts.headers[node] = header_of(node, lengths, read)
            elif isinstance(node, Op):
                facts.makers[node.result] = node
                if node.origin.order > 0 and effect_of(node) is Effect.RAISES:
                    facts.derived.add(node)
        _find_effects(facts, part.nodes)
    _find_seen_unbound(facts, parts)
    for part in reversed(parts):
        _count(facts, part.nodes, () if part.result is None else (part.result,))
    return facts


def _find_effects(facts: Facts, nodes: Iterable[Node]) -> None:
    for node in nodes:
        inside = [each for block in blocks_of(node) for each in block.nodes]
        _find_effects(facts, inside)
        loud = not facts.loud.isdisjoint(inside)
        quiet = not facts.quiet.isdisjoint(inside)
        match node:
            case Op():
                effect = effect_of(node)
                # A derivative's operation raises only where the primal has raised already.
                acts = effect is Effect.ACTS or (effect is Effect.RAISES and node.origin.order == 0)
                warns = may_warn(node)
                loud, quiet = warns and node.origin.order == 0, warns and node.origin.order > 0
                acts = acts or (loud and must_be_heard(node))
            case Call():
                acts = loud = True
            case If():
                acts = node.then.yields is None or node.orelse.yields is None
            case Loop():
                acts = False
        if loud:
            facts.loud.add(node)
        if quiet:
            facts.quiet.add(node)
        if acts or not facts.effects.isdisjoint(inside):
            facts.effects.add(node)


def _count(facts: Facts, nodes: Sequence[Node], yields: Iterable[Operand]) -> None:
    uses = facts.uses
    uses.update(operand for operand in yields if isinstance(operand, Value))
    for node in reversed(nodes):
        if _is_dead(facts, node):
            facts.dead.add(node)
            continue
        match node:
            case If():
                for arm in (node.then, node.orelse):
                    if arm.yields is None:
                        _count(facts, arm.nodes, ())
                    else:
                        _count(facts, arm.nodes, facts.handed(arm.yields, node.results))
            case Loop():
                collected = facts.handed(node.collects, node.sequences)
                _count(facts, node.body, (*node.nexts, *collected))
                if node.test is not None:
                    _count(facts, node.test.nodes, node.test.yields or ())
            case Op() | Call():
                pass
        uses.update(each for each in facts.reads_of(node) if isinstance(each, Value))


def _is_dead(facts: Facts, node: Node) -> bool:
    if node in facts.effects or (isinstance(node, Loop) and node.test is not None):
        return False
    return not any(facts.uses[result] for result in results_of(node))


def leaves_unbound(operand: Operand) -> bool:
    return isinstance(operand, Const) and operand.value is None and operand.type == UNBOUND


def _checks_by_name(op: Op) -> bool:
    checked = op.operands[0] if op.operation.name == "bound" else None
    return isinstance(checked, Value) and checked.name == op.attributes["name"]


def _looked_at(nodes: Iterable[Node]) -> Iterator[Value]:
    """What is read, other than by the check whether it is bound: there Python's own error names
    the variable, if that has the user's name."""
    for node in nodes:
        if not (isinstance(node, Op) and _checks_by_name(node)):
            yield from (each for each in operands_of(node) if isinstance(each, Value))
        for block in blocks_of(node):
            yield from _looked_at(block.nodes)
            yield from (each for each in block.yields or () if isinstance(each, Value))


def _find_seen_unbound(facts: Facts, parts: Iterable[Part]) -> None:
    """Find results that are read elsewhere than under the condition that they were bound under."""
    bound_under: dict[Value, tuple[Operand, bool]] = {}

    def reads(operands: Iterable[Operand], known: Mapping[Operand, bool]) -> None:
        for operand in operands:
            if isinstance(operand, Value) and operand in bound_under:
                condition, holds = bound_under[operand]
                if known.get(condition) is not holds:
                    facts.seen_unbound.add(operand)

    def walk(nodes: Iterable[Node], known: Mapping[Operand, bool]) -> None:
        for node in nodes:
            reads(operands_of(node), known)
            if isinstance(node, If):
                for arm, holds in ((node.then, True), (node.orelse, False)):
                    inside = {**known, node.condition: holds}
                    walk(arm.nodes, inside)
                    reads(arm.yields or (), inside)
                    for result, operand in zip(node.results, arm.yields or (), strict=False):
                        if leaves_unbound(operand):
                            if result in bound_under:  # in either arm
                                facts.seen_unbound.add(result)
                            bound_under[result] = (node.condition, not holds)
            else:
                if isinstance(node, Loop):
                    for arg, final, init in zip(node.args, node.finals, node.inits, strict=True):
                        if leaves_unbound(init) and not looked_at.isdisjoint((arg, final)):
                            facts.seen_unbound |= {arg, final}
                for block in blocks_of(node):
                    walk(block.nodes, known)
                    reads(block.yields or (), known)

    looked_at = {value for part in parts for value in _looked_at(part.nodes)}
    looked_at |= {part.result for part in parts if isinstance(part.result, Value)}
    for part in parts:
        walk(part.nodes, {})
        reads(() if part.result is None else (part.result,), {})
