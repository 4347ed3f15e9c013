"""What arrays the names at the head of a loop stand for, and what those hold.

At first each name stands for what it stood for before the loop. After each round of lowering the
body, what a name stands for at its end is compared with the head:

- the same thing, by the same way: nothing is carried but what the thing holds, if that changes;
- the same thing, by another way (`row = a[i]`): what fills the way is carried;
- another thing: the name stands for a thing of the head's own, which is one thing before the loop
  and another one at the end of each iteration. Names that stand for one thing in both places share
  it, so `u, v = v, u` and `u = f(u)` both work;
- none of these: the name has a value that may be one with any of them.

Things of the head that are one in either place may be one at the head.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.meeting import (
    contents_in,
    is_visible,
    join_paths,
    memory_of,
)
from autodiff_compiler.frontend.values import (
    CONTENTS,
    SILENCED,
    Binding,
    Closure,
    Meaning,
    Partial,
    Poison,
    Ref,
    State,
    Step,
    Structure,
    Super,
    Thing,
    arrays_of,
    parts_of,
    with_parts,
)
from autodiff_compiler.ir.values import Operand, Value

Place = tuple[object, ...]  # a name, and where in what it means
Carried = dict[Value, Operand]


def placed(meaning: Meaning, place: Place) -> Iterator[tuple[Place, Value]]:
    """The arrays in a meaning, each with its place."""
    match meaning:
        case Structure(items):
            for k, item in enumerate(items):
                yield from placed(item, (*place, k))
        case Closure():
            for name, default in meaning.defaults.items():
                yield from placed(default, (*place, name))
        case Partial() | Super():
            for k, part in enumerate(parts_of(meaning)):
                yield from placed(part, (*place, k))
        case _:
            leaf = memory_of(meaning)
            if leaf is not None:
                yield place, leaf


def replaced(meaning: Meaning, place: Place, change: Mapping[Place, Meaning]) -> Meaning:
    """The meaning with others at some places."""
    match meaning:
        case Structure(items, container):
            found = tuple(replaced(item, (*place, k), change) for k, item in enumerate(items))
            if all(new is old for new, old in zip(found, items, strict=True)):
                return meaning
            return Structure(found, container)
        case Closure(code, frame, function, defaults):
            given = {key: replaced(d, (*place, key), change) for key, d in defaults.items()}
            return Closure(code, frame, function, given)
        case Partial() | Super():
            parts = [replaced(p, (*place, k), change) for k, p in enumerate(parts_of(meaning))]
            return with_parts(meaning, parts)
    return change.get(place, meaning)


def refilled(path: tuple[Step, ...], fillers: Mapping[Value, Operand]) -> tuple[Step, ...]:
    """A way with other operands in its holes."""

    def fill(filler: Operand) -> Operand:
        return fillers.get(filler, filler) if isinstance(filler, Value) else filler

    return tuple(replace(step, fillers=tuple(map(fill, step.fillers))) for step in path)


@dataclass
class Head:
    """A thing of the head's own: what it is before the loop, and at the end of an iteration."""

    thing: Thing
    entry: Thing
    back: Thing | None = None
    value: Value | None = None  # what it holds at the head


@dataclass
class Heads:
    """Grows from round to round."""

    ctx: Context
    node: ast.AST
    starts: Mapping[str, Meaning]
    roots: tuple[Meaning, ...]  # what else can be reached, and isn't bound anew
    rebound: frozenset[str]  # the names that the text of the body binds, perhaps to other arrays
    entry: dict[Place, Value] = field(default_factory=dict)
    own: dict[Place, Head] = field(default_factory=dict)
    moving: dict[Place, tuple[Step, ...]] = field(default_factory=dict)
    loose: dict[Place, Thing] = field(default_factory=dict)
    changed: dict[Thing, Value | None] = field(default_factory=dict)
    stale: dict[Thing, Binding] = field(default_factory=dict)
    before: State = field(default_factory=dict)
    fillers: dict[Value, Operand] = field(default_factory=dict)
    backs: dict[Place, Thing] = field(default_factory=dict)  # of what is loose

    def __post_init__(self) -> None:
        self.before = self.ctx.state
        facts = self.ctx.facts
        guessed: dict[Thing, Head] = {}
        for name, start in self.starts.items():
            for place, leaf in placed(start, (name,)):
                self.entry[place] = leaf
                ref = facts.ref(leaf)
                if name in self.rebound and not ref.path:
                    thing = Thing(home=self.ctx.region, stands_for=(ref.thing,))
                    head = Head(thing, ref.thing)
                    self.own[place] = guessed.setdefault(ref.thing, head)

    # At the head.

    def enter(self, heads: dict[str, Meaning]) -> tuple[dict[str, Meaning], State]:
        """The meanings at the head, where arrays refer to things, and what those hold."""
        facts = self.ctx.facts
        state: State = {}
        here = self.ctx.span(self.node)
        for thing in self.changed:
            old = contents_in(self.before, thing)
            if thing in self.stale:
                state[thing, CONTENTS] = self.stale[thing]
            elif isinstance(old, Value):
                fresh = Value(old.type, old.name)
                facts.refs[fresh] = Ref(thing, (), fresh)
                self.changed[thing] = fresh
                state[thing, CONTENTS] = Binding(fresh, here)
        for head in self.own.values():
            head.value = None
            held = self.before.get((head.entry, CONTENTS))
            if held is not None and isinstance(held.meaning, Poison):
                self.stale.setdefault(head.thing, held)
        found = {}
        for name, meaning in heads.items():
            change: dict[Place, Meaning] = {}
            for place, leaf in placed(meaning, (name,)):
                change[place] = self._leaf(place, leaf, state)
            found[name] = replaced(meaning, (name,), change)
        return found, state

    def _leaf(self, place: Place, leaf: Value, state: State) -> Value:
        facts = self.ctx.facts
        if place in self.own:
            head = self.own[place]
            if head.value is None:
                head.value = leaf
                facts.refs[leaf] = Ref(head.thing, (), leaf)
                held = self.stale.get(head.thing) or Binding(leaf, self.ctx.span(self.node))
                state[head.thing, CONTENTS] = held
            return head.value
        if place in self.moving:
            thing = facts.ref(self.entry[place]).thing
            held_now = state.get((thing, CONTENTS)) or self.before.get((thing, CONTENTS))
            version = thing if held_now is None else held_now.meaning
            facts.refs[leaf] = Ref(thing, self.moving[place], version)
            return leaf
        if not self.is_settled(place):
            thing = self.loose.setdefault(place, Thing(home=self.ctx.region))
            facts.refs[leaf] = Ref(thing, (), leaf)
            held = self.stale.get(thing) or Binding(leaf, self.ctx.span(self.node))
            state[thing, CONTENTS] = held
            return leaf
        return self.entry[place]

    # At the end of the body.

    def settled(self, name: str, head: Meaning, end: Meaning) -> Meaning:
        """The meaning at the end, with what stands for the same as at the head taken from there."""
        facts = self.ctx.facts
        ends = dict(placed(end, (name,)))
        change: dict[Place, Meaning] = {}
        for place, leaf in placed(head, (name,)):
            other = ends.get(place)
            if other is not None and place in self.entry and leaf is self.entry[place]:
                first, second = facts.ref(leaf), facts.ref(other)
                path = join_paths(first.path, second.path)
                if first.thing is second.thing and path is not None and not path.handed:
                    change[place] = leaf
        return replaced(end, (name,), change)

    def grown(
        self, heads: Mapping[str, Meaning], ends: Mapping[str, Meaning], state: State
    ) -> bool:
        """Whether the end of the body tells of more than the head knows."""
        grown = False
        backs: dict[tuple[Thing, Thing], list[Place]] = {}
        loose: dict[Place, Thing] = {}
        for name, head in heads.items():
            found = dict(placed(ends[name], (name,)))
            for place, leaf in placed(head, (name,)):
                if place in found:
                    grown |= self._compare(place, leaf, found[place], backs, loose)
        self.backs = loose
        grown |= self._classes(backs)
        grown |= self._contents(state)
        grown |= self._related(loose)
        return grown

    def _compare(
        self,
        place: Place,
        leaf: Value,
        end: Value,
        backs: dict[tuple[Thing, Thing], list[Place]],
        loose: dict[Place, Thing],
    ) -> bool:
        facts = self.ctx.facts
        first, second = facts.ref(leaf), facts.ref(end)
        if place in self.loose:
            loose[place] = second.thing
            return False
        path = join_paths(first.path, second.path)
        if first.thing is second.thing and path is not None and path.steps:
            known = {q: x for q, x, _ in path.handed if x in self.fillers}
            new = {q: x for q, x, _ in path.handed if x not in self.fillers}
            if new:
                self.fillers |= new
                self.moving[place] = refilled(path.steps, known)
            return bool(new)
        if not first.path and not second.path:
            backs.setdefault((first.thing, second.thing), []).append(place)
            return False
        self.own.pop(place, None)
        self.moving.pop(place, None)
        self.loose[place] = Thing(home=self.ctx.region)
        loose[place] = second.thing
        return True

    def _classes(self, backs: dict[tuple[Thing, Thing], list[Place]]) -> bool:
        """Give things of their own to what stands for another thing at the end."""
        grown = False
        ways: dict[Thing, list[Thing]] = {}
        for thing, back in backs:
            ways.setdefault(thing, []).append(back)
        for (thing, back), places in backs.items():
            head = next((self.own[place] for place in places if place in self.own), None)
            if head is None and back is thing:
                continue
            if head is not None and back is not thing and len(ways[thing]) == 1:
                head.back = back
                head.thing.stands_for = (head.entry, back)
                continue
            grown = True
            if head is not None and len(ways[thing]) == 1:
                for place in places:
                    del self.own[place]  # it is what it was before the loop, after all
                continue
            entry = thing if head is None else head.entry
            made = Head(Thing(home=self.ctx.region, stands_for=(entry, back)), entry, back)
            for place in places:
                self.own[place] = made
        return grown

    def _contents(self, state: State) -> bool:
        """Find the things that the body writes, and those that it makes unknown."""
        grown = False
        heads = {head.thing: head for head in self.own.values()}
        known = {**heads, **dict.fromkeys(self.loose.values())}
        for (thing, _), binding in state.items():
            if not isinstance(thing, Thing) or thing in known or not is_visible(self.ctx, thing):
                continue
            old = self.before.get((thing, CONTENTS))
            if old is not None and old.meaning is binding.meaning:
                continue
            if thing not in self.changed and binding.meaning is not thing.value:
                self.changed[thing] = None
                grown = True
            grown |= self._stale(thing, binding)
        for thing, head in heads.items():
            if head.back is not None and (head.back, CONTENTS) in state:
                grown |= self._stale(thing, state[head.back, CONTENTS])
        for thing in self.loose.values():
            if (thing, CONTENTS) in state:
                grown |= self._stale(thing, state[thing, CONTENTS])
        return grown

    def _stale(self, thing: Thing, binding: Binding) -> bool:
        unknown = isinstance(binding.meaning, Poison) and binding.meaning is not SILENCED
        if not unknown or thing in self.stale:
            return False
        self.stale[thing] = binding
        return True

    def _related(self, loose: Mapping[Place, Thing]) -> bool:
        """Find what may be one at the head."""
        facts = self.ctx.facts
        grown = False
        heads = list({id(head): head for head in self.own.values()}.values())
        rooted = {
            facts.ref(leaf).thing
            for meaning in (*self.roots, *(v for p, v in self.entry.items() if self._stays(p)))
            for leaf in arrays_of(meaning)
        }
        sides: tuple[dict[Thing, list[Thing]], ...] = ({}, {})
        for head in heads:
            sides[0].setdefault(head.entry, []).append(head.thing)
            if head.back is not None:
                sides[1].setdefault(head.back, []).append(head.thing)
        for thing in rooted:
            for side in sides:
                side.setdefault(thing, []).append(thing)
        for head in heads:
            for one, side in zip((head.entry, head.back), sides, strict=True):
                if one is None:
                    continue
                if one in facts.kept and head.thing not in facts.kept:
                    facts.kept.add(head.thing)
                    grown = True
                if one.fixed and not head.thing.fixed:
                    head.thing.fixed = one.fixed
                    grown = True
                for other in side[one]:
                    grown |= facts.link(head.thing, other)
                for other in tuple(facts.may.get(one, ())):
                    if is_visible(self.ctx, other):
                        grown |= facts.link(head.thing, other)
                    for each in side.get(other, ()):
                        grown |= facts.link(head.thing, each)
        for place, back in loose.items():
            name = place[0]
            assert isinstance(name, str)
            near = {back, *(facts.ref(each).thing for each in arrays_of(self.starts[name]))}
            for other in tuple(near):
                near |= facts.may.get(other, set())
            for other in tuple(near):
                near.update(*(side.get(other, ()) for side in sides))
            for other in near:
                if is_visible(self.ctx, other):
                    grown |= facts.link(self.loose[place], other)
        return grown

    def _stays(self, place: Place) -> bool:
        return place not in self.own and place not in self.loose

    # After the last round.

    def handed(
        self, heads: Mapping[str, Meaning], ends: Mapping[str, Meaning], state: State
    ) -> tuple[Carried, Carried]:
        """What is carried for all this: the first values, and the next ones."""
        inits: Carried = {}
        nexts: Carried = {}
        for thing, fresh in self.changed.items():
            first, following = contents_in(self.before, thing), contents_in(state, thing)
            if fresh is not None and isinstance(first, Value) and isinstance(following, Value):
                inits[fresh], nexts[fresh] = first, following
        for head in self.own.values():
            if head.value is None or head.back is None or head.value in inits:
                continue
            first, following = contents_in(self.before, head.entry), contents_in(state, head.back)
            if isinstance(first, Value):
                inits[head.value] = first
                nexts[head.value] = following if isinstance(following, Value) else head.value
        facts = self.ctx.facts
        for name, meaning in heads.items():
            found = dict(placed(ends[name], (name,)))
            for place, leaf in placed(meaning, (name,)):
                if place not in self.moving or place not in found:
                    continue
                inits[leaf], nexts[leaf] = self.entry[place], found[place]
                path = facts.ref(leaf).path
                joined = join_paths(path, facts.ref(found[place]).path)
                assert joined is not None
                changed = {x: y for _, x, y in joined.handed}
                for filler in (filler for step in path for filler in step.fillers):
                    if isinstance(filler, Value) and filler in self.fillers:
                        inits[filler] = self.fillers[filler]
                        nexts[filler] = changed.get(filler, filler)
        return inits, nexts

    def bind_inside(self, name: str, meaning: Meaning, end: Meaning) -> None:
        """Relate what a name first bound in the body stands for after the loop."""
        facts = self.ctx.facts
        ends = dict(placed(end, (name,)))
        for place, leaf in placed(meaning, (name,)):
            thing = Thing(home=self.ctx.region)
            facts.refs[leaf] = Ref(thing, (), leaf)
            back = facts.ref(ends[place]).thing
            near = {back, *facts.may.get(back, ())}
            near |= {head.thing for head in self.own.values() if head.back in near}
            near |= {self.loose[p] for p, one in self.backs.items() if one in near}
            self.backs[place], self.loose[place] = back, thing
            for other in near:
                facts.link(thing, other)

    def carried_at(self, place: Place) -> Value | None:
        """What is carried for what a place stands for."""
        if place in self.own:
            return self.own[place].value
        return self.changed.get(self.ctx.facts.ref(self.entry[place]).thing)

    def is_settled(self, place: Place) -> bool:
        """Whether an array at the head is taken care of here."""
        return place in self.entry and place not in self.loose

    def leave(self, heads: Mapping[str, Meaning], after: Mapping[Value, Operand]) -> None:
        """What things hold after the loop."""
        ctx, facts = self.ctx, self.ctx.facts
        here = ctx.span(self.node)
        held = {**self.changed, **{head.thing: head.value for head in self.own.values()}}
        for name, meaning in heads.items():
            for place, leaf in placed(meaning, (name,)):
                if place in self.loose:
                    held[self.loose[place]] = leaf
        for thing, fresh in held.items():
            last = after.get(fresh) if fresh is not None else None
            if thing in self.stale:
                ctx.state[thing, CONTENTS] = self.stale[thing]
            elif isinstance(last, Value):
                ctx.state[thing, CONTENTS] = Binding(last, here)
        for name, meaning in heads.items():
            for place, leaf in placed(meaning, (name,)):
                last = after.get(leaf)
                if place in self.moving and isinstance(last, Value) and leaf in after:
                    ref = facts.ref(leaf)
                    now = ctx.state.get((ref.thing, CONTENTS))
                    version = ref.thing if now is None else now.meaning
                    if last is not self.entry[place]:
                        facts.refs[last] = Ref(ref.thing, refilled(ref.path, after), version)
        if self.changed:
            ctx.written = True


def roots_beside(
    ctx: Context, names: Iterable[str], read: frozenset[str] | None
) -> tuple[Meaning, ...]:
    """What can be reached from outside of a loop's own names."""
    own = {(ctx.frame, name) for name in names}
    found = [
        binding.meaning
        for key, binding in ctx.state.items()
        if key not in own
        and not isinstance(key[0], Thing)
        and (key[0] is not ctx.frame or read is None or key[1] in read or not key[1].isidentifier())
    ]
    return (*found, *ctx.pending)
