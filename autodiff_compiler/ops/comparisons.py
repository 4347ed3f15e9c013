"""Comparisons, choices and conversions of numbers."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence

import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import INT, NP_FLOAT, Type, join
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.arithmetic import NO_SLOPE, SAME, TRUTH_VALUE
from autodiff_compiler.ops.kinds import (
    Attributes,
    asking,
    condition,
    expect_count,
    giving,
    integer,
    pure,
    raises_for_floats,
    truth,
)
from autodiff_compiler.ops.record import Elementwise, Record, Spelling, Zero
from autodiff_compiler.ops.samples import WIDE
from autodiff_compiler.ops.weights import FREE, ONE


def select_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 3)
    condition(types[0])
    joined = join(types[1], types[2])
    if joined is None:
        raise OperandError(f"expected two values of one type, got {types[1]} and {types[2]}")
    return joined


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
        infer=truth,
        evaluate=operator.not_,
        effect=pure,
        weight=FREE,
        rule=Zero(TRUTH_VALUE),
        spelling=spell.unary(ast.Not),
    ),
)

CONVERSIONS = (
    Record(
        name="float",
        infer=asking(float, 1),
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
        infer=giving(NP_FLOAT, 1),
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
        infer=giving(INT, 1),
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
        infer=asking(lambda x: round(x), 1),
        evaluate=round,
        effect=raises_for_floats,
        weight=ONE,
        rule=Zero(f"round {NO_SLOPE}"),
        spelling=spell.calling("round"),
    ),
    Record(
        name="round_to",
        infer=rounded_type,
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
        evaluate=lambda chosen, a, b: a if chosen else b,
        effect=pure,
        weight=FREE,
        rule=CHOICE,
        spelling=Spelling(
            lambda operands, types, attributes: ast.IfExp(operands[0], operands[1], operands[2])
        ),
        samples=((True, 1.25, -3.5), (False, 1.25, -3.5)),
        mpmath=lambda mp, c, a, b: a if c else b,
    ),
)

RECORDS: tuple[Record, ...] = COMPARISONS + CHOICES + CONVERSIONS
