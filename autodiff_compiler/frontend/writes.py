"""Writing into an array, by whatever name or view: `a[i] = v`, `a[i] += v`, `a += v`."""

from __future__ import annotations

import ast

from autodiff_compiler.frontend import arrays, expressions, references
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.values import (
    SILENCED,
    Meaning,
    Poison,
    describe,
    instead_of,
)
from autodiff_compiler.ir.types import ArrayType, ScalarType
from autodiff_compiler.ir.values import Const, Operand, Value
from autodiff_compiler.ops.calling import Mark
from autodiff_compiler.ops.subscripts import is_basic


def is_array(meaning: Meaning) -> bool:
    return isinstance(meaning, Value) and isinstance(meaning.type, ArrayType)


def write_item(ctx: Context, target: ast.Subscript, array: Value, value: Meaning) -> None:
    """`a[i] = v`."""
    found = arrays.read_index(ctx, target)
    if found is not None and value is not SILENCED:
        _put(ctx, target, array, found, value)
    else:
        references.give_up(ctx, target, array)


def augment_item(ctx: Context, node: ast.AugAssign, target: ast.Subscript, array: Value) -> None:
    """`a[i] += v`: the subscript is evaluated once."""
    found = arrays.read_index(ctx, target)
    if found is None:
        ctx.evaluate(ctx, node.value)
        references.give_up(ctx, target, array)
        return
    index, fillers = found
    old = ctx.op(node, "get", array, *fillers, index=index, label="index")
    value = ctx.evaluate(ctx, node.value)
    if isinstance(old, Poison) or value is SILENCED:
        references.give_up(ctx, target, array)
        return
    if isinstance(old.type, ArrayType) and is_basic(index, [each.type for each in fillers]):
        value = arrays.as_array(ctx, value, node, "augmented assignment") or SILENCED
    new = expressions.apply_binary(ctx, node, node.op, old, value)
    if new is SILENCED:
        references.give_up(ctx, target, array)
    else:
        _put(ctx, target, array, found, new)


def _put(
    ctx: Context,
    node: ast.Subscript,
    array: Value,
    found: tuple[tuple[object, ...], tuple[Operand, ...]],
    value: Meaning,
) -> None:
    index, fillers = found
    for filler in fillers:
        if isinstance(filler.type, ArrayType) and filler.type.dtype != "bool":
            said = "writing at an array of positions, which may repeat, is not supported"
            ctx.refuse(node, "item assignment", said, "write at one position at a time, in a loop")
            references.give_up(ctx, node, array)
            return
    given = arrays.as_array(ctx, ctx.current(value, node), node, "item assignment")
    if given is None:
        said = f"expected a number or an array, got {describe(value)}"
        ctx.refuse(node, "item assignment", said, instead_of(value))
    if not isinstance(given, Value | Const) or not references.write(
        ctx, node, array, index, fillers, given, "item assignment"
    ):
        references.give_up(ctx, node, array)


def augment_array(ctx: Context, node: ast.AugAssign, name: str, array: Value) -> None:
    """`a += v` changes the array itself."""
    value = ctx.evaluate(ctx, node.value)
    new = expressions.apply_binary(ctx, node, node.op, array, value)
    if isinstance(new, Poison):
        references.give_up(ctx, node, array)
        return
    before, after = array.type, new.type if isinstance(new, Value | Const) else None
    assert isinstance(before, ArrayType)
    if not isinstance(after, ArrayType) or (after.dtype, after.rank) != (before.dtype, before.rank):
        got = "a number" if isinstance(after, ScalarType) else f"{after}"
        said = f"{name} is {before}, and can't become {got} in place"
        ctx.refuse(node, "augmented assignment", said, f"write {name} = {name} ... instead")
        references.give_up(ctx, node, array)
        return
    assert isinstance(new, Value)
    if not ctx.facts.ref(array).path and after.dims == before.dims:
        done = references.replace_all(ctx, node, array, new)
    else:  # whatever is broadcast, the array keeps its shape
        done = references.write(ctx, node, array, (Mark.REST,), (), new, "augmented assignment")
    if not done:
        references.give_up(ctx, node, array)
