"""Functions that are smooth in pieces: signs, roundings, extremes, and tests of numbers.

At kinks: abs and sign at 0 give 0; ties of np.maximum and np.minimum split evenly; np.clip at a
bound gives ½. The builtins max and min (see `arithmetic`) follow the branch that Python takes.
"""

from __future__ import annotations

import ast
import math

import numpy as np

from autodiff_compiler.ir.types import BOOL, INT
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.arithmetic import ABS, ABS_DELICATE, NO_SLOPE, TRUTH_VALUE
from autodiff_compiler.ops.comparisons import CHOICE
from autodiff_compiler.ops.family import family, numpy_function
from autodiff_compiler.ops.kinds import asking, giving, integer, pure, raises, raises_for_floats
from autodiff_compiler.ops.powers import plain_number
from autodiff_compiler.ops.record import Delicate, Elementwise, Record, Spelling, Zero
from autodiff_compiler.ops.samples import PAIRS, WIDE, grid
from autodiff_compiler.ops.terms import Namespace, Term, TermLike
from autodiff_compiler.ops.weights import FREE, ONE, arithmetic

inf, nan = math.inf, math.nan


def shares(m: Namespace, won: Term, lost: Term) -> tuple[Term, Term]:
    """The shares of a and b in their extreme: 1, 0, or ½ in a tie, where a has won and lost.

    nan neither wins nor loses: where either is nan, both have the full share. Both shares rest on
    the same two comparisons.
    """

    def unless(beaten: Term, tied: Term) -> Term:
        return m.op("select", beaten, m.op("select", tied, 0.5, 0.0), 1.0)

    return unless(lost, won), unless(won, lost)


def shared(m: Namespace, better: str, a: Term, b: Term, da: Term, db: Term) -> Term:
    """The tangent of an extreme, `better` being "gt" or "lt"."""
    beside_nan = m.choose(m.op(better, b, a), db, da + db)
    return m.choose(m.op("eq", a, b), 0.5 * (da + db), m.choose(m.op(better, a, b), da, beside_nan))


def extreme(better: str) -> Elementwise:
    """np.maximum ("gt") and np.minimum ("lt")."""
    wins, loses = ("ge", "le") if better == "gt" else ("le", "ge")
    return Elementwise(
        lambda m, a, b, y: shares(m, m.op(wins, a, b), m.op(loses, a, b)),
        lambda m, a, b, y, da, db: shared(m, better, a, b, da, db),
    )


def extreme_number(m: Namespace, a: Term, b: Term, y: Term) -> tuple[Term, Term]:
    """Partials where nan is passed over: what is the result has been taken."""
    took_a, took_b = m.op("eq", a, y), m.op("eq", b, y)
    return (
        m.op("select", took_b, 0.5, 1.0) * m.mask(took_a),
        m.op("select", took_a, 0.5, 1.0) * m.mask(took_b),
    )


def extreme_number_tangent(m: Namespace, a: Term, b: Term, y: Term, da: Term, db: Term) -> Term:
    beside_nan = m.choose(m.op("eq", a, y), da, m.op("select", m.op("eq", b, y), db, 0.0))
    return m.choose(m.op("eq", a, b), 0.5 * (da + db), beside_nan)


NUMBERS = Elementwise(extreme_number, extreme_number_tangent)


def clip_partials(
    m: Namespace, x: Term, low: Term, high: Term, y: Term
) -> tuple[TermLike | None, ...]:
    """Those of minimum(maximum(x, low), high)."""
    above, below = m.op("ge", x, low), m.op("le", x, low)
    least, most = plain_number(low), plain_number(high)
    ordered = least is not None and most is not None and least < most
    # maximum(x, low) without another comparison; it is nan where the result is.
    raised = x if ordered else m.op("select", above, x, m.op("select", below, low, y))
    of_x, of_low = shares(m, above, below)
    of_raised, of_high = shares(m, m.op("le", raised, high), m.op("ge", raised, high))
    return of_raised * of_x, of_raised * of_low, of_high


def clip_tangent(
    m: Namespace, x: Term, low: Term, high: Term, y: Term, dx: Term, dlow: Term, dhigh: Term
) -> Term:
    def below_high(raised: Term, tangent: Term) -> Term:
        return shared(m, "lt", raised, high, tangent, dhigh)

    beside_nan = m.choose(m.op("gt", low, x), below_high(low, dlow), dx + dlow + dhigh)
    inside = m.choose(m.op("gt", x, low), below_high(x, dx), beside_nan)
    return m.choose(m.op("eq", x, low), below_high(x, 0.5 * (dx + dlow)), inside)


HALF = "a tie: half each"
NAN_BOTH = "either may stand for the result"
MAXIMUM_DELICATE = (
    Delicate((1.0, 1.0), (0.5, 0.5), HALF),
    Delicate((0.0, -0.0), (0.5, 0.5), HALF),
    Delicate((inf, inf), (0.5, 0.5), HALF),
    Delicate((-inf, inf), (0.0, 1.0), "infinite"),
    Delicate((nan, 1.0), (1.0, 1.0), NAN_BOTH),
    Delicate((1.0, nan), (1.0, 1.0), NAN_BOTH),
)
MINIMUM_DELICATE = (
    *MAXIMUM_DELICATE[:3],
    Delicate((-inf, inf), (1.0, 0.0), "infinite"),
    *MAXIMUM_DELICATE[4:],
)
PASSED_OVER = "nan is passed over"
FMAX_DELICATE = (
    *MAXIMUM_DELICATE[:4],
    Delicate((nan, 1.0), (0.0, 1.0), PASSED_OVER),
    Delicate((1.0, nan), (1.0, 0.0), PASSED_OVER),
    Delicate((nan, nan), (0.0, 0.0), "no number at all"),
)
FMIN_DELICATE = (*MAXIMUM_DELICATE[:3], MINIMUM_DELICATE[3], *FMAX_DELICATE[4:])
CLIP_DELICATE = (
    Delicate((1.0, 1.0, 2.0), (0.5, 0.5, 0.0), "at the lower bound: ½"),
    Delicate((2.0, 1.0, 2.0), (0.5, 0.0, 0.5), "at the upper bound: ½"),
    Delicate((0.0, 1.0, 1.0), (0.0, 0.5, 0.5), "both bounds"),
    Delicate((0.0, 2.0, 1.0), (0.0, 0.0, 1.0), "the upper bound wins over the lower"),
    Delicate((inf, 1.0, 2.0), (0.0, 0.0, 1.0), "infinite"),
    Delicate((1.5, -inf, inf), (1.0, 0.0, 0.0), "no bounds"),
    Delicate((nan, 1.0, 2.0), (1.0, 1.0, 1.0), NAN_BOTH),
)

SIGNS = (
    *family(
        math="fabs",
        np="fabs",
        partials=ABS,
        weight=ONE,
        samples=WIDE,
        delicate=ABS_DELICATE,
        sympy=lambda sp, x: sp.Abs(x),
        mpmath=lambda mp, x: abs(x),
    ),
    *family(
        np="abs",
        partials=ABS,
        weight=ONE,
        samples=WIDE,
        delicate=ABS_DELICATE,
        sympy=lambda sp, x: sp.Abs(x),
        mpmath=lambda mp, x: abs(x),
    ),
    *family(np="sign", zero=f"sign {NO_SLOPE}", weight=ONE),
    *family(np="signbit", zero=TRUTH_VALUE, weight=ONE),
)

ROUNDINGS = (
    *(
        record
        for name in ("floor", "ceil", "trunc")
        for record in family(
            math=name,
            np=name,
            zero=f"{name} {NO_SLOPE}",
            infer=asking(getattr(math, name), 1),
            effect=raises_for_floats,
            weight=ONE,
        )
    ),
    *family(np="rint", zero=f"rint {NO_SLOPE}", weight=ONE),
    *family(np="round", arity=(1, 2), zero=f"round {NO_SLOPE}", weight=ONE),
)

EXTREMES = (
    *family(
        np="maximum",
        rule=extreme("gt"),
        arity=2,
        weight=ONE,
        samples=PAIRS,
        delicate=MAXIMUM_DELICATE,
        sympy=lambda sp, a, b: sp.Max(a, b),
        mpmath=lambda mp, a, b: max(a, b),
    ),
    *family(
        np="minimum",
        rule=extreme("lt"),
        arity=2,
        weight=ONE,
        samples=PAIRS,
        delicate=MINIMUM_DELICATE,
        sympy=lambda sp, a, b: sp.Min(a, b),
        mpmath=lambda mp, a, b: min(a, b),
    ),
    *family(
        np="fmax",
        rule=NUMBERS,
        arity=2,
        weight=ONE,
        samples=PAIRS,
        delicate=FMAX_DELICATE,
        sympy=lambda sp, a, b: sp.Max(a, b),
        mpmath=lambda mp, a, b: max(a, b),
    ),
    *family(
        np="fmin",
        rule=NUMBERS,
        arity=2,
        weight=ONE,
        samples=PAIRS,
        delicate=FMIN_DELICATE,
        sympy=lambda sp, a, b: sp.Min(a, b),
        mpmath=lambda mp, a, b: min(a, b),
    ),
    *family(
        np="clip",
        rule=Elementwise(clip_partials, clip_tangent),
        arity=3,
        weight=arithmetic(2),
        samples=grid((-2.2, 0.3, 5.1), (-1.1, 0.6), (1.4, 2.8)),
        delicate=CLIP_DELICATE,
        sympy=lambda sp, x, low, high: sp.Min(sp.Max(x, low), high),
        mpmath=lambda mp, x, low, high: min(max(x, low), high),
    ),
    *family(
        np="heaviside",
        partials=lambda m, x, at_zero, y: (None, m.mask(m.op("eq", x, 0))),
        arity=2,
        weight=ONE,
        samples=PAIRS,
        delicate=(
            Delicate((0.0, 0.5), (0.0, 1.0), "0 takes the second operand"),
            Delicate((-0.0, 0.5), (0.0, 1.0), "0 takes the second operand"),
            Delicate((nan, 0.5), (0.0, 0.0), "nan"),
        ),
        mpmath=lambda mp, x, at_zero: at_zero if x == 0 else mp.mpf(x > 0),
    ),
    numpy_function(
        "where",
        rule=CHOICE,
        arity=3,
        weight=FREE,
        # np.where gives an array without dimensions, even of numbers; [()] is the number in it.
        evaluate=lambda chosen, *values: np.where(chosen, *values)[()],
        spelling=Spelling(
            lambda operands, types, attributes: spell.subscript(
                spell.call("np.where", *operands), ast.Tuple([], ast.Load())
            )
        ),
        samples=((True, 1.25, -3.5), (False, 1.25, -3.5)),
        delicate=(
            Delicate((True, 1.0, inf), (0.0, 1.0, 0.0), "what isn't taken doesn't matter"),
            Delicate((False, nan, 2.0), (0.0, 0.0, 1.0), "what isn't taken doesn't matter"),
        ),
        mpmath=lambda mp, c, a, b: a if c else b,
    ),
)

TESTS = (
    *(
        record
        for name in ("isnan", "isinf", "isfinite")
        for record in family(math=name, np=name, zero=TRUTH_VALUE, result=BOOL, weight=ONE)
    ),
    *family(math="isclose", np="isclose", arity=2, zero=TRUTH_VALUE, result=BOOL, weight=ONE),
)

# Functions of integers: they cost as integer arithmetic does, nothing.
INTEGER_FUNCTIONS = tuple(
    Record(
        name=f"math.{name}",
        infer=giving(INT, arity, integer),
        evaluate=getattr(math, name),
        effect=effect,
        weight=FREE,
        rule=Zero("a function of whole numbers"),
        spelling=spell.calling(f"math.{name}"),
    )
    for name, arity, effect in (
        ("factorial", 1, raises),
        ("isqrt", 1, raises),
        ("comb", 2, raises),
        ("perm", (1, 2), raises),
        ("gcd", (0, None), pure),
        ("lcm", (0, None), pure),
    )
)

RECORDS: tuple[Record, ...] = (
    *SIGNS,
    *ROUNDINGS,
    *EXTREMES,
    *TESTS,
    *INTEGER_FUNCTIONS,
)
