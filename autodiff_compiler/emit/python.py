"""From statements over named variables to Python's AST.

Moves become assignments in an order in which none overwrites what a later one reads, and one
assignment of a tuple where there is no such order. What adds to its own target becomes `x += a`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from autodiff_compiler.emit.spelling import LOAD, STORE
from autodiff_compiler.emit.tree import (
    Assign,
    Branch,
    Define,
    Expression,
    Move,
    Perform,
    Read,
    Repeat,
    Return,
    Silence,
    Statement,
    Update,
    Variable,
)
from autodiff_compiler.ir.types import ScalarType
from autodiff_compiler.ir.values import Origin


@dataclass
class Written:
    """Statements of Python's: where each comes from, which get a comment that says so, which are
    set off by a blank line, which could be made shorter, with a temporary, and what is remarked
    beside them."""

    origins: dict[ast.stmt, Origin] = field(default_factory=dict)
    explained: set[ast.stmt] = field(default_factory=set)
    spaced: set[ast.stmt] = field(default_factory=set)
    foldable: set[ast.stmt] = field(default_factory=set)
    remarks: dict[ast.stmt, str] = field(default_factory=dict)


def python_body(body: Sequence[Statement], written: Written) -> list[ast.stmt]:
    """The statements in Python; every variable in them has its name."""
    writer = _Writer(written)
    sweep = _last_sweep(body)
    made: list[ast.stmt] = []
    for place, statement in enumerate(body):
        lines = writer.statement(statement)
        after = place > 0 and isinstance(body[place - 1], Define)
        if lines and (place in sweep or after or isinstance(statement, Define)) and made:
            written.spaced.add(lines[0])
        made += lines
    return made or [ast.Pass()]


def _last_sweep(body: Sequence[Statement]) -> set[int]:
    """Where a new sweep begins: nothing before it is of as high an order, nothing after lower."""
    orders = [_order(statement) for statement in body if not isinstance(statement, Return)]
    return {
        place
        for place, order in enumerate(orders)
        if place > 0
        and max(orders[:place]) < order <= min(orders[place:])
        and not _same_source(body[place - 1], body[place])
    }


def _same_source(a: Statement, b: Statement) -> bool:
    """Whether two statements belong to one statement of the source, as in forward mode."""
    match a, b:
        case Assign(origin=first), Assign(origin=second):
            return first.statement == second.statement
        case _:
            return False


def _order(statement: Statement) -> int:
    match statement:
        case Move():
            return max(origin.order for origin in statement.origins)
        case Silence():
            return _order(statement.body[0])
        case _:
            return statement.origin.order


class _Writer:
    def __init__(self, written: Written) -> None:
        self.written = written

    def block(self, body: Sequence[Statement]) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        waiting = list(body)
        while waiting:
            first, *waiting = waiting
            if isinstance(first, Assign) and waiting and _is_pair(first, waiting[0]):
                second = waiting.pop(0)
                assert isinstance(second, Assign)
                steps = [_Step(each.target, each.value, each.origin) for each in (first, second)]
                for step in steps:
                    fill(step.value.reads)
                made.append(self.tuple_assignment(steps))
            else:
                made += self.statement(first)
        return made

    def put(
        self, code: ast.stmt, origin: Origin, explained: bool = False, size: int = 0
    ) -> ast.stmt:
        self.written.origins[code] = origin
        if size > 1:
            self.written.foldable.add(code)
        if explained and origin.order > 0 and origin.statement is not None:
            self.written.explained.add(code)
        return code

    def statement(self, statement: Statement) -> list[ast.stmt]:
        match statement:
            case Assign():
                return self.assign(statement)
            case Move():
                return self.move(statement)
            case Update():
                return self.update(statement)
            case Perform():
                fill(statement.value.reads)
                size = statement.value.size + 1  # an argument can always stand by itself
                code = self.put(statement.code, statement.origin, True, size)
                if statement.remark:
                    self.written.remarks[code] = statement.remark
                return [code]
            case Branch():
                return self.branch(statement)
            case Repeat():
                return [self.repeat(statement)]
            case Return():
                fill(statement.value.reads)
                code = ast.Return(statement.value.code)
                return [self.put(code, statement.origin, True, statement.value.size)]
            case Define():
                names = [ast.arg(param.name) for param in statement.params]
                body = self.block(statement.body)
                arguments = ast.arguments([], names, None, [], [], None, [])
                return [self.put(function_code(statement.name, arguments, body), statement.origin)]
            case Silence():
                item = ast.withitem(statement.context.code, None)
                return [self.put(ast.With([item], self.block(statement.body)), statement.origin)]
        assert_never(statement)

    # ------------------------------------------------------------------ assignments

    def assign(self, statement: Assign) -> list[ast.stmt]:
        fill(statement.value.reads)
        target, value = statement.target, statement.value
        if isinstance(value.code, ast.Name) and value.code.id == target.name:
            return []
        code = assignment(target, value, statement.origin, statement.counts)
        explained = not isinstance(value.code, _PLAIN)
        return [self.put(code, statement.origin, explained, value.size)]

    def move(self, move: Move) -> list[ast.stmt]:
        for value in move.values:
            fill(value.reads)
        waiting = [
            _Step(target, value, origin)
            for target, value, origin in zip(move.targets, move.values, move.origins, strict=True)
            if not value.blank
            and not (isinstance(value.code, ast.Name) and value.code.id == target.name)
        ]
        steps = _in_order(waiting)
        if steps is None:
            return [self.tuple_assignment(waiting)]
        made: list[ast.stmt] = []
        if move.kind == "init":
            steps = _constants_together(steps)
        for group in steps:
            if len(group) > 1:
                made.append(self.tuple_assignment(group))
            else:
                step = group[0]
                code = assignment(step.target, step.value, step.origin)
                made.append(self.put(code, step.origin, True, step.value.size))
        return made

    def tuple_assignment(self, steps: Sequence[_Step]) -> ast.stmt:
        targets = ast.Tuple([ast.Name(step.target.name, STORE) for step in steps], STORE)
        values = ast.Tuple([step.value.code for step in steps], LOAD)
        size = sum(step.value.size + 1 for step in steps)
        return self.put(ast.Assign([targets], values), steps[0].origin, True, size)

    def update(self, update: Update) -> list[ast.stmt]:
        fill(update.initial.reads)
        fill(update.value.reads)
        update.place.id = update.target.name
        initial = update.initial.code
        made: list[ast.stmt] = []
        if not (isinstance(initial, ast.Name) and initial.id == update.target.name):
            first = ast.Assign([ast.Name(update.target.name, STORE)], initial)
            made.append(self.put(first, update.origin, True))
        made.append(self.put(update.code, update.origin, True, update.value.size))
        return made

    # ------------------------------------------------------------------ control flow

    def branch(self, branch: Branch) -> list[ast.stmt]:
        fill(branch.condition.reads)
        condition = branch.condition.code
        then, orelse = self.block(branch.then), self.block(branch.orelse)
        if not then and not orelse:
            if not branch.condition.acts:
                return []
            return [self.put(ast.Expr(condition), branch.origin)]
        if not then:
            condition, then, orelse = negated(condition), orelse, []
        size = branch.condition.size + 1
        if ends(then[-1]):
            code = ast.If(condition, then, [])
            return [self.put(code, branch.origin, size=size), *orelse]
        return [self.put(ast.If(condition, then, orelse), branch.origin, size=size)]

    def repeat(self, repeat: Repeat) -> ast.stmt:
        fill(repeat.pattern_reads)
        guard = self.block(repeat.guard)
        test = None
        if repeat.test is not None:
            fill(repeat.test.reads)
            test = repeat.test.code
        body = self.block(repeat.body)
        if test is not None and (guard or repeat.iterable is not None):
            guard.append(self.put(ast.If(negated(test), [ast.Break()], []), repeat.origin))
            test = ast.Constant(True)
        body = [*guard, *body] or [ast.Pass()]
        if repeat.iterable is not None and repeat.pattern is not None:
            fill(repeat.iterable.reads)
            code = ast.For(repeat.pattern, repeat.iterable.code, body, [], None)
            return self.put(code, repeat.origin, size=repeat.iterable.size + 1)
        assert test is not None
        size = 0 if repeat.test is None else repeat.test.size
        return self.put(ast.While(test, body, []), repeat.origin, size=size)


PAIR = 60  # columns of two values that still read well side by side
_TARGETS = re.compile(r"\w+(, \w+)+ = ")  # a tuple assignment to names


@dataclass(frozen=True)
class _Step:
    """One assignment of a move."""

    target: Variable
    value: Expression
    origin: Origin

    @property
    def is_constant(self) -> bool:
        code = self.value.code
        if isinstance(code, ast.UnaryOp):
            code = code.operand
        return isinstance(code, ast.Constant)

    def reads(self, name: str) -> bool:
        return any(variable.name == name for _, variable in self.value.reads)


def _in_order(steps: list[_Step]) -> list[list[_Step]] | None:
    """The steps in an order in which none overwrites what a later one reads; groups of several
    are one tuple assignment. None if that would change the order of effects."""
    waiting, ordered = list(steps), []
    while waiting:
        for step in waiting:
            others = [other for other in waiting if other is not step]
            if not any(other.reads(step.target.name) for other in others):
                ordered.append([step])
                waiting = others
                break
        else:
            ordered.append(waiting)
            break
    acting = [step for group in ordered for step in group if step.value.acts]
    if acting != [step for step in steps if step.value.acts]:
        return None
    return ordered


def _is_pair(a: Statement, b: Statement) -> bool:
    """Whether two assignments are the cotangents of what the source assigns as `a, b = …`."""
    if not isinstance(a, Assign) or not isinstance(b, Assign):
        return False
    statement = a.origin.statement
    if statement is None or statement != b.origin.statement or a.origin.order == 0:
        return False
    if _TARGETS.match(statement.text) is None or not _is_bar(a) or not _is_bar(b):
        return False
    read = {variable.name for each in (a, b) for _, variable in each.value.reads}
    if read & {a.target.name, b.target.name}:
        return False
    return sum(len(ast.unparse(each.value.code)) for each in (a, b)) <= PAIR


def _is_bar(assign: Assign) -> bool:
    return assign.target.hint is not None and assign.target.hint.endswith("_bar")


def _constants_together(steps: list[list[_Step]]) -> list[list[_Step]]:
    """What cotangents and the like start from, two or three on a line, after everything else."""
    constants = [
        group[0]
        for group in steps
        if len(group) == 1 and group[0].origin.order > 0 and group[0].is_constant
    ]
    rest = [group for group in steps if group[0] not in constants]
    count = 2 if len(constants) == 4 else 3
    return rest + [constants[place : place + count] for place in range(0, len(constants), count)]


def fill(reads: Sequence[Read]) -> None:
    """Put the variables' names into the text that reads them."""
    for name, variable in reads:
        name.id = variable.name


_AUGMENTED = {ast.Add: "+=", ast.Sub: "-=", ast.Mult: "*=", ast.Div: "/="}
_PLAIN = (ast.Constant, ast.Name, ast.List)


def assignment(
    target: Variable, value: Expression, origin: Origin, counts: bool = False
) -> ast.stmt:
    """`x = a`, or `x += a`: in derivatives, and where the source has it so."""
    code, name = value.code, ast.Name(target.name, STORE)
    if value.in_place and value.into is not None and value.into.name == target.name:
        assert isinstance(code, ast.BinOp)
        return ast.AugAssign(name, code.op, code.right)
    if not isinstance(code, ast.BinOp) or not isinstance(target.type, ScalarType):
        return ast.Assign([name], code)
    operator = _AUGMENTED.get(type(code.op))
    written = origin.statement is not None and f" {operator} " in origin.statement.text
    if operator is None or not (origin.order > 0 or counts or written):
        return ast.Assign([name], code)
    own = {id(read) for read, variable in value.reads if variable.name == target.name}
    if id(code.left) in own:
        return ast.AugAssign(name, code.op, code.right)
    if id(code.right) in own and origin.order > 0 and isinstance(code.op, ast.Add | ast.Mult):
        return ast.AugAssign(name, code.op, code.left)  # these two commute, to the bit
    return ast.Assign([name], code)


def negated(condition: ast.expr) -> ast.expr:
    if isinstance(condition, ast.UnaryOp) and isinstance(condition.op, ast.Not):
        return condition.operand
    return ast.UnaryOp(ast.Not(), condition)


def ends(code: ast.stmt) -> bool:
    """Whether what follows the statement never runs."""
    match code:
        case ast.Return() | ast.Raise():
            return True
        case ast.If(body=body, orelse=orelse):
            return bool(orelse) and ends(body[-1]) and ends(orelse[-1])
        case ast.With(body=body):
            return ends(body[-1])
        case _:
            return False


def function_code(name: str, arguments: ast.arguments, body: list[ast.stmt]) -> ast.FunctionDef:
    code = ast.FunctionDef(name, arguments, body, [], None)
    if "type_params" in code._fields:  # from Python 3.12
        setattr(code, "type_params", [])  # noqa: B010
    return code
