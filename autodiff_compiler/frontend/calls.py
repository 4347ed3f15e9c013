"""Calls: of the user's functions, which are inlined, and of everything else.

Arguments are bound to parameters exactly as Python binds them.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from types import FunctionType

from autodiff_compiler.errors import SourceError
from autodiff_compiler.frontend import (
    arrays,
    builtin_calls,
    callables,
    classes,
    hints,
    joins,
    objects,
    records,
    refused_calls,
)
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.known_calls import Call
from autodiff_compiler.frontend.names import contains
from autodiff_compiler.frontend.refuse import ASYNC, GENERATORS
from autodiff_compiler.frontend.values import (
    SILENCED,
    Binding,
    Closure,
    Frame,
    Meaning,
    Method,
    Partial,
    Static,
    Structure,
    describe,
)
from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import Fields
from autodiff_compiler.ops import resolve
from autodiff_compiler.source import FunctionNode

Arguments = tuple[Meaning, ...]
Keywords = Mapping[str, Meaning]

# Beyond these, inlining is given up: the text would be longer than anybody reads.
DEEPEST = 30
MOST = 5_000
ENOUGH = 200  # where there are problems already, to look for more of them


def call(
    ctx: Context, node: ast.Call, callee: Meaning, arguments: Arguments, keywords: Keywords
) -> Meaning:
    """What a call gives."""
    if callee is SILENCED:
        return SILENCED
    if isinstance(callee, Partial):
        arguments = (*callee.arguments, *arguments)
        return call(ctx, node, callee.callee, arguments, {**callee.keywords, **keywords})
    if (inner := callables.behind(ctx, node, callee)) is not None:
        return call(ctx, node, inner, arguments, keywords)
    if isinstance(callee, Static) and callee.value is super:
        return classes.make_super(ctx, node, arguments)
    if isinstance(callee, Method):
        made = Call(node, ast.unparse(node.func), arguments, keywords)
        if records.fields_of(callee.array) is not None:
            return records.call_method(ctx, made, callee)
        return arrays.call_method(ctx, made, callee)
    if isinstance(callee, Closure) and callee.function is not None and resolve(callee.function):
        callee = Static(callee.function)  # written in Python, but an operation all the same
    if isinstance(callee, Closure):
        return inline(ctx, node, callee, arguments, keywords)
    if not isinstance(callee, Static):
        said = f"{ast.unparse(node.func)} is {describe(callee)}, not a function"
        return ctx.refuse(node.func, "call", said, hints.multiplied(ctx.site(node)))
    name = ast.unparse(node.func)
    if isinstance(callee.value, FunctionType) and resolve(callee.value) is None:
        return _unreadable(ctx, node, callee.value, name, arguments)
    if SILENCED in arguments or SILENCED in keywords.values():
        return SILENCED
    return builtin_calls.call(ctx, node, callee.value, name, arguments, keywords)


def _unreadable(
    ctx: Context, node: ast.Call, function: FunctionType, name: str, arguments: Arguments
) -> Meaning:
    if refused_calls.is_library(function):
        said = refused_calls.refused(function, node, arguments)
        return ctx.refuse(node, f"call of {name}", *said)
    try:
        ctx.closure_of(function)
    except SourceError as error:
        return ctx.refuse(node, f"call of {name}", error.reason, error.hint)
    return SILENCED


def inline(
    ctx: Context, node: ast.Call, closure: Closure, arguments: Arguments, keywords: Keywords
) -> Meaning:
    """Lower the body of a function of the user's in the place of a call."""
    code, function = closure.code, closure.function
    name = code.name
    if function is not None:
        if refused_calls.is_library(function):
            said = refused_calls.refused(function, node, (*arguments, *keywords.values()))
            return ctx.refuse(node, f"call of {ast.unparse(node.func)}", *said)
        for attribute in ("__code__", "__defaults__", "__kwdefaults__"):
            ctx.guard("attribute", function, attribute, getattr(function, attribute))
    if ctx.problems and ctx.inlined >= ENOUGH:
        return SILENCED
    if len(ctx.calls) >= DEEPEST or ctx.inlined >= MOST:
        return _refuse_size(ctx, node, name)
    if not is_plain_function(ctx, code.node, name, node):
        return SILENCED
    defaults = closure.defaults if function is None else _defaults(ctx, function, code.node, node)
    bound = bind(ctx, node, closure, arguments, keywords, defaults)
    if bound is None:
        return SILENCED
    active = activation(closure, bound)
    if active in ctx.calls:
        return ctx.refuse(
            node,
            "recursion",
            f"{name} calls itself, which is not supported",
            "write it as a loop, which keeps in variables what the calls pass on",
        )
    ctx.inlined += 1
    path, ctx.path = ctx.path, (*ctx.path, node)
    ctx.calls.append(active)
    ctx.called_from.append((ctx.span(node), name))
    frame = Frame(code, closure)
    with ctx.in_frame(frame):
        for parameter, meaning in bound.items():
            ctx.bind(parameter, meaning, parameter_node(code.node, parameter))
        result = run(ctx)
    ctx.calls.pop()
    ctx.called_from.pop()
    ctx.path = path
    _leave(ctx, frame)
    return result


def _refuse_size(ctx: Context, node: ast.Call, name: str) -> Meaning:
    """Say once that there are too many calls; the rest would only repeat it."""
    if len(ctx.calls) >= DEEPEST:
        message = f"{DEEPEST} calls within each other are too many"
    elif ctx.inlined == MOST:
        message = f"more than {MOST} calls, repeated ones included, are too many"
        ctx.inlined += 1
    else:
        return SILENCED
    return ctx.refuse(node, f"call of {name}", message, "use a loop instead of repeated calls")


def activation(closure: Closure, bound: Keywords) -> object:
    """What makes a call a recursion if it happens within itself.

    A function that is given another function may well be called by that one, with a third.
    """
    static = (
        (key, joins.shape(meaning))
        for key, meaning in bound.items()
        if isinstance(meaning, Closure | Static)
    )
    return joins.shape(closure), tuple(static)


def parameter_node(node: FunctionNode, name: str) -> ast.AST:
    """Where a parameter stands."""
    every = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    stars = (each for each in (node.args.vararg, node.args.kwarg) if each is not None)
    return next((each for each in (*every, *stars) if each.arg == name), node)


def run(ctx: Context) -> Meaning:
    """The result of the current frame's function, whose parameters are bound."""
    frame, node = ctx.frame, ctx.frame.code.node
    if isinstance(node, ast.Lambda):
        with ctx.at_statement(node.body):
            return ctx.evaluate(ctx, node.body)
    ctx.state[frame, joins.RETURNED] = Binding(const(False), ctx.span(node))
    ctx.execute(ctx, frame.code.body)
    if ctx.region.closed or frame.gives_up:
        return SILENCED
    return ctx.state[frame, joins.RESULT].meaning


def _leave(ctx: Context, frame: Frame) -> None:
    """Forget the names of a finished frame, but for those that inner functions may still read."""
    kept = frame.code.captured
    for key in [key for key in ctx.state if key[0] is frame and key[1] not in kept]:
        del ctx.state[key]


def is_plain_function(ctx: Context, node: FunctionNode, name: str, call: ast.AST) -> bool:
    """Whether calling it runs its body, once, with named parameters. Reports it if not."""
    if isinstance(node, ast.AsyncFunctionDef):
        ctx.refuse(call, f"call of {name}", ASYNC, f"define {name} with def, not async def")
        return False
    if isinstance(node, ast.FunctionDef) and contains(node.body, ast.Yield, ast.YieldFrom):
        hint = f"let {name} return a tuple of what it yields"
        ctx.refuse(call, f"call of {name}", GENERATORS, hint)
        return False
    return True


def _defaults(
    ctx: Context, function: FunctionType, node: FunctionNode, call: ast.AST
) -> dict[str, Meaning]:
    """The defaults of a function object, as they are now."""
    positional = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
    values = function.__defaults__ or ()
    found = dict(zip(positional[len(positional) - len(values) :], values, strict=True))
    found |= function.__kwdefaults__ or {}
    named = {
        name: None if isinstance(value, float | int) else name for name, value in found.items()
    }
    return {
        name: objects.meaning_of(ctx, value, named[name], call) for name, value in found.items()
    }


def bind(
    ctx: Context,
    node: ast.Call,
    closure: Closure,
    arguments: Arguments,
    keywords: Keywords,
    defaults: Keywords,
) -> dict[str, Meaning] | None:
    """One meaning per parameter; None, with a problem reported, where the call doesn't fit."""
    name, parameters = closure.code.name, closure.code.parameters
    only = [each.arg for each in parameters.posonlyargs]
    positional = only + [each.arg for each in parameters.args]
    named = [each.arg for each in parameters.kwonlyargs]
    what = f"call of {name}"
    hint = "it has no parameters"
    if positional or named:
        hint = f"its parameters are ({hints.shown(parameters, 2 * hints.WIDTH)})"
    rest, others = parameters.vararg, parameters.kwarg
    if len(arguments) > len(positional) and rest is None:
        message = f"{name} takes {_count(positional)}, got {len(arguments)}"
        ctx.refuse(node, what, message, hint)
        return None
    bound = dict(zip(positional, arguments, strict=False))
    more: dict[str, Meaning] = {}
    for key, meaning in keywords.items():
        if key in only or key not in (*positional, *named):
            if others is None:
                ctx.refuse(node, what, f"{name} has no parameter {key} to pass by name", hint)
                return None
            more[key] = meaning
            continue
        if key in bound:
            ctx.refuse(node, what, f"{name} gets {key} twice", hint)
            return None
        bound[key] = meaning
    missing = [each for each in (*positional, *named) if each not in bound | dict(defaults)]
    if missing:
        ctx.refuse(node, what, f"{name} is called without {' and '.join(missing)}", hint)
        return None
    found = {each: bound.get(each, defaults.get(each, SILENCED)) for each in (*positional, *named)}
    if rest is not None:
        found[rest.arg] = Structure(tuple(arguments[len(positional) :]))
    if others is not None:
        found[others.arg] = Structure(tuple(more.values()), Fields("dict", tuple(more)))
    return found


def _count(positional: Sequence[str]) -> str:
    if not positional:
        return "no positional argument"
    return f"{len(positional)} positional argument{'s' * (len(positional) > 1)}"
