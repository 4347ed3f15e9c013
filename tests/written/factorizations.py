"""Linear algebra written by hand, in place, on NumPy arrays."""

import numpy as np

from tests.written.program import Program


def thomas_solve(lower, diagonal, upper, rhs):
    """The energy of the solution of a tridiagonal system, solved in place in copies."""
    d = diagonal.copy()
    b = rhs.copy()
    n = len(d)
    for i in range(1, n):
        w = lower[i - 1] / d[i - 1]
        d[i] -= w * upper[i - 1]
        b[i] -= w * b[i - 1]
    b[n - 1] /= d[n - 1]
    for i in range(n - 2, -1, -1):
        b[i] = (b[i] - upper[i] * b[i + 1]) / d[i]
    return np.sum(b**2)


def thomas_in_arguments(diagonal, rhs):
    """The middle of the solution of a symmetric tridiagonal system, written into its arguments."""
    n = diagonal.size
    for i in range(1, n):
        w = -0.5 / diagonal[i - 1]
        diagonal[i] += 0.5 * w
        rhs[i] -= w * rhs[i - 1]
    rhs[-1] /= diagonal[-1]
    for i in reversed(range(n - 1)):
        rhs[i] = (rhs[i] + 0.5 * rhs[i + 1]) / diagonal[i]
    return rhs[n // 2] + rhs[0] * rhs[-1]


def lu_in_place(matrix, rhs):
    """The first unknown of a system by an LU factorization kept in one array."""
    a = matrix.copy()
    n = a.shape[0]
    for k in range(n):
        for i in range(k + 1, n):
            a[i, k] /= a[k, k]
            for j in range(k + 1, n):
                a[i, j] -= a[i, k] * a[k, j]
    y = np.zeros(n)
    for i in range(n):
        y[i] = rhs[i] - a[i, :i] @ y[:i]
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        x[i] = (y[i] - a[i, i + 1 :] @ x[i + 1 :]) / a[i, i]
    return x[0] + x[-1] ** 2


def cholesky_log_likelihood(scatter, x):
    """A Gaussian log likelihood by a Cholesky factor filled column by column."""
    covariance = scatter @ scatter.T + 0.5 * np.eye(3)
    n = 3
    factor = np.zeros((n, n))
    for j in range(n):
        factor[j, j] = np.sqrt(covariance[j, j] - np.sum(factor[j, :j] ** 2))
        for i in range(j + 1, n):
            s = covariance[i, j] - factor[i, :j] @ factor[j, :j]
            factor[i, j] = s / factor[j, j]
    z = x.copy()
    for i in range(n):
        z[i] = (z[i] - factor[i, :i] @ z[:i]) / factor[i, i]
    return -0.5 * np.sum(z**2) - np.sum(np.log(np.diag(factor)))


def gauss_jordan_inverse(matrix):
    """The sum of squares of an inverse by Gauss-Jordan on an augmented array."""
    n = matrix.shape[0]
    aug = np.zeros((n, 2 * n))
    aug[:, :n] = matrix
    aug[:, n:] = np.eye(n)
    for k in range(n):
        p = k + int(np.argmax(np.abs(aug[k:, k])))
        if p != k:
            aug[[k, p]] = aug[[p, k]]
        aug[k] /= aug[k, k]
        for i in range(n):
            if i != k:
                aug[i] -= aug[i, k] * aug[k]
    return np.sum(aug[:, n:] ** 2)


def gauss_seidel(matrix, rhs):
    """The solution's first entry after Gauss-Seidel sweeps that write in place."""
    x = np.zeros(3)
    for _ in range(5):
        for i in range(3):
            sigma = 0.0
            for j in range(3):
                if j != i:
                    sigma += matrix[i, j] * x[j]
            x[i] = (rhs[i] - sigma) / matrix[i, i]
    return x[0] + np.prod(x)


def conjugate_gradients(matrix, rhs):
    """The energy of a conjugate gradient iterate whose vectors are updated in place."""
    a = matrix @ matrix.T + np.eye(len(rhs))
    x = np.zeros_like(rhs)
    r = rhs.copy()
    p = r.copy()
    rr = r @ r
    for _ in range(2):
        ap = a @ p
        alpha = rr / (p @ ap)
        x += alpha * p
        r -= alpha * ap
        rr_new = r @ r
        p *= rr_new / rr
        p += r
        rr = rr_new
    return 0.5 * x @ a @ x - rhs @ x


def gram_schmidt_volume(vectors):
    """A product of lengths by modified Gram-Schmidt on the columns of an array."""
    q = vectors.copy()
    m = q.shape[1]
    volume = 1.0
    for j in range(m):
        norm = np.sqrt(np.sum(q[:, j] ** 2))
        volume *= norm
        q[:, j] /= norm
        for k in range(j + 1, m):
            q[:, k] -= (q[:, j] @ q[:, k]) * q[:, j]
    return volume + q[0, -1]


def householder_least_squares(matrix, rhs):
    """The residual of a least squares problem by Householder reflections in place."""
    r = matrix.copy()
    b = rhs.copy()
    n = r.shape[1]
    for k in range(n):
        v = r[k:, k].copy()
        v[0] += np.copysign(np.sqrt(np.sum(v**2)), v[0])
        v /= np.sqrt(np.sum(v**2))
        r[k:, k:] -= 2.0 * np.outer(v, v @ r[k:, k:])
        b[k:] -= 2.0 * v * (v @ b[k:])
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        x[i] = (b[i] - r[i, i + 1 :] @ x[i + 1 :]) / r[i, i]
    return np.sum(b[n:] ** 2) + x[0]


def jacobi_eigenvalues(matrix):
    """The sum of cubes of eigenvalues weighted by place after Jacobi sweeps in place."""
    a = 0.5 * (matrix + matrix.T)
    n = a.shape[0]
    for _ in range(3):
        for p in range(n - 1):
            for q in range(p + 1, n):
                theta = 0.5 * np.arctan2(2.0 * a[p, q], a[q, q] - a[p, p])
                c, s = np.cos(theta), np.sin(theta)
                rows = a[[p, q], :].copy()
                a[p, :] = c * rows[0] - s * rows[1]
                a[q, :] = s * rows[0] + c * rows[1]
                cols = a[:, [p, q]].copy()
                a[:, p] = c * cols[:, 0] - s * cols[:, 1]
                a[:, q] = s * cols[:, 0] + c * cols[:, 1]
    values = np.diag(a)
    return np.sum(np.arange(1.0, n + 1.0) * values) + 0.1 * np.sum(values**3)


def power_iteration_deflated(matrix):
    """The second eigenvalue by power iteration and deflation in place."""
    a = matrix @ matrix.T
    values = np.zeros(2)
    for k in range(2):
        v = np.array([1.0, 0.5, 0.2])
        for _ in range(12):
            v[:] = a @ v
            v /= np.sqrt(v @ v)
        values[k] = v @ a @ v
        a -= values[k] * np.outer(v, v)
    return values[1] + 0.1 * values[0]


def richardson_refinement(matrix, rhs):
    """The residual left by refining a solution with a single diagonal preconditioner."""
    x = rhs / np.diag(matrix)
    residuals = np.zeros(4)
    for k in range(4):
        r = rhs - matrix @ x
        residuals[k] = np.sqrt(np.sum(r**2))
        x += 0.8 * r / np.diag(matrix)
    return residuals[-1] + residuals[0] * residuals[1]


def triangular_inverse(lower):
    """The trace of the inverse of a lower triangle, built row by row in the same array."""
    a = np.tril(lower)
    n = a.shape[0]
    for i in range(n):
        a[i, i] = 1.0 / a[i, i]
        for j in range(i):
            s = 0.0
            for k in range(j, i):
                s -= a[i, k] * a[k, j]
            a[i, j] = s * a[i, i]
    return np.trace(a) + a[2, 0] ** 2


MATRIX = np.array([[0.9, 0.2, 0.1], [0.3, 1.1, -0.4], [0.0, 0.5, 0.8]])

PROGRAMS = (
    Program(
        thomas_solve,
        lambda: (
            np.array([0.3, -0.2, 0.4]),
            np.array([1.5, 1.8, 2.0, 1.4]),
            np.array([0.2, 0.5, -0.3]),
            np.array([0.7, 1.0, -0.4, 0.9]),
        ),
        wrt=(0, 1, 2, 3),
        features=("Thomas algorithm", "a[i] -= v", "a[i] /= v", "reverse loop"),
    ),
    Program(
        thomas_in_arguments,
        lambda: (np.array([1.5, 1.8, 2.0, 1.4]), np.array([0.7, 1.0, -0.4, 0.9])),
        wrt=(0, 1),
        features=("Thomas algorithm", "caller's array written", "reversed"),
    ),
    Program(
        lu_in_place,
        lambda: (MATRIX + 0.5, np.array([1.0, -0.3, 0.6])),
        wrt=(0, 1),
        features=("LU", "a[i, j] -= v", "a[i, j] /= v", "empty slices"),
    ),
    Program(
        cholesky_log_likelihood,
        lambda: (MATRIX * 1.0, np.array([1.0, -0.3, 0.6])),
        wrt=(0, 1),
        features=("Cholesky", "np.zeros filled", "a[i, j] = v", "empty slices"),
    ),
    Program(
        gauss_jordan_inverse,
        lambda: (np.array([[0.2, 1.0, 0.5], [1.4, 0.3, -0.6], [0.7, 2.0, 1.8]]),),
        features=("Gauss-Jordan", "fancy row swap", "row /=", "slice write 2-D", "argmax"),
    ),
    Program(
        gauss_seidel,
        lambda: (MATRIX + np.eye(3), np.array([1.0, 0.3, 0.6])),
        wrt=(0, 1),
        features=("Gauss-Seidel", "a[i] = v", "read after write"),
    ),
    Program(
        conjugate_gradients,
        lambda: (MATRIX * 0.7, np.array([1.0, -0.3, 0.6])),
        wrt=(0, 1),
        features=("conjugate gradients", "whole-array +=", "whole-array -=", "whole-array *="),
    ),
    Program(
        gram_schmidt_volume,
        lambda: (np.array([[0.9, 0.2, 0.4], [0.3, 1.1, -0.4], [0.0, 0.5, 0.8], [0.6, 0.1, 0.2]]),),
        complex_step=True,
        features=("Gram-Schmidt", "a[:, j] /= v", "a[:, j] -= v"),
    ),
    Program(
        householder_least_squares,
        lambda: (
            np.array([[0.9, 0.2], [0.3, 1.1], [0.4, 0.5], [0.6, 0.1]]),
            np.array([1.0, 0.2, 0.8, -0.4]),
        ),
        wrt=(0, 1),
        features=("QR by Householder", "block -=", "slice -=", "copysign"),
    ),
    Program(
        jacobi_eigenvalues,
        lambda: (np.array([[2.0, 0.3, 0.1], [0.5, 1.0, 0.4], [0.2, 0.3, 0.2]]),),
        features=("Jacobi eigenvalues", "row assignment", "a[:, j] = v", "index list read"),
    ),
    Program(
        power_iteration_deflated,
        lambda: (np.array([[1.2, 0.3, 0.1], [0.2, 0.8, -0.2], [0.1, 0.1, 0.3]]),),
        features=("power iteration", "a[:] = v", "whole-array -=", "a[i] = v"),
    ),
    Program(
        richardson_refinement,
        lambda: (MATRIX + np.eye(3), np.array([1.0, 0.3, 0.6])),
        wrt=(0, 1),
        features=("np.zeros filled", "whole-array +=", "linear iteration"),
    ),
    Program(
        triangular_inverse,
        lambda: (np.array([[0.9, 0.0, 0.0], [0.3, 1.1, 0.0], [-0.6, 0.5, 0.8]]) + 0.1,),
        complex_step=True,
        features=("a[i, j] = v", "read after write", "np.tril", "overwritten after use"),
    ),
)
