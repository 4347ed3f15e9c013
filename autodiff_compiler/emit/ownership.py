"""Which sequences may be changed in place.

An update writes in place if its operand owns the list, alone, and nobody reads the old value later:
not further on, not in the next iteration, not in the next call of the pullback. Otherwise the list
is copied first. What a loop carries and updates owns its list from the start: an initial value
that somebody else may hold is copied once, before the loop.

Owned is what was made here and went to one place only. Handing a list on (to a carried value, a
branch's result, a saved sequence) hands ownership on if that was the variable's last use; if it
lives on, the list has two holders and is never changed again.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence

from autodiff_compiler.emit.liveness import Liveness, bit, bits
from autodiff_compiler.emit.spelling import LOAD, call, read
from autodiff_compiler.emit.tree import (
    Assign,
    Expression,
    Move,
    Statement,
    Update,
    Variable,
    all_statements,
    expressions_of,
)
from autodiff_compiler.ir.types import ArrayType, Type


def has_updates(body: Sequence[Statement]) -> bool:
    """Whether anything is, or may be, changed in place."""
    return any(
        isinstance(each, Update) or any(e.into for e in expressions_of(each))
        for each in all_statements(list(body))
    )


def settle_updates(body: Sequence[Statement], liveness: Liveness) -> None:
    """Decide for each update whether it needs a copy, and copy what carried values start from."""
    statements = list(all_statements(list(body)))
    carried = _carried(statements)
    owned = carried | _made_here(statements)
    owned -= _shared(statements, carried, liveness)
    new = _always_new(statements, liveness, _shared(statements, carried, liveness))
    for statement in statements:
        live = liveness.after.get(statement, -1)  # -1: everything
        _add_in_place(statement, owned | new, live)
        match statement:
            case Update():
                if not _hands_over(statement.initial, owned, live):
                    copy = _copy(statement.initial, statement.target.type)
                    statement.initial, statement.copied = copy, True
            case Move():
                live &= ~bits(statement.targets)
                shares = Counter(each for value in statement.values for each in value.shares)
                pairs = zip(statement.targets, statement.values, strict=True)
                for place, (target, value) in enumerate(pairs):
                    source = value.variable
                    alone = source is None or shares[source] == 1
                    if target in carried and not (alone and _hands_over(value, owned, live)):
                        statement.values[place] = _copy(value, target.type)
            case _:
                pass


def _add_in_place(statement: Statement, owned: set[Variable], live: int) -> None:
    """Decide which sums are added to their first term, whose old value nobody needs."""
    if not isinstance(statement, Assign | Move):
        return
    values = expressions_of(statement)
    targets = statement.targets if isinstance(statement, Move) else [statement.target]
    for target, value in zip(targets, values, strict=True):
        source = value.into
        if source is None or source not in owned or live & bit(source) & ~bit(target):
            continue
        others = [other for other in values if other is not value]
        if not any(variable is source for other in others for _, variable in other.reads):
            value.in_place = True


def _always_new(
    statements: Sequence[Statement], liveness: Liveness, shared: set[Variable]
) -> set[Variable]:
    """The array variables that only ever hold arrays made here, and hold them alone.

    What a `shared` variable holds has another holder; so has what goes to two places at once.
    """
    sources: dict[Variable, list[tuple[Expression, int]]] = {}
    other: set[Variable] = set()
    for statement in statements:
        live = liveness.after.get(statement, -1)
        match statement:
            case Assign(target, value):
                sources.setdefault(target, []).append((value, live & ~bit(target)))
            case Move(targets, values):
                after = live & ~bits(targets)
                holders = Counter(each for value in values for each in value.shares)
                for target, value in zip(targets, values, strict=True):
                    if any(holders[each] > 1 for each in value.shares):
                        other.add(target)
                    sources.setdefault(target, []).append((value, after))
            case Update():
                other.add(statement.target)
            case _:
                pass
    found = {each for each in sources if isinstance(each.type, ArrayType)} - other - shared
    while True:
        fewer = {
            target
            for target in found
            if all(
                value.fresh if value.variable is None else _alone(value.variable, found, live)
                for value, live in sources[target]
            )
        }
        if fewer == found:
            return found
        found = fewer


def _alone(source: Variable, found: set[Variable], live: int) -> bool:
    return source in found and not live & bit(source)


def _carried(statements: Sequence[Statement]) -> set[Variable]:
    """The variables that values are moved into and that are updated, there or where they go."""
    moves = [
        (target, value.variable)
        for statement in statements
        if isinstance(statement, Move)
        for target, value in zip(statement.targets, statement.values, strict=True)
    ]
    moved_into = {target for target, _ in moves}
    updated = {
        statement.initial.variable for statement in statements if isinstance(statement, Update)
    }
    carried = {variable for variable in moved_into if variable in updated}
    waiting = list(carried)
    while waiting:
        found = waiting.pop()
        for target, source in moves:
            if target is found and source in moved_into and source not in carried:
                assert source is not None
                carried.add(source)
                waiting.append(source)
    return carried


def _made_here(statements: Sequence[Statement]) -> set[Variable]:
    """The variables that only ever hold new lists."""
    made: set[Variable] = set()
    for statement in statements:
        match statement:
            case Assign() if statement.value.fresh:
                made.add(statement.target)
            case Update():
                made.add(statement.target)
            case _:
                pass
    return made


def _shared(
    statements: Sequence[Statement], carried: set[Variable], liveness: Liveness
) -> set[Variable]:
    """The variables that live on after their list got another holder."""
    shared: set[Variable] = set()
    for statement in statements:
        live = liveness.after.get(statement, -1)
        if isinstance(statement, Move):
            pairs = zip(statement.targets, statement.values, strict=True)
            values = [v for target, v in pairs if target not in carried or v.variable is None]
            live &= ~bits(statement.targets)
        elif isinstance(statement, Update):
            values = [] if statement.initial.variable else [statement.initial]
        else:
            values = list(expressions_of(statement))
        for value in values:
            shared.update(each for each in value.shares if live & bit(each))
    return shared


def _hands_over(value: Expression, owned: set[Variable], live: int) -> bool:
    """Whether the value is a list that nobody else has, or will look at again."""
    source = value.variable
    if source is None:
        return value.fresh
    return source in owned and not live & bit(source)


def _copy(value: Expression, found: Type) -> Expression:
    code = call("list", value.code)
    if isinstance(found, ArrayType):
        # Unlike x.copy(), this keeps the order of axes in memory, and so that of later sums.
        code = ast.Call(ast.Attribute(read("np"), "copy", LOAD), [value.code], [])
    return Expression(
        code, value.reads, value.acts, value.quiet, value.loud, value.inner,
        fresh=True,
    )  # fmt: skip
