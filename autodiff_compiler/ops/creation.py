"""Functions that make arrays: zeros, full, arange, linspace, and those made like another array."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

from autodiff_compiler.ir.builder import Builder
from autodiff_compiler.ir.operation import Effect, OperandError
from autodiff_compiler.ir.types import (
    SOME,
    ArrayType,
    Dim,
    ScalarType,
    Type,
    dim_of,
)
from autodiff_compiler.ir.values import Op, Operand
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import (
    Attributes,
    Dims,
    array_or_number,
    asked,
    elementwise_dims,
    first_dims,
    typed,
)
from autodiff_compiler.ops.building import Arrays, Contributions, Traced, linear, may_vary
from autodiff_compiler.ops.calling import (
    HOLE,
    OPTIONAL,
    Refused,
    Sizes,
    evaluating,
    holes_in,
    signature,
)
from autodiff_compiler.ops.cases import COMPLEX_STEP, NO_DERIVATIVE, NUMBER, case, real, restated
from autodiff_compiler.ops.joining import joined_dtype
from autodiff_compiler.ops.kinds import integer
from autodiff_compiler.ops.record import Contribution, Custom, Record, Zero
from autodiff_compiler.ops.shaping import shape_dims
from autodiff_compiler.ops.weights import FREE

ORDER = Refused("leave it out: C order")
NOT_HERE = {"device": Refused(), "like": Refused()}


def _checked(attributes: Attributes, name: str) -> tuple[Dim, ...]:
    shape = attributes[name]
    for size in shape if isinstance(shape, tuple) else (shape,):
        if type(size) is int and size < 0:
            raise OperandError("negative dimensions are not allowed")
    return shape_dims(shape)


def _sizes_are_ints(types: Sequence[Type]) -> None:
    for found in types:
        integer(found)


def blank_type(types: Sequence[Type], attributes: Attributes) -> Type:
    _sizes_are_ints(types)
    return ArrayType(_dtype(attributes), _checked(attributes, "shape"))


def _dtype(attributes: Attributes) -> str:
    return joined_dtype((), attributes)


def full_type(types: Sequence[Type], attributes: Attributes) -> Type:
    _sizes_are_ints(types[1:])
    dims = _checked(attributes, "shape")
    if len(array_or_number(types[0])) > len(dims):
        raise OperandError("full: the fill value has more dimensions than the shape")
    return ArrayType(joined_dtype(types[:1], attributes), dims)


def eye_type(types: Sequence[Type], attributes: Attributes) -> Type:
    _sizes_are_ints(types)
    if type(attributes.get("k", 0)) is not int:
        raise OperandError("eye: expected an int as k")
    (rows,) = _checked(attributes, "N")
    columns = attributes.get("M")
    if columns is None:
        return ArrayType(_dtype(attributes), (rows, rows))
    return ArrayType(_dtype(attributes), (rows, *_checked(attributes, "M")))


def identity_type(types: Sequence[Type], attributes: Attributes) -> Type:
    _sizes_are_ints(types)
    return ArrayType(_dtype(attributes), _checked(attributes, "n") * 2)


# arange

ARANGE = signature(
    "**#bounds",
    start=Refused("pass it by position"),
    stop=Refused("pass it by position"),
    step=OPTIONAL,
    dtype=None,
    **NOT_HERE,
)
_arange = evaluating(np.arange, ARANGE)


def arange_type(types: Sequence[Type], attributes: Attributes) -> Type:
    bounds = attributes["bounds"]
    assert isinstance(bounds, tuple)
    stepped = len(types) - holes_in(bounds)
    if not 1 <= len(bounds) <= 3 - stepped:
        raise OperandError("arange: expected start, stop and step at most")
    for found in types:
        if array_or_number(found):
            raise OperandError(f"arange: expected numbers, got {found}")
    small = tuple(each if each is HOLE else type(each)(1) for each in bounds)
    found = _of_one_dtype(_arange, types, {**attributes, "bounds": small}, (SOME,))
    return found if types else ArrayType(found.dtype, (dim_of(_count(*bounds)),))


def _count(first: float, stop: float | None = None, step: float = 1) -> int:
    """How many elements arange gives."""
    start, stop = (0, first) if stop is None else (first, stop)
    if step == 0 or not all(map(math.isfinite, (start, stop, step))):
        raise OperandError("arange: the bounds must be finite, and the step not 0")
    if isinstance(start, int) and isinstance(stop, int) and isinstance(step, int):
        return len(range(start, stop, step))
    return max(math.ceil((stop - start) / step), 0)


def _of_one_dtype(
    evaluate: Callable[..., object], types: Sequence[Type], attributes: Attributes, dims: Dims
) -> ArrayType:
    """The type of what a function gives, if its dtype doesn't depend on a number's kind."""
    choices = [
        [ScalarType(frozenset({kind})) for kind in sorted(each.kinds, key=str)]
        if isinstance(each, ScalarType)
        else [each]
        for each in types
    ]
    found = {typed(asked(evaluate, each, attributes), dims) for each in product(*choices)}
    if len(found) > 1:
        raise OperandError(f"gives {' or '.join(sorted(map(str, found)))}, by a number's type")
    (only,) = found
    assert isinstance(only, ArrayType)
    return only


def _arange_roles(op: Op) -> list[str]:
    """What each operand is: start, stop or step."""
    bounds = op.attributes["bounds"]
    assert isinstance(bounds, tuple)
    names = ("stop",) if len(bounds) == 1 else ("start", "stop", "step")[: len(bounds)]
    holes = [name for name, bound in zip(names, bounds, strict=True) if bound is HOLE]
    return holes + ["step"] * (len(op.operands) - len(holes))


def arange_jvp(build: Builder, op: Op, tangents: Sequence[Operand | None]) -> Operand | None:
    """Element k is start + k·step; where it stops makes no other difference."""
    m = Arrays(build)
    found: Traced | None = None
    for role, tangent in zip(_arange_roles(op), tangents, strict=True):
        if role == "stop" or tangent is None:
            continue
        result = Traced(m, op.result)
        term = m("np.full_like", result, Traced(m, tangent))
        if role == "step":
            term = m("np.arange", m.op("size", result)) * Traced(m, tangent)
        found = term if found is None else found + term
    return None if found is None else found.operand


def arange_vjp(build: Builder, op: Op, ct: Operand) -> Sequence[Contribution]:
    m = Arrays(build)
    found: list[Contribution] = []
    for role, operand in zip(_arange_roles(op), op.operands, strict=True):
        if role == "stop" or not may_vary(operand.type) or not may_vary(op.result.type):
            found.append(None)
        elif role == "start":
            found.append(ct)  # summed by whoever takes it
        else:
            steps = m("np.arange", m.op("size", Traced(m, op.result)))
            found.append((Traced(m, ct) @ steps).operand)
    return found


def raises_for_floats(types: Sequence[Type]) -> Effect:
    """Bounds may be nan or infinite, a step 0."""
    return Effect.RAISES if any(may_vary(found) for found in types) else Effect.PURE


# linspace

LINSPACE = signature(
    "start",
    "stop",
    num=Sizes(50),
    endpoint=True,
    retstep=Refused("compute the step"),
    dtype=None,
    axis=Refused("use moveaxis"),
    **NOT_HERE,
)
_linspace = evaluating(np.linspace, LINSPACE)


def linspace_type(types: Sequence[Type], attributes: Attributes) -> Type:
    _sizes_are_ints(types[2:])
    num = attributes.get("num", 50)
    if type(num) is int and num < 0:
        raise OperandError(f"linspace: number of samples, {num}, must be non-negative")
    ends = [array_or_number(found) for found in types[:2]]
    dims = (*shape_dims(num), *elementwise_dims(ends, {}))
    if num is HOLE:
        return _of_one_dtype(_linspace, types, attributes, dims)
    return _of_one_dtype(_linspace, types, {**attributes, "num": 2}, dims)


def linspace_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """Each element is start·(1 − w) + stop·w, with weights w that go from 0 to 1."""
    keywords = {} if c.endpoint else {"endpoint": False}
    weights = m("np.linspace", 0.0, 1.0, c.num, **keywords)
    if ct.rank <= 2:
        return {"start": (1 - weights) @ ct, "stop": weights @ ct}
    weights = m("np.expand_dims", weights, tuple(range(1, ct.rank)))
    return {"start": (1 - weights) * ct, "stop": weights * ct}


def of_sizes_raises(types: Sequence[Type]) -> Effect:
    """A number of samples known at run time only may be negative."""
    return Effect.RAISES if len(types) > 2 else Effect.PURE


# like another


def like_rule(m: Arrays, ct: Traced, c: Any) -> Contributions:
    return {"fill_value": ct}


def full_like_type(types: Sequence[Type], attributes: Attributes) -> Type:
    dims = array_or_number(types[0])
    if len(array_or_number(types[1])) > len(dims):
        raise OperandError("full_like: the fill value has more dimensions than the array")
    return ArrayType(joined_dtype(types[:1], attributes), dims)


def _zeros_step(*bounds: Any, **keywords: Any) -> object:
    """arange as a sum, for complex bounds."""
    start, step = (bounds[0] if len(bounds) > 1 else 0.0), bounds[2] if len(bounds) > 2 else 1.0
    step = keywords.get("step", step)
    stop = bounds[1] if len(bounds) > 1 else bounds[0]
    count = len(np.arange(np.real(start), np.real(stop), np.real(step)))
    return start + step * np.arange(count)


_BLANK = (
    case(3),
    case((2, 3)),
    case(()),
    case((0, 2)),
    case((2, 1), dtype="float32"),
    case(2, dtype="int64"),
)
_LIKE = (
    case(real(2, 3)),
    case(real()),
    case(real(0, 2)),
    case(NUMBER),
    case(real(3), dtype="float32"),
    case(real(3), dtype="int64"),
)

RECORDS: tuple[Record, ...] = (
    *(
        array_function(
            name,
            takes=signature("#shape", dtype=None, order=ORDER, **NOT_HERE),
            infer=blank_type,
            rule=Zero(why),
            weight=FREE,
            cases=_BLANK if name != "np.empty" else (case(0), case((0, 2))),
            oracle=NO_DERIVATIVE,
        )
        for name, why in (
            ("np.zeros", "zeros, whatever happens"),
            ("np.ones", "ones, whatever happens"),
            ("np.empty", "nothing has been put into it yet"),
        )
    ),
    array_function(
        "np.full",
        takes=signature("#shape", "fill_value", dtype=None, order=ORDER, **NOT_HERE),
        infer=full_type,
        rule=linear(like_rule, "fill_value"),
        weight=FREE,
        cases=(
            case(3, NUMBER),
            case((2, 3), NUMBER),
            case((2, 3), real(3)),
            case((2, 3), real(2, 1)),
            case((2,), real()),
            case((), NUMBER),
            case((0,), NUMBER),
            case(2, fill_value=NUMBER, dtype="float32"),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.eye",
        takes=signature("#N", M=Sizes(None), k=0, dtype=None, order=ORDER, **NOT_HERE),
        infer=eye_type,
        rule=Zero("ones and zeros, whatever happens"),
        weight=FREE,
        cases=(
            case(3),
            case(2, 3),
            case(3, M=2, k=1),
            case(3, k=-1),
            case(0),
            case(2, dtype="int64"),
        ),
        oracle=NO_DERIVATIVE,
    ),
    array_function(
        "np.identity",
        takes=signature("#n", dtype=None, like=Refused()),
        infer=identity_type,
        rule=Zero("ones and zeros, whatever happens"),
        weight=FREE,
        cases=(case(3), case(1), case(0), case(2, dtype="float32")),
        oracle=NO_DERIVATIVE,
    ),
    array_function(
        "np.arange",
        takes=ARANGE,
        infer=arange_type,
        rule=Custom(arange_jvp, arange_vjp),
        effect=raises_for_floats,
        weight=FREE,
        cases=(
            case(3),
            case(2, 7),
            case(7, 1, -2),
            case(0, 10, step=3),
            case(0.0, 1.0, 0.25),
            case(3, dtype="float64"),
            case(0),
            case(NUMBER, 6.5),
            case(NUMBER, 6.5, 0.5),
        ),
        oracle=restated(_zeros_step),
    ),
    array_function(
        "np.linspace",
        takes=LINSPACE,
        infer=linspace_type,
        rule=linear(linspace_vjp, "start", "stop"),
        effect=of_sizes_raises,
        weight=FREE,
        cases=(
            case(NUMBER, NUMBER),
            case(NUMBER, NUMBER, 5),
            case(NUMBER, NUMBER, num=4, endpoint=False),
            case(NUMBER, 2.0, 1),
            case(NUMBER, NUMBER, 0),
            case(0, 1, 3),
            case(real(3), real(3), 4),
            case(real(3), NUMBER, 4),
            case(real(2, 1), real(3), 4),
            case(real(), NUMBER, 3, endpoint=False),
        ),
        oracle=COMPLEX_STEP,
    ),
    *(
        array_function(
            name,
            takes=signature("a", dtype=None, order=ORDER, subok=Refused(), shape=Refused()),
            dims=first_dims,
            rule=Zero(why),
            weight=FREE,
            cases=_LIKE if name != "np.empty_like" else (case(real(0, 2)),),
            oracle=NO_DERIVATIVE,
        )
        for name, why in (
            ("np.zeros_like", "zeros, whatever the elements"),
            ("np.ones_like", "ones, whatever the elements"),
            ("np.empty_like", "nothing has been put into it yet"),
        )
    ),
    array_function(
        "np.full_like",
        takes=signature(
            "a", "fill_value", dtype=None, order=ORDER, subok=Refused(), shape=Refused()
        ),
        infer=full_like_type,
        rule=linear(like_rule, "fill_value"),
        weight=FREE,
        cases=(
            case(real(2, 3), NUMBER),
            case(real(2, 3), real(3)),
            case(real(), NUMBER),
            case(real(0), NUMBER),
            case(real(3), NUMBER, dtype="float32"),
        ),
        oracle=restated(lambda a, fill_value, dtype=None: np.broadcast_to(fill_value, np.shape(a))),
    ),
)
