"""What is called in the end: behind a method, an instance, a `functools.partial`, a cache."""

from __future__ import annotations

import ast
import functools
from types import FunctionType, MethodType

from autodiff_compiler.frontend import classes, objects
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.values import Making, Meaning, Partial, Static, Structure
from autodiff_compiler.ir.types import TupleType
from autodiff_compiler.ir.values import Value
from autodiff_compiler.ops import resolve

CACHE = type(functools.lru_cache(len))


def behind(ctx: Context, node: ast.Call, callee: Meaning) -> Meaning | None:
    """What calling it calls, one step on; None if it is called itself."""
    match callee:
        case Structure() | Making() | Value(type=TupleType()):
            return classes.method(ctx, callee, "__call__", node.func)
        case Static(MethodType() as bound):
            function = objects.meaning_of(ctx, bound.__func__, None, node.func)
            return Partial(
                function, (objects.meaning_of(ctx, bound.__self__, "self", node.func),), {}
            )
        case Static(functools.partial() as made):
            return _partial(ctx, node, made)
        case Static(value) if type(value) is CACHE:
            inner = value.__wrapped__
            return objects.meaning_of(ctx, inner, None, node.func)
        case Static(value) if _is_called_by_method(value):
            return classes.method(ctx, callee, "__call__", node.func)
    return None


def _is_called_by_method(value: object) -> bool:
    """Whether it is an instance whose class says in Python what calling it does."""
    if isinstance(value, type | FunctionType) or resolve(value):
        return False
    return isinstance(classes.lookup(type(value), "__call__")[1], FunctionType)


def _partial(ctx: Context, node: ast.Call, made: functools.partial[object]) -> Meaning:
    """A `functools.partial` made outside. What it holds can't be replaced, but for keywords."""
    function = objects.meaning_of(ctx, made.func, None, node.func)
    arguments = [objects.meaning_of(ctx, each, None, node.func) for each in made.args]
    keywords = {}
    for name, value in made.keywords.items():
        ctx.guard("global", made.keywords, name, value)
        keywords[name] = objects.meaning_of(ctx, value, name, node.func)
    return Partial(function, tuple(arguments), keywords)
