"""Programs that write through masks, index arrays, ufunc.at and out=."""

import numpy as np

from tests.written.program import Program

TRIANGLES = np.array([[0, 1, 2], [1, 3, 2], [2, 3, 4]])
BLACK = (np.add.outer(np.arange(4), np.arange(4)) % 2) == 0


def clipped_gradient_step(weights, gradient):
    """The norm of weights after a step whose large entries are capped with masks."""
    step = gradient.copy()
    step[step > 1.0] = 1.0
    step[step < -1.0] *= 0.5
    updated = weights - 0.3 * step
    updated[np.abs(updated) < 0.1] = 0.0
    return np.sum(updated**2)


def soft_histogram(samples, width):
    """The entropy of a histogram whose samples are shared among the two nearest bins."""
    bins = np.zeros(6)
    scaled = samples / width
    left = np.floor(scaled).astype(int)
    share = scaled - left
    np.add.at(bins, left, 1.0 - share)
    np.add.at(bins, left + 1, share)
    p = bins / np.sum(bins)
    p = p[p > 0.0]
    return -np.sum(p * np.log(p))


def last_write_wins(values, gains):
    """A register file after fancy += with repeated addresses, where one write remains."""
    registers = np.array([0.5, 0.4, 0.3, 0.2])
    address = np.array([0, 2, 0, 3, 2])
    registers[address] += values
    registers[[1, 1, 3]] = gains
    return np.sum(registers**2)


def scatter_forces(positions, stiffness):
    """The strain energy and squared forces of a triangle mesh with scattered forces."""
    forces = np.zeros_like(positions)
    energy = 0.0
    for a, b in ((0, 1), (1, 2), (2, 0)):
        i, j = TRIANGLES[:, a], TRIANGLES[:, b]
        delta = positions[j] - positions[i]
        length = np.sqrt(np.sum(delta**2, axis=1))
        pull = (stiffness * (length - 1.0) / length)[:, None] * delta
        np.add.at(forces, i, pull)
        np.subtract.at(forces, j, pull)
        energy += 0.5 * stiffness * np.sum((length - 1.0) ** 2)
    return energy + np.sum(forces**2)


def pagerank(weights, damping):
    """The rank of the first page after power iterations with scattered flow."""
    source = np.array([0, 0, 1, 2, 3, 3])
    target = np.array([1, 2, 2, 0, 2, 0])
    out = np.zeros(4)
    np.add.at(out, source, weights)
    rank = np.full(4, 0.25)
    for _ in range(6):
        flow = np.zeros(4)
        np.add.at(flow, target, rank[source] * weights / out[source])
        rank = (1.0 - damping) / 4.0 + damping * flow
    return rank[0] + rank[2] ** 2


def row_swap_elimination(matrix):
    """The log determinant of a matrix by elimination with fancy row swaps."""
    a = matrix.copy()
    n = a.shape[0]
    for k in range(n - 1):
        p = k + np.argmax(np.abs(a[k:, k]))
        if p != k:
            a[[k, p]] = a[[p, k]]
        factors = a[k + 1 :, k] / a[k, k]
        a[k + 1 :] -= np.outer(factors, a[k])
    return np.sum(np.log(np.abs(np.diag(a))))


def checkerboard_relaxation(field, source):
    """The potential after red-black relaxation sweeps over a masked checkerboard."""
    u = field.copy()
    for sweep in range(4):
        average = 0.25 * (
            np.roll(u, 1, 0) + np.roll(u, -1, 0) + np.roll(u, 1, 1) + np.roll(u, -1, 1)
        )
        mask = BLACK if sweep % 2 == 0 else ~BLACK
        u[mask] = average[mask] + 0.1 * source
    return np.sum(u * u)


def fused_buffers(x, y):
    """A value computed by ufuncs that write into two scratch buffers with out=."""
    first = np.empty_like(x)
    second = np.empty_like(x)
    np.multiply(x, y, out=first)
    np.exp(first, out=second)
    np.add(first, second, out=first)
    np.sin(second, out=second)
    np.multiply(first, second, out=first)
    return np.sum(first)


def normalized_in_out(samples, gain):
    """The softmax entropy of samples normalized step by step in one buffer."""
    buf = samples * gain
    np.subtract(buf, np.max(buf), out=buf)
    np.exp(buf, out=buf)
    np.divide(buf, np.sum(buf), out=buf)
    return -np.sum(buf * np.log(buf))


def diagonal_loading(covariance, ridge):
    """The log determinant of a covariance loaded along its diagonal by index arrays."""
    c = covariance @ covariance.T
    d = np.arange(c.shape[0])
    c[d, d] += ridge
    c[d[:-1], d[1:]] *= 0.9
    c[d[1:], d[:-1]] *= 0.9
    sign, logdet = np.linalg.slogdet(c)
    return sign * logdet


def winsorized_mean(samples, fraction):
    """The mean square of a sample whose extremes are pulled in by sorted positions."""
    order = np.argsort(samples)
    x = samples.copy()
    x[order[0]] = samples[order[1]] * fraction + samples[order[0]] * (1.0 - fraction)
    x[order[-2:]] = samples[order[-3]] + 0.1 * fraction
    return np.mean(x**2) + x[order[-1]]


def masked_row_update(table, rate):
    """The total of a table whose rows over a limit are taxed and paid to the others."""
    t = table.copy()
    sums = t.sum(axis=1)
    rich = sums > 1.5
    tax = rate * t[rich]
    t[rich] -= tax
    t[~rich] += tax.sum(axis=0) / np.count_nonzero(~rich)
    t[rich, 0] = t[rich, 0] ** 2
    return np.sum(t**2)


def event_accumulator(times, amplitudes):
    """The squared potential of neurons that get kicks at indexed cells with decay."""
    cells = [0, 2, 1, 0, 2]
    potential = np.zeros(3)
    last = np.zeros(3)
    for cell, time, amplitude in zip(cells, times, amplitudes):
        potential[cell] *= np.exp(-(time - last[cell]))
        potential[cell] += amplitude
        last[cell] = time
    return np.sum(potential**2)


def where_and_putmask(x, floor):
    """A mean of logs with small entries lifted by a boolean assignment of an array."""
    y = x.copy()
    low = y < floor
    y[low] = floor * np.exp(x[low] / floor - 1.0)
    y[~low] = np.sqrt(y[~low] * floor) + y[~low]
    return np.mean(np.log(y))


PROGRAMS = (
    Program(
        clipped_gradient_step,
        lambda: (np.array([0.5, -0.4, 1.2, 0.3]), np.array([1.8, 0.6, -1.4, 0.9])),
        wrt=(0, 1),
        complex_step=True,
        features=("a[mask] = v", "a[mask] *= v", "array copy"),
    ),
    Program(
        soft_histogram,
        lambda: (np.array([0.3, 0.9, 1.6, 0.75, 2.1, 1.1]), 0.5),
        wrt=(0, 1),
        features=("np.add.at", "histogram", "astype(int)", "boolean read"),
    ),
    Program(
        last_write_wins,
        lambda: (np.array([0.2, 0.5, -0.7, 0.9, 0.4]), np.array([0.3, 0.8, 0.6])),
        wrt=(0, 1),
        features=("repeated indices", "a[index] += v", "a[index] = v"),
    ),
    Program(
        scatter_forces,
        lambda: (np.array([[0.0, 0.0], [1.1, 0.1], [0.4, 0.9], [1.5, 1.0], [0.9, 1.9]]), 1.3),
        wrt=(0, 1),
        features=("np.add.at", "np.subtract.at", "module constant array", "zeros_like"),
    ),
    Program(
        pagerank,
        lambda: (np.array([0.5, 1.0, 0.7, 1.2, 0.4, 0.9]), 0.85),
        wrt=(0, 1),
        features=("np.add.at", "gather", "power iteration"),
    ),
    Program(
        row_swap_elimination,
        lambda: (np.array([[0.2, 1.0, 0.5], [1.4, 0.3, -0.6], [0.7, 2.0, 0.8]]),),
        features=("fancy row swap", "slice -=", "argmax", "LU"),
    ),
    Program(
        checkerboard_relaxation,
        lambda: (np.linspace(0.1, 0.9, 16).reshape(4, 4) ** 2, 0.4),
        wrt=(0, 1),
        features=("module constant array", "a[mask] = v", "stencil", "conditional expression"),
    ),
    Program(
        fused_buffers,
        lambda: (np.array([0.4, -0.3, 0.9]), np.array([1.1, 0.6, -0.5])),
        wrt=(0, 1),
        features=("out=", "empty_like", "overwritten after use"),
    ),
    Program(
        normalized_in_out,
        lambda: (np.array([0.4, 1.3, -0.2, 0.8]), 1.5),
        wrt=(0, 1),
        complex_step=True,
        features=("out=", "softmax"),
    ),
    Program(
        diagonal_loading,
        lambda: (np.array([[0.9, 0.2, 0.1], [0.3, 1.1, -0.4], [0.0, 0.5, 0.8]]), 0.3),
        wrt=(0, 1),
        features=("a[index, index] += v", "a[index, index] *= v", "slogdet"),
    ),
    Program(
        winsorized_mean,
        lambda: (np.array([0.4, 2.1, -0.8, 1.2, 0.7]), 0.6),
        wrt=(0, 1),
        features=("argsort", "a[index] = v", "array copy"),
    ),
    Program(
        masked_row_update,
        lambda: (np.array([[0.9, 1.1], [0.2, 0.3], [1.4, 0.7], [0.5, 0.6]]), 0.3),
        wrt=(0, 1),
        features=("a[mask] -= v", "a[mask] += v", "a[mask, j] = v"),
    ),
    Program(
        event_accumulator,
        lambda: ([0.1, 0.4, 0.6, 1.1, 1.3], [0.8, 0.5, 1.2, 0.7, 0.3]),
        wrt=(0, 1),
        features=("a[i] *= v", "a[i] += v", "zip", "list of indices"),
    ),
    Program(
        where_and_putmask,
        lambda: (np.array([0.2, 0.9, 1.7, 0.35]), 0.5),
        wrt=(0, 1),
        features=("a[mask] = v", "boolean read", "array copy"),
    ),
)
