"""Loops that leave early: break, continue, loop else, and returns from inside loops."""

import math

import numpy as np

from tests.written.program import Program


def newton_root(a, b):
    """Root of x**3 + a*x - b by Newton's method, left when the step is small."""
    x = 1.0
    for _ in range(50):
        step = (x**3 + a * x - b) / (3.0 * x**2 + a)
        x = x - step
        if abs(step) < 1e-13:
            break
    return x


def babylonian(s):
    """Square root by averaging, in an endless loop left on convergence."""
    guess = s / 2.0 + 0.5
    while True:
        better = 0.5 * (guess + s / guess)
        if abs(better - guess) < 1e-14 * abs(better):
            return better
        guess = better


def kepler(mean_anomaly, eccentricity):
    """Radius of an orbit whose eccentric anomaly is solved for with a limit on the steps."""
    anomaly = mean_anomaly
    steps = 0
    while steps < 30:
        error = anomaly - eccentricity * math.sin(anomaly) - mean_anomaly
        anomaly -= error / (1.0 - eccentricity * math.cos(anomaly))
        steps += 1
        if abs(error) < 1e-14:
            break
    else:
        raise RuntimeError("Kepler's equation did not converge")
    return 1.0 - eccentricity * math.cos(anomaly)


def first_crossing(signal, level):
    """Interpolated time at which sampled values first rise through a level."""
    for i in range(1, len(signal)):
        before, after = signal[i - 1], signal[i]
        if before < level <= after:
            return (i - 1) + (level - before) / (after - before)
    return float(len(signal))


def bracket_then_secant(c):
    """Root of exp(-x) - c*x: a bracket from a coarse scan, then secant steps."""

    def f(x):
        return math.exp(-x) - c * x

    for k in range(20):
        low, high = 0.25 * k, 0.25 * (k + 1)
        if f(low) * f(high) < 0:
            break
    else:
        return 0.0
    x0, x1 = low, high
    while abs(x1 - x0) > 1e-12:
        y0, y1 = f(x0), f(x1)
        if y1 == y0:
            break
        x0, x1 = x1, x1 - y1 * (x1 - x0) / (y1 - y0)
    return x1


def mean_of_valid(readings, low, high):
    """Mean of the readings that lie within limits, squared and damped."""
    total = 0.0
    count = 0
    for r in readings:
        if r < low or r > high:
            continue
        total += r * r
        count += 1
    if count == 0:
        return 0.0
    return math.sqrt(total / count)


def bond_price_until_call(coupon, rate, call_level):
    """Price of a bond that is called at the first date its accrued value passes a level."""
    discount = 1.0
    price = 0.0
    value = 1.0
    for year in range(1, 11):
        discount /= 1.0 + rate
        price += coupon * discount
        value *= 1.0 + coupon - 0.2 * rate
        if value > call_level:
            price += value * discount
            break
    else:
        price += discount
    return price + 0.01 * year * rate


def series_log(x):
    """log(1 + x) from its series, summed until a term no longer matters."""
    total = 0.0
    power = x
    n = 1
    while True:
        term = power / n
        total += term
        if abs(term) < 1e-16:
            break
        power = -power * x
        n += 1
    return total


def nearest_lens(surfaces, height):
    """Height of a ray after lenses given as gap and power, stopped by the first stop."""
    angle = 0.0
    for gap, power, aperture in surfaces:
        height += gap * angle
        if abs(height) > aperture:
            return height * 0.5
        if power == 0.0:
            continue
        angle -= power * height
    return height + angle


def search_table(table, target):
    """Distance from a target to the first entry of a table of rows that exceeds it."""
    for row in table:
        for entry in row:
            if entry > target:
                return (entry - target) ** 2
    return -1.0 * target


def gauss_seidel(matrix, rhs):
    """Solution norm of a linear system by Gauss–Seidel sweeps, until the change is small."""
    n = len(rhs)
    x = np.zeros(n)
    for sweep in range(200):
        change = 0.0
        for i in range(n):
            s = rhs[i]
            for j in range(n):
                if j == i:
                    continue
                s -= matrix[i, j] * x[j]
            new = s / matrix[i, i]
            change = max(change, abs(new - x[i]))
            x[i] = new
        if change < 1e-13:
            break
    return float(np.sqrt(x @ x))


def bounce_time(height, restitution):
    """Time until a ball that bounces has fallen below a height limit."""
    g = 9.81
    t = math.sqrt(2.0 * height / g)
    while height > 0.05:
        speed = restitution * math.sqrt(2.0 * g * height)
        height = speed * speed / (2.0 * g)
        t += 2.0 * speed / g
    return t


def inner_break_sums(rates):
    """Sum over rows of products, each row left where its product becomes small."""
    total = 0.0
    for i in range(len(rates)):
        product = 1.0
        for j in range(6):
            product *= rates[i] / (1.0 + 0.1 * j)
            if product < 0.1:
                break
        total += product * (i + 1)
    return total


def power_iteration(a):
    """Largest eigenvalue of a symmetric matrix by power iteration."""
    v = np.ones(a.shape[0])
    eigenvalue = 0.0
    for k in range(500):
        w = a @ v
        previous = eigenvalue
        eigenvalue = v @ w / (v @ v)
        v = w / np.linalg.norm(w)
        if k > 3 and abs(eigenvalue - previous) < 1e-14:
            break
    return eigenvalue


def is_stable_then_gain(coefficients, x):
    """Gain of a recursive filter, or its first unstable coefficient."""
    for c in coefficients:
        if abs(c) >= 1.0:
            gain = c
            break
    else:
        gain = 1.0
        for c in coefficients:
            gain /= 1.0 - c * x
    return gain * x


PROGRAMS = (
    Program(
        newton_root,
        lambda: (1.5, 2.0),
        (0, 1),
        complex_step=True,
        features=("for", "break", "convergence exit"),
    ),
    Program(
        babylonian,
        lambda: (2.7,),
        complex_step=True,
        features=("while True", "return in loop", "convergence exit"),
    ),
    Program(
        kepler,
        lambda: (0.9, 0.35),
        (0, 1),
        features=("while-else", "break", "raise", "convergence exit"),
    ),
    Program(
        first_crossing,
        lambda: ([0.1, 0.3, 0.75, 1.4, 2.0], 0.9),
        (0, 1),
        features=("return in loop", "chained comparison", "list argument"),
    ),
    Program(
        bracket_then_secant,
        lambda: (0.7,),
        features=("for-else", "loop variable after loop", "closure", "while", "break"),
    ),
    Program(
        mean_of_valid,
        lambda: (np.array([0.4, 3.0, 1.1, -2.0, 0.9]), -1.0, 2.0),
        (0,),
        features=("continue", "and/or", "array", "iteration over array"),
    ),
    Program(
        bond_price_until_call,
        lambda: (0.07, 0.04, 1.3),
        (0, 1),
        features=("for-else", "break", "loop variable after loop"),
    ),
    Program(
        series_log,
        lambda: (0.37,),
        complex_step=True,
        features=("while True", "break", "convergence exit"),
    ),
    Program(
        nearest_lens,
        lambda: ([(0.3, 0.5, 2.0), (0.5, 0.0, 2.0), (0.7, -0.3, 2.0)], 0.8),
        (0, 1),
        features=("continue", "return in loop", "tuple unpacking in for", "list of tuples"),
    ),
    Program(
        search_table,
        lambda: ([[0.2, 0.5], [0.9, 1.7], [3.0, 4.0]], 1.2),
        (0, 1),
        features=("return in nested loop", "nested lists"),
    ),
    Program(
        gauss_seidel,
        lambda: (
            np.array([[4.0, 1.0, 0.5], [0.8, 5.0, 1.0], [0.3, -1.0, 3.0]]),
            np.array([1.0, 2.0, 0.5]),
        ),
        (0, 1),
        features=(
            "nested loops",
            "continue",
            "break",
            "array",
            "item assignment",
            "convergence exit",
        ),
    ),
    Program(bounce_time, lambda: (1.3, 0.7), (0, 1), features=("while", "argument rebound")),
    Program(
        inner_break_sums,
        lambda: ([0.9, 0.4, 1.1, 0.25],),
        features=("nested break", "list argument"),
    ),
    Program(
        power_iteration,
        lambda: (np.array([[2.0, 0.5, 0.1], [0.5, 1.0, 0.3], [0.1, 0.3, 0.7]]),),
        complex_step=True,
        features=("break", "array", "matmul", "np.linalg.norm", "convergence exit"),
    ),
    Program(
        is_stable_then_gain,
        lambda: ((0.5, -0.3, 0.2), 0.8),
        (0, 1),
        complex_step=True,
        features=("for-else", "bound in branch", "tuple argument"),
    ),
)
