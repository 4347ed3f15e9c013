"""A call of something that is not written in Python, and checks of its arguments."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

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
        return ctx.refuse(made.node, f"call of {made.name}", f"it gets {name} twice")
    return given[0] if given else None


def refuse_keywords(ctx: Context, made: Call, *allowed: str) -> bool:
    """Whether there is a keyword that the function isn't supported with."""
    unknown = [key for key in made.keywords if key not in allowed]
    for key in unknown:
        keyword = next(each for each in made.node.keywords if each.arg == key)
        ctx.refuse(keyword, f"{made.name}({key}=)", "this keyword is not supported", "leave it out")
    return bool(unknown)


def takes(ctx: Context, made: Call, least: int, most: int | None) -> bool:
    """Whether the number of positional arguments is right; reports it if not."""
    count = len(made.arguments)
    if least <= count and (most is None or count <= most):
        return True
    wanted = f"{least}" if least == most else f"{least} to {most}" if most else f"at least {least}"
    plural = "" if wanted in ("1", "at least 1") else "s"
    ctx.refuse(
        made.node, f"call of {made.name}", f"expected {wanted} argument{plural}, got {count}"
    )
    return False
