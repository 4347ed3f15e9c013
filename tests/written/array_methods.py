"""Array computations where walrus, own errors, static methods, filters and indices meet."""

import itertools
import math
from functools import partial, reduce

import numpy as np

from tests.written.program import Program


class SingularError(Exception):
    """Raised when a pivot is too small to divide by."""


class Diverged(ArithmeticError):
    """Raised by an iteration that grows; it carries the last iterate."""

    def __init__(self, iterate):
        super().__init__("diverged")
        self.iterate = iterate


def eliminate(matrix, rhs, order):
    """Solution of a system by elimination in a given order of rows."""
    a = np.column_stack([matrix, rhs])[list(order)]
    n = len(rhs)
    for k in range(n):
        if abs(a[k, k]) < 1e-8:
            raise SingularError(f"pivot {k}")
        a[k] = a[k] / a[k, k]
        for i in range(n):
            if i != k:
                a[i] -= a[i, k] * a[k]
    return a[:, -1]


def solved_in_some_order(matrix, rhs):
    """Product of unknowns by the first order of rows that needs no small pivot."""
    for order in itertools.permutations(range(len(rhs))):
        try:
            x = eliminate(matrix, rhs, order)
        except SingularError:
            continue
        else:
            break
    return x[0] * x[1] + x[2]


def jacobi(matrix, rhs, limit=25):
    """Jacobi's iteration, with an error if its iterates grow."""
    d = np.diag(matrix)
    x = np.zeros(len(rhs))
    for _ in range(limit):
        x = (rhs - (matrix @ x - d * x)) / d
        if (size := np.sqrt(x @ x)) > 10.0:
            raise Diverged(x / size)
    return x


def jacobi_or_direction(matrix, rhs):
    """Sum of a solution by Jacobi, or of the direction in which it diverges."""
    try:
        return np.sum(jacobi(matrix, rhs) ** 3)
    except Diverged as error:
        return np.sum(error.iterate**3) + 0.1 * rhs[0]


class Geometry:
    """Plane geometry by static methods on arrays."""

    @staticmethod
    def cross(a, b):
        """Signed area spanned by two vectors."""
        return a[0] * b[1] - a[1] * b[0]

    @staticmethod
    def centroid(points):
        """Mean of points."""
        return points.sum(axis=0) / len(points)

    @classmethod
    def area(cls, points):
        """Area of a polygon."""
        total = 0.0
        for i in range(len(points)):
            total += cls.cross(points[i - 1], points[i])
        return 0.5 * total


def polygon_moment(points):
    """Area of a polygon and the distance of its centroid."""
    center = Geometry.centroid(points)
    return Geometry.area(points - center) + np.hypot(*center)


def inside_weight(polygon, point):
    """Winding-like angle of a polygon about a point, with its own early exit."""
    angle = 0.0
    for a, b in zip(polygon, np.roll(polygon, -1, axis=0)):
        u, v = a - point, b - point
        if u @ u < 1e-12:
            return 0.0
        if Geometry.cross(u, v) < 0.0:
            break
        angle += np.arctan2(Geometry.cross(u, v), u @ v)
    return angle + 0.1 * (u @ v)


def first_pair_within(points, radius):
    """Overlap of the first pair of points nearer than a radius."""
    for i in range(len(points)):
        for j in range(i):
            gap = points[i] - points[j]
            distance = np.sqrt(gap @ gap)
            if distance < radius:
                return (radius - distance) ** 2 * (1.0 + i)
    return radius**2


def upper_pairs(n):
    """Indices above the diagonal."""
    for i in range(n):
        for j in range(i + 1, n):
            yield i, j


def lennard_jones(positions, sigma):
    """Energy of particles over generated pairs of indices."""
    energy = 0.0
    for i, j in upper_pairs(len(positions)):
        d = positions[i] - positions[j]
        s6 = (sigma**2 / np.dot(d, d)) ** 3
        energy += 4.0 * (s6 * s6 - s6)
    return energy


def anti_diagonals(matrix):
    """Sum of squared sums of anti-diagonals, by a generator of indices."""
    n = matrix.shape[0]
    total = 0.0
    for k in range(2 * n - 1):
        cells = ((i, k - i) for i in range(n) if 0 <= k - i < n)
        diagonal = 0.0
        for cell in cells:
            diagonal += matrix[cell]
        total += diagonal**2
    return total


def residuals_kept(data, model, cut):
    """Sum of those squared residuals that pass a filter."""
    residuals = map(lambda d, m: d - m, data, model)
    kept = list(filter(lambda r: abs(r) < cut, residuals))
    return sum(r * r for r in kept) + cut * (len(data) - len(kept))


def stencil_sweep(field, weight):
    """Sum over a grid relaxed at its inner cells, in the order of a product of ranges."""
    u = field.copy()
    rows, cols = u.shape
    for i, j in itertools.product(range(1, rows - 1), range(1, cols - 1)):
        around = u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1]
        u[i, j] += weight * (0.25 * around - u[i, j])
    return np.sum(u[1:-1, 1:-1] ** 2)


def shooting(stiffness, start):
    """Slope that hits a boundary value, by two shots and a linear correction."""

    def shoot(slope):
        y = np.array([start, slope])
        for _ in range(20):
            y = y + 0.05 * np.array([y[1], -stiffness * y[0]])
        return y[0]

    low, high = shoot(0.0), shoot(1.0)
    return (0.5 - low) / (high - low)


def multigrid_like(rhs, omega):
    """Solution energy of Poisson's equation by recursive two-grid cycles."""

    def smooth(u, f):
        new = u.copy()
        for i in range(1, len(u) - 1):
            new[i] = (1.0 - omega) * u[i] + omega * 0.5 * (u[i - 1] + u[i + 1] + f[i])
        return new

    def cycle(u, f):
        u = smooth(u, f)
        if len(u) <= 3:
            return u
        residual = np.zeros_like(u)
        residual[1:-1] = f[1:-1] - 2.0 * u[1:-1] + u[:-2] + u[2:]
        coarse = cycle(np.zeros(len(u) // 2 + 1), 4.0 * residual[::2])
        u[::2] += coarse
        u[1::2] += 0.5 * (coarse[:-1] + coarse[1:])
        return smooth(u, f)

    u = cycle(np.zeros(len(rhs)), rhs)
    return u @ rhs


def chain_of_filters(signal, taps):
    """Energy behind a chain of filters, each a partial of one function."""

    def fir(x, taps):
        out = np.zeros(len(x))
        for k, tap in enumerate(taps):
            out[k:] += tap * x[: len(x) - k]
        return out

    stages = [partial(fir, taps=taps), partial(fir, taps=[1.0, -0.5]), np.tanh]
    result = reduce(lambda x, stage: stage(x), stages, signal)
    return (result**2).sum()


def even_part(x, depth):
    """Even coupling of a vector: an average, then the odd one at a smaller depth."""
    if depth == 0:
        return x
    return 0.5 * (x + odd_part(np.roll(x, 1), depth - 1))


def odd_part(x, depth):
    """Odd coupling of a vector: a squashing, then the even one at a smaller depth."""
    if depth == 0:
        return -x
    return np.tanh(even_part(x, depth - 1) - 0.3 * x)


def ping_pong(x, scale):
    """Sum of two couplings that call each other."""
    return np.sum(even_part(scale * x, 4)) + np.sum(odd_part(x, 3) ** 2)


def overflow_guard(energies, beta):
    """Log of a partition function, by shifted exponentials when plain ones overflow."""
    try:
        total = sum(math.exp(-beta * e) for e in energies)
        return math.log(total)
    except OverflowError:
        lowest = min(energies)
        total = 0.0
        for e in energies:
            total += math.exp(-beta * (e - lowest))
        return (math.log(total) - beta * lowest) / 1000.0


def shrinking_set(values, keep):
    """Spread of what is left after outliers have been deleted one at a time."""
    left = values
    while (n := len(left)) > keep:
        distance = np.abs(left - left.mean())
        worst = int(np.argmax(distance))
        left = np.concatenate([left[:worst], left[worst + 1 :]])
        del distance
    return left.std() + left.mean() / n


def pagerank(links, damping):
    """Rank of one page, by sweeps over a dict of links until nothing changes."""
    names = list(links.keys())
    rank = {name: 1.0 / len(names) for name in names}
    while True:
        new = {name: (1.0 - damping) / len(names) for name in names}
        for name in links:
            total = sum(links[name].values())
            for other, weight in links[name].items():
                new[other] += damping * rank[name] * weight / total
        change = max(abs(new[name] - rank[name]) for name in names)
        rank = new
        if change < 1e-14:
            return rank["a"] ** 2 + rank["c"]


PROGRAMS = (
    Program(
        solved_in_some_order,
        lambda: (
            np.array([[0.0, 1.0, 0.5], [1.2, 0.3, -0.4], [0.6, 0.8, 1.5]]),
            np.array([0.5, 1.0, -0.3]),
        ),
        (1,),
        complex_step=True,
        features=(
            "array",
            "raise own exception",
            "try-else",
            "continue",
            "break",
            "row augmented assignment",
            "itertools.permutations",
        ),
    ),
    Program(
        jacobi_or_direction,
        lambda: (np.array([[1.0, 2.0], [1.5, 0.8]]), np.array([0.5, 0.9])),
        (0, 1),
        complex_step=True,
        features=(
            "array",
            "raise own exception",
            "exception attributes",
            "except as",
            "walrus",
            "return in try",
        ),
    ),
    Program(
        polygon_moment,
        lambda: (np.array([[0.1, 0.0], [1.2, 0.2], [1.0, 1.1], [0.2, 0.9]]),),
        features=("array", "staticmethod", "classmethod", "negative index", "call with *"),
    ),
    Program(
        inside_weight,
        lambda: (np.array([[0.0, 0.1], [1.2, 0.0], [1.1, 1.3], [0.2, 0.9]]), np.array([0.5, 0.4])),
        (0, 1),
        features=(
            "array",
            "staticmethod",
            "return in loop",
            "break",
            "zip",
            "loop variable after loop",
        ),
    ),
    Program(
        first_pair_within,
        lambda: (np.array([[0.0, 0.1], [1.2, 0.0], [0.9, 0.5], [0.3, 0.2]]), 0.8),
        (0, 1),
        complex_step=True,
        features=("array", "return in nested loop", "nested loops"),
    ),
    Program(
        lennard_jones,
        lambda: (np.array([[0.0, 0.1], [1.1, 0.0], [0.6, 0.9]]), 0.9),
        (0, 1),
        complex_step=True,
        features=("array", "index generator", "generator", "tuple unpacking in for"),
    ),
    Program(
        anti_diagonals,
        lambda: (np.array([[0.5, 1.0, 0.2], [0.8, -0.3, 0.6], [1.2, 0.7, 0.9]]),),
        complex_step=True,
        features=("array", "index generator", "chained comparison", "tuple index"),
    ),
    Program(
        residuals_kept,
        lambda: (np.array([0.5, 1.9, -0.3, 0.8]), [0.4, 0.6, 0.1, 0.5], 0.7),
        (0, 1, 2),
        features=("array", "map", "filter", "lambda", "sum of generator"),
    ),
    Program(
        stencil_sweep,
        lambda: (
            np.array(
                [
                    [0.1, 0.5, 0.9, 0.4],
                    [0.3, 1.2, -0.6, 0.2],
                    [0.8, 0.7, 0.4, 1.1],
                    [0.6, 0.2, 0.5, 0.3],
                ]
            ),
            0.8,
        ),
        (0, 1),
        features=("array", "itertools.product", "item augmented assignment", "slice"),
    ),
    Program(
        shooting,
        lambda: (1.3, 0.2),
        (0, 1),
        complex_step=True,
        features=("array", "nested function", "closure", "np.array of scalars"),
    ),
    Program(
        multigrid_like,
        lambda: (np.array([0.0, 0.5, 0.9, 0.2, -0.4, 0.3, 0.8, 0.1, 0.0]), 0.7),
        (0, 1),
        features=(
            "array",
            "recursion",
            "nested function",
            "step slice",
            "slice augmented assignment",
        ),
    ),
    Program(
        chain_of_filters,
        lambda: (np.array([0.5, 1.0, -0.3, 0.8]), [0.6, 0.3, 0.1]),
        (0, 1),
        features=(
            "array",
            "functools.partial",
            "functools.reduce",
            "builtin function argument",
            "slice augmented assignment",
            "list of functions",
        ),
    ),
    Program(
        ping_pong,
        lambda: (np.array([0.5, 1.0, -0.3]), 0.8),
        (0, 1),
        complex_step=True,
        features=("array", "mutual recursion", "np.roll"),
    ),
    Program(
        overflow_guard,
        lambda: ([-900.0, -899.5, -901.2], 1.1),
        (0, 1),
        features=("try", "OverflowError", "return in try", "sum of generator", "min"),
    ),
    Program(
        shrinking_set,
        lambda: (np.array([0.5, 1.0, -2.3, 0.8, 3.1, 0.6]), 3),
        (0,),
        features=("array", "walrus", "while", "del", "np.argmax", "np.concatenate"),
    ),
    Program(
        pagerank,
        lambda: ({"a": {"b": 1.0, "c": 0.5}, "b": {"c": 1.2}, "c": {"a": 0.8, "b": 0.3}}, 0.7),
        (0, 1),
        complex_step=True,
        features=(
            "dict keys",
            "dict values",
            "dict items",
            "dict comprehension",
            "while True",
            "return in loop",
            "nested dicts",
            "convergence exit",
        ),
    ),
)
