"""Subscripts of arrays: reading, writing and adding to a part of one.

A subscript is the attribute `index`, a tuple with one entry per part between the commas: an int, a
`Slice`, `Mark.NEWAXIS`, `Mark.REST` (the ellipsis), or a hole. What fills a hole (an int computed
at run time, an array of ints, a mask) is an operand. `get`, `set` and `add_at` take the same
subscripts, so that each is the transpose of another. `unique` says that no place is meant
twice, `inside` that every place is in the array.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import (
    ONE,
    SOME,
    ArrayType,
    Dim,
    ScalarType,
    Type,
    broadcast,
    covers,
    dim_of,
    shortened,
)
from autodiff_compiler.ir.values import Op, Operand
from autodiff_compiler.ops.array_types import Attributes, Dims, array, array_or_number
from autodiff_compiler.ops.calling import HOLE, Mark, holes_in
from autodiff_compiler.ops.kinds import integer, raises
from autodiff_compiler.ops.record import (
    AddAt,
    Contribution,
    Custom,
    Record,
    Spelling,
)
from autodiff_compiler.ops.registry import OPS
from autodiff_compiler.ops.weights import FREE, arithmetic

Tangents = Sequence[Operand | None]


@dataclass(frozen=True)
class Slice:
    """`start:stop:step`; each part is an int, a hole, or None where it was left out."""

    start: object = None
    stop: object = None
    step: object = None

    @property
    def parts(self) -> tuple[object, object, object]:
        return self.start, self.stop, self.step


Index = tuple[object, ...]


def index_of(attributes: Attributes) -> Index:
    index = attributes["index"]
    assert isinstance(index, tuple)
    return index


def holes_of(index: Index) -> int:
    """How many operands a subscript takes."""
    return sum(holes_in(each.parts if isinstance(each, Slice) else each) for each in index)


def filled_index(index: Index, fillers: Sequence[object]) -> tuple[object, ...]:
    """The subscript as NumPy takes it."""
    waiting = iter(fillers)

    def part(value: object) -> object:
        return next(waiting) if value is HOLE else value

    found: list[object] = []
    for each in index:
        match each:
            case Slice():
                found.append(slice(*map(part, each.parts)))
            case Mark.NEWAXIS:
                found.append(None)
            case Mark.REST:
                found.append(...)
            case _:
                found.append(part(each))
    return tuple(found)


# Types.


@dataclass
class _Reading:
    """What a subscript does to the dimensions of an array."""

    dims: list[Dim]  # of the result, but for those that index arrays give
    advanced: list[Dims]  # of the index arrays; ints among them count as arrays without dimensions
    places: list[int]  # where in `dims` each of them stands
    has_mask: bool = False


def result_dims(dims: Dims, index: Index, fillers: Sequence[Type]) -> Dims:
    """The dimensions of `a[index]`. Raises OperandError where there are too many indices."""
    found, named, place = read_dims(dims, index, fillers)
    return (*found[:place], *named, *found[place:])


def read_dims(dims: Dims, index: Index, fillers: Sequence[Type]) -> tuple[Dims, Dims, int]:
    """The dimensions of `a[index]`: those that are left of the array, those that index arrays
    give, and where among the former they stand."""
    waiting = iter(fillers)
    taken = sum(_consumes(each, waiting) for each in index)
    if taken > len(dims):
        raise OperandError(
            f"too many indices: the array has {len(dims)} dimensions, and {taken} are indexed"
        )
    entries = list(index)
    if Mark.REST not in entries:
        entries.append(Mark.REST)
    left = len(dims) - taken
    rest, waiting = iter(dims), iter(fillers)
    found = _Reading([], [], [])
    apart = False
    for entry in entries:
        before = len(found.advanced)
        match entry:
            case Mark.REST:
                found.dims += [next(rest) for _ in range(left)]
            case Mark.NEWAXIS:
                found.dims.append(ONE)
            case Slice():
                parts = [next(waiting) if part is HOLE else part for part in entry.parts]
                found.dims.append(_sliced(next(rest), entry, parts))
            case Mark.HOLE:
                _filled(found, next(waiting), rest)
            case int():
                _in_bounds(next(rest), entry)
                found.advanced.append(())
                found.places.append(len(found.dims))
            case _:
                raise OperandError(f"cannot index with {entry!r}")
        if len(found.advanced) > before and before and found.places[-1] != found.places[before - 1]:
            apart = True
    return _assembled(found, apart)


def _consumes(entry: object, waiting: Iterator[Type]) -> int:
    """How many dimensions an entry of a subscript takes."""
    if isinstance(entry, Slice):
        for part in entry.parts:
            if part is HOLE:
                next(waiting)
        return 1
    if entry is HOLE:
        filler = next(waiting)
        is_mask = isinstance(filler, ArrayType) and filler.dtype == "bool"
        return filler.rank if is_mask and isinstance(filler, ArrayType) else 1
    return 0 if isinstance(entry, Mark) else 1


def _in_bounds(dim: Dim, place: int) -> None:
    if isinstance(dim.size, int) and not -dim.size <= place < dim.size:
        raise OperandError(f"index {place} is out of bounds for a dimension of size {dim.size}")


def _filled(found: _Reading, filler: Type, rest: Iterator[Dim]) -> None:
    found.places.append(len(found.dims))
    match filler:
        case ScalarType():
            integer(filler)
            next(rest)
            found.advanced.append(())
        case ArrayType("bool", dims):
            for _ in dims:
                next(rest)
            found.advanced.append((SOME,))
            found.has_mask = True
        case ArrayType(_, dims) if not filler.is_float:
            next(rest)
            found.advanced.append(dims)
        case _:
            raise OperandError(f"arrays are indexed with ints, slices and masks, not {filler}")


def _assembled(found: _Reading, apart: bool) -> tuple[Dims, Dims, int]:
    """Index arrays put their dimensions where they stand, or in front where they stand apart."""
    left = tuple(found.dims)
    if all(dims == () for dims in found.advanced):
        return left, (), 0
    together: Dims = ()
    for dims in found.advanced:
        wider = broadcast(together, dims)
        if wider is None:
            raise OperandError("index arrays of shapes that can't be broadcast together")
        together = wider
    return left, together, 0 if apart else found.places[0]


def _sliced(dim: Dim, entry: Slice, parts: Sequence[object]) -> Dim:
    for part in parts:
        if isinstance(part, ScalarType):
            integer(part)
        elif isinstance(part, ArrayType):
            raise OperandError("slices have ints as bounds")
    start, stop, step = entry.start, entry.stop, entry.step
    if type(step) is int and step == 0:
        raise OperandError("slice step cannot be zero")
    if not isinstance(start, int | None) or not isinstance(stop, int | None):
        return SOME
    if not isinstance(step, int | None):
        return SOME
    if isinstance(dim.size, int):
        return dim_of(len(range(max(dim.size - dim.less, 0))[slice(start, stop, step)]))
    if step == -1 and start is None and stop is None:
        return dim
    if step not in (None, 1):
        return SOME
    if (start or 0) < 0 or (stop is not None and stop >= 0):
        return SOME  # how many those are depends on the size
    return shortened(dim, (start or 0) - (stop or 0))


def get_type(types: Sequence[Type], attributes: Attributes) -> Type:
    found = array(types[0])
    index = index_of(attributes)
    dims = result_dims(found.dims, index, types[1:])
    known = attributes.get("dims")  # what a rule knows better than the subscript says
    if isinstance(known, tuple) and len(known) == len(dims):
        dims = known
    if dims or _stays_array(index, types[1:]):
        return ArrayType(found.dtype, dims)
    return found.element


def _stays_array(index: Index, fillers: Sequence[Type]) -> bool:
    """Whether a result without dimensions is an array all the same."""
    if any(isinstance(filler, ArrayType) for filler in fillers):
        return False
    return Mark.REST in index


def never_raises(found: Type, attributes: Attributes) -> bool:
    """Whether a subscript is certainly inside the array: slices always are."""
    index = index_of(attributes)
    if attributes.get("inside"):
        return True
    if holes_of(index) or not isinstance(found, ArrayType):
        return False
    if Mark.REST in index:
        return not any(type(each) is int for each in index)
    sizes = [dim.size for dim in found.dims]
    places = [each for each in index if not isinstance(each, Mark)]
    return all(
        isinstance(place, Slice) or (isinstance(size, int) and type(place) is int)
        for place, size in zip(places, sizes, strict=False)
    )


def is_basic(index: Index, fillers: Sequence[Type]) -> bool:
    """Whether the result is a view: no index arrays, no masks."""
    return not any(isinstance(filler, ArrayType) for filler in fillers)


def update_type(types: Sequence[Type], attributes: Attributes) -> Type:
    found = array(types[0])
    dims = result_dims(found.dims, index_of(attributes), types[1:-1])
    value = array_or_number(types[-1])
    if len(value) > len(dims) and any(dim.one is False for dim in value[: len(value) - len(dims)]):
        raise OperandError(f"cannot put {len(value)} dimensions where there are {len(dims)}")
    if broadcast(dims, value) is None:
        raise OperandError("could not broadcast the value into the shape of what it is put into")
    kept = tuple(Dim(each.size, each.less, each.one) for each in found.dims)
    return ArrayType(found.dtype, kept)


# Evaluation.


def get(
    a: Any,
    *fillers: object,
    index: Index,
    copied: bool = False,
    unique: bool = False,
    inside: bool = False,
    dims: object = None,
) -> object:
    found = a[filled_index(index, fillers)]
    return found.copy() if copied else found


def put(a: Any, *rest: Any, index: Index, unique: bool = False) -> object:
    result: Any = np.copy(a)  # which keeps the order of axes in memory
    result[filled_index(index, rest[:-1])] = rest[-1]
    return result


def add_at(a: Any, *rest: Any, index: Index, unique: bool = False) -> object:
    result: Any = np.copy(a)
    place = filled_index(index, rest[:-1])
    if any(isinstance(each, np.ndarray) and each.dtype != bool for each in place):
        np.add.at(result, place, rest[-1])  # type: ignore[arg-type]
    else:
        result[place] += rest[-1]
    return result


# Derivatives.


def get_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    if tangents[0] is None:
        return None
    return build.op(op.operation, tangents[0], *op.operands[1:], attributes=op.attributes)


def get_vjp(build: Builder, op: Op, ct: Operand) -> Sequence[Contribution]:
    place = {key: op.attributes[key] for key in ("index", "unique") if key in op.attributes}
    found = AddAt(OPS["add_at"], op.operands[1:], ct, place)
    return found, *([None] * (len(op.operands) - 1))


def put_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    a, value = tangents[0], tangents[-1]
    if a is None and value is None:
        return None
    if a is None:
        a = build.op(OPS["np.zeros_like"], op.operands[0])
    new = const(0.0) if value is None else value
    return build.op(op.operation, a, *op.operands[1:-1], new, attributes=op.attributes)


def put_vjp(build: Builder, op: Op, ct: Operand) -> Sequence[Contribution]:
    places = op.operands[1:-1]
    copied = {**op.attributes, "copied": True}
    part = build.op(OPS["get"], ct, *places, attributes=copied)
    if may_name_twice(op):
        last = build.op(OPS["last_at"], op.operands[0], *places, attributes=op.attributes)
        part = build.op(OPS["np.where"], last, part, const(0.0))
    value = _fitted(build, part, op.operands[-1])
    rest = build.op(op.operation, ct, *places, const(0.0), attributes=op.attributes)
    return rest, *([None] * len(places)), value


def may_name_twice(op: Op) -> bool:
    """Whether an update may put several values at one place, of which the last stays."""
    fillers = [each.type for each in op.operands[1:-1]]
    return not op.attributes.get("unique") and any(
        isinstance(each, ArrayType) and each.dtype != "bool" and each.rank for each in fillers
    )


def _fitted(build: Builder, part: Operand, value: Operand) -> Operand:
    """The cotangent of a value that was put, with what was broadcast summed up."""
    found, wanted = part.type, value.type
    if not isinstance(wanted, ArrayType) or not isinstance(found, ArrayType):
        return part
    if wanted.rank == found.rank and not covers(wanted, found):
        return build.op(OPS["unbroadcast"], part, value)
    return part


def add_at_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    a, value = tangents[0], tangents[-1]
    if value is None:
        return a
    if a is None:
        a = build.op(OPS["np.zeros_like"], op.operands[0])
    return build.op(op.operation, a, *op.operands[1:-1], value, attributes=op.attributes)


def add_at_vjp(build: Builder, op: Op, ct: Operand) -> Sequence[Contribution]:
    places = op.operands[1:-1]
    part = build.op(OPS["get"], ct, *places, attributes=op.attributes)
    value = _fitted(build, part, op.operands[-1])
    return ct, *([None] * len(places)), value


# Text.


def index_text(index: Index, fillers: Sequence[ast.expr]) -> ast.expr:
    waiting = iter(fillers)

    def part(value: object) -> ast.expr | None:
        if value is HOLE:
            return next(waiting)
        if value is None:
            return None
        assert isinstance(value, int)
        return number_text(value)

    found: list[ast.expr] = []
    for each in index:
        match each:
            case Slice():
                found.append(ast.Slice(*map(part, each.parts)))
            case Mark.NEWAXIS:
                found.append(ast.Constant(None))
            case Mark.REST:
                found.append(ast.Constant(...))
            case _:
                text = part(each)
                assert text is not None
                found.append(text)
    return found[0] if len(found) == 1 else ast.Tuple(found, ast.Load())


def write_get(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    text = index_text(index_of(attributes), operands[1:])
    found: ast.expr = ast.Subscript(operands[0], text, ast.Load())
    if attributes.get("copied") and isinstance(get_type(types, attributes), ArrayType):
        if is_basic(index_of(attributes), types[1:]):
            found = ast.Call(ast.Attribute(found, "copy", ast.Load()), [], [])
    return found


def write_put(operands: Any, types: Any, attributes: Attributes) -> ast.stmt:
    text = index_text(index_of(attributes), operands[1:-1])
    return ast.Assign([ast.Subscript(operands[0], text, ast.Store())], operands[-1])


def write_add_at(operands: Any, types: Any, attributes: Attributes) -> ast.stmt:
    index = index_of(attributes)
    text = index_text(index, operands[1:-1])
    arrays = any(isinstance(each, ArrayType) and each.dtype != "bool" for each in types[1:-1])
    if arrays and not attributes.get("unique"):  # places may repeat
        add = ast.Attribute(ast.Attribute(ast.Name("np", ast.Load()), "add", ast.Load()), "at")
        add.ctx = ast.Load()
        return ast.Expr(ast.Call(add, [operands[0], as_value(text), operands[-1]], []))
    target, value = ast.Subscript(operands[0], text, ast.Store()), operands[-1]
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
        if not isinstance(value.operand, ast.Constant):
            return ast.AugAssign(target, ast.Sub(), value.operand)
    return ast.AugAssign(target, ast.Add(), value)


def number_text(value: int) -> ast.expr:
    number = ast.Constant(abs(value))
    return ast.UnaryOp(ast.USub(), number) if value < 0 else number


def as_value(text: ast.expr) -> ast.expr:
    """A subscript as an argument: slices written as calls of `slice`."""
    match text:
        case ast.Tuple(items):
            return ast.Tuple([as_value(item) for item in items], ast.Load())
        case ast.Slice(start, stop, step):
            parts = [each or ast.Constant(None) for each in (start, stop, step)]
            return ast.Call(ast.Name("slice", ast.Load()), parts, [])
    return text


RECORDS: tuple[Record, ...] = (
    Record(
        name="get",
        infer=get_type,
        evaluate=get,
        effect=raises,
        weight=FREE,
        rule=Custom(get_jvp, get_vjp, any_shape=True),
        spelling=Spelling(write_get),
        holds="view",
    ),
    Record(
        name="set",
        infer=update_type,
        evaluate=put,
        effect=raises,
        weight=FREE,
        rule=Custom(put_jvp, put_vjp),
        spelling=Spelling(write_put, updates=True),
        fresh=True,
    ),
    Record(
        name="add_at",
        infer=update_type,
        evaluate=add_at,
        effect=raises,
        weight=lambda operands: arithmetic(1)([operands[-1]]),
        rule=Custom(add_at_jvp, add_at_vjp),
        spelling=Spelling(write_add_at, updates=True),
        fresh=True,
    ),
)
