"""Calls that cover an operation on arrays: its keywords, and the kinds of input that it takes.

Tests are generated from them. An argument is drawn at random (`real(3, 4)`), or stands as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Draw:
    """An array, or a number for no shape at all, to be drawn.

    `kind` is what it holds: "real" (normally distributed), "positive", "unit" (inside (-1, 1)),
    "above" (greater than 1), "distinct" (no two elements within 0.1 of one another), "ordered"
    (distinct, and increasing along the last dimension), "definite"
    (symmetric positive definite matrices), "symmetric", "regular" (well-conditioned matrices),
    "int" (below `high`), "bool". `shape` None is a float of Python's; `()` an array without
    dimensions.
    """

    kind: str
    shape: tuple[int, ...] | None
    high: int = 0


def real(*shape: int) -> Draw:
    return Draw("real", shape)


def positive(*shape: int) -> Draw:
    return Draw("positive", shape)


def unit(*shape: int) -> Draw:
    return Draw("unit", shape)


def above(*shape: int) -> Draw:
    return Draw("above", shape)


def distinct(*shape: int) -> Draw:
    return Draw("distinct", shape)


def ordered(*shape: int) -> Draw:
    return Draw("ordered", shape)


def definite(*shape: int) -> Draw:
    return Draw("definite", shape)


def symmetric(*shape: int) -> Draw:
    return Draw("symmetric", shape)


def regular(*shape: int) -> Draw:
    return Draw("regular", shape)


def integers(high: int, *shape: int) -> Draw:
    return Draw("int", shape, high)


def booleans(*shape: int) -> Draw:
    return Draw("bool", shape)


NUMBER = Draw("real", None)
POSITIVE_NUMBER = Draw("positive", None)


@dataclass(frozen=True)
class Case:
    """One call. `arguments` and `keywords` hold draws, static values, and tuples of those.

    Every case is also run in float32 and on arrays that are not contiguous, where `varied`, and
    its type is asked for other sizes, where `resized`.
    """

    arguments: tuple[object, ...]
    keywords: Mapping[str, object] = field(default_factory=dict)
    varied: bool = True
    resized: bool = True


def case(*arguments: object, **keywords: object) -> Case:
    return Case(arguments, keywords)


@dataclass(frozen=True)
class Oracle:
    """Where the directional derivative of an operation is known from, without its rule.

    "complex": the function itself, on complex numbers, is holomorphic: Im f(x + ih·ẋ) / h.
    "mpmath": the record's `mpmath`, element by element. "restated": `restatement(*arguments,
    **keywords)` is a holomorphic function that equals it near real arguments, or, taking their
    complex step, gives its derivative. "zero": it has none.
    """

    kind: str
    restatement: Callable[..., object] | None = None


COMPLEX_STEP = Oracle("complex")
MPMATH = Oracle("mpmath")
NO_DERIVATIVE = Oracle("zero")


def restated(function: Callable[..., object]) -> Oracle:
    return Oracle("restated", function)
