"""How operations and constants are spelled, and in which order Python evaluates the parts."""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Flag

import numpy as np

from autodiff_compiler.ir.values import Const, Op
from autodiff_compiler.ops.record import Record

LOAD, STORE = ast.Load(), ast.Store()


def read(name: str) -> ast.Name:
    return ast.Name(name, LOAD)


def call(function: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(read(function), list(arguments), [])


def record_of(op: Op) -> Record:
    assert isinstance(op.operation, Record)
    return op.operation


def spell(op: Op, operands: Sequence[ast.expr]) -> ast.expr | ast.stmt:
    """The operation in Python, on these operands."""
    types = [operand.type for operand in op.operands]
    return record_of(op).spelling.write(operands, types, op.attributes)


# ---------------------------------------------------------------------- constants


def literal(constant: Const) -> ast.expr:
    """A constant in Python. Names other than those of `math` and `np` are left to the module."""
    name = constant.name
    if name is not None and name.partition(".")[0] in ("math", "np") and "." in name:
        module, _, attribute = name.partition(".")
        return ast.Attribute(read(module), attribute, LOAD)
    return _literal(constant.value)


def _literal(value: object) -> ast.expr:
    if isinstance(value, np.bool_):
        return ast.Call(_np("bool"), [ast.Constant(bool(value))], [])
    if isinstance(value, np.int64):
        return ast.Call(_np("int64"), [_literal(int(value))], [])
    if isinstance(value, np.floating | np.integer):  # before float, which np.float64 is too
        return ast.Call(_np(value.dtype.name), [_literal(value.item())], [])
    match value:
        case None | bool() | str():
            return ast.Constant(value)
        case int():
            return _signed(ast.Constant(abs(value)), value < 0)
        case float():
            return _float(value)
        case tuple():
            return ast.Tuple([_literal(item) for item in value], LOAD)
        case list():
            return ast.List([_literal(item) for item in value], LOAD)
    raise TypeError(f"no literal for a {type(value).__name__}")


def _float(value: float) -> ast.expr:
    if math.isnan(value):
        return ast.Attribute(read("math"), "nan", LOAD)
    negative = math.copysign(1.0, value) < 0
    if math.isinf(value):
        return _signed(ast.Attribute(read("math"), "inf", LOAD), negative)
    return _signed(ast.Constant(abs(value)), negative)


def _signed(code: ast.expr, negative: bool) -> ast.expr:
    return ast.UnaryOp(ast.USub(), code) if negative else code


def _np(name: str) -> ast.expr:
    return ast.Attribute(read("np"), name, LOAD)


# ---------------------------------------------------------------------- shape


class Use(Flag):
    """How an operation's text uses an operand, if not just once, whatever the others are."""

    ONCE = 0
    SOMETIMES = 1  # in one arm of a conditional expression
    REPEATED = 2  # more than once, or once per element
    IN_TEXT = 4  # in an f-string, where no further string may stand


@dataclass
class Shape:
    """How an operation is written: the order in which Python evaluates its operands, how often,
    how wide the rest of the text is, which global names it mentions, whether there is a string."""

    order: list[int]
    uses: dict[int, Use]
    width: int
    names: set[str]
    has_text: bool
    is_statement: bool


def shape_of(op: Op, names: Sequence[ast.expr]) -> Shape:
    """The shape of an operation, seen on placeholders (or constants) for its operands."""
    code = spell(op, names)
    places = {id(name): place for place, name in enumerate(names)}
    found = _Reader(places)
    found.visit(code, Use.ONCE)
    is_statement = isinstance(code, ast.stmt)
    return Shape(found.order, found.uses, found.width, found.names, found.has_text, is_statement)


class _Reader:
    """Walks an AST in the order of evaluation."""

    def __init__(self, places: dict[int, int]) -> None:
        self.places = places
        self.order: list[int] = []
        self.uses: dict[int, Use] = {}
        self.width = 0
        self.names: set[str] = set()
        self.has_text = False

    def visit(self, code: ast.AST, use: Use) -> None:
        place = self.places.get(id(code))
        if place is not None:
            if place in self.uses:
                self.uses[place] |= Use.REPEATED
            else:
                self.order.append(place)
                self.uses[place] = use
            return
        match code:
            case ast.Name():
                self.width += len(code.id)
                self.names.add(code.id)
            case ast.Constant():
                self.width += len(repr(code.value))
                self.has_text |= isinstance(code.value, str)
            case ast.BinOp():
                self.width += 5  # with the parentheses that it may need inside another one
                self.visit(code.left, use)
                self.visit(code.right, use)
            case ast.UnaryOp():
                self.width += 1
                self.visit(code.operand, use)
            case ast.Call():
                self.width += 2 * len(code.args)
                self.visit(code.func, use)
                for argument in code.args:
                    self.visit(argument, use)
                for keyword in code.keywords:
                    self.width += len(keyword.arg or "") + 3
                    self.visit(keyword.value, use)
            case ast.Attribute():
                self.width += len(code.attr) + 1
                self.visit(code.value, use)
            case ast.IfExp():
                self.width += 9
                self.visit(code.test, use)
                self.visit(code.body, use | Use.SOMETIMES)
                self.visit(code.orelse, use | Use.SOMETIMES)
            case ast.BoolOp():
                self.width += 5
                self.visit(code.values[0], use)
                for value in code.values[1:]:
                    self.visit(value, use | Use.SOMETIMES)
            case ast.Compare():
                self.width += 4
                self.visit(code.left, use)
                for each in code.comparators:
                    self.visit(each, use)
            case ast.ListComp() | ast.GeneratorExp():
                self.width += 20
                first = code.generators[0]
                self.visit(first.iter, use)
                repeated: list[ast.AST] = [code.elt, first.target, *first.ifs]
                for part in (*repeated, *code.generators[1:]):
                    self.visit(part, use | Use.REPEATED)
                own = {n.id for n in ast.walk(first.target) if isinstance(n, ast.Name)}
                self.names -= own  # an operation's text has no global of such a name
            case ast.AugAssign():
                self.width += 4
                self.visit(code.target, use)
                # The old value is fetched before the other operand is evaluated.
                self.visit(code.value, use | Use.SOMETIMES)
            case ast.JoinedStr():
                self.width += 3
                for child in code.values:
                    self.visit(child, use | Use.IN_TEXT)
            case _:
                self.width += 2
                for other in ast.iter_child_nodes(code):
                    self.visit(other, use)


# ---------------------------------------------------------------------- types
