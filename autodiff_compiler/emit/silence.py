"""Puts derivative statements that might warn where the primal did not under `np.errstate`.

Runs of statements are taken together, whole loops with them, as long as no operation of the primal
whose warnings must be heard is among them.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from autodiff_compiler.emit.spelling import LOAD, read
from autodiff_compiler.emit.tree import (
    Branch,
    Define,
    Expression,
    Repeat,
    Silence,
    Statement,
    all_statements,
    expressions_of,
)


def silenced(body: Sequence[Statement]) -> list[Statement]:
    """The statements, with those that need it under `np.errstate`."""
    if not any(e.quiet for each in all_statements(list(body)) for e in expressions_of(each)):
        return list(body)
    made: list[Statement] = []
    run: list[Statement] = []
    for statement in body:
        if _is_loud(statement) or isinstance(statement, Define):
            _close(run, made)
            made.append(_inside(statement))
        elif run or _is_quiet(statement):
            run.append(statement)
        else:
            made.append(statement)
    _close(run, made)
    return made


def _close(run: list[Statement], made: list[Statement]) -> None:
    """End a run of statements: what follows its last one that may warn stays outside."""
    rest: list[Statement] = []
    while run and not _is_quiet(run[-1]):
        rest.insert(0, run.pop())
    if run:
        made.append(Silence(_ignoring(), list(run)))
        run.clear()
    made += rest


def _ignoring() -> Expression:
    """`np.errstate(all="ignore")`."""
    errstate = ast.Attribute(read("np"), "errstate", LOAD)
    return Expression(ast.Call(errstate, [], [ast.keyword("all", ast.Constant("ignore"))]))


def _inside(statement: Statement) -> Statement:
    match statement:
        case Branch():
            statement.then = silenced(statement.then)
            statement.orelse = silenced(statement.orelse)
        case Repeat():
            statement.guard = silenced(statement.guard)
            statement.body = silenced(statement.body)
        case Define():
            statement.body = silenced(statement.body)
        case _:
            pass
    return statement


def _is_quiet(statement: Statement) -> bool:
    return any(e.quiet for each in all_statements([statement]) for e in expressions_of(each))


def _is_loud(statement: Statement) -> bool:
    return any(e.loud for each in all_statements([statement]) for e in expressions_of(each))
