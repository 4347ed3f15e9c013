"""Calls that write into an array they are given: `np.add.at`, `a.fill`, `np.copyto`, `out=`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from autodiff_compiler.frontend import arrays, references
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.known_calls import Call, refuse_keywords, takes
from autodiff_compiler.frontend.values import (
    NONE,
    SILENCED,
    Meaning,
    Static,
    Structure,
    describe,
)
from autodiff_compiler.ir.types import ArrayType
from autodiff_compiler.ir.values import Const, Value
from autodiff_compiler.ops.calling import Mark

WHOLE = (Mark.REST,)
METHODS = frozenset({"fill", "sort"})
AT: dict[object, bool] = {np.add: False, np.subtract: True}  # whether to negate the values


def write_all(ctx: Context, made: Call, target: Meaning, value: Meaning) -> Meaning:
    """Give all elements of an array others, as `a[...] = value` does."""
    if value is SILENCED or target is SILENCED:
        return SILENCED
    label = f"call of {made.name}"
    if not isinstance(target, Value) or not isinstance(target.type, ArrayType):
        said = f"expected an array to write into, got {describe(target)}"
        return ctx.refuse(made.node, label, said, "pass an array")
    given = arrays.as_array(ctx, ctx.current(value, made.node), made.node, label)
    if isinstance(given, Value) and _can_take_place(ctx, given, target):
        if references.replace_all(ctx, made.node, target, given):
            return NONE
    elif isinstance(given, Value | Const) and references.write(
        ctx, made.node, target, WHOLE, (), given, label
    ):
        return NONE
    references.give_up(ctx, made.node, target)
    return SILENCED


def _can_take_place(ctx: Context, new: Value, target: Value) -> bool:
    """Whether an array just made can be what another one holds from now on: it is of the same
    shape, and stands in memory alike, as the order of later sums depends on that."""
    a, b = new.type, target.type
    if not isinstance(a, ArrayType) or not isinstance(b, ArrayType):
        return False
    if (a.dtype, a.dims) != (b.dtype, b.dims) or not references.is_new(ctx, new):
        return False
    first, second = ctx.facts.ref(new), ctx.facts.ref(target)
    return not second.path and (a.rank < 2 or (first.thing.whole and second.thing.whole))


def call_method(ctx: Context, made: Call, array: Value, name: str) -> Meaning:
    """`a.fill(value)` and `a.sort()`."""
    if name == "fill":
        if refuse_keywords(ctx, made) or not takes(ctx, made, 1, 1):
            return SILENCED
        return write_all(ctx, made, array, made.arguments[0])
    value = arrays.call_record(ctx, made, "np.sort", (array, *made.arguments))
    return write_all(ctx, made, array, value)


def at(ctx: Context, made: Call, ufunc: object) -> Meaning:
    """`np.add.at(a, index, value)`: places that are named twice get both."""
    if refuse_keywords(ctx, made) or not takes(ctx, made, 3, 3):
        return SILENCED
    array, index, value = made.arguments
    label = f"call of {made.name}"
    if not isinstance(array, Value) or not isinstance(array.type, ArrayType):
        said = f"expected an array to write into, got {describe(array)}"
        return ctx.refuse(made.node, label, said, "pass an array")
    found = arrays.index_of(ctx, made.at(1), index)
    given = arrays.as_array(ctx, ctx.current(value, made.node), made.at(2), label)
    done = False
    if found is not None and isinstance(given, Value | Const):
        if AT[ufunc]:
            negated = ctx.op(made.node, "neg", given)
            given = negated if isinstance(negated, Value) else None
        if given is not None:
            places, fillers = found
            done = references.write(
                ctx, made.node, array, places, fillers, given, label, operation="add_at"
            )
    if not done:
        references.give_up(ctx, made.node, array)
    return NONE


def copyto(ctx: Context, made: Call) -> Meaning:
    """`np.copyto(a, b)`, and where a mask holds."""
    if refuse_keywords(ctx, made, "where") or not takes(ctx, made, 2, 2):
        return SILENCED
    target, value = made.arguments
    mask = made.keywords.get("where")
    if mask is not None:
        given = [arrays.as_array(ctx, each, made.node, made.name) for each in (mask, value, target)]
        known = [each for each in given if isinstance(each, Value | Const)]
        value = ctx.op(made.node, "np.where", *known) if len(known) == 3 else SILENCED
    return write_all(ctx, made, target, value)


def fill_diagonal(ctx: Context, made: Call) -> Meaning:
    """`np.fill_diagonal(a, number)`."""
    if refuse_keywords(ctx, made) or not takes(ctx, made, 2, 2):
        return SILENCED
    array, value = made.arguments
    label = f"call of {made.name}"
    if not isinstance(array, Value) or not isinstance(array.type, ArrayType):
        return ctx.refuse(made.node, label, f"expected an array, got {describe(array)}", "pass one")
    if array.type.rank != 2 or arrays.is_array(value):
        said = "it is supported for a matrix and a number"
        return ctx.refuse(made.node, label, said, "write a[i, i] = v[i] in a loop")
    number = ctx.operand(value, made.at(1), label)
    shape = ctx.op(made.node, "shape", array)
    if number is None or not isinstance(shape, Value):
        return SILENCED
    sizes = [ctx.op(made.node, "item", shape, index=k) for k in (0, 1)]
    count = ctx.op(made.node, "min", *(each for each in sizes if isinstance(each, Value)))
    if not isinstance(count, Value):
        return SILENCED
    places = arrays.call_record(
        ctx, replace(made, arguments=(), keywords={}), "np.arange", (count,)
    )
    if isinstance(places, Value):
        index = (Mark.HOLE, Mark.HOLE)
        if references.write(
            ctx, made.node, array, index, (places, places), number, label, unique=True
        ):
            return NONE
    references.give_up(ctx, made.node, array)
    return SILENCED


def with_out(
    ctx: Context, made: Call, function: object, compute: Callable[[Call], Meaning]
) -> Meaning | None:
    """A call with `out=`; None if there is none. `compute` makes the same call without."""
    out = made.keywords.get("out")
    if isinstance(function, np.ufunc) and len(made.arguments) == function.nin + 1:
        *given, out = made.arguments
        made = replace(made, arguments=tuple(given))
    if out is None:
        return None
    keywords = {key: value for key, value in made.keywords.items() if key != "out"}
    text = ast.copy_location(
        ast.Call(
            made.node.func,
            made.node.args[: len(made.arguments)],
            [each for each in made.node.keywords if each.arg != "out"],
        ),
        made.node,
    )
    made = Call(text, made.name, made.arguments, keywords)
    if isinstance(out, Static) and out.value is None:
        return compute(made)
    if isinstance(out, Structure) and len(out.items) == 1:
        (out,) = out.items
    value = compute(made)
    if value is SILENCED or out is SILENCED:
        return SILENCED
    written = write_all(ctx, made, out, value) if _fits(ctx, made, out, value) else SILENCED
    return SILENCED if written is SILENCED else out


def _fits(ctx: Context, made: Call, out: Meaning, value: Meaning) -> bool:
    """Whether what is computed is of the dtype that the array has; reports it if not."""
    dtypes = [
        each.type.dtype
        for each in (out, value)
        if isinstance(each, Value) and isinstance(each.type, ArrayType)
    ]
    if len(dtypes) < 2 or dtypes[0] == dtypes[1]:
        return True
    said = f"numbers of {dtypes[1]} don't fit into an array of {dtypes[0]}"
    ctx.refuse(made.node, f"{made.name}(out=)", said, f"start with an array of {dtypes[1]}")
    return False


HANDLERS = {id(np.copyto): copyto, id(np.fill_diagonal): fill_diagonal}
