"""Functions that join arrays: concatenate, stack and their kind.

All of them lay out each operand in as many dimensions as the result has, some of them new (of size
1), and put the operands one behind the other along one dimension. A layout says, for each dimension
of the result, which of the operand's it is; None for a new one. The operands may also be one list
of varying length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import Effect, OperandError
from autodiff_compiler.ir.types import (
    KIND_OF_DTYPE,
    ONE,
    SOME,
    ArrayType,
    Dim,
    SequenceType,
    Type,
    dim_of,
    lengthened,
)
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import Attributes, Dims, array_or_number, axis_of, dtypes_of
from autodiff_compiler.ops.building import (
    Arrays,
    Contributions,
    Traced,
    linear,
    may_vary,
    wants_cotangent,
)
from autodiff_compiler.ops.calling import HOLE, Refused, signature
from autodiff_compiler.ops.cases import COMPLEX_STEP, NUMBER, Case, case, real
from autodiff_compiler.ops.record import Custom, Record
from autodiff_compiler.ops.shaping import size_of_all
from autodiff_compiler.ops.sizes import Size, number_of, size_along, total_size
from autodiff_compiler.ops.subscripts import Slice
from autodiff_compiler.ops.weights import FREE

OUT = Refused("assign the result instead")
CASTING = Refused("use astype")

Layout = tuple[int | None, ...]


@dataclass(frozen=True)
class Joint:
    """How a function joins: the layout of an operand by its rank, and the result's dimension
    along which the operands follow one another. `axis` None: all are flattened first."""

    layout: Callable[[int, Attributes], Layout]
    axis: Callable[[int, Attributes], int | None]

    def laid_out(self, rank: int, attributes: Attributes) -> tuple[Layout, int | None]:
        """The layout of an operand, and the dimension in it along which it is joined."""
        axis = self.axis(rank, attributes)
        if axis is None:
            return (None,), None
        layout = self.layout(rank, attributes)
        return layout, axis_of(axis, len(layout))


# The dtype of joined operands.


def joined_dtype(types: Sequence[Type], attributes: Attributes) -> str:
    """The dtype of an array of all operands: Python's numbers count as NumPy's do here."""
    asked = attributes.get("dtype")
    if asked is not None:
        found = frozenset({str(asked)})
    elif not types:
        found = frozenset({"float64"})
    else:
        found, *others = map(dtypes_of, types)
        for other in others:
            found = frozenset(np.promote_types(a, b).name for a in found for b in other)
    if len(found) > 1:
        raise OperandError(f"gives {' or '.join(sorted(found))}, depending on a number's type")
    (dtype,) = found
    if dtype not in KIND_OF_DTYPE:
        raise OperandError(f"gives {dtype}, which has no type here")
    return dtype


# Dimensions.


def nested_dims(found: Type) -> Dims:
    """The dimensions of an operand as an array; those of a list first."""
    if isinstance(found, SequenceType):
        return (SOME, *nested_dims(found.element))
    return array_or_number(found)


def alike(dims: Sequence[Dim]) -> Dim:
    """A dimension that all operands have in common."""
    best = max(dims, key=lambda dim: 2 if number_of(dim) is not None else int(dim.size is not None))
    known = {number_of(dim) for dim in dims} - {None}
    if len(known) > 1:
        sizes = " and ".join(str(size) for size in sorted(known))  # type: ignore[type-var]
        raise OperandError(f"sizes {sizes} should be the same in all operands")
    one = next((dim.one for dim in dims if dim.one is not None), None)
    return best if best.one is not None or one is None else Dim(best.size, best.less, one)


def total(dims: Sequence[Dim]) -> Dim:
    """The dimension along which operands follow one another."""
    known = sum(number_of(dim) or 0 for dim in dims)
    open_ones = [dim for dim in dims if number_of(dim) is None]
    if not open_ones:
        return dim_of(known)
    if len(open_ones) == 1:
        return lengthened(open_ones[0], known)
    # Each of the others may be 0, so with a single known element there may be one in all.
    many = known > 1 or (known == 0 and all(dim.one is False for dim in open_ones))
    return Dim(one=False) if many else SOME


def joined_type(joint: Joint) -> Callable[[Sequence[Type], Attributes], Type]:
    def infer(types: Sequence[Type], attributes: Attributes) -> Type:
        if not types:
            raise OperandError("need at least one array to join")
        several = isinstance(types[0], SequenceType)
        if several and len(types) > 1:
            raise OperandError("expected arrays, or one list of them")
        elements = [types[0].element] if isinstance(types[0], SequenceType) else types
        if any(isinstance(found, SequenceType) for found in elements):
            raise OperandError("expected a list of arrays or numbers, got a list of lists")
        dims = [array_or_number(found) for found in elements]
        dtype = joined_dtype(types, attributes)
        laid = [joint.laid_out(len(each), attributes) for each in dims]
        if len({(len(layout), axis) for layout, axis in laid}) > 1:
            raise OperandError("all operands must have the same number of dimensions")
        if laid[0][1] is None:
            if several:
                raise OperandError("a list of arrays is joined along an axis: name it")
            return ArrayType(dtype, (total([size_of_all(each) for each in dims]),))
        axis = laid[0][1]
        rows = [
            tuple(ONE if place is None else each[place] for place in layout)
            for each, (layout, _) in zip(dims, laid, strict=True)
        ]
        columns = list(zip(*rows, strict=True))
        found = [total(each) if k == axis else alike(each) for k, each in enumerate(columns)]
        if several:
            found[axis] = SOME
        return ArrayType(dtype, tuple(found))

    return infer


def of_list_raises(types: Sequence[Type]) -> Effect:
    """A list of varying length may turn out to be empty."""
    return Effect.RAISES if isinstance(types[0], SequenceType) else Effect.PURE


# Derivatives.


def joined_vjp(joint: Joint, *names: str) -> Callable[[Arrays, Traced, Any], Contributions]:
    """Each operand gets its part of the cotangent."""

    def vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
        if names == ("arrays",) or names == ("tup",):
            operands = getattr(c, names[0])
        else:
            operands = [getattr(c, name) for name in names]
        attributes = c.op.attributes
        if len(operands) == 1 and isinstance(operands[0].type, SequenceType):
            return {names[0]: [_list_of_parts(m, ct, operands[0], joint, attributes)]}
        found = _parts(m, ct, operands, joint, attributes)
        if len(names) == 1:
            return {names[0]: found}
        return dict(zip(names, found, strict=True))

    return vjp


def _parts(
    m: Arrays, ct: Traced, operands: Sequence[Traced], joint: Joint, attributes: Attributes
) -> list[Traced | None]:
    laid = [joint.laid_out(each.rank, attributes) for each in operands]
    lengths = [
        _length(m, each, layout, axis) for each, (layout, axis) in zip(operands, laid, strict=True)
    ]
    found: list[Traced | None] = []
    start: Size = 0
    for place, (operand, (layout, axis)) in enumerate(zip(operands, laid, strict=True)):
        stop = start + lengths[place] if place else lengths[place]
        after = lengths[place + 1 :]
        if wants_cotangent(operand):
            numbers = [each for each in after if isinstance(each, int)]
            behind = sum(numbers) if len(numbers) == len(after) else None
            bounds = _Bounds(start, stop, lengths[place], behind)
            found.append(_part(m, ct, operand, layout, axis, bounds))
        else:
            found.append(None)
        start = stop
    return found


def _length(m: Arrays, a: Traced, layout: Layout, axis: int | None) -> Size:
    if axis is None:
        return total_size(m, a)
    own = layout[axis]
    return 1 if own is None else size_along(m, a, own)


@dataclass(frozen=True)
class _Bounds:
    """Where an operand stands along the dimension of joining. `behind` counts what follows."""

    start: Size
    stop: Size
    length: Size
    behind: int | None

    def first(self) -> Size:
        """The start, counted from the end where that makes it a number."""
        if type(self.start) is not int and self.behind is not None and type(self.length) is int:
            return -(self.behind + self.length) or self.start
        return self.start

    def slice(self, fillers: list[Traced]) -> Slice:
        """The elements of the operand; sizes known at run time only are appended to `fillers`."""
        start, stop = self.first(), self.stop
        end: Size | None = stop
        if self.behind == 0:
            end = None
        elif type(stop) is not int and self.behind:
            end = -self.behind
        parts: list[object] = []
        for part in (None if type(start) is int and start == 0 else start, end):
            if isinstance(part, Traced):
                fillers.append(part)
                part = HOLE  # type: ignore[assignment]
            parts.append(part)
        return Slice(*parts)


def _part(
    m: Arrays, ct: Traced, operand: Traced, layout: Layout, axis: int | None, bounds: _Bounds
) -> Traced:
    fillers: list[Traced] = []
    index: list[object] = []
    flattened = axis is None
    inserted = operand.rank == 0 if axis is None else layout[axis] is None
    for place, own in enumerate(layout):
        if flattened or place == axis:
            if not inserted:
                index.append(bounds.slice(fillers))
                continue
            first = bounds.first()
            index.append(HOLE if isinstance(first, Traced) else first)
            fillers += [first] if isinstance(first, Traced) else []
        else:
            index.append(0 if own is None else Slice())
    while index and index[-1] == Slice():
        index.pop()
    dims = operand.type.dims if isinstance(operand.type, ArrayType) else ()
    known = {"dims": dims} if dims and not flattened else {}
    part = m.op("get", ct, *fillers, index=tuple(index), **known) if index else ct
    if flattened and operand.rank > 1:
        return m.op("reshape_like", part, operand)
    return part


def _list_of_parts(
    m: Arrays, ct: Traced, xs: Traced, joint: Joint, attributes: Attributes
) -> Traced | None:
    """The cotangent of a list: the rows of the result's, or the parts it was joined from."""
    assert isinstance(xs.type, SequenceType)
    element = xs.type.element
    if not may_vary(element):
        return None
    layout, axis = joint.laid_out(element.rank if isinstance(element, ArrayType) else 0, attributes)
    assert axis is not None  # which its type says
    return parts_of_list(m, ct, xs, layout, axis)


def parts_of_list(m: Arrays, ct: Traced, xs: Traced, layout: Layout, axis: int) -> Traced:
    if layout[axis] is not None:
        return m.op("split_like", ct, xs, **({"axis": axis} if axis else {}))
    new = [place for place, own in enumerate(layout) if own is None and place != axis]
    if new:  # of size 1
        index = tuple(0 if place in new else Slice() for place in range(new[-1] + 1))
        ct = m.op("get", ct, index=index)
        axis -= sum(place < axis for place in new)
    if axis:
        ct = ct.T if ct.rank == 2 else m("np.moveaxis", ct, axis, 0)
    return m.op("rows", ct)


def joined_rule(joint: Joint, *names: str) -> Custom:
    return linear(joined_vjp(joint, *names))


# The joints.


def _same(rank: int, attributes: Attributes) -> Layout:
    if rank == 0:
        raise OperandError("zero-dimensional arrays cannot be concatenated")
    return tuple(range(rank))


def _at_axis(default: int | None) -> Callable[[int, Attributes], int | None]:
    def axis(rank: int, attributes: Attributes) -> int | None:
        found = attributes.get("axis", default)
        if found is not None and type(found) is not int:
            raise OperandError(f"expected an int as axis, got {found!r}")
        return found

    return axis


def _stacked(rank: int, attributes: Attributes) -> Layout:
    axis = axis_of(attributes.get("axis", 0), rank + 1)
    return (*range(axis), None, *range(axis, rank))


def _rows(rank: int, attributes: Attributes) -> Layout:
    return (None,) * (2 - rank) + tuple(range(rank))


def _columns(rank: int, attributes: Attributes) -> Layout:
    return tuple(range(rank)) + (None,) * (2 - rank)


def _deep(rank: int, attributes: Attributes) -> Layout:
    return (
        ((None, None, None), (None, 0, None), (0, 1, None))[rank]
        if rank < 3
        else tuple(range(rank))
    )


CONCATENATE = Joint(_same, _at_axis(0))
APPEND = Joint(_same, _at_axis(None))
STACK = Joint(_stacked, _at_axis(0))
HSTACK = Joint(
    lambda rank, attributes: tuple(range(rank)) or (None,),
    lambda rank, attributes: 0 if rank <= 1 else 1,
)
VSTACK = Joint(_rows, lambda rank, attributes: 0)
COLUMN_STACK = Joint(_columns, lambda rank, attributes: 1)
DSTACK = Joint(_deep, lambda rank, attributes: 2)


def _joining(name: str, joint: Joint, *, takes: Any, names: Sequence[str], cases: Any) -> Record:
    def evaluate(*operands: Any, **attributes: Any) -> object:
        return getattr(np, name.removeprefix("np."))(*operands, **attributes)

    return array_function(
        name,
        takes=takes,
        infer=joined_type(joint),
        evaluate=evaluate,
        effect=of_list_raises,
        rule=joined_rule(joint, *names),
        weight=FREE,
        cases=cases,
        oracle=COMPLEX_STEP,
    )


_DTYPES = {"dtype": None, "casting": CASTING}
_PAIRS: tuple[Case, ...] = (
    case((real(3), real(3))),
    case((real(2, 3), real(2, 3))),
    case((real(0), real(0))),
    case((real(1), real(1))),
    case((real(2, 3, 4), real(2, 3, 4))),
    case((real(3),)),
)

RECORDS: tuple[Record, ...] = (
    _joining(
        "np.concatenate",
        CONCATENATE,
        takes=signature("*arrays", axis=0, out=OUT, **_DTYPES),
        names=("arrays",),
        cases=(
            *_PAIRS,
            case((real(3), real(2), real(4))),
            case((real(3, 2), real(1, 2)), axis=0),
            case((real(2, 3), real(2, 1), real(2, 2)), axis=-1),
            case((real(2, 3), real(2, 1)), 1),
            case((real(2, 3), real(4), real()), axis=None),
            case((real(0, 2), real(3, 2))),
            case((real(3), real(2)), dtype="float64"),
        ),
    ),
    _joining(
        "np.append",
        APPEND,
        takes=signature("arr", "values", axis=None),
        names=("arr", "values"),
        cases=(
            case(real(3), real(2)),
            case(real(3), NUMBER),
            case(NUMBER, real(3)),
            case(real(2, 3), real(3)),
            case(real(2, 3), real(1, 3), axis=0),
            case(real(2, 3), real(2, 2), axis=-1),
            case(real(0), NUMBER),
        ),
    ),
    _joining(
        "np.stack",
        STACK,
        takes=signature("*arrays", axis=0, out=OUT, **_DTYPES),
        names=("arrays",),
        cases=(
            *_PAIRS,
            case((real(3), real(3)), axis=1),
            case((real(3), real(3)), dtype="float64"),
            case((real(2, 3), real(2, 3)), axis=-1),
            case((real(2, 3), real(2, 3)), 1),
            case((NUMBER, NUMBER, real())),
        ),
    ),
    _joining(
        "np.hstack",
        HSTACK,
        takes=signature("*tup", **_DTYPES),
        names=("tup",),
        cases=(
            *_PAIRS,
            case((real(3), real(1)), dtype="float64"),
            case((real(3), NUMBER)),
            case((NUMBER, real(3), real())),
            case((real(2, 3), real(2, 1))),
        ),
    ),
    _joining(
        "np.vstack",
        VSTACK,
        takes=signature("*tup", **_DTYPES),
        names=("tup",),
        cases=(
            *_PAIRS,
            case((real(3), real(2, 3))),
            case((real(3), real(3)), dtype="float64"),
            case((real(2, 3), real(3), real(1, 3))),
            case((NUMBER, real())),
        ),
    ),
    _joining(
        "np.column_stack",
        COLUMN_STACK,
        takes=signature("*tup"),
        names=("tup",),
        cases=(
            *_PAIRS,
            case((real(3), real(3, 2))),
            case((real(3, 2), real(3), real(3, 1))),
            case((NUMBER, real())),
        ),
    ),
    _joining(
        "np.dstack",
        DSTACK,
        takes=signature("*tup"),
        names=("tup",),
        cases=(
            *_PAIRS,
            case((real(2, 3), real(2, 3, 2))),
            case((NUMBER, real(1))),
        ),
    ),
)
