"""Functions of scipy.special that work element by element.

SciPy is imported when one of them is first asked for, which is after the user's code has.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Sequence
from typing import Any

from autodiff_compiler.ir.types import ArrayType, Type
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.calling import Signature, signature
from autodiff_compiler.ops.family import DTYPE, OUT, WHERE
from autodiff_compiler.ops.kinds import (
    Attributes,
    asking,
    broadcast_dims,
    expect_count,
    has_array,
    pure,
)
from autodiff_compiler.ops.record import Delicate, Elementwise, Record
from autodiff_compiler.ops.samples import POSITIVE, WIDE, Samples, grid, reals, spread
from autodiff_compiler.ops.special import BOTH_SIDES
from autodiff_compiler.ops.terms import Namespace, Partials, Term, TermLike
from autodiff_compiler.ops.weights import always

inf, nan = math.inf, math.nan
EULER = 0.5772156649015329
ROOT_2 = math.sqrt(2.0)
ROOT_2_PI = math.sqrt(2.0 * math.pi)
HALF_ROOT_PI = 0.5 * math.sqrt(math.pi)
TWO_OVER_ROOT_PI = 2.0 / math.sqrt(math.pi)
ROOT_2_OVER_PI = math.sqrt(2.0 / math.pi)
LOG_2, LOG_10 = math.log(2.0), math.log(10.0)
NAN = Delicate((nan,), (nan,), "nan")
SCIPY = "scipy.special."


def lazily(name: str) -> Callable[..., object]:
    """The function of scipy.special, which is imported when it is called."""

    def evaluate(*operands: object, **keywords: object) -> object:
        function: Any = getattr(importlib.import_module("scipy.special"), name)
        return function(*operands, **keywords)

    return evaluate


UNARY = signature("x", out=OUT, where=WHERE, dtype=DTYPE)
BINARY = signature("x1", "x2", out=OUT, where=WHERE, dtype=DTYPE)


def of_scipy(
    name: str,
    partials: Partials,
    *,
    samples: Samples,
    delicate: Sequence[Delicate],
    sympy: Callable[..., object],
    mpmath: Callable[..., object],
    takes: Signature = UNARY,
    weight: int = 4,
    bound: str = "relative",
) -> Record:
    """The record of a function of scipy.special."""
    arity = sum(param.required for param in takes.params)
    function = lazily(name)
    return Record(
        name=f"{SCIPY}{name}",
        infer=asking(function, arity) if name != "polygamma" else polygamma_type,
        evaluate=function,
        effect=pure,
        weight=always(weight),
        rule=Elementwise(partials),
        spelling=spell.calling(f"{SCIPY}{name}"),
        takes=takes,
        samples=samples,
        delicate=tuple(delicate),
        sympy=sympy,
        mpmath=mpmath,
        bound=bound,
    )


def polygamma_type(types: Sequence[Type], attributes: Attributes) -> Type:
    """SciPy gives an array in float64, even of numbers."""
    expect_count(types, 2)
    if has_array(types):
        asking(lazily("polygamma"), 2)(types, attributes)
    return ArrayType("float64", broadcast_dims(types))


def at(x: float, slope: float, why: str) -> Delicate:
    return Delicate((x,), (slope,), why)


# Partials that take more than a line.


def log_ndtr_partials(m: Namespace, x: Term, y: Term) -> tuple[TermLike, ...]:
    """The density over the distribution function: exact on either side, neither underflows."""
    below = ROOT_2_OVER_PI / m.op(f"{SCIPY}erfcx", m.minimum(x, 0.0) / -ROOT_2)
    above = m.exp(-0.5 * (x * x) - y) / ROOT_2_PI
    return (m.op("select", m.op("lt", x, 0), below, above),)


def unless_zero(m: Namespace, x: Term, slope: Term) -> Term:
    """x log y is 0 for x = 0 whatever y is, and doesn't vary with it."""
    return slope * m.mask(m.op("ne", x, 0))


def xlogy_partials(m: Namespace, x: Term, y: Term, z: Term) -> tuple[TermLike, ...]:
    return m.log(y), unless_zero(m, x, x / y)


def xlog1py_partials(m: Namespace, x: Term, y: Term, z: Term) -> tuple[TermLike, ...]:
    return m.log1p(y), unless_zero(m, x, x / (1 + y))


def rel_entr_partials(m: Namespace, x: Term, y: Term, z: Term) -> tuple[TermLike, ...]:
    return m.log(x / y) + 1, -unless_zero(m, x, x / y)


def kl_div_partials(m: Namespace, x: Term, y: Term, z: Term) -> tuple[TermLike, ...]:
    return m.log(x / y), 1 - x / y


def betaln_partials(m: Namespace, a: Term, b: Term, y: Term) -> tuple[Term, ...]:
    whole = digamma(m, a + b)
    return digamma(m, a) - whole, digamma(m, b) - whole


def beta_partials(m: Namespace, a: Term, b: Term, y: Term) -> tuple[Term, ...]:
    return tuple(y * each for each in betaln_partials(m, a, b, y))


def polygamma_partials(m: Namespace, n: Term, x: Term, y: Term) -> tuple[TermLike | None, ...]:
    """The next order: where that is known, by the zeta function, which keeps float32."""
    if not isinstance(n.constant, int):
        return None, m.op(f"{SCIPY}polygamma", n + 1, x)
    order = n.constant + 1
    return None, (-1) ** (order + 1) * math.factorial(order) * m.op(f"{SCIPY}zeta", order + 1, x)


def digamma(m: Namespace, x: Term) -> Term:
    return m.op(f"{SCIPY}digamma", x)


ERRORS = (
    of_scipy(
        "erf",
        lambda m, x, y: (TWO_OVER_ROOT_PI * m.exp(-(x * x)),),
        samples=reals(-3, 3, 1e-9, 6.5, -8.0),
        delicate=(
            at(0.0, TWO_OVER_ROOT_PI, "0"),
            at(1e200, 0.0, "x * x overflows"),
            at(-inf, 0.0, "flat"),
            NAN,
        ),
        sympy=lambda sp, x: sp.erf(x),
        mpmath=lambda mp, x: mp.erf(x),
    ),
    of_scipy(
        "erfc",
        lambda m, x, y: (-(TWO_OVER_ROOT_PI * m.exp(-(x * x))),),
        samples=reals(-3, 3, 1e-9, 6.5, -8.0),
        delicate=(at(0.0, -TWO_OVER_ROOT_PI, "0"), at(inf, -0.0, "flat"), NAN),
        sympy=lambda sp, x: sp.erfc(x),
        mpmath=lambda mp, x: mp.erfc(x),
    ),
    of_scipy(
        "erfcx",
        lambda m, x, y: (2 * x * y - TWO_OVER_ROOT_PI,),
        samples=reals(-3, 5, 1e-9, 9.5),
        bound="absolute",
        delicate=(at(0.0, -TWO_OVER_ROOT_PI, "0"), at(-30.0, -inf, "overflow"), NAN),
        sympy=lambda sp, x: sp.exp(x**2) * sp.erfc(x),
        mpmath=lambda mp, x: mp.exp(x**2) * mp.erfc(x),
    ),
    of_scipy(
        "erfi",
        lambda m, x, y: (TWO_OVER_ROOT_PI * m.exp(x * x),),
        samples=reals(-3, 3, 1e-9, 6.5, -8.0),
        delicate=(at(0.0, TWO_OVER_ROOT_PI, "0"), at(30.0, inf, "overflow"), NAN),
        sympy=lambda sp, x: sp.erfi(x),
        mpmath=lambda mp, x: mp.erfi(x),
    ),
    of_scipy(
        "erfinv",
        lambda m, x, y: (HALF_ROOT_PI * m.exp(y * y),),
        samples=reals(-1, 1, 1e-9, 0.9999),
        delicate=(
            at(0.0, HALF_ROOT_PI, "0"),
            at(1.0, inf, "vertical at the end"),
            at(2.0, nan, "outside"),
            NAN,
        ),
        sympy=lambda sp, x: sp.erfinv(x),
        mpmath=lambda mp, x: mp.erfinv(x),
    ),
    of_scipy(
        "erfcinv",
        lambda m, x, y: (-(HALF_ROOT_PI * m.exp(y * y)),),
        samples=reals(0, 2, 1e-9, 1.9999),
        delicate=(at(1.0, -HALF_ROOT_PI, "0"), at(0.0, -inf, "vertical at the end"), NAN),
        sympy=lambda sp, x: sp.erfinv(1 - x),
        mpmath=lambda mp, x: mp.erfinv(1 - x),
    ),
)

NORMAL = (
    of_scipy(
        "ndtr",
        lambda m, x, y: (m.exp(-0.5 * (x * x)) / ROOT_2_PI,),
        samples=reals(-4, 4, 1e-9, 8.5, -12.0),
        delicate=(
            at(0.0, 1 / ROOT_2_PI, "the steepest"),
            at(1e200, 0.0, "x * x overflows"),
            at(-inf, 0.0, "flat"),
            NAN,
        ),
        sympy=lambda sp, x: sp.erfc(-x / sp.sqrt(2)) / 2,
        mpmath=lambda mp, x: mp.erfc(-x / mp.sqrt(2)) / 2,
    ),
    of_scipy(
        "log_ndtr",
        log_ndtr_partials,
        samples=reals(-4, 4, 1e-9, 8.5, -12.0, -30.5),
        delicate=(
            at(0.0, ROOT_2_OVER_PI, "the middle"),
            at(-1e8, 1e8, "far below"),
            at(-inf, inf, "infinite"),
            at(50.0, 0.0, "flat"),
            at(inf, 0.0, "flat"),
            NAN,
        ),
        sympy=lambda sp, x: sp.log(sp.erfc(-x / sp.sqrt(2)) / 2),
        mpmath=lambda mp, x: mp.log(mp.erfc(-x / mp.sqrt(2)) / 2),
        bound="absolute",
    ),
    of_scipy(
        "ndtri",
        lambda m, x, y: (ROOT_2_PI * m.exp(0.5 * (y * y)),),
        samples=reals(0, 1, 1e-6, 0.9999),
        delicate=(
            at(0.5, ROOT_2_PI, "the middle"),
            at(0.0, inf, "vertical at the end"),
            at(1.0, inf, "vertical at the end"),
            at(2.0, nan, "outside"),
            NAN,
        ),
        sympy=lambda sp, x: sp.sqrt(2) * sp.erfinv(2 * x - 1),
        mpmath=lambda mp, x: mp.sqrt(2) * mp.erfinv(2 * x - 1),
    ),
)

LOGISTIC = (
    of_scipy(
        "expit",
        # 1 - y would cancel for large x.
        lambda m, x, y: (y * m.op(f"{SCIPY}expit", -x),),
        samples=reals(-20, 20, -700.0, 30.0, 1e-9),
        delicate=(
            at(0.0, 0.25, "the steepest"),
            at(inf, 0.0, "flat"),
            at(-1e4, 0.0, "underflow"),
            NAN,
        ),
        sympy=lambda sp, x: 1 / (1 + sp.exp(-x)),
        mpmath=lambda mp, x: 1 / (1 + mp.exp(-x)),
    ),
    of_scipy(
        "logit",
        lambda m, x, y: (1 / (x * (1 - x)),),
        samples=reals(0, 1, 1e-9, 0.9999),
        delicate=(at(0.0, inf, "the pole"), at(1.0, inf, "the pole"), at(0.5, 4.0, "0"), NAN),
        sympy=lambda sp, x: sp.log(x / (1 - x)),
        mpmath=lambda mp, x: mp.log(x / (1 - x)),
    ),
    of_scipy(
        "log_expit",
        lambda m, x, y: (m.op(f"{SCIPY}expit", -x),),
        samples=reals(-20, 20, -700.0, 30.0, 1e-9),
        delicate=(at(0.0, 0.5, "0"), at(inf, 0.0, "flat"), at(-inf, 1.0, "straight"), NAN),
        sympy=lambda sp, x: -sp.log(1 + sp.exp(-x)),
        mpmath=lambda mp, x: -mp.log(1 + mp.exp(-x)),
    ),
    of_scipy(
        "softplus",
        lambda m, x, y: (m.op(f"{SCIPY}expit", x),),
        samples=reals(-20, 20, -700.0, 30.0, 1e-9),
        takes=signature("x", out=OUT, where=WHERE, dtype=DTYPE),
        delicate=(at(0.0, 0.5, "0"), at(inf, 1.0, "straight"), at(-inf, 0.0, "flat"), NAN),
        sympy=lambda sp, x: sp.log(1 + sp.exp(x)),
        mpmath=lambda mp, x: mp.log(1 + mp.exp(x)),
    ),
)

GAMMA = (
    of_scipy(
        "gamma",
        lambda m, x, y: (y * digamma(m, x),),
        samples=BOTH_SIDES,
        delicate=(
            at(1.0, -EULER, "minus Euler's constant"),
            at(1e-308, -inf, "next to the pole, the slope overflows"),
            at(inf, inf, "infinite"),
            NAN,
        ),
        sympy=lambda sp, x: sp.gamma(x),
        mpmath=lambda mp, x: mp.gamma(x),
    ),
    of_scipy(
        "gammaln",
        lambda m, x, y: (digamma(m, x),),
        samples=BOTH_SIDES,
        delicate=(
            at(1.0, -EULER, "minus Euler's constant"),
            at(1e300, math.log(1e300), "large"),
            at(1e-308, -1e308, "next to the pole"),
            at(inf, inf, "infinite"),
            NAN,
        ),
        sympy=lambda sp, x: sp.loggamma(x),
        mpmath=lambda mp, x: mp.log(abs(mp.gamma(x))),
    ),
    of_scipy(
        "digamma",
        lambda m, x, y: (m.op(f"{SCIPY}zeta", 2, x),),
        samples=BOTH_SIDES,
        delicate=(
            at(1.0, math.pi**2 / 6, "the sum of 1 / k²"),
            at(0.0, inf, "a pole"),
            at(1e300, 1e-300, "large"),
            at(inf, 0.0, "flat"),
            NAN,
        ),
        sympy=lambda sp, x: sp.digamma(x),
        mpmath=lambda mp, x: mp.digamma(x),
    ),
    of_scipy(
        "polygamma",
        polygamma_partials,
        takes=signature("n", "x"),
        samples=grid((1, 2, 3), (1e-7, 0.31, 1.46, 4.4, 80.5, -0.62, -2.3)),
        delicate=(
            Delicate((1, 1e300), (0.0, -0.0), "underflow"),
            Delicate((1, inf), (0.0, -0.0), "flat"),
            Delicate((1, nan), (0.0, nan), "nan"),
        ),
        sympy=lambda sp, n, x: sp.polygamma(n, x),
        mpmath=lambda mp, n, x: mp.polygamma(int(n), x),
    ),
    of_scipy(
        "zeta",
        lambda m, s, q, y: (None, -s * m.op(f"{SCIPY}zeta", s + 1, q)),
        takes=signature("x", "q", out=OUT),
        samples=grid((2, 3, 4), (1e-7, 0.31, 1.46, 4.4, 80.5, -0.62, -2.3)),
        delicate=(
            Delicate((2, 1e300), (0.0, -0.0), "underflow"),
            Delicate((2, inf), (0.0, -0.0), "flat"),
            Delicate((2, nan), (0.0, nan), "nan"),
        ),
        sympy=lambda sp, s, q: sp.polygamma(s - 1, q) * (-1) ** s / sp.factorial(s - 1),
        mpmath=lambda mp, s, q: (
            mp.polygamma(int(s) - 1, q) * (-1) ** int(s) / mp.factorial(int(s) - 1)
        ),
    ),
    of_scipy(
        "betaln",
        betaln_partials,
        takes=BINARY,
        weight=8,
        samples=grid((0.3, 1.7, 9.0), (0.4, 2.6, 30.0)),
        bound="absolute",
        delicate=(
            Delicate((1.0, 1.0), (-1.0, -1.0), "1 / (a b) next to 1"),
            Delicate((nan, 1.0), (nan, nan), "nan"),
        ),
        sympy=lambda sp, a, b: sp.loggamma(a) + sp.loggamma(b) - sp.loggamma(a + b),
        mpmath=lambda mp, a, b: mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b),
    ),
    of_scipy(
        "beta",
        beta_partials,
        takes=BINARY,
        weight=8,
        samples=grid((0.3, 1.7, 9.0), (0.4, 2.6, 12.0)),
        bound="absolute",
        delicate=(
            Delicate((1.0, 1.0), (-1.0, -1.0), "1 / (a b) next to 1"),
            Delicate((nan, 1.0), (nan, nan), "nan"),
        ),
        sympy=lambda sp, a, b: sp.gamma(a) * sp.gamma(b) / sp.gamma(a + b),
        mpmath=lambda mp, a, b: mp.beta(a, b),
    ),
)

ENTROPY_SAMPLES = grid(spread(0.05, 3, 4), spread(0.07, 5, 4)) + ((1e-9, 345.6), (7e5, 1e-6))
ENTROPIES = (
    of_scipy(
        "xlogy",
        xlogy_partials,
        takes=BINARY,
        weight=8,
        samples=ENTROPY_SAMPLES,
        delicate=(
            Delicate((0.0, 0.0), (-inf, 0.0), "0 log y is 0 for every y; x log 0 falls steeply"),
            Delicate((0.0, 2.0), (LOG_2, 0.0), "0 log y is 0 for every y"),
            Delicate((2.0, 0.0), (-inf, inf), "the pole"),
            Delicate((0.0, -1.0), (nan, 0.0), "0 log y is 0 for every y"),
            Delicate((nan, 1.0), (0.0, nan), "nan"),
        ),
        sympy=lambda sp, x, y: x * sp.log(y),
        mpmath=lambda mp, x, y: x * mp.log(y),
    ),
    of_scipy(
        "xlog1py",
        xlog1py_partials,
        takes=BINARY,
        weight=8,
        samples=ENTROPY_SAMPLES,
        delicate=(
            Delicate((0.0, -1.0), (-inf, 0.0), "0 log(1 + y) is 0 for every y"),
            Delicate((0.0, 1.0), (LOG_2, 0.0), "0 log(1 + y) is 0 for every y"),
            Delicate((2.0, -1.0), (-inf, inf), "the pole"),
            Delicate((nan, 0.0), (0.0, nan), "nan"),
        ),
        sympy=lambda sp, x, y: x * sp.log(1 + y),
        mpmath=lambda mp, x, y: x * mp.log1p(y),
    ),
    of_scipy(
        "entr",
        lambda m, x, y: (-m.log(x) - 1,),
        samples=POSITIVE,
        bound="absolute",
        delicate=(
            at(0.0, inf, "vertical at 0"),
            at(1.0, -1.0, "1"),
            at(inf, -inf, "infinite"),
            NAN,
        ),
        sympy=lambda sp, x: -x * sp.log(x),
        mpmath=lambda mp, x: -x * mp.log(x),
    ),
    of_scipy(
        "rel_entr",
        rel_entr_partials,
        takes=BINARY,
        weight=8,
        samples=ENTROPY_SAMPLES,
        bound="absolute",
        delicate=(
            Delicate((0.0, 2.0), (-inf, -0.0), "vertical at 0"),
            Delicate((0.0, 0.0), (nan, -0.0), "0 log(0 / y) is 0 for every y"),
            Delicate((1.0, 1.0), (1.0, -1.0), "equal"),
            Delicate((nan, 1.0), (nan, nan), "nan"),
        ),
        sympy=lambda sp, x, y: x * sp.log(x / y),
        mpmath=lambda mp, x, y: x * mp.log(x / y),
    ),
    of_scipy(
        "kl_div",
        kl_div_partials,
        takes=BINARY,
        weight=8,
        samples=ENTROPY_SAMPLES,
        bound="absolute",
        delicate=(
            Delicate((0.0, 2.0), (-inf, 1.0), "vertical at 0"),
            Delicate((1.0, 1.0), (0.0, 0.0), "equal: the least"),
            Delicate((nan, 1.0), (nan, nan), "nan"),
        ),
        sympy=lambda sp, x, y: x * sp.log(x / y) - x + y,
        mpmath=lambda mp, x, y: x * mp.log(x / y) - x + y,
    ),
)

ELEMENTARY = (
    of_scipy(
        "expm1",
        lambda m, x, y: (m.exp(x),),
        samples=reals(-5, 5, 1e-9, -100.0, 700.0),
        delicate=(at(0.0, 1.0, "0"), at(-50.0, math.exp(-50.0), "y is -1.0"), NAN),
        sympy=lambda sp, x: sp.exp(x) - 1,
        mpmath=lambda mp, x: mp.expm1(x),
    ),
    of_scipy(
        "log1p",
        lambda m, x, y: (1 / (1 + x),),
        samples=reals(-1, 4, 1e-9, -1 + 1e-9, 7.8e12),
        delicate=(at(-1.0, inf, "the pole"), at(inf, 0.0, "infinite"), NAN),
        sympy=lambda sp, x: sp.log(1 + x),
        mpmath=lambda mp, x: mp.log1p(x),
    ),
    of_scipy(
        "exp2",
        lambda m, x, y: (LOG_2 * y,),
        samples=reals(-5, 5, 1e-9, -900.0, 1000.0),
        delicate=(at(0.0, LOG_2, "0"), at(1e4, inf, "overflow"), NAN),
        sympy=lambda sp, x: sp.Integer(2) ** x,
        mpmath=lambda mp, x: mp.mpf(2) ** x,
    ),
    of_scipy(
        "exp10",
        lambda m, x, y: (LOG_10 * y,),
        samples=reals(-5, 5, 1e-9, -290.0, 300.0),
        delicate=(at(0.0, LOG_10, "0"), at(1e4, inf, "overflow"), NAN),
        sympy=lambda sp, x: sp.Integer(10) ** x,
        mpmath=lambda mp, x: mp.mpf(10) ** x,
    ),
    of_scipy(
        "cbrt",
        lambda m, x, y: (1 / (3 * y * y),),
        samples=WIDE,
        delicate=(at(0.0, inf, "vertical at 0"), at(-inf, 0.0, "infinite"), NAN),
        sympy=lambda sp, x: sp.sign(x) * sp.cbrt(sp.Abs(x)),
        mpmath=lambda mp, x: mp.sign(x) * mp.cbrt(abs(x)),
    ),
)

RECORDS: tuple[Record, ...] = (
    *ERRORS,
    *NORMAL,
    *LOGISTIC,
    *GAMMA,
    *ENTROPIES,
    *ELEMENTARY,
)
