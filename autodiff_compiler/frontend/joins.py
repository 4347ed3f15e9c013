"""Where two ways meet: the end of a branch, the head of a loop.

`widen` finds the meaning that covers two; what differs between them becomes a fresh value in it.
`hand_over` then gives, for one way, the operand that each fresh value takes.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from autodiff_compiler.errors import Span
from autodiff_compiler.frontend.context import DEAD, Context
from autodiff_compiler.frontend.meeting import (
    Meeting,
    contents_in,
    is_defined,
    is_visible,
    join_paths,
    memory_of,
)
from autodiff_compiler.frontend.names import Names
from autodiff_compiler.frontend.regions import Region
from autodiff_compiler.frontend.values import (
    CONTENTS,
    SILENCED,
    Binding,
    Closure,
    Counting,
    Key,
    Meaning,
    Partial,
    Poison,
    Ref,
    State,
    Static,
    Structure,
    Super,
    Thing,
    arrays_of,
    describe,
    is_function,
    is_unbound,
    leaves,
    map_leaves,
    parts_of,
    with_parts,
)
from autodiff_compiler.ir.builder import UNBOUND_VALUE
from autodiff_compiler.ir.types import ArrayType, ScalarType, SequenceType, TupleType, join
from autodiff_compiler.ir.values import Const, If, Operand, Value

# What the compiler itself keeps in the state, under names that no program can have.
RETURNED = "<returned>"  # a bool: whether the function has returned
RESULT = "<result>"  # what it has returned
VALUE = "<value>"  # what an expression gives
LABELS = {RETURNED: "returned"}

Pairs = list[tuple[Value, Operand]]


def widen(a: Meaning, b: Meaning, notes: tuple[Span, Span], name: str | None = None) -> Meaning:
    """A meaning that covers both, with fresh values where they differ."""
    if a is b:
        return a
    if a is SILENCED or b is SILENCED:
        return SILENCED
    if isinstance(a, Poison) or isinstance(b, Poison):
        return a if isinstance(a, Poison) else b
    match a, b:
        case ((Value() | Const()), (Value() | Const())):
            if a == b:
                return a
            joined = join(a.type, b.type)
            if joined is not None:
                return Value(joined, name)
            structures = _as_structures(a, b)
            if structures is not None:
                return widen(*structures, notes, name)
        case (Structure(), Structure()):
            if (len(a.items), a.container) == (len(b.items), b.container):
                pairs = enumerate(zip(a.items, b.items, strict=True))
                items = [widen(x, y, notes, name and f"{name}_{place}") for place, (x, y) in pairs]
                conflict = next((item for item in items if isinstance(item, Poison)), None)
                return conflict or Structure(tuple(items), a.container)
        case (Structure(), Value() | Const()):
            return _widen_structure(a, b, notes, name)
        case (Value() | Const(), Structure()):
            return _widen_structure(b, a, notes[::-1], name)
        case (Counting(), Counting()):
            bounds = zip(leaves(a), leaves(b), strict=True)
            return Counting(*(x if x == y else Value(x.type, name) for x, y in bounds))
        case (Static(x), Static(y)):
            if x is y or (type(x) is type(y) is str and x == y):
                return a
        case (Closure(), Closure()):
            if _same_function(a, b):
                return a
        case (Partial() | Super(), Partial() | Super()):
            if _shape_of_parts(a) == _shape_of_parts(b):
                parts = zip(parts_of(a), parts_of(b), strict=True)
                wider = [widen(x, y, notes, name) for x, y in parts]
                conflict = next((part for part in wider if isinstance(part, Poison)), None)
                return conflict or with_parts(a, wider)
    return _conflict(a, b, notes)


def _as_structures(a: Operand, b: Operand) -> tuple[Structure, Structure] | None:
    """Two structures that are operands, as structures of nothing but types."""
    if not (isinstance(a.type, TupleType) and isinstance(b.type, TupleType)):
        return None
    shapes = (
        Structure(tuple(Value(item) for item in found.items), found.container)
        for found in (a.type, b.type)
    )
    first, second = shapes
    return first, second


def _widen_structure(
    structure: Structure, operand: Operand, notes: tuple[Span, Span], name: str | None
) -> Meaning:
    """A structure with an operand: unbound, a structure by type, or a sequence."""
    match operand.type:
        case ScalarType() if is_unbound(operand) and structure.items:
            items = [
                widen(UNBOUND_VALUE, item, notes, name and f"{name}_{place}")
                for place, item in enumerate(structure.items)
            ]
            conflict = next((item for item in items if isinstance(item, Poison)), None)
            return conflict or Structure(tuple(items), structure.container)
        case TupleType(items, container):
            shape = Structure(tuple(Value(item) for item in items), container)
            return widen(structure, shape, notes, name)
        case SequenceType(element, container) if container == structure.container:
            joined = element
            for item in structure.items:
                wider = isinstance(item, Value | Const) and join(joined, item.type)
                if not wider:
                    return _conflict(structure, operand, notes)
                joined = wider
            return Value(SequenceType(joined, container), name)
    return _conflict(structure, operand, notes)


def _same_function(a: Closure, b: Closure) -> bool:
    if (a.code, a.frame, a.function) != (b.code, b.frame, b.function):
        return False
    return all(
        x is y or (isinstance(x, Const) and x == y)
        for x, y in zip(a.defaults.values(), b.defaults.values(), strict=True)
    )


def _shape_of_parts(meaning: Partial | Super) -> object:
    """What tells the parts of one apart from those of another."""
    if isinstance(meaning, Super):
        return meaning.after
    return len(meaning.arguments), tuple(meaning.keywords)


def _conflict(a: Meaning, b: Meaning, notes: tuple[Span, Span]) -> Poison:
    if is_unbound(a) or is_unbound(b):
        other, where = (b, notes[1]) if is_unbound(a) else (a, notes[0])
        reason = f"is {describe(other)} on one path and not assigned on another"
        return Poison(reason, "assign it on every path", ((where, "assigned here"),))
    first, second = describe(a), describe(b)
    hint = _hint(a, b)
    if first == second:
        return Poison(f"is {first} on one path and another one on another", hint)
    reason = f"is {first} on one path and {second} on another"
    if notes[0] == notes[1]:
        return Poison(reason, hint)
    return Poison(reason, hint, ((notes[0], f"{first} here"), (notes[1], f"{second} here")))


def _hint(a: Meaning, b: Meaning) -> str:
    """How to make two meanings one."""
    if all(map(is_function, (a, b))):
        return "call each function where it is chosen, and keep the result"
    types = [m.type for m in (a, b) if isinstance(m, Value | Const)]
    if any(isinstance(t, ArrayType) for t in types) and any(
        isinstance(t, ScalarType) for t in types
    ):
        return "start from an array, such as np.zeros_like(...), in place of a number"
    if any(isinstance(m, Static) and m.value is None for m in (a, b)):
        return "use a number on both paths, such as 0.0 or math.inf in place of None"
    return "let it be the same kind of thing on both paths"


def freshen(meaning: Meaning, name: str | None) -> Meaning:
    """The meaning with a fresh value for every operand in it, named after the variable."""
    if isinstance(meaning, Structure):
        items = (
            freshen(item, name and f"{name}_{place}") for place, item in enumerate(meaning.items)
        )
        return Structure(tuple(items), meaning.container)
    return map_leaves(meaning, lambda leaf: Value(leaf.type, name))


def shape(meaning: Meaning) -> object:
    """What two meanings have in common if one can stand for the other at the head of a loop."""
    match meaning:
        case Value() | Const():
            return meaning.type
        case Structure(items, container):
            return container, tuple(map(shape, items))
        case Counting():
            return Counting
        case Static(value):
            return type(value), value if isinstance(value, str) else id(value)
        case Closure():
            return meaning.code, meaning.frame, meaning.function
        case Partial() | Super():
            return _shape_of_parts(meaning), tuple(map(shape, parts_of(meaning)))
        case Poison():
            return Poison
    return meaning


def hand_over(ctx: Context, template: Meaning, meaning: Meaning, node: ast.AST) -> Pairs:
    """The operand for each fresh value of a template, on the way where `meaning` holds."""
    if template is meaning or isinstance(template, Const | Static | Poison):
        return []
    if isinstance(template, Value):
        if isinstance(meaning, Structure):
            packed = ctx.sequence(meaning, node, "list")
            return [] if packed is None else [(template, packed)]
        assert isinstance(meaning, Value | Const)
        return [(template, meaning)]
    if not isinstance(meaning, Value | Const):
        sources = list(_parts(meaning))
    elif is_unbound(meaning):
        sources = [UNBOUND_VALUE for _ in _parts(template)]
    else:
        structure = ctx.structure(meaning, node)
        assert structure is not None
        sources = list(structure.items)
    pairs = zip(_parts(template), sources, strict=True)
    return [pair for part, source in pairs for pair in hand_over(ctx, part, source, node)]


def _parts(meaning: Meaning) -> Iterator[Meaning]:
    match meaning:
        case Structure(items):
            yield from items
        case Counting(start, stop, step):
            yield from (start, stop, step)
        case Closure():
            yield from meaning.defaults.values()
        case Partial() | Super():
            yield from parts_of(meaning)


# Branches.


@dataclass
class Arm:
    """One arm of a branch: its region, and the state at its end."""

    region: Region
    state: State


def open_arm(ctx: Context) -> Arm:
    return Arm(Region(), dict(ctx.state))


@contextmanager
def within(ctx: Context, arm: Arm) -> Iterator[None]:
    """Go on in an arm, from where it stands."""
    with ctx.inside(arm.region, arm.state):
        yield
        arm.state = ctx.state


def has_returned(ctx: Context, state: State) -> bool:
    """Whether the current function has certainly returned in this state."""
    binding = state.get((ctx.frame, RETURNED))
    return (
        binding is not None and isinstance(binding.meaning, Const) and bool(binding.meaning.value)
    )


def merge(
    ctx: Context,
    node: ast.AST,
    condition: Operand,
    then: Arm,
    orelse: Arm,
    live: Names | None = None,
    form: str = "if",
) -> None:
    """Close a branch: append it, with one result for whatever differs and may still be read.

    `live` are the local names that may be read afterwards, None for all of them.
    """
    arms = (then, orelse)
    state, results = ctx.state, list[Value]()
    yields: tuple[list[Operand], list[Operand]] = ([], [])
    if not (then.region.closed and orelse.region.closed):
        merging = Merging(ctx, node, arms, live)
        state = merging.state()
        results = list(merging.handed)
        for leaf, (x, y) in merging.handed.items():
            ctx.facts.join(leaf, x, y)
            yields[0].append(x)
            yields[1].append(y)
    with ctx.region.at(ctx.origin(node)):
        blocks = [arm.region.finished(*given) for arm, given in zip(arms, yields, strict=True)]
        if results or any(block.nodes for block in blocks):
            ctx.region.add(
                If(condition, blocks[0], blocks[1], tuple(results), form, ctx.region.origin)
            )
    ctx.state = state
    if then.region.closed and orelse.region.closed:
        ctx.region.closed = True


@dataclass(frozen=True)
class Joining:
    """A name that means something on both ways, or only on one that is `alone`."""

    key: Key
    first: Binding
    second: Binding
    alone: int | None = None

    @property
    def label(self) -> str | None:
        name = self.key[1]
        return LABELS.get(name, None if name in (RESULT, VALUE) else name)


class Merging:
    """The state after a branch, and what each arm hands over for it.

    What the things hold that names stand for is joined once for each thing, see `meeting`; a name
    that stands for the whole of one then needs no value of its own.
    """

    def __init__(
        self, ctx: Context, node: ast.AST, arms: tuple[Arm, Arm], live: Names | None
    ) -> None:
        self.ctx, self.node, self.arms, self.live = ctx, node, arms, live
        self.handed: dict[Value, tuple[Operand, Operand]] = {}
        self.meeting = Meeting(ctx)
        self.found: State = {}

    def state(self) -> State:
        unchanged = [*self.ctx.pending]
        keys = dict.fromkeys((*self.arms[0].state, *self.arms[1].state))
        order: list[tuple[Key, Binding | Joining]] = []
        for key in keys:
            if isinstance(key[0], Thing):
                continue
            merged = self._name(key)
            if merged is None:
                continue
            order.append((key, merged))
            match merged:
                case Binding(meaning):
                    unchanged.append(meaning)
                case Joining(_, first, second, None):
                    self.meeting.note(first.meaning, second.meaning)
                case Joining(_, first, _, alone):
                    for each in arrays_of(first.meaning):
                        thing = self.ctx.facts.ref(each).thing
                        self.meeting.pair(*((thing, None) if alone == 0 else (None, thing)))
        self.meeting.note_unchanged(unchanged)
        self.meeting.settle()
        self._contents(keys)
        for key, merged in order:
            self.found[key] = merged if isinstance(merged, Binding) else self._joined(merged)
        return self.found

    # Names.

    def _name(self, key: Key) -> Binding | Joining | None:
        """What becomes of a name after the branch."""
        ctx, arms = self.ctx, self.arms
        a, b = (arm.state.get(key) for arm in arms)
        if a is b:
            return a
        frame, name = key
        pseudo = name in (RETURNED, RESULT)
        mine = frame is ctx.frame
        known = a or b
        assert known is not None
        if mine and self.live is not None and name not in self.live and not pseudo:
            return Binding(DEAD, known.span)
        over = [arm.region.closed or (has_returned(ctx, arm.state) and not pseudo) for arm in arms]
        if pseudo and over == [False, False]:
            if a is None or b is None:
                return Joining(key, known, known, 1 if a is None else 0)
            return Joining(key, a, b)
        if over[0] != over[1]:
            alive = 1 if over[0] else 0
            going_on = (a, b)[alive]
            return None if going_on is None else Joining(key, going_on, going_on, alive)
        if not mine and (a is None or b is None):
            return None  # a frame of an inlined function that only one arm has called
        if over == [True, True]:
            return Binding(DEAD, known.span)
        nowhere = Binding(UNBOUND_VALUE, ctx.span(self.node))
        return Joining(key, a or nowhere, b or nowhere)

    def _joined(self, joining: Joining) -> Binding:
        first, second = joining.first, joining.second
        if joining.alone is not None:
            return Binding(self._alone(first.meaning, joining.alone, joining.label), first.span)
        a, b = (self._now(k, each.meaning) for k, each in enumerate((first, second)))
        template = widen(a, b, (first.span, second.span), joining.label)
        if isinstance(template, Poison):
            if template.reason and joining.key[1] in (RETURNED, RESULT):
                template = replace(template, hint="end every path with a return of the same kind")
            return Binding(template, second.span)
        self._hand_over(template, a, b)
        return Binding(self._referring(template, a, b), second.span)

    def _now(self, arm: int, meaning: Meaning) -> Meaning:
        """A meaning at the end of an arm, where it is known."""
        with within(self.ctx, self.arms[arm]):
            return self.ctx.current(meaning, self.node, quiet=True)

    def _hand_over(self, template: Meaning, a: Meaning, b: Meaning) -> None:
        pairs = []
        for arm, meaning in zip(self.arms, (a, b), strict=True):
            with within(self.ctx, arm):
                pairs.append(hand_over(self.ctx, template, meaning, self.node))
        for (leaf, x), (_, y) in zip(*pairs, strict=True):
            self.handed.setdefault(leaf, (x, y))

    def _referring(self, template: Meaning, a: Meaning, b: Meaning) -> Meaning:
        """The joined meaning, where arrays refer to the things that they are after the branch."""
        facts = self.ctx.facts
        changed: dict[Operand, Operand] = {}
        for leaf, x, y in leaf_triples(template, a, b):
            if leaf is x or leaf is y:
                continue
            first, second = facts.ref(x), facts.ref(y)
            path = join_paths(first.path, second.path)
            thing = self.meeting.of(first.thing, second.thing)
            if path is None:
                facts.relate(facts.ref(leaf).thing, (first.thing, second.thing, thing))
                facts.ref(leaf).thing.home = self.ctx.region
                continue
            contents = contents_in(self.found, thing)
            if not path.steps and isinstance(contents, Value):
                changed[leaf] = contents
                del self.handed[leaf]
                continue
            for filler, p, q in path.handed:
                self.handed[filler] = (p, q)
            facts.refs[leaf] = Ref(thing, path.steps, self._version(thing))
        for leaf in arrays_of(template):
            if leaf in self.handed and leaf not in facts.refs:
                # A list where one way has a structure: its items are what is known of it.
                held = (*arrays_of(a), *arrays_of(b))
                facts.relate(facts.ref(leaf).thing, (facts.ref(each).thing for each in held))
        return map_leaves(template, lambda leaf: changed.get(leaf, leaf))

    def _version(self, thing: Thing) -> object:
        binding = self.found.get((thing, CONTENTS))
        return thing if binding is None else binding.meaning

    def _alone(self, meaning: Meaning, alone: int, label: str | None) -> Meaning:
        """What the one arm that goes on knows; the other raises, or returns, and hands over
        nothing."""
        ctx, facts = self.ctx, self.ctx.facts
        meaning = self._now(alone, meaning)

        def fresh(operand: Operand, name: str | None) -> Operand:
            if is_defined(ctx, operand) or not isinstance(operand, Value):
                return operand
            made = Value(operand.type, name)
            self._give(made, operand, alone)
            return made

        def change(leaf: Operand, name: str | None) -> Operand:
            array = memory_of(leaf)
            if array is None:
                return fresh(leaf, name)
            ref = facts.ref(array)
            if not ref.path:
                contents = contents_in(self.found, ref.thing)
                if isinstance(contents, Value) and is_known(contents):
                    return contents
            made = fresh(leaf, name)
            if made is leaf or not isinstance(made, Value):
                return made
            steps = tuple(
                replace(step, fillers=tuple(fresh(each, each.name) for each in step.fillers))
                for step in ref.path
            )
            if not steps and (ref.thing, CONTENTS) not in self.found:
                self.found[ref.thing, CONTENTS] = Binding(made, ctx.span(self.node))
                ref.thing.home = ctx.region
            facts.refs[made] = Ref(ref.thing, steps, self._version(ref.thing))
            return made

        def is_known(value: Value) -> bool:
            return value in self.handed or is_defined(ctx, value)

        return _named_leaves(meaning, change, label)

    def _give(self, made: Value, operand: Operand, alone: int) -> None:
        other: Operand = operand if self.arms[1 - alone].region.closed else UNBOUND_VALUE
        self.handed[made] = (operand, other) if alone == 0 else (other, operand)

    # Things.

    def _contents(self, keys: Iterable[Key]) -> None:
        """What each thing holds after the branch."""
        closed = [arm.region.closed for arm in self.arms]
        for thing, _ in keys:
            if isinstance(thing, Thing) and is_visible(self.ctx, thing):
                self._hold(thing, thing, thing, closed)
        for (a, b), made in self.meeting.pairs.items():
            if made is not a and made is not b:
                self._hold(made, a, b, closed)
                made.home = self.ctx.region
            elif (made, CONTENTS) not in self.found and a is not b:
                # Made on the one way that goes on.
                arm = self.arms[0 if a is made else 1]
                binding = arm.state.get((made, CONTENTS))
                if binding is not None:
                    self._carry(made, binding, 0 if a is made else 1)

    def _hold(self, made: Thing, a: Thing | None, b: Thing | None, closed: list[bool]) -> None:
        ctx = self.ctx
        here = ctx.span(self.node)
        found = []
        for arm, thing in zip(self.arms, (a, b), strict=True):
            assert thing is not None
            binding = arm.state.get((thing, CONTENTS))
            if binding is None and thing.value is not None:
                binding = Binding(thing.value, here)
            found.append(binding)
        first, second = found
        if first is None or second is None:
            return
        if closed[0] != closed[1]:
            alone = 1 if closed[0] else 0
            self._carry(made, found[alone] or first, alone)
            return
        if first.meaning is second.meaning:
            self.found[made, CONTENTS] = second
            return
        name = next((m.name for m in (first.meaning, second.meaning) if isinstance(m, Value)), None)
        template = widen(first.meaning, second.meaning, (first.span, second.span), name)
        if isinstance(template, Value):
            self._hand_over(template, first.meaning, second.meaning)
            ctx.facts.refs[template] = Ref(made, (), template)
        self.found[made, CONTENTS] = Binding(template, second.span)

    def _carry(self, made: Thing, binding: Binding, alone: int) -> None:
        """What a thing holds where only one way goes on."""
        contents = binding.meaning
        if isinstance(contents, Value) and not is_defined(self.ctx, contents):
            fresh = Value(contents.type, contents.name)
            self._give(fresh, contents, alone)
            self.ctx.facts.refs[fresh] = Ref(made, (), fresh)
            binding = Binding(fresh, binding.span)
        self.found[made, CONTENTS] = binding


def leaf_triples(template: Meaning, a: Meaning, b: Meaning) -> Iterator[tuple[Value, Value, Value]]:
    """The arrays that stand at one place of a meaning and of the two that it joins."""
    match template, a, b:
        case Structure(), Structure(), Structure():
            for three in zip(template.items, a.items, b.items, strict=True):
                yield from leaf_triples(*three)
        case Closure(), Closure(), Closure():
            for name, default in template.defaults.items():
                yield from leaf_triples(default, a.defaults[name], b.defaults[name])
        case (Partial() | Super(), Partial() | Super(), Partial() | Super()):
            for three in zip(parts_of(template), parts_of(a), parts_of(b), strict=True):
                yield from leaf_triples(*three)
        case _:
            found = [memory_of(each) for each in (template, a, b)]
            leaf, x, y = found
            if leaf is not None and x is not None and y is not None:
                yield leaf, x, y


def _named_leaves(
    meaning: Meaning, change: Callable[[Operand, str | None], Operand], name: str | None
) -> Meaning:
    """The meaning with every operand in it changed, each under the name of its place."""
    if not isinstance(meaning, Structure):
        return map_leaves(meaning, lambda leaf: change(leaf, name))
    items = (
        _named_leaves(item, change, name and f"{name}_{place}")
        for place, item in enumerate(meaning.items)
    )
    return Structure(tuple(items), meaning.container)
