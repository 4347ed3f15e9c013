"""The arguments of a call, those behind `*` and `**` included.

What is spread out is known item by item as a rule. A list or an array of any length fits where the
function takes so many arguments and no others: Python raises where it has another length.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from autodiff_compiler.frontend import joins
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.known_items import known_items
from autodiff_compiler.frontend.refuse import STAR_ARGUMENT
from autodiff_compiler.frontend.values import (
    SILENCED,
    Closure,
    Generating,
    Meaning,
    Partial,
    Poison,
    describe,
)
from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import ArrayType, Fields, SequenceType
from autodiff_compiler.ir.values import Const, Value

Found = tuple[ast.Call, Meaning, tuple[Meaning, ...], Mapping[str, Meaning]]


def arguments_of(ctx: Context, node: ast.Call, callee: Meaning) -> Found | None:
    """The call with its arguments one by one; None, with a problem reported, if that can't be."""
    positional: list[Meaning] = []
    fits = True
    for place, argument in enumerate(node.args):
        if not isinstance(argument, ast.Starred):
            positional.append(ctx.evaluate(ctx, argument))
            continue
        meaning = ctx.evaluate(ctx, argument.value)
        wanted = _wanted(callee, len(positional), node, place)
        items = _items(ctx, argument, meaning, callee, wanted)
        fits = fits and items is not None
        positional += items or ()
    keywords: dict[str, Meaning] = {}
    for keyword in node.keywords:
        meaning = ctx.evaluate(ctx, keyword.value)
        if keyword.arg is not None:
            more: dict[str, Meaning] | None = {keyword.arg: meaning}
        else:
            more = _named(ctx, keyword, meaning)
        fits = fits and more is not None
        for name, value in (more or {}).items():
            if name in keywords:
                said = f"{ast.unparse(node.func)} gets {name} twice"
                ctx.refuse(keyword, f"call of {ast.unparse(node.func)}", said, "pass it once")
                fits = False
            keywords[name] = value
    if not fits:
        return None
    has_stars = any(isinstance(each, ast.Starred) for each in node.args)
    if has_stars or any(each.arg is None for each in node.keywords):
        node = ctx.spelled_call(node, len(positional), tuple(keywords))
    return node, callee, tuple(positional), keywords


def _items(
    ctx: Context, node: ast.Starred, meaning: Meaning, callee: Meaning, wanted: int | None
) -> tuple[Meaning, ...] | None:
    """What `*meaning` spreads out to."""
    if meaning is SILENCED:
        return None
    if isinstance(meaning, Generating):
        meaning = ctx.generate(ctx, meaning, "list")
    items = known_items(ctx, meaning, node)
    if items is not None:
        return items
    if not (isinstance(meaning, Value | Const) and _has_length(meaning)):
        said = f"unpacking {describe(meaning)} into a call is not supported"
        ctx.refuse(node, STAR_ARGUMENT.construct, said, "pass the arguments one by one")
        return None
    if wanted is None:
        said = f"how many arguments {describe(meaning)} makes is not known"
        ctx.refuse(node, STAR_ARGUMENT.construct, said, "pass the arguments one by one")
        return None
    _check_count(ctx, node, meaning, callee, wanted)
    if isinstance(meaning.type, ArrayType):
        dim = meaning.type.dims[0]
        ctx.region.sizes[dim.size, dim.less] = wanted
    is_array = isinstance(meaning.type, ArrayType)
    found = [
        ctx.op(node, "get", meaning, index=(place,))
        if is_array
        else ctx.op(node, "getitem", meaning, const(place))
        for place in range(wanted)
    ]
    return None if any(isinstance(item, Poison) for item in found) else tuple(found)


def _has_length(operand: Value | Const) -> bool:
    found = operand.type
    return isinstance(found, SequenceType) or (isinstance(found, ArrayType) and bool(found.dims))


def _closure(callee: Meaning) -> tuple[Closure, int, frozenset[str]] | None:
    """The function that is called in the end, how many arguments it has, and which by name."""
    given, named = 0, frozenset[str]()
    while isinstance(callee, Partial):
        given, named = given + len(callee.arguments), named | frozenset(callee.keywords)
        callee = callee.callee
    return (callee, given, named) if isinstance(callee, Closure) else None


def _wanted(callee: Meaning, before: int, node: ast.Call, place: int) -> int | None:
    """How many arguments a function takes at a star, if it can only be one number."""
    found = _closure(callee)
    if found is None:
        return None
    closure, given, named = found
    parameters = closure.code.parameters
    named |= {each.arg for each in node.keywords if each.arg is not None}
    others = node.args[place + 1 :]
    if parameters.vararg or parameters.defaults or closure.defaults:
        return None
    if any(isinstance(each, ast.Starred) for each in others):
        return None
    if any(each.arg is None for each in node.keywords):
        return None
    names = [each.arg for each in (*parameters.posonlyargs, *parameters.args)]
    wanted = len([each for each in names if each not in named]) - before - given - len(others)
    return wanted if wanted >= 0 else None


def _check_count(
    ctx: Context, node: ast.Starred, spread: Value | Const, callee: Meaning, wanted: int
) -> None:
    """Raise TypeError, as Python would, unless there are so many."""
    length = ctx.op(node, "len", spread)
    if isinstance(length, Poison):
        return
    found = _closure(callee)
    assert found is not None
    parameters = found[0].code.parameters
    count = len((*parameters.posonlyargs, *parameters.args))
    other = ctx.op(node, "ne", length, const(wanted))
    if not isinstance(other, Value):
        return
    then, orelse = joins.open_arm(ctx), joins.open_arm(ctx)
    with joins.within(ctx, then):
        given = ctx.op(node, "add", length, const(count - wanted)) if count > wanted else length
        takes = f"{found[0].code.name}() takes {count} positional argument{'s' * (count != 1)} but "
        assert isinstance(given, Value)
        text = ctx.op(node, "format", given, template=(takes, ("", ""), " were given"))
        if isinstance(text, Value):
            ctx.op(node, "raise", text, exception="TypeError")
        ctx.region.closed = True
    joins.merge(ctx, node, other, then, orelse)


def _named(ctx: Context, node: ast.keyword, meaning: Meaning) -> dict[str, Meaning] | None:
    """What `**meaning` spreads out to."""
    if meaning is SILENCED:
        return None
    structure = ctx.structure(meaning, node)
    fields = structure.container if structure is not None else None
    if structure is None or not isinstance(fields, Fields) or fields.kind != "dict":
        said = f"unpacking {describe(meaning)} into a call is not supported"
        ctx.refuse(node, "** argument", said, "pass the arguments one by one")
        return None
    return dict(zip(fields.names, structure.items, strict=True))
