"""Attributes: of arrays, of dicts and records, of instances, of modules and classes."""

from __future__ import annotations

import ast
import re
from types import ModuleType

import numpy as np

from autodiff_compiler.frontend import arrays, classes, hints, records
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.objects import TRUSTED, meaning_of, similar
from autodiff_compiler.frontend.values import (
    SILENCED,
    Meaning,
    Static,
    Structure,
    describe,
    describe_object,
    instead_of,
)
from autodiff_compiler.ir.types import ScalarType, SequenceType, TupleType
from autodiff_compiler.ir.values import Const, Value
from autodiff_compiler.source import everything_in

# What the methods of NumPy's elementwise functions do, done otherwise.
OF_UFUNCS = {
    "at": "write item by item, in a loop, as in a[i] += v",
    "reduce": "use np.sum, np.prod, np.max or their like",
    "accumulate": "use np.cumsum or np.cumprod, or a loop",
    "outer": "add a dimension: a[:, None], and use the function itself",
}


def read(ctx: Context, base: Meaning, name: str, node: ast.AST) -> Meaning:
    """What an attribute of something means."""
    if base is SILENCED:
        return SILENCED
    name = mangled(ctx, name)
    if arrays.is_array(base) or arrays.is_numpy_number(base):
        assert isinstance(base, Value | Const)
        return arrays.attribute(ctx, base, name, node)
    if (found := classes.attribute(ctx, base, name, node)) is not None:
        return found
    if (found := records.attribute(ctx, base, name, node)) is not None:
        return found
    holder = base.value if isinstance(base, Static) else None
    if not isinstance(holder, ModuleType | type):
        return _refuse_attribute(ctx, base, name, node)
    if isinstance(holder, type) and (found := classes.of_class(ctx, holder, name, node)):
        return found
    try:
        value = getattr(holder, name)
    except AttributeError:
        assert isinstance(node, ast.Attribute)
        prefix = f"{ast.unparse(node.value)}."
        hint = similar(name, dir(holder), f"see dir({prefix[:-1]}) for what it has", prefix)
        said = f"{describe_object(holder)} has no {name}"
        return ctx.refuse(node, f"attribute {name}", said, hint)
    if not any(holder is trusted for trusted in TRUSTED):
        ctx.guard("attribute", holder, name, value)
    return meaning_of(ctx, value, name, node)


def _refuse_attribute(ctx: Context, base: Meaning, name: str, node: ast.AST) -> Meaning:
    """Say what kind of thing has no attributes here."""
    match base:
        case Structure(_, container):
            kind = str(container)
        case Value(type=SequenceType(_, container) | TupleType(_, container)):
            kind = str(container)
        case Value(type=ScalarType(kinds)) | Const(type=ScalarType(kinds)) if len(kinds) == 1:
            kind = next(iter(kinds)).value
        case Static(str()):
            kind = "str"
        case Static(np.ufunc()) if name in OF_UFUNCS:
            message = f"{name} of {describe(base)} is not supported"
            return ctx.refuse(node, f"attribute {name}", message, OF_UFUNCS[name])
        case _:
            message = f"attributes of {describe(base)} are not supported"
            return ctx.refuse(node, f"attribute {name}", message, instead_of(base))
    message = f"methods and attributes of a {kind} are not supported"
    hint = hints.instead_of_attribute(ctx.site(node), kind)
    return ctx.refuse(node, f"{kind}.{name}", message, hint)


def mangled(ctx: Context, name: str) -> str:
    """The name that Python gives a private attribute, `__x` in the body of a class."""
    if not name.startswith("__") or name.endswith("__"):
        return name
    frame = ctx.frame
    while frame.closure.function is None and frame.closure.frame is not None:
        frame = frame.closure.frame
    function = frame.closure.function
    if function is None:
        return name
    pattern = re.compile(rf"_[^_]\w*?{name}")
    names = (each for code in everything_in(function.__code__) for each in code.co_names)
    return next((each for each in names if pattern.fullmatch(each)), name)
