"""Matrix functions once more, by other means, for complex numbers: what rules are tested against.

None of them conjugates, so that each is holomorphic near real arguments, and the imaginary part of
its complex step is the derivative. Decompositions are refined by Newton's method from what NumPy
gives for the real part.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any


def each_matrix(function: Callable[..., Any], *stacks: Array) -> Any:
    """The function of each matrix of a stack, results stacked again."""
    first = stacks[0]
    if first.ndim == 2:
        return function(*stacks)
    count = int(np.prod(first.shape[:-2]))
    if count == 0:
        example = function(*(np.ones(each.shape[-2:], each.dtype) for each in stacks))
        items = example if isinstance(example, tuple) else (example,)
        empty = tuple(np.zeros(first.shape[:-2] + np.shape(item), complex) for item in items)
        return empty if isinstance(example, tuple) else empty[0]
    flat = [each.reshape((count, *each.shape[-2:])) for each in stacks]
    found = [function(*(each[place] for each in flat)) for place in range(count)]
    if isinstance(found[0], tuple):
        return tuple(_stack(items, first.shape[:-2]) for items in zip(*found, strict=True))
    return _stack(found, first.shape[:-2])


def _stack(items: Any, shape: tuple[int, ...]) -> Array:
    return np.array(items).reshape(shape + np.shape(items[0]))


def log_determinant(a: Array) -> tuple[Array, Array]:
    sign = np.sign(np.linalg.det(a).real)
    return sign, np.log(sign * np.linalg.det(a))


def cholesky(a: Array, upper: bool = False) -> Array:
    """Column by column, of the symmetric part."""

    def one(matrix: Array) -> Array:
        matrix = (matrix + matrix.T) / 2
        n = len(matrix)
        found = np.zeros_like(matrix)
        for j in range(n):
            found[j, j] = np.sqrt(matrix[j, j] - np.sum(found[j, :j] ** 2))
            for i in range(j + 1, n):
                known = np.sum(found[i, :j] * found[j, :j])
                found[i, j] = (matrix[i, j] - known) / found[j, j]
        return found.T if upper else found

    return each_matrix(one, a)


def eigenpair(a: Array, value: Array, vector: Array) -> tuple[Array, Array]:
    """An eigenvalue and its eigenvector, whose sum of squares stays what it is for the real part:
    A v − w v = 0 and vᵀv = const, by Newton's method."""
    n = len(a)
    length = np.sum(vector * vector)
    value, vector = complex(value), vector.astype(complex)
    system = np.zeros((n + 1, n + 1), complex)
    for _ in range(4):
        system[:n, :n] = a - value * np.eye(n)
        system[:n, n] = -vector
        system[n, :n] = -vector
        missing = np.append(a @ vector - value * vector, (length - np.sum(vector * vector)) / 2)
        step = np.linalg.solve(system, missing)
        vector, value = vector - step[:n], value - step[n]
    return value, vector


def symmetric_eigen(a: Array, UPLO: str = "L") -> tuple[Array, Array]:
    """Of the symmetric part."""

    def one(matrix: Array) -> tuple[Array, Array]:
        matrix = (matrix + matrix.T) / 2
        values, vectors = np.linalg.eigh(matrix.real)
        pairs = [eigenpair(matrix, values[k], vectors[:, k]) for k in range(len(values))]
        if not pairs:
            return values.astype(complex), vectors.astype(complex)
        return np.array([w for w, _ in pairs]), np.stack([v for _, v in pairs], axis=1)

    return each_matrix(one, a)  # type: ignore[no-any-return]


def symmetric_eigenvalues(a: Array, UPLO: str = "L") -> Array:
    return symmetric_eigen(a, UPLO)[0]


def singular(a: Array) -> tuple[Array, Array, Array]:
    """U, s, Vᵀ: a pair of singular vectors is an eigenvector of [[0, A], [Aᵀ, 0]]."""

    def one(matrix: Array) -> tuple[Array, Array, Array]:
        m, n = matrix.shape
        u, s, v = np.linalg.svd(matrix.real, full_matrices=False)
        if len(s) == 0:
            return u.astype(complex), s.astype(complex), v.astype(complex)
        both = np.block([[np.zeros((m, m)), matrix], [matrix.T, np.zeros((n, n))]])
        pairs = [eigenpair(both, s[k], np.append(u[:, k], v[k])) for k in range(len(s))]
        left = np.stack([z[:m] for _, z in pairs], axis=1)
        right = np.stack([z[m:] for _, z in pairs])
        return left, np.array([w for w, _ in pairs]), right

    return each_matrix(one, a)  # type: ignore[no-any-return]


def singular_values(a: Array, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    found = singular(a)
    return found if compute_uv else found[1]


def orthogonal_triangular(a: Array, mode: str = "reduced") -> Any:
    """By Gram and Schmidt, twice for each column; with NumPy's signs."""

    def one(matrix: Array) -> tuple[Array, Array]:
        m, n = matrix.shape
        count = min(m, n)
        signs = np.sign(np.diagonal(np.linalg.qr(matrix.real)[1]))
        q = np.zeros((m, count), matrix.dtype)
        for k in range(count):
            v = matrix[:, k]
            for _ in range(2):
                v = v - q[:, :k] @ (q[:, :k].T @ v)
            q[:, k] = signs[k] * v / np.sqrt(np.sum(v * v))
        return q, np.triu(q.T @ matrix)

    q, r = each_matrix(one, a)
    return r if mode == "r" else (q, r)


def pseudo_inverse(a: Array, rcond: float | None = None) -> Array:
    """Of a matrix of full rank, by its normal equations."""
    transposed = np.swapaxes(a, -1, -2)
    if a.shape[-2] >= a.shape[-1]:
        return np.linalg.solve(transposed @ a, transposed)
    return transposed @ np.linalg.inv(a @ transposed)


def least_squares(a: Array, b: Array, rcond: float | None = None) -> tuple[Array, ...]:
    """For a matrix of full rank."""
    x = pseudo_inverse(a) @ b
    squares = np.sum((b - a @ x) ** 2, axis=0)
    if a.shape[0] <= a.shape[1]:
        squares = np.zeros(0, complex)
    return x, np.atleast_1d(squares), min(a.shape), singular(a)[1]


def norm(x: Array, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Array:
    """Absolute values by the sign of the real part, extremes by the real parts."""
    x = np.asarray(x)
    if axis is None and (ord is None or (ord in ("f", "fro") and x.ndim == 2)):
        found = np.sqrt(np.sum(x * x))
        return found.reshape((1,) * x.ndim) if keepdims else found
    axes = tuple(range(x.ndim)) if axis is None else axis
    if isinstance(axes, tuple) and len(axes) == 1:
        (axes,) = axes
    if isinstance(axes, int):
        found = _vector_norm(np.moveaxis(x, axes, -1), 2 if ord is None else ord)
    else:
        found = _matrix_norm(np.moveaxis(x, axes, (-2, -1)), ord)
    return np.expand_dims(found, axes) if keepdims else found


def _absolute(x: Array) -> Array:
    return np.where(x.real < 0, -x, x)


def _extreme(x: Array, largest: bool) -> Array:
    place = (np.argmax if largest else np.argmin)(x.real, axis=-1)
    return np.take_along_axis(x, place[..., None], -1)[..., 0]


def _vector_norm(x: Array, ord: Any) -> Array:
    size = _absolute(x)
    if abs(ord) == np.inf:
        return _extreme(size, ord > 0)
    if ord == 2:
        return np.sqrt(np.sum(x * x, axis=-1))
    return np.sum(size**ord, axis=-1) ** (1 / ord)


def _matrix_norm(x: Array, ord: Any) -> Array:
    if ord in (None, "f", "fro"):
        return np.sqrt(np.sum(x * x, axis=(-2, -1)))
    if ord in (1, -1):
        return _extreme(np.sum(_absolute(x), axis=-2), ord > 0)
    if ord in (np.inf, -np.inf):
        return _extreme(np.sum(_absolute(x), axis=-1), ord > 0)
    values = singular(x)[1]
    return np.sum(values, axis=-1) if ord == "nuc" else values[..., 0 if ord > 0 else -1]
