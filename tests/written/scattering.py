"""Programs that gather, bin, scatter and write in some branches only."""

import numpy as np

from tests.written.program import Program

CELLS = np.array([0, 2, 1, 2, 0, 3])
ORDER = [2, 0, 3, 1]
LATTICE = {"up": (0, 1), "down": (0, -1), "left": (-1, 0), "right": (1, 0)}


def particle_in_cell(positions, charge):
    """The field energy of particles whose charge is shared by two cells each."""
    grid = np.zeros(8)
    for x in positions:
        cell = int(x)
        share = x - cell
        grid[cell] += charge * (1.0 - share)
        grid[cell + 1] += charge * share
    grid -= grid.mean()
    field = np.cumsum(grid)
    return np.sum(field**2)


def binned_profile(radii, values):
    """The gradient energy of the mean profile of values in bins of radius."""
    index = np.digitize(radii, [0.5, 1.0, 1.5])
    sums = np.zeros(4)
    counts = np.zeros(4)
    np.add.at(sums, index, values * radii)
    np.add.at(counts, index, 1.0)
    profile = sums / counts
    return np.sum(np.diff(profile) ** 2)


def lost_updates(values, rate):
    """Cells after two fancy updates, the second with addresses that repeat."""
    cells = np.array([0.5, 0.6, 0.7, 0.8])
    cells[CELLS[:3]] *= values[:3]
    cells[CELLS] += rate * values
    cells[CELLS[3:]] -= cells[CELLS[:3]] * 0.5
    return np.sum(cells**2) + np.prod(cells)


def permuted_rounds(block, key):
    """A mixing of a block by permutations and in-place sums, as of a smooth cipher."""
    state = block.copy()
    for r in range(3):
        state[:] = state[ORDER]
        state += key * np.sin(state[::-1] + r)
        state[ORDER[r]] *= 0.5
    return state @ np.arange(1.0, 5.0)


def branch_dependent_buffer(x, kind):
    """A norm over a buffer that only some kinds of window fill."""
    buffer = x.copy()
    n = len(buffer)
    if kind == "hann":
        for i in range(n):
            buffer[i] *= 0.5 - 0.5 * np.cos(2.0 * np.pi * (i + 0.5) / n)
    elif kind == "edges":
        buffer[0] = 0.0
        buffer[-1] = x[0]
    if np.sum(buffer) > 1.0:
        buffer /= np.sum(buffer)
        weight = buffer[1]
    else:
        weight = 2.0
    return weight * np.sum(buffer**2)


def walls_and_flow(pressure, walls):
    """The flow through a channel where a write happens at open cells only."""
    u = np.zeros_like(pressure)
    for i in range(1, pressure.size):
        drop = pressure[i - 1] - pressure[i]
        if walls[i] == "#":
            continue
        u[i] = drop
        if drop < 0.0:
            u[i] *= 0.1
            u[i - 1] += drop**2
    return np.sum(u**2) + u[1] * u[-1]


def walker_trail(moves, strength):
    """The overlap of the trail of a walker with itself, written on a lattice of an array."""
    lattice = np.zeros((5, 5))
    x, y = 2, 2
    overlap = 0.0
    for k, move in enumerate(moves):
        dx, dy = LATTICE[move]
        x, y = x + dx, y + dy
        overlap += lattice[x, y] * strength
        lattice *= 0.9
        lattice[x, y] += strength ** (k + 1)
    return overlap + np.sum(lattice**2)


def buffered_polynomial(x, coefficients):
    """A polynomial over an array through out= buffers that are used again and again."""
    total = np.zeros_like(x)
    power = np.ones_like(x)
    term = np.empty_like(x)
    for c in coefficients:
        np.multiply(power, c, out=term)
        np.add(total, term, out=total)
        np.multiply(power, x, out=power)
    np.tanh(total, out=term)
    return np.sum(term * total)


def out_into_rows(x, y):
    """A sum over a table whose rows are written by ufuncs with out=."""
    table = np.zeros((3, x.size))
    np.add(x, y, out=table[0])
    np.multiply(x, y, out=table[1])
    np.subtract(table[0], table[1], out=table[2, :])
    np.sqrt(np.abs(table[2]), out=table[1])
    return np.sum(table) + table[1] @ table[0]


def sorted_spacings(samples, strength):
    """The energy of neighbors on a line, forces scattered back from sorted order."""
    order = np.argsort(samples)
    x = samples[order]
    gap = x[1:] - x[:-1]
    force = np.zeros_like(x)
    force[1:] += strength / gap
    force[:-1] -= strength / gap
    back = np.empty_like(samples)
    back[order] = force
    moved = samples + 0.05 * back
    return np.sum(moved**2) + moved[0] * back[-1]


def masked_relu_chain(x, slopes):
    """A chain of leaky rectifiers that write masked items, with the mask kept for later."""
    h = x.copy()
    masks = []
    for slope in slopes:
        mask = h < 0.0
        h[mask] *= slope
        h -= 0.4
        masks.append(mask)
    first, *_ = masks
    h[first] = h[first] ** 2
    h[~first] += 1.0
    return np.mean(h**2)


def sparse_matrix_power(entries, v):
    """The growth of a vector under a matrix of coordinates applied with scattered adds."""
    rows = np.array([0, 1, 1, 2, 0])
    cols = np.array([1, 0, 2, 1, 0])
    x = v.copy()
    for _ in range(3):
        y = np.zeros_like(x)
        np.add.at(y, rows, entries * x[cols])
        np.add.at(y, [0, 0], 0.1 * x[1])
        x = y
    return np.sqrt(np.sum(x**2))


def upper_triangle_distances(points):
    """The stress of a triangle of distances written by index arrays to both halves."""
    n = len(points)
    i, j = np.triu_indices(n, k=1)
    table = np.zeros((n, n))
    d = np.sqrt(np.sum((points[i] - points[j]) ** 2, axis=1))
    table[i, j] = d
    table[j, i] = d**2
    table[np.arange(n), np.arange(n)] = 0.3 * points[:, 0]
    return np.sum(table @ table) / n


PROGRAMS = (
    Program(
        particle_in_cell,
        lambda: (np.array([0.3, 2.6, 5.1, 2.2, 4.4]), 0.8),
        wrt=(0, 1),
        features=("a[i] += v", "int()", "histogram", "whole-array -="),
    ),
    Program(
        binned_profile,
        lambda: (
            np.array([0.3, 0.7, 1.2, 1.8, 0.9, 1.4]),
            np.array([1.0, 0.8, 0.5, 0.9, 0.2, 0.4]),
        ),
        wrt=(0, 1),
        features=("np.add.at", "histogram", "digitize"),
    ),
    Program(
        lost_updates,
        lambda: (np.array([0.9, 1.2, 0.4, 0.7, 1.5, 0.3]), 0.6),
        wrt=(0, 1),
        features=("repeated indices", "a[index] += v", "a[index] -= v", "module constant array"),
    ),
    Program(
        permuted_rounds,
        lambda: (np.array([0.9, -0.4, 0.3, 1.1]), np.array([0.5, 0.2, -0.7, 0.4])),
        wrt=(0, 1),
        features=("b[:] = v", "permutation", "module constant list", "whole-array +="),
    ),
    Program(
        branch_dependent_buffer,
        lambda: (np.array([0.9, 1.4, 0.3, 1.1]), "hann"),
        complex_step=True,
        features=("write in a branch", "string mode", "whole-array /="),
    ),
    Program(
        branch_dependent_buffer,
        lambda: (np.array([0.3, 0.2, 0.25, 1.1]), "edges"),
        features=("write in a branch", "string mode", "dead write"),
    ),
    Program(
        walls_and_flow,
        lambda: (np.array([1.2, 0.9, 0.4, 0.8, 0.5, 0.1]), "..#..."),
        complex_step=True,
        features=("write in a branch", "continue", "strings", "a[i] *= v"),
    ),
    Program(
        walker_trail,
        lambda: (["up", "right", "down", "left", "up"], 0.8),
        wrt=(1,),
        features=("module constant dict", "a[i, j] += v", "whole-array *=", "strings"),
    ),
    Program(
        buffered_polynomial,
        lambda: (np.array([0.9, -0.4, 0.3]), [0.5, 1.2, -0.7, 0.4]),
        wrt=(0, 1),
        features=("out=", "overwritten after use", "list parameter"),
    ),
    Program(
        out_into_rows,
        lambda: (np.array([0.9, -0.4, 0.3]), np.array([0.5, 1.2, -0.7])),
        wrt=(0, 1),
        features=("out=", "out= into a view", "np.zeros filled"),
    ),
    Program(
        sorted_spacings,
        lambda: (np.array([0.9, -0.4, 0.3, 1.6]), 0.3),
        wrt=(0, 1),
        features=("argsort", "a[index] = v", "slice +=", "slice -="),
    ),
    Program(
        masked_relu_chain,
        lambda: (np.array([0.9, -0.7, 0.3, 1.6, -0.2]), [0.2, 0.5, 0.3]),
        wrt=(0, 1),
        features=("a[mask] *= v", "a[mask] = v", "list of masks", "starred unpacking"),
    ),
    Program(
        sparse_matrix_power,
        lambda: (np.array([0.9, -0.7, 0.3, 1.6, 0.8]), np.array([0.5, 1.2, -0.7])),
        wrt=(0, 1),
        features=("np.add.at", "repeated indices", "gather"),
    ),
    Program(
        upper_triangle_distances,
        lambda: (np.array([[0.1, 0.2], [1.0, 0.4], [0.5, 1.3], [1.4, 1.1]]),),
        features=("a[index, index] = v", "triu_indices", "np.zeros filled"),
    ),
)
