"""Lists that grow: `ys = []`, then `ys.append(y)`, in a loop or beside one.

A list that starts empty and gets one item in each iteration of a loop is what the loop collects. An
append outside of loops makes a longer list of known items. Either way the name gets a new value, so
the list may have no other name.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.values import (
    SILENCED,
    Binding,
    Meaning,
    Structure,
    describe,
)
from autodiff_compiler.ir.types import ArrayType, Dim, ScalarType, SequenceType, Type, holds_array
from autodiff_compiler.ir.values import Const, Operand, Value

# What a list may be handed to without getting another name.
_READERS = frozenset(
    {"len", "sum", "zip", "enumerate", "reversed", "max", "min", "tuple", "list", "print", "range"}
)
_LIBRARIES = frozenset({"np", "numpy", "math"})


def appended(statement: ast.stmt) -> tuple[str, ast.expr] | None:
    """The name and the item, if the statement is `name.append(item)`."""
    match statement:
        case ast.Expr(ast.Call(ast.Attribute(ast.Name(name), "append"), [item], [])):
            return name, item
    return None


def collected_by(ctx: Context, loop: ast.For | ast.While) -> list[str]:
    """The lists that a loop gives one item in each iteration, and does not look at besides."""
    found = []
    mentioned = [each.id for each in ast.walk(loop) if isinstance(each, ast.Name)]
    for statement in loop.body:
        grown = appended(statement)
        if grown is None or mentioned.count(grown[0]) != 1:
            continue
        binding = ctx.state.get((ctx.frame, grown[0]))
        meaning = None if binding is None else binding.meaning
        if isinstance(meaning, Structure) and meaning.container == "list" and not meaning.items:
            if is_sole_name(ctx, grown[0]):
                found.append(grown[0])
    return found


def append(ctx: Context, node: ast.Expr, name: str, item: ast.expr) -> bool:
    """Lower `name.append(item)`; whether that is what the statement is, and can be lowered."""
    if (ctx.frame, name) in ctx.collecting:
        ctx.collecting[ctx.frame, name] = _item(ctx, item, node)
        return True
    binding = ctx.state.get((ctx.frame, name))
    meaning = None if binding is None else binding.meaning
    if meaning is None:
        return _of_enclosing(ctx, node, name)
    if not _is_list(meaning):
        return False
    said = hint = ""
    if not is_sole_name(ctx, name):
        said = f"{name} is a list that may have another name"
        hint = f"start it in this function, with {name} = [], and only append, index and loop"
    elif not isinstance(meaning, Structure):
        said = f"{name} has grown in a loop, and can't grow any more"
        hint = "start another list, with [], and read both"
    elif _in_loop(ctx):
        said = "in a loop, a list that starts empty gets one item in each iteration"
        if meaning.items:
            hint = f"let it start with {name} = []"
        else:
            hint = "append in each iteration, outside of if, or keep a running value: total += ..."
    if said:
        ctx.bind(name, ctx.refuse(node, "list.append", said, hint), node)
        return True
    assert isinstance(meaning, Structure)
    added = ctx.evaluate(ctx, item)
    ctx.bind(name, Structure((*meaning.items, added), "list"), node)
    return True


def _of_enclosing(ctx: Context, node: ast.Expr, name: str) -> bool:
    """Refuse to append to a list of the function around this one; whether it is such a list."""
    frame = ctx.frame.closure.frame
    while frame is not None and name not in frame.code.locals:
        frame = frame.closure.frame
    binding = None if frame is None else ctx.state.get((frame, name))
    if frame is None or binding is None or not _is_list(binding.meaning):
        return False
    said = f"{name} is a list of the function around this one"
    hint = f"return the item, and append it where {ctx.frame.code.name} is called"
    refused = ctx.refuse(node, "list.append", said, hint)
    ctx.state[frame, name] = Binding(refused, ctx.span(node))
    return True


def _is_list(meaning: Meaning | None) -> bool:
    match meaning:
        case Structure(_, container) | Value(type=SequenceType(_, container)):
            return container == "list"
    return False


def _in_loop(ctx: Context) -> bool:
    return ctx.frame.loops > 0 and any(region.repeats for region in ctx.stack)


def _item(ctx: Context, item: ast.expr, node: ast.AST) -> Operand | None:
    meaning = ctx.current(ctx.evaluate(ctx, item), item)
    if isinstance(meaning, Value | Const) and isinstance(meaning.type, ScalarType | ArrayType):
        if holds_array(meaning.type):
            ctx.facts.keep(meaning)
        return meaning
    if meaning is not SILENCED:
        said = f"appending {describe(meaning)} in a loop is not supported"
        ctx.refuse(node, "list.append", said, "append numbers or arrays, to a list for each")
    return None


def bind_collected(ctx: Context, names: list[str], found: tuple[Value, ...], node: ast.AST) -> None:
    """Give the lists that a loop has collected their names."""
    for place, name in enumerate(names):
        meaning: Meaning = found[place] if place < len(found) else SILENCED
        ctx.state[ctx.frame, name] = Binding(meaning, ctx.span(node))


def element_type(found: Type) -> Type:
    """The type of any item: names for sizes that only one iteration knows are dropped."""
    if not isinstance(found, ArrayType):
        return found
    dims = (
        Dim(one=dim.one) if isinstance(dim.size, str) and "." not in dim.size else dim
        for dim in found.dims
    )
    return replace(found, dims=tuple(dims))


def is_sole_name(ctx: Context, name: str) -> bool:
    """Whether a list is made under this name, and gets no other: as far as the text tells."""
    tree = ctx.frame.code.node
    if name in ctx.frame.code.captured:
        return False
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    own = [each for each in ast.walk(tree) if isinstance(each, ast.Name) and each.id == name]
    if any(each.arg == name for each in ast.walk(tree) if isinstance(each, ast.arg)):
        return False
    end = _end_as_list(own, parents)
    return all(_is_harmless(each, parents) for each in own if _place(each) <= end)


def _place(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end_as_list(own: list[ast.Name], parents: dict[ast.AST, ast.AST]) -> tuple[int, int]:
    """Where the name gets what is no list any more, as in `ys = np.array(ys)`, after the last item
    has been appended: what it is used for from there on doesn't matter."""
    appends = [
        _place(each)
        for each in own
        if isinstance(parent := parents[each], ast.Attribute) and parent.attr == "append"
    ]
    for each in sorted(own, key=_place):
        match parents[each]:
            case ast.Assign([_], ast.Call(func) as call) if isinstance(each.ctx, ast.Store):
                after = _place(each) > max(appends, default=(0, 0))
                if after and _root_of(func) in _LIBRARIES:
                    return call.end_lineno or call.lineno, call.end_col_offset or 0
    return max(map(_place, own), default=(0, 0))


def _is_harmless(node: ast.Name, parents: dict[ast.AST, ast.AST]) -> bool:
    parent = parents[node]
    match parent:
        case ast.Assign([_], ast.List()) if isinstance(node.ctx, ast.Store):
            return True
        case ast.Assign([_], ast.Call(func)) if isinstance(node.ctx, ast.Store):
            return _root_of(func) in _LIBRARIES  # from here on it is no list any more
        case ast.Attribute(_, "append") | ast.Return() | ast.If() | ast.While():
            return isinstance(node.ctx, ast.Load)
        case ast.Subscript(value) if value is node:
            return isinstance(parent.ctx, ast.Load)
        case ast.For(iter=iterated):
            return iterated is node
        case ast.Call(func) if func is not node:
            return _root_of(func) in _READERS | _LIBRARIES
    return False


def _root_of(function: ast.expr) -> str | None:
    while isinstance(function, ast.Attribute):
        function = function.value
    return function.id if isinstance(function, ast.Name) else None
