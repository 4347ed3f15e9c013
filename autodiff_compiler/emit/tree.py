"""What is about to be written: statements over variables, between the IR and Python's AST.

A value of the IR is either part of the expression that reads it or kept in a variable. Variables
may be assigned many times (a loop's carried value is one variable throughout), so this is where
SSA ends. Names come last: a read is an `ast.Name` whose `id` is filled in when its variable has
one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from autodiff_compiler.ir.types import Type
from autodiff_compiler.ir.values import UNKNOWN, Origin


@dataclass(eq=False)
class Variable:
    """Where values are kept. `hint` is the name they should have, else they are named after
    `stem`; a parameter is `fixed`, its name is part of the signature."""

    type: Type
    hint: str | None
    stem: str
    number: int
    fixed: bool = False
    name: str = ""


Read = tuple[ast.Name, Variable]


@dataclass(eq=False)
class Expression:
    """An expression and the variables that it reads.

    `acts`: it may raise or act. `quiet`: a derivative operation in it may warn where the primal
    did not; `loud`: an operation of the primal in it may warn, and must be heard. `inner` are the
    variables of comprehensions in it. `shares` are variables whose object the value may be, or
    may hold; `fresh` values are new objects. A `blank` one is not written: there is nothing to
    assign, but what the variable held before is no longer needed. `size` counts operations. A sum
    that may be added to the array `into`, its first term, is so if `in_place`.
    """

    code: ast.expr
    reads: list[Read] = field(default_factory=list)
    acts: bool = False
    quiet: bool = False
    loud: bool = False
    inner: list[Variable] = field(default_factory=list)
    shares: list[Variable] = field(default_factory=list)
    fresh: bool = False
    blank: bool = False
    size: int = 0
    into: Variable | None = None
    in_place: bool = False

    @property
    def variable(self) -> Variable | None:
        """The variable that this is a plain read of, if it is one."""
        if len(self.reads) == 1 and self.reads[0][0] is self.code:
            return self.reads[0][1]
        return None


@dataclass(eq=False)
class Assign:
    target: Variable
    value: Expression
    origin: Origin = UNKNOWN
    counts: bool = False  # `steps += 1`


@dataclass(eq=False)
class Move:
    """Assigns all at once: every value is evaluated, in order, before any variable changes."""

    targets: list[Variable]
    values: list[Expression]
    origins: list[Origin]
    kind: str  # "init" | "next" | "yield": where the values go


@dataclass(eq=False)
class Update:
    """Changes a sequence in place: `target` is what `initial` is, with one element changed.

    `code` is a statement on `target`, read by `place`. If `copied`, `initial` is a copy.
    """

    target: Variable
    initial: Expression
    code: ast.stmt
    place: ast.Name
    value: Expression
    origin: Origin = UNKNOWN
    copied: bool = False


@dataclass(eq=False)
class Perform:
    """A statement without a result; its parts are the expression's reads.

    `remark` says why it stands there, where that isn't plain.
    """

    code: ast.stmt
    value: Expression
    origin: Origin = UNKNOWN
    remark: str = ""

    @property
    def ends(self) -> bool:
        return isinstance(self.code, ast.Raise)


@dataclass(eq=False)
class Branch:
    condition: Expression
    then: list[Statement]
    orelse: list[Statement]
    origin: Origin = UNKNOWN


@dataclass(eq=False)
class Repeat:
    """A `for` over `iterable`, or a `while` where there is none.

    `targets` are assigned by the `for` as `pattern` says, None for what nobody reads. What is in
    `held` is iterated over, and so in use until the loop is done. `guard` and then `test` run at
    the top of each iteration.
    """

    targets: list[Variable]
    pattern: ast.expr | None
    pattern_reads: list[Read]
    iterable: Expression | None
    held: list[Variable]
    guard: list[Statement]
    test: Expression | None
    body: list[Statement]
    origin: Origin = UNKNOWN


@dataclass(eq=False)
class Return:
    value: Expression
    origin: Origin = UNKNOWN


@dataclass(eq=False)
class Define:
    """A function inside the function: the pullback."""

    name: str
    params: list[Variable]
    body: list[Statement]
    origin: Origin = UNKNOWN


@dataclass(eq=False)
class Silence:
    """Statements under `context`, which keeps NumPy from warning."""

    context: Expression
    body: list[Statement]
    origin: Origin = UNKNOWN


Statement = Assign | Move | Update | Perform | Branch | Repeat | Return | Define | Silence


def bodies_of(statement: Statement) -> tuple[list[Statement], ...]:
    match statement:
        case Branch():
            return (statement.then, statement.orelse)
        case Repeat():
            return (statement.guard, statement.body)
        case Define() | Silence():
            return (statement.body,)
        case _:
            return ()


def expressions_of(statement: Statement) -> tuple[Expression, ...]:
    """The expressions that a statement evaluates itself."""
    match statement:
        case Assign() | Return() | Perform():
            return (statement.value,)
        case Move():
            return tuple(statement.values)
        case Update():
            return (statement.initial, statement.value)
        case Branch():
            return (statement.condition,)
        case Repeat():
            return tuple(each for each in (statement.iterable, statement.test) if each)
        case Silence():
            return (statement.context,)
        case Define():
            return ()


def all_statements(body: list[Statement]) -> Iterator[Statement]:
    """Every statement, those inside others after them."""
    for statement in body:
        yield statement
        for inside in bodies_of(statement):
            yield from all_statements(inside)
