"""Programs on tuples and lists: unpacking, slices, comprehensions, sorting and zipping."""

# ruff: noqa: RUF007

import math

import numpy as np

from tests.written.program import Program

SIMPSON = (1.0, 4.0, 1.0)
GAUSS_NODES = [-0.7745966692414834, 0.0, 0.7745966692414834]
GAUSS_WEIGHTS = [5 / 9, 8 / 9, 5 / 9]


def polygon_area(corners):
    """The area of a polygon by the shoelace formula over a list of corner pairs."""
    total = 0.0
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1]):
        total += x0 * y1 - x1 * y0
    return 0.5 * total


def center_of_mass(bodies):
    """The squared distance from the origin of the center of a list of (mass, x, y)."""
    masses, xs, ys = zip(*bodies)
    total = sum(masses)
    cx = sum(m * x for m, x in zip(masses, xs)) / total
    cy = sum(m * y for m, y in zip(masses, ys)) / total
    return cx**2 + cy**2


def polynomial_value(coefficients, x):
    """A polynomial by Horner's rule, highest coefficient first, by starred unpacking."""
    first, *rest = coefficients
    value = first
    for c in rest:
        value = value * x + c
    return value


def trimmed_mean(samples):
    """The mean of a sample without its lowest and its highest value."""
    low, *middle, high = sorted(samples)
    spread = high - low
    return sum(middle) / len(middle) + 0.1 * spread


def median_deviation(samples):
    """The root mean square deviation of a list from its median."""
    ordered = sorted(samples)
    n = len(ordered)
    if n % 2 == 1:
        median = ordered[n // 2]
    else:
        median = 0.5 * (ordered[n // 2 - 1] + ordered[n // 2])
    return math.sqrt(sum((s - median) ** 2 for s in samples) / n)


def composite_simpson(a, b, n):
    """The integral of exp(-x) sin(3x) by Simpson's rule with weights in a tuple."""
    h = (b - a) / n
    left, middle, right = SIMPSON
    pieces = []
    for i in range(n):
        start = a + i * h
        nodes = [start, start + 0.5 * h, start + h]
        f0, f1, f2 = [math.exp(-x) * math.sin(3.0 * x) for x in nodes]
        pieces.append((left * f0 + middle * f1 + right * f2) * h / 6.0)
    return sum(pieces)


def gauss_integral_2d(alpha, width):
    """A double Gauss-Legendre sum of exp(-alpha (x^2 + x y)) over a square."""
    terms = [
        wi * wj * math.exp(-alpha * ((width * xi) ** 2 + width * width * xi * xj))
        for xi, wi in zip(GAUSS_NODES, GAUSS_WEIGHTS)
        for xj, wj in zip(GAUSS_NODES, GAUSS_WEIGHTS)
    ]
    return width**2 * sum(terms)


def coulomb_energy(charges, positions):
    """The energy of point charges, over the pairs of a nested comprehension with a condition."""
    return sum(
        charges[i] * charges[j] / math.dist(positions[i], positions[j])
        for i in range(len(charges))
        for j in range(len(charges))
        if i < j
    )


def weighted_rank_score(scores, weights):
    """A discounted gain: values sorted by weight, each divided by the logarithm of its rank."""
    ranked = sorted(zip(weights, scores), key=lambda pair: pair[0], reverse=True)
    total = 0.0
    for rank, (weight, score) in enumerate(ranked, start=1):
        total += weight * score / math.log(rank + 1.0)
    return total


def transpose_product(rows):
    """The squared norm of A^T A for a matrix kept as a list of rows."""
    columns = [list(column) for column in zip(*rows)]
    gram = [[sum(a * b for a, b in zip(u, v)) for v in columns] for u in columns]
    return sum(entry**2 for row in gram for entry in row)


def bezier_length(points, steps):
    """The length of a cubic Bezier curve by de Casteljau on lists of points."""

    def at(t):
        level = points
        while len(level) > 1:
            level = [
                ((1 - t) * px + t * qx, (1 - t) * py + t * qy)
                for (px, py), (qx, qy) in zip(level[:-1], level[1:])
            ]
        return level[0]

    curve = [at(k / steps) for k in range(steps + 1)]
    length = 0.0
    for (x0, y0), (x1, y1) in zip(curve, curve[1:]):
        length += math.hypot(x1 - x0, y1 - y0)
    return length


def richardson_table(x):
    """The derivative of tanh(x) exp(x) by Richardson extrapolation in a ragged list of lists."""

    def f(t):
        return np.tanh(t) * np.exp(t)

    table = []
    h = 0.4
    for level in range(4):
        row = [(f(x + h) - f(x - h)) / (2.0 * h)]
        for k in range(1, level + 1):
            factor = 4.0**k
            row.append((factor * row[-1] - table[-1][k - 1]) / (factor - 1.0))
        table.append(row)
        h *= 0.5
    return table[-1][-1]


def reversed_discount(payments, rates):
    """The value of a chain of payments, discounted backwards over reversed lists."""
    value = 0.0
    for payment, rate in zip(payments[::-1], reversed(rates)):
        value = (value + payment) / (1.0 + rate)
    return value


def interpolate_table(x, knots):
    """A value linearly interpolated in a list of (abscissa, ordinate), then squared up."""
    for (xa, ya), (xb, yb) in zip(knots, knots[1:]):
        if xa <= x < xb:
            t = (x - xa) / (xb - xa)
            return (1.0 - t) * ya + t * yb * yb
    return knots[-1][1]


def swap_sorted_gaps(values):
    """The sum of squared gaps of a list that bubble sort puts in order in place."""
    items = list(values)
    n = len(items)
    for end in range(n - 1, 0, -1):
        for i in range(end):
            if items[i] > items[i + 1]:
                items[i], items[i + 1] = items[i + 1], items[i]
    return sum((k + 1) * (b - a) ** 2 for k, (a, b) in enumerate(zip(items, items[1:])))


PROGRAMS = (
    Program(
        polygon_area,
        lambda: ([(0.0, 0.1), (1.2, 0.0), (1.5, 0.9), (0.6, 1.4)],),
        complex_step=True,
        features=("list of tuples", "zip", "list concatenation", "slicing lists"),
    ),
    Program(
        center_of_mass,
        lambda: ([(1.0, 0.2, 0.4), (2.0, 0.7, -0.3), (0.5, 1.1, 0.8)],),
        complex_step=True,
        features=("zip(*rows)", "list of tuples", "generator"),
    ),
    Program(
        polynomial_value,
        lambda: ([0.5, -1.2, 0.3, 2.0], 0.7),
        wrt=(0, 1),
        complex_step=True,
        features=("starred unpacking", "list parameter"),
    ),
    Program(
        trimmed_mean,
        lambda: ([0.4, 1.9, -0.3, 0.8, 1.1],),
        features=("starred unpacking", "sorted"),
    ),
    Program(
        median_deviation,
        lambda: ([0.4, 1.9, -0.3, 0.8, 1.1, 0.6],),
        features=("sorted", "generator", "list parameter"),
    ),
    Program(
        composite_simpson,
        lambda: (0.1, 1.6, 6),
        wrt=(0, 1),
        features=("module constant tuple", "append then sum", "list comprehension", "unpacking"),
    ),
    Program(
        gauss_integral_2d,
        lambda: (0.7, 0.9),
        wrt=(0, 1),
        features=("module constant list", "nested comprehension", "zip"),
    ),
    Program(
        coulomb_energy,
        lambda: ([1.0, -0.5, 0.8], [(0.0, 0.0), (1.0, 0.2), (0.3, 1.1)]),
        wrt=(0, 1),
        features=("nested comprehension", "comprehension condition", "generator"),
    ),
    Program(
        weighted_rank_score,
        lambda: ([0.9, 0.2, 0.5, 0.7], [0.3, 1.2, 0.8, 0.1]),
        wrt=(0, 1),
        features=("sorted with key", "enumerate", "zip"),
    ),
    Program(
        transpose_product,
        lambda: ([[0.5, -0.2, 0.1], [0.3, 0.8, -0.4]],),
        complex_step=True,
        features=("zip(*rows)", "list of lists", "nested comprehension"),
    ),
    Program(
        bezier_length,
        lambda: ([(0.0, 0.0), (0.3, 1.0), (1.0, 0.8), (1.4, -0.2)], 6),
        features=("closure", "list of tuples", "while", "list comprehension"),
    ),
    Program(
        richardson_table,
        lambda: (0.6,),
        complex_step=True,
        features=("list of lists", "append", "ragged list", "closure"),
    ),
    Program(
        reversed_discount,
        lambda: ([0.3, 0.4, 1.2], [0.02, 0.05, 0.03]),
        wrt=(0, 1),
        complex_step=True,
        features=("slicing lists", "reversed", "zip"),
    ),
    Program(
        interpolate_table,
        lambda: (0.7, [(0.0, 0.3), (0.5, 1.1), (1.0, 0.6), (2.0, 0.2)]),
        wrt=(0, 1),
        features=("list of tuples", "return in loop", "slicing lists"),
    ),
    Program(
        swap_sorted_gaps,
        lambda: ([0.9, 0.1, 1.7, 0.4, 1.2],),
        features=("bubble sort", "list item assignment", "swap", "list copy"),
    ),
)
