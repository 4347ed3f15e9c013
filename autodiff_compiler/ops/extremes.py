"""The largest and smallest elements of an array, along axes, and where they are.

Where several elements tie for an extreme, each gets an equal share of its cotangent. Where the
result is nan because an element is, so is the derivative.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import Effect
from autodiff_compiler.ir.types import INT, ArrayType, Type
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import (
    Attributes,
    Dims,
    array_or_number,
    asked,
    axes_of,
    axis_of,
    reduced_dims,
    typed,
)
from autodiff_compiler.ops.building import Arrays, Contributions, Tangents, Traced, custom
from autodiff_compiler.ops.calling import OPTIONAL, evaluating, signature
from autodiff_compiler.ops.cases import NO_DERIVATIVE, booleans, case, distinct, real, restated
from autodiff_compiler.ops.kinds import pure
from autodiff_compiler.ops.record import Record, Zero
from autodiff_compiler.ops.reductions import (
    AXES,
    OUT,
    again,
    in_dtype_of,
    kept,
    leads,
    sum_weight,
    where_fits,
)

PLACES = "places are whole numbers"
COUNTS = "counts are whole numbers"
TRUTH = "a truth value"


def needs_elements(types: Sequence[Type]) -> Effect:
    """Extremes of no elements raise."""
    found = types[0]
    if isinstance(found, ArrayType) and not all(
        dim.one or (isinstance(dim.size, int) and dim.size > dim.less) for dim in found.dims
    ):
        return Effect.RAISES
    return Effect.PURE


def place_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    """As a reduction, of one axis or of all."""
    if attributes.get("axis") is not None:
        axis_of(attributes["axis"], len(operands[0]))
    return reduced_dims(operands, attributes)


# What rules share. In reverse mode, reduced dimensions stay as 1 unless they come back by
# broadcasting; in forward mode, results have the dimensions of the reduction.


def stays(c: Any) -> bool:
    return c.keepdims or not leads(c)


def counted(m: Arrays, hit: Traced, c: Any, keepdims: bool) -> Traced:
    return in_dtype_of(m, m("np.sum", hit, axis=c.axis, keepdims=keepdims), c.result)


def share(m: Arrays, ct: Traced, hit: Traced, c: Any) -> Traced:
    """The cotangent of an element, shared among those that equal it."""
    return m.where(hit, kept(m, ct, c), 0.0) / counted(m, hit, c, stays(c))


def mean_of(m: Arrays, dot: Traced, hit: Traced, c: Any) -> Traced:
    """The mean of the tangents of the elements that equal it."""
    return again(m, "np.sum", m.where(hit, dot, 0.0), c) / counted(m, hit, c, c.keepdims)


# One extreme.


def hits(m: Arrays, c: Any) -> Traced:
    """Which elements equal the extreme."""
    hit = m.op("eq", c.a, kept(m, c.result, c))
    return hit if c.where is None else m.op("np.logical_and", hit, c.where)


def start_hits(m: Arrays, c: Any, result: Traced) -> Traced:
    """Where `initial` equals the extreme."""
    return m.op("eq", in_dtype_of(m, c.initial, c.result), result)


def extreme_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    hit = hits(m, c)
    if c.initial is None:
        return None if dots.a is None else mean_of(m, dots.a, hit, c)
    start = start_hits(m, c, c.result)
    terms = []
    if dots.a is not None:
        terms.append(again(m, "np.sum", m.where(hit, dots.a, 0.0), c))
    if dots.initial is not None:
        terms.append(in_dtype_of(m, m.where(start, dots.initial, 0.0), c.result))
    count = in_dtype_of(m, again(m, "np.sum", hit, c) + start, c.result)
    return functools.reduce(operator.add, terms) / count


def extreme_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    hit = hits(m, c)
    if c.initial is None:
        return {"a": share(m, ct, hit, c)}
    start = start_hits(m, c, kept(m, c.result, c))
    total = m("np.sum", hit, axis=c.axis, keepdims=stays(c)) + start
    count, ct = in_dtype_of(m, total, c.result), kept(m, ct, c)
    return {
        "a": m.where(hit, ct, 0.0) / count,
        "initial": m.where(start, ct, 0.0) / count,
    }


# Differences of two extremes.


def ends(m: Arrays, c: Any) -> list[Traced]:
    """Which elements equal the largest, and which the smallest."""
    return [
        m.op("eq", c.a, m(name, c.a, axis=c.axis, keepdims=stays(c)))
        for name in ("np.max", "np.min")
    ]


def ptp_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    dot = dots.a
    assert dot is not None
    high, low = (mean_of(m, dot, hit, c) for hit in ends(m, c))
    return high - low


def ptp_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    high, low = (share(m, ct, hit, c) for hit in ends(m, c))
    return {"a": high - low}


# Counts.


def count_type(types: Sequence[Type], attributes: Attributes) -> Type:
    """An older NumPy gives an int of Python's where it counts all elements."""
    found = asked(evaluating(np.count_nonzero, COUNTED), types, attributes)
    dims = reduced_dims([array_or_number(types[0])], attributes)
    return INT if type(found) is int else typed(found, dims)


COUNTED = signature("a", axis=None, keepdims=False)


# Restatements for the oracle: by places, where elements are distinct.


def at_extreme(place: Callable[..., Any]) -> Callable[..., Any]:
    """The element at the place where the real parts have their extreme."""

    def restatement(a: Any, axis: Any = None, **more: Any) -> Any:
        keepdims = more.get("keepdims", False)
        where, initial = more.get("where", True), more.get("initial")
        worst = np.inf if place is np.argmin else -np.inf
        rank = np.ndim(a)
        axes = axes_of(axis, rank)
        rest = [k for k in range(rank) if k not in axes]
        kept_shape = [1 if k in axes else n for k, n in enumerate(np.shape(a))]
        flat_shape = [np.shape(a)[k] for k in rest]
        flat_shape.append(int(np.prod([np.shape(a)[k] for k in axes])))
        candidates = np.where(np.isnan(np.real(a)), worst, np.where(where, np.real(a), worst))
        order = [*rest, *axes]
        candidates = candidates.transpose(order).reshape(flat_shape)
        values = np.asarray(a).transpose(order).reshape(flat_shape)
        if initial is not None:
            column = np.full((*values.shape[:-1], 1), initial)
            values = np.concatenate([values, column], -1)
            candidates = np.concatenate([candidates, np.real(column)], -1)
        places = place(candidates, axis=-1)[..., None]
        found = np.take_along_axis(values, places, -1)
        return found.reshape(kept_shape) if keepdims else found[..., 0]

    return restatement


def plain_ptp(a: Any, axis: Any = None, **more: Any) -> Any:
    return at_extreme(np.argmax)(a, axis, **more) - at_extreme(np.argmin)(a, axis, **more)


DISTINCT = tuple(
    case(distinct(*each.arguments[0].shape), *each.arguments[1:], **each.keywords)  # type: ignore[attr-defined]
    for each in AXES
)
WITH_INITIAL = (
    case(distinct(3, 4), initial=real()),
    case(distinct(3, 4), axis=1, initial=0.25),
    case(distinct(3, 4), axis=0, keepdims=True, initial=real(), where=booleans(3, 4)),
    case(distinct(3, 4), axis=1, initial=real(), where=booleans(4)),
    case(distinct(3, 4), initial=0.5, where=booleans(3, 1)),
    case(distinct(0, 3), axis=0, initial=real()),
    case(distinct(0, 3), axis=1, initial=1.0),
    case(distinct(0, 3), axis=1),
)


def _one_extreme(name: str, place: Callable[..., object]) -> Record:
    return array_function(
        f"np.{name}",
        takes=signature("a", axis=None, out=OUT, keepdims=False, initial=OPTIONAL, where=OPTIONAL),
        dims=where_fits,
        effect=needs_elements,
        rule=custom(jvp=extreme_jvp, vjp=extreme_vjp),
        weight=sum_weight,
        methods=(name,) if name in ("max", "min") else (),
        cases=(*DISTINCT, *WITH_INITIAL),
        oracle=restated(at_extreme(place)),
    )


RECORDS: tuple[Record, ...] = (
    _one_extreme("max", np.argmax),
    _one_extreme("amax", np.argmax),
    _one_extreme("min", np.argmin),
    _one_extreme("amin", np.argmin),
    array_function(
        "np.ptp",
        takes=signature("a", axis=None, out=OUT, keepdims=False),
        dims=reduced_dims,
        effect=needs_elements,
        rule=custom(jvp=ptp_jvp, vjp=ptp_vjp),
        weight=lambda operands: 2 * sum_weight(operands),
        cases=DISTINCT,
        oracle=restated(plain_ptp),
    ),
    *(
        array_function(
            f"np.{name}",
            takes=signature("a", axis=None, out=OUT, keepdims=False),
            dims=place_dims,
            effect=needs_elements,
            rule=Zero(PLACES),
            weight=sum_weight,
            methods=(name,),
            cases=(
                case(real(3, 4)),
                case(real(3, 4), axis=0),
                case(real(3, 4), -1, keepdims=True),
                case(real(3, 4), keepdims=True),
                case(real(0, 3), axis=1),
                case(real(1)),
                case(real()),
            ),
            oracle=NO_DERIVATIVE,
        )
        for name in ("argmax", "argmin")
    ),
    *(
        array_function(
            f"np.{name}",
            takes=signature("a", axis=None, out=OUT, keepdims=False, where=OPTIONAL),
            dims=where_fits,
            effect=pure,
            rule=Zero(TRUTH),
            weight=lambda operands: 0,
            methods=(name,),
            cases=(
                case(booleans(3, 4)),
                case(booleans(3, 4), axis=0),
                case(booleans(3, 4), axis=(0, -1), keepdims=True),
                case(real(3, 4), axis=1),
                case(booleans(3, 4), axis=1, where=booleans(3, 4)),
                case(booleans(0, 3), axis=0),
                case(booleans(1)),
            ),
            oracle=NO_DERIVATIVE,
        )
        for name in ("any", "all")
    ),
    array_function(
        "np.count_nonzero",
        takes=COUNTED,
        infer=count_type,
        rule=Zero(COUNTS),
        weight=lambda operands: 0,
        cases=(
            case(booleans(3, 4)),
            case(booleans(3, 4), axis=0),
            case(booleans(3, 4), axis=(0, 1), keepdims=True),
            case(real(3, 4), axis=-1),
            case(booleans(0, 3), axis=0),
            case(booleans(1)),
        ),
        oracle=NO_DERIVATIVE,
    ),
)
