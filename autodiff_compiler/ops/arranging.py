"""Operations that put the elements of an array in other places: flip, roll, tile, repeat, pad."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import SOME, ArrayType, Dim, Type, dim_of, lengthened
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import (
    Attributes,
    Dims,
    array_or_number,
    axes_of,
    axis_of,
    first_dims,
)
from autodiff_compiler.ops.building import Arrays, Contributions, Traced, custom, linear
from autodiff_compiler.ops.calling import HOLE, Refused, signature
from autodiff_compiler.ops.cases import COMPLEX_STEP, NUMBER, case, real
from autodiff_compiler.ops.record import AddAt, Record
from autodiff_compiler.ops.registry import OPS
from autodiff_compiler.ops.shaping import dtype_of_operand, size_of_all, whole_numbers
from autodiff_compiler.ops.sizes import Size, number_of, size_along, sizes, total_size
from autodiff_compiler.ops.subscripts import Slice
from autodiff_compiler.ops.weights import FREE

# flip, rot90, roll


def flip_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    axes_of(attributes.get("axis"), len(operands[0]))
    return operands[0]


def turned_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    dims = list(operands[0])
    axes = axes_of(attributes.get("axes", (0, 1)), len(dims))
    k = attributes.get("k", 1)
    if len(axes) != 2 or type(k) is not int:
        raise OperandError("rot90: expected two axes, and a number of turns")
    if k % 2:
        a, b = axes
        dims[a], dims[b] = dims[b], dims[a]
    return tuple(dims)


def _negated(shift: Any) -> Any:
    return tuple(-each for each in shift) if isinstance(shift, tuple) else -shift


def roll_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    back = _negated(c.shift)
    return {"a": m("np.roll", ct, back) if c.axis is None else m("np.roll", ct, back, axis=c.axis)}


def roll_type(types: Sequence[Type], attributes: Attributes) -> Type:
    dims = array_or_number(types[0])
    whole_numbers(types[1:], attributes["shift"], "roll")
    axis = attributes.get("axis")
    for each_axis in axis if isinstance(axis, tuple) else () if axis is None else (axis,):
        axis_of(each_axis, len(dims))
    return ArrayType(dtype_of_operand(types[0]), dims)


# tile


def _reps(reps: Any) -> tuple[Any, ...]:
    return reps if isinstance(reps, tuple) else (reps,)


def _times(dim: Dim, count: object) -> Dim:
    """A dimension of which there are so many copies in a row."""
    if type(count) is not int:
        return SOME
    known = number_of(dim)
    if count == 1:
        return dim
    if count == 0:
        return dim_of(0)
    if known is not None:
        return dim_of(known * count)
    return Dim(one=False)  # n times something is 1 for n = 1 only


def tile_type(types: Sequence[Type], attributes: Attributes) -> Type:
    dims, reps = array_or_number(types[0]), _reps(attributes["reps"])
    whole_numbers(types[1:], reps, "tile")
    rank = max(len(dims), len(reps))
    dims = (dim_of(1),) * (rank - len(dims)) + dims
    reps = (1,) * (rank - len(reps)) + reps
    return ArrayType(dtype_of_operand(types[0]), tuple(map(_times, dims, reps)))


def tile_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """The copies side by side, in a dimension of their own, and summed over it."""
    a, reps = c.A, _reps(c.reps)
    reps = (1,) * (ct.rank - len(reps)) + reps
    new = ct.rank - a.rank
    shape: list[Size] = []
    copies: list[int] = []
    for place, count in enumerate(reps):
        if place < new or number_of(a.type.dims[place - new]) == 1:
            shape.append(count)  # summed over by whoever takes it, as what was broadcast
            continue
        if not (type(count) is int and count == 1):
            copies.append(len(shape))
            shape.append(count)
        shape.append(size_along(m, a, place - new))
    if not copies:
        return {"A": ct}
    apart = m("np.reshape", ct, tuple(shape), method="reshape")
    return {"A": m("np.sum", apart, axis=tuple(copies) if len(copies) > 1 else copies[0])}


# repeat


def repeat_type(types: Sequence[Type], attributes: Attributes) -> Type:
    dims, repeats = list(array_or_number(types[0])), attributes["repeats"]
    for each in types[1:]:
        if isinstance(each, ArrayType):
            raise OperandError("repeat: expected an int, or ints known at compile time")
    whole_numbers(types[1:], repeats, "repeat")
    axis = attributes.get("axis")
    if axis is None:
        dims, axis = [size_of_all(tuple(dims))], 0
    place = axis_of(axis, len(dims))
    if isinstance(repeats, tuple) and len(repeats) > 1:
        known = all(type(each) is int for each in repeats)
        dims[place] = dim_of(sum(repeats)) if known else SOME
    else:
        dims[place] = _times(dims[place], _reps(repeats)[0])
    return ArrayType(dtype_of_operand(types[0]), tuple(dims))


def repeat_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """Sums of neighbours where all are repeated alike, else added where they came from."""
    a, repeats = c.a, c.repeats
    if isinstance(repeats, tuple) and len(repeats) == 1:
        (repeats,) = repeats
    if c.axis is None and a.rank == 0:
        return {"a": ct}
    axis = axis_of(c.axis, a.rank) if c.axis is not None else None
    if not isinstance(repeats, tuple):
        shape = sizes(m, a)
        place = a.rank if axis is None else axis + 1
        apart = m("np.reshape", ct, (*shape[:place], repeats, *shape[place:]), method="reshape")
        return {"a": m("np.sum", apart, axis=place)}
    count = total_size(m, a) if axis is None else size_along(m, a, axis)
    sources = m("np.repeat", m("np.arange", count), repeats)
    index = (*([Slice()] * (axis or 0)), HOLE)
    if axis is None and a.rank > 1:
        flat = m.op("add_at", m("np.zeros", count), sources, ct, index=index)
        return {"a": m.op("reshape_like", flat, a)}
    return {"a": AddAt(OPS["add_at"], (sources.operand,), ct.operand, {"index": index})}


# pad

_GATHERING = ("edge", "reflect", "symmetric", "wrap")


def _widths(pad_width: Any, rank: int) -> list[tuple[int, int]]:
    """How many elements are put before and after, for each dimension."""
    try:
        found = np.broadcast_to(np.asarray(pad_width), (rank, 2))
    except ValueError as error:
        raise OperandError(f"pad: {error}") from None
    if found.dtype.kind not in "iu" or (found < 0).any():
        raise OperandError("pad: expected numbers of elements to add, none negative")
    return [(int(before), int(after)) for before, after in found]


def pad_type(types: Sequence[Type], attributes: Attributes) -> Type:
    dims = array_or_number(types[0])
    mode = attributes.get("mode", "constant")
    if mode not in ("constant", *_GATHERING):
        modes = ", ".join(_GATHERING)
        raise OperandError(f"pad: mode {mode!r} is not supported: use constant, {modes}")
    widths = _widths(attributes["pad_width"], len(dims))
    longer = (
        lengthened(dim, before + after) for dim, (before, after) in zip(dims, widths, strict=True)
    )
    return ArrayType(dtype_of_operand(types[0]), tuple(longer))


def pad_jvp(m: Arrays, dots: Any, c: Any) -> Traced | None:
    """What constants are put around it has no tangent."""
    if dots.array is None:
        return None
    if c.mode == "constant":
        return m("np.pad", dots.array, c.pad_width)
    return m("np.pad", dots.array, c.pad_width, mode=c.mode)


def pad_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    a = c.array
    widths = _widths(c.pad_width, a.rank)
    if c.mode != "constant" and any(map(any, widths)):
        return {"array": _padded_from(m, ct, a, widths, c.mode)}
    index = [Slice(before or None, -after if after else None) for before, after in widths]
    while index and index[-1] == Slice():
        index.pop()
    if not index:
        return {"array": ct}
    return {"array": m.op("get", ct, index=tuple(index), dims=a.type.dims)}


def _padded_from(
    m: Arrays, ct: Traced, a: Traced, widths: Sequence[tuple[int, int]], mode: str
) -> AddAt:
    """The places of the elements, padded in the same way, say where each copy came from."""
    along = [axis for axis, width in enumerate(widths) if any(width)]
    alone = len(along) == 1
    index: list[object] = []
    sources: list[Traced] = []
    for axis, width in enumerate(widths):
        if alone and axis not in along:
            index.append(Slice())
            continue
        places = m("np.arange", size_along(m, a, axis))
        if any(width):
            places = m("np.pad", places, width, mode=mode)
        after = len(widths) - axis - 1
        if after and not alone:
            places = m("np.expand_dims", places, tuple(range(1, after + 1)) if after > 1 else 1)
        sources.append(places)
        index.append(HOLE)
    while index[-1] == Slice():
        index.pop()
    indices = tuple(each.operand for each in sources)
    return AddAt(OPS["add_at"], indices, ct.operand, {"index": tuple(index)})


PAD = signature(
    "array",
    ":pad_width",
    mode="constant",
    constant_values=0,
    stat_length=Refused(),
    end_values=Refused(),
    reflect_type=Refused(),
)


def pad(array: Any, pad_width: Any, mode: str = "constant", **more: Any) -> np.ndarray:
    return np.pad(array, pad_width, mode, **more)  # type: ignore[call-overload, no-any-return]


RECORDS: tuple[Record, ...] = (
    array_function(
        "np.flip",
        takes=signature("m", axis=None),
        dims=flip_dims,
        rule=linear(
            lambda m, ct, c: {
                "m": m("np.flip", ct) if c.axis is None else m("np.flip", ct, axis=c.axis)
            }
        ),
        weight=FREE,
        holds="view",
        cases=(
            case(real(3)),
            case(real(3, 4)),
            case(real(3, 4), axis=0),
            case(real(3, 4), -1),
            case(real(2, 3, 4), axis=(0, 2)),
            case(real(0, 3)),
            case(real(1)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.fliplr",
        takes=signature("m"),
        dims=first_dims,
        rule=linear(lambda m, ct, c: {"m": m("np.fliplr", ct)}),
        weight=FREE,
        holds="view",
        cases=(case(real(3, 4)), case(real(2, 3, 4)), case(real(2, 0))),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.flipud",
        takes=signature("m"),
        dims=first_dims,
        rule=linear(lambda m, ct, c: {"m": m("np.flipud", ct)}),
        weight=FREE,
        holds="view",
        cases=(case(real(3)), case(real(3, 4)), case(real(0, 2))),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.rot90",
        takes=signature("m", k=1, axes=(0, 1)),
        dims=turned_dims,
        rule=linear(lambda m, ct, c: {"m": m("np.rot90", ct, k=-c.k, axes=c.axes)}),
        weight=FREE,
        holds="view",
        cases=(
            case(real(3, 4)),
            case(real(3, 4), 2),
            case(real(3, 4), k=-1),
            case(real(2, 3, 4), k=3, axes=(1, 2)),
            case(real(3, 4), k=0),
            case(real(0, 2)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.roll",
        takes=signature("a", "#shift", axis=None),
        infer=roll_type,
        rule=linear(roll_vjp, "a"),
        weight=FREE,
        cases=(
            case(real(5), 2),
            case(real(5), -7),
            case(real(3, 4), 1),
            case(real(3, 4), 1, axis=0),
            case(real(3, 4), -1, axis=-1),
            case(real(3, 4), (1, 2), axis=(0, 1)),
            case(real(3, 4), 1, axis=(0, 1)),
            case(real(0), 1),
            case(real(1), 1),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.tile",
        takes=signature("A", "#reps"),
        infer=tile_type,
        rule=linear(tile_vjp, "A"),
        weight=FREE,
        cases=(
            case(real(3), 2),
            case(real(3), (2, 1)),
            case(real(3), (2, 3)),
            case(real(2, 3), 2),
            case(real(2, 3), (2, 2)),
            case(real(2, 3), (3, 1)),
            case(real(1, 3), (4, 1)),
            case(real(3, 1), (1, 4)),
            case(real(2, 3), (2, 1, 2)),
            case(real(3), 0),
            case(real(3), 1),
            case(real(0), 3),
            case(real(), 3),
            case(NUMBER, (2, 3)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.repeat",
        takes=signature("a", "#repeats", axis=None),
        infer=repeat_type,
        rule=linear(repeat_vjp, "a"),
        weight=FREE,
        methods=("repeat",),
        cases=(
            case(real(3), 2),
            case(real(3), (1, 0, 2)),
            case(real(3), (2,)),
            case(real(2, 3), 2),
            case(real(2, 3), 2, axis=0),
            case(real(2, 3), 2, axis=-1),
            case(real(2, 3), (1, 0, 2), axis=1),
            case(real(2, 3), (2, 1), axis=0),
            case(real(2, 2), (1, 0, 2, 1)),
            case(real(3), 0),
            case(real(0), 2),
            case(real(1), 3),
            case(NUMBER, 3),
            case(real(), 3),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.pad",
        takes=PAD,
        infer=pad_type,
        evaluate=pad,
        rule=custom(jvp=pad_jvp, vjp=pad_vjp),
        weight=FREE,
        cases=(
            case(real(3), 1),
            case(real(3), (1, 2)),
            case(real(3, 4), 1),
            case(real(3, 4), ((1, 0), (0, 2))),
            case(real(3, 4), ((0, 0), (1, 2))),
            case(real(3, 4), (1, 2), constant_values=1.5),
            case(real(3), 1, constant_values=(2.0, 3.0)),
            case(real(3), 0),
            case(real(3), 1, mode="edge"),
            case(real(4), (2, 3), mode="reflect"),
            case(real(3), 2, mode="symmetric"),
            case(real(3), 4, mode="wrap"),
            case(real(3, 4), ((1, 1), (0, 0)), mode="edge"),
            case(real(3, 4), ((0, 0), (2, 1)), mode="reflect"),
            case(real(3, 4), ((1, 1), (2, 0)), mode="wrap"),
            case(real(2, 3, 4), ((1, 0), (0, 0), (0, 2)), mode="edge"),
            case(real(0), 2),
            case(real(1), 2, mode="edge"),
        ),
        oracle=COMPLEX_STEP,
    ),
)
