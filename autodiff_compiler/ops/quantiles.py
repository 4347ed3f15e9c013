"""Medians and quantiles: of elements in order, the one in the middle, or between two.

Elements that equal the one in question share its cotangent evenly.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Sequence
from inspect import signature as parameters
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import Attributes, Dims, axes_of, reduced_dims
from autodiff_compiler.ops.building import Arrays, Contributions, Like, Tangents, Traced, custom
from autodiff_compiler.ops.calling import HOLE, Refused, signature
from autodiff_compiler.ops.cases import case, distinct, restated
from autodiff_compiler.ops.extremes import mean_of, share
from autodiff_compiler.ops.record import Custom, Record
from autodiff_compiler.ops.reductions import OUT, extent
from autodiff_compiler.ops.subscripts import Slice
from autodiff_compiler.ops.weights import per_element

# An element in order of size: which elements equal it, and its part in the result.
Ranked = tuple[Traced, Like]


def quantile_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    rank = len(operands[0])
    if len(axes_of(attributes.get("axis"), rank)) not in (1, rank):
        raise OperandError("quantiles along some of several axes: reshape first, then one axis")
    if not isinstance(attributes.get("q", 0.5), int | float):
        raise OperandError("expected one number as q: call it once for each")
    return reduced_dims(operands, attributes)


class _InOrder:
    """The elements in order, along the one axis that they are reduced along."""

    def __init__(self, m: Arrays, c: Any) -> None:
        self.m, self.c = m, c
        axes = axes_of(c.axis, c.a.rank)
        whole = len(axes) == c.a.rank > 1
        self.whole, self.axis = whole, 0 if whole else axes[0]
        self.ordered = m("np.sort", c.a, axis=None if whole else self.axis)
        self.count = extent(m, c.a, c.axis)

    def ranked(self, first: Like, after: Like, part: Like) -> Ranked:
        """The element that is the slice from `first` to `after`: of no elements it is none."""
        m, bounds = self.m, (first, after)
        parts = [HOLE if isinstance(each, Traced) else each for each in bounds]
        fillers = [each for each in bounds if isinstance(each, Traced)]
        index = (*[Slice()] * self.axis, Slice(*parts))
        found = m.op("get", self.ordered, *fillers, index=index)
        if self.whole and isinstance(self.count, Traced):  # none at all, where there are none
            found = m("np.sum", found)
        return m.op("eq", self.c.a, found), part


def half(m: Arrays, n: Like) -> Like:
    return m.op("floordiv", n, 2) if isinstance(n, Traced) else int(n // 2)


def middle(m: Arrays, c: Any) -> list[Ranked]:
    """The lower of the two in the middle, and the upper, or the one that is both."""
    found = _InOrder(m, c)
    n = found.count
    if isinstance(n, int) and n % 2:
        return [found.ranked(n // 2, n // 2 + 1, 1.0)]
    return [
        found.ranked(half(m, n - 1), half(m, n + 1), 0.5),
        found.ranked(half(m, n), half(m, n) + 1, 0.5),
    ]


def neighbours(m: Arrays, c: Any) -> list[Ranked]:
    """The two that a quantile lies between."""
    found = _InOrder(m, c)
    q = c.q / 100 if c.op.operation.name == "np.percentile" else c.q
    last = found.count - 1
    place = last * float(q)
    if not isinstance(last, Traced):
        k, after = math.floor(place), min(math.floor(place) + 1, last)  # type: ignore[arg-type]
        return [
            found.ranked(k, k + 1, 1.0 - (place - k)),
            found.ranked(after, after + 1, place - k),
        ]
    k_ = m.op("int", place)
    part, after_ = place - k_, m.op("min", k_ + 1, last)
    return [found.ranked(k_, k_ + 1, 1.0 - part), found.ranked(after_, after_ + 1, part)]


Neighbours = Callable[[Arrays, Any], list[Ranked]]


def ranked_rule(of: Neighbours) -> Custom:
    """The rule of a mean of elements in order, each weighted by its part."""

    def weighted(parts: Sequence[tuple[Traced, Like]]) -> Traced:
        if len(parts) > 1 and all(part == 0.5 for _, part in parts):
            return 0.5 * functools.reduce(operator.add, [value for value, _ in parts])
        terms = [value if part == 1.0 else part * value for value, part in parts if part != 0.0]
        return functools.reduce(operator.add, terms)

    def jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
        dot = dots.a
        if c.a.rank == 0 or dot is None:
            return dot
        return weighted([(mean_of(m, dot, hit, c), part) for hit, part in of(m, c)])

    def vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
        if c.a.rank == 0:
            return {"a": ct}
        return {"a": weighted([(share(m, ct, hit, c), part) for hit, part in of(m, c)])}

    return custom(jvp=jvp, vjp=vjp)


def plain_quantile(a: Any, q: float, axis: Any = None, keepdims: bool = False) -> Any:
    rank = np.ndim(a)
    shape = [1 if k in axes_of(axis, rank) else n for k, n in enumerate(np.shape(a))]
    if len(axes_of(axis, rank)) == rank:
        a, axis = np.reshape(a, -1), 0
    ordered = np.take_along_axis(a, np.argsort(np.real(a), axis=axis), axis)
    last = a.shape[axis] - 1
    k = math.floor(q * last)
    low, high = (np.take(ordered, min(each, last), axis=axis) for each in (k, k + 1))
    found = low + (high - low) * (q * last - k)
    return found.reshape(shape) if keepdims else found


def plain_percentile(a: Any, q: float, *axis: Any, **more: Any) -> Any:
    return plain_quantile(a, q / 100, *axis, **more)


OVERWRITE = Refused("leave it out")
ONE_METHOD = Refused("leave it out: quantiles are interpolated linearly")

# An older name of `method`, where NumPy still has it.
OLD = {"interpolation": ONE_METHOD} if "interpolation" in parameters(np.quantile).parameters else {}

RECORDS: tuple[Record, ...] = (
    array_function(
        "np.median",
        takes=signature("a", axis=None, out=OUT, overwrite_input=OVERWRITE, keepdims=False),
        dims=quantile_dims,
        rule=ranked_rule(middle),
        weight=per_element(1),
        cases=(
            case(distinct(5)),
            case(distinct(4)),
            case(distinct(3, 4)),
            case(distinct(3, 5), keepdims=True),
            case(distinct(3, 4), axis=0),
            case(distinct(3, 4), axis=-1, keepdims=True),
            case(distinct(2, 3, 4), axis=1),
            case(distinct(1)),
            case(distinct(2, 1), axis=1),
        ),
        oracle=restated(lambda a, **more: plain_quantile(a, 0.5, **more)),
    ),
    *(
        array_function(
            f"np.{name}",
            takes=signature(
                "a",
                ":q",
                axis=None,
                out=OUT,
                overwrite_input=OVERWRITE,
                method=ONE_METHOD,
                keepdims=False,
                weights=Refused("unweighted quantiles only"),
                **OLD,
            ),
            dims=quantile_dims,
            rule=ranked_rule(neighbours),
            weight=per_element(1),
            cases=(
                case(distinct(5), 0.3 * scale),
                case(distinct(4), 0.5 * scale),
                case(distinct(3, 4), 0.9 * scale),
                case(distinct(3, 4), 0.25 * scale, axis=0),
                case(distinct(3, 4), 0.7 * scale, axis=-1, keepdims=True),
                case(distinct(2, 3, 4), 0.1 * scale, 1),
                case(distinct(3, 5), 1 * scale, keepdims=True),
                case(distinct(3), 0),
                case(distinct(1), 0.3 * scale),
            ),
            oracle=restated(plain),
        )
        for name, scale, plain in (
            ("quantile", 1, plain_quantile),
            (
                "percentile",
                100,
                lambda a, q, *rest, **more: plain_quantile(a, q / 100, *rest, **more),
            ),
        )
    ),
)
