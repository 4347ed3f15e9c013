"""Statements: one `match` over Python's nodes, with a refusal for whatever it doesn't name."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Sequence
from functools import partial

from autodiff_compiler.frontend import (
    growing,
    instances,
    iterables,
    joins,
    loops,
    targets,
    writes,
)
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.expressions import (
    apply_binary,
    condition,
    evaluate,
    evaluate_call,
    lambda_of,
)
from autodiff_compiler.frontend.hints import RUNNING
from autodiff_compiler.frontend.iterables import Driver
from autodiff_compiler.frontend.loops import Looping
from autodiff_compiler.frontend.names import blocks_of, contains
from autodiff_compiler.frontend.refuse import LOOP_ELSE, RETURN_IN_LOOP
from autodiff_compiler.frontend.values import (
    NO_RETURN,
    NONE,
    SILENCED,
    Binding,
    Meaning,
    Static,
    Structure,
)
from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import ArrayType, SequenceType
from autodiff_compiler.ir.values import Const, Operand, Value

Statements = Sequence[ast.stmt]

LOAD = ast.Load()
RAISE = 'write raise ValueError("...")'


def execute(ctx: Context, statements: Statements) -> None:
    """Lower a block of statements, up to where it certainly returns or raises."""
    for place, statement in enumerate(statements):
        if ctx.region.closed or joins.has_returned(ctx, ctx.state):
            return
        returned = ctx.state[ctx.frame, joins.RETURNED].meaning
        if not isinstance(returned, Const):
            _guarded(ctx, returned, statements[place:])
            return
        with ctx.at_statement(statement):
            if isinstance(statement, ast.If):
                if _branch(ctx, statement, statements[place + 1 :]):
                    return
            else:
                _statement(ctx, statement)


def _statement(ctx: Context, node: ast.stmt) -> None:
    match node:
        case ast.Expr(ast.Constant()) | ast.Pass():
            pass
        case ast.Expr() if (grown := growing.appended(node)) and growing.append(ctx, node, *grown):
            pass
        case ast.Expr(ast.Call() as call):
            evaluate_call(ctx, call)  # whatever it gives
        case ast.Expr(value):
            evaluate(ctx, value)
        case ast.Assign(places, value):
            meaning = evaluate(ctx, value)
            for target in places:
                meaning = targets.assign(ctx, target, meaning)
        case ast.AnnAssign(target, _, value):
            if value is not None:
                targets.assign(ctx, target, evaluate(ctx, value))
        case ast.AugAssign(target, op, value):
            _augment(ctx, node, target, op, value)
        case ast.FunctionDef(name):
            _define(ctx, node, name)
        case ast.Return(value):
            _return(ctx, node, value)
        case ast.Raise(exception, cause):
            _raise(ctx, node, exception, cause)
        case ast.Assert(test, message):
            _assert(ctx, node, test, message)
        case ast.For(target, iterable, _, orelse):
            _for(ctx, node, target, iterable)
            _loop_else(ctx, orelse)
        case ast.While(test, body, orelse):
            _looping(ctx, node, None, test, lambda: execute(ctx, body))
            _loop_else(ctx, orelse)
        case _:
            _refuse_compound(ctx, node)


# Assignment.


def _augment(
    ctx: Context, node: ast.AugAssign, target: ast.expr, op: ast.operator, value: ast.expr
) -> None:
    """`x += e` of a number is `x = x + e`."""
    if isinstance(target, ast.Subscript) and writes.array_written(ctx, target) is not None:
        writes.augment_item(ctx, node, target)
        return
    if isinstance(target, ast.Attribute) and instances.being_made(ctx, target) is not None:
        left = evaluate(
            ctx, ast.copy_location(ast.Attribute(target.value, target.attr, LOAD), target)
        )
        targets.assign(ctx, target, apply_binary(ctx, node, op, left, evaluate(ctx, value)))
        return
    if not isinstance(target, ast.Name):
        evaluate(ctx, value)
        targets.assign(ctx, target, SILENCED)
        return
    left = evaluate(ctx, ast.copy_location(ast.Name(target.id, ast.Load()), target))
    if isinstance(left, Value) and isinstance(left.type, ArrayType):
        writes.augment_array(ctx, node, target.id, left)
        return
    right = evaluate(ctx, value)
    if _is_list(left):
        left = ctx.refuse(
            node,
            "item assignment",
            "extending a list in place is not supported",
            RUNNING,
        )
    ctx.bind(target.id, apply_binary(ctx, node, op, left, right), target)


def _is_list(meaning: Meaning) -> bool:
    match meaning:
        case Structure(_, container) | Value(type=SequenceType(_, container)):
            return container == "list"
    return False


def _define(ctx: Context, node: ast.FunctionDef, name: str) -> None:
    meaning = lambda_of(ctx, node)
    if node.decorator_list:
        meaning = ctx.refuse(
            node.decorator_list[0],
            "decorator",
            "decorating an inner function is not supported",
            f"move {name} out of the function, or leave the decorator out",
        )
    ctx.bind(name, meaning, node)


# Leaving.


def _return(ctx: Context, node: ast.Return, value: ast.expr | None) -> None:
    at_end = node is ctx.frame.code.body[-1]
    meaning = (NO_RETURN if at_end else NONE) if value is None else evaluate(ctx, value)
    if ctx.frame.loops:
        ctx.refuse_as(node, RETURN_IN_LOOP)
        ctx.frame.gives_up = True
        return
    ctx.frame.last_return = node if value else None
    span = ctx.span(node)
    ctx.state[ctx.frame, joins.RESULT] = Binding(meaning, span)
    ctx.state[ctx.frame, joins.RETURNED] = Binding(const(True), span)


def _raise(
    ctx: Context, node: ast.Raise, exception: ast.expr | None, cause: ast.expr | None
) -> None:
    arguments: list[ast.expr] = []
    named = exception
    if isinstance(exception, ast.Call):
        named, arguments = exception.func, exception.args
    if named is None or cause is not None:
        what = "raise" if named is None else "raise from"
        ctx.refuse(node, what, "handling exceptions is not supported", RAISE)
        return
    kind = evaluate(ctx, named)
    operands: list[Operand | None] = [
        ctx.as_operand(evaluate(ctx, argument), argument, "raise") for argument in arguments
    ]
    if kind is SILENCED or None in operands:
        ctx.region.closed = True
        return
    raised = kind.value if isinstance(kind, Static) else None
    keywords = isinstance(exception, ast.Call) and exception.keywords
    starred = any(isinstance(argument, ast.Starred) for argument in arguments)
    if not _is_builtin_exception(raised) or len(operands) > 1 or keywords or starred:
        ctx.refuse(
            node,
            "raise",
            "only Python's own exceptions, with at most one message, are supported",
            RAISE,
        )
    else:
        assert isinstance(raised, type)
        known = [operand for operand in operands if operand is not None]
        ctx.op(node, "raise", *known, exception=raised.__name__)
    ctx.region.closed = True


def _is_builtin_exception(raised: object) -> bool:
    return (
        isinstance(raised, type)
        and issubclass(raised, BaseException)
        and getattr(builtins, raised.__name__, None) is raised
    )


def _assert(ctx: Context, node: ast.Assert, test: ast.expr, message: ast.expr | None) -> None:
    if not __debug__:  # `python -O` drops them
        return
    holds = condition(ctx, test)
    if holds is None or (isinstance(holds, Const) and holds.value):
        return
    if isinstance(message, ast.Constant) and type(message.value) is str:
        ctx.op(node, "assert", holds, const(message.value))
    elif message is None:
        ctx.op(node, "assert", holds)
    else:
        # The message is computed only where the assertion fails.
        then, orelse = joins.open_arm(ctx), joins.open_arm(ctx)
        with joins.within(ctx, orelse):
            text = ctx.as_operand(evaluate(ctx, message), message, "assert")
            if text is not None:
                ctx.op(node, "raise", text, exception="AssertionError")
            ctx.region.closed = True
        joins.merge(ctx, node, holds, then, orelse, _live_after(ctx, node))


# Branches.


def _live_after(ctx: Context, statement: ast.stmt) -> frozenset[str]:
    code = ctx.frame.code
    return code.after[statement] | code.captured


def _branch(ctx: Context, node: ast.If, rest: Statements) -> bool:
    """An `if`, and whether it has taken the statements after it along.

    Where one arm returns for certain, the rest belongs to the other. Where an arm may or may not
    return, a flag says so, and guards the rest.
    """
    holds = condition(ctx, node.test)
    if isinstance(holds, Const):
        execute(ctx, node.body if holds.value else node.orelse)
        return False
    arms = []
    for body in (node.body, node.orelse):
        arm = joins.open_arm(ctx)
        with joins.within(ctx, arm):
            execute(ctx, body)
        arms.append(arm)
    then, orelse = arms
    live = _live_after(ctx, node)
    returned = [joins.has_returned(ctx, arm.state) for arm in arms]
    going_on = [not (arm.region.closed or gone) for arm, gone in zip(arms, returned, strict=True)]
    took_rest = bool(rest) and any(returned) and any(going_on)
    if took_rest:
        with joins.within(ctx, arms[going_on.index(True)]):
            execute(ctx, rest)
        live = _live_after(ctx, rest[-1])
    if holds is None:
        _forget(ctx, node, took_rest)
    else:
        joins.merge(ctx, node, holds, then, orelse, live)
    return took_rest


def _forget(ctx: Context, node: ast.If, took_rest: bool) -> None:
    """After a branch whose condition has been refused nothing that it may change is known."""
    for name in ctx.assigned(node):
        ctx.state[ctx.frame, name] = Binding(SILENCED, ctx.span(node))
    if took_rest or contains([node], ast.Return):
        ctx.frame.gives_up = True
    if took_rest:
        ctx.state[ctx.frame, joins.RETURNED] = Binding(const(True), ctx.span(node))


def _guarded(ctx: Context, returned: Meaning, rest: Statements) -> None:
    """The rest of a block, for where the function has not returned yet."""
    assert isinstance(returned, Value)
    node = rest[0]
    then, orelse = joins.open_arm(ctx), joins.open_arm(ctx)
    then.state[ctx.frame, joins.RETURNED] = Binding(const(True), ctx.span(node))
    with ctx.at_statement(node):
        with joins.within(ctx, orelse):
            ctx.state[ctx.frame, joins.RETURNED] = Binding(const(False), ctx.span(node))
            ctx.state.pop((ctx.frame, joins.RESULT), None)
            execute(ctx, rest)
        joins.merge(ctx, node, returned, then, orelse, _live_after(ctx, rest[-1]))


# Loops.


def _for(ctx: Context, node: ast.For, target: ast.expr, iterable: ast.expr) -> None:
    driver = iterables.drive(ctx, evaluate(ctx, iterable), target, iterable)
    names = ctx.assigned(node)

    def body(element: Meaning) -> None:
        targets.assign(ctx, target, iterables.settled(ctx, element, iterable))
        execute(ctx, node.body)

    if driver is None:
        _refused_body(ctx, node, lambda: body(SILENCED), names)
    elif isinstance(driver, Driver):
        element = driver.element
        # What the loop runs over is read in each iteration, as it is by then.
        before = ctx.facts.kept
        ctx.facts.kept |= iterables.arrays_in(ctx, element)
        _looping(ctx, node, driver, None, lambda: body(element))
        ctx.facts.kept -= iterables.arrays_in(ctx, element) - before
        iterables.check_lengths(ctx, driver, iterable)
    else:
        _unrolled(ctx, node, driver, body)


def _looping(
    ctx: Context,
    node: ast.For | ast.While,
    driver: Driver | None,
    test: ast.expr | None,
    body: Callable[[], None],
) -> None:
    """A loop, with the lists that it gives an item in each iteration."""
    names = growing.collected_by(ctx, node)

    def collecting() -> list[Operand]:
        keys = [(ctx.frame, name) for name in names]
        outside, ctx.collecting = ctx.collecting, dict.fromkeys(keys)
        body()
        found, ctx.collecting = ctx.collecting, outside
        return [item for key in keys if (item := found[key]) is not None]

    found = loops.run(ctx, Looping(node, ctx.assigned(node), driver, test, collecting))
    growing.bind_collected(ctx, names, found, node)


def _unrolled(
    ctx: Context, node: ast.For, items: list[Meaning], body: Callable[[Meaning], None]
) -> None:
    """Items that are no numbers, functions say: the body once for each."""
    ctx.frame.loops += 1
    for place, item in enumerate(items):
        path, ctx.path = ctx.path, (*ctx.path, (node, place))
        body(item)
        ctx.path = path
    ctx.frame.loops -= 1


def _loop_else(ctx: Context, orelse: Statements) -> None:
    if orelse:
        site = ctx.site(orelse[0])
        ctx.refuse(
            _else_before(ctx, orelse[0]),
            LOOP_ELSE.construct,
            LOOP_ELSE.message,
            LOOP_ELSE.hint_at(site),
        )
        execute(ctx, orelse)


def _else_before(ctx: Context, first: ast.stmt) -> ast.AST:
    """The word `else` before the first statement of its block, as a node to point at."""
    for line in range(first.lineno, 0, -1):
        text = ctx.source.lines[line - 1]
        if re.match(r"\s*else\b", text):
            column = text.index("else")
            place = {"lineno": line, "col_offset": column, "end_lineno": line}
            return ast.Pass(**place, end_col_offset=column + len("else"))
    return first


# Refusing.


def _refuse_compound(ctx: Context, node: ast.stmt) -> None:
    """Refuse a statement, and look for more problems inside it."""
    ctx.refuse_as(node)
    names = ctx.assigned(node)
    for block in blocks_of(node):
        _refused_body(ctx, node, partial(execute, ctx, block), names)
    for name in names:
        ctx.state[ctx.frame, name] = Binding(SILENCED, ctx.span(node))
    if contains([node], ast.Return, ast.Yield, ast.YieldFrom):
        ctx.frame.gives_up = True


def _refused_body(
    ctx: Context, node: ast.stmt, body: Callable[[], None], names: Sequence[str]
) -> None:
    """Lower a block for its problems only, knowing nothing of the names that it may change."""
    for name in names:
        ctx.state[ctx.frame, name] = Binding(SILENCED, ctx.span(node))
    arm = joins.open_arm(ctx)
    with joins.within(ctx, arm):
        body()
    for name in names:
        ctx.state[ctx.frame, name] = Binding(SILENCED, ctx.span(node))
