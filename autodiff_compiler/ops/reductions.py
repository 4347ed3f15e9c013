"""Reductions: sums, means, spreads and products of the elements of an array, along axes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import ArrayType
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import Attributes, Dims, axes_of, reduced_dims
from autodiff_compiler.ops.building import Arrays, Contributions, Like, Tangents, Traced, custom
from autodiff_compiler.ops.calling import OPTIONAL, OfFunction, Refused, signature
from autodiff_compiler.ops.cases import COMPLEX_STEP, booleans, case, real, restated
from autodiff_compiler.ops.products_of_others import product_of_others
from autodiff_compiler.ops.record import Record
from autodiff_compiler.ops.weights import per_element, size_of

OUT = Refused("assign the result instead")
DTYPE = Refused("use astype")


# What rules of reductions share.


def leads(c: Any) -> bool:
    """Whether the reduced axes come back by broadcasting: all of them, or leading ones."""
    axes = axes_of(c.axis, c.a.rank)
    return c.keepdims or len(axes) == c.a.rank or axes == tuple(range(len(axes)))


def kept(m: Arrays, value: Traced, c: Any) -> Traced:
    """What a reduction gives, or its cotangent, with the dimensions it dropped put back as 1."""
    if value.rank == 0 or leads(c):
        return value
    return m("np.expand_dims", value, one_or_all(axes_of(c.axis, c.a.rank)))


def one_or_all(axes: Iterable[int]) -> int | tuple[int, ...]:
    """Axes as they are written: a single one by itself."""
    found = tuple(axes)
    return found[0] if len(found) == 1 else found


def again(m: Arrays, name: str, value: Traced, c: Any, **more: object) -> Traced:
    """Another reduction along the same axes."""
    return m(name, value, axis=c.axis, keepdims=c.keepdims, **more)


def masked(m: Arrays, value: Like, c: Any, otherwise: float = 0.0) -> Like:
    """The value where it takes part in the reduction."""
    return value if c.where is None else m.where(c.where, value, otherwise)


def in_dtype_of(m: Arrays, value: Traced, like: Traced) -> Traced:
    """Counts and float64 numbers in single precision, where the result is."""
    own, wanted = (
        each.dtype if isinstance(each, ArrayType) else str(each).removeprefix("np.")
        for each in (value.type, like.type)
    )
    return m.op("astype", value, dtype=wanted) if wanted == "float32" != own else value


def extent(m: Arrays, a: Traced, axis: object) -> Like:
    """How many elements there are along the axes: a number, if that is known."""
    if not isinstance(a.type, ArrayType):
        return 1
    axes = axes_of(axis, a.rank)
    sizes = [
        dim.size if isinstance(dim.size, int) and not dim.less else None for dim in a.type.dims
    ]
    known = math.prod(size for place in axes if (size := sizes[place]) is not None)
    unknown = [place for place in axes if sizes[place] is None]
    if not unknown:
        return known
    if len(axes) == a.rank and len(axes) > 1:
        return m.op("size", a)
    shape = m.op("shape", a)
    count: Like = known if known != 1 else shape.item(unknown.pop(0))
    for place in unknown:
        count = count * shape.item(place)
    return count


def taking_part(m: Arrays, c: Any) -> Like:
    """How many elements each element of the result is made of."""
    if c.where is None:
        return extent(m, c.a, c.axis)
    where = m.op("expand_like", c.where, c.a) if isinstance(c.a.type, ArrayType) else c.where
    return in_dtype_of(m, again(m, "np.sum", where, c), c.result)


def where_fits(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    """The dimensions of a reduction of which `where` is the last operand, if given."""
    optional = attributes.get("optional", ())
    if isinstance(optional, tuple) and "where" in optional:
        if len(operands[-1]) > len(operands[0]):
            raise OperandError("where has more dimensions than the array")
    return reduced_dims(operands, attributes)


# Sums and means.


def sum_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    more = {} if c.where is None else {"where": c.where}
    if dots.initial is not None and dots.a is not None:
        more["initial"] = dots.initial
    if dots.a is not None:
        return again(m, c.op.operation.name, dots.a, c, **more)
    if dots.initial is None or c.result.rank == 0:
        return dots.initial
    return m.op("expand_like", dots.initial, c.result)


def sum_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    return {"a": masked(m, kept(m, ct, c), c), "initial": ct}  # type: ignore[dict-item]


def mean_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    return {"a": masked(m, kept(m, _divided(ct, taking_part(m, c)), c), c)}  # type: ignore[dict-item]


def _divided(value: Traced, count: Like) -> Traced:
    return value if isinstance(count, int) and count == 1 else value / count


def mean_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    assert dots.a is not None
    if c.where is None:
        return again(m, "np.mean", dots.a, c)
    # The mean of no elements warns; a quotient does not, where warnings are off.
    return again(m, "np.sum", dots.a, c, where=c.where) / taking_part(m, c)


# Variances.


def centred(m: Arrays, c: Any) -> Traced:
    """The elements less their mean."""
    a: Traced = c.a
    if c.where is not None:
        total = again(m, "np.sum", a, c, where=c.where)
        return a - kept(m, total / taking_part(m, c), c)
    return a - m("np.mean", a, axis=c.axis, keepdims=c.keepdims or not leads(c))


def freedom(m: Arrays, c: Any) -> Like:
    """What a variance divides by: the count of elements less `ddof`, at least 0."""
    ddof = c.ddof if c.correction is None else c.correction
    count = taking_part(m, c)
    if ddof == 0:
        return count
    if isinstance(count, Traced):
        # With ddof up to 1, only no elements at all leave less than 0.
        less = count - ddof
        if c.where is not None:
            return m.op("np.maximum", less, 0)
        return less if ddof <= 1 else m.op("max", less, 0)
    return max(count - float(ddof), 0.0) if isinstance(ddof, float) else max(count - int(ddof), 0)


def var_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    assert dots.a is not None
    moved = again(m, "np.sum", masked(m, centred(m, c) * dots.a, c), c)  # type: ignore[arg-type]
    return 2.0 * moved / freedom(m, c)


def var_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    share = kept(m, 2.0 * ct / freedom(m, c), c)
    return {"a": masked(m, share * centred(m, c), c)}  # type: ignore[dict-item]


def std_scale(m: Arrays, c: Any) -> Traced:
    """What a deviation is divided by: infinity where all are 0, since the convention there is 0."""
    y = c.result
    return m.where(m.op("ne", y, 0.0), y, math.inf) * freedom(m, c)


def std_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    assert dots.a is not None
    moved = again(m, "np.sum", masked(m, centred(m, c) * dots.a, c), c)  # type: ignore[arg-type]
    return moved / std_scale(m, c)


def std_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    share = kept(m, ct / std_scale(m, c), c)
    return {"a": masked(m, share * centred(m, c), c)}  # type: ignore[dict-item]


# Products.


def others(m: Arrays, c: Any) -> Traced:
    """The product of the other elements that take part, for each element."""
    a = masked(m, c.a, c, 1.0)
    assert isinstance(a, Traced)
    axes = axes_of(c.axis, a.rank)
    if len(axes) == a.rank > 1:
        flat = m("np.reshape", a, -1)
        return m.op("reshape_like", product_of_others(m, flat, 0), a)
    total: Traced | None = None
    for axis in axes:
        found = product_of_others(m, a, axis)
        total = found if total is None else found * total
        a = m("np.prod", a, axis=axis, keepdims=True) if axis != axes[-1] else a
    return m.op("np.ones_like", a) if total is None else total


def prod_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    total: Traced | None = None
    if dots.a is not None:
        term = dots.a if c.a.rank == 0 else others(m, c) * dots.a
        total = again(m, "np.sum", masked(m, term, c), c)  # type: ignore[arg-type]
        if c.initial is not None:
            total = total * c.initial
    if dots.initial is not None:
        share = again(m, "np.prod", masked(m, c.a, c, 1.0), c) * dots.initial  # type: ignore[arg-type]
        total = share if total is None else total + share
    return total


def prod_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    found: dict[str, Any] = {}
    if c.initial is not None:
        found["initial"] = ct * again(m, "np.prod", masked(m, c.a, c, 1.0), c)  # type: ignore[arg-type]
        ct = ct * c.initial
    share = kept(m, ct, c)
    found["a"] = masked(m, share if c.a.rank == 0 else share * others(m, c), c)
    return found


# Averages.


def along(m: Arrays, weights: Traced, c: Any) -> Traced:
    """Weights, or their tangent, so that they broadcast with the array."""
    rank = c.a.rank
    if weights.rank == rank:
        return weights
    after = rank - 1 - axes_of(c.axis, rank)[0]
    return m("np.expand_dims", weights, one_or_all(range(1, after + 1))) if after else weights


def average_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    if c.weights is None:
        return None if dots.a is None else again(m, "np.mean", dots.a, c)
    moved: Traced | None = None
    if dots.a is not None:
        moved = along(m, c.weights, c) * dots.a
    if dots.weights is not None:
        term = (c.a - kept(m, c.result, c)) * along(m, dots.weights, c)
        moved = term if moved is None else moved + term
    assert moved is not None
    return again(m, "np.sum", moved, c) / _total_weight(m, c)


def _total_weight(m: Arrays, c: Any) -> Traced:
    if c.weights.rank == c.a.rank:
        return again(m, "np.sum", c.weights, c)
    return m("np.sum", c.weights)


def average_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    if c.weights is None:
        return {"a": kept(m, _divided(ct, extent(m, c.a, c.axis)), c)}
    share = kept(m, ct / _total_weight(m, c), c)
    moved = share * (c.a - kept(m, c.result, c))
    if c.weights.rank < c.a.rank:
        axis = axes_of(c.axis, c.a.rank)[0]
        moved = m("np.sum", moved, axis=one_or_all(k for k in range(c.a.rank) if k != axis))
    return {"a": share * along(m, c.weights, c), "weights": moved}


def average_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    """Weights have the array's shape, or are one per element along the axis."""
    if len(operands) > 1 and len(operands[1]) != len(operands[0]):
        axis = attributes.get("axis")
        if len(operands[1]) != 1 or len(axes_of(axis, len(operands[0]))) != 1 or axis is None:
            raise OperandError("weights must have the array's shape, or be one per element of axis")
    return reduced_dims(operands, attributes)


def average_weight(operands: Sequence[object]) -> int:
    return (4 if len(operands) > 1 else 1) * size_of(operands[0])


# Restatements: holomorphic, and without NumPy's own function.


def plain_var(a: Any, axis: Any = None, ddof: float = 0, **more: Any) -> Any:
    a, where = np.asarray(a), more.get("where", True)
    ddof = more.get("correction", ddof)
    where = where | (a.real != a.real)
    count = (where & (a == a)).sum(axis=axis, keepdims=True)
    mean = a.sum(axis=axis, keepdims=True, where=where) / count
    squares = ((a - mean) ** 2).sum(axis=axis, keepdims=more.get("keepdims", False), where=where)
    return squares / (count.reshape(squares.shape) - ddof)


def plain_std(a: Any, *arguments: Any, **more: Any) -> Any:
    return plain_var(a, *arguments, **more) ** 0.5


AXES = (
    case(real(3, 4)),
    case(real(3, 4), axis=0),
    case(real(3, 4), axis=-1, keepdims=True),
    case(real(3, 4), 1),
    case(real(2, 3, 4), axis=(0, 2)),
    case(real(2, 3, 4), axis=(1, 2), keepdims=True),
    case(real(2, 3, 4), axis=(-1, 0, 1)),
    case(real(3, 4), axis=None, keepdims=True),
    case(real(3, 1), axis=1),
    case(real(1)),
    case(real()),
)
EMPTY = (case(real(0, 3), axis=0), case(real(0, 3), axis=1), case(real(0)))
WHERE = (
    case(real(3, 4), where=booleans(3, 4)),
    case(real(3, 4), axis=0, where=booleans(4)),
    case(real(3, 4), axis=1, where=booleans(3, 1)),
    case(real(3, 4), axis=1, keepdims=True, where=booleans(3, 4)),
)
SOME_WHERE = (
    case(real(3, 4), where=booleans(3, 4)),
    case(real(3, 4), axis=(0, 1), keepdims=True, where=booleans(4)),
)
INITIAL = (
    case(real(3, 4), initial=real()),
    case(real(3, 4), axis=1, initial=2.5),
    case(real(3, 4), axis=0, keepdims=True, initial=real(), where=booleans(3, 4)),
    case(real(0, 3), axis=0, initial=real()),
)
DDOF = (
    case(real(3, 4), axis=0, ddof=1),
    case(real(3, 4), ddof=1),
    case(real(4), correction=1),
    case(real(3, 4), axis=-1, keepdims=True, ddof=0.5),
    case(real(4), ddof=2),
)


def sum_weight(operands: Sequence[object]) -> int:
    return max(size_of(operands[0]) - 1, 0)


RECORDS: tuple[Record, ...] = (
    array_function(
        "np.sum",
        takes=signature(
            "a",
            axis=None,
            dtype=DTYPE,
            out=OUT,
            keepdims=False,
            initial=OPTIONAL,
            where=OPTIONAL,
        ),
        dims=where_fits,
        rule=custom(jvp=sum_jvp, vjp=sum_vjp),
        weight=sum_weight,
        methods=("sum",),
        cases=(*AXES, *EMPTY, *WHERE, *INITIAL),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.mean",
        takes=signature("a", axis=None, dtype=DTYPE, out=OUT, keepdims=False, where=OPTIONAL),
        dims=where_fits,
        rule=custom(jvp=mean_jvp, vjp=mean_vjp),
        weight=per_element(1),
        methods=("mean",),
        cases=(*AXES, case(real(0, 3), axis=1), *SOME_WHERE),
        oracle=COMPLEX_STEP,
    ),
    *(
        array_function(
            f"np.{name}",
            takes=signature(
                "a",
                axis=None,
                dtype=DTYPE,
                out=OUT,
                ddof=0,
                keepdims=False,
                where=OPTIONAL,
                mean=Refused("leave it out: it is computed"),
                correction=OfFunction(None),
            ),
            dims=where_fits,
            rule=custom(jvp=jvp, vjp=vjp),
            weight=per_element(4),
            methods=(name,),
            cases=(*(each for each in AXES if each.arguments[0] not in few), *DDOF, *SOME_WHERE),
            oracle=restated(restatement),
        )
        for name, jvp, vjp, restatement, few in (
            ("var", var_jvp, var_vjp, plain_var, ()),
            # The root has no derivative where all elements are equal.
            ("std", std_jvp, std_vjp, plain_std, (real(1), real(), real(3, 1))),
        )
    ),
    array_function(
        "np.prod",
        takes=signature(
            "a",
            axis=None,
            dtype=DTYPE,
            out=OUT,
            keepdims=False,
            initial=OPTIONAL,
            where=OPTIONAL,
        ),
        dims=where_fits,
        rule=custom(jvp=prod_jvp, vjp=prod_vjp),
        weight=sum_weight,
        methods=("prod",),
        cases=(*AXES, *EMPTY, *WHERE, *INITIAL, case(real(2, 3, 4), axis=(2, 0))),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.average",
        takes=signature(
            "a",
            axis=None,
            weights=OPTIONAL,
            returned=Refused("compute np.sum(weights) yourself"),
            keepdims=False,
        ),
        dims=average_dims,
        rule=custom(jvp=average_jvp, vjp=average_vjp),
        weight=average_weight,
        cases=(
            case(real(3, 4)),
            case(real(3, 4), axis=0, keepdims=True),
            case(real(2, 3, 4), 1),
            case(real(4), weights=real(4)),
            case(real(3, 4), weights=real(3, 4)),
            case(real(3, 4), axis=0, weights=real(3)),
            case(real(3, 4), axis=-1, weights=real(4)),
            case(real(2, 3, 4), axis=1, weights=real(3), keepdims=True),
            case(real(3, 4), axis=1, weights=real(3, 4)),
            case(real(1), weights=real(1)),
        ),
        oracle=COMPLEX_STEP,
    ),
)
