"""Which variables are needed where, and so which may never share a name.

The statements are walked backwards with the set of variables that are still to be read. A variable
that is assigned clashes with every other one that is live just then, except with one that it is a
copy of. Sets are bit masks over the variables' numbers.

A loop needs no iteration to a fixpoint: what is live at its head is what is live after it, what it
iterates over, and what an iteration reads before assigning it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from autodiff_compiler.emit.tree import (
    Assign,
    Branch,
    Define,
    Expression,
    Move,
    Perform,
    Repeat,
    Return,
    Silence,
    Statement,
    Update,
    Variable,
)


@dataclass
class Liveness:
    """`clashes[n]` are the variables that may not share the name of variable n; `after` says what
    is live after each statement."""

    clashes: list[int]
    after: dict[Statement, int] = field(default_factory=dict)


def bit(variable: Variable) -> int:
    return 1 << variable.number


def bits(variables: Sequence[Variable]) -> int:
    mask = 0
    for variable in variables:
        mask |= 1 << variable.number
    return mask


def numbers_in(mask: int) -> list[int]:
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found


def liveness_of(
    params: Sequence[Variable], body: Sequence[Statement], variables: Sequence[Variable]
) -> Liveness:
    found = Liveness([0] * len(variables))
    walk = _Walk(found)
    live = walk.block(body, 0)
    walk.assign(params, live | bits(params))
    clashes = found.clashes
    for number, mask in enumerate(list(clashes)):
        for other in numbers_in(mask):
            clashes[other] |= 1 << number
    return found


def reads(expression: Expression) -> int:
    mask = 0
    for _, variable in expression.reads:
        mask |= 1 << variable.number
    return mask & ~bits(expression.inner)


class _Walk:
    """Walks statements backwards. Without a Liveness to fill, it only says what is live."""

    def __init__(self, found: Liveness | None, returning: int = 0) -> None:
        self.found = found
        self.returning = returning  # live once the function has returned: what is captured

    def block(self, body: Sequence[Statement], live: int) -> int:
        for statement in reversed(body):
            live = self.statement(statement, live)
        return live

    def assign(self, targets: Sequence[Variable], live: int, copies: int = 0) -> None:
        """Targets get values while `live` (targets and all) are live."""
        if self.found is not None:
            live |= bits(targets)
            for target in targets:
                self.found.clashes[target.number] |= live & ~bit(target) & ~copies

    def read(self, expression: Expression, live: int) -> int:
        """What is live before the expression is evaluated."""
        mask = reads(expression)
        if expression.inner and self.found is not None:
            # A comprehension has a scope of its own, but may not hide what it reads from outside.
            self.assign(expression.inner, mask | bits(expression.inner))
        return live | mask

    def statement(self, statement: Statement, live: int) -> int:
        if self.found is not None:
            self.found.after[statement] = live
        match statement:
            case Assign():
                source = statement.value.variable
                copy = 0 if source is None else bit(source)
                self.assign([statement.target], live, copy)
                return self.read(statement.value, live & ~bit(statement.target))
            case Move():
                return self.move(statement, live)
            case Update():
                return self.update(statement, live)
            case Perform():
                return self.read(statement.value, 0 if statement.ends else live)
            case Branch():
                both = self.block(statement.then, live) | self.block(statement.orelse, live)
                return self.read(statement.condition, both)
            case Repeat():
                return self.repeat(statement, live)
            case Return():
                return self.read(statement.value, self.returning)
            case Define():
                return self.define(statement, live)
            case Silence():
                return self.block(statement.body, live)
        assert_never(statement)

    def move(self, move: Move, live: int) -> int:
        for target, value in zip(move.targets, move.values, strict=True):
            source = value.variable
            # Where the source is assigned too, it is no longer what the target is a copy of.
            copied = source is not None and (source is target or source not in move.targets)
            copy = bit(source) if copied and source is not None else 0
            self.assign([target], live | bits(move.targets), copy)
        live &= ~bits(move.targets)
        for value in move.values:
            live = self.read(value, live)
        return live

    def update(self, update: Update, live: int) -> int:
        # Where target and base get different names, the target is assigned first: it may not take
        # a name that the change still reads.
        source = update.initial.variable
        copy = 0 if source is None else bit(source)
        live = self.read(update.value, live)
        self.assign([update.target], live, copy)
        return self.read(update.initial, live & ~bit(update.target))

    def repeat(self, repeat: Repeat, live: int) -> int:
        targets = bits(repeat.targets)
        held = bits(repeat.held)
        first = _Walk(None, self.returning)
        exposed = first.iteration(repeat, 0, 0) & ~targets
        head = live | held | exposed
        inside = self.iteration(repeat, head, live)
        self.assign(repeat.targets, inside | targets | held)
        before = live | held | (inside & ~targets)
        return before if repeat.iterable is None else self.read(repeat.iterable, before)

    def iteration(self, repeat: Repeat, head: int, after: int) -> int:
        """What is live once an iteration has begun, if `head` is at its end."""
        live = self.block(repeat.body, head)
        if repeat.test is not None:
            live = self.read(repeat.test, live | after)
        return self.block(repeat.guard, live)

    def define(self, definition: Define, live: int) -> int:
        captured = _Walk(None).block(definition.body, 0) & ~bits(definition.params)
        inside = _Walk(self.found, captured)
        entry = inside.block(definition.body, captured)
        if self.found is not None:
            inside.assign(definition.params, entry | captured | bits(definition.params))
        return live | captured
