"""Reverse mode: from a function's nodes to the nodes of its backward sweep.

The walk goes through the nodes in reverse. An operation hands its result's cotangent, times each
partial derivative, to its operands, where contributions are summed. A branch reverses into a branch
on the same condition, a loop into a loop in the opposite direction; both take the cotangents of
what they read from outside as running accumulators, so that nothing is summed twice.

A zero cotangent is the absence of one. Zeros are made only where a structure needs something to
start from: an accumulator of a loop, an arm of a branch that contributes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.lengths import Lengths
from autodiff_compiler.ir.types import (
    BOOL,
    INT,
    ArrayType,
    ScalarType,
    SequenceType,
    TupleType,
    Type,
    plain,
)
from autodiff_compiler.ir.values import (
    Block,
    Call,
    Const,
    If,
    Loop,
    Node,
    Op,
    Operand,
    Range,
    Value,
)
from autodiff_compiler.ir.walk import free_values, values_defined
from autodiff_compiler.ops import OPS
from autodiff_compiler.ops.record import Custom, Elementwise, Record, Unsupported, Zero
from autodiff_compiler.ops.terms import Term
from autodiff_compiler.transforms.activity import differentiable
from autodiff_compiler.transforms.cotangents import (
    Cotangents,
    Presence,
    add,
    bar,
    from_item,
    item,
    padded,
    zero_of,
)
from autodiff_compiler.transforms.fitting import (
    covers,
    derived,
    dims_of,
    in_full,
    of_kinds,
    of_one_kind,
    summed_to,
)
from autodiff_compiler.transforms.handover import collecting, hand_out, name_of, plan_loop
from autodiff_compiler.transforms.residuals import apply_plan, plan_residuals
from autodiff_compiler.transforms.terms import ZERO, may_be_infinite, partials_of, scale

# Simplifies a backward region, given the forward nodes whose values it may read.
Clean = Callable[[Block, Sequence[Node]], Block]


@dataclass
class Reverse:
    """The backward walk of one function.

    `order` is stamped on what it makes, `cotangent` is the type of scalar cotangents; `lengths` are
    those of the function before it was differentiated, `stems` names for its unnamed values. The
    cotangents of the `inputs` that are structures are kept in `parts`, by position.
    """

    active: set[Value]
    order: int
    cotangent: ScalarType
    lengths: Lengths
    stems: dict[Value, str]
    clean: Clean
    inputs: Sequence[Value] = ()
    parts: dict[Operand, dict[int, Operand]] = field(default_factory=dict)

    def sweep(
        self, nodes: Iterable[Node], cotangents: Cotangents, back: Builder
    ) -> tuple[Node, ...]:
        """Build the backward sweep of `nodes` into `back`.

        Returns the nodes of the forward sweep: the same, but that regions also hand out what the
        backward sweep needs of them.
        """
        forward = []
        for node in reversed(tuple(nodes)):
            with back.at(derived(node.origin, self.order)):
                forward.append(self.node(node, cotangents, back))
        return tuple(reversed(forward))

    def node(self, node: Node, cotangents: Cotangents, back: Builder) -> Node:
        match node:
            case Op():
                self.op(node, cotangents, back)
                return node
            case If():
                return self.branch(node, cotangents, back)
            case Loop():
                return self.loop(node, cotangents, back)
            case Call():
                raise TypeError("calls are inlined before differentiation")

    # ------------------------------------------------------------------ operations

    def op(self, op: Op, cotangents: Cotangents, back: Builder) -> None:
        if op.operation.name == "item":
            self.item(op, cotangents, back)
            return
        mask = cotangents.masks.get(op.result)
        whole = None if mask is None or mask.is_array else mask  # outlasts a sum
        cotangent = cotangents.take(op.result)
        if cotangent is None:
            return
        if op.operation.name in ("tuple", "record_like"):
            first = 1 if op.operation.name == "record_like" else 0  # what it is like has no part
            for place, operand in enumerate(op.operands[first:]):
                if operand in self.active:
                    cotangents.add(back, operand, item(back, cotangent, place), whole)
            return
        record = op.operation
        assert isinstance(record, Record)
        if isinstance(cotangent.type, ScalarType) and len(cotangent.type.kinds) > 1:
            cotangent = of_one_kind(back, cotangent, op.result.type, self.cotangent)
        match record.rule:
            case Elementwise():
                pairs = zip(op.operands, partials_of(op, record.rule), strict=True)
                for operand, partial in pairs:
                    if isinstance(operand, Value) and operand in self.active:
                        self.contribute(back, cotangents, (operand, op), (cotangent, partial), mask)
            case Custom():
                if not record.rule.any_shape:
                    cotangent = self.full(back, cotangent, op.result)
                contributions = record.rule.vjp(back, op, cotangent)
                for operand, contribution in zip(op.operands, contributions, strict=True):
                    if operand not in self.active or not isinstance(operand, Value):
                        continue
                    if isinstance(contribution, Value | Const):
                        fitted = summed_to(back, contribution, operand, None)
                        if operand not in cotangents.of and fitted is not contribution:
                            fitted = back.called(fitted, bar(self.name(operand)))
                        contribution = fitted
                    cotangents.add(back, operand, contribution, whole)
            case Zero():
                pass
            case Unsupported(why):
                raise NotImplementedError(f"{record.name} has no derivative: {why}")

    def contribute(
        self,
        back: Builder,
        cotangents: Cotangents,
        target: tuple[Value, Op],
        product: tuple[Operand, Term | None],
        mask: Presence | None,
    ) -> None:
        """Add cotangent × partial derivative to the cotangent of an operand of an operation, under
        its mask."""
        operand, op = target
        before = len(back.nodes)
        scaled = scale(back, *product)
        if scaled is None:
            return
        if mask is not None and may_be_infinite(product[1], mask.poles):
            scaled = mask.apply(back, scaled)
        made = back.nodes[-1] if len(back.nodes) > before else None
        fitted = summed_to(back, scaled, operand, op.result, op.operands)
        if not covers(dims_of(operand.type), dims_of(op.result.type)):
            made = None  # it has been summed up
            mask = None if mask is None or mask.is_array else mask
        scaled = fitted
        if operand not in cotangents.of and len(back.nodes) > before:
            # Just made for this operand: it is the operand's cotangent so far.
            scaled = back.called(scaled, bar(self.name(operand)))
        dropped = _mask_made(back, made) if isinstance(made, Op) else None
        if mask is None or dropped is None:
            mask = mask or dropped
        elif not mask.is_array and not dropped.is_array:
            mask = mask.both(back, dropped)
        cotangents.add(back, operand, scaled, mask)

    def item(self, op: Op, cotangents: Cotangents, back: Builder) -> None:
        structure, place = op.operands[0], op.attributes["index"]
        cotangent = cotangents.take(op.result)
        if structure in self.inputs and isinstance(place, int):
            # Taken apart at the head of the function, and put together at its end.
            if cotangent is not None:
                assert isinstance(structure.type, TupleType)
                parts = self.parts.setdefault(structure, {})
                place %= len(structure.type.items)  # -1 and the last one are the same item
                found = self.full(back, cotangent, op.result)
                before = parts.get(place)
                parts[place] = found if before is None else add(back, before, found)
            return
        if cotangent is not None and isinstance(place, int):
            cotangent = self.full(back, cotangent, op.result)
            cotangents.add(back, structure, from_item(back, structure, place, cotangent))

    # ------------------------------------------------------------------ branches

    def branch(self, node: If, cotangents: Cotangents, back: Builder) -> Node:
        masks = [cotangents.masks.get(result) for result in node.results]
        taken = [cotangents.take(result) for result in node.results]
        if all(cotangent is None for cotangent in taken):
            return node
        outside = self.captured(
            [*node.then.nodes, *node.orelse.nodes],
            [*(node.then.yields or ()), *(node.orelse.yields or ())],
        )
        # A sequence is added to in place, so its accumulator is there before the branch.
        before = {
            value: self.current(back, cotangents, value)
            for value in outside
            if value in cotangents.of or isinstance(value.type, SequenceType | ArrayType)
        }
        arms = [node.then, node.orelse]
        # An arm that raises is not the arm that ran: the other one's sweep needs no condition.
        running = [place for place, arm in enumerate(arms) if arm.yields is not None]
        builders = [Builder(back.origin), Builder(back.origin)]
        known = {v: mask for v, mask in cotangents.masks.items() if v in before}
        inner = [Cotangents(self.active, dict(before), dict(known)) for _ in arms]
        for place in running:
            arm, build = arms[place], builders[place]
            for operand, cotangent, mask in zip(arm.yields or (), taken, masks, strict=True):
                inner[place].add(build, operand, cotangent, mask)
            arms[place] = Block(self.sweep(arm.nodes, inner[place], build), arm.yields)
        changed = [
            value
            for value in outside
            if any(inner[place].of.get(value) is not before.get(value) for place in running)
        ]
        # Cotangents that are masked inside an arm: whether they take part is handed out as well.
        masked = [
            value
            for value in changed
            if isinstance(value.type, ScalarType)
            and any(value in inner[place].masks for place in running)
        ]
        yields = [
            (
                *(self.current(build, found, value) for value in changed),
                *(_takes_part(build, found, value) for value in masked),
            )
            for build, found in zip(builders, inner, strict=True)
        ]
        # Each arm may read what its own forward arm computed, and nothing of the other one's.
        then, orelse = (
            self.clean(Block(tuple(build.nodes), handed), arm.nodes)
            for build, handed, arm in zip(builders, yields, arms, strict=True)
        )
        if len(running) == 2:
            totals = (*map(self.receive, changed), *(Value(BOOL) for _ in masked))
            reverse = If(node.condition, then, orelse, totals, origin=back.origin)
            whole = self.clean(Block((reverse,), totals), ())
        else:
            whole = (then, orelse)[running[0]]
        augmented = replace(node, then=arms[0], orelse=arms[1])
        augmented, whole = self.save_from_arms(augmented, whole, running)
        back.nodes.extend(whole.nodes)
        present = dict(zip(masked, (whole.yields or ())[len(changed) :], strict=True))
        for value, total in zip(changed, whole.yields or (), strict=False):
            cotangents.of[value] = total
            cotangents.masks.pop(value, None)
            if value in present:
                cotangents.masks[value] = Presence(present[value])
                continue
            parts = [place for place in running if value in inner[place].of]
            if len(running) == 2 and len(parts) == 1 and isinstance(value.type, ScalarType):
                cotangents.masks[value] = Presence(node.condition, parts[0] == 0)
        return augmented

    def save_from_arms(self, node: If, back: Block, running: Sequence[int]) -> tuple[If, Block]:
        """Hand out of the forward arms what the backward arms need of them."""
        for place in running:
            forward = node.then if place == 0 else node.orelse
            reverse = next((n for n in back.nodes if isinstance(n, If)), None)
            if len(running) == 1:
                inside = back
            elif reverse is None:
                break
            else:
                inside = reverse.then if place == 0 else reverse.orelse
            plan = plan_residuals(forward.nodes, (), inside, ())
            copies: dict[Value, Operand] = {
                value: Value(value.type, name_of(forward.nodes, value)) for value in plan.saved
            }
            node = hand_out(node, place, copies)
            inside = apply_plan(plan, copies, inside, self.order)
            if len(running) == 1:
                back = inside
            else:
                assert reverse is not None
                changed = (
                    replace(reverse, then=inside) if place == 0 else replace(reverse, orelse=inside)
                )
                nodes = tuple(changed if each is reverse else each for each in back.nodes)
                back = Block(nodes, back.yields)
        return node, back

    # ------------------------------------------------------------------ loops

    def loop(self, node: Loop, cotangents: Cotangents, back: Builder) -> Node:
        mask = cotangents.common_mask(back, (*node.finals, *node.sequences))
        finals = [cotangents.take(final) for final in node.finals]
        sequences = [cotangents.take(sequence) for sequence in node.sequences]
        if all(cotangent is None for cotangent in (*finals, *sequences)):
            return node
        trips = self.lengths.trips[node]
        body, inner = Builder(back.origin), Cotangents(self.active)
        outside = self.captured(
            node.body, (*node.nexts, *node.collects), (*node.args, *node.elements)
        )
        carried = [place for place, arg in enumerate(node.args) if arg in self.active]
        bars = [self.receive(node.args[place]) for place in carried]
        totals = list(map(self.receive, outside))
        inner.of |= dict(zip(outside, totals, strict=True))
        given: list[tuple[Operand, Value]] = []
        for collected, sequence in zip(node.collects, sequences, strict=True):
            if sequence is not None:
                assert isinstance(sequence.type, SequenceType)
                name = collected.name if isinstance(collected, Value) else None
                given.append((sequence, Value(sequence.type.element, bar(name))))
                inner.add(body, collected, given[-1][1], mask)
        # What is zero when it enters the loop is zero in every iteration.
        for place, received in zip(carried, bars, strict=True):
            inner.add(body, node.nexts[place], received, mask)
        forward = self.sweep(node.body, inner, body)

        starts = [
            self.full(
                back,
                zero_of(back, node.finals[place]) if (final := finals[place]) is None else final,
                node.finals[place],
            )
            for place in carried
        ] + [self.current(back, cotangents, value) for value in outside]
        handed_on = [
            self.current(body, inner, value)
            for value in (*(node.args[place] for place in carried), *outside)
        ]
        wanted = [place for place, each in enumerate(node.elements) if each in self.active]
        collects = [self.current(body, inner, node.elements[place]) for place in wanted]
        # Of captured values nothing else has read: whether there was any iteration at all.
        alone = [
            value
            for value in outside
            if value not in cotangents.of and isinstance(value.type, ScalarType)
        ]
        # A condition from outside says of all that is collected what it says in an iteration.
        varying = {*values_defined((node,)), *values_defined(body.nodes)}
        met = [inner.masks.get(node.elements[place]) for place in wanted]
        lasting = [mask if each is None or each.condition in varying else each for each in met]
        flags, entered = ([Value(BOOL, "ran") for _ in alone] for _ in range(2))
        results = [Value(received.type, received.name) for received in (*bars, *totals)]
        gathered = [
            Value(SequenceType(collected.type), bar(node.consumed[place].name))
            for place, collected in zip(wanted, collects, strict=True)
        ]
        reverse = Loop(
            inits=(*starts, *(const(False) for _ in alone)),
            args=(*bars, *totals, *flags),
            nexts=(*handed_on, *(const(True) for _ in alone)),
            finals=(*results, *entered),
            body=tuple(body.nodes),
            consumed=tuple(sequence for sequence, _ in given),
            elements=tuple(element for _, element in given),
            collects=tuple(collects),
            sequences=tuple(gathered),
            # What drives the loop is settled once it is known what it consumes.
            space=node.space or Range(const(0), const(0), const(1)),
            backwards=not node.backwards,
            origin=back.origin,
        )
        into_init = [
            result
            for result, place in zip(results, carried, strict=False)
            if node.inits[place] in self.active
        ]
        roots = (*into_init, *results[len(carried) :], *gathered, *entered)
        node = replace(node, body=forward)
        whole = self.clean(Block((reverse,), roots), node.body)
        node, whole = self.save_from_body(node, whole, {element for _, element in given}, trips)
        back.nodes.extend(whole.nodes)

        values = dict(zip(roots, whole.yields or (), strict=True))
        for value, result, start in zip(
            outside, results[len(carried) :], starts[len(carried) :], strict=True
        ):
            if values[result] is not start:
                cotangents.replace(back, value, values[result], mask)
        for value, flag in zip(alone, entered, strict=True):
            if value in cotangents.of and (mask is None or mask.poles):
                cotangents.masks[value] = Presence(values[flag], poles=True)
        for place, result in zip(carried, results, strict=False):
            if result in values:
                cotangents.add(back, node.inits[place], values[result], mask)
        for place, sequence, lasted in zip(wanted, gathered, lasting, strict=True):
            source, contribution = node.consumed[place], values[sequence]
            if self.lengths.sequence(source) != trips:
                # The loop ended before its sequence did: the rest contributed nothing.
                contribution = padded(back, contribution, source)
            cotangents.add(back, source, contribution, lasted)
        return node

    def save_from_body(
        self, node: Loop, back: Block, given: set[Value], trips: Hashable
    ) -> tuple[Loop, Block]:
        """Collect in the forward loop what the backward loop needs, and settle what drives it.

        `given` are the elements of cotangent sequences, which are as long as the trip count.
        """
        reverse = next((n for n in back.nodes if isinstance(n, Loop)), None)
        if reverse is None:
            return node, back
        inside = Block(reverse.body, (*reverse.nexts, *reverse.collects))
        own = () if node.index is None else (node.index,)
        # Where a test ended the loop, its space says no longer which iterations there were.
        at_hand = own if node.test is None else ()
        carries, plan = plan_loop(node, inside, (*at_hand, *node.elements))
        read = set(free_values([*plan.repeated, *inside.nodes], inside.yields or ()))
        copies: dict[Value, Operand] = {
            each.following: Value(each.final.type, each.following.name or each.final.name)
            for each in carries
        }
        index = None
        if node.index in at_hand and node.index in read:
            index = Value(node.index.type, node.index.name)
            copies[node.index] = index
        drives = [
            (sequence, element)
            for sequence, element in zip(reverse.consumed, reverse.elements, strict=True)
            if element in given
        ]
        exact = bool(drives or plan.saved)
        for element, sequence in zip(node.elements, node.consumed, strict=True):
            if element in read:
                copies[element] = again = Value(element.type, element.name)
                drives.append((sequence, again))
        for value in plan.saved:
            node, gathered = collecting(node, value)
            name = name_of(node.body, value)
            copies[value] = saved = Value(value.type, name)
            drives.append((gathered, saved))

        args = [copies[each.following] for each in carries]
        previous = [copies[each.arg] for each in carries]
        inside = apply_plan(plan, copies, inside, self.order)
        assert inside.yields is not None
        split = len(reverse.nexts)
        made = replace(
            reverse,
            inits=(*reverse.inits, *(each.final for each in carries)),
            args=(*reverse.args, *(arg for arg in args if isinstance(arg, Value))),
            nexts=(*inside.yields[:split], *previous),
            finals=(*reverse.finals, *(Value(each.final.type) for each in carries)),
            body=inside.nodes,
            collects=inside.yields[split:],
            consumed=tuple(sequence for sequence, _ in drives),
            elements=tuple(element for _, element in drives),
            index=index,
            space=None if index is None else node.space,
        )
        if not exact:
            node, made = self.drive(node, made, trips)
        nodes = tuple(made if each is reverse else each for each in back.nodes)
        return node, Block(nodes, back.yields)

    def drive(self, node: Loop, reverse: Loop, trips: Hashable) -> tuple[Loop, Loop]:
        """Make sure that the reversed loop runs exactly as often as the loop did."""
        if node.test is None:
            if trips in self.lengths.drivers(reverse):
                return node, reverse
            if node.space is not None and self.lengths.space(node.space) == trips:
                return node, replace(reverse, space=node.space)
            for element, operand in zip(node.elements, node.consumed, strict=True):
                if self.lengths.sequence(operand) == trips:
                    unread = Value(element.type, element.name)
                    return node, replace(
                        reverse,
                        consumed=(*reverse.consumed, operand),
                        elements=(*reverse.elements, unread),
                    )
            # Together, all its drivers end the loop where they ended it before.
            others = [
                (operand, Value(element.type, element.name))
                for operand, element in zip(node.consumed, node.elements, strict=True)
                if operand not in reverse.consumed
            ]
            return node, replace(
                reverse,
                space=node.space,
                consumed=(*reverse.consumed, *(operand for operand, _ in others)),
                elements=(*reverse.elements, *(element for _, element in others)),
            )
        if node.trips is None:
            node = replace(node, trips=Value(INT, "steps"))
        assert node.trips is not None
        return node, replace(reverse, space=Range(const(0), node.trips, const(1)))

    # ------------------------------------------------------------------ small things

    def name(self, value: Value) -> str | None:
        return value.name or self.stems.get(value)

    def captured(
        self, nodes: Sequence[Node], yields: Sequence[Operand], own: Sequence[Value] = ()
    ) -> list[Value]:
        """The active values that a region reads from outside."""
        return [v for v in free_values(nodes, yields) if v in self.active and v not in own]

    def current(self, build: Builder, cotangents: Cotangents, value: Value) -> Operand:
        """The cotangent of a value so far, or a zero."""
        found = cotangents.of.get(value)
        return self.full(build, zero_of(build, value) if found is None else found, value)

    def full(self, build: Builder, part: Operand, like: Operand) -> Operand:
        """A cotangent in the full shape, and of the kind, of what it belongs to."""
        whole = in_full(build, part, like)
        return of_one_kind(build, whole, like.type, self.cotangent)

    def receive(self, value: Value) -> Value:
        """What a region receives or hands out as the cotangent of a value."""
        return Value(self.cotangent_type(value.type), bar(value.name))

    def cotangent_type(self, primal: Type) -> Type:
        match primal:
            case SequenceType(element=element):
                return SequenceType(self.cotangent_type(element))
            case TupleType(items=items, container=container):
                return TupleType(tuple(map(self.cotangent_type, items)), plain(container))
            case ArrayType() if differentiable(primal):
                return primal
            case _:
                return of_kinds(primal, self.cotangent)


def _takes_part(build: Builder, found: Cotangents, value: Value) -> Operand:
    """Whether a cotangent takes part in what comes before: not where it is absent."""
    if value not in found.of:
        return const(False)
    mask = found.masks.get(value)
    return const(True) if mask is None else mask.known(build)


def _mask_made(back: Builder, made: Op) -> Presence | None:
    """The mask of a cotangent that its rule has just dropped where a condition fails."""
    if made.operation.name != "select":
        return None
    condition, taken, otherwise = made.operands
    if otherwise is ZERO:
        return Presence(condition)
    if taken is ZERO:
        return Presence(condition, False)
    within = next((n for n in back.nodes if isinstance(n, Op) and n.result is taken), None)
    inner = None if within is None else _mask_made(back, within)
    if inner is None:
        return None
    # Dropped where the one condition holds and the other fails.
    return Presence(back.op(OPS["select"], condition, inner.known(back), const(True)))
