"""The elementary functions that random programs call: one table for writing and for judging.

A smooth function is given by a formula, which SymPy differentiates and mpmath evaluates; one that
is linear piece by piece by the slopes of the piece it is on.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import sympy

# SymPy's generated functions compute in mpmath's one global context, so the precision is set
# around each oracle: @mpmath.workdps(DIGITS).
DIGITS = 40
MP = mpmath.mp

# What an operand must be kept to: anything, [-0.9, 0.9], [0.4, …), [-4, 4], [1.2, …), [1.3, 3].
ANY, UNIT, POSITIVE, SMALL, ABOVE_ONE, GAMMA = (
    "any", "unit", "positive", "small", "above_one", "gamma",
)  # fmt: skip

Formula = Callable[..., Any]
Slopes = Callable[..., tuple[float, ...]]
Bound = Callable[..., float]


@dataclass(frozen=True)
class Elementary:
    """A function as programs call it.

    `slopes` maps raw operands and the result to partial derivatives, by the conventions that are
    published for kinks; `safe` says where it is smooth and tame; `bound` bounds the result's
    magnitude by the operands'; `weight` is its cost; `absolute` says that its partials are promised
    to an absolute accuracy only, as 1 - tanh(x)**2 is, which cancels for large x.
    """

    name: str
    function: Callable[..., Any]
    guards: tuple[str, ...]
    bound: Bound
    formula: Formula | None = None
    slopes: Slopes | None = None
    safe: Callable[..., bool] = lambda *operands: True
    weight: int = 4
    kind: str = "float"
    discontinuous: bool = False
    absolute: bool = False

    @property
    def arity(self) -> int:
        return len(self.guards)

    def __hash__(self) -> int:
        return hash((self.name, self.arity))


def _exp(b: float) -> float:
    return math.exp(min(b, 50.0))


def _within(low: float, high: float) -> Callable[[float], bool]:
    return lambda x: low <= x <= high


def _apart(*operands: float) -> bool:
    return abs(operands[0] - operands[-1]) > 0.05


def _off_zero(x: float) -> bool:
    return abs(x) > 0.05


def _off_integers(x: float) -> bool:
    return abs(x - round(x)) > 0.02


def _off_halves(x: float) -> bool:
    return _off_integers(x + 0.5)


def _sign(x: float) -> float:
    return float(x > 0) - float(x < 0)


# Names in math, names in numpy, guard, bound, formula, where it is safe.
_UNARY: list[tuple[str, str, str, Bound, Formula, Callable[[float], bool]]] = [
    ("sin", "sin", ANY, lambda b: 1.0, sympy.sin, _within(-50, 50)),
    ("cos", "cos", ANY, lambda b: 1.0, sympy.cos, _within(-50, 50)),
    ("tanh", "tanh", ANY, lambda b: 1.0, sympy.tanh, _within(-8, 8)),
    ("exp", "exp", SMALL, _exp, sympy.exp, _within(-20, 6)),
    ("log", "log", POSITIVE, lambda b: 1.0 + b, sympy.log, _within(0.02, 1e6)),
    ("sqrt", "sqrt", POSITIVE, lambda b: 1.0 + b, sympy.sqrt, _within(0.02, 1e6)),
    ("atan", "arctan", ANY, lambda b: 1.6, sympy.atan, _within(-50, 50)),
    ("tan", "tan", UNIT, lambda b: 1.6, sympy.tan, _within(-1.4, 1.4)),
    ("sinh", "sinh", SMALL, _exp, sympy.sinh, _within(-6, 6)),
    ("cosh", "cosh", SMALL, _exp, sympy.cosh, _within(-6, 6)),
    ("asin", "arcsin", UNIT, lambda b: 1.6, sympy.asin, _within(-0.97, 0.97)),
    ("acos", "arccos", UNIT, lambda b: 3.2, sympy.acos, _within(-0.97, 0.97)),
    ("asinh", "arcsinh", ANY, lambda b: b, sympy.asinh, _within(-50, 50)),
    ("acosh", "arccosh", ABOVE_ONE, lambda b: b, sympy.acosh, _within(1.05, 1e4)),
    ("atanh", "arctanh", UNIT, lambda b: 1.5, sympy.atanh, _within(-0.97, 0.97)),
    ("expm1", "expm1", SMALL, _exp, lambda x: sympy.exp(x) - 1, _within(-20, 6)),
    ("exp2", "exp2", SMALL, _exp, lambda x: 2**x, _within(-20, 8)),
    ("log1p", "log1p", POSITIVE, lambda b: b, lambda x: sympy.log(1 + x), _within(-0.9, 1e6)),
    ("log2", "log2", POSITIVE, lambda b: 2.0 + 2 * b,
     lambda x: sympy.log(x) / sympy.log(2), _within(0.02, 1e6)),
    ("log10", "log10", POSITIVE, lambda b: 1.0 + b,
     lambda x: sympy.log(x) / sympy.log(10), _within(0.02, 1e6)),
    ("cbrt", "cbrt", POSITIVE, lambda b: 1.0 + b,
     lambda x: x * (x**2) ** sympy.Rational(-1, 3), _off_zero),
    ("degrees", "degrees", ANY, lambda b: 58 * b, lambda x: 180 * x / sympy.pi, _within(-9, 9)),
    ("radians", "radians", ANY, lambda b: b, lambda x: sympy.pi * x / 180, _within(-1e4, 1e4)),
    ("erf", "", ANY, lambda b: 1.0, sympy.erf, _within(-4, 4)),
    ("erfc", "", ANY, lambda b: 2.0, sympy.erfc, _within(-4, 4)),
    ("gamma", "", GAMMA, lambda b: 2.0, sympy.gamma, _within(0.2, 8)),
    ("lgamma", "", ABOVE_ONE, lambda b: b * b, sympy.loggamma, _within(0.2, 50)),
    ("", "square", ANY, lambda b: b * b, lambda x: x**2, _within(-50, 50)),
    ("", "reciprocal", POSITIVE, lambda b: 2.5, lambda x: 1 / x, _off_zero),
    ("", "negative", ANY, lambda b: b, lambda x: -x, lambda x: True),
    ("", "float64", ANY, lambda b: b, lambda x: x, lambda x: True),
]  # fmt: skip

_LIGHT = {"sqrt", "square", "negative", "reciprocal", "degrees", "radians"}


def _zero(*operands: float) -> tuple[float, ...]:
    return (0.0,) * (len(operands) - 1)


def _remainder(a: float, b: float, result: float) -> tuple[float, float]:
    """Of every kind of remainder: a − q b, q an integer that is constant nearby."""
    return 1.0, -float(MP.nint((MP.mpf(float(a)) - MP.mpf(float(result))) / MP.mpf(float(b))))


def _choice(a: float, b: float, result: float) -> tuple[float, float]:
    """Of np.maximum and np.minimum: ties are shared."""
    return (0.5, 0.5) if a == b else (float(result == a), float(result == b))


def _clip_slopes(x: float, low: float, high: float, result: float) -> tuple[float, ...]:
    if x in (low, high):
        return 0.5, 0.0, 0.0
    return float(low < x < high), 0.0, 0.0


def _power(x: Any, y: Any) -> Any:
    return x**y


def _safe_power(x: float, y: float) -> bool:
    return 0.05 < x < 20 and abs(y) < 4


def _build() -> list[Elementary]:
    table = []
    for in_math, in_numpy, guard, bound, formula, safe in _UNARY:
        for module, attribute in ((math, in_math), (np, in_numpy)):
            if not attribute or not hasattr(module, attribute):
                continue
            name = f"{'math' if module is math else 'np'}.{attribute}"
            weight = 0 if attribute == "float64" else 1 if attribute in _LIGHT else 4
            function = getattr(module, attribute)
            table.append(
                Elementary(
                    name,
                    function,
                    (guard,),
                    bound,
                    formula,
                    safe=safe,
                    weight=weight,
                    absolute=attribute == "tanh",
                )
            )

    def smooth(
        names: str, guards: tuple[str, ...], bound: Bound, formula: Formula, **more: Any
    ) -> None:
        for name in names.split():
            function = _named(name)
            more.setdefault("weight", 8)
            table.append(Elementary(name, function, guards, bound, formula, **more))

    def pieces(
        names: str, guards: tuple[str, ...], bound: Bound, slopes: Slopes, **more: Any
    ) -> None:
        for name in names.split():
            function = _named(name)
            more.setdefault("weight", 1)
            table.append(Elementary(name, function, guards, bound, slopes=slopes, **more))

    smooth("math.atan2 np.arctan2", (ANY, POSITIVE), lambda a, b: 3.2, sympy.atan2,
           safe=lambda y, x: x > 0.05 or abs(y) > 0.05)  # fmt: skip
    smooth("math.hypot np.hypot", (ANY, POSITIVE), lambda a, b: a + b,
           lambda x, y: sympy.sqrt(x**2 + y**2),
           safe=lambda x, y: abs(x) + abs(y) > 0.05)  # fmt: skip
    smooth("math.pow np.power", (POSITIVE, SMALL), lambda a, b: (a + 2.5) ** min(b, 4.0), _power,
           safe=_safe_power)  # fmt: skip
    smooth("np.logaddexp", (ANY, ANY), lambda a, b: a + b + 0.7,
           lambda x, y: sympy.log(sympy.exp(x) + sympy.exp(y)),
           safe=lambda x, y: max(abs(x), abs(y)) < 30)  # fmt: skip
    smooth("math.log", (POSITIVE, ABOVE_ONE), lambda a, b: 4.0 * (1 + a),
           lambda x, b: sympy.log(x) / sympy.log(b), weight=4,
           safe=lambda x, b: 0.02 < x < 1e6 and 1.1 < b < 1e3)  # fmt: skip
    smooth("np.add", (ANY, ANY), lambda a, b: a + b, lambda x, y: x + y, weight=1)
    smooth("np.subtract", (ANY, ANY), lambda a, b: a + b, lambda x, y: x - y, weight=1)
    smooth("np.multiply", (ANY, ANY), lambda a, b: a * b, lambda x, y: x * y, weight=1)
    smooth("np.divide", (ANY, POSITIVE), lambda a, b: 2.5 * a, lambda x, y: x / y, weight=1,
           safe=lambda x, y: abs(y) > 0.05)  # fmt: skip

    pieces("math.fabs np.abs np.absolute np.fabs", (ANY,), lambda b: b,
           lambda x, result: (_sign(x),), safe=_off_zero)  # fmt: skip
    pieces("np.sign", (ANY,), lambda b: 1.0, _zero, safe=_off_zero, discontinuous=True)
    pieces("np.floor np.ceil np.trunc", (ANY,), lambda b: b + 1, _zero, safe=_off_integers,
           discontinuous=True)  # fmt: skip
    pieces("np.rint", (ANY,), lambda b: b + 1, _zero, safe=_off_halves, discontinuous=True)
    pieces("math.floor math.ceil math.trunc", (ANY,), lambda b: b + 1, _zero,
           safe=_off_integers, kind="int", discontinuous=True)  # fmt: skip
    pieces("math.fmod math.remainder np.mod np.fmod", (ANY, POSITIVE), lambda a, b: b, _remainder,
           weight=4, safe=lambda a, b: abs(b) > 0.3 and _off_integers(2 * a / b))  # fmt: skip
    pieces("math.copysign np.copysign", (ANY, POSITIVE), lambda a, b: a,
           lambda x, y, result: (_sign(x) * _sign(result), 0.0),
           safe=lambda x, y: _off_zero(x) and _off_zero(y))  # fmt: skip
    pieces("np.maximum np.minimum np.fmax np.fmin", (ANY, ANY), lambda a, b: max(a, b), _choice,
           safe=_apart)  # fmt: skip
    return table


def _named(name: str) -> Callable[..., Any]:
    module, attribute = name.split(".")
    return getattr({"math": math, "np": np}[module], attribute)  # type: ignore[no-any-return]


TABLE: Sequence[Elementary] = tuple(_build())
BY_NAME = {(entry.name, entry.arity): entry for entry in TABLE}
BY_FUNCTION = {(id(entry.function), entry.arity): entry for entry in TABLE}

# Operators and builtins, in the same terms.
OPERATORS: dict[str, Elementary] = {
    "+": Elementary("+", lambda x, y: x + y, (ANY, ANY), max, lambda x, y: x + y, weight=1),
    "-": Elementary("-", lambda x, y: x - y, (ANY, ANY), max, lambda x, y: x - y, weight=1),
    "*": Elementary("*", lambda x, y: x * y, (ANY, ANY), max, lambda x, y: x * y, weight=1),
    "/": Elementary("/", lambda x, y: x / y, (ANY, ANY), max, lambda x, y: x / y, weight=1,
                    safe=lambda x, y: abs(y) > 0.05),
    "**": Elementary("**", lambda x, y: x**y, (ANY, ANY), max, _power, weight=8, safe=_safe_power),
    "%": Elementary("%", lambda x, y: x % y, (ANY, ANY), max, slopes=_remainder, weight=1,
                    safe=lambda a, b: abs(b) > 0.3 and _off_integers(a / b), discontinuous=True),
    "//": Elementary("//", lambda x, y: x // y, (ANY, ANY), max, slopes=_zero, weight=1,
                     safe=lambda a, b: abs(b) > 0.3 and _off_integers(a / b), discontinuous=True),
    "neg": Elementary("neg", lambda x: -x, (ANY,), max, lambda x: -x, weight=1),
    "pos": Elementary("pos", lambda x: +x, (ANY,), max, lambda x: +x, weight=0),
}  # fmt: skip
ABS = Elementary("abs", abs, (ANY,), max, slopes=lambda x, r: (_sign(x),), safe=_off_zero, weight=1)
FLOAT = Elementary("float", float, (ANY,), max, lambda x: x, weight=0)
SUM = Elementary("sum", lambda *xs: sum(xs), (ANY,), max, slopes=lambda *xs: (1.0,) * len(xs[:-1]))
CLIP = Elementary("np.clip", np.clip, (ANY, ANY, ANY), max, slopes=_clip_slopes, weight=2)


@functools.cache
def _symbols(arity: int) -> tuple[Any, ...]:
    return sympy.symbols(f"x:{arity}")  # type: ignore[no-any-return]


@functools.cache
def formula(entry: Elementary) -> Any:
    """The function as a SymPy expression, and its symbols."""
    symbols = _symbols(entry.arity)
    assert entry.formula is not None
    return entry.formula(*symbols), symbols


@functools.cache
def evaluator(entry: Elementary, *wrt: int) -> Callable[..., Any]:
    """The partial derivative by these operands, from sympy.diff, on mpmath numbers."""
    expression, symbols = formula(entry)
    for index in wrt:
        expression = sympy.diff(expression, symbols[index])
    return sympy.lambdify(symbols, expression, modules="mpmath")  # type: ignore[no-any-return]


def partial(entry: Elementary, operands: Sequence[float], result: float, *wrt: int) -> Any:
    """A local partial derivative at floats, to DIGITS digits; nan where there is none."""
    if entry.slopes is not None:
        if len(wrt) > 1:
            return MP.mpf(0)
        try:
            return MP.mpf(entry.slopes(*operands, result)[wrt[0]])
        except (ZeroDivisionError, ValueError, OverflowError):
            return MP.nan
    exact = [MP.mpf(float(operand)) for operand in operands]
    if entry.formula is _power:
        return _power_partial(exact, wrt)
    try:
        value = evaluator(entry, *wrt)(*exact)
    except (ZeroDivisionError, ValueError, OverflowError):
        return MP.nan
    return MP.mpf(value) if isinstance(value, int | float | MP.mpf) else MP.nan


def magnitude(entry: Elementary, slope: Any) -> Any:
    """What a partial derivative's rounding is measured against."""
    return max(abs(slope), 1) if entry.absolute else abs(slope)


def _power_partial(operands: list[Any], wrt: tuple[int, ...]) -> Any:
    """Of x**y, also at bases that aren't positive, where the formula's logarithm has no value."""
    x, y = operands
    if x > 0:
        return evaluator(OPERATORS["**"], *wrt)(x, y)
    if any(wrt) or not MP.isint(y):
        return MP.nan
    order = len(wrt)
    factor = y if order == 1 else y * (y - 1)
    if factor == 0:
        return MP.mpf(0)
    return MP.nan if x == 0 and y < order else factor * x ** int(y - order)
