"""Which things are one after two ways have met, and which may be.

A name stands for one thing at the end of one way, and for another at the end of the other. The two
make one thing from there on, if every name that stands for one of them stands for the other too on
the other way: the pairs must be a bijection. `if c: u, v = v, u` is none of the things before, but
two things all the same. Where the pairs are no bijection (`b = a` on one way, `b = a.copy()` on the
other), the new thing may be one with another, and a write into either makes the other unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.values import (
    CONTENTS,
    Closure,
    Meaning,
    Partial,
    State,
    Step,
    Structure,
    Super,
    Thing,
    arrays_of,
    parts_of,
)
from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import holds_array, join
from autodiff_compiler.ir.values import Const, Operand, Value
from autodiff_compiler.ops.calling import HOLE
from autodiff_compiler.ops.subscripts import Slice

Pair = tuple[Thing | None, Thing | None]


def is_visible(ctx: Context, thing: Thing) -> bool:
    """Whether a thing was made where everything that comes now can see it."""
    if thing.home is not None:
        return any(region is thing.home for region in ctx.stack)
    return thing.value is not None and is_defined(ctx, thing.value)


def is_defined(ctx: Context, operand: Operand) -> bool:
    return isinstance(operand, Const) or any(operand in region.values for region in ctx.stack)


def contents_in(state: State, thing: Thing) -> Meaning | None:
    """What a thing holds in a state."""
    binding = state.get((thing, CONTENTS))
    return thing.value if binding is None else binding.meaning


def memory_of(meaning: object) -> Value | None:
    """A leaf that is an array, or holds some."""
    is_array = isinstance(meaning, Value) and holds_array(meaning.type)
    return meaning if is_array and isinstance(meaning, Value) else None


def leaf_pairs(a: Meaning, b: Meaning) -> Iterator[tuple[Value, Value]]:
    """The arrays that stand at one place in two meanings."""
    match a, b:
        case Structure(), Structure():
            if len(a.items) == len(b.items):
                for x, y in zip(a.items, b.items, strict=True):
                    yield from leaf_pairs(x, y)
        case Closure(), Closure():
            for x, y in zip(a.defaults.values(), b.defaults.values(), strict=False):
                yield from leaf_pairs(x, y)
        case (Partial() | Super(), Partial() | Super()):
            for x, y in zip(parts_of(a), parts_of(b), strict=False):
                yield from leaf_pairs(x, y)
        case _:
            first, second = memory_of(a), memory_of(b)
            if first is not None and second is not None:
                yield first, second


@dataclass
class Meeting:
    """The pairs of things that stand for each other on two ways, and what each pair becomes."""

    ctx: Context
    pairs: dict[Pair, Thing] = field(default_factory=dict)

    def note(self, a: Meaning, b: Meaning) -> None:
        """Two meanings of one name."""
        facts = self.ctx.facts
        for x, y in leaf_pairs(a, b):
            self.pair(facts.ref(x).thing, facts.ref(y).thing)

    def pair(self, a: Thing | None, b: Thing | None) -> None:
        if (a, b) not in self.pairs:
            same = a if a is b or b is None else b if a is None else None
            self.pairs[a, b] = same or Thing(home=self.ctx.region)

    def note_unchanged(self, meanings: Iterable[Meaning]) -> None:
        """Meanings that are the same on both ways: their things stand for themselves."""
        involved = {thing for pair in self.pairs if pair[0] is not pair[1] for thing in pair}
        if not involved:
            return
        for meaning in meanings:
            for leaf in arrays_of(meaning):
                thing = self.ctx.facts.ref(leaf).thing
                if thing in involved:
                    self.pair(thing, thing)

    def settle(self) -> None:
        """Find what may be one after the meeting."""
        facts = self.ctx.facts
        sides: tuple[dict[Thing, list[Pair]], ...] = ({}, {})
        for pair in self.pairs:
            for thing, side in zip(pair, sides, strict=True):
                if thing is not None:
                    side.setdefault(thing, []).append(pair)
        for pair, made in self.pairs.items():
            known = [thing for thing in pair if thing is not None]
            if made not in known:
                made.stands_for = tuple(known)
                made.fixed = next((each.fixed for each in known if each.fixed), "")
                made.whole = all(each.whole for each in known)
                if any(each in facts.kept for each in known):
                    facts.kept.add(made)
            for thing, side in zip(pair, sides, strict=True):
                if thing is None:
                    continue
                sharing = [self.pairs[each] for each in side[thing] if each != pair]
                if sharing:
                    facts.relate(made, {*sharing, *known})
                for other in tuple(facts.may.get(thing, ())):
                    facts.link(made, other)
                    for each in side.get(other, ()):
                        facts.link(made, self.pairs[each])

    def of(self, a: Thing | None, b: Thing | None) -> Thing:
        return self.pairs[a, b]


@dataclass
class JoinedPath:
    """One way for two: what fills the holes that differ is handed over by each."""

    steps: tuple[Step, ...]
    handed: list[tuple[Value, Operand, Operand]]


def join_paths(a: Sequence[Step], b: Sequence[Step]) -> JoinedPath | None:
    """The way that covers two ways into an array; None where they are of different kinds."""
    if len(a) != len(b):
        return None
    handed: list[tuple[Value, Operand, Operand]] = []
    steps = []
    for x, y in zip(a, b, strict=True):
        if x is y:
            steps.append(x)
            continue
        joined = _join_steps(x, y, handed)
        if joined is None:
            return None
        steps.append(joined)
    return JoinedPath(tuple(steps), handed)


def same_path(a: Sequence[Step], b: Sequence[Step]) -> bool:
    joined = join_paths(a, b)
    return joined is not None and not joined.handed


def _join_steps(a: Step, b: Step, handed: list[tuple[Value, Operand, Operand]]) -> Step | None:
    if a.name != b.name:
        return None
    if a.name != "get":
        same = dict(a.attributes) == dict(b.attributes) and a.fillers == b.fillers
        return a if same else None
    first, second = _opened(a), _opened(b)
    if len(first) != len(second):
        return None
    fillers: list[Operand] = []
    try:
        index = tuple(_part(x, y, fillers, handed) for x, y in zip(first, second, strict=True))
    except _Apart:
        return None
    return Step("get", tuple(fillers), {"index": index})


class _Apart(Exception):
    """Two subscripts are of different kinds."""


def _part(
    x: object, y: object, fillers: list[Operand], handed: list[tuple[Value, Operand, Operand]]
) -> object:
    if isinstance(x, Slice) and isinstance(y, Slice):
        pairs = zip(x.parts, y.parts, strict=True)
        return Slice(*(_part(p, q, fillers, handed) for p, q in pairs))
    if (x is y and not isinstance(x, Value)) or (type(x) is type(y) is int and x == y):
        return x
    p, q = (const(each) if type(each) is int else each for each in (x, y))
    if not isinstance(p, Value | Const) or not isinstance(q, Value | Const):
        raise _Apart
    joined = join(p.type, q.type)
    if joined is None:
        raise _Apart
    if p == q:
        fillers.append(p)
    else:
        made = Value(joined)
        handed.append((made, p, q))
        fillers.append(made)
    return HOLE


def _opened(step: Step) -> list[object]:
    """A subscript with its fillers in the place of the holes."""
    waiting = iter(step.fillers)

    def fill(entry: object) -> object:
        if isinstance(entry, Slice):
            return Slice(*map(fill, entry.parts))
        return next(waiting) if entry is HOLE else entry

    index = step.attributes["index"]
    assert isinstance(index, tuple)
    return [fill(entry) for entry in index]
