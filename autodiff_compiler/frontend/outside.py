"""Arrays, lists, dicts and records from outside of the function: globals, closure cells, defaults.

Numbers and arrays in them are read when the derivative runs, so that they are never stale; strings,
ints, functions and the like decide what is lowered, so they are watched by identity.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

import numpy as np

from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.values import SILENCED, Meaning, Structure
from autodiff_compiler.ir.types import (
    OPAQUE,
    ArrayType,
    Fields,
    ScalarType,
    SequenceType,
    TupleType,
    Type,
    dim_of,
    fields_of,
    items_of,
    type_of,
)
from autodiff_compiler.ops.captured import Captured

PLAIN: dict[type, str] = {tuple: "tuple", list: "list"}
DEEPEST = 20  # containers in one another
Read = Callable[[object, str], Meaning]  # what an object means, under a name


def captured(
    ctx: Context, value: object, name: str, node: ast.AST, meaning_of: Read
) -> Meaning | None:
    """What a container or array from outside means; None for what is neither."""
    found = _type_of(value, DEEPEST)
    if found is None:
        return None
    if id(value) not in ctx.captured:
        taken = {each.name for each in ctx.captured.values()}
        own, count = name, 1
        while own in taken:
            count += 1
            own = f"{name}_{count}"
        ctx.captured[id(value)] = Captured(own, value, found)
    source = ctx.captured[id(value)]
    ctx.guard("type", value, "", source.type)
    made = ctx.once(node, "captured", (), source=source)
    if not isinstance(source.type, TupleType):
        return made
    return _taken_apart(ctx, made, source.type, value, (name, node), meaning_of)


def _taken_apart(
    ctx: Context,
    whole: Meaning,
    found: TupleType,
    value: object,
    place: tuple[str, ast.AST],
    meaning_of: Read,
) -> Meaning:
    name, node = place
    items: list[Meaning] = []
    for index, (kind, item) in enumerate(
        zip(found.items, items_of(value, found.container), strict=True)
    ):
        label = _label(found, index, name)
        if kind == OPAQUE:
            _watch(ctx, value, found, index, item)
            items.append(meaning_of(item, label))
            continue
        operand = ctx.operand(whole, node, f"name {name}")
        part: Meaning = (
            SILENCED if operand is None else ctx.once(node, "item", (operand,), index=index)
        )
        if isinstance(kind, TupleType):
            part = _taken_apart(ctx, part, kind, item, (label, node), meaning_of)
        items.append(part)
    return Structure(tuple(items), found.container)


def _label(found: TupleType, index: int, name: str) -> str:
    if isinstance(found.container, Fields) and found.container.names[index].isidentifier():
        return found.container.names[index]
    return f"{name}_{index}"


def _watch(ctx: Context, holder: object, found: TupleType, index: int, item: object) -> None:
    """Rely on an item staying what it is."""
    if not isinstance(found.container, Fields):
        if found.container == "list":
            ctx.guard("item", holder, index, item)
    elif found.container.kind == "dict":
        ctx.guard("item", holder, found.container.names[index], item)
    else:
        ctx.guard("attribute", holder, found.container.names[index], item)


def _type_of(value: object, deepest: int) -> Type | None:
    """The type of an array or container; what is no number in it is opaque."""
    if type(value) is np.ndarray:
        array = type_of(value)
        if isinstance(array, ArrayType):
            return ArrayType(array.dtype, tuple(map(dim_of, value.shape)))
        return None
    container = fields_of(value) or PLAIN.get(type(value))
    if container is None or not deepest:
        return None
    whole = type_of(value)
    if isinstance(whole, SequenceType):
        return whole
    items = tuple(_type_of_item(item, deepest - 1) for item in items_of(value, container))
    if container == "tuple" and not any(isinstance(item, ArrayType | TupleType) for item in items):
        return None  # it can't change: its items are constants
    return TupleType(items, container)


def _type_of_item(item: object, deepest: int) -> Type:
    known = type_of(item)
    if isinstance(known, ScalarType) and known.may_be_float:
        return known
    return _type_of(item, deepest) or OPAQUE
