"""Python's arithmetic operators, and the builtins abs, max and min."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Sequence

from autodiff_compiler.ir.types import Kind, ScalarType, Type, join
from autodiff_compiler.ops import powers, spell
from autodiff_compiler.ops.kinds import (
    Attributes,
    asking,
    either,
    has_array,
    numbers_only,
    pure,
    raises_unless_numpy,
    scalar,
)
from autodiff_compiler.ops.record import Delicate, Elementwise, Record, Spelling, Zero
from autodiff_compiler.ops.samples import PAIRS, WIDE, grid, spread
from autodiff_compiler.ops.terms import Leaf, Namespace, Partials, Tangent, Term, TermLike
from autodiff_compiler.ops.weights import FREE, ONE, arithmetic

inf, nan = math.inf, math.nan


# Partials, shared with NumPy's functions of the same meaning.


def div_partials(m: Namespace, a: Term, b: Term, y: Term) -> tuple[TermLike, ...]:
    """Python has raised if b is 0, unless a is NumPy's (or b, but then so is what follows)."""
    if may_be_numpy(a):
        return ieee_div_partials(m, a, b, y)
    return m.quotient(1, b), -(y * y) if a.constant == 1 else -m.quotient(y, b)


def may_be_numpy(operand: Term) -> bool:
    found = operand.operand.type if isinstance(operand, Leaf) else None
    return not isinstance(found, ScalarType) or any(kind.is_numpy for kind in found.kinds)


def ieee_div_partials(m: Namespace, a: Term, b: Term, y: Term) -> tuple[TermLike, ...]:
    return 1 / b, -(y / b)


def div_tangent(m: Namespace, a: Term, b: Term, y: Term, da: Term, db: Term) -> Term:
    if may_be_numpy(a):
        return ieee_div_tangent(m, a, b, y, da, db)
    return m.quotient(da - db * y, b)


def ieee_div_tangent(m: Namespace, a: Term, b: Term, y: Term, da: Term, db: Term) -> Term:
    """From da = y·db + b·dy: one division instead of two."""
    return (da - db * y) / b


def mod_partials(m: Namespace, a: Term, b: Term, y: Term) -> tuple[TermLike, ...]:
    return 1, -m.op("floordiv", a, b)


def max_partials(m: Namespace, a: Term, b: Term, y: Term) -> tuple[TermLike, ...]:
    second = m.op("gt", b, a)
    return m.mask(m.op("not", second)), m.mask(second)


def min_partials(m: Namespace, a: Term, b: Term, y: Term) -> tuple[TermLike, ...]:
    second = m.op("lt", b, a)
    return m.mask(m.op("not", second)), m.mask(second)


def max_tangent(m: Namespace, a: Term, b: Term, y: Term, da: Term, db: Term) -> Term:
    return m.op("select", m.op("gt", b, a), db, da)


def min_tangent(m: Namespace, a: Term, b: Term, y: Term, da: Term, db: Term) -> Term:
    return m.op("select", m.op("lt", b, a), db, da)


ADD: Partials = lambda m, a, b, y: (1, 1)
SUB: Partials = lambda m, a, b, y: (1, -1)
MUL: Partials = lambda m, a, b, y: (b, a)
NEG: Partials = lambda m, x, y: (-1,)
SAME: Partials = lambda m, x, y: (1,)
ABS: Partials = lambda m, x, y: (m.op("sign", x),)

DIV_DELICATE = (
    Delicate((1.0, 0.0), (inf, -inf), "a pole, for NumPy"),
    Delicate((0.0, 0.0), (inf, nan), "0 / 0, for NumPy"),
    Delicate((0.0, 2.0), (0.5, -0.0), "zero numerator"),
    Delicate((1.0, 1e-308), (1e308, -inf), "the second slope overflows"),
    Delicate((1e-308, 1e308), (1e-308, -0.0), "underflow"),
    Delicate((1.0, inf), (0.0, -0.0), "infinite divisor"),
    Delicate((inf, 2.0), (0.5, -inf), "infinite numerator"),
    Delicate((nan, 2.0), (0.5, nan), "nan"),
    Delicate((1.0, nan), (nan, nan), "nan"),
)
ABS_DELICATE = (
    Delicate((0.0,), (0.0,), "the kink of abs: 0"),
    Delicate((-0.0,), (0.0,), "the kink of abs: 0"),
    Delicate((inf,), (1.0,), "infinite"),
    Delicate((-inf,), (-1.0,), "infinite"),
    Delicate((nan,), (nan,), "nan"),
    Delicate((-1e-308,), (-1.0,), "small"),
)
MOD_DELICATE = (
    Delicate((5.0, inf), (1.0, -0.0), "x % inf is x"),
    Delicate((-5.0, inf), (1.0, 1.0), "x % inf is x + inf below 0"),
    Delicate((6.0, 2.0), (1.0, -3.0), "at a jump: the slopes to the right"),
    Delicate((-1e-30, 1.0), (1.0, 1.0), "just below 0"),
    Delicate((nan, 1.0), (1.0, nan), "nan"),
    Delicate((1.0, nan), (1.0, nan), "nan"),
)
MAX_DELICATE = (
    Delicate((1.0, 1.0), (1.0, 0.0), "max(a, b) takes a in a tie"),
    Delicate((0.0, -0.0), (1.0, 0.0), "max(a, b) takes a in a tie"),
    Delicate((nan, 1.0), (1.0, 0.0), "max(nan, 1.0) is nan"),
    Delicate((1.0, nan), (1.0, 0.0), "max(1.0, nan) is 1.0"),
    Delicate((-inf, inf), (0.0, 1.0), "infinite"),
)
MIN_DELICATE = (
    Delicate((1.0, 1.0), (1.0, 0.0), "min(a, b) takes a in a tie"),
    Delicate((0.0, -0.0), (1.0, 0.0), "min(a, b) takes a in a tie"),
    Delicate((nan, 1.0), (1.0, 0.0), "min(nan, 1.0) is nan"),
    Delicate((1.0, nan), (1.0, 0.0), "min(1.0, nan) is 1.0"),
    Delicate((-inf, inf), (1.0, 0.0), "infinite"),
)
NO_SLOPE = "changes in jumps"
TRUTH_VALUE = "a truth value doesn't vary smoothly"


# Types that the operands' kinds alone decide otherwise than by example.


def power_type(types: Sequence[Type], attributes: Attributes) -> Type:
    """int ** int is a float if the exponent is negative, which its type doesn't say."""
    asked = asking(operator.pow, 2)(types, attributes)
    if has_array(types):
        return asked
    base, exponent = map(scalar, types)
    integers = {Kind.BOOL, Kind.INT}
    if base.kinds & integers and Kind.INT in exponent.kinds:
        return join(asked, ScalarType(frozenset({Kind.FLOAT}))) or asked
    return asked


# The records.


def _operator(
    name: str,
    function: Callable[..., object],
    spelling: Spelling,
    partials: Partials,
    tangent: Tangent | None = None,
    **more: object,
) -> Record:
    arity = 1 if name in ("pos", "neg", "abs") else 2
    settings: dict[str, object] = {
        "infer": asking(function, arity),
        "effect": pure,
        "weight": ONE,
        **more,
    }
    return Record(
        name=name,
        evaluate=function,
        spelling=spelling,
        rule=Elementwise(partials, tangent),
        **settings,  # type: ignore[arg-type]
    )


RECORDS: tuple[Record, ...] = (
    _operator(
        "pos",
        operator.pos,
        spell.unary(ast.UAdd),
        SAME,
        weight=FREE,
        samples=WIDE,
        sympy=lambda sp, x: x,
        mpmath=lambda mp, x: x,
    ),
    _operator(
        "neg",
        operator.neg,
        spell.unary(ast.USub),
        NEG,
        samples=WIDE,
        sympy=lambda sp, x: -x,
        mpmath=lambda mp, x: -x,
    ),
    _operator(
        "abs",
        abs,
        spell.calling("abs"),
        ABS,
        samples=WIDE,
        delicate=ABS_DELICATE,
        sympy=lambda sp, x: sp.Abs(x),
        mpmath=lambda mp, x: abs(x),
    ),
    _operator(
        "add",
        operator.add,
        spell.binary(ast.Add),
        ADD,
        samples=PAIRS,
        sympy=lambda sp, a, b: a + b,
        mpmath=lambda mp, a, b: a + b,
    ),
    _operator(
        "sub",
        operator.sub,
        spell.binary(ast.Sub),
        SUB,
        samples=PAIRS,
        sympy=lambda sp, a, b: a - b,
        mpmath=lambda mp, a, b: a - b,
    ),
    _operator(
        "mul",
        operator.mul,
        spell.binary(ast.Mult),
        MUL,
        samples=PAIRS,
        sympy=lambda sp, a, b: a * b,
        mpmath=lambda mp, a, b: a * b,
    ),
    _operator(
        "div",
        operator.truediv,
        spell.binary(ast.Div),
        div_partials,
        div_tangent,
        effect=raises_unless_numpy,
        weight=ONE,
        samples=PAIRS,
        delicate=DIV_DELICATE,
        sympy=lambda sp, a, b: a / b,
        mpmath=lambda mp, a, b: a / b,
    ),
    _operator(
        "mod",
        operator.mod,
        spell.binary(ast.Mod),
        mod_partials,
        effect=raises_unless_numpy,
        samples=grid(spread(-9, 9, 5), (2.3, -1.7)),
        delicate=MOD_DELICATE,
        mpmath=lambda mp, a, b: a - b * mp.floor(a / b),
    ),
    _operator(
        "pow",
        operator.pow,
        spell.binary(ast.Pow),
        powers.power("pow"),
        infer=powers.but_of_bools(power_type),
        effect=powers.effect,
        weight=arithmetic(8),
        samples=powers.SAMPLES,
        delicate=powers.DELICATE,
        sympy=lambda sp, x, p: x**p,
        mpmath=lambda mp, x, p: x**p,
    ),
    _operator(
        "max",
        max,
        spell.calling("max"),
        max_partials,
        max_tangent,
        infer=numbers_only(either, "np.maximum"),
        samples=PAIRS,
        delicate=MAX_DELICATE,
        sympy=lambda sp, a, b: sp.Max(a, b),
        mpmath=lambda mp, a, b: max(a, b),
    ),
    _operator(
        "min",
        min,
        spell.calling("min"),
        min_partials,
        min_tangent,
        infer=numbers_only(either, "np.minimum"),
        samples=PAIRS,
        delicate=MIN_DELICATE,
        sympy=lambda sp, a, b: sp.Min(a, b),
        mpmath=lambda mp, a, b: min(a, b),
    ),
    Record(
        name="floordiv",
        infer=asking(operator.floordiv, 2),
        evaluate=operator.floordiv,
        effect=raises_unless_numpy,
        weight=ONE,
        rule=Zero(f"// {NO_SLOPE}"),
        spelling=spell.binary(ast.FloorDiv),
    ),
)
