"""Names, views and the arrays they stand for: how a write through one shows through the others.

The graph has values, not objects. So each array value that the program gets is also a reference: it
stands for a `Thing`, and the way from that to the part of it that the value shows. The state of the
lowering says what each thing holds by now. A write gives the thing new contents; whoever reads a
value that was taken from older contents takes it anew, by the same way.

Where two ways meet, it may be unknown whether two things are one. After a write into one of them
nobody knows what the other holds, and it is an error to read it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.subviews import composed, inverse
from autodiff_compiler.frontend.values import (
    CONTENTS,
    SILENCED,
    Binding,
    Meaning,
    Poison,
    Ref,
    Step,
    Thing,
)
from autodiff_compiler.ir.values import Operand, Value

KEPT = "the array is one that a list holds, which shows what it is by then"


def write(
    ctx: Context,
    node: ast.AST,
    array: Value,
    index: tuple[object, ...],
    fillers: tuple[Operand, ...],
    value: Operand,
    label: str,
    unique: bool = False,
    operation: str = "set",
) -> bool:
    """Put a value at a place of an array, or add it there; whether that has worked."""
    last = Step("get", fillers, {"index": index, **({"unique": True} if unique else {})})

    def put(whole: Value) -> Value | Poison:
        way = (*ctx.facts.ref(array).path, last)
        return put_at(ctx, node, whole, way, value, label, operation)

    return change(ctx, node, array, put)


def replace_all(ctx: Context, node: ast.AST, array: Value, value: Value) -> bool:
    """Give all elements of an array, or of a view, those of another of the same shape."""

    def put(whole: Value) -> Value | Poison:
        path = ctx.facts.ref(array).path
        return put_at(ctx, node, whole, path, value, "assignment") if path else value

    return change(ctx, node, array, put)


def change(
    ctx: Context, node: ast.AST, array: Value, put: Callable[[Value], Value | Poison]
) -> bool:
    """Give the thing that an array belongs to new contents; whether that has worked."""
    ref = ctx.facts.ref(array)
    perhaps = {ref.thing, *ctx.facts.may.get(ref.thing, ())}
    if why := ref.thing.fixed or (not ctx.facts.kept.isdisjoint(perhaps) and KEPT):
        ctx.refuse(node, "item assignment", why, "write into a copy, made with .copy()")
        return False
    whole = contents_of(ctx, ref.thing)
    if not isinstance(whole, Value):
        return False
    made = put(whole)
    if not isinstance(made, Value):
        return False
    if whole.name is not None and made.name is None:
        named = ctx.named(made, whole.name)
        assert isinstance(named, Value)
        made = named
    hold(ctx, ref.thing, made, node)
    ctx.changed.add(ref.thing)
    shown = whole.name or "an array"
    line = ctx.span(node).line
    for other in ctx.facts.may.get(ref.thing, ()):
        reason = f"may be the same array as {shown}, which line {line} writes"
        notes = ((ctx.span(node), f"{shown} is written here"),)
        stale = Poison(reason, "use a copy: one of them may be made with .copy()", notes)
        ctx.state[other, CONTENTS] = Binding(stale, ctx.span(node))
    return True


def is_new(ctx: Context, array: Value) -> bool:
    """Whether an array has just been made, and nothing else stands for it."""
    ref = ctx.facts.ref(array)
    return not ref.path and ref.thing.value is array and array.name is None


def give_up(ctx: Context, node: ast.AST, array: Value) -> None:
    """Nothing is known of an array any more: the problem with it has been reported."""
    thing = ctx.facts.ref(array).thing
    ctx.state[thing, CONTENTS] = Binding(SILENCED, ctx.span(node))
    ctx.written = True


def hold(ctx: Context, thing: Thing, contents: Value, node: ast.AST) -> None:
    """Note what a thing holds from now on."""
    ctx.facts.refs[contents] = Ref(thing, (), contents)
    ctx.state[thing, CONTENTS] = Binding(contents, ctx.span(node))
    ctx.written = True


def contents_of(ctx: Context, thing: Thing) -> Meaning:
    """What a thing holds now."""
    binding = ctx.state.get((thing, CONTENTS))
    if binding is not None:
        return binding.meaning
    return SILENCED if thing.value is None else thing.value


def put_at(
    ctx: Context,
    node: ast.AST,
    whole: Value,
    path: Sequence[Step],
    value: Operand,
    label: str,
    operation: str = "set",
) -> Value | Poison:
    """The whole with a value put at the end of a path into it."""
    first, *rest = composed(whole.type, path)
    if not rest:
        if first.name == "get":
            known = ("index", "unique")
            place = {key: value for key, value in first.attributes.items() if key in known}
            return ctx.made(node, operation, whole, *first.fillers, value, label=label, **place)
        assert isinstance(value, Value)
        return _back(ctx, node, whole, first, value)
    inner = ctx.made(node, first.name, whole, *first.fillers, **first.attributes)
    if not isinstance(inner, Value):
        return SILENCED
    changed = put_at(ctx, node, inner, rest, value, label, operation)
    return _back(ctx, node, whole, first, changed) if isinstance(changed, Value) else SILENCED


def _back(ctx: Context, node: ast.AST, whole: Value, step: Step, changed: Value) -> Value | Poison:
    """The whole with all that a step shows of it changed."""
    if step.name == "get":
        index = step.attributes["index"]
        return ctx.made(node, "set", whole, *step.fillers, changed, index=index)
    undone = inverse(whole.type, step)
    if undone is None:
        said = f"writing through {step.name} is not supported"
        return ctx.refuse(node, "item assignment", said, "write into the array itself")
    name, attributes = undone
    if name == "reshape_like":
        return ctx.made(node, name, changed, whole)
    return ctx.made(node, name, changed, label="", **attributes)
