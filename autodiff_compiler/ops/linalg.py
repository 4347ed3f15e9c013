"""Linear algebra: systems of equations, inverses, determinants, powers of matrices.

The formulas are those of M. Giles, "Collected matrix derivative results for forward and reverse
mode algorithmic differentiation" (2008), sections 2.2 (inverse, determinant, solution); those of
the pseudo-inverse, and the solution by least squares with it, are from G. Golub and V. Pereyra,
"The differentiation of pseudo-inverses and nonlinear least squares problems whose variables
separate" (1973), equation 4.12, valid where the rank is constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import (
    KIND_OF_DTYPE,
    SOME,
    ArrayType,
    TupleType,
    Type,
    broadcast,
)
from autodiff_compiler.ops import decompositions
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import Attributes, array
from autodiff_compiler.ops.building import Arrays, Contributions, Tangents, Traced, custom
from autodiff_compiler.ops.calling import HOLE, Refused, signature
from autodiff_compiler.ops.cases import (
    COMPLEX_STEP,
    NO_DERIVATIVE,
    case,
    integers,
    real,
    regular,
    restated,
)
from autodiff_compiler.ops.kinds import raises
from autodiff_compiler.ops.linalg_oracles import (
    least_squares,
    log_determinant,
    pseudo_inverse,
)
from autodiff_compiler.ops.matrices import (
    array_or_scalar,
    column,
    columns_times,
    cubes,
    float_dtype,
    matrix_dims,
    part,
    scaling,
    square_dims,
    stacked,
    total,
)
from autodiff_compiler.ops.products import expect_same
from autodiff_compiler.ops.record import Record, Zero
from autodiff_compiler.ops.subscripts import Slice

# The names of the items of results that NumPy gives as named tuples, in all of np.linalg.
RESULT_NAMES: dict[str, tuple[str, ...]] = {
    **decompositions.RESULT_NAMES,
    "np.linalg.slogdet": ("sign", "logabsdet"),
}


# solve, inv


def solve_type(types: Sequence[Type], attributes: Attributes) -> Type:
    dims, b = square_dims("solve", types[0]), array(types[1]).dims
    if not b:
        raise OperandError("solve: expected a vector or matrix as right-hand side, got a number")
    expect_same("solve", dims[-1], b[0] if len(b) == 1 else b[-2])
    stack = broadcast(dims[:-2], b[:-2])
    if stack is None:
        raise OperandError("solve: the stacks of matrices don't fit together")
    own = (dims[-1],) if len(b) == 1 else (dims[-1], b[-1])
    return ArrayType(float_dtype(types), (*stack, *own))


def solve(m: Arrays, a: Traced, b: Traced) -> Traced:
    return m("np.linalg.solve", a, b)


def solve_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    """A x = b, so A ẋ = ḃ − Ȧ x."""
    x = c.result
    if dots.a is None:
        return None if dots.b is None else solve(m, c.a, dots.b)
    moved = dots.a @ x if _fits(c) else _times_vectors(m, dots.a, x)
    right = -moved if dots.b is None else dots.b - moved
    if _fits(c):
        return solve(m, c.a, right)
    return m("np.squeeze", solve(m, c.a, column(m, right)), -1)


def _fits(c: Any) -> bool:
    """Whether results are right-hand sides too: not so of many systems with one vector."""
    return bool(c.b.rank > 1 or c.a.rank == 2)


def _times_vectors(m: Arrays, a: Traced, x: Traced) -> Traced:
    return m("np.squeeze", a @ column(m, x), -1)


def solve_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    x = c.result
    if not _fits(c):
        b_bar = solve(m, c.a.mT, column(m, ct))
        return {"a": -(b_bar * m("np.expand_dims", x, -2)), "b": m("np.squeeze", b_bar, -1)}
    b_bar = solve(m, c.a.mT, ct)
    if c.b.rank == 1:
        return {"a": -m("np.outer", b_bar, x), "b": b_bar}
    return {"a": -(b_bar @ x.mT), "b": b_bar}


def inv_type(types: Sequence[Type], attributes: Attributes) -> Type:
    return ArrayType(float_dtype(types), square_dims("inv", types[0]))


def inv_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    assert dots.a is not None
    found: Traced = c.result
    return -(found @ dots.a @ found)


def inv_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    transposed = c.result.mT
    return {"a": -(transposed @ ct @ transposed)}


# det, slogdet


def det_type(types: Sequence[Type], attributes: Attributes) -> Type:
    return array_or_scalar(float_dtype(types), square_dims("det", types[0])[:-2])


def det_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    """The sum of cofactors times elements, which has no need of an inverse."""
    assert dots.a is not None
    return m("np.sum", m.op("cofactors", c.a) * dots.a, axis=(-2, -1))


def det_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    return {"a": scaling(m, ct) * m.op("cofactors", c.a)}


def slogdet_type(types: Sequence[Type], attributes: Attributes) -> Type:
    found = array_or_scalar(float_dtype(types), square_dims("slogdet", types[0])[:-2])
    return TupleType((found, found))


def slogdet_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    """The logarithm's: trace(A⁻¹ Ȧ). The sign varies in jumps only."""
    assert dots.a is not None
    inverse = m("np.linalg.inv", c.a)
    slope = m("np.sum", inverse.mT * dots.a, axis=(-2, -1))
    return m.op("tuple", 0.0, slope, container="tuple")


def slogdet_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    log_bar = part(m, ct, 1, c.result)
    if log_bar is None:
        return {}
    return {"a": scaling(m, log_bar) * m("np.linalg.inv", c.a).mT}


# matrix_power


def power_type(types: Sequence[Type], attributes: Attributes) -> Type:
    found, n = array(types[0]), attributes["n"]
    if type(n) is not int:
        raise OperandError(f"matrix_power: expected an int as n, got {n!r}")
    dims = square_dims("matrix_power", found)
    return ArrayType(found.dtype if n >= 0 else float_dtype(types), dims)


def without_inverse(types: Sequence[Type], attributes: Attributes) -> bool:
    """Whether a power certainly raises nothing."""
    n = attributes["n"]
    return isinstance(n, int) and n >= 0


def power_slope(m: Arrays, a: Traced, a_dot: Traced, n: int) -> Traced:
    """The tangent of Aⁿ (n > 0): that of the half power by the product rule, and so on."""
    return _powers(m, a, a_dot, n)[1]


def _powers(m: Arrays, a: Traced, a_dot: Traced, n: int) -> tuple[Traced, Traced]:
    if n == 1:
        return a, a_dot
    half, half_dot = _powers(m, a, a_dot, n // 2)
    whole, whole_dot = half @ half, half_dot @ half + half @ half_dot
    if n % 2 == 0:
        return whole, whole_dot
    return whole @ a, whole_dot @ a + whole @ a_dot


def power_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    if c.n == 0 or dots.a is None:
        return None
    if c.n > 0:
        return power_slope(m, c.a, dots.a, c.n)
    inverse = m("np.linalg.inv", c.a)
    return power_slope(m, inverse, -(inverse @ dots.a @ inverse), -c.n)


def power_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """The sum of Aᵀᵏ ȳ Aᵀⁿ⁻¹⁻ᵏ: the tangent of the power of Aᵀ in the direction ȳ."""
    if c.n == 0:
        return {}
    if c.n > 0:
        return {"a": power_slope(m, c.a.mT, ct, c.n)}
    transposed = m("np.linalg.inv", c.a).mT
    return {"a": -(transposed @ power_slope(m, transposed, ct, -c.n) @ transposed)}


# pinv, lstsq


def pinv_type(types: Sequence[Type], attributes: Attributes) -> Type:
    *stack, rows, columns = matrix_dims("pinv", types[0])
    return ArrayType(float_dtype(types), (*stack, columns, rows))


def pinv_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    """−A⁺ Ȧ A⁺ + A⁺ A⁺ᵀ Ȧᵀ (1 − A A⁺) + (1 − A⁺ A) Ȧᵀ A⁺ᵀ A⁺"""
    a: Traced = c.a
    y: Traced = c.result
    a_dot = dots.a
    assert a_dot is not None
    left = y @ y.mT @ a_dot.mT
    right = a_dot.mT @ y.mT @ y
    return left - left @ a @ y + right - y @ (a @ right) - y @ a_dot @ y


def pinv_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    a, y = c.a, c.result
    left = ct.mT @ y @ y.mT
    right = y.mT @ y @ ct.mT
    return {"a": left - a @ (y @ left) + right - right @ y @ a - y.mT @ ct @ y.mT}


def lstsq_type(types: Sequence[Type], attributes: Attributes) -> Type:
    """x, the sums of squares (none where they are 0 in any case), the rank, singular values."""
    a, b = matrix_dims("lstsq", types[0]), array(types[1]).dims
    if len(a) != 2 or len(b) not in (1, 2):
        raise OperandError("lstsq: expected a matrix, and a vector or a matrix")
    expect_same("lstsq", a[0], b[0])
    dtype = float_dtype(types)
    return TupleType(
        (
            ArrayType(dtype, (a[1], *b[1:])),
            ArrayType(dtype, (SOME,)),
            KIND_OF_DTYPE["int32"],
            ArrayType(dtype, (decompositions.shortest(*a),)),
        )
    )


def pinv(m: Arrays, c: Any) -> Traced:
    return m("np.linalg.pinv", c.a) if c.rcond is None else m("np.linalg.pinv", c.a, c.rcond)


def lstsq_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    """x = A⁺ b; the sums of squares are those of r = b − A x, and r is orthogonal to A's range."""
    a, b, x = c.a, c.b, c.result.item(0)
    y = pinv(m, c)
    residual = b - a @ x
    moved = total(dots.b, None if dots.a is None else -(dots.a @ x))
    assert moved is not None
    x_dot = y @ moved
    if dots.a is not None:
        turned = dots.a.T @ (y.T @ x)
        x_dot = x_dot + y @ (y.T @ (dots.a.T @ residual)) + (turned - y @ (a @ turned))
    squares = 2.0 * m("np.sum", residual * moved, axis=0, keepdims=b.rank == 1)
    count = m.op("shape", c.result.item(1)).item(0)
    squares_dot = m.op("get", squares, count, index=(Slice(stop=HOLE),))
    values_dot: Traced | float = 0.0
    if dots.a is not None:
        svd = m("np.linalg.svd", a, full_matrices=False)
        values_dot = m("np.sum", svd.item(0) * (dots.a @ svd.item(2).T), axis=0)
    return m.op("tuple", x_dot, squares_dot, 0.0, values_dot, container="tuple")


def lstsq_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    a, b, x = c.a, c.b, c.result.item(0)
    x_bar, squares_bar, _, values_bar = (part(m, ct, place, c.result) for place in range(4))
    a_bar: Traced | None = None
    b_bar: Traced | None = None
    residual = b - a @ x
    if x_bar is not None:
        y = pinv(m, c)
        b_bar = y.T @ x_bar
        outside = x_bar - y @ (a @ x_bar)
        a_bar = (
            _by_transpose(m, residual, y @ b_bar)
            + _by_transpose(m, y.T @ x, outside)
            - _by_transpose(m, b_bar, x)
        )
    if squares_bar is not None:
        factor = m("np.sum", squares_bar) if b.rank == 1 else squares_bar
        direct = 2.0 * residual * factor
        b_bar = total(b_bar, direct)
        a_bar = total(a_bar, -_by_transpose(m, direct, x))
    if values_bar is not None:
        svd = m("np.linalg.svd", a, full_matrices=False)
        a_bar = total(a_bar, columns_times(m, svd.item(0), values_bar) @ svd.item(2))
    return {"a": a_bar, "b": b_bar}


def _by_transpose(m: Arrays, a: Traced, b: Traced) -> Traced:
    return m("np.outer", a, b) if a.rank == 1 else a @ b.T


# matrix_rank


def rank_type(types: Sequence[Type], attributes: Attributes) -> Type:
    dims = array(types[0]).dims
    if len(dims) < 2:
        raise OperandError("matrix_rank: expected a matrix, got a vector")
    return array_or_scalar("int64", dims[:-2])


# Weights: multiplications and additions of the usual algorithms.


def solve_weight(operands: Sequence[object]) -> int:
    _, n, _ = stacked(operands[0])
    return cubes(2 / 3)(operands[:1]) + 2 * n * np.asarray(operands[1]).size


def power_weight(operands: Sequence[object]) -> int:
    return 0 if np.asarray(operands[0]).dtype.kind != "f" else cubes(4)(operands)


RECORDS: tuple[Record, ...] = (
    array_function(
        "np.linalg.solve",
        takes=signature("a", "b"),
        infer=solve_type,
        effect=raises,
        rule=custom(jvp=solve_jvp, vjp=solve_vjp),
        weight=solve_weight,
        cases=(
            case(regular(3, 3), real(3)),
            case(regular(3, 3), real(3, 2)),
            case(regular(4, 3, 3), real(3)),
            case(regular(4, 3, 3), real(4, 3, 2)),
            case(regular(4, 3, 3), real(3, 2)),
            case(regular(3, 3), real(4, 3, 2)),
            case(regular(2, 1, 3, 3), real(4, 3, 2)),
            case(regular(3, 3), integers(5, 3)),
            case(regular(1, 1), real(1)),
            case(regular(0, 0), real(0)),
            case(regular(0, 2, 2), real(0, 2, 1)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.linalg.inv",
        takes=signature("a"),
        infer=inv_type,
        effect=raises,
        rule=custom(jvp=inv_jvp, vjp=inv_vjp),
        weight=cubes(2),
        cases=(
            case(regular(3, 3)),
            case(regular(4, 2, 2)),
            case(regular(1, 1)),
            case(regular(0, 0)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.linalg.det",
        takes=signature("a"),
        infer=det_type,
        rule=custom(jvp=det_jvp, vjp=det_vjp),
        weight=cubes(2 / 3),
        cases=(
            case(regular(3, 3)),
            case(regular(4, 2, 2)),
            case(regular(1, 1)),
            case(regular(0, 0)),
            case(real(2, 3, 4, 4)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.linalg.slogdet",
        takes=signature("a"),
        infer=slogdet_type,
        rule=custom(jvp=slogdet_jvp, vjp=slogdet_vjp),
        weight=cubes(2 / 3),
        cases=(
            case(regular(3, 3)),
            case(regular(4, 2, 2)),
            case(regular(1, 1)),
            case(regular(0, 0)),
        ),
        oracle=restated(log_determinant),
    ),
    array_function(
        "np.linalg.matrix_power",
        takes=signature("a", ":n"),
        infer=power_type,
        effect=raises,
        rule=custom(jvp=power_jvp, vjp=power_vjp),
        holds="maybe",  # the first power is the array itself
        weight=power_weight,
        cases=(
            *(case(regular(3, 3), n) for n in (0, 1, 2, 3, 5, 8, -1, -2, -3)),
            case(regular(4, 2, 2), n=3),
            case(regular(1, 1), -2),
            case(regular(0, 0), 2),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.linalg.pinv",
        takes=signature(
            "a",
            rcond=None,
            hermitian=Refused("leave it out"),
            rtol=Refused("write it as rcond"),
        ),
        infer=pinv_type,
        effect=raises,
        rule=custom(jvp=pinv_jvp, vjp=pinv_vjp),
        weight=cubes(20),
        cases=(
            case(real(5, 3)),
            case(real(3, 5)),
            case(regular(3, 3)),
            case(real(4, 5, 3)),
            case(real(5, 3), 1e-12),
            case(real(5, 3), rcond=1e-10),
            case(regular(1, 1)),
            case(real(0, 3)),
        ),
        oracle=restated(pseudo_inverse),
    ),
    array_function(
        "np.linalg.lstsq",
        takes=signature("a", "b", rcond=None),
        infer=lstsq_type,
        effect=raises,
        rule=custom(jvp=lstsq_jvp, vjp=lstsq_vjp),
        weight=cubes(20),
        cases=(
            case(real(5, 3), real(5)),
            case(real(5, 3), real(5, 2)),
            case(regular(3, 3), real(3)),
            case(real(3, 5), real(3)),
            case(real(5, 3), real(5), rcond=1e-12),
            case(real(5, 1), real(5)),
        ),
        oracle=restated(least_squares),
    ),
    array_function(
        "np.linalg.matrix_rank",
        takes=signature(
            "A",
            tol=None,
            hermitian=Refused("leave it out"),
            rtol=Refused("write it as tol"),
        ),
        infer=rank_type,
        effect=raises,
        rule=Zero("a rank is a whole number"),
        weight=cubes(4),
        cases=(case(regular(3, 3)), case(real(4, 5, 3)), case(real(5, 3), tol=0.5)),
        oracle=NO_DERIVATIVE,
    ),
)

__all__ = ["RECORDS", "RESULT_NAMES"]
