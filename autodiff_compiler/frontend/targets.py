"""What assignments bind: names, items, tuples of such, from which values are unpacked."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence

from autodiff_compiler.frontend import (
    attributes,
    conditions,
    instances,
    lists,
    unwritten,
    writes,
)
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
            assign(ctx, value, meaning)
        case _:
            ctx.refuse_as(target)
    return meaning


def unpacked(
    ctx: Context, node: ast.expr, meaning: Meaning, targets: list[ast.expr]
) -> Sequence[Meaning]:
    """One meaning for each of several targets."""
    count = len(targets)
    if meaning is SILENCED:
        return [SILENCED] * count
    stars = [k for k, target in enumerate(targets) if isinstance(target, ast.Starred)]
    if stars:
        return _around_star(ctx, node, meaning, stars[0], count - stars[0] - 1)
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


def _around_star(
    ctx: Context, node: ast.expr, meaning: Meaning, before: int, behind: int
) -> Sequence[Meaning]:
    """One meaning for each target, of which one takes a list of what the others leave."""
    silenced = [SILENCED] * (before + 1 + behind)
    listed = lists.as_list(ctx, meaning, node)
    if listed is SILENCED:
        return silenced
    least = before + behind
    if isinstance(listed, Structure):
        items, end = listed.items, len(listed.items) - behind
        if len(items) < least:
            said = f"expected at least {least} items, got {describe(meaning)}"
            ctx.refuse(node, "unpacking", said, "write fewer names")
            return silenced
        return [*items[:before], Structure(items[before:end], "list"), *items[end:]]
    assert isinstance(listed, Value | Const)
    length = ctx.op(node, "len", listed)
    assert isinstance(length, Value)
    text = f"not enough values to unpack (expected at least {least}, got {{}})"
    if least:
        conditions.raise_if(ctx, node, "lt", length, const(least), text, length)
    bounds = [const(before) if before else None, const(-behind) if behind else None, None]
    given = [bound for bound in bounds if bound is not None]
    places = tuple(bound is not None for bound in bounds)
    middle: Meaning = ctx.op(node, "slice", listed, *given, bounds=places) if given else listed
    outer = [*range(before), *range(-behind, 0)]
    singles: list[Meaning] = [ctx.op(node, "getitem", listed, const(k)) for k in outer]
    return [*singles[:before], middle, *singles[before:]]


def _check_length(ctx: Context, node: ast.expr, sequence: Operand, count: int) -> None:
    """Raise, as Python would, unless a sequence has so many items."""
    length = ctx.op(node, "len", sequence)
    assert isinstance(length, Value)
    for comparison, message in (("lt", "not enough values"), ("gt", "too many values")):
        tells = comparison == "lt" or sys.version_info >= (3, 14)
        text = f"{message} to unpack (expected {count}{', got {}' * tells})"
        got = length if tells else None
        conditions.raise_if(ctx, node, comparison, length, const(count), text, got)
