"""Gamma functions and sinc: functions whose derivatives Python doesn't have.

Each comes with a function for its n-th derivative, so that it can be differentiated again.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from autodiff_compiler.ir.types import FLOAT, ArrayType, Type
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.calling import signature
from autodiff_compiler.ops.family import family, numpy_function
from autodiff_compiler.ops.helpers import (
    DIGAMMA,
    LOGISTIC,
    LOGISTIC_ARRAY,
    POLYGAMMA,
    SINC_DERIVATIVE,
    SINC_DERIVATIVE_ARRAY,
    compiled,
    running,
)
from autodiff_compiler.ops.kinds import (
    Attributes,
    elementwise_type,
    expect_count,
    giving,
    has_array,
    integer,
    pure,
    raises,
    scalar,
)
from autodiff_compiler.ops.record import Delicate, Elementwise, Helper, Record, Spelling
from autodiff_compiler.ops.samples import grid, reals
from autodiff_compiler.ops.terms import Namespace, Term, TermLike
from autodiff_compiler.ops.weights import always

inf, nan = math.inf, math.nan
EULER = 0.5772156649015329
NAN = Delicate((nan,), (nan,), "nan")
BOTH_SIDES = reals(0.05, 9, 1e-9, 40.0, 120.5) + reals(-3, 0, -20.3, -1e-7)


def logistic_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 1)
    if has_array(types):
        return elementwise_type(running(LOGISTIC_ARRAY), types)
    scalar(types[0])
    return FLOAT


def order_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    integer(types[0])
    scalar(types[1])
    return FLOAT


def sinc_derivative_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    if isinstance(types[1], ArrayType):
        integer(types[0])
        return elementwise_type(partial(running(SINC_DERIVATIVE_ARRAY), 1), types[1:])
    return order_type(types, attributes)


def for_either(number: Helper, array: Helper) -> tuple[Callable[..., object], Spelling]:
    """How to run and to write what is one helper for numbers, and another for arrays."""

    def evaluate(*operands: object) -> object:
        arrays = any(isinstance(operand, np.ndarray) for operand in operands)
        return compiled(array if arrays else number)(*operands)

    def helper(types: Sequence[Type]) -> Helper:
        return array if has_array(types) else number

    def write(
        operands: spell.Expressions, types: Sequence[Type], attributes: Attributes
    ) -> ast.expr:
        return spell.call(helper(types).name, *operands)

    return evaluate, Spelling(write, helper)


run_logistic, write_logistic = for_either(LOGISTIC, LOGISTIC_ARRAY)
run_sinc_derivative, write_sinc_derivative = for_either(SINC_DERIVATIVE, SINC_DERIVATIVE_ARRAY)


def next_order(name: str, m: Namespace, n: Term, x: Term) -> tuple[TermLike | None, ...]:
    """The derivative of an n-th derivative; orders are constants."""
    return None, m.op(name, n.constant + 1, x)


RECORDS: tuple[Record, ...] = (
    *family(
        math="gamma",
        partials=lambda m, x, y: (y * m.op("digamma", x),),
        effect=raises,
        samples=BOTH_SIDES,
        delicate=(
            Delicate((1.0,), (-EULER,), "minus Euler's constant"),
            Delicate((171.6,), (math.gamma(171.6) * 5.1421767415474855,), "almost overflows"),
            Delicate((-200.5,), (-0.0,), "underflow"),
            Delicate((1e-308,), (-inf,), "next to the pole, the slope overflows"),
            Delicate((inf,), (inf,), "infinite"),
            NAN,
        ),
        sympy=lambda sp, x: sp.gamma(x),
        mpmath=lambda mp, x: mp.gamma(x),
    ),
    *family(
        math="lgamma",
        partials=lambda m, x, y: (m.op("digamma", x),),
        effect=raises,
        samples=BOTH_SIDES,
        delicate=(
            Delicate((1.0,), (-EULER,), "minus Euler's constant"),
            Delicate((1e300,), (math.log(1e300),), "large"),
            Delicate((-1e15 - 0.5,), (math.log(1e15),), "between poles"),
            Delicate((1e-308,), (-1e308,), "next to the pole"),
            Delicate((inf,), (inf,), "infinite"),
            Delicate((-inf,), (nan,), "no limit"),
            NAN,
        ),
        sympy=lambda sp, x: sp.loggamma(x),
        mpmath=lambda mp, x: mp.log(abs(mp.gamma(x))),
    ),
    Record(
        name="digamma",
        infer=giving(FLOAT, 1),
        evaluate=running(DIGAMMA),
        effect=pure,
        weight=always(4),
        rule=Elementwise(lambda m, x, y: (m.op("polygamma", 1, x),)),
        spelling=spell.calling_helper(DIGAMMA),
        samples=BOTH_SIDES,
        delicate=(
            Delicate((0.0,), (nan,), "a pole"),
            Delicate((-1.0,), (nan,), "a pole"),
            Delicate((1.0,), (math.pi**2 / 6,), "the sum of 1 / k²"),
            Delicate((1e300,), (1e-300,), "large"),
            Delicate((inf,), (0.0,), "flat"),
            Delicate((-inf,), (nan,), "no limit"),
            NAN,
        ),
        sympy=lambda sp, x: sp.digamma(x),
        mpmath=lambda mp, x: mp.digamma(x),
    ),
    Record(
        name="polygamma",
        infer=order_type,
        evaluate=running(POLYGAMMA),
        effect=pure,
        weight=always(4),
        rule=Elementwise(lambda m, n, x, y: next_order("polygamma", m, n, x)),
        spelling=spell.calling_helper(POLYGAMMA),
        samples=grid((1, 2, 3), (1e-7, 0.31, 1.46, 4.4, 80.5, -0.62, -2.3)),
        delicate=(
            Delicate((1, 0.0), (0.0, nan), "a pole"),
            Delicate((1, -2.0), (0.0, nan), "a pole"),
            Delicate((1, 1e300), (0.0, -0.0), "underflow"),
            Delicate((1, 1e-200), (0.0, -inf), "overflow"),
            Delicate((1, inf), (0.0, -0.0), "flat"),
            Delicate((1, -inf), (0.0, nan), "no limit"),
            Delicate((1, nan), (0.0, nan), "nan"),
        ),
        sympy=lambda sp, n, x: sp.polygamma(n, x),
        mpmath=lambda mp, n, x: mp.polygamma(int(n), x),
    ),
    numpy_function(
        "sinc",
        takes=signature("x"),
        rule=Elementwise(lambda m, x, y: (m.op("sinc_derivative", 1, x),)),
        weight=always(4),
        samples=reals(-4, 4, 1e-9, 1e-4, 50.3),
        bound="absolute",
        delicate=(
            Delicate((0.0,), (0.0,), "the top"),
            Delicate((1e-300,), (-(math.pi**2) / 3 * 1e-300,), "next to the top"),
            Delicate((inf,), (nan,), "sin(inf) / inf"),
            NAN,
        ),
        sympy=lambda sp, x: sp.sin(sp.pi * x) / (sp.pi * x),
        mpmath=lambda mp, x: mp.sincpi(x),
    ),
    Record(
        name="sinc_derivative",
        infer=sinc_derivative_type,
        evaluate=run_sinc_derivative,
        effect=pure,
        weight=always(4),
        rule=Elementwise(lambda m, n, x, y: next_order("sinc_derivative", m, n, x)),
        spelling=write_sinc_derivative,
        samples=grid((1, 2, 3), (-3.2, -0.7, 1e-4, 0.31, 0.64, 0.97, 1.3, 2.2, 50.3)),
        delicate=(
            Delicate((1, 0.0), (0.0, -(math.pi**2) / 3), "the top"),
            Delicate((2, 0.0), (0.0, 0.0), "the top"),
            Delicate((1, inf), (0.0, nan), "sin(inf) / inf"),
            Delicate((1, nan), (0.0, nan), "nan"),
        ),
        bound="absolute",
        sympy=lambda sp, n, x: sp.diff(sp.sin(sp.pi * x) / (sp.pi * x), x, n),
        mpmath=lambda mp, n, x: mp.diff(mp.sincpi, x, int(n)),
    ),
    Record(
        name="logistic",
        infer=logistic_type,
        evaluate=run_logistic,
        effect=pure,
        weight=always(6),
        # 1 - y would cancel for large x.
        rule=Elementwise(lambda m, x, y: (y * m.op("logistic", -x),)),
        spelling=write_logistic,
        samples=reals(-20, 20, -700.0, 30.0, 1e-9),
        delicate=(
            Delicate((0.0,), (0.25,), "the steepest"),
            Delicate((inf,), (0.0,), "flat"),
            Delicate((-inf,), (0.0,), "flat"),
            Delicate((-1e4,), (0.0,), "underflow"),
            NAN,
        ),
        sympy=lambda sp, x: 1 / (1 + sp.exp(-x)),
        mpmath=lambda mp, x: 1 / (1 + mp.exp(-x)),
    ),
)
