"""What assignments bind: names, items, tuples of such, from which values are unpacked."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence

from autodiff_compiler.frontend import attributes, conditions, instances, unwritten, writes
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.values import (
    SILENCED,
    Meaning,
    Structure,
    describe,
)
from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import SOME, ArrayType, SequenceType
from autodiff_compiler.ir.values import Const, Operand, Value


def assign(ctx: Context, target: ast.expr, meaning: Meaning) -> Meaning:
    """Bind a target; what the value means from now on, under the name it may have got."""
    match target:
        case ast.Name(name):
            ctx.bind(name, meaning, target)
            return ctx.state[ctx.frame, name].meaning
        case ast.Tuple(targets) | ast.List(targets):
            items = unpacked(ctx, target, meaning, targets)
            written = [each for each in targets if writes.array_written(ctx, each) is not None]
            if written and writes.has_views(meaning):
                said = "exchanging parts of arrays in one assignment is not supported"
                hint = "write one assignment after the other, with .copy() of what is kept"
                return ctx.refuse(written[0], "item assignment", said, hint)
            bound = [assign(ctx, each, item) for each, item in zip(targets, items, strict=True)]
            if isinstance(meaning, Structure):
                return Structure(tuple(bound), meaning.container)
        case ast.Subscript() if writes.array_written(ctx, target) is not None:
            writes.write_item(ctx, target, meaning)
        case ast.Attribute(_, name) if (made := instances.being_made(ctx, target)) is not None:
            name = attributes.mangled(ctx, name)
            return instances.write_attribute(ctx, target, made, name, meaning)
        case ast.Subscript() | ast.Attribute():
            unwritten.refuse(ctx, target)
        case ast.Starred(value):
            assign(ctx, value, ctx.refuse_as(target))
        case _:
            ctx.refuse_as(target)
    return meaning


def unpacked(
    ctx: Context, node: ast.expr, meaning: Meaning, targets: list[ast.expr]
) -> Sequence[Meaning]:
    """One meaning for each of several targets."""
    count = len(targets)
    if meaning is SILENCED or any(isinstance(target, ast.Starred) for target in targets):
        return [SILENCED] * count
    structure = ctx.structure(meaning, node)
    if structure is not None:
        if len(structure.items) == count:
            return structure.items
        said = f"expected {count} item{'s' * (count != 1)}, got {describe(meaning)}"
        ctx.refuse(node, "unpacking", said, "write one name for each item")
    elif isinstance(meaning, Value | Const) and isinstance(meaning.type, SequenceType):
        _check_length(ctx, node, meaning, count)
        return [ctx.op(node, "getitem", meaning, const(place)) for place in range(count)]
    elif isinstance(meaning, Value) and isinstance(meaning.type, ArrayType):
        dim = meaning.type.dims[0] if meaning.type.dims else SOME
        size = dim.size if isinstance(dim.size, int) else ctx.region_size(dim)
        if not isinstance(size, int):
            _check_length(ctx, node, meaning, count)
            ctx.region.sizes[dim.size, dim.less] = count
        if size is None or isinstance(size, str) or size == count:
            return [ctx.op(node, "get", meaning, index=(place,)) for place in range(count)]
        said = f"expected {count} item{'s' * (count != 1)}, got an array of {size}"
        ctx.refuse(node, "unpacking", said, "write one name for each element")
    else:
        said = f"unpacking {describe(meaning)} is not supported"
        ctx.refuse(node, "unpacking", said, "unpack a tuple or a list")
    return [SILENCED] * count


def _check_length(ctx: Context, node: ast.expr, sequence: Operand, count: int) -> None:
    """Raise, as Python would, unless a sequence has so many items."""
    length = ctx.op(node, "len", sequence)
    assert isinstance(length, Value)
    for comparison, message in (("lt", "not enough values"), ("gt", "too many values")):
        tells = comparison == "lt" or sys.version_info >= (3, 14)
        text = f"{message} to unpack (expected {count}{', got {}' * tells})"
        got = length if tells else None
        conditions.raise_if(ctx, node, comparison, length, const(count), text, got)
