"""Operations that arrange the elements of an array anew."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import Effect, OperandError
from autodiff_compiler.ir.types import ONE, SOME, ArrayType, Type, dim_of
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import (
    Attributes,
    Dims,
    array,
    array_or_number,
    axes_of,
    axis_of,
)
from autodiff_compiler.ops.building import Arrays, Contributions, Traced, linear
from autodiff_compiler.ops.calling import Refused, signature
from autodiff_compiler.ops.cases import COMPLEX_STEP, case, real
from autodiff_compiler.ops.record import Custom, Record, Spelling
from autodiff_compiler.ops.weights import FREE


def shape_dims(shape: object) -> Dims:
    """The dimensions of a shape given as an attribute; a hole or -1 may be any size."""
    sizes = shape if isinstance(shape, tuple) else (shape,)
    return tuple(dim_of(n) if type(n) is int and n >= 0 else SOME for n in sizes)


def reshape_type(types: Sequence[Type], attributes: Attributes) -> Type:
    found, dims = types[0], array_or_number(types[0])
    dtype = found.dtype if isinstance(found, ArrayType) else "float64"
    shape = attributes["shape"]
    if shape in (-1, (-1,)) and len(dims) == 1:
        return ArrayType(dtype, dims)
    return ArrayType(dtype, shape_dims(shape))


def reshape_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    return {"a": m.op("reshape_like", ct, c.a)}


def transposed_axes(axes: object, rank: int) -> tuple[int, ...]:
    if axes is None:
        return tuple(reversed(range(rank)))
    return axes_of(axes, rank)


def transpose_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    dims = operands[0]
    order = transposed_axes(attributes.get("axes"), len(dims))
    if len(order) != len(dims):
        raise OperandError("axes don't match array")
    return tuple(dims[place] for place in order)


def transpose_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    if c.axes is None:
        return {"a": ct.T}
    order = transposed_axes(c.axes, c.a.rank)
    return {"a": m("np.transpose", ct, tuple(int(place) for place in np.argsort(order)))}


def swapped_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    dims = list(operands[0])
    a, b = (axis_of(attributes[name], len(dims)) for name in ("axis1", "axis2"))
    dims[a], dims[b] = dims[b], dims[a]
    return tuple(dims)


def expanded_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    rest: Iterator[Any] = iter(operands[0])
    axis = attributes["axis"]
    count = len(operands[0]) + (len(axis) if isinstance(axis, tuple) else 1)
    places = axes_of(axis, count)
    return tuple(ONE if place in places else next(rest) for place in range(count))


def squeezed_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    dims = operands[0]
    if attributes.get("axis") is None:
        if any(dim.one is None for dim in dims):
            raise OperandError("squeeze: which dimensions are 1 is not known: name the axis")
        return tuple(dim for dim in dims if not dim.one)
    axes = axes_of(attributes["axis"], len(dims))
    return tuple(dim for place, dim in enumerate(dims) if place not in axes)


def like_type(types: Sequence[Type], attributes: Attributes) -> Type:
    """The dtype of the first operand, the dimensions of the second."""
    first = types[0]
    dtype = first.dtype if isinstance(first, ArrayType) else "float64"
    return ArrayType(dtype, array(types[1]).dims)


def shape_of(name: str, operands: Sequence[ast.expr], types: Sequence[Type]) -> ast.expr:
    """The shape of the last operand, in text: numbers where they are known."""
    dims = array(types[-1]).dims
    if all(isinstance(dim.size, int) and not dim.less for dim in dims):
        return ast.Tuple([ast.Constant(dim.size) for dim in dims], ast.Load())
    return ast.Attribute(operands[-1], "shape", ast.Load())


def write_reshape_like(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    function = ast.Attribute(operands[0], "reshape", ast.Load())
    if not isinstance(types[0], ArrayType):
        function = ast.Attribute(ast.Name("np", ast.Load()), "reshape", ast.Load())
        return ast.Call(function, [operands[0], shape_of("reshape", operands, types)], [])
    return ast.Call(function, [shape_of("reshape", operands, types)], [])


RECORDS: tuple[Record, ...] = (
    array_function(
        "np.reshape",
        takes=signature("a", "#shape", order=Refused("leave it out: C order"), copy=Refused()),
        infer=reshape_type,
        rule=linear(reshape_vjp, "a"),
        weight=FREE,
        methods=("reshape",),
        holds="maybe",
        cases=(
            case(real(3, 4), (4, 3)),
            case(real(3, 4), -1),
            case(real(3, 4), (2, -1)),
            case(real(1), ()),
            case(real(0, 3), (3, 0)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.transpose",
        takes=signature("a", axes=None),
        dims=transpose_dims,
        rule=linear(transpose_vjp),
        weight=FREE,
        methods=("transpose",),
        holds="view",
        cases=(
            case(real(3)),
            case(real(3, 4)),
            case(real(2, 3, 4)),
            case(real(2, 3, 4), (1, 2, 0)),
            case(real(2, 3, 4), axes=(0, -1, 1)),
            case(real(0, 3)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.swapaxes",
        takes=signature("a", ":axis1", ":axis2"),
        dims=swapped_dims,
        rule=linear(lambda m, ct, c: {"a": m("np.swapaxes", ct, c.axis1, c.axis2)}),
        weight=FREE,
        methods=("swapaxes",),
        holds="view",
        cases=(case(real(2, 3, 4), 0, -1), case(real(2, 3), 1, 0), case(real(2, 3), 0, 0)),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.expand_dims",
        takes=signature("a", ":axis"),
        dims=expanded_dims,
        rule=linear(lambda m, ct, c: {"a": m("np.squeeze", ct, c.axis)}),
        weight=FREE,
        holds="view",
        cases=(case(real(3), 0), case(real(3, 4), -1), case(real(3, 4), (0, 2)), case(real(), 0)),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.squeeze",
        takes=signature("a", axis=None),
        dims=squeezed_dims,
        rule=linear(lambda m, ct, c: {"a": m.op("reshape_like", ct, c.a)}),
        weight=FREE,
        methods=("squeeze",),
        holds="maybe",
        cases=(case(real(3, 1)), case(real(1, 3, 1), axis=0), case(real(1, 3, 1), axis=(0, -1))),
        oracle=COMPLEX_STEP,
    ),
    Record(
        name="reshape_like",
        infer=like_type,
        evaluate=lambda a, like: np.reshape(a, like.shape),
        effect=lambda types: Effect.PURE,
        weight=FREE,
        rule=Custom(
            lambda build, op, tangents: (
                None if tangents[0] is None else build.op(op.operation, tangents[0], op.operands[1])
            ),
            lambda build, op, ct: (build.op(op.operation, ct, op.operands[0]), None),
        ),
        spelling=Spelling(write_reshape_like),
        holds="maybe",
    ),
)
