"""Decompositions of matrices: Cholesky, eigenvalues and singular values, QR.

Of a symmetric matrix, NumPy reads one triangle. The derivatives are those of the function of the
symmetric part, so that a gradient is symmetric: elements that mirror one another share it.

Where eigenvalues or singular values coincide, their vectors are not functions of the matrix; then
what depends on vectors has derivatives with a division by zero: inf or nan comes out, unless the
cotangent of the vectors isn't there at all. What depends on eigenvalues only stays finite; it is
the derivative along the eigenvectors that NumPy happened to give.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import SOME, ArrayType, Dim, TupleType, Type, dim_of
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import Attributes
from autodiff_compiler.ops.building import Arrays, Contributions, Tangents, Traced, custom
from autodiff_compiler.ops.calling import Refused, signature
from autodiff_compiler.ops.cases import case, definite, real, regular, restated, symmetric
from autodiff_compiler.ops.kinds import raises
from autodiff_compiler.ops.linalg_oracles import (
    cholesky,
    orthogonal_triangular,
    singular_values,
    symmetric_eigen,
    symmetric_eigenvalues,
)
from autodiff_compiler.ops.matrices import (
    column,
    columns_times,
    cubes,
    float_dtype,
    identity,
    lower,
    matrix_dims,
    part,
    row,
    square_dims,
    symmetric_part,
    total,
)
from autodiff_compiler.ops.record import Record

# The names of the items of results that NumPy gives as named tuples.
RESULT_NAMES: dict[str, tuple[str, ...]] = {
    "np.linalg.eigh": ("eigenvalues", "eigenvectors"),
    "np.linalg.svd": ("U", "S", "Vh"),
    "np.linalg.qr": ("Q", "R"),
}


def shortest(a: Dim, b: Dim) -> Dim:
    """The smaller one of two dimensions."""
    if a.is_as_long_as(b):
        return a
    if isinstance(a.size, int) and isinstance(b.size, int):
        return dim_of(max(min(a.size - a.less, b.size - b.less), 0))
    return SOME


def from_both_sides(m: Arrays, a: Traced, x: Traced) -> Traced:
    """A⁻¹ x A⁻ᵀ of a symmetric x."""
    return m("np.linalg.solve", a, m("np.linalg.solve", a, x).mT)


# cholesky: I. Murray, "Differentiation of the Cholesky decomposition" (2016), equations 8 and 10.


def cholesky_type(types: Sequence[Type], attributes: Attributes) -> Type:
    return ArrayType(float_dtype(types), square_dims("cholesky", types[0]))


def cholesky_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    """L̇ = L Φ(L⁻¹ Ȧ L⁻ᵀ), where Φ takes the lower triangle and half of the diagonal."""
    assert dots.a is not None
    factor: Traced = c.result.mT if c.upper else c.result
    inside = from_both_sides(m, factor, symmetric_part(dots.a))
    halved = 0.5 * (lower(m, inside) + lower(m, inside, -1))
    return halved.mT @ factor.mT if c.upper else factor @ halved


def cholesky_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """Ā = L⁻ᵀ Φ(Lᵀ L̄) L⁻¹, made symmetric."""
    transposed = c.result if c.upper else c.result.mT
    inside = transposed @ (ct.mT if c.upper else ct)
    whole = lower(m, inside) + lower(m, inside, -1).mT
    return {"a": 0.5 * from_both_sides(m, transposed, whole)}


# eigh, eigvalsh: Giles (2008), section 3.1.


def check_triangle(name: str, attributes: Attributes) -> None:
    if attributes.get("UPLO", "L") not in ("L", "U", "l", "u"):
        raise OperandError(f"{name}: UPLO is 'L' or 'U'")


def eigh_type(types: Sequence[Type], attributes: Attributes) -> Type:
    check_triangle("eigh", attributes)
    dims = square_dims("eigh", types[0])
    dtype = float_dtype(types)
    return TupleType((ArrayType(dtype, dims[:-1]), ArrayType(dtype, dims)))


def eigvalsh_type(types: Sequence[Type], attributes: Attributes) -> Type:
    check_triangle("eigvalsh", attributes)
    return ArrayType(float_dtype(types), square_dims("eigvalsh", types[0])[:-1])


def gaps(m: Arrays, values: Traced) -> Traced:
    """values[j] − values[i]; infinite for i = j, so that to divide by it gives 0 there."""
    return off_diagonal(m, values, row(m, values) - column(m, values))


def off_diagonal(m: Arrays, values: Traced, x: Traced) -> Traced:
    return m.where(identity(m, values, dtype="bool"), math.inf, x)


def eigh_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    """ẇ = diag(P) and V̇ = V (P / gaps), with P = Vᵀ Ȧ V."""
    assert dots.a is not None
    values, vectors = c.result.item(0), c.result.item(1)
    moved = symmetric_part(dots.a) @ vectors
    values_dot = m("np.sum", vectors * moved, axis=-2)
    vectors_dot = vectors @ (vectors.mT @ moved / gaps(m, values))
    return m.op("tuple", values_dot, vectors_dot, container="tuple")


def eigh_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """Ā = V (diag(w̄) + (Vᵀ V̄) / gaps) Vᵀ, made symmetric."""
    values_bar, vectors_bar = (part(m, ct, place, c.result) for place in (0, 1))
    values, vectors = c.result.item(0), c.result.item(1)
    inside: Traced | None = None
    if vectors_bar is not None:
        turned = vectors.mT @ vectors_bar
        inside = vectors @ (0.5 * (turned - turned.mT) / gaps(m, values))
    if values_bar is not None:
        inside = total(columns_times(m, vectors, values_bar), inside)
    return {} if inside is None else {"a": inside @ vectors.mT}


def eigvalsh_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    assert dots.a is not None
    vectors = m("np.linalg.eigh", c.a, UPLO=c.UPLO).item(1)
    return m("np.sum", vectors * (dots.a @ vectors), axis=-2)


def eigvalsh_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    vectors = m("np.linalg.eigh", c.a, UPLO=c.UPLO).item(1)
    return {"a": columns_times(m, vectors, ct) @ vectors.mT}


# svd: J. Townsend, "Differentiating the singular value decomposition" (2016), with
# (P S + S Pᵀ) / (sⱼ² − sᵢ²) split into the symmetric part of P by sⱼ − sᵢ and the other by sⱼ + sᵢ,
# which loses no digits where singular values are close.


def svd_type(types: Sequence[Type], attributes: Attributes) -> Type:
    *stack, rows, columns = matrix_dims("svd", types[0])
    dtype = float_dtype(types)
    count = shortest(rows, columns)
    values = ArrayType(dtype, (*stack, count))
    if not attributes.get("compute_uv", True):
        return values
    if attributes.get("full_matrices", True) and not rows.is_as_long_as(columns):
        raise OperandError("svd: write full_matrices=False: the other vectors have no derivative")
    left = ArrayType(dtype, (*stack, rows, count))
    return TupleType((left, values, ArrayType(dtype, (*stack, count, columns))))


def svd_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    a_dot = dots.a
    assert a_dot is not None
    if not c.compute_uv:
        found = m("np.linalg.svd", c.a, full_matrices=False)
        moved = a_dot @ found.item(2).mT
        return m("np.sum", found.item(0) * moved, axis=-2)
    u, s, vt = (c.result.item(place) for place in range(3))
    moved = a_dot @ vt.mT
    inside = u.mT @ moved
    even = 0.5 * (inside + inside.mT) / gaps(m, s)
    odd = 0.5 * (inside - inside.mT) / off_diagonal(m, s, row(m, s) + column(m, s))
    u_dot = u @ (even + odd) + outside(m, u, moved, s)
    v_dot = vt.mT @ (even - odd) + outside(m, vt.mT, a_dot.mT @ u, s)
    s_dot = m("np.sum", u * moved, axis=-2)
    return m.op("tuple", u_dot, s_dot, v_dot.mT, container="tuple")


def outside(m: Arrays, u: Traced, x: Traced, s: Traced) -> Traced:
    """What of the columns of x / s is orthogonal to those of u: nothing, if u is square.

    Then the difference would be rounding errors, made large by a small singular value.
    """
    shape = m.op("shape", u)
    factors = s if s.rank == 1 else row(m, s)
    return m.where(m.op("gt", shape.item(-2), shape.item(-1)), (x - u @ (u.mT @ x)) / factors, 0.0)


def is_square(u: Traced) -> bool:
    assert isinstance(u.type, ArrayType)
    return u.type.dims[-1].is_as_long_as(u.type.dims[-2])


def svd_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    if not c.compute_uv:
        found = m("np.linalg.svd", c.a, full_matrices=False)
        return {"a": columns_times(m, found.item(0), ct) @ found.item(2)}
    u, s, vt = (c.result.item(place) for place in range(3))
    u_bar, s_bar, vt_bar = (part(m, ct, place, c.result) for place in range(3))
    v = vt.mT
    of_u = None if u_bar is None else u.mT @ u_bar
    of_v = None if vt_bar is None else v.mT @ vt_bar.mT
    inside: Traced | None = None
    if of_u is not None or of_v is not None:
        both = total(of_u, of_v)
        if of_v is None:
            apart = of_u
        else:
            apart = -of_v if of_u is None else of_u - of_v
        assert both is not None and apart is not None
        sums = off_diagonal(m, s, row(m, s) + column(m, s))
        inside = u @ (0.5 * (both - both.mT) / gaps(m, s) + 0.5 * (apart - apart.mT) / sums)
    if s_bar is not None:
        inside = total(columns_times(m, u, s_bar), inside)
    if u_bar is not None and not is_square(u):
        inside = total(inside, outside(m, u, u_bar, s))
    a_bar = None if inside is None else inside @ vt
    if vt_bar is not None and not is_square(vt):
        a_bar = total(a_bar, u @ outside(m, v, vt_bar.mT, s).mT)
    return {"a": a_bar}


# qr: S. F. Walter and L. Lehmann, "Algorithmic differentiation of linear algebra functions with
# application in optimum experimental design" (2010), section 3.2, for as many rows as columns or
# more. Of a matrix with more columns, the derivative raises LinAlgError, since R is not square.


def qr_type(types: Sequence[Type], attributes: Attributes) -> Type:
    mode = attributes.get("mode", "reduced")
    if mode not in ("reduced", "r"):
        raise OperandError(f"qr: mode={mode!r} is not supported: it is 'reduced' or 'r'")
    *stack, rows, columns = matrix_dims("qr", types[0])
    dtype = float_dtype(types)
    count = shortest(rows, columns)
    r = ArrayType(dtype, (*stack, count, columns))
    if mode == "r":
        return r
    return TupleType((ArrayType(dtype, (*stack, rows, count)), r))


def times_inverse(m: Arrays, x: Traced, r: Traced) -> Traced:
    """x R⁻¹"""
    return m("np.linalg.solve", r.mT, x.mT).mT


def qr_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    """With W = Ȧ R⁻¹ and Ω the skew matrix that has the lower triangle of Qᵀ W:
    Q̇ = W − Q (Qᵀ W − Ω) and Ṙ = (Qᵀ W − Ω) R."""
    assert dots.a is not None
    q, r = _factors(m, c)
    turned = times_inverse(m, dots.a, r)
    inside = q.mT @ turned
    below = lower(m, inside, -1)
    upper = inside - below + below.mT
    r_dot = upper @ r
    if c.mode == "r":
        return r_dot
    return m.op("tuple", turned - q @ upper, r_dot, container="tuple")


def qr_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """Ā = (Q̄ + Q S) R⁻ᵀ, where S is symmetric and has the lower triangle of R R̄ᵀ − Q̄ᵀ Q."""
    q, r = _factors(m, c)
    q_bar: Traced | None = None
    r_bar: Traced | None = ct
    if c.mode != "r":
        q_bar, r_bar = (part(m, ct, place, c.result) for place in (0, 1))
    inside = None if r_bar is None else r @ r_bar.mT
    if q_bar is not None:
        against = q_bar.mT @ q
        inside = -against if inside is None else inside - against
    if inside is None:
        return {}
    whole = lower(m, inside) + lower(m, inside, -1).mT
    left = total(q_bar, q @ whole)
    assert left is not None
    return {"a": m("np.linalg.solve", r, left.mT).mT}


def _factors(m: Arrays, c: Any) -> tuple[Traced, Traced]:
    if c.mode == "r":
        return m("np.linalg.qr", c.a).item(0), c.result
    return c.result.item(0), c.result.item(1)


RECORDS: tuple[Record, ...] = (
    array_function(
        "np.linalg.cholesky",
        takes=signature("a", upper=False),
        infer=cholesky_type,
        effect=raises,
        rule=custom(jvp=cholesky_jvp, vjp=cholesky_vjp),
        weight=cubes(1 / 3),
        cases=(
            case(definite(3, 3)),
            case(definite(4, 2, 2)),
            case(definite(3, 3), upper=True),
            case(definite(4, 2, 2), upper=True),
            case(definite(1, 1)),
            case(definite(0, 0)),
        ),
        oracle=restated(cholesky),
    ),
    array_function(
        "np.linalg.eigh",
        takes=signature("a", UPLO="L"),
        infer=eigh_type,
        effect=raises,
        rule=custom(jvp=eigh_jvp, vjp=eigh_vjp),
        weight=cubes(9),
        cases=(
            case(symmetric(3, 3)),
            case(symmetric(3, 3), "U"),
            case(symmetric(4, 2, 2), UPLO="U"),
            case(symmetric(1, 1)),
            case(symmetric(0, 0)),
        ),
        oracle=restated(symmetric_eigen),
    ),
    array_function(
        "np.linalg.eigvalsh",
        takes=signature("a", UPLO="L"),
        infer=eigvalsh_type,
        effect=raises,
        rule=custom(jvp=eigvalsh_jvp, vjp=eigvalsh_vjp),
        weight=cubes(4),
        cases=(
            case(symmetric(3, 3)),
            case(symmetric(4, 2, 2), "U"),
            case(symmetric(1, 1)),
            case(symmetric(0, 0)),
        ),
        oracle=restated(symmetric_eigenvalues),
    ),
    array_function(
        "np.linalg.svd",
        takes=signature(
            "a", full_matrices=True, compute_uv=True, hermitian=Refused("use np.linalg.eigh")
        ),
        infer=svd_type,
        effect=raises,
        rule=custom(jvp=svd_jvp, vjp=svd_vjp),
        weight=cubes(20),
        cases=(
            case(real(5, 3), full_matrices=False),
            case(real(3, 5), full_matrices=False),
            case(regular(3, 3), full_matrices=False),
            case(real(4, 3, 2), False),
            case(real(4, 2, 3), False),
            case(regular(3, 3), compute_uv=False),
            case(real(5, 3), compute_uv=False),
            case(real(4, 2, 3), False, False),
            case(regular(1, 1), False),
            case(real(0, 3), False),
        ),
        oracle=restated(singular_values),
    ),
    array_function(
        "np.linalg.qr",
        takes=signature("a", mode="reduced"),
        infer=qr_type,
        rule=custom(jvp=qr_jvp, vjp=qr_vjp),
        weight=cubes(4),
        cases=(
            case(real(5, 3)),
            case(regular(3, 3)),
            case(real(4, 3, 2)),
            case(real(5, 3), "r"),
            case(real(4, 3, 2), mode="r"),
            case(regular(1, 1)),
            case(real(3, 0)),
        ),
        oracle=restated(orthogonal_triangular),
    ),
)
