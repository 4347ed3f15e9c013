"""A call of something that is not written in Python, and checks of its arguments."""

from __future__ import annotations

import ast
import difflib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from autodiff_compiler.frontend import hints
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.values import Meaning


@dataclass(frozen=True)
class Call:
    """A call of something that is not written in Python."""

    node: ast.Call
    name: str
    arguments: tuple[Meaning, ...]
    keywords: Mapping[str, Meaning]

    def at(self, place: int) -> ast.expr:
        return self.node.args[place] if place < len(self.node.args) else self.node


Handler = Callable[[Context, Call], Meaning]


def optional(ctx: Context, made: Call, name: str) -> Meaning | None:
    """The second argument, passed by position or by name, if it is passed."""
    given = [*made.arguments[1:], *(m for key, m in made.keywords.items() if key == name)]
    if len(given) > 1:
        hint = f"pass {name} once"
        return ctx.refuse(made.node, f"call of {made.name}", f"it gets {name} twice", hint)
    return given[0] if given else None


def refuse_keywords(ctx: Context, made: Call, *allowed: str) -> bool:
    """Whether there is a keyword that the function isn't supported with."""
    unknown = [key for key in made.keywords if key not in allowed]
    for key in unknown:
        keyword = next(each for each in made.node.keywords if each.arg == key)
        without = [each for each in made.node.keywords if each.arg in allowed]
        plain = ast.Call(made.node.func, made.node.args, without)
        hint = f"leave it out: {hints.shown(plain)}"
        close = difflib.get_close_matches(key, allowed, n=1)
        if close:
            hint = f"did you mean {close[0]}=?"
        elif not made.arguments:
            plain = ast.Call(made.node.func, [keyword.value], without)
            hint = f"pass it by position: {hints.shown(plain)}"
        ctx.refuse(keyword, f"{made.name}({key}=)", "this keyword is not supported", hint)
    return bool(unknown)


def takes(ctx: Context, made: Call, least: int, most: int | None) -> bool:
    """Whether the number of positional arguments is right; reports it if not."""
    count = len(made.arguments)
    if least <= count and (most is None or count <= most):
        return True
    wanted = f"{least}" if least == most else f"{least} to {most}" if most else f"at least {least}"
    plural = "" if wanted in ("1", "at least 1") else "s"
    said = f"expected {wanted} argument{plural}, got {count}"
    enough = least if count < least else most or least
    ctx.refuse(made.node, f"call of {made.name}", said, with_arguments(made, enough))
    return False


def number_of_arguments(function: object) -> int | None:
    """How many arguments a function of math, NumPy or Python takes, if that is one number."""
    if isinstance(function, np.ufunc):
        return function.nin
    if function is pow:
        return 2
    try:
        parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    fixed = all(each.kind in plain and each.default is each.empty for each in parameters)
    return len(parameters) if fixed else None


def with_arguments(made: Call, count: int) -> str:
    """The call with so many arguments."""
    given: list[ast.expr] = [*made.node.args, *[ast.Constant(...)] * count][:count]
    return f"write {hints.shown(ast.Call(made.node.func, given, []))}"
