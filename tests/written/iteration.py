"""What loops run over: dicts, strings, reversed and sorted sequences, zips and odd ranges."""

import math

import numpy as np

from tests.written.program import Program


def weighted_portfolio(weights, returns):
    """Log growth of a portfolio whose weights are named."""
    growth = 1.0
    for name, weight in weights.items():
        growth += weight * returns[name]
    return math.log(growth)


def ionic_strength(concentrations):
    """Debye–Hückel activity from concentrations by ion, with charges from a table."""
    charges = {"Na": 1, "Cl": -1, "Ca": 2, "SO4": -2}
    strength = 0.0
    for ion in concentrations:
        strength += 0.5 * concentrations[ion] * charges[ion] ** 2
    root = strength**0.5
    return 10.0 ** (-0.509 * root / (1.0 + root))


def shannon_entropy(counts):
    """Entropy of class counts held in a dict."""
    total = sum(counts.values())
    entropy = 0.0
    for c in counts.values():
        p = c / total
        entropy -= p * math.log(p)
    return entropy


def horner_backwards(coefficients, x):
    """Value of a polynomial whose coefficients run from the constant upwards."""
    value = 0.0
    for c in reversed(coefficients):
        value = value * x + c
    return value


def trimmed_mean(samples):
    """Mean of samples without the smallest and the largest one."""
    ordered = sorted(samples)
    total = 0.0
    for s in ordered[1:-1]:
        total += s
    return total / (len(ordered) - 2)


def lorenz_gini(incomes):
    """Gini coefficient from incomes in order."""
    n = len(incomes)
    numerator = 0.0
    for rank, income in enumerate(sorted(incomes), start=1):
        numerator += (2 * rank - n - 1) * income
    return numerator / (n * sum(incomes))


def annuity(payments, rate):
    """Present value of payments at the ends of years one, two, and so on."""
    value = 0.0
    for year, payment in enumerate(payments, start=1):
        value += payment / (1.0 + rate) ** year
    return value


def short_convolution(signal, kernel):
    """Inner product of a signal with a shorter kernel, as far as both go."""
    acc = 0.0
    for s, k in zip(signal, kernel):
        acc += s * math.tanh(k)
    return acc


def back_substitution(upper, rhs):
    """Sum of the solution of an upper triangular system."""
    n = rhs.shape[0]
    x = np.zeros_like(rhs)
    for i in range(n - 1, -1, -1):
        x[i] = (rhs[i] - upper[i, i + 1 :] @ x[i + 1 :]) / upper[i, i]
    return x.sum()


def codon_energy(sequence, energies):
    """Stacking energy of a strand from the pairs of its neighbouring bases."""
    total = 0.0
    previous = ""
    for base in sequence:
        if previous:
            total += energies[base] * (1.5 if base == previous else 0.8)
        else:
            total += 0.3 * energies[base] ** 2
        previous = base
    return total


def morse_duration(message, unit):
    """Energy of a transmission where dots, dashes and gaps last different times."""
    energy = 0.0
    for symbol in message:
        if symbol == ".":
            energy += unit**2
        elif symbol == "-":
            energy += 3.0 * unit**2
        else:
            energy += 0.1 * math.sqrt(unit)
    return energy


def binomial_option(spot, strike, up, rate, steps):
    """European call on a binomial tree, rolled back with a descending range."""
    down = 1.0 / up
    p = (1.0 + rate - down) / (up - down)
    values = []
    for i in range(steps + 1):
        values.append(max(spot * up**i * down ** (steps - i) - strike, 0.0))
    for step in range(steps, 0, -1):
        for i in range(step):
            values[i] = (p * values[i + 1] + (1.0 - p) * values[i]) / (1.0 + rate)
    return values[0]


def empty_schedule(rates, amount):
    """A loan after the repayments of a schedule that may be empty."""
    for r in rates:
        amount = amount * (1.0 + r) - 0.1
    for _ in range(0):
        amount *= 100.0
    for extra in []:
        amount -= extra
    return amount * amount


def checkerboard(grid):
    """Sum of squares of the black squares less that of the white ones."""
    rows, cols = grid.shape
    black = sum(grid[i, j] ** 2 for i in range(rows) for j in range(i % 2, cols, 2))
    white = 0.0
    for i, j in ((i, j) for i in range(rows) for j in range(cols) if (i + j) % 2 == 1):
        white += grid[i, j] ** 2
    return black - white


def last_interval(times, values):
    """Trapezoidal area, with the slope of the last interval to extrapolate."""
    area = 0.0
    for (t0, t1), (v0, v1) in zip(zip(times, times[1:]), zip(values, values[1:])):  # noqa: RUF007
        width = t1 - t0
        area += 0.5 * width * (v0 + v1)
    slope = (v1 - v0) / width
    return area + 0.1 * slope


PROGRAMS = (
    Program(
        weighted_portfolio,
        lambda: ({"a": 0.3, "b": 0.5, "c": 0.2}, {"a": 0.1, "b": 0.05, "c": -0.2}),
        (0, 1),
        features=("dict items", "dict argument", "math"),
    ),
    Program(
        ionic_strength,
        lambda: ({"Na": 0.1, "Ca": 0.05, "Cl": 0.2},),
        complex_step=True,
        features=("dict keys", "dict argument", "dict literal"),
    ),
    Program(
        shannon_entropy,
        lambda: ({"x": 3.0, "y": 5.0, "z": 2.0},),
        features=("dict values", "sum", "dict argument"),
    ),
    Program(
        horner_backwards,
        lambda: ([0.5, -1.0, 0.25, 2.0], 0.7),
        (0, 1),
        complex_step=True,
        features=("reversed", "list argument"),
    ),
    Program(trimmed_mean, lambda: ([1.2, 0.4, 2.2, 0.9, 1.7],), features=("sorted", "slice")),
    Program(
        lorenz_gini, lambda: ([1.0, 3.0, 0.5, 2.2],), features=("sorted", "enumerate start", "sum")
    ),
    Program(
        annuity,
        lambda: (np.array([1.0, 1.5, 0.5, 2.0]), 0.06),
        (0, 1),
        complex_step=True,
        features=("enumerate start", "array", "iteration over array"),
    ),
    Program(
        short_convolution,
        lambda: (np.array([0.5, 1.5, -0.7, 2.0, 0.1]), [0.3, -0.2, 0.9]),
        (0, 1),
        features=("zip unequal", "array", "list argument"),
    ),
    Program(
        back_substitution,
        lambda: (
            np.array([[2.0, 0.5, -1.0], [0.0, 1.5, 0.3], [0.0, 0.0, 0.8]]),
            np.array([1.0, -0.5, 0.6]),
        ),
        (1,),
        complex_step=True,
        features=("range negative step", "array", "slice", "item assignment", "matmul"),
    ),
    Program(
        codon_energy,
        lambda: ("ACCGTA", {"A": 0.5, "C": 0.9, "G": 1.1, "T": 0.7}),
        (1,),
        complex_step=True,
        features=("string iteration", "conditional expression", "dict argument"),
    ),
    Program(
        morse_duration, lambda: (".-. --", 0.6), (1,), features=("string iteration", "if-elif-else")
    ),
    Program(
        binomial_option,
        lambda: (1.0, 0.95, 1.1, 0.01, 4),
        (0, 1, 2, 3),
        features=(
            "range negative step",
            "nested loops",
            "list append",
            "list item assignment",
            "max",
        ),
    ),
    Program(
        empty_schedule, lambda: ((), 1.2), (1,), complex_step=True, features=("zero-trip loop",)
    ),
    Program(
        checkerboard,
        lambda: (np.arange(1.0, 13.0).reshape(3, 4) / 10.0,),
        complex_step=True,
        features=("index generator", "sum of generator", "range step", "array"),
    ),
    Program(
        last_interval,
        lambda: ([0.0, 0.5, 1.2, 1.5], [1.0, 0.8, 1.1, 0.4]),
        (0, 1),
        complex_step=True,
        features=(
            "zip",
            "nested tuple unpacking in for",
            "loop variable after loop",
            "bound in loop",
        ),
    ),
)
