"""Products of arrays: matrix products, inner and outer products, Kronecker products."""

from __future__ import annotations

import ast
import math
import string
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import NP_FLOAT, ONE, SOME, ArrayType, Dim, broadcast
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import Attributes, Dims, no_dims
from autodiff_compiler.ops.building import Arrays, Contributions, Traced, bilinear
from autodiff_compiler.ops.calling import Refused, signature, written
from autodiff_compiler.ops.cases import COMPLEX_STEP, NUMBER, case, integers, real, restated
from autodiff_compiler.ops.record import Record, Spelling
from autodiff_compiler.ops.weights import all_integers

OUT = Refused("assign the result instead")


# Dimensions.


def expect_same(name: str, a: Dim, b: Dim, or_none: bool = False) -> None:
    """Refuse two dimensions that belong together, but certainly have different sizes; unless
    NumPy takes it where one of them is 0 (`or_none`)."""
    if isinstance(a.size, int) and isinstance(b.size, int):
        sizes = max(a.size - a.less, 0), max(b.size - b.less, 0)
        if sizes[0] != sizes[1] and not (or_none and 0 in sizes):
            raise OperandError(f"{name}: sizes {a} and {b} of the inner dimensions differ")


def matmul_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    a, b = operands
    if not a or not b:
        raise OperandError("matmul: expected arrays, got a number: use *")
    expect_same("matmul", a[-1], b[-2] if len(b) > 1 else b[0])
    stack = broadcast(a[:-2], b[:-2])
    if stack is None:
        raise OperandError("matmul: the stacks of matrices don't fit together")
    return (*stack, *(a[-2:-1] if len(a) > 1 else ()), *(b[-1:] if len(b) > 1 else ()))


def dot_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    a, b = operands
    if not a or not b:
        return a or b
    expect_same("dot", a[-1], b[-2] if len(b) > 1 else b[0])
    return (*a[:-1], *b[:-2], *(b[-1:] if len(b) > 1 else ()))


def inner_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    a, b = operands
    if not a or not b:
        return a or b
    expect_same("inner", a[-1], b[-1])
    return (*a[:-1], *b[:-1])


def outer_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    return (_flat(operands[0]), _flat(operands[1]))


def _flat(dims: Dims) -> Dim:
    """The only dimension of an array made flat."""
    others = [dim for dim in dims if not dim.one]
    if not others:
        return ONE
    return others[0] if len(others) == 1 else SOME


def kron_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    longer, shorter = sorted(operands, key=len, reverse=True)
    first = len(longer) - len(shorter)
    return (*longer[:first], *map(_product, longer[first:], shorter))


def _product(a: Dim, b: Dim) -> Dim:
    if a.one or b.one:
        return b if a.one else a
    return SOME


# Rules.


def unstretched(m: Arrays, found: Traced, operand: Traced, own: Sequence[int] = ()) -> Traced:
    """A contribution summed over dimensions that may have been stretched, where it isn't known
    before it runs whether they were. Those at `own`, counted from the end, never are."""
    if not isinstance(found.type, ArrayType) or not isinstance(operand.type, ArrayType):
        return found
    pairs = zip(reversed(found.type.dims), reversed(operand.type.dims), strict=False)
    for place, (dim, wanted) in enumerate(pairs, 1):
        if -place in own or dim.one or wanted.one is not None or dim.is_as_long_as(wanted):
            continue
        return m.op("unbroadcast", found, operand)
    return found


MATRIX = (-1, -2)


def matmul_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """The result's cotangent times the other matrix; vectors as rows and columns."""
    a, b = c.x1, c.x2
    match a.rank, b.rank:
        case 1, 1:
            return {"x1": ct * b, "x2": ct * a}
        case 1, 2:
            return {"x1": b @ ct, "x2": outer(m, a, ct)}
        case 2, 1:
            return {"x1": outer(m, ct, b), "x2": a.T @ ct}
        case 1, _:
            row = m("np.expand_dims", ct, -2)
            return {
                "x1": m("np.squeeze", b @ m("np.expand_dims", ct, -1), -1),
                "x2": m("np.expand_dims", a, -1) @ row,
            }
        case _, 1:
            return {
                "x1": m("np.expand_dims", ct, -1) * b,
                "x2": m("np.tensordot", ct, a, ct.rank),
            }
        case rank, 2 if rank > 2:
            return {"x1": ct @ b.T, "x2": over_leading(m, a, ct)}
    return {
        "x1": unstretched(m, ct @ b.mT, a, MATRIX),
        "x2": unstretched(m, a.mT @ ct, b, MATRIX),
    }


def over_leading(m: Arrays, a: Traced, b: Traced) -> Traced:
    """The sum of the products over all dimensions but the last of both."""
    axes = tuple(range(a.rank - 1))
    return m("np.tensordot", a, b, (axes, axes))


def outer(m: Arrays, a: Traced, b: Traced) -> Traced:
    return m("np.outer", a, b)


def dot_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    a, b = c.a, c.b
    if a.rank == 0 or b.rank == 0:
        return {"a": ct * b, "b": ct * a}
    if b.rank <= 2:
        as_matmul = matmul_vjp(m, ct, _Pair(a, b))
        return {"a": as_matmul["x1"], "b": as_matmul["x2"]}
    # Of b, the second to last dimension is the one that is summed over.
    free = tuple(each for each in range(b.rank) if each != b.rank - 2)
    own = tuple(range(a.rank - 1))
    b_bar = m("np.tensordot", a, ct, (own, own) if own else 0)
    order = (*range(1, b.rank - 1), 0, b.rank - 1)
    return {
        "a": m("np.tensordot", ct, b, (tuple(range(a.rank - 1, ct.rank)), free)),
        "b": m("np.transpose", b_bar, order),
    }


class _Pair:
    """The operands of a product, by the names that np.matmul gives them."""

    def __init__(self, a: Traced, b: Traced) -> None:
        self.x1, self.x2 = a, b


def inner_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    a, b = c.a, c.b
    match a.rank, b.rank:
        case (0, _) | (_, 0) | (1, 1):
            return {"a": ct * b, "b": ct * a}
        case 1, 2:
            return {"a": ct @ b, "b": outer(m, ct, a)}
        case 2, 1:
            return {"a": outer(m, ct, b), "b": ct @ a}
        case 2, 2:
            return {"a": ct @ b, "b": ct.T @ a}
    own = tuple(range(a.rank - 1))
    return {
        "a": m("np.tensordot", ct, b, b.rank - 1),
        "b": m("np.tensordot", ct, a, (own, own) if own else 0),
    }


def vdot_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    a, b = (_as_precise(m, each, c.result) for each in (c.a, c.b))
    return {"a": _shaped(m, ct * b, a), "b": _shaped(m, ct * a, b)}


def _as_precise(m: Arrays, x: Traced, result: Traced) -> Traced:
    """An array in double precision, where the number that came of it is."""
    single = isinstance(x.type, ArrayType) and x.type.dtype == "float32"
    return m.op("astype", x, dtype="float64") if single and result.type == NP_FLOAT else x


def _shaped(m: Arrays, x: Traced, like: Traced) -> Traced:
    """x, which has the elements of `like` in order, in its shape."""
    if x.rank == like.rank and x.rank <= 1:
        return x
    if like.rank == 0:
        return m("np.sum", x)
    if x.rank == 0:
        return x
    return m.op("reshape_like", x, like)


def outer_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    a, b = c.a, c.b
    if a.rank == b.rank == 1:
        return {"a": ct @ b, "b": ct.T @ a}
    if a.rank == 0:
        return {"a": ct * _flattened(m, b), "b": _shaped(m, ct * a, b)}
    if b.rank == 0:
        return {"a": _shaped(m, ct * b, a), "b": ct.T * _flattened(m, a)}
    return {
        "a": _shaped(m, ct @ _flattened(m, b), a),
        "b": _shaped(m, ct.T @ _flattened(m, a), b),
    }


def _flattened(m: Arrays, x: Traced) -> Traced:
    return x if x.rank <= 1 else m("np.reshape", x, (-1,))


def kron_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """The result has the elements of the outer product, a[i]·b[k] at i·size + k."""
    a, b = c.a, c.b
    if a.rank == 0 or b.rank == 0:
        return {"a": ct * b, "b": ct * a}
    rank = max(a.rank, b.rank)
    letters = iter(string.ascii_lowercase)
    of_a, of_b, both = "", "", ""
    sizes: list[Traced] = []
    for place in range(-rank, 0):
        if -place <= a.rank:
            of_a += (letter := next(letters))
            both += letter
            sizes.append(m.op("shape", a).item(place))
        if -place <= b.rank:
            of_b += (letter := next(letters))
            both += letter
            sizes.append(m.op("shape", b).item(place))
    apart = m("np.reshape", ct, sizes)
    if rank == 1:
        return {"a": apart @ b, "b": apart.T @ a}
    return {
        "a": m("np.einsum", f"{both},{of_b}->{of_a}", apart, b),
        "b": m("np.einsum", f"{both},{of_a}->{of_b}", apart, a),
    }


def multi_dot_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    if len(operands) < 2:
        raise OperandError("multi_dot: expected at least two arrays")
    for place, dims in enumerate(operands):
        at_end = place in (0, len(operands) - 1)
        if len(dims) != 2 and not (at_end and len(dims) == 1):
            raise OperandError("multi_dot: expected matrices; vectors may come first and last")
    for a, b in pairwise(operands):
        expect_same("multi_dot", a[-1], b[0])
    return (*operands[0][:-1], *operands[-1][1:])


def multi_dot_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """Each factor's cotangent: the transposes of what stands left and right of it, around ct."""
    factors = list(c.arrays)
    first, last = factors[0], factors[-1]
    if first.rank == 1:
        ct = m("np.expand_dims", ct, 0)
        factors[0] = m("np.expand_dims", first, 0)
    if last.rank == 1:
        ct = m("np.expand_dims", ct, -1)
        factors[-1] = m("np.expand_dims", last, -1)
    found = []
    for place in range(len(factors)):
        left = [each.T for each in factors[:place]]
        right = [each.T for each in factors[place + 1 :]]
        around = [*left[::-1], ct, *right[::-1]]
        # Left factors come in order of the product's transpose: (A B)ᵀ = Bᵀ Aᵀ.
        found.append(_chain(m, around))
    if first.rank == 1:
        found[0] = m("np.squeeze", found[0], 0)
    if last.rank == 1:
        found[-1] = m("np.squeeze", found[-1], -1)
    return {"arrays": found}


def _chain(m: Arrays, factors: Sequence[Traced]) -> Traced:
    if len(factors) == 2:
        return factors[0] @ factors[1]
    return m("np.linalg.multi_dot", factors)


# Weights: a multiplication and an addition for each product of elements.


def matmul_weight(operands: Sequence[object]) -> int:
    a, b = (np.asarray(operand) for operand in operands)
    if a.dtype.kind != "f" and b.dtype.kind != "f":
        return 0
    rows = a.shape[-2] if a.ndim > 1 else 1
    columns = b.shape[-1] if b.ndim > 1 else 1
    stack = math.prod(np.broadcast_shapes(a.shape[:-2], b.shape[:-2]))
    return int(2 * stack * rows * columns * a.shape[-1])


def dot_weight(operands: Sequence[object]) -> int:
    if all_integers(operands):
        return 0
    a, b = map(np.asarray, operands)
    if a.ndim == 0 or b.ndim == 0:
        return a.size * b.size
    return int(2 * a.size * (b.size // max(b.shape[-2 if b.ndim > 1 else 0], 1)))


def inner_weight(operands: Sequence[object]) -> int:
    if all_integers(operands):
        return 0
    a, b = map(np.asarray, operands)
    if a.ndim == 0 or b.ndim == 0:
        return a.size * b.size
    return int(2 * a.size * (b.size // max(b.shape[-1], 1)))


def all_pairs(operands: Sequence[object]) -> int:
    """One multiplication for each pair of elements."""
    return 0 if all_integers(operands) else math.prod(np.asarray(each).size for each in operands)


def vdot_weight(operands: Sequence[object]) -> int:
    return 0 if all_integers(operands) else 2 * np.asarray(operands[0]).size


def multi_dot_weight(operands: Sequence[object]) -> int:
    """From left to right; NumPy may find a better order."""
    first, *others = map(np.asarray, operands)
    rows = first.shape[0] if first.ndim > 1 else 1
    return sum(2 * rows * other.size for other in others)


def write_matmul(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    if "method" in attributes or attributes.get("form") == "function":
        return _called.write(operands, types, attributes)  # type: ignore[return-value]
    return ast.BinOp(operands[0], ast.MatMult(), operands[1])


MATMUL = signature(
    "x1",
    "x2",
    out=OUT,
    axes=Refused("move the matrices to the last two axes first"),
    axis=Refused(),
    keepdims=Refused(),
    casting=Refused(),
    order=Refused(),
    dtype=Refused("use astype"),
    subok=Refused(),
    signature=Refused("use astype"),
)
_called = written("np.matmul", MATMUL)

RECORDS: tuple[Record, ...] = (
    array_function(
        "np.matmul",
        takes=MATMUL,
        dims=matmul_dims,
        example=1,  # whatever the sizes, they fit together
        rule=bilinear(matmul_vjp),
        weight=matmul_weight,
        spelling=Spelling(write_matmul),
        cases=(
            case(real(3), real(3)),
            case(real(2, 3), real(3)),
            case(real(3), real(3, 4)),
            case(real(2, 3), real(3, 4)),
            case(real(5, 2, 3), real(3, 4)),
            case(real(6, 5, 2, 3), real(3, 4)),
            case(real(2, 3), real(5, 3, 4)),
            case(real(5, 1, 2, 3), real(4, 3, 2)),
            case(real(3), real(5, 3, 4)),
            case(real(5, 2, 3), real(3)),
            case(real(6, 5, 2, 3), real(3)),
            case(real(2, 3), integers(5, 3, 4)),
            case(real(0, 3), real(3, 2)),
            case(real(2, 0), real(0, 2)),
            case(real(1, 1), real(1, 1)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.dot",
        takes=signature("a", "b", out=OUT),
        dims=dot_dims,
        example=1,  # whatever the sizes, they fit together
        rule=bilinear(dot_vjp),
        weight=dot_weight,
        methods=("dot",),
        cases=(
            case(real(3), real(3)),
            case(real(2, 3), real(3)),
            case(real(3), real(3, 4)),
            case(real(2, 3), real(3, 4)),
            case(real(5, 2, 3), real(3)),
            case(real(5, 2, 3), real(3, 4)),
            case(real(3), real(5, 3, 4)),
            case(real(2, 3), real(5, 3, 4)),
            case(real(6, 2, 3), real(5, 3, 4)),
            case(real(2, 3), real(6, 5, 3, 4)),
            case(real(2, 3), NUMBER),
            case(NUMBER, real(3)),
            case(real(), real(2)),
            case(real(), real()),
            case(integers(5, 2, 3), real(3)),
            case(real(0), real(0)),
            case(real(2, 0), real(0, 3)),
            case(real(1, 1), real(1)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.inner",
        takes=signature("a", "b"),
        dims=inner_dims,
        example=1,  # whatever the sizes, they fit together
        rule=bilinear(inner_vjp),
        weight=inner_weight,
        cases=(
            case(real(3), real(3)),
            case(real(2, 3), real(3)),
            case(real(3), real(4, 3)),
            case(real(2, 3), real(4, 3)),
            case(real(3), real(5, 4, 3)),
            case(real(5, 4, 3), real(3)),
            case(real(5, 2, 3), real(4, 3)),
            case(real(2, 3), real(6, 5, 3)),
            case(real(2), NUMBER),
            case(real(), real(2, 2)),
            case(real(0), real(0)),
            case(real(2, 0), real(3, 0)),
            case(real(1), real(1)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.vdot",
        takes=signature("a", "b"),
        dims=no_dims,
        example=1,
        rule=bilinear(vdot_vjp),
        weight=vdot_weight,
        cases=(
            case(real(3), real(3)),
            case(real(2, 3), real(2, 3)),
            case(real(2, 3), real(3, 2)),
            case(real(6), real(3, 2)),
            case(real(1), NUMBER),
            case(real(), real(1, 1)),
            case(real(0), real(0, 2)),
        ),
        # NumPy's takes the conjugate of complex numbers.
        oracle=restated(lambda a, b: np.sum(np.ravel(a) * np.ravel(b))),
    ),
    array_function(
        "np.outer",
        takes=signature("a", "b", out=OUT),
        dims=outer_dims,
        rule=bilinear(outer_vjp),
        weight=all_pairs,
        cases=(
            case(real(3), real(4)),
            case(real(1), real(3)),
            case(real(0), real(2)),
            case(real(2, 3), real(4)),
            case(real(4), real(2, 1, 3)),
            case(real(2), NUMBER),
            case(real(), real(2)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.kron",
        takes=signature("a", "b"),
        dims=kron_dims,
        rule=bilinear(kron_vjp),
        weight=all_pairs,
        cases=(
            case(real(3), real(2)),
            case(real(2, 3), real(4, 2)),
            case(real(3), real(4, 2)),
            case(real(2, 3), real(2)),
            case(real(2, 3, 2), real(2, 1, 3)),
            case(real(2, 2), NUMBER),
            case(real(1, 1), real(2, 2)),
            case(real(0, 2), real(2, 2)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.linalg.multi_dot",
        takes=signature("*arrays", out=OUT),
        dims=multi_dot_dims,
        example=1,
        rule=bilinear(multi_dot_vjp),
        weight=multi_dot_weight,
        cases=(
            case((real(2, 3), real(3, 4))),
            case((real(2, 3), real(3, 4), real(4, 5))),
            case((real(3), real(3, 4), real(4, 5))),
            case((real(2, 3), real(3, 4), real(4, 5), real(5))),
            case((real(3), real(3, 4), real(4))),
            case((real(2, 0), real(0, 4), real(4, 1))),
        ),
        oracle=COMPLEX_STEP,
    ),
)
