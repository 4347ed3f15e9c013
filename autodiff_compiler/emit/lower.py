"""From the IR to statements over variables: `tree` made from a function and its schedule.

Every value that is not part of an expression gets a variable. A loop's carried value and its final
value are one variable, moved into before the loop and at the end of each iteration; so are the
results of a branch, moved into at the end of each arm.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from autodiff_compiler.emit import spelling
from autodiff_compiler.emit.counting import leaves_unbound
from autodiff_compiler.emit.expressions import Expressions, joined
from autodiff_compiler.emit.schedule import Schedule
from autodiff_compiler.emit.shape import Parts, returns_in_arms
from autodiff_compiler.emit.spelling import LOAD, read
from autodiff_compiler.emit.tree import (
    Assign,
    Branch,
    Define,
    Expression,
    Move,
    Perform,
    Repeat,
    Return,
    Statement,
    Update,
    Variable,
)
from autodiff_compiler.ir.operation import Effect
from autodiff_compiler.ir.values import (
    UNKNOWN,
    Block,
    Const,
    Function,
    If,
    Loop,
    Node,
    Op,
    Operand,
    Origin,
    Value,
    results_of,
)
from autodiff_compiler.ops import effect_of
from autodiff_compiler.ops.raising import must_be_heard
from autodiff_compiler.ops.record import Helper


@dataclass
class Lowered:
    """A function over variables. `constants` and `callees` are the names in it that the module
    has yet to give; `helpers` are what it calls of them, `names` the other globals it mentions."""

    params: list[Variable]
    body: list[Statement]
    variables: list[Variable]
    constants: list[tuple[ast.Name, Const]] = field(default_factory=list)
    callees: list[tuple[ast.Name, Function]] = field(default_factory=list)
    helpers: dict[Helper, None] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


def lower(function: Function, parts: Parts, made: Schedule, pullback: str) -> Lowered:
    """Lower a function; `pullback` is the name of the function it returns, if it does."""
    lowering = _Lowering(made)
    params = [lowering.parameter(param) for param in function.params]
    split = len(params) - len(parts.late)
    if parts.pullback is None:
        body = lowering.returning(parts.outer.nodes, parts.outer.result)
    else:
        body = lowering.block(parts.outer.nodes)
        inner = lowering.returning(parts.pullback.nodes, parts.pullback.result)
        body.append(Define(pullback, params[split:], inner))
        assert parts.outer.result is not None
        value = lowering.operand(parts.outer.result)
        both = ast.Tuple([value.code, read(pullback)], LOAD)
        body.append(Return(joined(both, [value])))
    return Lowered(
        params[:split],
        body,
        lowering.variables,
        lowering.constants,
        lowering.callees,
        lowering.helpers,
        lowering.names,
    )


class _Lowering(Expressions):
    def __init__(self, made: Schedule) -> None:
        super().__init__(made)
        # Which sequences of the loop being lowered collect a value, until it has been appended.
        self.collecting: dict[Operand, list[Variable]] = {}

    def returning(self, nodes: Sequence[Node], result: Operand | None) -> list[Statement]:
        """A block at whose end the function returns."""
        last = returns_in_arms(nodes, result)
        if last is None:
            body = self.block(nodes)
            if result is not None:
                body.append(Return(self.operand(result), self.origin_of_return(result)))
            return body
        body = self.block(nodes[:-1])
        condition = self.operand(last.condition)
        arms = [
            self.returning(arm.nodes, None if arm.yields is None else arm.yields[0])
            for arm in (last.then, last.orelse)
        ]
        body.append(Branch(condition, arms[0], arms[1], last.origin))
        return body

    def block(self, nodes: Sequence[Node]) -> list[Statement]:
        self.define_nodes(nodes)
        body: list[Statement] = []
        for node in nodes:
            if node in self.facts.dead:
                continue
            results = results_of(node)
            if results and results[0] in self.made.folded:
                continue
            self.statement(node, body)
            for result in results:
                self.append(result, body)
        return body

    def statement(self, node: Node, body: list[Statement]) -> None:
        match node:
            case Op():
                self.op(node, body)
            case If() if node not in self.made.choices:
                self.branch(node, body)
            case Loop() if node not in self.made.comprehensions:
                self.loop(node, body)
            case _:
                self.keep(results_of(node)[0], self.node_expression(node), node, body)

    def op(self, node: Op, body: list[Statement]) -> None:
        if spelling.record_of(node).spelling.updates:
            self.update(node, body)
            return
        parts = [self.operand(each) for each in node.operands]
        code = self.spell(node, parts)
        if isinstance(code, ast.stmt):
            whole = joined(ast.Constant(None), parts)
            self.note(whole, node)
            body.append(Perform(code, whole, node.origin))
            return
        whole = joined(code, parts)
        self.note(whole, node)
        whole.into = self.term_added_to(node, parts)
        self.keep(node.result, whole, node, body)

    def keep(self, result: Value, value: Expression, node: Node, body: list[Statement]) -> None:
        """Assign the value, or append it at once if that is all it is for."""
        sequences = self.collecting.get(result, [])
        if self.uses(result) == 0:
            remark = _remark(node) if isinstance(node, Op) else ""
            body.append(Perform(ast.Expr(value.code), value, node.origin, remark))
        elif len(sequences) == 1 and self.uses(result) == 1:
            del self.collecting[result]
            body.append(self.appending(sequences[0], value, node))
        else:
            body.append(Assign(self.variable(result), value, node.origin))

    def update(self, node: Op, body: list[Statement]) -> None:
        initial = self.operand(node.operands[0])
        place = read("?")
        rest = [self.operand(each) for each in node.operands[1:]]
        code = self.spell(node, [Expression(place), *rest])
        assert isinstance(code, ast.stmt)
        value = joined(ast.Constant(None), rest)
        self.note(value, node)
        target = self.variable(node.result)
        body.append(Update(target, initial, code, place, value, node.origin))

    def append(self, value: Operand, body: list[Statement]) -> None:
        for sequence in self.collecting.pop(value, ()):
            body.append(self.appending(sequence, self.operand(value), None))

    def appending(self, sequence: Variable, value: Expression, node: Node | None) -> Perform:
        name = read("?")
        code = ast.Call(ast.Attribute(name, "append", LOAD), [value.code], [])
        whole = joined(code, [value])
        whole.reads.append((name, sequence))
        return Perform(ast.Expr(code), whole, UNKNOWN if node is None else node.origin)

    def branch(self, node: If, body: list[Statement]) -> None:
        condition = self.operand(node.condition)
        arms = [self.arm(node, arm) for arm in (node.then, node.orelse)]
        body.append(Branch(condition, arms[0], arms[1], node.origin))

    def arm(self, node: If, arm: Block) -> list[Statement]:
        outside, self.collecting = self.collecting, {}
        body = self.block(arm.nodes)
        self.collecting = outside
        if arm.yields is not None:
            pairs = [
                (result, operand)
                for result, operand in zip(node.results, arm.yields, strict=True)
                if self.uses(result)
            ]
            self.move("yield", pairs, node, body)
        return body

    def move(
        self,
        kind: str,
        pairs: Iterable[tuple[Value, Operand]],
        node: Node,
        body: list[Statement],
    ) -> None:
        made = Move([], [], [], kind)
        for value, operand in pairs:
            expression = self.operand(operand)
            if leaves_unbound(operand) and value not in self.facts.seen_unbound:
                expression.blank = True
            made.values.append(expression)
            made.targets.append(self.variable(value))
            made.origins.append(self.origin_of(operand, node))
        if made.targets:
            body.append(made)

    def origin_of(self, operand: Operand, node: Node | None = None) -> Origin:
        """Where the expression for an operand comes from."""
        if isinstance(operand, Value) and operand in self.made.folded:
            return self.nodes[operand].origin
        return UNKNOWN if node is None else replace(node.origin, statement=None)

    def origin_of_return(self, result: Operand) -> Origin:
        """What a returned expression is explained by: the one statement whose derivative it is,
        unless it only sums up."""
        origins: list[Origin] = []
        waiting = [result]
        while waiting:
            operand = waiting.pop()
            if isinstance(operand, Value) and operand in self.made.folded:
                node = self.nodes[operand]
                waiting += self.facts.reads_of(node)
                if not isinstance(node, Op) or node.operation.name not in ("add", "tuple", "item"):
                    origins.append(node.origin)
        statements = {origin.statement for origin in origins}
        return origins[0] if len(statements) == 1 else UNKNOWN

    # ------------------------------------------------------------------ loops

    def loop(self, node: Loop, body: list[Statement]) -> None:
        for arg, final in zip(node.args, node.finals, strict=True):
            self.of[final] = self.variable(arg)
        self.move("init", zip(node.args, node.inits, strict=True), node, body)
        kept = [
            (collected, sequence)
            for collected, sequence in zip(node.collects, node.sequences, strict=True)
            if self.uses(sequence)
        ]
        for collected, sequence in kept:
            name = collected.name if isinstance(collected, Value) else None
            variable = self.variable(sequence, f"{name}_saved" if name else "saved")
            self.called_after[collected] = sequence
            body.append(Assign(variable, Expression(ast.List([], LOAD), fresh=True), node.origin))
        counter = None
        if node.trips is not None and self.uses(node.trips):
            counter = self.variable(node.trips, "steps")
            body.append(Assign(counter, Expression(ast.Constant(0)), node.origin))
        repeat = self.header(node)
        outside, self.collecting = self.collecting, {}
        if node.test is not None:
            self.test(node, repeat)
        for collected, sequence in kept:
            self.collecting.setdefault(collected, []).append(self.variable(sequence))
        self.iteration(node, repeat, counter)
        self.collecting = outside
        body.append(repeat)
        if node.backwards:
            for _, sequence in kept:
                body.append(self.reversal(self.variable(sequence), node))

    def iteration(self, node: Loop, repeat: Repeat, counter: Variable | None) -> None:
        inside = {result for each in node.body for result in results_of(each)}
        for collected in list(self.collecting):
            if collected not in inside:
                self.append(collected, repeat.body)
        repeat.body += self.block(node.body)
        self.move("next", zip(node.args, node.nexts, strict=True), node, repeat.body)
        if counter is not None:
            name = read("?")
            step = ast.BinOp(name, ast.Add(), ast.Constant(1))
            value = Expression(step, [(name, counter)])
            repeat.body.append(Assign(counter, value, node.origin, counts=True))

    def reversal(self, sequence: Variable, node: Loop) -> Perform:
        name = read("?")
        code = ast.Call(ast.Attribute(name, "reverse", LOAD), [], [])
        return Perform(ast.Expr(code), Expression(code, [(name, sequence)]), node.origin)

    def test(self, node: Loop, repeat: Repeat) -> None:
        assert node.test is not None and node.test.yields is not None
        if node not in self.made.tests:
            repeat.guard += self.block(node.test.nodes)
        else:
            self.define_nodes(node.test.nodes)
        repeat.test = self.operand(node.test.yields[0])


def _remark(op: Op) -> str:
    """Why an operation is written though nobody reads its result."""
    match effect_of(op):
        case Effect.RAISES:
            return "may raise"
        case Effect.PURE if must_be_heard(op):
            return "may warn"
    return ""
