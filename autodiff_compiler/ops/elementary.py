"""Trigonometric, hyperbolic, exponential, logarithmic functions and roots.

Partials reuse the result y where that is cheaper and as exact. `/` is IEEE division; `over` and
`m.quotient` divide plainly, where the primal has shown that the divisor isn't 0.
"""

from __future__ import annotations

import math

from autodiff_compiler.ops.family import family, over
from autodiff_compiler.ops.kinds import raises
from autodiff_compiler.ops.record import Delicate, Record
from autodiff_compiler.ops.samples import POSITIVE, WIDE, grid, reals
from autodiff_compiler.ops.terms import Namespace, Term, TermLike
from autodiff_compiler.ops.weights import always

inf, nan = math.inf, math.nan
LOG_2 = math.log(2.0)
LOG_2_E = 1.4426950408889634
LOG_10_E = 0.4342944819032518
TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)
DEGREE = math.pi / 180.0
RADIAN = 180.0 / math.pi

NAN = Delicate((nan,), (nan,), "nan")


def at(x: float, slope: float, why: str) -> Delicate:
    return Delicate((x,), (slope,), why)


def log_partials(m: Namespace, x: Term, *more: Term) -> tuple[TermLike, ...]:
    """log(x), or log(x, base) = log(x) / log(base); `math` raises for x <= 0 and for base 1."""
    if len(more) == 1:
        return (over(m, 1, x),)
    base, y = more
    log_base = m.log(base)
    return (
        m.quotient(m.quotient(1, x), log_base),
        -m.quotient(m.quotient(y, base), log_base),
    )


TRIGONOMETRIC = (
    *family(
        math="sin",
        np="sin",
        partials=lambda m, x, y: (m.cos(x),),
        effect=raises,
        samples=WIDE,
        delicate=(
            at(0.0, 1.0, "0"),
            at(inf, nan, "no limit, for NumPy"),
            at(1e308, math.cos(1e308), "large"),
            NAN,
        ),
        sympy=lambda sp, x: sp.sin(x),
        mpmath=lambda mp, x: mp.sin(x),
    ),
    *family(
        math="cos",
        np="cos",
        partials=lambda m, x, y: (-m.sin(x),),
        effect=raises,
        samples=WIDE,
        delicate=(
            at(0.0, 0.0, "the top"),
            at(inf, nan, "no limit, for NumPy"),
            at(1e308, -math.sin(1e308), "large"),
            NAN,
        ),
        sympy=lambda sp, x: sp.cos(x),
        mpmath=lambda mp, x: mp.cos(x),
    ),
    *family(
        math="tan",
        np="tan",
        partials=lambda m, x, y: (1 + y * y,),
        effect=raises,
        samples=reals(-3, 3, 1e-9, -4e-5),
        delicate=(
            at(0.0, 1.0, "0"),
            at(math.pi / 2, 1 + math.tan(math.pi / 2) ** 2, "as near to the pole as floats come"),
            at(inf, nan, "no limit, for NumPy"),
            NAN,
        ),
        sympy=lambda sp, x: sp.tan(x),
        mpmath=lambda mp, x: mp.tan(x),
    ),
    *family(
        math="asin",
        np="arcsin",
        partials=lambda m, x, y: (1 / m.sqrt((1 - x) * (1 + x)),),
        effect=raises,
        samples=reals(-1, 1, 1e-9, 0.99999, -1 + 1e-9),
        delicate=(
            at(1.0, inf, "vertical at the end"),
            at(-1.0, inf, "vertical at the end"),
            at(2.0, nan, "outside, for NumPy"),
            at(1 - 2**-53, 1 / math.sqrt(2**-53 * (2 - 2**-53)), "next to the end"),
            NAN,
        ),
        sympy=lambda sp, x: sp.asin(x),
        mpmath=lambda mp, x: mp.asin(x),
    ),
    *family(
        math="acos",
        np="arccos",
        partials=lambda m, x, y: (-(1 / m.sqrt((1 - x) * (1 + x))),),
        effect=raises,
        samples=reals(-1, 1, 1e-9, 0.99999, -1 + 1e-9),
        delicate=(
            at(1.0, -inf, "vertical at the end"),
            at(-1.0, -inf, "vertical at the end"),
            at(2.0, nan, "outside, for NumPy"),
            NAN,
        ),
        sympy=lambda sp, x: sp.acos(x),
        mpmath=lambda mp, x: mp.acos(x),
    ),
    *family(
        math="atan",
        np="arctan",
        partials=lambda m, x, y: (m.quotient(1, 1 + x * x),),
        samples=WIDE,
        delicate=(
            at(0.0, 1.0, "0"),
            at(inf, 0.0, "flat"),
            at(-inf, 0.0, "flat"),
            at(1e200, 0.0, "the slope underflows"),
            NAN,
        ),
        sympy=lambda sp, x: sp.atan(x),
        mpmath=lambda mp, x: mp.atan(x),
    ),
)

HYPERBOLIC = (
    *family(
        math="sinh",
        np="sinh",
        partials=lambda m, x, y: (m.cosh(x),),
        effect=raises,
        samples=reals(-5, 5, 1e-9, 300.0, -700.0),
        delicate=(
            at(0.0, 1.0, "0"),
            at(710.4758600739439, math.cosh(710.4758600739439), "largest"),
            at(inf, inf, "infinite"),
            at(-inf, inf, "infinite"),
            NAN,
        ),
        sympy=lambda sp, x: sp.sinh(x),
        mpmath=lambda mp, x: mp.sinh(x),
    ),
    *family(
        math="cosh",
        np="cosh",
        partials=lambda m, x, y: (m.sinh(x),),
        effect=raises,
        samples=reals(-5, 5, 1e-9, 300.0, -700.0),
        delicate=(
            at(0.0, 0.0, "the bottom"),
            at(710.4758600739439, math.sinh(710.4758600739439), "largest"),
            at(inf, inf, "infinite"),
            at(-inf, -inf, "infinite"),
            NAN,
        ),
        sympy=lambda sp, x: sp.cosh(x),
        mpmath=lambda mp, x: mp.cosh(x),
    ),
    *family(
        math="tanh",
        np="tanh",
        partials=lambda m, x, y: (1 - y * y,),
        samples=reals(-5, 5, 1e-9, 12.0, -300.0),
        bound="absolute",
        delicate=(
            at(0.0, 1.0, "0"),
            at(20.0, 0.0, "flat to rounding; the slope is 1.7e-17"),
            at(inf, 0.0, "flat"),
            at(-inf, 0.0, "flat"),
            NAN,
        ),
        sympy=lambda sp, x: sp.tanh(x),
        mpmath=lambda mp, x: mp.tanh(x),
    ),
    *family(
        math="asinh",
        np="arcsinh",
        partials=lambda m, x, y: (m.quotient(1, m.hypot(1, x)),),
        samples=(*WIDE, (1e200,)),
        delicate=(
            at(0.0, 1.0, "0"),
            at(1e308, 1e-308, "x * x would overflow"),
            at(inf, 0.0, "flat"),
            at(-inf, 0.0, "flat"),
            NAN,
        ),
        sympy=lambda sp, x: sp.asinh(x),
        mpmath=lambda mp, x: mp.asinh(x),
    ),
    *family(
        math="acosh",
        np="arccosh",
        partials=lambda m, x, y: (1 / (m.sqrt(x - 1) * m.sqrt(x + 1)),),
        effect=raises,
        samples=reals(1, 6, 1 + 1e-9, 1e200),
        delicate=(
            at(1.0, inf, "vertical at the end"),
            at(0.5, nan, "outside, for NumPy"),
            at(1e308, 1e-308, "x * x would overflow"),
            at(inf, 0.0, "flat"),
            NAN,
        ),
        sympy=lambda sp, x: sp.acosh(x),
        mpmath=lambda mp, x: mp.acosh(x),
    ),
    *family(
        math="atanh",
        np="arctanh",
        partials=lambda m, x, y: (over(m, 1, (1 - x) * (1 + x)),),
        effect=raises,
        samples=reals(-1, 1, 1e-9, 0.999999, -1 + 1e-9),
        delicate=(
            at(1.0, inf, "the pole, for NumPy"),
            at(-1.0, inf, "the pole, for NumPy"),
            at(2.0, -1 / 3, "outside, for NumPy: the formula's value, though the result is nan"),
            NAN,
        ),
        sympy=lambda sp, x: sp.atanh(x),
        mpmath=lambda mp, x: mp.atanh(x),
    ),
)

EXPONENTIAL = (
    *family(
        math="exp",
        np="exp",
        partials=lambda m, x, y: (y,),
        effect=raises,
        samples=reals(-5, 5, 1e-9, -700.0, 700.0),
        delicate=(
            at(0.0, 1.0, "0"),
            at(-inf, 0.0, "flat"),
            at(-1e4, 0.0, "underflow"),
            at(1e4, inf, "overflow, for NumPy"),
            at(inf, inf, "infinite"),
            NAN,
        ),
        sympy=lambda sp, x: sp.exp(x),
        mpmath=lambda mp, x: mp.exp(x),
    ),
    *family(
        math="exp2",
        np="exp2",
        partials=lambda m, x, y: (LOG_2 * y,),
        effect=raises,
        samples=reals(-5, 5, 1e-9, -900.0, 1000.0),
        delicate=(
            at(0.0, LOG_2, "0"),
            at(-inf, 0.0, "flat"),
            at(1e4, inf, "overflow, for NumPy"),
            at(inf, inf, "infinite"),
            NAN,
        ),
        sympy=lambda sp, x: sp.Integer(2) ** x,
        mpmath=lambda mp, x: mp.mpf(2) ** x,
    ),
    *family(
        math="expm1",
        np="expm1",
        # Not y + 1, of which nothing is left for x < -37.
        partials=lambda m, x, y: (m.exp(x),),
        effect=raises,
        samples=reals(-5, 5, 1e-9, -100.0, 700.0),
        delicate=(
            at(0.0, 1.0, "0"),
            at(-50.0, math.exp(-50.0), "y is -1.0"),
            at(709.782712893384, math.exp(709.782712893384), "largest"),
            at(-inf, 0.0, "flat"),
            at(inf, inf, "infinite"),
            NAN,
        ),
        sympy=lambda sp, x: sp.exp(x) - 1,
        mpmath=lambda mp, x: mp.expm1(x),
    ),
    *family(
        math="log",
        partials=log_partials,
        arity=(1, 2),
        effect=raises,
        samples=POSITIVE + grid((0.3, 2.5, 77.0), (0.4, 1.7, 10.0)),
        delicate=(
            at(inf, 0.0, "infinite"),
            at(1e-308, 1e308, "small"),
            at(5e-324, inf, "the slope overflows"),
            at(1e308, 1e-308, "large"),
            NAN,
            Delicate((1.0, 2.0), (1 / LOG_2, -0.0), "log 1"),
            Delicate((5e-324, 2.0), (inf, 1074.0 / 2.0 / LOG_2), "small"),
            Delicate((2.0, inf), (0.0, -0.0), "infinite base"),
            Delicate(
                (1e-308, 1 + 2**-52),
                (inf, -math.log(1e-308) / (1 + 2**-52) / math.log(1 + 2**-52) ** 2),
                "x * log(base) would underflow",
            ),
        ),
        sympy=lambda sp, *operands: sp.log(*operands),
        mpmath=lambda mp, *operands: mp.log(*operands),
    ),
    *family(
        np="log",
        partials=log_partials,
        samples=POSITIVE,
        delicate=(
            at(0.0, inf, "the pole"),
            at(-0.0, -inf, "the pole, from below"),
            at(-2.0, -0.5, "outside: the formula's value, though the result is nan"),
            at(inf, 0.0, "infinite"),
            at(1e-308, 1e308, "small"),
            NAN,
        ),
        sympy=lambda sp, x: sp.log(x),
        mpmath=lambda mp, x: mp.log(x),
    ),
    *family(
        math="log2",
        np="log2",
        partials=lambda m, x, y: (over(m, LOG_2_E, x),),
        effect=raises,
        samples=POSITIVE,
        delicate=(at(0.0, inf, "the pole, for NumPy"), at(inf, 0.0, "infinite"), NAN),
        sympy=lambda sp, x: sp.log(x, 2),
        mpmath=lambda mp, x: mp.log(x, 2),
    ),
    *family(
        math="log10",
        np="log10",
        partials=lambda m, x, y: (over(m, LOG_10_E, x),),
        effect=raises,
        samples=POSITIVE,
        delicate=(at(0.0, inf, "the pole, for NumPy"), at(inf, 0.0, "infinite"), NAN),
        sympy=lambda sp, x: sp.log(x, 10),
        mpmath=lambda mp, x: mp.log(x, 10),
    ),
    *family(
        math="log1p",
        np="log1p",
        partials=lambda m, x, y: (over(m, 1, 1 + x),),
        effect=raises,
        samples=reals(-1, 4, 1e-9, -1 + 1e-9, 7.8e12),
        delicate=(
            at(-1.0, inf, "the pole, for NumPy"),
            at(-1 + 2**-53, 2.0**53, "next to the pole"),
            at(inf, 0.0, "infinite"),
            NAN,
        ),
        sympy=lambda sp, x: sp.log(1 + x),
        mpmath=lambda mp, x: mp.log1p(x),
    ),
)

ROOTS = (
    *family(
        math="sqrt",
        np="sqrt",
        partials=lambda m, x, y: (0.5 / y,),
        effect=raises,
        weight=always(1),
        samples=POSITIVE,
        delicate=(
            at(0.0, inf, "vertical at 0"),
            at(-0.0, -inf, "sqrt(-0.0) is -0.0, whose inverse is -inf"),
            at(-1.0, nan, "outside, for NumPy"),
            at(5e-324, 0.5 / math.sqrt(5e-324), "small"),
            at(1e308, 5e-155, "large"),
            at(inf, 0.0, "infinite"),
            NAN,
        ),
        sympy=lambda sp, x: sp.sqrt(x),
        mpmath=lambda mp, x: mp.sqrt(x),
    ),
    *family(
        math="cbrt",
        np="cbrt",
        partials=lambda m, x, y: (1 / (3 * y * y),),
        samples=WIDE,
        delicate=(
            at(0.0, inf, "vertical at 0"),
            at(-0.0, inf, "vertical at 0"),
            at(1e308, 1 / (3 * math.cbrt(1e308) ** 2), "large"),
            at(1e-308, 1 / (3 * math.cbrt(1e-308) ** 2), "small"),
            at(inf, 0.0, "infinite"),
            at(-inf, 0.0, "infinite"),
            NAN,
        ),
        sympy=lambda sp, x: sp.sign(x) * sp.cbrt(sp.Abs(x)),
        mpmath=lambda mp, x: mp.sign(x) * mp.cbrt(abs(x)),
    ),
)

ERROR_FUNCTIONS = (
    *family(
        math="erf",
        partials=lambda m, x, y: (TWO_OVER_SQRT_PI * m.exp(-(x * x)),),
        samples=reals(-3, 3, 1e-9, 6.5, -8.0),
        delicate=(
            at(0.0, TWO_OVER_SQRT_PI, "0"),
            at(30.0, 0.0, "the slope underflows"),
            at(1e200, 0.0, "x * x overflows"),
            at(inf, 0.0, "flat"),
            at(-inf, 0.0, "flat"),
            NAN,
        ),
        sympy=lambda sp, x: sp.erf(x),
        mpmath=lambda mp, x: mp.erf(x),
    ),
    *family(
        math="erfc",
        partials=lambda m, x, y: (-(TWO_OVER_SQRT_PI * m.exp(-(x * x))),),
        samples=reals(-3, 3, 1e-9, 6.5, -8.0),
        delicate=(
            at(0.0, -TWO_OVER_SQRT_PI, "0"),
            at(30.0, -0.0, "the slope underflows"),
            at(inf, -0.0, "flat"),
            at(-inf, -0.0, "flat"),
            NAN,
        ),
        sympy=lambda sp, x: sp.erfc(x),
        mpmath=lambda mp, x: mp.erfc(x),
    ),
)

ANGLES = tuple(
    record
    for names, factor in (
        ({"math": "radians", "np": "radians"}, DEGREE),
        ({"np": "deg2rad"}, DEGREE),
        ({"math": "degrees", "np": "degrees"}, RADIAN),
        ({"np": "rad2deg"}, RADIAN),
    )
    for record in family(
        **names,  # type: ignore[arg-type]
        partials=lambda m, x, y, factor=factor: (factor,),
        weight=always(1),
        samples=WIDE,
        sympy=lambda sp, x, radian=(factor > 1): x * (180 / sp.pi if radian else sp.pi / 180),
        mpmath=lambda mp, x, radian=(factor > 1): x * (180 / mp.pi if radian else mp.pi / 180),
    )
)

RECORDS: tuple[Record, ...] = (
    *TRIGONOMETRIC,
    *HYPERBOLIC,
    *EXPONENTIAL,
    *ROOTS,
    *ERROR_FUNCTIONS,
    *ANGLES,
)
