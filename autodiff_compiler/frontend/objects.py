"""What objects from outside the function mean: globals, closure cells, attributes of modules.

Reading one is guarded, so that a derivative isn't used any more once the object has been replaced.
The contents of math, numpy and builtins are taken to stay what they are.
"""

from __future__ import annotations

import ast
import builtins
import math
from collections.abc import Iterable
from types import FunctionType

import numpy as np

from autodiff_compiler.errors import SourceError
from autodiff_compiler.frontend import outside
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.values import (
    NONE,
    SILENCED,
    Frame,
    Meaning,
    Static,
    Structure,
)
from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import ScalarType, type_of
from autodiff_compiler.ir.values import Const

TRUSTED = (math, np, builtins)

# Constants with a name of their own, by identity: `from math import pi` gives this very object.
NAMED_CONSTANTS: dict[int, str] = {
    id(getattr(module, name)): f"{prefix}.{name}"
    for prefix, module in (("np", np), ("math", math))
    for name in ("pi", "e", "tau", "inf", "nan", "euler_gamma")
    if hasattr(module, name)
}

# What is refused from outside, where it holds more than numbers, and what to do about it.
MUTABLE: dict[type, tuple[str, str]] = {
    list: (
        "this list outside of the function holds what there is no type for",
        "make it a tuple, or pass what is needed of it as an argument",
    ),
    dict: (
        "this dict outside of the function holds what there is no type for",
        "pass what is needed of it as an argument",
    ),
    set: ("sets are not supported", "make it a tuple"),
    np.ndarray: (
        "this array outside of the function is not one of real numbers",
        "pass its real and imaginary parts, or its numbers as float64",
    ),
}


def read_name(ctx: Context, name: str, node: ast.AST) -> Meaning:
    """What a name means here: local, of an enclosing function, global, or builtin."""
    frame: Frame | None = ctx.frame
    while frame is not None:
        if name in frame.code.locals:
            return ctx.read_local(frame, name, node)
        closure = frame.closure
        if closure.function is not None:
            return _read_outside(ctx, closure.function, name, node)
        frame = closure.frame
    raise AssertionError("a frame without a function around it")


def _read_outside(ctx: Context, function: FunctionType, name: str, node: ast.AST) -> Meaning:
    """A free name of a function object."""
    free = function.__code__.co_freevars
    if name in free:
        cell = (function.__closure__ or ())[free.index(name)]
        try:
            value = cell.cell_contents
        except ValueError:
            said = f"{name} is read before it is assigned"
            return ctx.refuse(node, f"name {name}", said, "assign it before the call")
        ctx.guard("cell", cell, name, value)
        return meaning_of(ctx, value, name, node)
    space = function.__globals__
    if name in space:
        value = space[name]
        ctx.guard("global", space, name, value)
        return meaning_of(ctx, value, name, node)
    if hasattr(builtins, name):
        ctx.guard("absent", space, name, None)
        value = getattr(builtins, name)
        return const(value) if name == "__debug__" else Static(value)
    known = (*ctx.frame.code.locals, *space, *vars(builtins))
    hint = f"define {name} before the call, or make it a parameter"
    hint = similar(name, known, hint)
    return ctx.refuse_once(node, f"name {name}", f"{name} is not defined", hint)


def similar(name: str, known: Iterable[str], otherwise: str, prefix: str = "") -> str:
    import difflib

    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {prefix}{close[0]}?" if close else otherwise


def meaning_of(ctx: Context, value: object, name: str | None, node: ast.AST) -> Meaning:
    """What an object means that the function gets from outside under a name."""
    found = type_of(value)
    if isinstance(found, ScalarType):
        return Const(value, found, NAMED_CONSTANTS.get(id(value), name))
    if value is None:
        return NONE

    def inside(item: object, label: str) -> Meaning:
        return meaning_of(ctx, item, label, node)

    if (captured := outside.captured(ctx, value, name or "values", node, inside)) is not None:
        return captured
    if type(value) is tuple:
        items = tuple(meaning_of(ctx, item, None, node) for item in value)
        return SILENCED if any(item is SILENCED for item in items) else Structure(items)
    if isinstance(value, FunctionType):
        return function_meaning(ctx, value, node)
    for kind, (message, hint) in MUTABLE.items():
        if isinstance(value, kind):
            what = f"name {name}" if name else type(value).__name__
            return ctx.refuse_once(node, what, message, hint)
    return Static(value)


def function_meaning(ctx: Context, function: FunctionType, node: ast.AST) -> Meaning:
    """A function of the user's, or of a library written in Python."""
    try:
        return ctx.closure_of(function)
    except SourceError:
        return Static(function)  # refused where it is called
