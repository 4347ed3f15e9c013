"""Arrays of numbers, of lists, and of other arrays: np.array, np.asarray, copies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autodiff_compiler.ir.operation import Effect, OperandError
from autodiff_compiler.ir.types import ArrayType, Dim, ScalarType, SequenceType, Type, dim_of
from autodiff_compiler.ir.values import Op
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import Attributes, Dims, first_dims
from autodiff_compiler.ops.building import (
    Arrays,
    Contributions,
    Traced,
    custom,
    linear,
    may_vary,
    wants_cotangent,
)
from autodiff_compiler.ops.calling import HOLE, Refused, signature
from autodiff_compiler.ops.cases import COMPLEX_STEP, NUMBER, case, real
from autodiff_compiler.ops.joining import alike, joined_dtype, nested_dims
from autodiff_compiler.ops.record import Record
from autodiff_compiler.ops.weights import FREE


def asarray_memory(types: Sequence[Type], attributes: Attributes) -> str:
    """An array stays what it is, unless its dtype is another."""
    if "layout" in attributes or not isinstance(types[0], ArrayType):
        return "new"
    return "same" if attributes.get("dtype") in (None, types[0].dtype) else "new"


Layout = object  # HOLE, or a tuple of layouts


def array_type(types: Sequence[Type], attributes: Attributes) -> Type:
    if attributes.get("copy", True) is not True:
        raise OperandError("array: only copy=True is supported: use asarray")
    waiting = iter([nested_dims(found) for found in types])
    dims = _dims(attributes.get("layout", HOLE), waiting)
    return ArrayType(joined_dtype(types, attributes), dims)


def _dims(layout: Layout, waiting: Any) -> Dims:
    if layout is HOLE:
        found: Dims = next(waiting)
        return found
    assert isinstance(layout, tuple)
    rows = [_dims(each, waiting) for each in layout]
    if len({len(row) for row in rows}) > 1:
        raise OperandError("the elements must have the same number of dimensions")
    columns: list[tuple[Dim, ...]] = list(zip(*rows, strict=True))
    return (dim_of(len(rows)), *map(alike, columns))


def array_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """Every element gets its own back; a list, the list of its rows."""
    return {"object": list(_parts(m, ct, c.object, ()))}


def _parts(m: Arrays, ct: Traced, given: Any, place: tuple[int, ...]) -> Any:
    if isinstance(given, tuple):
        for k, each in enumerate(given):
            yield from _parts(m, ct, each, (*place, k))
    elif not wants_cotangent(given):
        yield None
    else:
        part = m.op("get", ct, index=place) if place else ct
        match given.type:
            case SequenceType(SequenceType(element)):
                if not _is_number(element):
                    raise OperandError(
                        "lists of lists of arrays are not differentiated: stack them"
                    )
                yield m.op("rows", part, nested=True)
            case SequenceType():
                yield m.op("rows", part)
            case _:
                yield part


def _is_number(found: Type) -> bool:
    return isinstance(found, ScalarType) or (
        isinstance(found, SequenceType) and _is_number(found.element)
    )


def array_jvp(m: Arrays, dots: Any, c: Any) -> Traced | None:
    tangents = dots.all("object")
    if all(tangent is None for tangent in tangents) or not may_vary(c.result.type):
        return None
    op: Op = c.op
    whole = [
        _zero(m, Traced(m, operand)) if tangent is None else tangent
        for operand, tangent in zip(op.operands, tangents, strict=True)
    ]
    return m.op(op.operation.name, *whole, **op.attributes)


def _zero(m: Arrays, a: Traced) -> Any:
    match a.type:
        case ScalarType():
            return 0.0
        case SequenceType(ScalarType()):
            return m.op("zeros_like", a)
        case SequenceType():
            raise OperandError("a list of lists or arrays that has no tangent, among some that do")
    return m("np.zeros_like", a)


def of_list_raises(types: Sequence[Type]) -> Effect:
    """The elements of a list may turn out not to be of one size."""
    lists = [found.element for found in types if isinstance(found, SequenceType)]
    ragged = len(lists) < len(types) > 1 or any(not isinstance(e, ScalarType) for e in lists)
    return Effect.RAISES if lists and ragged else Effect.PURE


RULE = custom(jvp=array_jvp, vjp=array_vjp)
KEYWORDS = {"order": Refused("leave it out"), "like": Refused()}
_CASES = (
    case((NUMBER, NUMBER)),
    case((NUMBER, 1, 2.0)),
    case(((NUMBER, NUMBER), (NUMBER, NUMBER), (0.0, NUMBER))),
    case((((NUMBER, NUMBER),), ((NUMBER, 1.0),))),
    case((real(3), real(3))),
    case((real(), NUMBER)),
    case((real(2, 3), real(2, 3))),
    case(((real(3), real(3)), (real(3), real(3)))),
    case((NUMBER,)),
    case((NUMBER, NUMBER), dtype="float32"),
    case(real(3)),
    case(real(2, 3)),
    case(real()),
    case(NUMBER),
    case(real(3), dtype="float32"),
    case(real(0)),
)

RECORDS: tuple[Record, ...] = (
    array_function(
        "np.array",
        takes=signature(
            "[object", dtype=None, copy=True, subok=Refused(), ndmin=Refused(), **KEYWORDS
        ),
        infer=array_type,
        rule=RULE,
        effect=of_list_raises,
        weight=FREE,
        cases=_CASES,
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.asarray",
        takes=signature("[object", dtype=None, copy=Refused(), device=Refused(), **KEYWORDS),
        infer=array_type,
        rule=RULE,
        effect=of_list_raises,
        weight=FREE,
        holds="maybe",
        memory=asarray_memory,
        cases=_CASES,
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.copy",
        takes=signature("a", order=Refused("leave it out"), subok=Refused()),
        dims=first_dims,
        rule=linear(lambda m, ct, c: {"a": ct}),
        weight=FREE,
        methods=("copy",),
        cases=(case(real(3)), case(real(2, 3)), case(real()), case(real(0)), case(NUMBER)),
        oracle=COMPLEX_STEP,
    ),
)
