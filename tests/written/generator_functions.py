"""Generators that simulate, traverse and filter, consumed by loops, sum, list and next."""

import math

import numpy as np

from tests.written.program import Program


def euler_path(x, rate, h, steps):
    """States of a relaxing system, one after the other."""
    for _ in range(steps):
        yield x
        x = x + h * rate * (1.0 - x)


def path_energy(x, rate):
    """Sum of squares along a simulated path."""
    return sum(state * state for state in euler_path(x, rate, 0.2, 8))


def fibonacci_like(a, b):
    """An endless recurrence."""
    while True:
        yield a
        a, b = b, 0.5 * a + 0.6 * b


def sum_of_first(a, b, n):
    """Sum of the first terms of an endless recurrence, by next."""
    terms = fibonacci_like(a, b)
    total = 0.0
    for _ in range(n):
        total += next(terms) ** 2
    return total


def moving_average(samples, width):
    """Moving averages of samples."""
    for i in range(len(samples) - width + 1):
        yield sum(samples[i : i + width]) / width


def smoothed_roughness(samples):
    """Sum of squared changes between moving averages."""
    averages = list(moving_average(samples, 2))
    return sum((b - a) ** 2 for a, b in zip(averages, averages[1:]))  # noqa: RUF007


def first_above(values, level):
    """Square of the first value above a level, by next on a generator expression."""
    found = next(v for v in values if v > level)
    missing = next((v for v in values if v > 100.0), level)
    return found**2 + 0.5 * missing


def newton_iterates(c, x):
    """Newton's iterates for a square root."""
    while True:
        yield x
        x = 0.5 * (x + c / x)


def converged_root(c):
    """The first iterate close to its predecessor."""
    previous = None
    for x in newton_iterates(c, 1.0):
        if previous is not None and abs(x - previous) < 1e-13:
            break
        previous = x
    return x


def inorder(tree):
    """Values of a tree of nested tuples in order."""
    if tree is None:
        return
    left, value, right = tree
    yield from inorder(left)
    yield value
    yield from inorder(right)


def tree_variation(tree):
    """Sum of squared differences of neighbouring values in a tree."""
    total = 0.0
    previous = None
    for value in inorder(tree):
        if previous is not None:
            total += (value - previous) ** 2
        previous = value
    return total


def cash_flows(coupon, face, years):
    """Times and amounts of a bond's payments."""
    for year in range(1, years + 1):
        amount = coupon * face
        if year == years:
            amount += face
        yield year, amount


def bond_duration(coupon, rate):
    """Macaulay duration of a bond."""
    value = 0.0
    weighted = 0.0
    for year, amount in cash_flows(coupon, 1.0, 6):
        discounted = amount * math.exp(-rate * year)
        value += discounted
        weighted += year * discounted
    return weighted / value


def windows(array, size, step):
    """Overlapping windows of an array."""
    start = 0
    while start + size <= len(array):
        yield array[start : start + size]
        start += step


def welch_power(signal):
    """Mean power of windowed pieces of a signal."""
    taper = np.hanning(6)[1:-1]
    powers = [np.sum((taper * w) ** 2) for w in windows(signal, 4, 2)]
    return sum(powers) / len(powers)


def clipped(samples, low, high):
    """Samples inside limits, with those outside left out."""
    for s in samples:
        if s < low:
            continue
        if s > high:
            return
        yield s


def scaled(samples, gain):
    """Samples times a gain that grows."""
    for k, s in enumerate(samples):
        yield s * gain * (1.0 + 0.1 * k)


def pipeline(samples, gain):
    """Sum behind a pipeline of two generators."""
    return sum(s**3 for s in scaled(clipped(samples, 0.0, 2.0), gain))


def metropolis(x, width):
    """A chain of proposals accepted by a fixed list of draws."""
    draws = [(0.3, 0.2), (-0.9, 0.95), (0.6, 0.5), (-0.2, 0.1)]
    for shift, threshold in draws:
        proposal = x + width * shift
        if math.exp(0.5 * (x * x - proposal * proposal)) > threshold:
            x = proposal
        yield x


def chain_average(x, width):
    """Mean and maximum of a short Metropolis chain."""
    visited = tuple(metropolis(x, width))
    return sum(visited) / len(visited) + 0.1 * max(visited) ** 2


def primes(limit):
    """Primes up to a limit by trial division."""
    for n in range(2, limit + 1):
        for d in range(2, n):
            if n % d == 0:
                break
        else:
            yield n


def euler_product(s):
    """The start of the zeta function's product over primes."""
    value = 1.0
    for p in primes(20):
        value /= 1.0 - p**-s
    return value


def power_terms(x):
    """Terms of the sine's series."""
    term, n = x, 1
    while True:
        yield term
        term = -term * x * x / ((n + 1) * (n + 2))
        n += 2


def sine_by_terms(x):
    """sin(x) from zip of its terms with a range, times a decay."""
    return sum(t for t, _ in zip(power_terms(x), range(12))) * math.exp(-x)


def weighted_grid(n, stretch):
    """Nodes and weights of a stretched grid."""
    edges = np.linspace(0.0, 1.0, n + 1) ** stretch
    for left, right in zip(edges[:-1], edges[1:]):  # noqa: RUF007
        yield 0.5 * (left + right), right - left


def stretched_integral(stretch, k):
    """Integral of a wave on a stretched grid."""
    return sum(w * np.sin(k * x) for x, w in weighted_grid(5, stretch))


PROGRAMS = (
    Program(
        path_energy,
        lambda: (0.2, 0.7),
        (0, 1),
        complex_step=True,
        features=("generator", "sum of generator"),
    ),
    Program(
        sum_of_first,
        lambda: (0.8, 0.5, 6),
        (0, 1),
        complex_step=True,
        features=("generator", "next", "while True", "tuple assignment"),
    ),
    Program(
        smoothed_roughness,
        lambda: ([0.5, 1.2, -0.3, 0.8, 0.1],),
        complex_step=True,
        features=("generator", "list of generator", "slice", "zip"),
    ),
    Program(
        first_above,
        lambda: ([0.2, 0.5, 1.4, 2.0], 0.9),
        (0, 1),
        features=("next", "generator expression", "next with default"),
    ),
    Program(
        converged_root,
        lambda: (2.3,),
        complex_step=True,
        features=("generator", "while True", "break", "loop variable after loop", "is None"),
    ),
    Program(
        tree_variation,
        lambda: (((None, 0.3, None), 0.9, ((None, 1.2, None), 2.0, None)),),
        complex_step=True,
        features=("generator", "yield from", "recursion", "tree", "is None"),
    ),
    Program(
        bond_duration,
        lambda: (0.06, 0.04),
        (0, 1),
        features=("generator", "tuple unpacking in for"),
    ),
    Program(
        welch_power,
        lambda: (np.array([0.5, 1.0, -0.3, 0.8, 1.1, 0.2, 0.6, -0.4]),),
        complex_step=True,
        features=("generator", "list comprehension", "array", "while", "slice"),
    ),
    Program(
        pipeline,
        lambda: ([0.5, -0.3, 1.2, 0.8, 2.5, 0.4], 1.1),
        (0, 1),
        features=("generator", "generator pipeline", "return in generator", "continue"),
    ),
    Program(
        chain_average,
        lambda: (0.4, 1.2),
        (0, 1),
        features=("generator", "tuple of generator", "max"),
    ),
    Program(
        euler_product,
        lambda: (2.2,),
        complex_step=True,
        features=("generator", "for-else", "integer modulo", "power of int"),
    ),
    Program(
        sine_by_terms,
        lambda: (0.9,),
        features=("generator", "zip unequal", "sum of generator", "while True"),
    ),
    Program(
        stretched_integral,
        lambda: (1.4, 2.0),
        (0, 1),
        complex_step=True,
        features=("generator", "array", "zip", "tuple unpacking in for"),
    ),
)
