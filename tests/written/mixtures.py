"""Programs that keep arrays in lists, tuples, dicts and records and write into them."""

import math
from collections import defaultdict, deque, namedtuple
from dataclasses import dataclass

import numpy as np

from tests.written.program import Program

State = namedtuple("State", ["concentration", "temperature"])
Block = namedtuple("Block", ["rows", "columns", "values"])
NEIGHBORS = {0: [1, 3], 1: [0, 2], 2: [1, 3], 3: [0, 2]}
KERNELS = [np.array([1.0, -1.0]), np.array([0.25, 0.5, 0.25])]


@dataclass
class Optimizer:
    """Settings of an optimizer with its memory of velocities."""

    rate: float
    momentum: float
    velocity: dict


@dataclass
class Grid:
    """Values on a grid with the spacing between them."""

    values: np.ndarray
    spacing: float


def apply_block(block, x, out):
    """Adds a sparse block times x to out, in place."""
    np.add.at(out, block.rows, block.values * x[block.columns])


def smooth_grid(grid, passes):
    """Smooths the values of a grid, in place, and widens its spacing."""
    for _ in range(passes):
        inner = grid.values[1:-1]
        inner += 0.2 * (grid.values[2:] - 2.0 * grid.values[1:-1] + grid.values[:-2])
        grid.spacing *= 1.1


def reactor_cascade(feed, tanks):
    """The yield of a cascade of reactors whose states are namedtuples of arrays."""
    states = [State(np.zeros(2), t) for t in tanks]
    for _ in range(5):
        incoming = feed
        for k, state in enumerate(states):
            c = state.concentration
            rate = np.exp(-1.0 / state.temperature) * c[0]
            c += 0.3 * (incoming - c)
            c[0] -= 0.3 * rate
            c[1] += 0.3 * rate
            states[k] = state._replace(temperature=state.temperature + 0.02 * rate)
            incoming = c
    return states[-1].concentration[1] + 0.1 * states[0].temperature


def momentum_over_dict(params, optimizer):
    """The loss after momentum steps on a dict of arrays with the memory in a record."""
    weights = {name: value.copy() for name, value in params.items()}
    for name in weights:
        optimizer.velocity[name] = np.zeros_like(weights[name])
    for _ in range(3):
        for name, w in weights.items():
            v = optimizer.velocity[name]
            v *= optimizer.momentum
            v -= optimizer.rate * (w**3 + 0.5 * w)
            w += v
    return sum(np.sum(w**4 / 4.0 + w**2 / 4.0) for w in weights.values())


def ring_of_cells(levels, coupling):
    """The variance of levels on a ring whose neighbors come from a dict of lists."""
    now = levels.copy()
    after = np.empty_like(levels)
    for _ in range(3):
        for cell, others in NEIGHBORS.items():
            after[cell] = now[cell]
            for other in others:
                after[cell] += coupling * np.tanh(now[other] - now[cell])
        now, after = after, now
    return np.var(now) + now[0] * now[1]


def sparse_blocks(values, x):
    """The norm of a product with a matrix kept as a list of sparse blocks."""
    blocks = [
        Block(np.array([0, 1, 1]), np.array([1, 0, 2]), values[:3]),
        Block(np.array([2, 2]), np.array([0, 1]), values[3:]),
    ]
    out = np.zeros_like(x)
    for block in blocks:
        apply_block(block, x, out)
    out += 0.5 * x
    for block in blocks[::-1]:
        apply_block(block, out.copy(), out)
    return np.sum(out**2)


def written_grid_record(grid):
    """The roughness of a grid after a helper that writes into a record of an array."""
    work = Grid(grid.values.copy(), grid.spacing)
    smooth_grid(work, 3)
    slope = np.diff(work.values) / work.spacing
    return np.sum(slope**2) * work.spacing


def history_of_copies(start, rate):
    """A sum over a history that keeps copies and, once, the array itself."""
    x = start.copy()
    history = []
    for t in range(4):
        history.append(x.copy() if t != 2 else x)
        x *= 1.0 - rate
        x[t % 3] += 0.2
    return sum((k + 1) * np.sum(h**2) for k, h in enumerate(history)) / 10.0


def delayed_states(x, gain):
    """The energy of a vector recurrence with a delay of two kept in a deque of arrays."""
    past = deque([x, 0.5 * x], maxlen=2)
    energy = 0.0
    for _ in range(4):
        new = np.sin(past[0]) - gain * past[1]
        past.append(new)
        energy += new @ past[0]
    return energy


def pooled_matrices(batches):
    """The pooled variance of batches of different lengths grouped in a defaultdict."""
    pools = defaultdict(list)
    for key, batch in batches:
        pools[key].append(batch - batch.mean())
    total = 0.0
    for key in sorted(pools):
        joined = np.concatenate(pools[key])
        total += joined @ joined / (len(joined) - len(pools[key]))
    return total


def filter_bank(signal, gains):
    """The energies of a signal in a bank of kernels of different lengths."""
    energies = np.zeros(len(KERNELS))
    for k, (kernel, gain) in enumerate(zip(KERNELS, gains)):
        n = len(signal) - len(kernel) + 1
        out = np.zeros(n)
        for lag, weight in enumerate(kernel):
            out += gain * weight * signal[lag : lag + n]
        energies[k] = np.sum(out**2)
    return np.sum(np.log1p(energies))


def tuple_of_fields(density, velocity):
    """The momentum of a fluid on a ring stepped by a function that returns a tuple of arrays."""

    def step(fields, dt):
        rho, u = fields
        flux = rho * u
        rho = rho - dt * (flux - np.roll(flux, 1))
        u = u.copy()
        u -= dt * (u * (u - np.roll(u, 1)) + 0.5 * (np.roll(rho, -1) - rho))
        return rho, u

    fields = (density, velocity)
    for _ in range(4):
        fields = step(fields, 0.1)
    rho, u = fields
    return np.sum(rho * u) + np.sum(rho**2)


def swapped_layers(layers, x):
    """A network whose layers in a list are swapped and one of which is scaled in place."""
    net = [w * 1.0 for w in layers]
    net[0], net[1] = net[1], net[0]
    top = net[-1]
    top *= 0.5
    net.insert(1, np.eye(2) - 0.1 * net[0])
    for w in net:
        x = x + np.tanh(w @ x)
    del net[0]
    return np.sum(x**2) + np.trace(net[0] @ net[-1])


def scored_candidates(points, scale):
    """The score of the best arrays of a list, sorted by a key."""
    scored = [(float(np.sum(np.cos(scale * p))), p) for p in points]
    scored.sort(key=lambda pair: pair[0], reverse=True)
    (first, best), (second, other), *_ = scored
    return first - 0.5 * second + best @ other


def assembled_rows(x, y):
    """The determinant of a matrix made from a list of rows, of which one is changed."""
    rows = []
    for k in range(3):
        row = [x**k, y**k, math.cos(k * x)]
        rows.append(row)
    rows[1][2] = x * y
    rows[2] = [a + 0.5 * b for a, b in zip(rows[2], rows[0])]
    matrix = np.array(rows)
    matrix[0] += matrix[2]
    return np.linalg.det(matrix) + matrix.sum()


PROGRAMS = (
    Program(
        reactor_cascade,
        lambda: (np.array([1.0, 0.1]), [0.8, 1.1, 0.9]),
        wrt=(0, 1),
        features=("list of namedtuples", "arrays in records written", "_replace", "alias"),
    ),
    Program(
        momentum_over_dict,
        lambda: (
            {"w": np.array([0.9, -0.5]), "b": np.array([1.2])},
            Optimizer(0.1, 0.8, {}),
        ),
        complex_step=True,
        features=("dict of arrays in place", "dataclass with dict", "dict.items", "zeros_like"),
    ),
    Program(
        ring_of_cells,
        lambda: (np.array([0.9, -0.5, 0.3, 1.1]), 0.3),
        wrt=(0, 1),
        features=("module constant dict", "double buffering", "a[i] += v", "np.empty_like filled"),
    ),
    Program(
        sparse_blocks,
        lambda: (np.array([0.9, -0.5, 0.3, 1.1, 0.4]), np.array([0.5, 1.2, -0.7])),
        wrt=(0, 1),
        features=("np.add.at", "helper writes argument", "list of namedtuples", "views in records"),
    ),
    Program(
        written_grid_record,
        lambda: (Grid(np.array([0.9, 0.2, 0.7, 1.1, 0.4]), 0.5),),
        complex_step=True,
        features=("helper writes record", "dataclass of arrays", "write through view"),
    ),
    Program(
        history_of_copies,
        lambda: (np.array([0.9, -0.5, 0.3]), 0.2),
        wrt=(0, 1),
        features=("list of arrays", "copy or alias", "whole-array *=", "a[i] += v"),
    ),
    Program(
        delayed_states,
        lambda: (np.array([0.9, -0.5, 0.3]), 0.4),
        wrt=(0, 1),
        complex_step=True,
        features=("deque maxlen", "deque of arrays"),
    ),
    Program(
        pooled_matrices,
        lambda: (
            [
                ("a", np.array([0.9, 0.2, 0.7])),
                ("b", np.array([0.4, 0.6])),
                ("a", np.array([1.3, 0.8, 0.1, 0.5])),
            ],
        ),
        complex_step=True,
        features=("defaultdict", "append then concatenate", "arrays of different lengths"),
    ),
    Program(
        filter_bank,
        lambda: (np.array([0.9, 0.2, 0.7, -0.4, 0.5]), [0.8, 1.4]),
        wrt=(0, 1),
        features=("module constant list of arrays", "whole-array +=", "a[i] = v"),
    ),
    Program(
        tuple_of_fields,
        lambda: (np.array([1.0, 0.8, 1.2, 0.9]), np.array([0.3, 0.1, -0.2, 0.4])),
        wrt=(0, 1),
        features=("tuple of arrays", "closure", "tuple result of helper", "np.roll"),
    ),
    Program(
        swapped_layers,
        lambda: (
            [
                np.array([[0.4, -0.3], [0.1, 0.8]]),
                np.array([[0.2, 0.6], [-0.5, 0.3]]),
                np.array([[0.7, 0.1], [0.2, -0.4]]),
            ],
            np.array([0.5, -0.8]),
        ),
        wrt=(0, 1),
        complex_step=True,
        features=("list of arrays", "swap", "insert", "del item", "array in list written"),
    ),
    Program(
        scored_candidates,
        lambda: ([np.array([0.9, 0.2]), np.array([0.1, 0.4]), np.array([1.4, 0.8])], 1.3),
        wrt=(0, 1),
        features=("sort with key", "float()", "starred unpacking", "nested unpacking"),
    ),
    Program(
        assembled_rows,
        lambda: (0.7, 1.3),
        wrt=(0, 1),
        features=("append then array", "list of lists", "row assignment", "row +="),
    ),
)
