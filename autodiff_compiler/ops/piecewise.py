"""Functions that are smooth in pieces: signs, roundings, extremes, and tests of numbers.

At kinks: abs and sign at 0 give 0; ties of np.maximum and np.minimum split evenly; np.clip at a
bound gives ½. The builtins max and min (see `arithmetic`) follow the branch that Python takes.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import BOOL, INT, Type
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.arithmetic import ABS, ABS_DELICATE, NO_SLOPE, TRUTH_VALUE
from autodiff_compiler.ops.calling import OPTIONAL, signature
from autodiff_compiler.ops.comparisons import CHOICE, where_text
from autodiff_compiler.ops.family import (
    DTYPE,
    OUT,
    WHERE,
    calling_as,
    family,
    math_of_numbers,
    numpy_function,
    written_as,
)
from autodiff_compiler.ops.kinds import (
    Attributes,
    asking,
    expect_count,
    giving,
    integer,
    pure,
    raises,
    raises_for_floats,
)
from autodiff_compiler.ops.powers import is_array, plain_number
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


MAXIMUM, MINIMUM = extreme("gt"), extreme("lt")

CLIP = signature(
    "a",
    a_min=OPTIONAL,
    a_max=OPTIONAL,
    out=OUT,
    min=OPTIONAL,
    max=OPTIONAL,
    where=WHERE,
    dtype=DTYPE,
)


_CLIP_NAMES = (
    *(("a_min", "a_max"), ("a_min",), ("a_max",)),
    *(("min", "max"), ("min",), ("max",)),
)


def clip_bounds(attributes: Attributes, bounds: Sequence[Any]) -> tuple[Any, Any]:
    """The lower bound and the upper, None where there is none. Either may go by two names."""
    names = attributes.get("optional", ("a_min", "a_max"))
    assert isinstance(names, tuple)
    found = dict(zip((name.removeprefix("a_") for name in names), bounds, strict=True))
    return found.get("min"), found.get("max")


def clip(x: Any, *bounds: Any, **attributes: object) -> object:
    return np.clip(x, *clip_bounds(attributes, bounds))


def clip_type(types: Sequence[Type], attributes: Attributes) -> Type:
    names = attributes.get("optional", ("a_min", "a_max"))
    if names not in _CLIP_NAMES:
        raise OperandError("expected a_min and a_max, or min and max; not both")
    expect_count(types, len(names) + 1)
    return asking(with_bounds, (2, 3))(types, {})


def with_bounds(x: Any, low: Any, high: Any = None) -> object:
    """np.clip, which before NumPy 2.1 had to be given both bounds."""
    return np.clip(x, low, high)


def write_clip(operands: spell.Expressions, types: spell.Types, attributes: Attributes) -> ast.expr:
    """Both bounds by position, as every version of NumPy takes them."""
    low, high = clip_bounds(attributes, operands[1:])
    bounds = [ast.Constant(None) if each is None else each for each in (low, high)]
    if high is None and "method" in attributes:
        bounds.pop()
    if "method" in attributes:
        return ast.Call(ast.Attribute(operands[0], "clip", ast.Load()), bounds, [])
    return spell.call("np.clip", operands[0], *bounds)


def clip_partials(m: Namespace, x: Term, *more: Term) -> tuple[TermLike | None, ...]:
    """Those of minimum(maximum(x, low), high), either of which may be missing."""
    *bounds, y = more
    low, high = clip_bounds(m.attributes, bounds)
    if low is None:
        return MINIMUM.partials(m, x, high, y)
    if high is None:
        return MAXIMUM.partials(m, x, low, y)
    above, below = m.op("ge", x, low), m.op("le", x, low)
    least, most = plain_number(low), plain_number(high)
    ordered = least is not None and most is not None and least < most
    # maximum(x, low) without another comparison; it is nan where the result is.
    raised = x if ordered else m.op("select", above, x, m.op("select", below, low, y))
    of_x, of_low = shares(m, above, below)
    of_raised, of_high = shares(m, m.op("le", raised, high), m.op("ge", raised, high))
    if ordered and is_array(x):
        # Not more than one bound at a time is met: one look at both will do.
        share = m.op("select", m.op("bitor", m.op("eq", x, low), m.op("eq", x, high)), 0.5, 1.0)
        inside = m.mask(m.op("not", m.op("bitor", m.op("lt", x, low), m.op("gt", x, high))))
        return share * inside, of_raised * of_low, of_high
    return of_raised * of_x, of_raised * of_low, of_high


def clip_tangent(m: Namespace, x: Term, *more: Term) -> Term:
    count = len(more) // 2 - 1  # of bounds
    *bounds, _, dx = more[: count + 2]
    dbounds = more[count + 2 :]
    low, high = clip_bounds(m.attributes, bounds)
    dlow, dhigh = clip_bounds(m.attributes, dbounds)
    if low is None:
        return shared(m, "lt", x, high, dx, dhigh)
    if high is None:
        return shared(m, "gt", x, low, dx, dlow)

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


def write_round(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    """With the decimals by position, as people write them."""
    if "method" in attributes:
        return ast.Call(ast.Attribute(operands[0], "round", ast.Load()), [*operands[1:]], [])
    return spell.call("np.round", *operands)


ROUND = signature("a", decimals=OPTIONAL, out=OUT)

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
    numpy_function(
        "round",
        arity=(1, 2),
        rule=Zero(f"round {NO_SLOPE}"),
        evaluate=calling_as(np.round, ROUND),
        spelling=Spelling(write_round),
        takes=ROUND,
        methods=("round",),
        weight=ONE,
    ),
)

EXTREMES = (
    *family(
        np="maximum",
        rule=MAXIMUM,
        arity=2,
        weight=ONE,
        samples=PAIRS,
        delicate=MAXIMUM_DELICATE,
        sympy=lambda sp, a, b: sp.Max(a, b),
        mpmath=lambda mp, a, b: max(a, b),
    ),
    *family(
        np="minimum",
        rule=MINIMUM,
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
    numpy_function(
        "clip",
        rule=Elementwise(clip_partials, clip_tangent),
        infer=clip_type,
        evaluate=clip,
        spelling=Spelling(write_clip),
        takes=CLIP,
        methods=("clip",),
        # A maximum, and a minimum.
        weight=lambda operands: arithmetic(len(operands) - 1)(operands),
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
        spelling=Spelling(lambda operands, types, attributes: where_text(operands, types)),
        samples=((True, 1.25, -3.5), (False, 1.25, -3.5)),
        delicate=(
            Delicate((True, 1.0, inf), (0.0, 1.0, 0.0), "what isn't taken doesn't matter"),
            Delicate((False, nan, 2.0), (0.0, 0.0, 1.0), "what isn't taken doesn't matter"),
        ),
        mpmath=lambda mp, c, a, b: a if c else b,
    ),
)

CLOSE = signature("a", "b", rtol=1e-05, atol=1e-08, equal_nan=False)


def allclose_type(types: Sequence[Type], attributes: Attributes) -> Type:
    asking(np.isclose, 2)(types, {})
    return BOOL


TESTS = (
    *(
        record
        for name in ("isnan", "isinf", "isfinite")
        for record in family(math=name, np=name, zero=TRUTH_VALUE, result=BOOL, weight=ONE)
    ),
    *family(math="isclose", arity=2, zero=TRUTH_VALUE, result=BOOL, weight=ONE),
    numpy_function(
        "isclose",
        arity=2,
        rule=Zero(TRUTH_VALUE),
        evaluate=calling_as(np.isclose, CLOSE),
        spelling=written_as("np.isclose", CLOSE),
        takes=CLOSE,
        weight=ONE,
    ),
    numpy_function(
        "allclose",
        infer=allclose_type,
        rule=Zero(TRUTH_VALUE),
        evaluate=calling_as(np.allclose, CLOSE),
        spelling=written_as("np.allclose", CLOSE),
        takes=CLOSE,
        weight=ONE,
    ),
)

# Functions of integers: they cost as integer arithmetic does, nothing.
INTEGER_FUNCTIONS = tuple(
    Record(
        name=f"math.{name}",
        infer=math_of_numbers(name, giving(INT, arity, integer)),
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
