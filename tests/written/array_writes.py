"""Programs that fill and overwrite NumPy arrays by item, row, column and slice."""

import numpy as np

from tests.written.program import Program

STENCIL = np.array([0.25, 0.5, 0.25])


def logistic_orbit(rate, start):
    """The energy of the orbit of a logistic map written into an array."""
    orbit = np.zeros(9)
    orbit[0] = start
    for k in range(1, 9):
        orbit[k] = rate * orbit[k - 1] * (1.0 - orbit[k - 1])
    return np.sum(orbit**2)


def vandermonde_fit(xs, ys):
    """The leading coefficient of a least squares cubic, its matrix filled by column."""
    matrix = np.empty((len(xs), 4))
    matrix[:, 0] = 1.0
    for power in range(1, 4):
        matrix[:, power] = matrix[:, power - 1] * xs
    solution = np.linalg.solve(matrix.T @ matrix, matrix.T @ ys)
    return solution[3] + 0.5 * solution[1]


def distance_matrix_energy(points):
    """A Lennard-Jones energy from a symmetric table of distances."""
    n = len(points)
    distances = np.zeros((n, n))
    for i in range(n):
        for j in range(i):
            distances[i, j] = np.sqrt(np.sum((points[i] - points[j]) ** 2))
            distances[j, i] = distances[i, j]
    energy = 0.0
    for i in range(n):
        for j in range(i + 1, n):
            r6 = distances[i, j] ** -6
            energy += r6**2 - r6
    return energy


def stiffness_assembly(moduli, load):
    """The tip displacement of a bar of springs by finite element assembly."""
    n = len(moduli)
    stiffness = np.zeros((n + 1, n + 1))
    for e, k in enumerate(moduli):
        stiffness[e, e] += k
        stiffness[e + 1, e + 1] += k
        stiffness[e, e + 1] -= k
        stiffness[e + 1, e] -= k
    stiffness[0, :] = 0.0
    stiffness[0, 0] = 1.0
    force = np.zeros(n + 1)
    force[-1] = load
    force[1] = 0.3 * load
    displacement = np.linalg.solve(stiffness, force)
    return displacement[-1]


def rotation_product(angles):
    """The trace of a product of plane rotations written into 3 by 3 matrices."""
    total = np.eye(3)
    for k, angle in enumerate(angles):
        c, s = np.cos(angle), np.sin(angle)
        i, j = k % 3, (k + 1) % 3
        turn = np.eye(3)
        turn[i, i] = c
        turn[j, j] = c
        turn[i, j] = -s
        turn[j, i] = s
        total = turn @ total
    return np.trace(total) + total[0, 2]


def row_scaling(matrix, scales):
    """The sum of cubes of a matrix after scaling and mixing of rows in place."""
    a = matrix.copy()
    for i in range(a.shape[0]):
        a[i, :] *= scales[i]
        a[i, 0] -= 0.5
    a[1, :] += 0.3 * a[0, :]
    a[-1] = a[0] * a[1]
    return np.sum(a**3)


def overwritten_scratch(x):
    """A sum in which a scratch element is used, then written over and used again."""
    scratch = np.zeros(3)
    total = 0.0
    for value in x:
        scratch[0] = np.sin(value)
        scratch[1] = scratch[0] * value
        total += scratch[1]
        scratch[1] = 7.0
        scratch[0] = scratch[0] ** 2
        scratch[2] += scratch[0]
    return total + scratch[2] ** 2


def dead_write_polynomial(coefficients, x):
    """Powers of a number in an array whose first write is never read."""
    powers = np.empty(len(coefficients))
    powers[:] = x * 100.0
    powers[0] = x**5
    powers[0] = 1.0
    for k in range(1, len(coefficients)):
        powers[k] = powers[k - 1] * x
    return coefficients @ powers


def markov_occupancy(matrix, start):
    """The expected occupancy of a chain whose rows of probabilities are normalized in place."""
    p = matrix.copy()
    n = len(start)
    for i in range(n):
        p[i] /= np.sum(p[i])
    history = np.zeros((6, n))
    history[0] = start / start.sum()
    for t in range(1, 6):
        history[t] = history[t - 1] @ p
    return np.sum(history[:, 0]) + history[-1, -1] ** 2


def padded_convolution(image, kernel):
    """The energy of an image convolved with a kernel over a border of zeros."""
    h, w = image.shape
    padded = np.zeros((h + 2, w + 2))
    padded[1:-1, 1:-1] = image
    out = np.zeros_like(image)
    for di in range(3):
        for dj in range(3):
            out += kernel[di, dj] * padded[di : di + h, dj : dj + w]
    return np.sum(out**2)


def branch_write(signal, threshold):
    """The power of a signal compressed in place where it is large."""
    out = signal.copy()
    for i in range(out.size):
        if out[i] > threshold:
            out[i] = threshold + np.log1p(out[i] - threshold)
        elif out[i] < -threshold:
            out[i] *= 0.5
    if out[0] > 0.0:
        out[-1] = out[0] * out[1]
    return np.mean(out**2)


def jacobian_determinant(u, v):
    """The determinant of the Jacobian of toroidal coordinates in a filled matrix."""
    jac = np.empty((2, 2))
    jac[0] = [np.cosh(u) * np.cos(v), -np.sinh(u) * np.sin(v)]
    jac[1] = [np.sinh(u) * np.sin(v), np.cosh(u) * np.cos(v)]
    return jac[0, 0] * jac[1, 1] - jac[0, 1] * jac[1, 0]


def reversed_and_strided(x):
    """A sum after writes to every second element and to a reversed slice."""
    a = np.zeros(8)
    a[::2] = x
    a[1::2] = x[::-1] ** 2
    a[5:2:-1] *= np.array([1.0, 2.0, 3.0])
    a[-2:] += a[:2]
    return np.sum(a * np.arange(8.0)) / 8.0 + a[4] * a[5]


def smoothed_rows(field, passes):
    """The roughness of a field after passes of a stencil written row by row."""
    f = field.copy()
    n = f.shape[1]
    for _ in range(passes):
        for i in range(f.shape[0]):
            row = f[i].copy()
            for j in range(1, n - 1):
                f[i, j] = STENCIL @ row[j - 1 : j + 2]
    return np.sum((f[:, 1:] - f[:, :-1]) ** 2)


PROGRAMS = (
    Program(
        logistic_orbit,
        lambda: (2.8, 0.3),
        wrt=(0, 1),
        features=("np.zeros filled", "a[i] = v", "recurrence"),
    ),
    Program(
        vandermonde_fit,
        lambda: (np.array([0.0, 0.4, 0.9, 1.5, 2.0]), np.array([0.2, 0.9, 0.5, 1.1, 0.3])),
        wrt=(0, 1),
        features=("np.empty filled", "a[:, j] = v", "linear solve"),
    ),
    Program(
        distance_matrix_energy,
        lambda: (np.array([[0.0, 0.0], [1.2, 0.1], [0.5, 1.1], [1.6, 1.0]]),),
        features=("a[i, j] = v", "np.zeros filled", "read after write"),
    ),
    Program(
        stiffness_assembly,
        lambda: (np.array([1.0, 2.0, 1.5]), 0.5),
        wrt=(0, 1),
        features=("a[i, j] += v", "a[i, :] = v", "a[-1] = v", "enumerate array", "linear solve"),
    ),
    Program(
        rotation_product,
        lambda: (np.array([0.3, 0.7, -0.4, 1.1]),),
        features=("np.eye written", "a[i, j] = v", "matrix product"),
    ),
    Program(
        row_scaling,
        lambda: (np.array([[0.4, 0.9], [1.1, -0.3], [0.2, 0.6]]), np.array([1.2, 0.7, 2.0])),
        wrt=(0, 1),
        features=("a[i, :] *= v", "a[i, j] -= v", "row assignment", "array copy", "dead write"),
    ),
    Program(
        overwritten_scratch,
        lambda: (np.array([0.4, 1.1, -0.7]),),
        features=("overwritten after use", "a[i] = v", "dead write", "loop over array"),
    ),
    Program(
        dead_write_polynomial,
        lambda: (np.array([0.3, -0.8, 1.2, 0.5]), 0.7),
        wrt=(0, 1),
        features=("dead write", "np.empty filled", "a[:] = v", "recurrence"),
    ),
    Program(
        markov_occupancy,
        lambda: (
            np.array([[0.5, 0.3, 0.2], [0.1, 0.7, 0.4], [0.3, 0.3, 0.9]]),
            np.array([1.0, 0.5, 0.2]),
        ),
        wrt=(0, 1),
        features=("a[i] /= v", "row assignment", "array copy", "time loop"),
    ),
    Program(
        padded_convolution,
        lambda: (
            np.array([[0.1, 0.8, 0.3], [0.5, -0.2, 0.9]]),
            np.array([[0.0, 0.2, 0.1], [0.3, 1.0, -0.4], [0.1, 0.2, 0.0]]),
        ),
        wrt=(0, 1),
        features=("slice write 2-D", "whole-array +=", "convolution", "zeros_like"),
    ),
    Program(
        branch_write,
        lambda: (np.array([0.9, -0.4, -1.3, 1.6, 0.2]), 0.8),
        wrt=(0, 1),
        features=("write in a branch", "a[i] *= v", "array copy"),
    ),
    Program(
        jacobian_determinant,
        lambda: (0.6, 0.9),
        wrt=(0, 1),
        features=("row from list", "np.empty filled", "read after write"),
    ),
    Program(
        reversed_and_strided,
        lambda: (np.array([0.4, 1.1, 0.6, -0.5]),),
        features=("strided write", "reversed slice", "slice +="),
    ),
    Program(
        smoothed_rows,
        lambda: (np.array([[0.1, 0.9, 0.4, 1.2, 0.3], [0.6, 0.2, 0.8, 0.5, 1.0]]), 2),
        complex_step=True,
        features=("module constant array", "a[i, j] = v", "row copy", "stencil"),
    ),
)
