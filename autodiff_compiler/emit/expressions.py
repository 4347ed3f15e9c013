"""Expressions over variables, made from what a schedule says is one expression.

A value that is not part of another expression gets a variable, which is named later: as the value
is or, where it has no name, after the operation that makes it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

import numpy as np

from autodiff_compiler.emit import spelling
from autodiff_compiler.emit.headers import Direction, bounds_of
from autodiff_compiler.emit.schedule import Schedule, repeats_condition
from autodiff_compiler.emit.spelling import STORE, call, literal, read
from autodiff_compiler.emit.tree import Expression, Repeat, Variable
from autodiff_compiler.ir.types import INT, ArrayType, SequenceType, TupleType, Type, covers
from autodiff_compiler.ir.values import (
    Call,
    Const,
    Function,
    If,
    Loop,
    Node,
    Op,
    Operand,
    Value,
    results_of,
)
from autodiff_compiler.ops import may_share_memory
from autodiff_compiler.ops.captured import captured_of
from autodiff_compiler.ops.record import Helper
from autodiff_compiler.ops.stems import stem_of


def joined(code: ast.expr, parts: Iterable[Expression]) -> Expression:
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


class Expressions:
    """Makes expressions; holds the variables made so far, and the global names met."""

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
        self.called_after: dict[Operand, Value] = {}  # the sequence that collects a value
        # The name of what a loop assigns but nobody reads; `_` itself may be read somewhere.
        self.ignored = "__" if any(value.name == "_" for value in made.facts.uses) else "_"

    # ------------------------------------------------------------------ variables

    def new(self, found: Type, hint: str | None, stem: str, fixed: bool = False) -> Variable:
        variable = Variable(found, hint, stem, len(self.variables), fixed)
        self.variables.append(variable)
        return variable

    def parameter(self, param: Value) -> Variable:
        variable = self.of[param] = self.new(param.type, param.name, "x", fixed=True)
        if param.name == self.ignored:
            self.ignored += "_"
        return variable

    def variable(self, value: Value, stem: str = "value") -> Variable:
        found = self.of.get(value)
        if found is None:
            node = self.nodes.get(value)
            hint = value.name or self.hint_from_sequence(value)
            if isinstance(node, Op):
                first = node.operands[0] if node.operands else None
                name = first.name if isinstance(first, Value) else None
                stem = value.stem or stem_of(node, name)
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
                if isinstance(operand.type, ArrayType | SequenceType | TupleType):
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
                whole = joined(code, parts)
                self.note(whole, node)
                whole.into = self.term_added_to(node, parts)
                return whole
            case Call():
                parts = [self.operand(each) for each in node.operands]
                callee = read(node.callee.name)
                self.callees.append((callee, node.callee))
                whole = joined(ast.Call(callee, [part.code for part in parts], []), parts)
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
        code = spelling.spell(op, [part.code for part in parts])
        if op.operation.name == "captured":  # a name that the module binds
            assert isinstance(code, ast.Name)
            source = captured_of(op.attributes)
            self.constants.append((code, Const(source, source.type, source.name)))
        else:
            self.names |= self.made.shapes[op].names
        return code

    def note(self, whole: Expression, node: Node) -> None:
        whole.acts |= node in self.facts.effects
        whole.quiet |= node in self.facts.quiet
        whole.loud |= node in self.facts.loud
        whole.size += 1
        if isinstance(node, Op):
            whole.fresh = node.operation.fresh or is_new_array(node)
            if not holds_operands(node):
                whole.shares.clear()

    def term_added_to(self, node: Op, parts: Sequence[Expression]) -> Variable | None:
        """The array that a sum of the derivative could be added to, in place."""
        if node.origin.order == 0 or node.operation.name not in ("add", "sub"):
            return None
        first, whole = node.operands[0].type, node.result.type
        if not isinstance(first, ArrayType) or not isinstance(whole, ArrayType):
            return None
        same = first.dtype == whole.dtype and first.rank > 0 and covers(first, whole)
        return parts[0].variable if same else None

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
        return joined(code, parts)

    def comprehension(self, node: Loop) -> Expression:
        """`[a for x in xs]`."""
        self.define_nodes(node.body)
        header = self.header(node, anyhow=True)
        element = self.operand(node.collects[0])
        assert header.iterable is not None and header.pattern is not None
        generator = ast.comprehension(header.pattern, header.iterable.code, [], 0)
        whole = joined(ast.ListComp(element.code, [generator]), [header.iterable, element])
        whole.reads += header.pattern_reads
        whole.fresh = True
        whole.inner += header.targets
        return whole

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
            sources.append(self.call("range", *(part.code for part in parts)))
            patterns.append(self.pattern(node.index, repeat))
        for element, operand in zip(node.elements, node.consumed, strict=True):
            part = self.operand(operand)
            parts.append(part)
            repeat.held += [variable for _, variable in part.reads]
            sources.append(part.code)
            patterns.append(self.pattern(element, repeat))
        direction = Direction.FORWARDS if anyhow else header.direction
        code = self.iterated(sources, direction, header.enumerates)
        pattern = patterns[0] if len(patterns) == 1 else ast.Tuple(patterns, STORE)
        if header.enumerates:
            pattern = ast.Tuple([self.pattern(node.index, repeat), pattern], STORE)
        repeat.pattern = pattern
        repeat.iterable = joined(code, parts)
        return repeat

    def iterated(self, sources: list[ast.expr], direction: Direction, enumerates: bool) -> ast.expr:
        """What a `for` runs over."""
        if direction is Direction.BACKWARDS:
            sources = [self.call("reversed", source) for source in sources]
        code = sources[0] if len(sources) == 1 else self.call("zip", *sources)
        if enumerates:
            code = self.call("enumerate", code)
        if direction is Direction.LISTED:
            code = self.call("reversed", self.call("list", code))
        return code

    def call(self, function: str, *arguments: ast.expr) -> ast.Call:
        """A call of a builtin."""
        self.names.add(function)
        return call(function, *arguments)

    def pattern(self, value: Value | None, repeat: Repeat) -> ast.expr:
        """The target that a loop assigns: a variable, or `_` where nobody reads it."""
        if value is None or self.uses(value) == 0:
            return ast.Name(self.ignored, STORE)
        variable = self.variable(value, "i" if value.type == INT else "x")
        name = ast.Name("?", STORE)
        repeat.targets.append(variable)
        repeat.pattern_reads.append((name, variable))
        return name


def is_new_array(op: Op) -> bool:
    return isinstance(op.result.type, ArrayType) and not may_share_memory(op)


def holds_operands(op: Op) -> bool:
    """Whether the result may be one of the operands, or hold one: it is not new through and
    through. Numbers hold nothing, and what is new holds at most what its elements are."""
    match op.result.type:
        case ArrayType():
            return may_share_memory(op)
        case SequenceType(element=element):
            parts = isinstance(element, ArrayType | SequenceType | TupleType)
            return not op.operation.fresh or parts
        case TupleType():
            return True
        case _:
            return False


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
