"""The derivative of x ** p, in whatever form the exponent allows.

The primal may have raised (Python: 0.0 ** -1, overflow) or not (NumPy). A power with a smaller
exponent is spelled by the primal's own operation only where it cannot raise if the primal did not.
A root of a negative Python float is a complex number, which has no derivative here: nan comes out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from autodiff_compiler.ir.operation import Effect, Infer, OperandError
from autodiff_compiler.ir.types import ArrayType, Kind, ScalarType, Type, may_hold
from autodiff_compiler.ops.kinds import INTEGERS, Attributes, has_array
from autodiff_compiler.ops.record import Delicate
from autodiff_compiler.ops.samples import grid, spread
from autodiff_compiler.ops.terms import Leaf, Namespace, Partials, Term, TermLike

inf, nan = math.inf, math.nan


def power(name: str) -> Partials:
    """The partials of the power operation of this name, with respect to base and exponent."""

    def partials(m: Namespace, x: Term, p: Term, y: Term) -> tuple[TermLike | None, ...]:
        return base_partial(name, m, x, p, y), exponent_partial(m, x, y)

    return partials


def plain_number(term: Term) -> int | float | None:
    """The constant that the term is, as a number of Python's own."""
    value = term.constant
    number = value.item() if isinstance(value, np.generic) else value
    return number if isinstance(number, int | float) else None


def is_array(term: Term) -> bool:
    """Whether the term is an operand, or the result, that is an array."""
    return isinstance(term, Leaf) and isinstance(term.operand.type, ArrayType)


def base_partial(name: str, m: Namespace, x: Term, p: Term, y: Term) -> TermLike:
    n: int | float | None = plain_number(p)
    if n is None:
        # x ** 0 is 1 even at x = 0, where p * x ** (p - 1) would be 0 * inf: any base will do.
        nonzero = m.op("select", m.op("gt", m.op("abs", x), 0), x, 1.0)
        return p * m.op("ieee_pow", m.op("select", m.op("ne", p, 0), x, nonzero), p - 1)
    if n == 0:
        return 0
    if n == 1:
        return 1
    if n == 2:
        return n * x
    if not math.isfinite(n) or n != int(n):
        return n * m.op("ieee_pow", x, n - 1)
    if n > 0:
        # No overflow where the primal had none; but Python's own exponent may raise.
        own = type(p.constant) in (bool, int, float)
        return n * m.op(name if own else "ieee_pow", x, n - 1)
    # Python has raised if x is 0; where NumPy hasn't, y is an np.float64.
    return n * (y / x if name == "ieee_pow" else m.quotient(y, x))


def exponent_partial(m: Namespace, x: Term, y: Term) -> TermLike:
    base = plain_number(x)
    if base is not None and 0 < base < inf:
        return y * m.op("math.log", x)
    if is_array(y) and not is_array(x):
        return (y * m.op("ieee_log", x)) * m.mask(m.op("ne", y, 0))
    # Where x ** p is 0 it stays 0 as p varies, though log(x) may be infinite.
    return y * m.op("ieee_log", m.op("select", m.op("ne", y, 0), x, 1.0))


SAMPLES = grid(spread(0.05, 3, 4), spread(-3, 3.3, 5)) + ((1e-7, 0.5), (4e5, -1.7), (5.0, 0.01))

DELICATE = (
    Delicate((0.0, 0.0), (0.0, -inf), "x ** 0 is constant in x; 0 ** p drops from 1 to 0 at p = 0"),
    Delicate((3.0, 0.0), (0.0, math.log(3.0)), "x ** 0 is constant in x"),
    Delicate((0.0, 1.0), (1.0, 0.0), "0 ** p is constant in p > 0"),
    Delicate((0.0, 2.0), (0.0, 0.0), "0 ** p is constant in p > 0"),
    Delicate((0.0, 0.5), (inf, 0.0), "as sqrt at 0"),
    Delicate((0.0, 1.5), (0.0, 0.0), "the slope vanishes, though log(0) doesn't"),
    Delicate((0.0, -1.0), (-inf, -inf), "a pole, for NumPy"),
    Delicate((-0.0, -1.0), (-inf, inf), "a pole, for NumPy; log(-0.0) is -inf"),
    Delicate((-2.0, 3.0), (12.0, nan), "no real power beside a negative base's integer power"),
    Delicate((-2.0, -1.0), (-0.25, nan), "no real power beside a negative base's integer power"),
    Delicate((1e308, 1.0), (1.0, 1e308 * math.log(1e308)), "large"),
    Delicate((1e-308, 1.0), (1.0, 1e-308 * math.log(1e-308)), "small"),
    Delicate((1e154, 2.0), (2e154, 1e308 * math.log(1e154)), "the square almost overflows"),
    Delicate((1e-200, 2.0), (2e-200, 0.0), "the square underflows"),
    Delicate((1e200, -2.0), (-0.0, 0.0), "the power underflows"),
    Delicate((inf, 2.0), (inf, inf), "infinite base"),
    Delicate((-inf, 2.0), (-inf, nan), "infinite base"),
    Delicate((inf, -1.0), (-0.0, 0.0), "0 for large x, and so in p"),
    Delicate((2.0, inf), (inf, inf), "infinite exponent"),
    Delicate((2.0, -inf), (nan, 0.0), "inf * 0: p times the power"),
    Delicate((nan, 2.0), (nan, nan), "nan"),
    Delicate((2.0, nan), (nan, nan), "nan"),
    Delicate((nan, 0.0), (0.0, nan), "nan ** 0 is 1, constant in x"),
)


def but_of_bools(infer: Infer) -> Infer:
    """Types of powers; arrays of bool are refused, since the exponent's value decides theirs."""

    def checked(types: Sequence[Type], attributes: Attributes) -> Type:
        if types and isinstance(types[0], ArrayType) and types[0].dtype == "bool":
            raise OperandError("** of an array of bool: use x.astype(int)")
        return infer(types, attributes)

    return checked


def numpy_effect(types: Sequence[Type]) -> Effect:
    """NumPy's integers have no negative powers."""
    integers = [may_hold(found, INTEGERS.__contains__) for found in types]
    return Effect.RAISES if all(integers) else Effect.PURE


def effect(types: Sequence[Type]) -> Effect:
    """Python's powers raise for 0 ** -1 and on overflow, NumPy's integers for n ** -1.

    Exact for types alone; see `effect_of` for constant exponents.
    """
    if has_array(types):
        return numpy_effect(types)
    kinds = [found.kinds for found in types if isinstance(found, ScalarType)]
    numpy = (Kind.NP_FLOAT, Kind.NP_FLOAT32)
    if any(each and all(kind in numpy for kind in each) for each in kinds):
        return Effect.PURE
    return Effect.RAISES
