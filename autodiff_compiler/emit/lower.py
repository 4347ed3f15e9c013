"""From the IR to statements over variables: `tree` made from a function and its schedule.

Every value that is not part of an expression gets a variable. A loop's carried value and its final
value are one variable, moved into before the loop and at the end of each iteration; so are the
results of a branch, moved into at the end of each arm.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from autodiff_compiler.emit import spelling
from autodiff_compiler.emit.counting import leaves_unbound
from autodiff_compiler.emit.headers import Direction, bounds_of
from autodiff_compiler.emit.schedule import Schedule, repeats_condition
from autodiff_compiler.emit.shape import Parts, returns_in_arms
from autodiff_compiler.emit.spelling import LOAD, STORE, call, literal, read
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
from autodiff_compiler.ir.types import INT, SequenceType, TupleType, Type
from autodiff_compiler.ir.values import (
    UNKNOWN,
    Block,
    Call,
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
        body.append(Return(_joined(both, [value])))
    return Lowered(
        params[:split],
        body,
        lowering.variables,
        lowering.constants,
        lowering.callees,
        lowering.helpers,
        lowering.names,
    )


def _joined(code: ast.expr, parts: Iterable[Expression]) -> Expression:
    """An expression made of others."""
    whole = Expression(code)
    for part in parts:
        whole.reads += part.reads
        whole.inner += part.inner
        whole.shares += part.shares
        whole.acts |= part.acts
        whole.quiet |= part.quiet
        whole.loud |= part.loud
        whole.size += part.size
    return whole


class _Lowering:
    def __init__(self, made: Schedule) -> None:
        self.made = made
        self.facts = made.facts
        self.nodes: dict[Value, Node] = {}
        self.of: dict[Value, Variable] = {}
        self.variables: list[Variable] = []
        self.constants: list[tuple[ast.Name, Const]] = []
        self.callees: list[tuple[ast.Name, Function]] = []
        self.helpers: dict[Helper, None] = {}
        self.names: set[str] = set()
        # Which sequences of the loop being lowered collect a value, until it has been appended.
        self.collecting: dict[Operand, list[Variable]] = {}
        self.called_after: dict[Operand, Value] = {}

    # ------------------------------------------------------------------ variables

    def new(self, found: Type, hint: str | None, stem: str, fixed: bool = False) -> Variable:
        variable = Variable(found, hint, stem, len(self.variables), fixed)
        self.variables.append(variable)
        return variable

    def parameter(self, param: Value) -> Variable:
        variable = self.of[param] = self.new(param.type, param.name, "x", fixed=True)
        return variable

    def variable(self, value: Value, stem: str = "value") -> Variable:
        found = self.of.get(value)
        if found is None:
            node = self.nodes.get(value)
            hint = value.name or self.hint_from_sequence(value)
            if isinstance(node, Op):
                first = node.operands[0] if node.operands else None
                name = first.name if isinstance(first, Value) else None
                stem = spelling.stem_of(node, name)
            elif isinstance(node, Call):
                stem = f"{node.callee.name}_value"
            found = self.of[value] = self.new(value.type, hint, stem)
        return found

    def hint_from_sequence(self, value: Value) -> str | None:
        """What is saved in `exp_saved` is `exp`, as it will be called when it is taken out."""
        sequence = self.called_after.get(value)
        name = None if sequence is None else sequence.name
        return name.removesuffix("_saved") if name and name.endswith("_saved") else None

    def uses(self, value: Value | None) -> int:
        return 0 if value is None else self.facts.uses[value]

    # ------------------------------------------------------------------ expressions

    def operand(self, operand: Operand) -> Expression:
        match operand:
            case Const():
                return Expression(self.constant(operand))
            case Value() if operand in self.made.folded:
                return self.node_expression(self.nodes[operand])
            case Value():
                name, variable = read("?"), self.variable(operand)
                whole = Expression(name, [(name, variable)])
                if isinstance(operand.type, SequenceType | TupleType):
                    whole.shares.append(variable)
                return whole

    def constant(self, constant: Const) -> ast.expr:
        code = literal(constant)
        name = constant.name
        if isinstance(constant.value, float | np.generic | tuple | list):
            # `math.inf`, `np.float64(…)`: nothing else has a name in its literal.
            self.names |= {each.id for each in ast.walk(code) if isinstance(each, ast.Name)}
        if name is not None and not isinstance(code, ast.Attribute):
            bound = read(name)
            self.constants.append((bound, constant))
            return bound
        return code

    def node_expression(self, node: Node) -> Expression:
        match node:
            case Op():
                parts = [self.operand(each) for each in node.operands]
                code = self.spell(node, parts)
                assert isinstance(code, ast.expr), "a statement is no operand"
                whole = _joined(code, parts)
                self.note(whole, node)
                return whole
            case Call():
                parts = [self.operand(each) for each in node.operands]
                callee = read(node.callee.name)
                self.callees.append((callee, node.callee))
                whole = _joined(ast.Call(callee, [part.code for part in parts], []), parts)
                self.note(whole, node)
                return whole
            case If():
                return self.choice(node)
            case Loop():
                return self.comprehension(node)

    def spell(self, op: Op, parts: Sequence[Expression]) -> ast.expr | ast.stmt:
        helper = spelling.record_of(op).spelling.helper([each.type for each in op.operands])
        if helper is not None:
            self.helpers[helper] = None
        self.names |= self.made.shapes[op].names
        return spelling.spell(op, [part.code for part in parts])

    def note(self, whole: Expression, node: Node) -> None:
        whole.acts |= node in self.facts.effects
        whole.quiet |= node in self.facts.quiet
        whole.loud |= node in self.facts.loud
        whole.size += 1
        if isinstance(node, Op):
            whole.fresh = node.operation.fresh
            if not holds_operands(node):
                whole.shares.clear()

    def define_nodes(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            for result in results_of(node):
                self.nodes[result] = node

    def choice(self, node: If) -> Expression:
        """`a if c else b`, `c and a`, `c or b`."""
        self.define_nodes((*node.then.nodes, *node.orelse.nodes))
        assert node.then.yields is not None and node.orelse.yields is not None
        code: ast.expr | None
        condition = self.operand(node.condition)
        then, orelse = node.then.yields[0], node.orelse.yields[0]
        if repeats_condition(node):
            is_and = node.form == "and"
            other = self.operand(then if is_and else orelse)
            operator = ast.And() if is_and else ast.Or()
            code = _chained(condition, other) if is_and else None
            if code is None:
                code = _flat(operator, condition.code, other.code)
            parts = [condition, other]
        else:
            parts = [condition, self.operand(then), self.operand(orelse)]
            code = ast.IfExp(parts[0].code, parts[1].code, parts[2].code)
        return _joined(code, parts)

    def comprehension(self, node: Loop) -> Expression:
        """`[a for x in xs]`."""
        self.define_nodes(node.body)
        header = self.header(node, anyhow=True)
        element = self.operand(node.collects[0])
        assert header.iterable is not None and header.pattern is not None
        generator = ast.comprehension(header.pattern, header.iterable.code, [], 0)
        whole = _joined(ast.ListComp(element.code, [generator]), [header.iterable, element])
        whole.reads += header.pattern_reads
        whole.fresh = True
        whole.inner += header.targets
        return whole

    # ------------------------------------------------------------------ statements

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
            whole = _joined(ast.Constant(None), parts)
            self.note(whole, node)
            body.append(Perform(code, whole, node.origin))
            return
        whole = _joined(code, parts)
        self.note(whole, node)
        self.keep(node.result, whole, node, body)

    def keep(self, result: Value, value: Expression, node: Node, body: list[Statement]) -> None:
        """Assign the value, or append it at once if that is all it is for."""
        sequences = self.collecting.get(result, [])
        if self.uses(result) == 0:
            body.append(Perform(ast.Expr(value.code), value, node.origin))
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
        value = _joined(ast.Constant(None), rest)
        self.note(value, node)
        target = self.variable(node.result)
        body.append(Update(target, initial, code, place, value, node.origin))

    def append(self, value: Operand, body: list[Statement]) -> None:
        for sequence in self.collecting.pop(value, ()):
            body.append(self.appending(sequence, self.operand(value), None))

    def appending(self, sequence: Variable, value: Expression, node: Node | None) -> Perform:
        name = read("?")
        code = ast.Call(ast.Attribute(name, "append", LOAD), [value.code], [])
        whole = _joined(code, [value])
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
        counter = self.variable(node.trips, "steps") if self.uses(node.trips) else None
        if counter is not None:
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

    def header(self, node: Loop, anyhow: bool = False) -> Repeat:
        """The loop without its body. `anyhow`: in whichever direction."""
        header = self.facts.headers[node]
        repeat = Repeat([], None, [], None, [], [], None, [], node.origin)
        if header.space is None and not node.consumed:
            return repeat
        sources: list[ast.expr] = []
        patterns: list[ast.expr] = []
        parts: list[Expression] = []
        if header.space is not None:
            parts += [self.operand(each) for each in bounds_of(header.space)]
            sources.append(call("range", *(part.code for part in parts)))
            patterns.append(self.pattern(node.index, repeat))
        for element, operand in zip(node.elements, node.consumed, strict=True):
            part = self.operand(operand)
            parts.append(part)
            repeat.held += [variable for _, variable in part.reads]
            sources.append(part.code)
            patterns.append(self.pattern(element, repeat))
        direction = Direction.FORWARDS if anyhow else header.direction
        code = _iterated(sources, direction, header.enumerates)
        self.names |= {"range", "zip", "reversed", "enumerate", "list"}
        pattern = patterns[0] if len(patterns) == 1 else ast.Tuple(patterns, STORE)
        if header.enumerates:
            pattern = ast.Tuple([self.pattern(node.index, repeat), pattern], STORE)
        repeat.pattern = pattern
        repeat.iterable = _joined(code, parts)
        return repeat

    def pattern(self, value: Value | None, repeat: Repeat) -> ast.expr:
        """The target that a loop assigns: a variable, or `_` where nobody reads it."""
        if value is None or self.uses(value) == 0:
            return ast.Name("_", STORE)
        variable = self.variable(value, "i" if value.type == INT else "x")
        name = ast.Name("?", STORE)
        repeat.targets.append(variable)
        repeat.pattern_reads.append((name, variable))
        return name


def holds_operands(op: Op) -> bool:
    """Whether the result may be one of the operands, or hold one: it is not new through and
    through. Numbers hold nothing, and what is new holds at most what its elements are."""
    match op.result.type:
        case SequenceType(element=element):
            return not op.operation.fresh or isinstance(element, SequenceType | TupleType)
        case TupleType():
            return True
        case _:
            return False


def _iterated(sources: list[ast.expr], direction: Direction, enumerates: bool) -> ast.expr:
    """What a `for` runs over."""
    if direction is Direction.BACKWARDS:
        sources = [call("reversed", source) for source in sources]
    code = sources[0] if len(sources) == 1 else call("zip", *sources)
    if enumerates:
        code = call("enumerate", code)
    if direction is Direction.LISTED:
        code = call("reversed", call("list", code))
    return code


_DIRECTIONS = {ast.Lt: 1, ast.LtE: 1, ast.Gt: -1, ast.GtE: -1}


def _chained(first: Expression, second: Expression) -> ast.expr | None:
    """`a < b < c` for `a < b and b < c`, where b is a variable."""
    a, b = first.code, second.code
    if not (isinstance(a, ast.Compare) and isinstance(b, ast.Compare)):
        return None
    variables = {id(name): variable for name, variable in (*first.reads, *second.reads)}
    middle = variables.get(id(a.comparators[-1]))
    directions = {_DIRECTIONS.get(type(operator), 0) for operator in (*a.ops, *b.ops)}
    if middle is None or variables.get(id(b.left)) is not middle:
        return None
    if len(directions) > 1 or 0 in directions:
        return None
    return ast.Compare(a.left, [*a.ops, *b.ops], [*a.comparators, *b.comparators])


def _flat(operator: ast.boolop, *values: ast.expr) -> ast.BoolOp:
    """`a and b and c` is one operation in Python's AST."""
    flat: list[ast.expr] = []
    for value in values:
        if isinstance(value, ast.BoolOp) and type(value.op) is type(operator):
            flat += value.values
        else:
            flat.append(value)
    return ast.BoolOp(operator, flat)
