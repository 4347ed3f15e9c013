"""The items of what can be gone through, where they are known one by one."""

from __future__ import annotations

import ast

from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.values import (
    Counting,
    Generating,
    Meaning,
    Numbered,
    Reversed,
    Static,
    Structure,
    Zipped,
)
from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import ArrayType, Fields
from autodiff_compiler.ir.values import Const, Value

MOST = 1_000  # of a range or an array, which are written out item by item


def known_items(ctx: Context, meaning: Meaning, node: ast.AST) -> tuple[Meaning, ...] | None:
    """What `list(...)` of it holds; None where the number of items isn't known."""
    match meaning:
        case Generating():
            return known_items(ctx, ctx.generate(ctx, meaning, "list"), node)
        case Counting(Const(int(start)), Const(int(stop)), Const(int(step))):
            places = range(start, stop, step)
            return tuple(map(const, places)) if len(places) <= MOST else None
        case Zipped(parts, strict):
            columns = [known_items(ctx, part, node) for part in parts]
            found = [column for column in columns if column is not None]
            if len(found) < len(columns) or (strict and len(set(map(len, found))) > 1):
                return None
            return tuple(Structure(row) for row in zip(*found, strict=False))
        case Numbered(inner, Const(int(start))):
            items = known_items(ctx, inner, node)
            if items is None:
                return None
            return tuple(Structure((const(place), item)) for place, item in enumerate(items, start))
        case Reversed(inner):
            items = known_items(ctx, inner, node)
            return None if items is None else items[::-1]
        case Static(str() as text):
            return tuple(map(Static, text))
        case Value(type=ArrayType(dims=dims)) if dims:
            size = ctx.region_size(dims[0])
            if not isinstance(size, int) or dims[0].less or size > MOST:
                return None
            return tuple(ctx.op(node, "get", meaning, index=(place,)) for place in range(size))
    structure = ctx.structure(meaning, node)
    if structure is None:
        return None
    if isinstance(structure.container, Fields):
        if structure.container.kind == "dict":
            return tuple(map(Static, structure.container.names))
        if structure.container.kind != "namedtuple":
            return None
    return structure.items
