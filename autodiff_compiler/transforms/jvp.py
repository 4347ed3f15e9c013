"""Forward mode: each operation followed by its tangent, Σ tangent of operand × partial derivative.

Several directions can go through one sweep; a tangent is kept per value and direction. A zero
tangent is the absence of one. Where the partial derivatives don't need the operation's result, the
tangent comes first, so that `x_dot` is computed before `x` is overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.operation import Effect
from autodiff_compiler.ir.types import (
    BOOL,
    UNBOUND,
    ArrayType,
    Fields,
    ScalarType,
    SequenceType,
    TupleType,
    Type,
    plain,
)
from autodiff_compiler.ir.values import (
    Block,
    Call,
    If,
    Loop,
    Node,
    Op,
    Operand,
    Value,
)
from autodiff_compiler.ir.walk import values_read
from autodiff_compiler.ops import OPS, effect_of
from autodiff_compiler.ops.record import Custom, Elementwise, Record, Unsupported, Zero
from autodiff_compiler.transforms.activity import differentiable
from autodiff_compiler.transforms.cotangents import Presence, common, zero_of
from autodiff_compiler.transforms.fitting import derived, in_full, of_kinds, of_one_kind
from autodiff_compiler.transforms.terms import build as build_term
from autodiff_compiler.transforms.terms import may_be_infinite, partials_of, scale, tangent_of


def dot(name: str | None) -> str | None:
    """The name of a tangent: x_dot, and x_dot2 for the tangent of x_dot."""
    if name is None:
        return None
    stem, _, count = name.rpartition("_dot")
    if stem and (count == "" or count.isdigit()):
        return f"{stem}_dot{int(count or 1) + 1}"
    return f"{name}_dot"


@dataclass
class Forward:
    """The walk of one function, in one or more directions.

    For each direction, `active` holds the values that take part, and `tangents` maps values to
    their tangents. `masks` says of some of these that they come out of some arms of branches only:
    where others ran they are a zero that must not meet an infinite partial derivative.
    """

    active: Sequence[set[Value]]
    order: int
    tangent: ScalarType
    tangents: list[dict[Value, Operand]]
    masks: dict[Operand, Presence] = field(default_factory=dict)  # by tangent

    @property
    def directions(self) -> range:
        return range(len(self.tangents))

    def sweep(self, nodes: Iterable[Node], build: Builder) -> None:
        """Append the nodes to `build`, each with its tangents."""
        for node in nodes:
            with build.at(derived(node.origin, self.order)):
                match node:
                    case Op():
                        self.op(node, build)
                    case If():
                        self.branch(node, build)
                    case Loop():
                        self.loop(node, build)
                    case Call():
                        raise TypeError("calls are inlined before differentiation")

    def op(self, op: Op, build: Builder) -> None:
        before = len(build.nodes)
        for direction in self.directions:
            if op.result not in self.active[direction]:
                continue
            made = len(build.nodes)
            tangents = [self.of(direction, operand) for operand in op.operands]
            if any(tangent is not None for tangent in tangents):
                tangent = self.apply(op, tangents, build)
                if tangent is not None:
                    tangent = of_one_kind(build, tangent, op.result.type, self.tangent)
                if tangent is not None and len(build.nodes) > made:
                    tangent = build.named(tangent, dot(op.result.name))
                    mask = common(
                        build, [self.masks.get(each) for each in tangents if each is not None]
                    )
                    if mask is not None:
                        self.masks[tangent] = mask
                if tangent is not None:
                    self.tangents[direction][op.result] = tangent
        # An operation that may raise comes first too: its own error is the one to be seen.
        first = effect_of(op) is not Effect.PURE or op.result in values_read(build.nodes[before:])
        build.nodes.insert(before if first else len(build.nodes), op)

    def apply(self, op: Op, tangents: Sequence[Operand | None], build: Builder) -> Operand | None:
        """The tangent of an operation's result."""
        if op.operation.name == "item":
            structure = tangents[0]
            if structure is None:
                return None
            return build.op(OPS["item"], structure, attributes=op.attributes)
        if op.operation.name in ("tuple", "record_like"):
            first = 1 if op.operation.name == "record_like" else 0  # what it is like has no part
            items = [
                zero_of(build, operand, dot)
                if tangent is None
                else in_full(build, tangent, operand)
                for operand, tangent in zip(op.operands[first:], tangents[first:], strict=True)
            ]
            container = op.attributes["container"]
            assert isinstance(container, str | Fields)
            return build.op(OPS["tuple"], *items, attributes={"container": plain(container)})
        record = op.operation
        assert isinstance(record, Record)
        match record.rule:
            case Elementwise():
                whole_tangent = tangent_of(op, record.rule, tangents)
                if whole_tangent is not None:
                    return build_term(build, whole_tangent)
                total: Operand | None = None
                for tangent, partial in zip(tangents, partials_of(op, record.rule), strict=True):
                    scaled = None if tangent is None else scale(build, tangent, partial)
                    mask = None if tangent is None else self.masks.get(tangent)
                    if (
                        scaled is not None
                        and mask is not None
                        and may_be_infinite(partial, poles=True)
                    ):
                        scaled = mask.apply(build, scaled)
                    if total is None or scaled is None:
                        total = scaled if total is None else total
                    else:
                        total = build.op(OPS["add"], total, scaled)
                return total
            case Custom():
                full = [
                    tangent and in_full(build, tangent, operand)
                    for tangent, operand in zip(tangents, op.operands, strict=True)
                ]
                return record.rule.jvp(build, op, full)
            case Zero():
                return None
            case Unsupported(why):
                raise NotImplementedError(f"{record.name} has no derivative: {why}")

    def branch(self, node: If, build: Builder) -> None:
        lanes = self.lanes(node.results)
        arms = []
        saved = [dict(tangents) for tangents in self.tangents]
        parts: list[list[Operand]] = []  # whether each result's tangent takes part, arm by arm
        for arm in (node.then, node.orelse):
            inside = Builder(build.origin)
            self.sweep(arm.nodes, inside)
            yields = arm.yields
            if yields is not None:
                extra = [
                    yields[place]  # what this arm has nothing to hand over for, nor a tangent of
                    if yields[place].type == UNBOUND
                    and not isinstance(node.results[place].type, ScalarType)
                    else self.whole(inside, d, yields[place])
                    for d, place in lanes
                ]
                takes = [self.takes_part(inside, d, yields[place]) for d, place in lanes]
                parts.append(takes)
                yields = (*yields, *extra, *takes)
            arms.append(Block(tuple(inside.nodes), yields))
            self.tangents[:] = [dict(tangents) for tangents in saved]
        results = [self.receive(d, node.results[place]) for d, place in lanes]
        present = [Value(BOOL) for _ in lanes]
        added = (*node.results, *results, *present)
        build.add(replace(node, then=arms[0], orelse=arms[1], results=added))
        for result, known, said in zip(results, present, zip(*parts, strict=True), strict=True):
            if said != (const(True),) * len(parts):
                self.masks[result] = Presence(known)

    def loop(self, node: Loop, build: Builder) -> None:
        inits = [self.whole(build, d, node.inits[place]) for d, place in self.lanes(node.args)]
        consumed = [
            (d, place, tangent)
            for d, place in self.lanes(node.elements)
            if (tangent := self.of(d, node.consumed[place])) is not None
        ]
        args = [self.receive(d, node.args[place]) for d, place in self.lanes(node.args)]
        elements = [self.receive(d, node.elements[place]) for d, place, _ in consumed]
        inside = Builder(build.origin)
        self.sweep(node.body, inside)
        nexts = [self.whole(inside, d, node.nexts[p]) for d, p in self.lanes(node.args)]
        lanes = [
            (d, place)
            for d, place in self.lanes(node.sequences)
            if node.collects[place] in self.active[d]
        ]
        collects = [self.whole(inside, d, node.collects[place]) for d, place in lanes]
        finals = [self.receive(d, node.finals[place]) for d, place in self.lanes(node.args)]
        sequences = []
        for (d, place), collected in zip(lanes, collects, strict=True):
            original = node.sequences[place]
            sequence = Value(SequenceType(collected.type), dot(original.name))
            self.tangents[d][original] = sequence
            sequences.append(sequence)
        build.add(
            replace(
                node,
                inits=(*node.inits, *inits),
                args=(*node.args, *args),
                nexts=(*node.nexts, *nexts),
                finals=(*node.finals, *finals),
                body=tuple(inside.nodes),
                consumed=(*node.consumed, *(tangent for _, _, tangent in consumed)),
                elements=(*node.elements, *elements),
                collects=(*node.collects, *collects),
                sequences=(*node.sequences, *sequences),
            )
        )

    # ------------------------------------------------------------------ small things

    def lanes(self, values: Sequence[Value]) -> list[tuple[int, int]]:
        """Every (direction, position) at which an active value gets a tangent."""
        return [
            (direction, place)
            for direction in self.directions
            for place, value in enumerate(values)
            if value in self.active[direction]
        ]

    def of(self, direction: int, operand: Operand) -> Operand | None:
        if isinstance(operand, Value):
            return self.tangents[direction].get(operand)
        return None

    def takes_part(self, build: Builder, direction: int, operand: Operand) -> Operand:
        """Whether the tangent of an operand does; that of a structure always does."""
        found = self.of(direction, operand)
        if found is None:
            return const(not isinstance(operand.type, ScalarType))
        mask = self.masks.get(found)
        return const(True) if mask is None else mask.known(build)

    def whole(self, build: Builder, direction: int, operand: Operand) -> Operand:
        """The tangent of an operand, or a zero."""
        found = self.of(direction, operand)
        part = zero_of(build, operand, dot) if found is None else found
        whole = in_full(build, part, operand)
        return of_one_kind(build, whole, operand.type, self.tangent)

    def receive(self, direction: int, value: Value) -> Value:
        """What a region receives or hands out as the tangent of a value."""
        tangent = Value(self.tangent_type(value.type), dot(value.name))
        self.tangents[direction][value] = tangent
        return tangent

    def tangent_type(self, primal: Type) -> Type:
        match primal:
            case SequenceType(element=element):
                return SequenceType(self.tangent_type(element))
            case TupleType(items=items, container=container):
                return TupleType(tuple(map(self.tangent_type, items)), plain(container))
            case ArrayType() if differentiable(primal):
                return primal
            case _:
                return of_kinds(primal, self.tangent)
