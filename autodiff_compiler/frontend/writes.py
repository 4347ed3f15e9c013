"""Writing into an array: `a[i] = v`, `a[i] += v`, `a += v`. Each gives the name a new value."""

from __future__ import annotations

import ast

from autodiff_compiler.frontend import arrays, expressions
from autodiff_compiler.frontend.aliases import may_write
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.values import (
    SILENCED,
    Meaning,
    Poison,
    describe,
    instead_of,
    leaves,
)
from autodiff_compiler.ir.types import ArrayType, ScalarType, holds_array
from autodiff_compiler.ir.values import Const, Operand, Value
from autodiff_compiler.ops.subscripts import is_basic


def array_written(ctx: Context, target: ast.expr) -> Value | None:
    """The array that `name[...]` is a part of; None for other targets."""
    if not isinstance(target, ast.Subscript) or not isinstance(target.value, ast.Name):
        return None
    binding = ctx.state.get((ctx.frame, target.value.id))
    meaning = None if binding is None else binding.meaning
    return meaning if isinstance(meaning, Value) and isinstance(meaning.type, ArrayType) else None


def write_item(ctx: Context, target: ast.Subscript, value: Meaning) -> None:
    """`a[i] = v`."""
    array = array_written(ctx, target)
    assert array is not None and isinstance(target.value, ast.Name)
    found = arrays.read_index(ctx, target)
    if found is not None and value is not SILENCED:
        _put(ctx, target, target.value.id, array, found, value)
    else:
        ctx.bind(target.value.id, SILENCED, target)


def augment_item(ctx: Context, node: ast.AugAssign, target: ast.Subscript) -> None:
    """`a[i] += v`: the subscript is evaluated once."""
    array = array_written(ctx, target)
    assert array is not None and isinstance(target.value, ast.Name)
    found = arrays.read_index(ctx, target)
    if found is None:
        ctx.evaluate(ctx, node.value)
        return
    index, fillers = found
    old = ctx.op(node, "get", array, *fillers, index=index, label="index")
    value = ctx.evaluate(ctx, node.value)
    if isinstance(old, Poison) or value is SILENCED:
        return
    if isinstance(old.type, ArrayType) and is_basic(index, [each.type for each in fillers]):
        value = arrays.as_array(ctx, value, node, "augmented assignment") or SILENCED
    new = expressions.apply_binary(ctx, node, node.op, old, value)
    if new is not SILENCED:
        _put(ctx, target, target.value.id, array, found, new)


def _put(
    ctx: Context,
    node: ast.Subscript,
    name: str,
    array: Value,
    found: tuple[tuple[object, ...], tuple[Operand, ...]],
    value: Meaning,
) -> None:
    index, fillers = found
    for filler in fillers:
        if isinstance(filler.type, ArrayType) and filler.type.dtype != "bool":
            said = "writing at an array of positions, which may repeat, is not supported"
            ctx.refuse(node, "item assignment", said, "write at one position at a time, in a loop")
            ctx.bind(name, SILENCED, node)
            return
    given = arrays.as_array(ctx, value, node, "item assignment")
    if not isinstance(given, Value | Const) or not may_write(ctx, name, array, node):
        if given is None:
            said = f"expected a number or an array, got {describe(value)}"
            ctx.refuse(node, "item assignment", said, instead_of(value))
        ctx.bind(name, SILENCED, node)
        return
    made = ctx.op(node, "set", array, *fillers, given, index=index, label="item assignment")
    ctx.bind(name, made, node)


def augment_array(ctx: Context, node: ast.AugAssign, name: str, array: Value) -> None:
    """`a += v` changes the array itself."""
    value = ctx.evaluate(ctx, node.value)
    new = expressions.apply_binary(ctx, node, node.op, array, value)
    if isinstance(new, Poison):
        ctx.bind(name, SILENCED, node)
        return
    before, after = array.type, new.type if isinstance(new, Value | Const) else None
    assert isinstance(before, ArrayType)
    if not isinstance(after, ArrayType) or (after.dtype, after.rank) != (before.dtype, before.rank):
        got = "a number" if isinstance(after, ScalarType) else f"{after}"
        said = f"{name} is {before}, and can't become {got} in place"
        ctx.refuse(node, "augmented assignment", said, f"write {name} = {name} ... instead")
        new = SILENCED
    elif not may_write(ctx, name, array, node):
        new = SILENCED
    ctx.bind(name, new, node)


def has_views(meaning: Meaning) -> bool:
    """Whether there are arrays in it, which a write may change before they get a name."""
    return any(holds_array(leaf.type) for leaf in leaves(meaning))
