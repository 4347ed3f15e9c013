"""Assertions, `with np.errstate`, deleted names, flags and printed progress."""

import math

import numpy as np

from tests.written.program import Program


def log_returns(prices):
    """Realised volatility of a price series that must be positive."""
    assert len(prices) > 2, "too few prices"
    assert np.all(prices > 0), "prices must be positive"
    returns = np.diff(np.log(prices))
    mean = returns.mean()
    variance = ((returns - mean) ** 2).sum() / (len(returns) - 1)
    return np.sqrt(variance * 10.0)


def masked_log(values):
    """Sum of logarithms of the positive entries, the others left at zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.abs(values) + values)
        kept = np.where(values > 0, logs, 0.0)
    return kept.sum()


def sinc_energy(x):
    """Energy of a sinc signal on a grid that holds its removable singularity."""
    grid = np.linspace(-1.0, 1.0, 5) * x
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.sin(grid) / grid
    ratio[2] = 1.0
    return float((ratio**2).sum())


def settle_queue(arrivals, rate):
    """Mean wait in a single-server queue by Lindley's recursion."""
    assert rate > 0.0, f"rate must be positive, not {rate}"
    wait = 0.0
    total = 0.0
    service = 1.0 / rate
    for gap in arrivals:
        wait = wait + service - gap
        if wait < 0.0:
            wait = 0.0
        total += wait
    mean = total / len(arrivals)
    del wait, total
    return mean


def deleted_columns(table, names):
    """Norm of a record after the columns that aren't wanted are deleted."""
    record = dict(table)
    for name in names:
        record.pop(name, None)
    norm = 0.0
    for value in record.values():
        norm += value * value
    return math.sqrt(norm)


def sliding_buffer(samples, width):
    """Sum of squared moving averages from a buffer whose head is deleted."""
    buffer = []
    total = 0.0
    for s in samples:
        buffer.append(s)
        if len(buffer) > width:
            del buffer[0]
        total += (sum(buffer) / len(buffer)) ** 2
    return total


def reported_descent(x, rate):
    """Gradient descent on a quartic with its progress printed."""
    for step in range(6):
        slope = 4.0 * x**3 - 2.0 * x
        x -= rate * slope
        if step % 3 == 0:
            print(f"step {step}: x = {x:.3f}")
    print("done", x)
    return x**4 - x**2


def monotone_fix(levels):
    """Sum of squared excesses after a bubble-like pass that stops when nothing moves."""
    levels = list(levels)
    total = 0.0
    changed = True
    passes = 0
    while changed:
        changed = False
        for i in range(len(levels) - 1):
            if levels[i] > levels[i + 1]:
                levels[i], levels[i + 1] = levels[i + 1], levels[i]
                total += (levels[i + 1] - levels[i]) ** 2
                changed = True
        passes += 1
    return total + passes * levels[0]


def charging(currents, capacity):
    """Final voltage of a cell, with flags for full and for warm."""
    charge = 0.0
    full = False
    warm = False
    for current in currents:
        if full:
            break
        charge += current * (0.8 if warm else 1.0)
        if current > 0.5:
            warm = True
        full = charge > capacity
    voltage = 3.0 + charge / capacity
    if warm and not full:
        voltage -= 0.1 * charge**2
    return voltage


def normalised_rows(matrix):
    """A bilinear form of a matrix whose zero rows stay zero."""
    with np.errstate(invalid="ignore"):
        sums = matrix.sum(axis=1, keepdims=True)
        safe = np.where(sums == 0.0, 1.0, sums)
        stochastic = matrix / safe
    assert stochastic.shape == matrix.shape
    left = np.arange(1.0, matrix.shape[0] + 1.0)
    return left @ stochastic @ np.ones(matrix.shape[1]) + (stochastic**2).sum()


def diffusion(profile, alpha, steps=5):
    """Mean square of a profile after explicit diffusion that must be stable."""
    if not 0.0 < alpha < 0.5:
        raise ValueError("unstable step")
    u = profile.copy()
    for _ in range(steps):
        new = u.copy()
        new[1:-1] = u[1:-1] + alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        u = new
        del new
    assert np.isfinite(u).all()
    return float(np.mean(u**2))


def debug_quadrature(f_values, h, verbose=False):
    """Simpson's rule on sampled values, with a printed trace if wanted."""
    n = len(f_values)
    assert n % 2 == 1
    total = f_values[0] + f_values[-1]
    for i in range(1, n - 1):
        factor = 4 if i % 2 else 2
        total += factor * f_values[i]
        if verbose:
            print(i, factor, total)
    return total * h / 3.0


PROGRAMS = (
    Program(
        log_returns,
        lambda: (np.array([1.0, 1.1, 0.95, 1.2, 1.3]),),
        complex_step=True,
        features=("assert", "array", "np.diff"),
    ),
    Program(
        masked_log,
        lambda: (np.array([0.5, -0.7, 1.4, 2.0]),),
        features=("np.errstate", "array", "np.where"),
    ),
    Program(sinc_energy, lambda: (1.7,), features=("np.errstate", "array", "item assignment")),
    Program(
        settle_queue,
        lambda: ([0.4, 1.5, 0.2, 0.6, 2.5], 1.3),
        (0, 1),
        features=("assert", "f-string", "del"),
    ),
    Program(
        deleted_columns,
        lambda: ({"a": 0.5, "b": 1.2, "c": -0.7}, ["b", "z"]),
        (0,),
        features=("del", "dict argument", "in", "dict copy"),
    ),
    Program(
        sliding_buffer,
        lambda: ([0.3, 1.2, -0.5, 0.9, 1.1], 3),
        (0,),
        complex_step=True,
        features=("del", "list append", "sum"),
    ),
    Program(
        reported_descent,
        lambda: (0.9, 0.1),
        (0, 1),
        complex_step=True,
        features=("print", "argument rebound", "f-string"),
    ),
    Program(
        monotone_fix,
        lambda: ([0.9, 0.3, 1.4, 0.6],),
        features=("flag", "while", "swap", "list item assignment"),
    ),
    Program(
        charging,
        lambda: ([0.3, 0.7, 0.2, 0.5], 1.35),
        (0, 1),
        features=("flag", "break", "conditional expression", "bool arithmetic"),
    ),
    Program(
        normalised_rows,
        lambda: (np.array([[0.5, 1.5, 1.0], [0.2, 0.3, 0.9]]),),
        complex_step=True,
        features=("np.errstate", "assert", "array", "np.where"),
    ),
    Program(
        diffusion,
        lambda: (np.array([0.0, 1.0, 0.3, -0.4, 0.2, 0.5]), 0.3),
        (0, 1),
        features=("assert", "raise", "del", "array", "slice assignment", "copy"),
    ),
    Program(
        debug_quadrature,
        lambda: ([1.0, 0.8, 0.5, 0.9, 1.3], 0.25, True),
        (0, 1),
        complex_step=True,
        features=("assert", "print", "conditional expression", "default argument"),
    ),
)
