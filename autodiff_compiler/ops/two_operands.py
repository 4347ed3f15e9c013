"""Elementary functions of two operands (`hypot` and `fma`: of more)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autodiff_compiler.ir.types import FLOAT, Type
from autodiff_compiler.ops import powers
from autodiff_compiler.ops.family import family
from autodiff_compiler.ops.kinds import (
    Attributes,
    expect_count,
    pure,
    python_integer,
    raises,
    scalar,
)
from autodiff_compiler.ops.record import Delicate, Record
from autodiff_compiler.ops.samples import PAIRS, grid, spread
from autodiff_compiler.ops.terms import Namespace, Term, TermLike
from autodiff_compiler.ops.weights import always, arithmetic

inf, nan = math.inf, math.nan


def atan2_partials(m: Namespace, y: Term, x: Term, angle: Term) -> tuple[TermLike, ...]:
    """x / r² and -y / r², without the square, which would overflow at 1e155."""
    r = m.hypot(y, x)
    return (x / r) / r, -((y / r) / r)


def hypot_partials(m: Namespace, *operands: Term) -> tuple[TermLike, ...]:
    *xs, r = operands
    return tuple((x / r) * m.mask(m.op("ne", r, 0)) for x in xs)


def remainder_partials(m: Namespace, x: Term, y: Term, rest: Term) -> tuple[TermLike, ...]:
    """rest = x - n * y, where n = (x - rest) / y is a whole number that doesn't vary."""
    return 1, -((x - rest) / y)


def copysign_partials(m: Namespace, x: Term, y: Term, result: Term) -> tuple[TermLike | None, ...]:
    number = powers.plain_number(y)
    direction = m.copysign(1.0, y) if number is None else math.copysign(1.0, number)
    return m.op("sign", x) * direction, None


def shares(m: Namespace, a: Term, b: Term, unit: float) -> tuple[TermLike, ...]:
    """a's share of the powers a and b of a number, and b's; `unit` is the number's logarithm."""
    ahead, behind = a - b, b - a
    if unit != 1.0:
        ahead, behind = unit * ahead, unit * behind
    return m.op("logistic", ahead), m.op("logistic", behind)


def ldexp_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    scalar(types[0])
    python_integer(types[1])
    return FLOAT


ORIGIN = "hypot at 0: 0"
HYPOT_DELICATE = (
    Delicate((0.0, 0.0), (0.0, 0.0), ORIGIN),
    Delicate((0.0, -0.0), (0.0, 0.0), ORIGIN),
    Delicate((0.0, 2.0), (0.0, 1.0), "on an axis"),
    Delicate((3e-300, 4e-300), (0.6, 0.8), "squares underflow"),
    Delicate((3e307, 4e307), (0.6, 0.8), "squares overflow"),
    Delicate((1.7e308, 1.7e308), (0.0, 0.0), "the result overflows"),
    Delicate((inf, 1.0), (nan, 0.0), "inf / inf"),
    Delicate((nan, 1.0), (nan, nan), "nan"),
    Delicate((inf, nan), (nan, nan), "inf, whatever nan stands for; inf / inf"),
)
ATAN2_DELICATE = (
    Delicate((0.0, 0.0), (nan, nan), "the origin has no direction"),
    Delicate((0.0, -0.0), (nan, nan), "the origin has no direction"),
    Delicate((0.0, 2.0), (0.5, -0.0), "on an axis"),
    Delicate((2.0, 0.0), (0.0, -0.5), "on an axis"),
    Delicate((0.0, -2.0), (-0.5, -0.0), "the cut, from above"),
    Delicate((3e160, 4e160), (4 / 25 * 1e-160, -3 / 25 * 1e-160), "squares overflow"),
    Delicate((3e-200, 4e-200), (4 / 25 * 1e200, -3 / 25 * 1e200), "squares underflow"),
    Delicate((inf, 1.0), (0.0, nan), "inf / inf"),
    Delicate((1.0, inf), (nan, -0.0), "inf / inf"),
    Delicate((nan, 1.0), (nan, nan), "nan"),
)
REMAINDER_DELICATE = (
    Delicate((5.0, inf), (1.0, -0.0), "the remainder by inf is x"),
    Delicate((6.0, 2.0), (1.0, -3.0), "at a jump"),
    Delicate((-0.0, 2.0), (1.0, -0.0), "0"),
    Delicate((1e308, 1e-308), (1.0, -inf), "the quotient overflows"),
    Delicate((5.0, 0.0), (1.0, nan), "by zero, for NumPy"),
    Delicate((nan, 1.0), (1.0, nan), "nan"),
    Delicate((1.0, nan), (1.0, nan), "nan"),
)
COPYSIGN_DELICATE = (
    Delicate((0.0, -1.0), (-0.0, 0.0), "the kink of abs: 0"),
    Delicate((-2.0, -0.0), (1.0, 0.0), "the sign of -0.0 is negative"),
    Delicate((2.0, inf), (1.0, 0.0), "infinite"),
    Delicate((-inf, 3.0), (-1.0, 0.0), "infinite"),
    Delicate((nan, 1.0), (nan, 0.0), "nan"),
)
LOGADDEXP_DELICATE = (
    Delicate((0.0, 0.0), (0.5, 0.5), "equal"),
    Delicate((-inf, 3.0), (0.0, 1.0), "nothing added"),
    Delicate((inf, 3.0), (1.0, 0.0), "infinite"),
    Delicate((-inf, -inf), (nan, nan), "shares of nothing"),
    Delicate((inf, inf), (nan, nan), "inf - inf"),
    Delicate((1e308, -1e308), (1.0, 0.0), "the difference overflows"),
    Delicate((1e10, 1e10), (0.5, 0.5), "large"),
    Delicate((nan, 1.0), (nan, nan), "nan"),
)

POWERS = tuple(
    record
    for names in ({"math": "pow"}, {"np": "power"}, {"np": "float_power"})
    for record in family(
        **names,  # type: ignore[arg-type]
        partials=powers.power(".".join(*names.items())),
        arity=2,
        effect=raises,
        numpy_effect=powers.numpy_effect if "power" in names.values() else pure,
        weight=arithmetic(8),
        samples=powers.SAMPLES,
        delicate=powers.DELICATE,
        sympy=lambda sp, x, p: x**p,
        mpmath=lambda mp, x, p: x**p,
    )
)

RECORDS: tuple[Record, ...] = (
    *POWERS,
    *family(
        math="atan2",
        np="arctan2",
        partials=atan2_partials,
        arity=2,
        weight=always(8),
        samples=PAIRS,
        delicate=ATAN2_DELICATE,
        sympy=lambda sp, y, x: sp.atan2(y, x),
        mpmath=lambda mp, y, x: mp.atan2(y, x),
    ),
    *family(
        math="hypot",
        partials=hypot_partials,
        arity=(1, None),
        weight=always(8),
        samples=(*PAIRS, (1.5,), (-2.5,), (1.5, -2.5, 0.25), (1.0, 2.0, -3.0, 4.0)),
        delicate=(
            *HYPOT_DELICATE,
            Delicate((0.0,), (0.0,), ORIGIN),
            Delicate((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), ORIGIN),
        ),
        sympy=lambda sp, *xs: sp.sqrt(sum(x**2 for x in xs)),
        mpmath=lambda mp, *xs: mp.sqrt(sum(x**2 for x in xs)),
    ),
    *family(
        np="hypot",
        partials=hypot_partials,
        arity=2,
        weight=always(8),
        samples=PAIRS,
        delicate=HYPOT_DELICATE,
        sympy=lambda sp, x, y: sp.sqrt(x**2 + y**2),
        mpmath=lambda mp, x, y: mp.hypot(x, y),
    ),
    *family(
        math="fmod",
        np="fmod",
        partials=remainder_partials,
        arity=2,
        effect=raises,
        samples=grid(spread(-9, 9, 5), (2.3, -1.7)) + ((1e9, 0.3),),
        delicate=REMAINDER_DELICATE,
        mpmath=lambda mp, x, y: x - y * _truncated(mp, x / y),
    ),
    *family(
        math="remainder",
        partials=remainder_partials,
        arity=2,
        effect=raises,
        samples=grid(spread(-9, 9, 5), (2.3, -1.7)) + ((1e9, 0.3),),
        delicate=REMAINDER_DELICATE,
        mpmath=lambda mp, x, y: x - y * mp.nint(x / y),
    ),
    *family(
        math="copysign",
        np="copysign",
        partials=copysign_partials,
        arity=2,
        weight=always(1),
        samples=PAIRS,
        delicate=COPYSIGN_DELICATE,
        sympy=lambda sp, x, y: sp.Abs(x) * sp.sign(y),
        mpmath=lambda mp, x, y: abs(x) * mp.sign(y),
    ),
    *family(
        np="logaddexp",
        partials=lambda m, a, b, y: shares(m, a, b, 1.0),
        arity=2,
        weight=always(8),
        samples=(*PAIRS[:-2], (1e10, 1e10 - 3), (-10.0, 45.0)),
        delicate=LOGADDEXP_DELICATE,
        sympy=lambda sp, a, b: sp.log(sp.exp(a) + sp.exp(b)),
        mpmath=lambda mp, a, b: a + mp.log1p(mp.exp(b - a)),
    ),
    *family(
        np="logaddexp2",
        partials=lambda m, a, b, y: shares(m, a, b, math.log(2.0)),
        arity=2,
        weight=always(8),
        samples=(*PAIRS[:-2], (1e10, 1e10 - 3), (-10.0, 45.0)),
        delicate=LOGADDEXP_DELICATE,
        sympy=lambda sp, a, b: sp.log(sp.Integer(2) ** a + sp.Integer(2) ** b, 2),
        mpmath=lambda mp, a, b: a + mp.log(1 + mp.mpf(2) ** (b - a), 2),
    ),
    *family(
        math="ldexp",
        infer=ldexp_type,
        partials=lambda m, x, i, y: (m.op("ieee_pow", 2.0, i), None),
        effect=raises,
        samples=grid(spread(-3, 3, 3), (-30, 0, 7)),
        delicate=(
            Delicate((0.0, 2), (4.0, 0.0), "0"),
            Delicate((1e-300, 1800), (inf, 0.0), "the slope overflows where the result doesn't"),
            Delicate((1e300, -1100), (0.0, 0.0), "the slope underflows"),
            Delicate((inf, 1), (2.0, 0.0), "infinite"),
            Delicate((nan, 1), (2.0, 0.0), "nan"),
        ),
        sympy=lambda sp, x, i: x * sp.Integer(2) ** i,
        mpmath=lambda mp, x, i: x * mp.mpf(2) ** i,
    ),
)

if hasattr(math, "fma"):  # since Python 3.13
    RECORDS += family(
        math="fma",
        partials=lambda m, x, y, z, result: (y, x, 1),
        arity=3,
        effect=raises,
        weight=always(2),
        samples=grid((1.5, -2.5), (0.3, 4.0), (-7.0, 0.1)),
        sympy=lambda sp, x, y, z: x * y + z,
        mpmath=lambda mp, x, y, z: x * y + z,
    )


def _truncated(mp: Any, quotient: Any) -> Any:
    return mp.floor(quotient) if quotient > 0 else mp.ceil(quotient)
