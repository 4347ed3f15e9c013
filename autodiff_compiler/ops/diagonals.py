"""Diagonals and triangles of matrices."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.builder import Builder
from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import SOME, ArrayType, Dim, Type, dim_of, lengthened
from autodiff_compiler.ir.values import Op, Operand
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import Attributes, Dims, array, axes_of
from autodiff_compiler.ops.building import Arrays, Contributions, Traced, linear
from autodiff_compiler.ops.calling import signature
from autodiff_compiler.ops.cases import COMPLEX_STEP, case, real
from autodiff_compiler.ops.helpers import running
from autodiff_compiler.ops.kinds import expect_count, pure
from autodiff_compiler.ops.record import Contribution, Custom, Helper, Record, Spelling
from autodiff_compiler.ops.shaping import shape_of
from autodiff_compiler.ops.sizes import number_of
from autodiff_compiler.ops.weights import FREE

FROM_DIAGONAL = Helper(
    "from_diagonal",
    '''\
def from_diagonal(d, shape, offset=0, axis1=0, axis2=1):
    """Zeros of a shape, with d on the diagonal that np.diagonal would read."""
    x = np.zeros(shape, d.dtype)
    diagonal = np.diagonal(x, offset, axis1, axis2)
    diagonal.setflags(write=True)
    diagonal[...] = d
    return x
''',
)


def _offset(value: object) -> int:
    if type(value) is not int:
        raise OperandError(f"expected the number of a diagonal, got {value!r}")
    return value


def _length(rows: Dim, columns: Dim, offset: int) -> Dim:
    """How long a diagonal is."""
    if offset == 0 and rows.is_as_long_as(columns):
        return rows
    m, n = number_of(rows), number_of(columns)
    if m is None or n is None:
        return SOME
    return dim_of(max(min(m + min(offset, 0), n - max(offset, 0)), 0))


def diag_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    dims, k = operands[0], _offset(attributes.get("k", 0))
    if len(dims) == 1:
        return (lengthened(dims[0], abs(k)),) * 2
    if len(dims) != 2:
        raise OperandError(f"diag: expected a vector or a matrix, got {len(dims)} dimensions")
    return (_length(*dims, k),)


def diag_memory(types: Sequence[Type], attributes: Attributes) -> str:
    return "new" if array(types[0]).rank == 1 else "view"


def diag_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """Where a matrix is square, `diag` of its diagonal has its shape."""
    v = c.v
    dims = v.type.dims
    square = v.rank == 1 or (c.k == 0 and dims[0].is_as_long_as(dims[1]))
    if square:
        return {"v": m("np.diag", ct, k=c.k)}
    return {"v": m.op("from_diagonal", ct, v, offset=c.k, axis1=0, axis2=1)}


def diagonal_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    dims = operands[0]
    axes = axes_of((attributes.get("axis1", 0), attributes.get("axis2", 1)), len(dims))
    rest = tuple(dim for place, dim in enumerate(dims) if place not in axes)
    rows, columns = (dims[axis] for axis in axes)
    return (*rest, _length(rows, columns, _offset(attributes.get("offset", 0))))


def diagonal_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    places = {"offset": c.offset, "axis1": c.axis1, "axis2": c.axis2}
    return {"a": m.op("from_diagonal", ct, c.a, **places)}


def triangle_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    _offset(attributes.get("k", 0))
    if len(operands[0]) < 2:
        raise OperandError("expected a matrix, or a stack of them, got fewer than 2 dimensions")
    return operands[0]


def triangle_rule(name: str) -> Custom:
    def vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
        return {"m": m(name, ct, c.k) if c.k else m(name, ct)}

    return linear(vjp)


# from_diagonal


def from_diagonal_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    return ArrayType(array(types[0]).dtype, array(types[1]).dims)


def from_diagonal(d: Any, like: np.ndarray, **places: int) -> object:
    return running(FROM_DIAGONAL)(d, like.shape, **places)


def write_from_diagonal(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    shape = shape_of("from_diagonal", operands, types)
    defaults = {"offset": 0, "axis1": 0, "axis2": 1}
    keywords = [
        ast.keyword(name, ast.Constant(attributes[name]))  # type: ignore[arg-type]
        for name, default in defaults.items()
        if attributes[name] != default
    ]
    return ast.Call(spell.name(FROM_DIAGONAL.name), [operands[0], shape], keywords)


def from_diagonal_jvp(build: Builder, op: Op, tangents: Sequence[Operand | None]) -> Operand | None:
    if tangents[0] is None:
        return None
    return build.op(op.operation, tangents[0], op.operands[1], attributes=op.attributes)


def from_diagonal_vjp(build: Builder, op: Op, ct: Operand) -> Sequence[Contribution]:
    m = Arrays(build)
    found = m("np.diagonal", Traced(m, ct), **op.attributes)
    return found.operand, None


RECORDS: tuple[Record, ...] = (
    array_function(
        "np.diag",
        takes=signature("v", k=0),
        dims=diag_dims,
        rule=linear(diag_vjp),
        weight=FREE,
        holds="maybe",
        memory=diag_memory,
        cases=(
            case(real(3)),
            case(real(3), 1),
            case(real(3), k=-2),
            case(real(3, 3)),
            case(real(3, 4)),
            case(real(4, 3), k=1),
            case(real(3, 4), k=-1),
            case(real(2, 2), k=3),
            case(real(0)),
            case(real(1)),
            case(real(1, 1)),
            case(real(0, 2)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.diagonal",
        takes=signature("a", offset=0, axis1=0, axis2=1),
        dims=diagonal_dims,
        rule=linear(diagonal_vjp),
        weight=FREE,
        methods=("diagonal",),
        holds="view",
        cases=(
            case(real(3, 3)),
            case(real(3, 4), 1),
            case(real(4, 3), offset=-1),
            case(real(2, 3, 3), axis1=1, axis2=2),
            case(real(2, 3, 3), axis1=-2, axis2=-1),
            case(real(2, 3, 4), offset=1, axis1=2, axis2=0),
            case(real(0, 2)),
            case(real(1, 1)),
        ),
        oracle=COMPLEX_STEP,
    ),
    *(
        array_function(
            name,
            takes=signature("m", k=0),
            dims=triangle_dims,
            rule=triangle_rule(name),
            weight=FREE,
            cases=(
                case(real(3, 3)),
                case(real(3, 4), 1),
                case(real(4, 3), k=-1),
                case(real(2, 3, 3)),
                case(real(0, 2)),
                case(real(1, 1)),
            ),
            oracle=COMPLEX_STEP,
        )
        for name in ("np.tril", "np.triu")
    ),
    Record(
        name="from_diagonal",
        infer=from_diagonal_type,
        evaluate=from_diagonal,
        effect=pure,
        weight=FREE,
        rule=Custom(from_diagonal_jvp, from_diagonal_vjp),
        spelling=Spelling(write_from_diagonal, lambda types: FROM_DIAGONAL),
    ),
)
