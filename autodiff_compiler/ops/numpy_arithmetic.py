"""NumPy's functions for what Python writes with operators."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from autodiff_compiler.ir.types import ArrayType, Type
from autodiff_compiler.ops.arithmetic import (
    ADD,
    DIV_DELICATE,
    MOD_DELICATE,
    MUL,
    NEG,
    NO_SLOPE,
    SAME,
    SUB,
    ieee_div_partials,
)
from autodiff_compiler.ops.calling import signature
from autodiff_compiler.ops.family import (
    calling_as,
    family,
    numpy_function,
    ufunc_signature,
    written_as,
)
from autodiff_compiler.ops.kinds import Attributes, asking
from autodiff_compiler.ops.record import Delicate, Elementwise, Record
from autodiff_compiler.ops.samples import PAIRS, WIDE, grid, spread
from autodiff_compiler.ops.weights import FREE, ONE

inf, nan = math.inf, math.nan

BITS = "a function of bits"
CONJ = ufunc_signature(np.conjugate)


def real_type(types: Sequence[Type], attributes: Attributes) -> Type:
    """What the operand is: an array without dimensions stays one."""
    found = asking(np.real, 1)(types, attributes)
    return types[0] if isinstance(types[0], ArrayType) else found


RECORDS: tuple[Record, ...] = (
    *family(
        np="positive",
        partials=SAME,
        weight=FREE,
        samples=WIDE,
        sympy=lambda sp, x: x,
        mpmath=lambda mp, x: x,
    ),
    *family(
        np="negative",
        partials=NEG,
        weight=ONE,
        samples=WIDE,
        sympy=lambda sp, x: -x,
        mpmath=lambda mp, x: -x,
    ),
    *family(
        np="add",
        partials=ADD,
        arity=2,
        weight=ONE,
        samples=PAIRS,
        sympy=lambda sp, a, b: a + b,
        mpmath=lambda mp, a, b: a + b,
    ),
    *family(
        np="subtract",
        partials=SUB,
        arity=2,
        weight=ONE,
        samples=PAIRS,
        sympy=lambda sp, a, b: a - b,
        mpmath=lambda mp, a, b: a - b,
    ),
    *family(
        np="multiply",
        partials=MUL,
        arity=2,
        weight=ONE,
        samples=PAIRS,
        sympy=lambda sp, a, b: a * b,
        mpmath=lambda mp, a, b: a * b,
    ),
    *family(
        np="divide",
        partials=ieee_div_partials,
        arity=2,
        weight=ONE,
        samples=PAIRS,
        delicate=DIV_DELICATE,
        sympy=lambda sp, a, b: a / b,
        mpmath=lambda mp, a, b: a / b,
    ),
    *family(
        np="mod",
        partials=lambda m, a, b, y: (1, -m.floor_divide(a, b)),
        arity=2,
        weight=ONE,
        samples=grid(spread(-9, 9, 5), (2.3, -1.7)),
        delicate=(*MOD_DELICATE, Delicate((5.0, 0.0), (1.0, -inf), "by zero")),
        mpmath=lambda mp, a, b: a - b * mp.floor(a / b),
    ),
    *family(np="floor_divide", zero=f"// {NO_SLOPE}", arity=2, weight=ONE),
    *family(
        np="square",
        partials=lambda m, x, y: (2 * x,),
        weight=ONE,
        samples=WIDE,
        delicate=(
            Delicate((1e308,), (inf,), "overflow"),
            Delicate((1e-308,), (2e-308,), "underflow of the square only"),
            Delicate((-inf,), (-inf,), "infinite"),
            Delicate((nan,), (nan,), "nan"),
        ),
        sympy=lambda sp, x: x**2,
        mpmath=lambda mp, x: x**2,
    ),
    *family(
        np="reciprocal",
        partials=lambda m, x, y: (-(y * y),),
        weight=ONE,
        samples=WIDE,
        delicate=(
            Delicate((0.0,), (-inf,), "the pole"),
            Delicate((-0.0,), (-inf,), "the pole"),
            Delicate((1e-308,), (-inf,), "overflow"),
            Delicate((1e308,), (-0.0,), "underflow"),
            Delicate((inf,), (-0.0,), "infinite"),
            Delicate((nan,), (nan,), "nan"),
        ),
        sympy=lambda sp, x: 1 / x,
        mpmath=lambda mp, x: 1 / x,
    ),
    *(
        record
        for name in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
        for record in family(np=name, zero=f"{name} gives a truth value", arity=2, weight=ONE)
    ),
    *(
        record
        for name in ("logical_and", "logical_or", "logical_xor")
        for record in family(np=name, zero=f"{name} gives a truth value", arity=2, weight=FREE)
    ),
    *family(np="logical_not", zero="logical_not gives a truth value", weight=FREE),
    *(
        record
        for name, arity in (
            ("bitwise_and", 2),
            ("bitwise_or", 2),
            ("bitwise_xor", 2),
            ("invert", 1),
        )
        for record in family(np=name, zero=BITS, arity=arity, weight=FREE)
    ),
    # Of real numbers, these are the numbers themselves.
    numpy_function(
        "real",
        infer=real_type,
        rule=Elementwise(SAME),
        takes=signature("val"),
        holds="maybe",
        weight=FREE,
        samples=WIDE,
        sympy=lambda sp, x: x,
        mpmath=lambda mp, x: x,
    ),
    numpy_function(
        "conj",
        rule=Elementwise(SAME),
        evaluate=calling_as(np.conj, CONJ),
        spelling=written_as("np.conj", CONJ),
        takes=CONJ,
        methods=("conj", "conjugate"),
        holds="maybe",
        weight=FREE,
        samples=WIDE,
        sympy=lambda sp, x: x,
        mpmath=lambda mp, x: x,
    ),
)
