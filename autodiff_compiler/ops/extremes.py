"""The largest and smallest elements of an array, along axes, and where they are.

Where several elements tie for an extreme, each gets an equal share of its cotangent. Where the
result is nan because an element is, so is the derivative.
"""

from __future__ import annotations

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


# One extreme.


def share(m: Arrays, ct: Traced, hit: Traced, c: Any, count: Traced) -> Traced:
    """The cotangent of an extreme, shared among the elements that equal it."""
    return m.where(hit, kept(m, ct, c), 0.0) / kept(m, count, c)


def mean_of(m: Arrays, dot: Traced, hit: Traced, c: Any, count: Traced) -> Traced:
    """The mean of the tangents of the elements that equal it."""
    return again(m, "np.sum", m.where(hit, dot, 0.0), c) / count


def counted(m: Arrays, hit: Traced, c: Any) -> Traced:
    return in_dtype_of(m, again(m, "np.sum", hit, c), c.result)


def hits(m: Arrays, c: Any) -> tuple[Traced, Traced | None, Traced]:
    """Which elements equal the extreme, whether `initial` does, and how many these are."""
    hit = m.op("eq", c.a, kept(m, c.result, c))
    if c.where is not None:
        hit = m.op("np.logical_and", hit, c.where)
    count = again(m, "np.sum", hit, c)
    start: Traced | None = None
    if c.initial is not None:
        start = m.op("eq", in_dtype_of(m, c.initial, c.result), c.result)
        count = count + start
    return hit, start, in_dtype_of(m, count, c.result)


def extreme_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    hit, start, count = hits(m, c)
    total: Traced | None = None
    if dots.a is not None:
        total = again(m, "np.sum", m.where(hit, dots.a, 0.0), c)
    if dots.initial is not None and start is not None:
        term = in_dtype_of(m, m.where(start, dots.initial, 0.0), c.result)
        total = term if total is None else total + term
    assert total is not None
    return total / count


def extreme_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    hit, start, count = hits(m, c)
    found = {"a": share(m, ct, hit, c, count)}
    if start is not None:
        found["initial"] = m.where(start, ct, 0.0) / count
    return found


# Differences of two extremes.


def _ends(m: Arrays, c: Any) -> list[tuple[Traced, Traced]]:
    """The elements that equal the largest, and their count; those of the smallest."""
    found = []
    for name in ("np.max", "np.min"):
        hit = m.op("eq", c.a, kept(m, again(m, name, c.a, c), c))
        found.append((hit, counted(m, hit, c)))
    return found


def ptp_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    assert dots.a is not None
    high, low = (mean_of(m, dots.a, hit, c, count) for hit, count in _ends(m, c))
    return high - low


def ptp_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    high, low = (share(m, ct, hit, c, count) for hit, count in _ends(m, c))
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
