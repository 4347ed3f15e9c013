"""Assignments that change something other than an array under its name, which are refused."""

from __future__ import annotations

import ast

from autodiff_compiler.frontend import records
from autodiff_compiler.frontend.arrays import is_array
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.hints import WIDTH
from autodiff_compiler.frontend.refuse import ATTRIBUTE_WRITE, ITEM_WRITE
from autodiff_compiler.frontend.values import Meaning, Structure
from autodiff_compiler.ir.types import Fields, ScalarType, SequenceType
from autodiff_compiler.ir.values import Const, Value


def refuse(ctx: Context, target: ast.Subscript | ast.Attribute) -> None:
    """Report `base[key] = v` or `base.name = v`, by what the base is."""
    refusal = ITEM_WRITE if isinstance(target, ast.Subscript) else ATTRIBUTE_WRITE
    hint = _hint(ctx, target)
    if hint is None:
        ctx.refuse_as(target, refusal)
    else:
        ctx.refuse(target, refusal.construct, refusal.message, hint)


def _hint(ctx: Context, target: ast.Subscript | ast.Attribute) -> str | None:
    """What to write instead, for what is kept under a local name."""
    root = target.value
    while isinstance(root, ast.Subscript | ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name):
        return None
    name = root.id
    binding = ctx.state.get((ctx.frame, name))
    meaning = None if binding is None else binding.meaning
    if meaning is None:
        return _of_enclosing(ctx, name)
    is_direct = root is target.value
    fields = records.fields_of(meaning)
    match target:
        case ast.Attribute(attr="shape") if is_direct and is_array(meaning):
            return f"write {name} = {name}.reshape(...)"
        case ast.Subscript() if is_array(meaning):
            return f"write with one subscript of {name} itself: {name}[i, j] = ..."
        case ast.Subscript(_, ast.Constant(str() as key)) if is_direct and fields is not None:
            return f"make a new one: {_dict(name, fields, key)}" if fields.kind == "dict" else None
        case ast.Attribute(_, attr) if is_direct and fields is not None and fields.cls is not None:
            return f"make a new one: {_record(name, fields, attr)}"
        case ast.Subscript() if is_direct and _is_list_of_numbers(meaning):
            return f"make it an array, which can be written: {name} = np.array({name})"
    return None


def _of_enclosing(ctx: Context, name: str) -> str | None:
    """For an inner function that changes what the function around it holds."""
    frame = ctx.frame.closure.frame
    while frame is not None:
        if name in frame.code.locals:
            return f"return the new value, and assign it where {ctx.frame.code.name} is called"
        frame = frame.closure.frame
    return None


def _dict(name: str, fields: Fields, written: str) -> str:
    keys = fields.names if written in fields.names else (*fields.names, written)
    items = (f"{key!r}: {'...' if key == written else f'{name}[{key!r}]'}" for key in keys)
    text = f"{name} = {{{', '.join(items)}}}".replace("'", '"')
    return text if len(text) <= 2 * WIDTH else f"{name} = {{...}}"


def _record(name: str, fields: Fields, written: str) -> str:
    assert fields.cls is not None
    items = (f"{key}={'...' if key == written else f'{name}.{key}'}" for key in fields.names)
    text = f"{name} = {fields.cls.__name__}({', '.join(items)})"
    return text if len(text) <= 2 * WIDTH else f"{name} = {fields.cls.__name__}(...)"


def _is_list_of_numbers(meaning: Meaning) -> bool:
    match meaning:
        case Structure(items, "list"):
            return all(
                isinstance(item, Value | Const) and isinstance(item.type, ScalarType)
                for item in items
            )
        case Value(type=SequenceType(ScalarType(), "list")):
            return True
    return False
