"""Programs that write through reshaped, transposed, strided and nested views."""

import numpy as np

from tests.written.program import Program

EDGE = np.array([0.5, 0.25, 0.125])


def fill_diagonal_blocks(rates):
    """The determinant of a block matrix whose blocks are views that a loop fills."""
    big = np.eye(4) * 0.2
    for k, rate in enumerate(rates):
        block = big[2 * k : 2 * k + 2, 2 * k : 2 * k + 2]
        block[0, 0] += rate
        block[1, 1] += rate**2
        block[0, 1] = -0.5 * rate
        block[1, 0] = 0.3
    big[0, 3] = big[1, 1]
    big[3, 0] = 0.1
    return np.linalg.det(big)


def image_as_patches(image):
    """The energy of patch means of an image seen as a four-dimensional view."""
    work = image.copy()
    patches = work.reshape(2, 2, 2, 2)
    for i in range(2):
        for j in range(2):
            patch = patches[i, :, j]
            patch -= patch.mean()
            patch[0, 0] *= 2.0
    return np.sum(work**2) + work[0, 0] * work[3, 3]


def complex_wave(amplitudes, phase):
    """The intensity of a field whose real and imaginary parts are rows of one array."""
    field = np.zeros((2, amplitudes.size))
    real, imag = field
    real += amplitudes * np.cos(phase)
    imag[:] = amplitudes * np.sin(phase)
    real[1:] += 0.5 * imag[:-1]
    field *= 1.2
    return np.sum(real**2) + np.sum(real * imag)


def column_major_sweep(matrix):
    """A sum after elimination steps on the rows of the transpose of a matrix."""
    work = matrix.copy()
    columns = work.T
    for k in range(len(columns) - 1):
        ratio = columns[k + 1] @ columns[k] / (columns[k] @ columns[k])
        columns[k + 1] -= ratio * columns[k]
    work[0] *= 2.0
    return np.sum(columns[-1] ** 2) + np.sum(work[:, 0] ** 3)


def window_over_line(line, weight):
    """The sum of a line over which a window of three slides and is blended in place."""
    work = line.copy()
    for start in range(len(work) - 2):
        window = work[start : start + 3]
        window *= 1.0 - weight
        window += weight * window.mean()
        window[1] += 0.1 * EDGE[start % 3]
    return np.sum(work**3)


def reversed_alias(x):
    """A product of a vector with its reversed view after writes from both ends."""
    forward = x * 1.0
    backward = forward[::-1]
    forward[0] = backward[1] ** 2
    backward[0] = forward[1] + forward[2]
    backward *= 0.9
    forward[1:3] += backward[:2]
    return forward @ backward


def odd_even_sort_energy(values):
    """A weighted sum of values after soft compare-exchange steps on strided views."""
    a = values.copy()
    for start in (0, 1, 0):
        low = a[start:-1:2]
        high = a[start + 1 :: 2]
        mean = 0.5 * (low + high)
        half = 0.5 * np.sqrt((high - low) ** 2 + 0.01)
        low[:] = mean - half
        high[:] = mean + half
    return a @ np.arange(1.0, len(a) + 1.0)


def view_of_view(grid):
    """The sum of squares of a grid whose inner core is written through nested views."""
    work = grid.copy()
    inner = work[1:-1, 1:]
    row = inner[0]
    cell = row[1:]
    cell *= work[0, 0]
    inner[1:] += row
    row[0] = work[-1, -1]
    return np.sum(work**2) + cell[0]


def ravel_then_write(matrix):
    """A norm of a matrix written through its raveled view and then by rows."""
    work = matrix.copy()
    flat = work.ravel()
    flat[1::2] *= 0.5
    flat[0] += flat[-1]
    work[1] -= work[0]
    return np.sqrt(np.sum(flat**2)) + flat[3] * work[0, 1]


def newaxis_view(weights, table):
    """A sum of a table scaled through a broadcast column view of written weights."""
    w = weights.copy()
    column = w[:, None]
    w /= w.sum()
    w[0] += 0.1
    table = table * column
    column *= 2.0
    return np.sum(table**2) + np.sum(w * column[:, 0])


def rebinding_is_no_write(x, rate):
    """A mean of two names, of which one is rebound and so leaves the other alone."""
    y = x
    y = y - rate * y**2
    z = y
    y = y * 2.0
    z -= 0.1
    y[0] = z[1]
    return np.sum(x * y) + np.sum(z**2)


def packed_symmetric(packed):
    """A quadratic form of a symmetric matrix unpacked row by row from its triangle."""
    n = 3
    matrix = np.zeros((n, n))
    start = 0
    for i in range(n):
        row = packed[start : start + n - i]
        matrix[i, i:] = row
        matrix[i:, i] = row
        start += n - i
    v = matrix[:, 0]
    matrix[1] *= 0.5
    return v @ matrix @ v


PROGRAMS = (
    Program(
        fill_diagonal_blocks,
        lambda: ([0.8, 1.1],),
        features=("write through view", "block view", "np.eye written"),
    ),
    Program(
        image_as_patches,
        lambda: (np.sin(np.arange(16.0)).reshape(4, 4) + 0.2,),
        complex_step=True,
        features=("reshaped view", "write through view", "view read after base write"),
    ),
    Program(
        complex_wave,
        lambda: (np.array([0.8, 0.5, 1.1]), np.array([0.3, 1.2, -0.4])),
        wrt=(0, 1),
        features=("rows unpacked as views", "write through view", "whole-array *="),
    ),
    Program(
        column_major_sweep,
        lambda: (np.array([[0.8, 0.5, 0.1], [0.3, 1.2, -0.4], [0.6, 0.2, 0.9]]),),
        complex_step=True,
        features=("transposed view", "row -=", "view read after base write"),
    ),
    Program(
        window_over_line,
        lambda: (np.array([0.8, 0.5, 1.1, 0.3, 0.9]), 0.4),
        wrt=(0, 1),
        features=("overlapping views in a loop", "module constant array", "write through view"),
    ),
    Program(
        reversed_alias,
        lambda: (np.array([0.8, 0.5, 1.1, 0.3]),),
        complex_step=True,
        features=("reversed view", "write through view", "view read after base write"),
    ),
    Program(
        odd_even_sort_energy,
        lambda: (np.array([0.8, 0.5, 1.1, 0.3, 0.9, 0.2]),),
        complex_step=True,
        features=("strided views", "b[:] = v", "loop over tuple"),
    ),
    Program(
        view_of_view,
        lambda: (np.cos(np.arange(12.0)).reshape(4, 3) + 0.3,),
        complex_step=True,
        features=("view of a view", "write through view", "view read after base write"),
    ),
    Program(
        ravel_then_write,
        lambda: (np.array([[0.8, 0.5, 0.1], [0.3, 1.2, -0.4]]),),
        complex_step=True,
        features=("raveled view", "strided write", "row -="),
    ),
    Program(
        newaxis_view,
        lambda: (np.array([0.8, 0.5]), np.array([[0.8, 0.5, 0.1], [0.3, 1.2, -0.4]])),
        wrt=(0, 1),
        complex_step=True,
        features=("newaxis view", "whole-array /=", "parameter rebound"),
    ),
    Program(
        rebinding_is_no_write,
        lambda: (np.array([0.8, 0.5, 1.1]), 0.4),
        wrt=(0, 1),
        complex_step=True,
        features=("alias", "rebinding against writing", "whole-array -="),
    ),
    Program(
        packed_symmetric,
        lambda: (np.array([0.8, 0.5, 0.1, 1.2, -0.4, 0.9]),),
        features=("row slice write", "column view", "view read after base write"),
    ),
)
