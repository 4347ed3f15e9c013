"""Loops: one round after another until the types of what is carried stay as they are.

A name that starts as an int and becomes a float in the body is an int or a float at the head of
the loop. So the body is lowered with the types found so far, its results are joined with them,
and again, until nothing changes. Only the last round counts; what earlier ones made or complained
of is dropped.

A name that no round so far has bound raises where it is read. Until the types have settled that
ends the path it is on, so that what happens on it isn't mistaken for what may happen.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from autodiff_compiler.frontend import joins
from autodiff_compiler.frontend.context import DEAD, Context
from autodiff_compiler.frontend.expressions import condition
from autodiff_compiler.frontend.growing import element_type
from autodiff_compiler.frontend.heads import Heads, placed, roots_beside
from autodiff_compiler.frontend.iterables import Driver
from autodiff_compiler.frontend.names import contains, rebound
from autodiff_compiler.frontend.regions import Region
from autodiff_compiler.frontend.values import (
    SILENCED,
    Binding,
    Key,
    Meaning,
    Poison,
    State,
    Structure,
    Thing,
    is_unbound,
    leaves,
    map_leaves,
)
from autodiff_compiler.ir.builder import UNBOUND_VALUE
from autodiff_compiler.ir.types import ScalarType, SequenceType
from autodiff_compiler.ir.values import Block, Const, Loop, Operand, Value
from autodiff_compiler.ir.walk import substitute, values_read

# Types only grow, and there are few of them: a loop that needs more rounds is a bug of ours.
ROUNDS = 50
NOT_YET = Poison(
    "may not be assigned yet: only an earlier iteration assigns it", "assign it before the loop"
)


@dataclass(frozen=True)
class Looping:
    """A loop to be lowered.

    `names` are the names that its body assigns. `body` lowers it, and gives what each iteration
    collects. It is driven by `driver`, or goes on while `test` holds.
    """

    node: ast.stmt | ast.expr
    names: Sequence[str]
    driver: Driver | None
    test: ast.expr | None
    body: Callable[[], Sequence[Operand] | None]


@dataclass
class Round:
    """One lowering of a loop's test and body, from the meanings at its head."""

    heads: dict[str, Meaning]
    region: Region
    test: Block | None = None
    known: bool | None = None  # the test's value, if it is a constant
    collects: tuple[Operand, ...] = ()
    ends: State = field(default_factory=dict)


def run(ctx: Context, loop: Looping) -> tuple[Value, ...]:
    """Append a loop; the sequences that it collects."""
    starts = _starts(ctx, loop)
    fresh = _first_bound_inside(ctx, loop, starts)
    heads = _first_heads(ctx, loop, {n: start for n, start in starts.items() if n not in fresh})
    sharing = _sharing(ctx, loop, starts)
    lenient, ctx.lenient = ctx.lenient, True
    for _ in range(ROUNDS):
        mark, misses = len(ctx.problems), ctx.misses
        found = _round(ctx, loop, sharing, heads, fresh)
        ends = _ends(ctx, found, loop.node)
        grown = sharing.grown(found.heads, ends, found.ends)
        wider = {
            name: _wider(
                ctx, found, starts, name, sharing.settled(name, found.heads[name], ends[name])
            )
            for name in heads
        }
        if not grown and all(
            joins.shape(wider[name]) == joins.shape(found.heads[name]) for name in heads
        ):
            break
        del ctx.problems[mark:]
        heads = {name: joins.freshen(meaning, name) for name, meaning in wider.items()}
    else:
        raise AssertionError("the types of a loop don't settle")
    ctx.lenient = lenient
    if ctx.misses > misses and not lenient:
        del ctx.problems[mark:]
        found = _round(ctx, loop, sharing, heads, fresh)
    ctx.heads[*ctx.path, loop.node] = heads
    if found.known is False:
        return ()
    if found.known is True or (found.region.closed and not ctx.region.closed):
        if not lenient:
            _refuse_endless(ctx, loop, found)
        return ()
    return _finish(ctx, loop, found, starts, fresh, sharing)


def _sharing(ctx: Context, loop: Looping, starts: dict[str, Binding]) -> Heads:
    """What the arrays among the names stand for before the loop."""
    node, code = loop.node, ctx.frame.code
    read = None
    if isinstance(node, ast.stmt):
        read = code.captured | code.head[node] | code.after[node]
    now = {name: ctx.current(start.meaning, node, quiet=True) for name, start in starts.items()}
    return Heads(ctx, node, now, roots_beside(ctx, starts, read), frozenset(rebound([node])))


def _ends(ctx: Context, found: Round, node: ast.AST) -> dict[str, Meaning]:
    """What the names mean at the end of the body."""
    with ctx.inside(found.region, found.ends):
        ends = {
            name: ctx.current(found.ends[ctx.frame, name].meaning, node, quiet=True)
            for name in found.heads
        }
    return ends


def _starts(ctx: Context, loop: Looping) -> dict[str, Binding]:
    """What the names that matter mean before the loop.

    One matters if what it means at the end of an iteration may be read by anybody.
    """
    code, node = ctx.frame.code, loop.node
    if not isinstance(node, ast.stmt):
        return {}
    read = code.captured | code.head[node] | code.after[node]
    nowhere = Binding(UNBOUND_VALUE, ctx.span(node))
    return {name: ctx.state.get((ctx.frame, name), nowhere) for name in loop.names if name in read}


def _first_bound_inside(ctx: Context, loop: Looping, starts: dict[str, Binding]) -> frozenset[str]:
    """The names that are read after the loop only, and that it surely had a chance to bind.

    Whatever they mean at the end of the body they mean after the loop: there was an iteration.
    """
    if loop.driver is None or not loop.driver.certain or not isinstance(loop.node, ast.stmt):
        return frozenset()
    read = ctx.frame.code.start[loop.node]
    return frozenset(
        name for name, start in starts.items() if name not in read and is_unbound(start.meaning)
    )


def _first_heads(ctx: Context, loop: Looping, starts: dict[str, Binding]) -> dict[str, Meaning]:
    """What the names mean at first: as before the loop, or as where an earlier visit ended up.

    An inner loop is visited in each round of the outer one. Without memory its own rounds would be
    run anew each time, and their number grow exponentially with the nesting.
    """
    heads = {name: joins.freshen(start.meaning, name) for name, start in starts.items()}
    for name, known in ctx.heads.get((*ctx.path, loop.node), {}).items():
        if name not in heads or not _is_of_numbers(known):
            continue
        span = starts[name].span
        wider = joins.widen(heads[name], known, (span, span), name)
        if _is_of_numbers(wider):
            heads[name] = joins.freshen(wider, name)
    return heads


def _is_of_numbers(meaning: Meaning) -> bool:
    if isinstance(meaning, Structure):
        return all(map(_is_of_numbers, meaning.items))
    return isinstance(meaning, Value | Const) and isinstance(
        meaning.type, ScalarType | SequenceType
    )


def _round(
    ctx: Context,
    loop: Looping,
    sharing: Heads,
    heads: dict[str, Meaning],
    fresh: frozenset[str],
) -> Round:
    heads, held = sharing.enter(heads)
    state = {**ctx.state, **held}
    for name in loop.names:
        span = state[ctx.frame, name].span if (ctx.frame, name) in state else None
        meaning = heads.get(name, NOT_YET if name in fresh else DEAD)
        state[ctx.frame, name] = Binding(meaning, span or ctx.span(loop.node))
    inside = {leaf for head in heads.values() for leaf in leaves(head) if isinstance(leaf, Value)}
    if loop.driver is not None:
        index = loop.driver.index
        inside |= {*loop.driver.elements, *([index] if index is not None else [])}
    found = Round(heads, Region(repeats=True, values=set(inside)))
    if loop.test is not None:
        region = Region(repeats=True, values=set(inside))
        with ctx.inside(region, dict(state)):
            holds = condition(ctx, loop.test)
            tested = ctx.state
        if any(_is_written(key, state, tested, region) for key in tested):
            said = "the condition of this loop writes into an array"
            hint = "write it before the loop, and again at the end of the body"
            ctx.refuse(loop.test, "while", said, hint)
        state |= {key: known for key, known in tested.items() if known.meaning is SILENCED}
        if holds is not None:
            found.test = region.finished(holds)
            found.known = bool(holds.value) if isinstance(holds, Const) else None
    if found.known is False:
        found.ends = state
        return found
    with ctx.inside(found.region, state):
        ctx.frame.loops += 1
        found.collects = tuple(loop.body() or ())
        ctx.frame.loops -= 1
        found.ends = ctx.state
    return found


def _is_written(key: Key, before: State, after: State, region: Region) -> bool:
    """Whether the contents of an array that was there before have changed."""
    thing, old = key[0], before.get(key)
    if not isinstance(thing, Thing) or after[key].meaning is SILENCED:
        return False
    if old is None:
        return after[key].meaning is not thing.value and thing.value not in region.values
    return after[key].meaning is not old.meaning


def _wider(
    ctx: Context, found: Round, starts: dict[str, Binding], name: str, end: Meaning
) -> Meaning:
    """What a name means at the head, given what it means at the end of the body."""
    head, span = found.heads[name], found.ends[ctx.frame, name].span
    if end is SILENCED:
        return head  # perhaps only because the types aren't known yet
    return joins.widen(head, end, (starts[name].span, span), name)


def _refuse_endless(ctx: Context, loop: Looping, found: Round) -> None:
    node = loop.node
    for name in loop.names:
        ctx.state[ctx.frame, name] = Binding(SILENCED, ctx.span(node))
    if isinstance(node, ast.While | ast.For) and contains(node.body, ast.Break, ast.Return):
        return  # that has been refused, and would have ended it
    if found.known is True:
        ctx.refuse(node, "while", "this loop never ends", "say in its condition when to stop")
    else:
        ctx.refuse(node, "loop", "the body of this loop always raises", "use an if instead")


def _finish(
    ctx: Context,
    loop: Looping,
    found: Round,
    starts: dict[str, Binding],
    fresh: frozenset[str],
    sharing: Heads,
) -> tuple[Value, ...]:
    """Append the loop as the last round found it, without what it only passes through."""
    for name in (name for name in starts if name in fresh):
        end = found.ends[ctx.frame, name].meaning
        found.heads[name] = joins.freshen(end, name)
        sharing.bind_inside(name, found.heads[name], end)
    ends = _ends(ctx, found, loop.node)
    first, following = sharing.handed(found.heads, ends, found.ends)
    inits: dict[Value, Operand] = {}
    nexts: dict[Value, Operand] = {}
    for name, head in found.heads.items():
        end = ends[name]
        apart = set()
        for place, leaf in placed(head, (name,)):
            if name not in fresh and sharing.is_settled(place):
                apart.add(leaf)
                carried = sharing.carried_at(place)
                if carried is not None and carried in first:
                    inits[carried], nexts[carried] = first[carried], following[carried]
        if name in fresh:
            inits |= {arg: UNBOUND_VALUE for arg in leaves(head) if isinstance(arg, Value)}
        else:
            start = sharing.starts[name]
            inits |= _beside(joins.hand_over(ctx, head, start, loop.node), apart)
        if end is not SILENCED:
            with ctx.inside(found.region, found.ends):
                nexts |= _beside(joins.hand_over(ctx, head, end, loop.node), apart)
    inits |= first
    nexts |= following
    kept = [arg for arg in inits if nexts.get(arg, arg) is not arg or inits[arg].type != arg.type]
    finals = {arg: Value(arg.type, arg.name) for arg in kept}
    for arg, final in finals.items():
        ctx.facts.copy(arg, final)
    unchanged = {arg: init for arg, init in inits.items() if arg not in finals}
    handed = tuple(nexts.get(arg, arg) for arg in kept)
    block = substitute(Block(tuple(found.region.nodes), (*handed, *found.collects)), unchanged)
    assert block.yields is not None
    sequences = tuple(Value(SequenceType(element_type(item.type))) for item in found.collects)
    made = Loop(
        inits=tuple(inits[arg] for arg in kept),
        args=tuple(kept),
        nexts=block.yields[: len(kept)],
        finals=tuple(finals.values()),
        body=block.nodes,
        collects=block.yields[len(kept) :],
        sequences=sequences,
        test=found.test and substitute(found.test, unchanged),
        origin=ctx.origin(loop.node),
    )
    ctx.region.add(made if loop.driver is None else _driven(made, loop.driver))
    _leave(ctx, loop, found, {**unchanged, **finals})
    sharing.leave(found.heads, {**unchanged, **finals})
    return sequences


def _beside(pairs: joins.Pairs, apart: set[Value]) -> joins.Pairs:
    """What is handed over, but for the arrays that are carried as what things hold."""
    return [(leaf, operand) for leaf, operand in pairs if leaf not in apart]


def _driven(loop: Loop, driver: Driver) -> Loop:
    read = set(values_read(loop.body, (*loop.nexts, *loop.collects)))
    return replace(
        loop,
        space=driver.space,
        index=driver.index if driver.index in read else None,
        consumed=tuple(driver.consumed),
        elements=tuple(driver.elements),
        backwards=driver.backwards,
    )


def _leave(ctx: Context, loop: Looping, found: Round, after: dict[Value, Operand]) -> None:
    """What names mean after the loop."""

    def change(leaf: Operand) -> Operand:
        return after.get(leaf, leaf) if isinstance(leaf, Value) else leaf

    for key, binding in found.ends.items():
        if binding.meaning is SILENCED and key in ctx.state:
            ctx.state[key] = binding
    for name in loop.names:
        end = found.ends[ctx.frame, name]
        head = found.heads.get(name)
        if head is None:
            meaning: Meaning = DEAD
        else:
            meaning = SILENCED if end.meaning is SILENCED else map_leaves(head, change)
        ctx.state[ctx.frame, name] = Binding(meaning, end.span)
