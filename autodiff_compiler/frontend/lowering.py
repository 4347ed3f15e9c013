"""The entrance: a function and what is known of its arguments in, a graph and guards out."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import FunctionType

from autodiff_compiler.errors import InternalError, Problem, StaticWanted, UnsupportedError, ordered
from autodiff_compiler.frontend import calls, comprehensions, expressions, objects, statements
from autodiff_compiler.frontend.context import Context, Guard
from autodiff_compiler.frontend.refuse import STAR_PARAMETER
from autodiff_compiler.frontend.values import SILENCED, Frame, Meaning, Poison, Static
from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import OPAQUE, ScalarType, Type, holds_array, type_of
from autodiff_compiler.ir.values import Block, Const, Function, Node, Operand, Origin, Value
from autodiff_compiler.ir.walk import map_blocks, values_defined
from autodiff_compiler.source import find


@dataclass(frozen=True)
class Lowered:
    """A function as a graph, valid while all guards hold."""

    function: Function
    guards: tuple[Guard, ...]


def lower(function: Callable[..., object], arguments: Mapping[str, Type | Static]) -> Lowered:
    """Lower a function for arguments of these types, or with these static values.

    `arguments` has one entry per parameter, in order. Raises UnsupportedError with every problem of
    the function, SourceError where its source can't be trusted.
    """
    source = find(function)
    plain = source.function
    ctx = Context(statements.execute, expressions.evaluate, calls.call, comprehensions.generate)
    closure = ctx.closure_of(plain)
    ctx.frame = Frame(closure.code, closure)
    ctx.heap = Frame(closure.code, closure)
    ctx.entrance = closure.code.name
    ctx.calls.append(calls.activation(closure, {}))
    node = closure.code.node
    ctx.params = params = _bind_parameters(ctx, plain, arguments)
    if isinstance(node, ast.AsyncFunctionDef):
        ctx.refuse_as(node)
    yields: tuple[Operand, ...] = ()
    try:
        result = calls.run(ctx)
        if not ctx.region.closed:
            yields = _returned(ctx, result)
    except RecursionError:
        ctx = Context(statements.execute, expressions.evaluate, calls.call, comprehensions.generate)
        ctx.frame = Frame(closure.code, closure)
        said = "statements or expressions are nested too deeply"
        ctx.refuse(node, "nesting", said, "split it into smaller functions or expressions")
    ctx.settle_doubts()
    if ctx.wanted_static and not ctx.problems:
        wanted = ctx.wanted_static
        raise StaticWanted(wanted, plain.__qualname__, wanted.values())
    if not (ctx.problems or yields or ctx.region.closed):
        raise InternalError("something was refused and not reported", plain.__qualname__)
    if ctx.problems:
        raise UnsupportedError(plain.__qualname__, _distinct(ctx))
    code = plain.__code__
    named = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    lowered = Function(
        name="lambda_" if isinstance(node, ast.Lambda) else node.name,
        params=params,
        body=_silent_if_arrays(params, ctx.region.finished(*yields)),
        origin=Origin(ctx.span(node)),
        defaults=_defaults(plain, arguments),
        keyword_only=frozenset(named),
        fixed=_fixed(node, arguments),
    )
    return Lowered(lowered, tuple(ctx.guards.values()))


def _silent_if_arrays(params: Iterable[Value], body: Block) -> Block:
    """In a function of arrays, what nobody reads is not computed for its warnings alone: that may
    cost as much as all the rest."""
    if not any(holds_array(each.type) for each in (*params, *values_defined(body.nodes))):
        return body
    known: dict[Origin, Origin] = {}

    def inside(block: Block) -> Block:
        return replace(block, nodes=tuple(map(silenced, block.nodes)))

    def silenced(node: Node) -> Node:
        origin = known.setdefault(node.origin, replace(node.origin, silent=True))
        return map_blocks(replace(node, origin=origin), inside)

    return inside(body)


def _bind_parameters(
    ctx: Context, function: FunctionType, arguments: Mapping[str, Type | Static]
) -> tuple[Value, ...]:
    node = ctx.frame.code.node
    params = []
    starred = {each.arg for each in (node.args.vararg, node.args.kwarg) if each is not None}
    for each in (node.args.vararg, node.args.kwarg):
        if each is not None:
            ctx.refuse_as(each, STAR_PARAMETER)
            ctx.bind(each.arg, SILENCED, node)
    for name, given in arguments.items():
        meaning: Meaning
        if name in starred:
            meaning = param = Value(OPAQUE, name)
        elif isinstance(given, Static):
            param = Value(type_of(given.value) or OPAQUE, name)
            meaning = objects.meaning_of(ctx, given.value, None, node)
        else:
            meaning = param = Value(given, name)
        params.append(param)
        ctx.region.values.add(param)
        if name not in starred:
            ctx.bind(name, meaning, calls.parameter_node(node, name))
    return tuple(params)


def _returned(ctx: Context, result: Meaning) -> tuple[Operand, ...]:
    node = ctx.frame.code.node
    if result is SILENCED:
        return ()
    if isinstance(result, Poison):
        here = ctx.span(node)
        notes = tuple(note for note in result.notes if note[0] != here)
        ctx.refuse(node, "return", f"the result {result.reason}", result.hint, notes)
        return ()
    statement = node.body if isinstance(node, ast.Lambda) else ctx.frame.last_return or node
    with ctx.at_statement(statement):
        operand = ctx.as_operand(result, statement, "return")
    return () if operand is None else (operand,)


def _distinct(ctx: Context) -> Iterable[Problem]:
    """Each problem once, though a function may be called from several places."""
    found: dict[tuple[object, ...], Problem] = {}
    for each in ordered(ctx.problems):
        once = (each.span.file, each.construct, each.message)
        key = once if once in ctx.said_once else (each.span, *once)
        found.setdefault(key, each)
    return found.values()


def _fixed(node: ast.AST, arguments: Mapping[str, Type | Static]) -> dict[str, object]:
    """The static arguments that the function reads."""
    read = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return {
        name: given.value
        for name, given in arguments.items()
        if isinstance(given, Static) and name in read
    }


def _has_literal(value: object) -> bool:
    """Whether a value can stand in the text: a number, a string, None, or a tuple of those."""
    if type(value) is tuple:
        return all(map(_has_literal, value))
    return value is None or type(value) is str or isinstance(type_of(value), ScalarType)


def _defaults(function: FunctionType, arguments: Mapping[str, Type | Static]) -> dict[str, Const]:
    """The defaults that are numbers, strings, None or tuples of them.

    A function or another object is known by now, and nothing reads it: None stands for it, since
    without a default all those before it would have to go.
    """
    code = function.__code__
    values = function.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount]
    found = dict(zip(names[len(names) - len(values) :], values, strict=True))
    found |= function.__kwdefaults__ or {}
    written = {}
    for name, value in found.items():
        if _has_literal(value):
            written[name] = const(value)
        elif isinstance(arguments[name], Static):
            written[name] = const(None)
    return written
