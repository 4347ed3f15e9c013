"""Operations that give an array other dimensions: reshape, transpose, and their kind."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import Effect, OperandError
from autodiff_compiler.ir.types import ONE, SOME, ArrayType, Dim, Type, dim_of
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import (
    Attributes,
    Dims,
    array,
    array_or_number,
    axes_of,
    axis_of,
    dtypes_of,
)
from autodiff_compiler.ops.building import Arrays, Contributions, Traced, linear, unstretched
from autodiff_compiler.ops.calling import HOLE, OfFunction, Refused, signature, written
from autodiff_compiler.ops.cases import COMPLEX_STEP, NUMBER, case, real, restated
from autodiff_compiler.ops.kinds import integer
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


def write_reshape(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    """The method takes sizes one by one: `x.reshape(n, -1)`."""
    text = _called.write(operands, types, attributes)
    assert isinstance(text, ast.Call)
    if "method" in attributes and isinstance(text.args[0], ast.Tuple) and text.args[0].elts:
        return ast.Call(text.func, text.args[0].elts, [])
    return text


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


def write_transpose(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    """The method takes the axes by position only: `x.transpose(1, 2, 0)`."""
    if attributes.get("method") != "transpose":
        return _transpose.write(operands, types, attributes)  # type: ignore[return-value]
    text = _transpose.write(operands, types, {**attributes, "method": None})
    assert isinstance(text, ast.Call)
    axes = [each.value for each in text.keywords]
    if axes and isinstance(axes[0], ast.Tuple):
        axes = axes[0].elts
    return ast.Call(ast.Attribute(operands[0], "transpose", ast.Load()), axes, [])


def transpose_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    if c.axes is None:
        return {"a": ct.T}
    order = transposed_axes(c.axes, c.a.rank)
    return {"a": m("np.transpose", ct, tuple(int(place) for place in np.argsort(order)))}


def matrix_transpose_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    dims = operands[0]
    if len(dims) < 2:
        raise OperandError("expected a matrix, or a stack of them, got fewer than 2 dimensions")
    return (*dims[:-2], dims[-1], dims[-2])


def moved_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    dims = operands[0]
    source, target = (axes_of(attributes[name], len(dims)) for name in ("source", "destination"))
    if len(source) != len(target):
        raise OperandError("source and destination must have the same number of elements")
    rest = iter(dim for place, dim in enumerate(dims) if place not in source)
    moved = dict(zip(target, source, strict=True))
    return tuple(dims[moved[place]] if place in moved else next(rest) for place in range(len(dims)))


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


def squeezed_type(types: Sequence[Type], attributes: Attributes) -> Type:
    return ArrayType(dtype_of_operand(types[0]), _squeezed(array_or_number(types[0]), attributes))


def _squeezed(dims: Dims, attributes: Attributes) -> Dims:
    if attributes.get("axis") is None:
        if any(dim.one is None for dim in dims):
            raise OperandError("squeeze: which dimensions are 1 is not known: name the axis")
        return tuple(dim for dim in dims if not dim.one)
    axes = axes_of(attributes["axis"], len(dims))
    if any(dims[place].one is False for place in axes):
        raise OperandError("cannot select an axis to squeeze out which has size not equal to one")
    return tuple(dim for place, dim in enumerate(dims) if place not in axes)


def squeezed_memory(types: Sequence[Type], attributes: Attributes) -> str:
    """An array of which nothing is dropped is given back itself."""
    if not isinstance(types[0], ArrayType):
        return "new"
    dropped = _squeezed(types[0].dims, attributes) != types[0].dims
    return "view" if dropped else "same"


def size_of_all(dims: Dims) -> Dim:
    """The dimension of an array that holds the elements of all dimensions in a row."""
    wide = [dim for dim in dims if not dim.one]
    if len(wide) == 1:
        return wide[0]
    total = 1
    for dim in wide:
        if not isinstance(dim.size, int):
            # Two sizes other than 1 may multiply to 0, never to 1.
            return Dim(one=False) if any(dim.one is False for dim in wide) else SOME
        total *= max(dim.size - dim.less, 0)
    return dim_of(total)


def whole_numbers(types: Sequence[Type], given: object, what: str) -> None:
    """Raise OperandError unless sizes are ints: those computed at run time, and those given."""
    for each in types:
        integer(each)
    for size in given if isinstance(given, tuple) else (given,):
        if size is not HOLE and not isinstance(size, int):
            raise OperandError(f"{what}: expected ints, got {size!r}")


def flat_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    return (size_of_all(operands[0]),)


def flat_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    return {"a": ct if c.a.rank == 1 else m.op("reshape_like", ct, c.a)}


def at_least(rank: int) -> Any:
    """The dimensions of `atleast_1d` and `atleast_2d`: 1 for each that is missing, in front."""

    def rule(operands: Sequence[Dims], attributes: Attributes) -> Dims:
        return (ONE,) * (rank - len(operands[0])) + operands[0]

    return rule


def at_least_memory(rank: int) -> Any:
    """An array that has the dimensions already is given back itself."""

    def memory(types: Sequence[Type], attributes: Attributes) -> str:
        if not isinstance(types[0], ArrayType):
            return "new"
        return "same" if types[0].rank >= rank else "view"

    return memory


def at_least_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    missing = ct.rank - c.arys.rank
    return {"arys": m.op("get", ct, index=(0,) * missing) if missing else ct}


def broadcast_to_type(types: Sequence[Type], attributes: Attributes) -> Type:
    """As `shape` says; a size that only the operand tells is the operand's."""
    dims, shape = array_or_number(types[0]), shape_dims(attributes["shape"])
    whole_numbers(types[1:], attributes["shape"], "broadcast_to")
    if len(dims) > len(shape):
        raise OperandError(f"cannot broadcast {len(dims)} dimensions to {len(shape)}")
    first = len(shape) - len(dims)
    found = list(shape[:first])
    for own, wanted in zip(dims, shape[first:], strict=True):
        if isinstance(own.size, int) and isinstance(wanted.size, int):
            if not own.one and own.size != wanted.size:
                raise OperandError(f"cannot broadcast a size of {own} to {wanted}")
        found.append(own if own.one is False and wanted is SOME else wanted)
    return ArrayType(dtype_of_operand(types[0]), tuple(found))


def dtype_of_operand(found: Type) -> str:
    """The dtype that NumPy's array of an operand has."""
    dtypes = dtypes_of(found)
    if len(dtypes) > 1:
        raise OperandError(f"gives {' or '.join(sorted(dtypes))}, depending on a number's type")
    return next(iter(dtypes))


def like_type(types: Sequence[Type], attributes: Attributes) -> Type:
    """The dtype of the first operand, the dimensions of the second."""
    dtypes = dtypes_of(types[0])
    dtype = next(iter(dtypes)) if len(dtypes) == 1 else "float64"
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


C_ORDER = Refused("leave it out: C order")
RESHAPE = signature("a", "#shape", order=C_ORDER, copy=Refused())
TRANSPOSE = signature("a", axes=OfFunction(None))
_called = written("np.reshape", RESHAPE)
_transpose = written("np.transpose", TRANSPOSE)

RECORDS: tuple[Record, ...] = (
    array_function(
        "np.reshape",
        takes=RESHAPE,
        infer=reshape_type,
        rule=linear(reshape_vjp, "a"),
        weight=FREE,
        methods=("reshape",),
        spelling=Spelling(write_reshape),
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
        takes=TRANSPOSE,
        dims=transpose_dims,
        rule=linear(transpose_vjp),
        weight=FREE,
        methods=("transpose",),
        spelling=Spelling(write_transpose),
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
        "np.matrix_transpose",
        takes=signature("x"),
        dims=matrix_transpose_dims,
        rule=linear(lambda m, ct, c: {"x": ct.mT}),
        weight=FREE,
        holds="view",
        cases=(case(real(3, 4)), case(real(2, 3, 4)), case(real(0, 3, 1))),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.moveaxis",
        takes=signature("a", ":source", ":destination"),
        dims=moved_dims,
        rule=linear(lambda m, ct, c: {"a": m("np.moveaxis", ct, c.destination, c.source)}),
        weight=FREE,
        holds="view",
        cases=(
            case(real(2, 3, 4), 0, -1),
            case(real(2, 3, 4), -1, 0),
            case(real(2, 3, 4), (0, 1), (-1, 0)),
            case(real(2, 3, 4, 5), (0, 2), (3, 1)),
            case(real(0, 3), 0, 1),
            case(real(3), 0, 0),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.ravel",
        takes=signature("a", order=C_ORDER),
        dims=flat_dims,
        rule=linear(flat_vjp),
        weight=FREE,
        methods=("ravel",),
        holds="maybe",
        cases=(
            case(real(3)),
            case(real(3, 4)),
            case(real(1, 3)),
            case(real(0, 3)),
            case(real()),
            case(real(2, 1, 3)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.ndarray.flatten",
        takes=signature("a", order=C_ORDER),
        dims=flat_dims,
        rule=linear(flat_vjp),
        weight=FREE,
        methods=("flatten",),
        cases=(case(real(3)), case(real(3, 4)), case(real(1, 3)), case(real(0, 3)), case(real())),
        oracle=restated(np.ravel),
    ),
    array_function(
        "np.broadcast_to",
        takes=signature("array", "#shape", subok=Refused()),
        infer=broadcast_to_type,
        rule=linear(lambda m, ct, c: {"array": unstretched(m, ct, c.array)}, "array"),
        weight=FREE,
        holds="view",
        cases=(
            case(real(3), (2, 3)),
            case(real(3, 1), (3, 4)),
            case(real(1, 3), (2, 5, 3)),
            case(real(3), 3),
            case(real(1), (0,)),
            case(real(0, 1), (0, 2)),
            case(NUMBER, (2, 3)),
            case(real(), (2,)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.atleast_1d",
        takes=signature("arys"),
        dims=at_least(1),
        rule=linear(at_least_vjp),
        weight=FREE,
        holds="maybe",
        memory=at_least_memory(1),
        cases=(case(NUMBER), case(real()), case(real(3)), case(real(2, 3)), case(real(0))),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.atleast_2d",
        takes=signature("arys"),
        dims=at_least(2),
        rule=linear(at_least_vjp),
        weight=FREE,
        holds="maybe",
        memory=at_least_memory(2),
        cases=(
            case(NUMBER),
            case(real()),
            case(real(3)),
            case(real(2, 3)),
            case(real(0)),
            case(real(2, 3, 1)),
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
        infer=squeezed_type,
        rule=linear(lambda m, ct, c: {"a": m.op("reshape_like", ct, c.a)}),
        weight=FREE,
        methods=("squeeze",),
        holds="maybe",
        memory=squeezed_memory,
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
