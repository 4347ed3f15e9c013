"""functools, itertools and operator, map and filter, in everyday use."""

import itertools
import math
import operator
from functools import partial, reduce
from itertools import accumulate, chain, pairwise, product

import numpy as np

from tests.written.program import Program


def chained_transmission(layers):
    """Transmission of a stack of layers, multiplied together by reduce."""
    return reduce(lambda t, d: t * math.exp(-d), layers, 1.0)


def matrix_chain(matrices):
    """Trace of a product of matrices."""
    return np.trace(reduce(np.matmul, matrices))


def geometric_mean(values):
    """Geometric mean with reduce and operator.mul."""
    return reduce(operator.mul, values) ** (1.0 / len(values))


def power_law(x, amplitude, exponent):
    """A power law."""
    return amplitude * x**exponent


def fitted_laws(amplitude, exponent, x):
    """Two power laws with parameters fixed beforehand by partial."""
    steep = partial(power_law, amplitude=amplitude, exponent=2.0 * exponent)
    shallow = partial(power_law, exponent=exponent)
    return steep(x) - 0.5 * shallow(x, amplitude=0.3) + partial(power_law, x)(0.2, 0.5)


def rms_by_map(samples):
    """Root mean square by map and sum."""
    return math.sqrt(sum(map(lambda s: s * s, samples)) / len(samples))


def positive_energy(samples, threshold):
    """Sum of squares above a threshold by filter."""
    kept = list(filter(lambda s: s > threshold, samples))
    return sum(k * k for k in kept) + 0.1 * threshold * len(kept)


def dot_by_map(a, b):
    """Inner product by map over two sequences with operator.mul."""
    return sum(map(operator.mul, a, b)) + max(map(abs, a))


def cumulative_drawdown(returns):
    """Sum of squared drawdowns of a wealth that is accumulated."""
    wealth = list(accumulate(returns, lambda w, r: w * (1.0 + r), initial=1.0))
    peaks = accumulate(wealth, max)
    return sum((p - w) ** 2 for p, w in zip(peaks, wealth)) + wealth[-1]


def running_totals(flows, rate):
    """Discounted running totals."""
    total = 0.0
    for k, level in enumerate(accumulate(flows)):
        total += level / (1.0 + rate) ** k
    return total


def lattice_energy(spacing):
    """Coulomb-like energy of a small lattice over products of its indices."""
    energy = 0.0
    for i, j, k in product(range(-1, 2), repeat=3):
        if i == j == k == 0:
            continue
        sign = -1.0 if (i + j + k) % 2 else 1.0
        energy += sign / (spacing * math.sqrt(i * i + j * j + k * k))
    return energy


def polyline_length(points):
    """Length of a polyline over pairs of neighbours."""
    return sum(math.dist(p, q) for p, q in pairwise(points))


def turning_angles(headings):
    """Sum of squared changes of heading over a chain of two legs."""
    total = 0.0
    for a, b in itertools.pairwise(chain(headings, [0.0, 0.4])):
        total += (b - a) ** 2 * 0.5 + 0.1 * a
    return total


def pair_potential(positions, depth):
    """Morse-like energy over all pairs of particles on a line."""
    energy = 0.0
    for a, b in itertools.combinations(positions, 2):
        decay = math.exp(-abs(a - b))
        energy += depth * (decay * decay - 2.0 * decay)
    return energy


def flattened_norm(groups):
    """Norm of nested groups, flattened with chain."""
    return math.sqrt(sum(x * x for x in chain.from_iterable(groups)))


def ranked_score(records, rate):
    """Sum of values in order of their weights, discounted by rank."""
    ordered = sorted(records, key=operator.itemgetter(1), reverse=True)
    score = 0.0
    for rank, (value, weight) in enumerate(ordered):
        score += value * weight * math.exp(-rate * rank)
    return score


def takewhile_series(x):
    """exp(x) from those terms of its series that still matter."""
    terms = accumulate(itertools.count(1), lambda term, n: term * x / n, initial=1.0)
    return sum(itertools.takewhile(lambda term: abs(term) > 1e-14, terms))


def cycled_gains(signal, gains):
    """A signal whose gains repeat in a cycle."""
    total = 0.0
    for s, g in zip(signal, itertools.cycle(gains)):
        total += math.tanh(g * s)
    return total


def operator_table(x, y):
    """A calculation through a table of operators."""
    table = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
    result = x
    for symbol, value in (("*", y), ("+", 0.5), ("/", x + y), ("-", y * y)):
        result = table[symbol](result, value)
    return operator.neg(result) + operator.pow(x, 3)


def starmap_volume(boxes):
    """Total volume of boxes by starmap."""
    volumes = itertools.starmap(lambda a, b, c: a * b * c, boxes)
    return math.log(sum(volumes))


def vector_reduce(vectors, weights):
    """Norm of a weighted sum of vectors by map and reduce."""
    scaled = map(lambda v, w: w * v, vectors, weights)
    total = reduce(operator.add, scaled)
    return np.linalg.norm(total)


PROGRAMS = (
    Program(
        chained_transmission, lambda: ([0.3, 0.1, 0.5],), features=("functools.reduce", "lambda")
    ),
    Program(
        matrix_chain,
        lambda: (
            [
                np.array([[1.0, 0.5], [0.2, 0.8]]),
                np.array([[0.3, -0.4], [0.9, 1.1]]),
                np.array([[0.7, 0.1], [0.5, 0.6]]),
            ],
        ),
        complex_step=True,
        features=("functools.reduce", "array", "list of arrays", "np.trace"),
    ),
    Program(
        geometric_mean,
        lambda: ([0.5, 1.2, 2.0, 0.8],),
        complex_step=True,
        features=("functools.reduce", "operator"),
    ),
    Program(
        fitted_laws,
        lambda: (0.8, 1.3, 0.7),
        (0, 1, 2),
        complex_step=True,
        features=("functools.partial", "keyword arguments"),
    ),
    Program(rms_by_map, lambda: ([0.5, -1.2, 0.8],), features=("map", "lambda", "sum")),
    Program(
        positive_energy,
        lambda: ([0.5, -1.2, 0.8, 0.1], 0.3),
        (0, 1),
        features=("filter", "lambda", "sum of generator"),
    ),
    Program(
        dot_by_map,
        lambda: ([0.5, -1.2, 0.8], (0.3, 0.9, -0.6)),
        (0, 1),
        features=("map", "operator", "max", "tuple argument"),
    ),
    Program(
        cumulative_drawdown,
        lambda: ([0.1, -0.2, 0.15, -0.05],),
        features=("itertools.accumulate", "lambda", "max", "builtin function argument", "zip"),
    ),
    Program(
        running_totals,
        lambda: ([0.5, 1.2, -0.3, 0.8], 0.05),
        (0, 1),
        complex_step=True,
        features=("itertools.accumulate", "enumerate"),
    ),
    Program(
        lattice_energy,
        lambda: (1.3,),
        complex_step=True,
        features=("itertools.product", "continue", "chained comparison", "integer modulo"),
    ),
    Program(
        polyline_length,
        lambda: ([(0.0, 0.1), (1.0, 0.5), (1.5, 1.4)],),
        features=("itertools.pairwise", "math.dist", "sum of generator", "list of tuples"),
    ),
    Program(
        turning_angles,
        lambda: ([0.3, 0.9, -0.2],),
        complex_step=True,
        features=("itertools.pairwise", "itertools.chain", "tuple unpacking in for"),
    ),
    Program(
        pair_potential,
        lambda: ([0.0, 0.8, 1.9, 2.5], 1.2),
        (0, 1),
        features=("itertools.combinations", "tuple unpacking in for"),
    ),
    Program(
        flattened_norm,
        lambda: ([[0.5, 1.2], [0.8], [0.3, -0.9]],),
        features=("itertools.chain", "sum of generator", "nested lists"),
    ),
    Program(
        ranked_score,
        lambda: ([(0.5, 0.3), (1.2, 0.9), (0.8, 0.6)], 0.4),
        (0, 1),
        features=("sorted", "operator", "sorted key", "nested tuple unpacking in for"),
    ),
    Program(
        takewhile_series,
        lambda: (0.8,),
        complex_step=True,
        features=("itertools.accumulate", "itertools.count", "itertools.takewhile", "lambda"),
    ),
    Program(
        cycled_gains,
        lambda: (np.array([0.5, 1.0, -0.3, 0.8, 1.1]), [0.9, 1.4]),
        (0, 1),
        features=("itertools.cycle", "zip unequal", "array"),
    ),
    Program(
        operator_table,
        lambda: (0.8, 1.3),
        (0, 1),
        complex_step=True,
        features=("operator", "function in dict", "tuple of tuples"),
    ),
    Program(
        starmap_volume,
        lambda: ([(0.5, 1.2, 0.8), (1.1, 0.9, 0.7)],),
        features=("itertools.starmap", "lambda", "sum"),
    ),
    Program(
        vector_reduce,
        lambda: (
            [np.array([0.5, 1.0]), np.array([-0.3, 0.8]), np.array([0.9, 0.2])],
            [0.5, 1.2, 0.8],
        ),
        (0, 1),
        features=("map", "functools.reduce", "operator", "array", "list of arrays"),
    ),
)
