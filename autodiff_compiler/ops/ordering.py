"""Orderings, and reading elements at places that are given as arrays of whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import NP_INT, ArrayType, ScalarType, Type, broadcast
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import (
    Attributes,
    Dims,
    array,
    array_or_number,
    axis_of,
)
from autodiff_compiler.ops.building import Arrays, Contributions, Tangents, Traced, custom, linear
from autodiff_compiler.ops.calling import HOLE, OPTIONAL, Refused, signature
from autodiff_compiler.ops.cases import (
    COMPLEX_STEP,
    NO_DERIVATIVE,
    NUMBER,
    Case,
    case,
    distinct,
    integers,
    real,
    restated,
)
from autodiff_compiler.ops.extremes import PLACES
from autodiff_compiler.ops.kinds import integer, raises
from autodiff_compiler.ops.products_of_others import helping
from autodiff_compiler.ops.record import AddAt, Helper, Record, Zero
from autodiff_compiler.ops.reductions import OUT
from autodiff_compiler.ops.registry import OPS
from autodiff_compiler.ops.scans import flattened, in_a_row
from autodiff_compiler.ops.subscripts import Slice
from autodiff_compiler.ops.weights import FREE, per_element, size_of

# Sorting.


def sorted_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    axis = attributes.get("axis", -1)
    return flattened(operands[0]) if axis is None else operands[0]


def _order(m: Arrays, c: Any) -> Traced:
    """The places that the elements come from; equal ones keep their order on any machine."""
    axis = -1 if c.a.rank == 1 else c.axis
    return m("np.argsort", c.a, axis=axis, kind="stable")


def sort_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    assert dots.a is not None
    if c.axis is None or c.a.rank == 1:
        return m.op("get", in_a_row(m, dots.a), _order(m, c), index=(HOLE,))
    return m("np.take_along_axis", dots.a, _order(m, c), c.axis)


def sort_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    order = _order(m, c)
    if c.axis is None or c.a.rank == 1:
        x_bar = m.op("set", m("np.zeros_like", ct), order, ct, index=(HOLE,))
        return {"a": x_bar if c.a.rank == 1 else m.op("reshape_like", x_bar, c.a)}
    back = m("np.argsort", order, axis=c.axis)
    return {"a": m("np.take_along_axis", ct, back, c.axis)}


def plain_sort(a: Any, axis: Any = -1, **more: Any) -> Any:
    if axis is None:
        a, axis = np.reshape(a, -1), 0
    return np.take_along_axis(a, np.argsort(np.real(a), axis=axis), axis) if np.size(a) else a


def sorting_weight(operands: Sequence[object]) -> int:
    """A comparison for each element and each halving of their number."""
    n = size_of(operands[0])
    return n * max(n - 1, 0).bit_length()


# take


def whole_numbers(found: Type) -> Dims:
    """The dimensions of places: of an array of whole numbers, or of one number."""
    match found:
        case ArrayType(dtype, dims) if not found.is_float and dtype != "bool":
            return dims
        case ScalarType():
            integer(found)
            return ()
    raise OperandError(f"expected whole numbers as indices, got {found}")


def take_type(types: Sequence[Type], attributes: Attributes) -> Type:
    a, places = array(types[0]), whole_numbers(types[1])
    axis = attributes.get("axis")
    if a.rank == 0:
        raise OperandError("take: expected an array with dimensions")
    if axis is None:
        dims = places
    else:
        place = axis_of(axis, a.rank)
        dims = (*a.dims[:place], *places, *a.dims[place + 1 :])
    return ArrayType(a.dtype, dims) if dims else a.element


def take_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    places = (c.indices.operand,)
    if c.axis is not None or c.a.rank == 1:
        axis = 0 if c.axis is None else axis_of(c.axis, c.a.rank)
        index = (*[Slice()] * axis, HOLE)
        return {"a": AddAt(OPS["add_at"], places, ct.operand, {"index": index})}
    row = m("np.zeros_like", m("np.reshape", c.a, -1))
    total = m.op("add_at", row, c.indices, ct, index=(HOLE,))
    return {"a": m.op("reshape_like", total, c.a)}


# take_along_axis

ADD_ALONG_AXIS = Helper(
    "add_along_axis",
    '''\
def add_along_axis(values, indices, like, axis):
    """Zeros of the shape of `like`, with values added at indices along an axis."""
    total = np.zeros_like(like, dtype=values.dtype)
    places = [
        0 if n == 1 else place
        for n, place in zip(like.shape, np.indices(values.shape, sparse=True))
    ]
    places[axis] = indices
    np.add.at(total, tuple(places), values)
    return total
''',
)


def along_axis_type(types: Sequence[Type], attributes: Attributes) -> Type:
    a, indices = map(array, types)
    if whole_numbers(indices) and a.rank != indices.rank:
        raise OperandError("take_along_axis: the array and the indices have as many dimensions")
    axis = attributes["axis"]
    if axis is None:
        raise OperandError("take_along_axis: reshape to a vector rather than axis=None")
    place = axis_of(axis, a.rank)
    others = (*a.dims[:place], indices.dims[place], *a.dims[place + 1 :])
    dims = broadcast(others, indices.dims)
    if dims is None:
        raise OperandError("take_along_axis: shapes that can't be broadcast together")
    return ArrayType(a.dtype, dims)


def add_along_axis_type(types: Sequence[Type], attributes: Attributes) -> Type:
    return ArrayType(array(types[0]).dtype, array(types[2]).dims)


def along_axis_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    if c.arr.rank == 1:
        places = (c.indices.operand,)
        return {"arr": AddAt(OPS["add_at"], places, ct.operand, {"index": (HOLE,)})}
    return {"arr": m("add_along_axis", ct, c.indices, c.arr, c.axis)}


# searchsorted


def searched_type(types: Sequence[Type], attributes: Attributes) -> Type:
    """A place for each number that is looked for."""
    if array(types[0]).rank != 1:
        raise OperandError("searchsorted: expected a vector to search")
    for places in types[2:]:
        whole_numbers(array(places))
    if attributes.get("side", "left") not in ("left", "right"):
        raise OperandError('searchsorted: side is "left" or "right"')
    dims = array_or_number(types[1])
    return ArrayType("int64", dims) if dims else NP_INT


FIELDS = Refused("there are no fields here")
STABLE = Refused('write kind="stable"')

RECORDS: tuple[Record, ...] = (
    array_function(
        "np.sort",
        takes=signature("a", axis=-1, kind=None, order=FIELDS, stable=STABLE),
        dims=sorted_dims,
        rule=custom(jvp=sort_jvp, vjp=sort_vjp),
        weight=sorting_weight,
        cases=(
            case(distinct(5)),
            case(distinct(3, 4)),
            case(distinct(3, 4), 0),
            case(distinct(3, 4), axis=None),
            case(distinct(2, 3, 4), axis=1, kind="stable"),
            case(distinct(5), kind="heapsort"),
            case(distinct(1)),
            case(distinct(0)),
            case(distinct(0, 3)),
            case(distinct(3, 0), axis=0),
        ),
        oracle=restated(plain_sort),
    ),
    array_function(
        "np.argsort",
        takes=signature("a", axis=-1, kind=None, order=FIELDS, stable=STABLE),
        dims=sorted_dims,
        rule=Zero(PLACES),
        weight=sorting_weight,
        methods=("argsort",),
        cases=(
            case(distinct(5)),
            case(distinct(3, 4), axis=0),
            case(distinct(3, 4), axis=None),
            case(distinct(3, 4), kind="stable"),
            case(distinct(0)),
            case(distinct(1)),
        ),
        oracle=NO_DERIVATIVE,
    ),
    array_function(
        "np.searchsorted",
        takes=signature("a", "v", side="left", sorter=OPTIONAL),
        infer=searched_type,
        rule=Zero(PLACES),
        weight=lambda operands: size_of(operands[1]) * size_of(operands[0]).bit_length(),
        methods=("searchsorted",),
        cases=(
            case(distinct(5), real(3)),
            case(distinct(5), real(2, 3), side="right"),
            case(distinct(5), NUMBER),
            case(distinct(5), real(3), sorter=integers(5, 5)),
            case(distinct(1), real(0)),
        ),
        oracle=NO_DERIVATIVE,
    ),
    array_function(
        "np.take",
        takes=signature(
            "a", "indices", axis=None, out=OUT, mode=Refused("put the indices in bounds first")
        ),
        infer=take_type,
        effect=raises,
        rule=linear(take_vjp, "a"),
        weight=FREE,
        methods=("take",),
        cases=(
            case(real(5), integers(5, 3)),
            case(real(5), integers(5)),
            case(real(5), 2),
            case(real(5), -1),
            case(real(3, 4), integers(12, 2, 2)),
            case(real(3, 4), integers(3, 5), axis=0),
            case(real(3, 4), integers(4, 2, 3), axis=-1),
            case(real(2, 3, 4), integers(3, 2), axis=1),
            case(real(3, 4), 1, axis=0),
            case(real(1), integers(1, 4)),
            case(real(3, 4), integers(3, 0), axis=0),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.take_along_axis",
        takes=signature("arr", "indices", ":axis"),
        infer=along_axis_type,
        effect=raises,
        rule=linear(along_axis_vjp, "arr"),
        weight=FREE,
        cases=(
            case(real(5), integers(5, 3), 0),
            case(real(3, 4), integers(3, 2, 4), 0),
            case(real(3, 4), integers(4, 3, 6), -1),
            case(real(3, 4), integers(4, 1, 2), 1),
            case(real(1, 4), integers(4, 3, 2), 1),
            case(real(2, 3, 4), integers(3, 2, 5, 4), axis=1),
            case(real(3, 4), integers(4, 3, 0), axis=1),
        ),
        oracle=COMPLEX_STEP,
    ),
    helping(
        ADD_ALONG_AXIS,
        signature("values", "indices", "like", ":axis"),
        add_along_axis_type,
        custom(
            jvp=lambda m, dots, c: (
                None
                if dots.values is None
                else m("add_along_axis", dots.values, c.indices, c.like, c.axis)
            ),
            vjp=lambda m, ct, c: {"values": m("np.take_along_axis", ct, c.indices, c.axis)},
        ),
        per_element(1),
        # Values have the shape that take_along_axis gives.
        tuple(
            Case((values, indices, like, axis), resized=False)
            for values, indices, like, axis in (
                (real(3, 2), integers(4, 3, 2), real(3, 4), 1),
                (real(2, 4), integers(3, 2, 4), real(3, 4), 0),
                (real(3, 2), integers(4, 1, 2), real(3, 4), 1),
                (real(3, 2), integers(4, 3, 2), real(1, 4), -1),
                (real(2, 5, 4), integers(3, 2, 5, 4), real(2, 3, 4), 1),
                (real(3, 0), integers(4, 3, 0), real(3, 4), 1),
                (real(1, 1), integers(1, 1, 1), real(1, 1), 0),
            )
        ),
    ),
)
