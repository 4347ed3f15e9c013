"""Comparisons, choices and conversions of numbers."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence

import numpy as np

from autodiff_compiler.ir.operation import Infer, OperandError
from autodiff_compiler.ir.types import FLOAT, INT, ArrayType, Type, join
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.arithmetic import NO_SLOPE, SAME, TRUTH_VALUE
from autodiff_compiler.ops.kinds import (
    Attributes,
    asking,
    condition,
    elementwise_type,
    expect_count,
    giving,
    has_array,
    integer,
    numbers_only,
    pure,
    raises_for_floats,
    truth,
)
from autodiff_compiler.ops.record import Elementwise, Record, Spelling, Zero
from autodiff_compiler.ops.samples import WIDE
from autodiff_compiler.ops.weights import FREE, ONE


def select_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 3)
    if has_array(types):
        return elementwise_type(np.where, types)
    condition(types[0])
    joined = join(types[1], types[2])
    if joined is None:
        raise OperandError(f"expected two values of one type, got {types[1]} and {types[2]}")
    return joined


def select(chosen: object, a: object, b: object) -> object:
    if any(isinstance(each, np.ndarray) for each in (chosen, a, b)):
        return np.where(chosen, a, b)[()]  # type: ignore[call-overload]
    return a if chosen else b


def where_text(operands: spell.Expressions, types: spell.Types) -> ast.expr:
    """`np.where(c, a, b)`; without dimensions that is an array, and [()] the number in it."""
    found = spell.call("np.where", *operands)
    if any(isinstance(each, ArrayType) and each.dims for each in types):
        return found
    return spell.subscript(found, ast.Tuple([], ast.Load()))


def write_select(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    if has_array(types):
        return where_text(operands, types)
    return ast.IfExp(operands[0], operands[1], operands[2])


def negation_type(types: Sequence[Type], attributes: Attributes) -> Type:
    """A Python bool, or one per element of an array."""
    expect_count(types, 1)
    return elementwise_type(np.logical_not, types) if has_array(types) else truth(types, attributes)


def negation(x: object) -> object:
    return np.logical_not(x) if isinstance(x, np.ndarray) else not x


def write_negation(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    if isinstance(types[0], ArrayType):
        if types[0].dtype != "bool":  # whose ~ would be that of each bit
            return spell.call("np.logical_not", operands[0])
        return ast.UnaryOp(ast.Invert(), operands[0])
    return ast.UnaryOp(ast.Not(), operands[0])


def converting(plain: Infer, result: Type, instead: str) -> Infer:
    """A conversion to a number of Python's own; of arrays, those without dimensions have one."""

    def infer(types: Sequence[Type], attributes: Attributes) -> Type:
        if len(types) == 1 and isinstance(types[0], ArrayType):
            if types[0].dims:
                raise OperandError(f"expected a number, got {types[0]}; use {instead}")
            return result
        return plain(types, attributes)

    return infer


def rounded_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    integer(types[1])
    return asking(lambda x: round(x, 1), 1)(types[:1], attributes)


def _comparison(
    name: str, function: Callable[..., object], node: type[ast.cmpop], text: str
) -> Record:
    return Record(
        name=name,
        infer=asking(function, 2),
        evaluate=function,
        effect=pure,
        weight=ONE,
        rule=Zero(f"{text} gives a truth value"),
        spelling=spell.comparison(node),
    )


COMPARISONS = (
    _comparison("lt", operator.lt, ast.Lt, "<"),
    _comparison("le", operator.le, ast.LtE, "<="),
    _comparison("gt", operator.gt, ast.Gt, ">"),
    _comparison("ge", operator.ge, ast.GtE, ">="),
    _comparison("eq", operator.eq, ast.Eq, "=="),
    _comparison("ne", operator.ne, ast.NotEq, "!="),
    Record(
        name="not",
        infer=negation_type,
        evaluate=negation,
        effect=pure,
        weight=FREE,
        rule=Zero(TRUTH_VALUE),
        spelling=Spelling(write_negation),
    ),
)

CONVERSIONS = (
    Record(
        name="float",
        infer=converting(asking(float, 1), FLOAT, "x.astype(float), or x.item()"),
        evaluate=float,
        effect=pure,
        weight=FREE,
        rule=Elementwise(SAME),
        spelling=spell.calling("float"),
        samples=WIDE,
        sympy=lambda sp, x: x,
        mpmath=lambda mp, x: x,
    ),
    Record(
        name="np.float64",
        infer=asking(np.float64, 1),
        holds="maybe",
        evaluate=np.float64,
        effect=pure,
        weight=FREE,
        rule=Elementwise(SAME),
        spelling=spell.calling("np.float64"),
        samples=WIDE,
        sympy=lambda sp, x: x,
        mpmath=lambda mp, x: x,
    ),
    Record(
        name="int",
        infer=converting(giving(INT, 1), INT, "x.astype(int)"),
        evaluate=int,
        effect=raises_for_floats,
        weight=FREE,
        rule=Zero(f"int {NO_SLOPE}"),
        spelling=spell.calling("int"),
    ),
    Record(
        name="bool",
        infer=truth,
        evaluate=bool,
        effect=pure,
        weight=FREE,
        rule=Zero(TRUTH_VALUE),
        spelling=spell.calling("bool"),
    ),
    Record(
        name="round",
        infer=numbers_only(asking(lambda x: round(x), 1), "np.round"),
        evaluate=round,
        effect=raises_for_floats,
        weight=ONE,
        rule=Zero(f"round {NO_SLOPE}"),
        spelling=spell.calling("round"),
    ),
    Record(
        name="round_to",
        infer=numbers_only(rounded_type, "np.round"),
        evaluate=round,
        effect=raises_for_floats,
        weight=ONE,
        rule=Zero(f"round {NO_SLOPE}"),
        spelling=spell.calling("round"),
    ),
)

# A rule of its own for the tangent: what is chosen need not be added to what isn't.
CHOICE = Elementwise(
    lambda m, c, a, b, y: (None, m.mask(c), m.mask(m.op("not", c))),
    lambda m, c, a, b, y, dc, da, db: m.op("select", c, da, db),
)

CHOICES = (
    Record(
        name="select",
        infer=select_type,
        evaluate=select,
        effect=pure,
        weight=FREE,
        rule=CHOICE,
        spelling=Spelling(write_select),
        samples=((True, 1.25, -3.5), (False, 1.25, -3.5)),
        mpmath=lambda mp, c, a, b: a if c else b,
    ),
)

# The operators of masks: (x > 0) & ~(x > 1).
BITS = (
    *(
        Record(
            name=name,
            infer=asking(function, 2),
            evaluate=function,
            effect=pure,
            weight=FREE,
            rule=Zero("a function of bits"),
            spelling=spell.binary(node),
        )
        for name, function, node in (
            ("bitand", operator.and_, ast.BitAnd),
            ("bitor", operator.or_, ast.BitOr),
            ("bitxor", operator.xor, ast.BitXor),
        )
    ),
    Record(
        name="invert",
        infer=asking(operator.invert, 1),
        evaluate=operator.invert,
        effect=pure,
        weight=FREE,
        rule=Zero("a function of bits"),
        spelling=spell.unary(ast.Invert),
    ),
)

RECORDS: tuple[Record, ...] = COMPARISONS + CHOICES + CONVERSIONS + BITS
