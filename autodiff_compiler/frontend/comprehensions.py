"""Comprehensions and generator expressions: loops that collect.

    [x * x for x in xs]                →   a loop that collects x * x
    [x for x in xs if x > 0]           →   a loop that collects [x] or []; the lists are joined
    sum(x for x in xs if x > 0)        →   a loop that collects x or 0, and the sum
    [a * b for a in xs for b in ys]    →   a loop that collects lists; the lists are joined
    [f(layer) for layer in layers]     →   f(layers[0]), f(layers[1]), … if they are known

A comprehension is a scope of its own: a frame inside the one that it stands in. Only its first
iterable is evaluated outside, and only once.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from autodiff_compiler.frontend import iterables, joins, loops, targets
from autodiff_compiler.frontend.aliases import roots_of
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.expressions import condition
from autodiff_compiler.frontend.facts import UNOWNED
from autodiff_compiler.frontend.loops import Looping
from autodiff_compiler.frontend.names import Code, assigned, captured_by
from autodiff_compiler.frontend.values import (
    NONE,
    SILENCED,
    Binding,
    Closure,
    Comprehension,
    Frame,
    Generating,
    Meaning,
    Poison,
    Static,
    Structure,
    describe,
)
from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import FLOAT, Fields, SequenceType, holds_array
from autodiff_compiler.ir.values import Const, Operand, Value

# So many items that are known one by one are gone through one by one, if they would fit in a loop.
FEW = 16
ZERO = const(0)

Evaluate = Callable[[], Meaning]


def generate(ctx: Context, made: Generating, purpose: str) -> Meaning:
    """The items of a comprehension: a list, or for the purpose "sum" a list with the same sum.

    For the purpose "dict" it is a dict; for "any" and "all" whether any or all items are true.
    """
    if made.first is SILENCED:
        return SILENCED
    with _scope(ctx, made):
        return _Lowering(ctx, made.node, purpose).run(made.first)


@contextmanager
def _scope(ctx: Context, made: Generating) -> Iterator[None]:
    """The frame of a comprehension, with nothing in it yet."""
    around = made.frame.code
    local = frozenset(assigned([each.target for each in made.node.generators]))
    captured = frozenset(captured_by([made.node])) & local
    code = Code(around.node, around.source, around.name, (), local, captured, {}, {}, {})
    frame = Frame(code, Closure(code, made.frame, None, {}), outer=made.frame)
    with ctx.in_frame(frame):
        yield
    for key in [key for key in ctx.state if key[0] is frame and key[1] not in captured]:
        del ctx.state[key]


class _Lowering:
    """One comprehension being lowered."""

    def __init__(self, ctx: Context, node: Comprehension, purpose: str) -> None:
        self.ctx, self.node, self.purpose = ctx, node, purpose

    def run(self, first: Meaning) -> Meaning:
        return self.level(self.node.generators, first)

    def level(self, generators: Sequence[ast.comprehension], iterable: Meaning) -> Meaning:
        """The items of one `for` and those behind it."""
        ctx, (current, *rest) = self.ctx, generators
        if current.is_async:
            return ctx.refuse(current.target, "async for", ASYNC, "write for in place of async for")
        known = _known_items(ctx, iterable, current.iter)
        if known is not None:
            return self.one_by_one(current, rest, known)
        driver = iterables.drive(ctx, iterable, current.target, current.iter)
        if driver is None:
            return self.refused(current, rest)
        if isinstance(driver, list):
            return self.one_by_one(current, rest, driver)
        if self.purpose == "dict":
            said = "the keys of this dictionary are known at run time only"
            return ctx.refuse(self.node, "dict comprehension", said, "make two lists of it")
        return self.loop(current, rest, driver)

    def refused(self, current: ast.comprehension, rest: Sequence[ast.comprehension]) -> Meaning:
        """Go on where a loop has been refused, for the problems behind it only."""
        arm = joins.open_arm(self.ctx)
        with joins.within(self.ctx, arm):
            targets.assign(self.ctx, current.target, SILENCED)
            self.items(current.ifs, rest)
        return SILENCED

    # Items known one by one.

    def one_by_one(
        self,
        current: ast.comprehension,
        rest: Sequence[ast.comprehension],
        known: Sequence[Meaning],
    ) -> Meaning:
        ctx, parts = self.ctx, list[Meaning]()
        for place, item in enumerate(known):
            path, ctx.path = ctx.path, (*ctx.path, (current, place))
            targets.assign(ctx, current.target, iterables.settled(ctx, item, current.iter))
            parts.append(self.items(current.ifs, rest))
            ctx.path = path
        if any(part is SILENCED for part in parts):
            return SILENCED
        return self.dict_of(parts) if self.purpose == "dict" else self.joined(parts)

    def joined(self, parts: Sequence[Meaning]) -> Meaning:
        """Lists one behind the other."""
        if all(isinstance(part, Structure) for part in parts):
            items = (part.items for part in parts if isinstance(part, Structure))
            return Structure(tuple(item for each in items for item in each), "list")
        lists = [self.ctx.sequence(part, self.node, "comprehension") for part in parts]
        known = [each for each in lists if each is not None]
        if len(known) < len(lists):
            return SILENCED
        packed = self.ctx.op(self.node, "pack", *known, container="list")
        if isinstance(packed, Poison):
            return packed
        return self.ctx.op(self.node, "flatten", packed)

    def dict_of(self, parts: Sequence[Meaning]) -> Meaning:
        """The pairs of a dict comprehension, the last of each key."""
        found: dict[str, Meaning] = {}
        for part in parts:
            assert isinstance(part, Structure)
            if isinstance(part.container, Fields):
                found |= dict(zip(part.container.names, part.items, strict=True))
            for pair in () if isinstance(part.container, Fields) else part.items:
                assert isinstance(pair, Structure)
                key, value = pair.items
                assert isinstance(key, Static) and isinstance(key.value, str)
                found[key.value] = value
        return Structure(tuple(found.values()), Fields("dict", tuple(found)))

    # Items that a loop goes through.

    def loop(
        self,
        current: ast.comprehension,
        rest: Sequence[ast.comprehension],
        driver: iterables.Driver,
    ) -> Meaning:
        ctx = self.ctx
        nested = bool(rest) or (bool(current.ifs) and self.purpose != "sum")
        before = ctx.facts.kept
        ctx.facts.kept |= iterables.arrays_in(ctx, driver.element)

        def body() -> Sequence[Operand]:
            element = iterables.settled(ctx, driver.element, current.iter)
            targets.assign(ctx, current.target, element)
            found = self.items(current.ifs, rest)
            operand = self.as_list(found) if nested else self.collected(found)
            return () if operand is None else (operand,)

        names = assigned([current.target])
        sequences = loops.run(ctx, Looping(self.node, names, driver, None, body))
        ctx.facts.kept -= iterables.arrays_in(ctx, driver.element) - before
        iterables.check_lengths(ctx, driver, current.iter)
        if not sequences:
            return SILENCED
        (found,) = sequences
        return self.ctx.op(self.node, "flatten", found) if nested else found

    def as_list(self, found: Meaning) -> Operand | None:
        if isinstance(found, Structure) and not found.items:
            made = self.ctx.op(self.node, "empty", type=SequenceType(FLOAT))
            return None if isinstance(made, Poison) else made
        return self.ctx.sequence(found, self.node, "comprehension")

    def collected(self, found: Meaning) -> Operand | None:
        """The one item of an iteration, as an operand."""
        if found is SILENCED:
            return None
        assert isinstance(found, Structure)
        (item,) = found.items
        if isinstance(item, Structure):
            return self.packed(item)
        if isinstance(item, Value | Const):
            if holds_array(item.type):
                self.ctx.facts.kept |= roots_of(self.ctx, item) - {UNOWNED}
            return item
        if item is not SILENCED:
            said = f"collecting {describe(item)} in a loop is not supported"
            self.ctx.refuse(self.node, "comprehension", said, "make a list of numbers for each")
        return None

    def packed(self, item: Structure) -> Operand | None:
        """A tuple or list that each iteration makes."""
        if item.container == "list":
            return self.ctx.sequence(item, self.node, "comprehension")
        if isinstance(item.container, Fields):
            said = f"collecting {describe(item)} in a loop is not supported"
            self.ctx.refuse(self.node, "comprehension", said, "make a tuple for each")
            return None
        return self.ctx.as_operand(item, self.node, "comprehension")

    # What one iteration adds.

    def items(self, ifs: Sequence[ast.expr], rest: Sequence[ast.comprehension]) -> Meaning:
        """A list of what the conditions let through."""
        if not ifs:
            return self.added(rest)
        ctx, (first, *others) = self.ctx, ifs
        holds = condition(ctx, first)
        if holds is None:
            return SILENCED
        if isinstance(holds, Const):
            return self.items(others, rest) if holds.value else Structure((), "list")
        if self.purpose == "dict":
            said = "whether this dictionary has an item is known at run time only"
            return ctx.refuse(first, "dict comprehension", said, "make a list of its values")
        return self.perhaps(first, holds, lambda: self.items(others, rest), not rest)

    def perhaps(self, node: ast.expr, holds: Operand, then: Evaluate, last: bool) -> Meaning:
        """A list, or an empty one where a condition fails; to be summed, 0 in place of that."""
        ctx = self.ctx
        arms = joins.open_arm(ctx), joins.open_arm(ctx)
        with joins.within(ctx, arms[0]):
            found = then()
            one = self.purpose == "sum" and last
            if one and isinstance(found, Structure) and found.items:
                value: Meaning = found.items[0]
                other: Meaning = ZERO
            else:
                operand = ctx.sequence(found, node, "comprehension")
                value, other = (SILENCED, SILENCED) if operand is None else (operand, NONE)
            ctx.state[ctx.frame, joins.VALUE] = Binding(value, ctx.span(node))
        with joins.within(ctx, arms[1]):
            if other is NONE and isinstance(value, Value | Const):
                other = ctx.op(node, "empty", type=value.type)
            ctx.state[ctx.frame, joins.VALUE] = Binding(other, ctx.span(node))
        joins.merge(ctx, node, holds, *arms, form="ifexp")
        merged = ctx.state.pop((ctx.frame, joins.VALUE)).meaning
        if isinstance(merged, Poison) and merged is not SILENCED:
            said = f"this item {merged.reason}"
            return ctx.refuse(node, "comprehension", said, merged.hint, merged.notes)
        if merged is SILENCED or not one:
            return merged
        return Structure((merged,), "list")

    def added(self, rest: Sequence[ast.comprehension]) -> Meaning:
        ctx, node = self.ctx, self.node
        if rest:
            return self.level(rest, ctx.evaluate(ctx, rest[0].iter))
        if isinstance(node, ast.DictComp):
            key, value = ctx.evaluate(ctx, node.key), ctx.evaluate(ctx, node.value)
            if key is SILENCED or value is SILENCED:
                return SILENCED
            if not isinstance(key, Static) or type(key.value) is not str:
                said = f"keys of dictionaries are strings here, not {describe(key)}"
                return ctx.refuse(node.key, "dict", said, "use a string as key, or a list")
            return Structure((Structure((key, value)),), "list")
        item = ctx.evaluate(ctx, node.elt)
        return SILENCED if item is SILENCED else Structure((item,), "list")


ASYNC = "async comprehensions are not supported"


def _known_items(ctx: Context, meaning: Meaning, node: ast.expr) -> Sequence[Meaning] | None:
    """The items, if they are known one by one and few."""
    count = iterables.known_count(meaning)
    if count is None or count > FEW:
        return None
    return iterables.static_items(ctx, meaning, node)
