"""Arithmetic that derivatives add: as in IEEE 754, it never raises.

Where NumPy's numbers meet it is NumPy's own; for Python's floats it is a helper.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from autodiff_compiler.ops import powers, spell
from autodiff_compiler.ops.arithmetic import (
    DIV_DELICATE,
    NO_SLOPE,
    ieee_div_partials,
    ieee_div_tangent,
)
from autodiff_compiler.ops.helpers import IEEE_DIV, IEEE_LOG, IEEE_POW, SIGN, compiled, running
from autodiff_compiler.ops.kinds import float_of_library, pure
from autodiff_compiler.ops.record import Delicate, Elementwise, Record, Zero
from autodiff_compiler.ops.samples import PAIRS, reals
from autodiff_compiler.ops.weights import always

inf, nan = math.inf, math.nan


def _ieee(plain: Callable[..., object], fallback: Callable[..., object]) -> Callable[..., object]:
    def evaluate(*operands: object) -> object:
        numpy = any(isinstance(operand, np.generic | np.ndarray) for operand in operands)
        return plain(*operands) if numpy else fallback(*operands)

    return evaluate


ieee_div = _ieee(operator.truediv, running(IEEE_DIV))
ieee_log = _ieee(np.log, running(IEEE_LOG))


def ieee_pow(x: float, y: float) -> object:
    numbers: tuple[object, ...] = (x, y)
    if any(isinstance(operand, np.floating | np.ndarray) for operand in numbers):
        return x**y
    result = compiled(IEEE_POW)(x, y)
    return np.float64(result) if isinstance(x, np.generic) or isinstance(y, np.generic) else result  # type: ignore[arg-type]


def sign(x: Any) -> object:
    if isinstance(x, np.ndarray):
        return np.sign(x)
    result = compiled(SIGN)(x)
    return np.float64(result) if isinstance(x, np.generic) else result  # type: ignore[arg-type]


RECORDS: tuple[Record, ...] = (
    Record(
        name="ieee_div",
        infer=float_of_library(2, operator.truediv),
        evaluate=ieee_div,
        effect=pure,
        weight=always(1),
        rule=Elementwise(ieee_div_partials, ieee_div_tangent),
        spelling=spell.plain_or_helper(spell.binary(ast.Div).write, IEEE_DIV),
        samples=PAIRS,
        delicate=DIV_DELICATE,
        sympy=lambda sp, a, b: a / b,
        mpmath=lambda mp, a, b: a / b,
    ),
    Record(
        name="ieee_pow",
        infer=powers.but_of_bools(float_of_library(2, operator.pow)),
        evaluate=ieee_pow,
        effect=pure,
        weight=always(8),
        rule=Elementwise(powers.power("ieee_pow")),
        spelling=spell.plain_or_helper(spell.binary(ast.Pow).write, IEEE_POW),
        samples=powers.SAMPLES,
        delicate=powers.DELICATE,
        sympy=lambda sp, x, p: x**p,
        mpmath=lambda mp, x, p: x**p,
    ),
    Record(
        name="ieee_log",
        infer=float_of_library(1, np.log),
        evaluate=ieee_log,
        effect=pure,
        weight=always(4),
        rule=Elementwise(lambda m, x, y: (1 / x,)),
        spelling=spell.plain_or_helper(spell.calling("np.log").write, IEEE_LOG),
        samples=reals(0.02, 4, 1e-9, 345.6, 7.8e12),
        delicate=(
            Delicate((0.0,), (inf,), "the pole"),
            Delicate((inf,), (0.0,), "infinite"),
            Delicate((nan,), (nan,), "nan"),
            Delicate((1e-308,), (1e308,), "small"),
        ),
        sympy=lambda sp, x: sp.log(x),
        mpmath=lambda mp, x: mp.log(x),
    ),
    Record(
        name="sign",
        infer=float_of_library(1, np.sign),
        evaluate=sign,
        effect=pure,
        weight=always(1),
        rule=Zero(f"sign {NO_SLOPE}"),
        spelling=spell.plain_or_helper(spell.calling("np.sign").write, SIGN),
    ),
)
