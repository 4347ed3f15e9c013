"""Where two ways meet: the end of a branch, the head of a loop.

`widen` finds the meaning that covers two; what differs between them becomes a fresh value in it.
`hand_over` then gives, for one way, the operand that each fresh value takes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from autodiff_compiler.errors import Span
from autodiff_compiler.frontend.context import DEAD, Context
from autodiff_compiler.frontend.names import Names
from autodiff_compiler.frontend.regions import Region
from autodiff_compiler.frontend.values import (
    SILENCED,
    Binding,
    Closure,
    Counting,
    Frame,
    Meaning,
    Partial,
    Poison,
    State,
    Static,
    Structure,
    Super,
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
    results: list[Value] = []
    yields: tuple[list[Operand], list[Operand]] = ([], [])
    if then.region.closed and orelse.region.closed:
        state = ctx.state
    else:
        state = {}
        for key in dict.fromkeys((*then.state, *orelse.state)):
            merged = _merge_name(ctx, node, key, arms, live)
            if merged is None:
                continue
            binding, handed = merged
            state[key] = binding
            if handed is not None:
                results += [leaf for leaf, _ in handed[0] or handed[1]]
                for (leaf, x), (_, y) in zip(*handed, strict=False):
                    ctx.facts.join(leaf, x, y)
                for arm_yields, pairs in zip(yields, handed, strict=True):
                    arm_yields += [operand for _, operand in pairs]
    with ctx.region.at(ctx.origin(node)):
        blocks = [arm.region.finished(*given) for arm, given in zip(arms, yields, strict=True)]
        if results or any(block.nodes for block in blocks):
            ctx.region.add(
                If(condition, blocks[0], blocks[1], tuple(results), form, ctx.region.origin)
            )
    ctx.state = state
    if then.region.closed and orelse.region.closed:
        ctx.region.closed = True


Key = tuple[Frame, str]
Handed = tuple[Pairs, Pairs]


def _merge_name(
    ctx: Context, node: ast.AST, key: Key, arms: tuple[Arm, Arm], live: Names | None
) -> tuple[Binding, Handed | None] | None:
    """What a name means after the branch, and what each arm hands over for it."""
    a, b = (arm.state.get(key) for arm in arms)
    if a is b:
        return (a, None) if a is not None else None
    frame, name = key
    pseudo = name in (RETURNED, RESULT)
    mine = frame is ctx.frame
    if mine and live is not None and name not in live and not pseudo:
        known = a or b
        assert known is not None
        return Binding(DEAD, known.span), None
    over = [arm.region.closed or (has_returned(ctx, arm.state) and not pseudo) for arm in arms]
    if pseudo and over == [False, False]:
        return _merge_returned(ctx, node, key, arms)
    if over[0] != over[1]:
        alive = 1 if over[0] else 0
        going_on = (a, b)[alive]
        if going_on is None:
            return None
        return _carry_out(ctx, node, going_on, arms, alive, name)
    if not mine and (a is None or b is None):
        return None  # a frame of an inlined function that only one arm has called
    if over == [True, True]:
        known = a or b
        assert known is not None
        return Binding(DEAD, known.span), None
    here = ctx.span(node)
    first = a or Binding(UNBOUND_VALUE, here)
    second = b or Binding(UNBOUND_VALUE, here)
    label = None if name == VALUE else name
    template = widen(first.meaning, second.meaning, (first.span, second.span), label)
    if isinstance(template, Poison):
        return Binding(template, second.span), None
    handed = []
    for arm, binding in zip(arms, (first, second), strict=True):
        with within(ctx, arm):
            handed.append(hand_over(ctx, template, binding.meaning, node))
    return Binding(template, second.span), (handed[0], handed[1])


def _merge_returned(
    ctx: Context, node: ast.AST, key: Key, arms: tuple[Arm, Arm]
) -> tuple[Binding, Handed | None]:
    """The result of the function, or whether it has one.

    An arm without a result hands over nothing for it, and that doesn't show in its type: it is read
    only where the function has returned.
    """
    a, b = (arm.state.get(key) for arm in arms)
    if a is None or b is None:
        known, alive = (b, 1) if a is None else (a, 0)
        assert known is not None
        return _carry_out(ctx, node, known, arms, alive, key[1])
    template = widen(a.meaning, b.meaning, (a.span, b.span), LABELS.get(key[1]))
    if isinstance(template, Poison):
        if template.reason:
            template = replace(template, hint="end every path with a return of the same kind")
        return Binding(template, b.span), None
    handed = []
    for arm, binding in zip(arms, (a, b), strict=True):
        with within(ctx, arm):
            handed.append(hand_over(ctx, template, binding.meaning, node))
    return Binding(template, b.span), (handed[0], handed[1])


def _carry_out(
    ctx: Context,
    node: ast.AST,
    binding: Binding,
    arms: tuple[Arm, Arm],
    alive: int,
    name: str,
) -> tuple[Binding, Handed | None]:
    """What the one arm that goes on knows; the other raises, or returns, and hands over nothing."""
    inside = arms[alive].region.values
    label = LABELS.get(name) or (None if name in (RESULT, VALUE) else name)

    def change(meaning: Meaning, name: str | None) -> Meaning:
        if not isinstance(meaning, Structure):
            return map_leaves(meaning, lambda x: Value(x.type, name) if x in inside else x)
        items = (
            change(item, name and f"{name}_{place}") for place, item in enumerate(meaning.items)
        )
        return Structure(tuple(items), meaning.container)

    template = change(binding.meaning, label)
    with within(ctx, arms[alive]):
        pairs = hand_over(ctx, template, binding.meaning, node)
    other: Pairs = []
    if not arms[1 - alive].region.closed:
        other = [(leaf, UNBOUND_VALUE) for leaf, _ in pairs]
    return Binding(template, binding.span), (pairs, other) if alive == 0 else (other, pairs)
