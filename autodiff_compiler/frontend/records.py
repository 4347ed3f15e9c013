"""Dicts and records: made, read by key or field, and gone through by `items`, `keys`, `values`."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.known_calls import Call
from autodiff_compiler.frontend.values import (
    SILENCED,
    Making,
    Meaning,
    Method,
    Static,
    Structure,
    describe,
)
from autodiff_compiler.ir.types import Fields, TupleType
from autodiff_compiler.ir.values import Value

VIEWS = ("items", "keys", "values")


def fields_of(meaning: Meaning) -> Fields | None:
    """The names that it holds items under, if it is a dict or a record."""
    match meaning:
        case Structure(_, Fields() as found) | Value(type=TupleType(_, Fields() as found)):
            return found
    return None


def make_dict(
    ctx: Context, node: ast.Dict, keys: Sequence[ast.expr | None], values: Sequence[Meaning]
) -> Meaning:
    """`{"a": x, "b": y}`: keys are strings that stand in the text."""
    items: dict[str, Meaning] = {}
    for key, value in zip(keys, values, strict=True):
        if key is None:
            merged = ctx.structure(value, node)
            if merged is None or getattr(merged.container, "kind", "") != "dict":
                if value is SILENCED:
                    return SILENCED
                said = f"unpacking {describe(value)} with ** is not supported"
                return ctx.refuse(node, "dict", said, "write its keys and values out")
            assert isinstance(merged.container, Fields)
            items |= dict(zip(merged.container.names, merged.items, strict=True))
            continue
        found = ctx.evaluate(ctx, key)
        if found is SILENCED:
            return SILENCED
        if not isinstance(found, Static) or type(found.value) is not str:
            said = f"keys of dictionaries are strings here, not {describe(found)}"
            return ctx.refuse(key, "dict", said, "use a string as key, or a list or tuple")
        items[found.value] = value
    if any(value is SILENCED for value in values):
        return SILENCED
    return Structure(tuple(items.values()), Fields("dict", tuple(items)))


def item(ctx: Context, node: ast.AST, base: Meaning, fields: Fields, key: Meaning) -> Meaning:
    """`params["w"]`, and `point[0]` of a namedtuple."""
    if fields.kind == "namedtuple" and isinstance(key, Value) is False:
        place = getattr(key, "value", None)
        if type(place) is int and -len(fields.names) <= place < len(fields.names):
            return _at(ctx, node, base, place % len(fields.names))
    if fields.kind != "dict":
        said = f"indexing {describe(base)} is not supported"
        return ctx.refuse(node, "index", said, "name the field: record.field")
    if not isinstance(key, Static) or type(key.value) is not str:
        said = f"expected a string as key, got {describe(key)}"
        return ctx.refuse(node, "index", said, "write the key out")
    if key.value not in fields.names:
        said = f"there is no key {key.value!r} in it"
        keys = f"its keys are {', '.join(map(repr, fields.names))}"
        return ctx.refuse(node, "index", said, keys if fields.names else "it is empty")
    return _at(ctx, node, base, fields.names.index(key.value))


def _at(ctx: Context, node: ast.AST, base: Meaning, place: int) -> Meaning:
    if isinstance(base, Structure):
        return base.items[place]
    assert isinstance(base, Value)
    return ctx.op(node, "item", base, index=place)


def field(ctx: Context, base: Meaning, name: str, node: ast.AST) -> Meaning | None:
    """A field of a record; None if it has none of that name."""
    if isinstance(base, Making):
        base = ctx.state[base.key].meaning
    fields = fields_of(base)
    if fields is None or name not in fields.names:
        return None
    return _at(ctx, node, base, fields.names.index(name))


def attribute(ctx: Context, base: Meaning, name: str, node: ast.AST) -> Meaning | None:
    """A method of a dict, or a field of a record without a class; None for what is neither."""
    fields = fields_of(base)
    if fields is None:
        return None
    if fields.kind == "dict":
        if name in (*VIEWS, "get"):
            return Method(base, name)
        said = f"{name} of a dictionary is not supported"
        hint = "use its items, keys or values"
        if name in ("update", "pop", "setdefault", "popitem", "clear"):
            hint = "make a new one, with the keys and values written out"
        return ctx.refuse(node, f"attribute {name}", said, hint)
    if name in fields.names:
        return _at(ctx, node, base, fields.names.index(name))
    said = f"{describe(base)} has no field {name}"
    return ctx.refuse(node, f"attribute {name}", said, f"its fields are {', '.join(fields.names)}")


def call_method(ctx: Context, made: Call, method: Method) -> Meaning:
    """`params.items()` and the like, of what is known item by item."""
    structure = ctx.structure(method.array, made.node)
    assert structure is not None and isinstance(structure.container, Fields)
    names = structure.container.names
    keys = tuple(Static(name) for name in names)
    match method.name, made.arguments:
        case "keys", ():
            return Structure(keys)
        case "values", ():
            return Structure(structure.items)
        case "items", ():
            pairs = zip(keys, structure.items, strict=True)
            return Structure(tuple(Structure(pair) for pair in pairs))
        case "get", (Static(str() as key), *rest) if len(rest) < 2:
            if key in names:
                return structure.items[names.index(key)]
            return rest[0] if rest else Static(None)
    said = "these arguments are not supported"
    return ctx.refuse(made.node, f"call of {made.name}", said, "index it with a string")
