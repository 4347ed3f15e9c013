"""What rules of matrix functions are made of: identities, triangles, cofactors, parts of tuples."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.builder import Builder
from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import ArrayType, Dim, ScalarType, TupleType, Type
from autodiff_compiler.ir.values import Const, Op, Operand
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.array_types import Attributes, Dims, array
from autodiff_compiler.ops.building import Arrays, Contributions, Tangents, Traced, custom
from autodiff_compiler.ops.calling import signature
from autodiff_compiler.ops.cases import case, definite, real, regular
from autodiff_compiler.ops.helpers import running
from autodiff_compiler.ops.kinds import pure, raises
from autodiff_compiler.ops.record import Contribution, Custom, Helper, Record, Spelling, Zero
from autodiff_compiler.ops.weights import FREE

# Types.


def float_dtype(types: Sequence[Type]) -> str:
    """The dtype in which np.linalg computes: single precision only if all operands have it."""
    return "float32" if all(array(each).dtype == "float32" for each in types) else "float64"


def matrix_dims(name: str, found: Type) -> Dims:
    """The dimensions of a matrix, or of a stack of them."""
    dims = array(found).dims
    if len(dims) < 2:
        raise OperandError(f"{name}: expected a matrix, got an array of {len(dims)} dimensions")
    return dims


def square_dims(name: str, found: Type) -> Dims:
    dims = matrix_dims(name, found)
    rows, columns = dims[-2:]
    if isinstance(rows.size, int) and isinstance(columns.size, int) and rows.size != columns.size:
        raise OperandError(f"{name}: expected a square matrix, got {rows} by {columns}")
    return dims


def array_or_scalar(dtype: str, dims: Dims) -> Type:
    """What np.linalg gives where no dimension is left: NumPy's scalar."""
    found = ArrayType(dtype, dims)
    return found if dims else found.element


# Weights.


def stacked(operand: object) -> tuple[int, int, int]:
    """How many matrices there are, and their rows and columns."""
    shape = np.asarray(operand).shape
    return math.prod(shape[:-2]), shape[-2], shape[-1]


def cubes(factor: float) -> Callable[[Sequence[object]], int]:
    """So many operations for each cube of the (shorter) side of a matrix."""

    def weight(operands: Sequence[object]) -> int:
        count, rows, columns = stacked(operands[0])
        return round(factor * count * rows * columns * min(rows, columns))

    return weight


# In rules.


def part(m: Arrays, ct: Traced, place: int, result: Traced) -> Traced | None:
    """The cotangent of one of several results; None where it is certainly zero.

    A result that nobody uses has the number 0.0 as its cotangent, also where it is an array.
    """
    for node in m.build.nodes:
        if isinstance(node, Op) and node.result is ct.operand and node.operation.name == "tuple":
            given = node.operands[place]
            if isinstance(given, Const) and given.value == 0.0:
                return None
    assert isinstance(ct.type, TupleType) and isinstance(result.type, TupleType)
    whole = result.type.items[place]
    if isinstance(whole, ArrayType) and isinstance(ct.type.items[place], ScalarType):
        return None
    return ct.item(place)


def total(*terms: Traced | None) -> Traced | None:
    """The sum of those terms that there are."""
    found: Traced | None = None
    for term in terms:
        if term is not None:
            found = term if found is None else found + term
    return found


def identity(m: Arrays, like: Traced, axis: int = -1, dtype: str | None = None) -> Traced:
    """The identity matrix as large as an array is along an axis."""
    return m.op("eye_of", like, axes=(axis, axis), k=0, dtype=dtype)


def lower(m: Arrays, x: Traced, k: int = 0) -> Traced:
    return m.op("lower", x, k=k)


def row(m: Arrays, x: Traced) -> Traced:
    return m("np.expand_dims", x, -2)


def column(m: Arrays, x: Traced) -> Traced:
    return m("np.expand_dims", x, -1)


def columns_times(m: Arrays, matrix: Traced, factors: Traced) -> Traced:
    """Each column of a matrix times a factor of its own."""
    return matrix * (factors if factors.rank == 1 else row(m, factors))


def scaling(m: Arrays, factor: Traced) -> Traced:
    """A factor for each matrix of a stack, to be multiplied with it."""
    return factor if factor.rank == 0 else m("np.expand_dims", factor, (-2, -1))


def symmetric_part(x: Traced) -> Traced:
    return 0.5 * (x + x.mT)


# Operations.


def eye_type(types: Sequence[Type], attributes: Attributes) -> Type:
    found = array(types[0])
    axis1, axis2 = _axes(attributes)
    dtype = attributes["dtype"] or ("float32" if found.dtype == "float32" else "float64")
    return ArrayType(str(dtype), (found.dims[axis1], found.dims[axis2]))


def _axes(attributes: Attributes) -> tuple[int, int]:
    axes = attributes["axes"]
    assert isinstance(axes, tuple)
    return axes


def eye_of(a: Any, axes: tuple[int, int], k: int, dtype: str | None) -> object:
    kind = dtype or ("float32" if a.dtype == np.float32 else "float64")
    return np.eye(a.shape[axes[0]], a.shape[axes[1]], k, dtype=kind)


def write_eye(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    found = array(types[0])
    axis1, axis2 = _axes(attributes)
    if found.rank <= 2:
        axis1, axis2 = axis1 % found.rank, axis2 % found.rank
    sizes = [_size(operands[0], found.dims[axis1], axis1)]
    if found.rank == 2 and (axis1, axis2) == (0, 1):
        sizes = [ast.Starred(ast.Attribute(operands[0], "shape", ast.Load()), ast.Load())]
    elif axis2 != axis1:
        sizes.append(_size(operands[0], found.dims[axis2], axis2))
    keywords = []
    if attributes["k"]:
        k = attributes["k"]
        assert isinstance(k, int)
        offset: ast.expr = ast.Constant(abs(k))
        keywords.append(
            ast.keyword("k", ast.UnaryOp(ast.USub(), offset) if k < 0 else offset),
        )
    result = eye_type(types, attributes)
    assert isinstance(result, ArrayType)
    if result.dtype != "float64":
        text = "bool" if result.dtype == "bool" else f"np.{result.dtype}"
        keywords.append(ast.keyword("dtype", spell.name(text)))
    return ast.Call(spell.name("np.eye"), sizes, keywords)


def _size(operand: ast.expr, dim: Dim, axis: int) -> ast.expr:
    if isinstance(dim.size, int) and not dim.less:
        return ast.Constant(dim.size)
    place: ast.expr = ast.Constant(abs(axis))
    if axis < 0:
        place = ast.UnaryOp(ast.USub(), place)
    return spell.subscript(ast.Attribute(operand, "shape", ast.Load()), place)


def lower_type(types: Sequence[Type], attributes: Attributes) -> Type:
    matrix_dims("np.tril", types[0])
    return types[0]


def write_lower(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    k = attributes["k"]
    assert isinstance(k, int)
    if k == 0:
        return spell.call("np.tril", operands[0])
    offset: ast.expr = ast.Constant(abs(k))
    return spell.call("np.tril", operands[0], ast.UnaryOp(ast.USub(), offset) if k < 0 else offset)


def lower_jvp(build: Builder, op: Op, tangents: Sequence[Operand | None]) -> Operand | None:
    if tangents[0] is None:
        return None
    return build.op(op.operation, tangents[0], attributes=op.attributes)


def lower_vjp(build: Builder, op: Op, ct: Operand) -> Sequence[Contribution]:
    return (build.op(op.operation, ct, attributes=op.attributes),)


# Where the determinant isn't 0, it times the inverse is accurate even if the matrix is almost
# singular, for one error of the last pivot is in both. Where it is 0, there is no inverse; then
# the cofactors of U diag(s) Vᵀ are det(U) det(V) U diag(products of the other s) Vᵀ.
COFACTORS = Helper(
    "cofactors",
    '''\
def cofactors(a):
    """The derivatives of np.linalg.det(a) by the elements of a."""
    det = np.linalg.det(a)
    if np.all(det != 0):
        return det[..., None, None] * np.linalg.inv(a).swapaxes(-1, -2)
    u, s, v = np.linalg.svd(a)
    others = np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]).prod(axis=-1)
    sign = np.linalg.det(u @ v)
    return sign[..., None, None] * (u * others[..., None, :]) @ v
''',
)


def cofactors_type(types: Sequence[Type], attributes: Attributes) -> Type:
    return ArrayType(float_dtype(types), square_dims("det", types[0]))


def cofactors_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    """Of det(A) A⁻ᵀ, where A has an inverse."""
    assert dots.a is not None
    found: Traced = c.result
    inverse = m("np.linalg.inv", c.a).mT
    slope = m("np.sum", inverse * dots.a, axis=(-2, -1))
    return scaling(m, slope) * found - inverse @ dots.a.mT @ found


def cofactors_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    inverse = m("np.linalg.inv", c.a).mT
    weight = m("np.sum", ct * c.result, axis=(-2, -1))
    return {"a": scaling(m, weight) * inverse - c.result @ ct.mT @ inverse}


RECORDS: tuple[Record, ...] = (
    Record(
        name="eye_of",
        infer=eye_type,
        evaluate=eye_of,
        effect=pure,
        weight=FREE,
        rule=Zero("its ones and zeros depend on sizes only"),
        spelling=Spelling(write_eye),
    ),
    Record(
        name="lower",
        infer=lower_type,
        evaluate=np.tril,
        effect=pure,
        weight=FREE,
        rule=Custom(lower_jvp, lower_vjp),
        spelling=Spelling(write_lower),
    ),
    Record(
        name="cofactors",
        infer=cofactors_type,
        evaluate=running(COFACTORS),
        effect=raises,
        weight=lambda operands: 3 * stacked(operands[0])[0] * stacked(operands[0])[1] ** 3,
        rule=custom(jvp=cofactors_jvp, vjp=cofactors_vjp),
        spelling=spell.calling_helper(COFACTORS),
        takes=signature("a"),
        cases=(
            case(regular(3, 3)),
            case(regular(2, 3, 3)),
            case(regular(1, 1)),
            case(definite(2, 2)),
            case(real(0, 0)),
        ),
    ),
)
