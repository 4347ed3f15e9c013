"""Choices: names bound in branches, conditional expressions, chained and short-circuited tests."""

import math

import numpy as np

from tests.written.program import Program


def progressive_tax(income, rates):
    """Tax due in three brackets, each name bound only in the branch that needs it."""
    if income < 0.5:
        base, rate, above = 0.0, rates[0], 0.0
    elif income < 1.5:
        base = 0.5 * rates[0]
        rate = rates[1]
        above = 0.5
    else:
        base = 0.5 * rates[0] + rates[1]
        rate = rates[2]
        above = 1.5
    return base + rate * (income - above)


def drag_force(speed, diameter):
    """Drag on a sphere whose coefficient depends on the regime of flow."""
    reynolds = speed * diameter / 0.02
    if reynolds < 1.0:
        coefficient = 24.0 / reynolds
    elif 1.0 <= reynolds < 1000.0:
        coefficient = 24.0 / reynolds * (1.0 + 0.15 * reynolds**0.687)
    else:
        coefficient = 0.44
    return coefficient * speed**2 * math.pi * diameter**2 / 8.0


def huber_loss(residuals, delta):
    """Huber loss of residuals, one conditional expression each."""
    total = 0.0
    for r in residuals:
        a = r if r >= 0 else -r
        total += 0.5 * a * a if a <= delta else delta * (a - 0.5 * delta)
    return total / len(residuals)


def option_type_payoff(spot, strike, barrier, kind):
    """Payoff of an option that is knocked out or not, by kind and barrier."""
    alive = spot < barrier or barrier <= 0.0
    if alive and kind == "call":
        payoff = spot - strike
    elif alive and kind == "put":
        payoff = strike - spot
    else:
        payoff = 0.1 * spot
    return payoff * math.exp(-0.5 * strike)


def safe_ratio(num, den):
    """A ratio whose denominator is tested before it is divided by."""
    score = 0.0
    for a, b in zip(num, den):
        if b != 0.0 and a / b > 0.3:
            score += math.log1p(a / b)
        elif b == 0.0 or not a < b:
            score += a
    return score


def quadratic_roots(a, b, c):
    """The larger real root, or a damped frequency where the roots are complex."""
    if (disc := b * b - 4.0 * a * c) >= 0.0:
        result = (-b + math.sqrt(disc)) / (2.0 * a)
    else:
        result = math.sqrt(-disc) / (2.0 * a) - 0.3 * b
    return result


def walrus_iteration(x, factor):
    """Energy summed while the next amplitude stays above a floor."""
    energy = 0.0
    while (x := x * factor) > 0.1:
        energy += x**2
    return energy


def thermostat(temps, setpoint):
    """Energy of a heater with hysteresis, its state a flag."""
    heating = False
    energy = 0.0
    for t in temps:
        if not heating and t < setpoint - 0.5:
            heating = True
        elif heating and t > setpoint + 0.5:
            heating = False
        if heating:
            energy += (setpoint + 0.5 - t) * 0.3
    return energy


def clamp_orbit(theta, limit):
    """A servo angle clamped within its limits, with a chained comparison."""
    command = 1.7 * math.sin(theta)
    if -limit < command < limit:
        angle = command
    else:
        angle = limit if command > 0 else -limit
    return angle + 0.2 * command


def first_value(series, fallback):
    """Latest accepted sample of a series, a name bound within a loop's branch."""
    found = False
    for s in series:
        if s > 1.0:
            accepted = s * s
            found = True
    return accepted * 0.5 if found else fallback


def piecewise_potential(x, depth):
    """Potential energies on a grid: a well, a barrier, and free space."""
    energies = np.empty(len(x))
    for i, xi in enumerate(x):
        if abs(xi) < 1.0:
            energies[i] = -depth * (1.0 - xi**2)
        elif 1.0 < xi < 2.0:
            energies[i] = 0.5 * depth * (xi - 1.0) * (2.0 - xi)
        else:
            energies[i] = 0.0
    return float(np.sum(energies * energies))


def wind_power(speed, cut_in=0.3, rated=1.2, cut_out=2.5):
    """Power of a turbine from its curve, with nested conditional expressions."""
    power = (
        0.0
        if speed < cut_in or speed > cut_out
        else (1.0 if speed > rated else (speed**3 - cut_in**3) / (rated**3 - cut_in**3))
    )
    return power * 0.9 + 0.01 * speed


def mean_or_none(values, weights=None):
    """A mean, weighted where weights are given."""
    if weights is None:
        weights = np.ones_like(values)
    total = weights.sum()
    mean = (weights * values).sum() / total
    spread = (weights * (values - mean) ** 2).sum() / total
    return mean + np.sqrt(spread)


def default_with_or(gain, offset, bias):
    """A calibrated reading whose missing pieces fall back by `or`."""
    gain = gain or 1.0
    offset = offset or 0.25
    reading = gain * 0.7 + offset
    return reading**2 - (bias and bias / reading)


PROGRAMS = (
    Program(
        progressive_tax,
        lambda: (1.1, [0.1, 0.2, 0.35]),
        (0, 1),
        features=("bound in branch", "if-elif-else", "tuple assignment"),
    ),
    Program(
        drag_force,
        lambda: (0.9, 0.4),
        (0, 1),
        features=("bound in branch", "chained comparison", "math"),
    ),
    Program(
        huber_loss,
        lambda: (np.array([0.2, -1.6, 0.7, 2.4]), 1.0),
        (0, 1),
        complex_step=True,
        features=("conditional expression", "array", "iteration over array"),
    ),
    Program(
        option_type_payoff,
        lambda: (0.9, 1.2, 1.5, "put"),
        (0, 1),
        features=("and/or", "string argument", "bound in branch"),
    ),
    Program(
        safe_ratio,
        lambda: ([0.5, 0.2, 0.9, 0.1], [1.0, 0.0, 0.6, 0.8]),
        (0,),
        features=("and/or", "not", "zip"),
    ),
    Program(
        quadratic_roots, lambda: (1.2, 0.7, 0.9), (0, 1, 2), features=("walrus", "bound in branch")
    ),
    Program(
        walrus_iteration,
        lambda: (1.5, 0.7),
        (0, 1),
        features=("walrus", "while", "argument rebound"),
    ),
    Program(
        thermostat,
        lambda: ([1.0, 0.7, 1.3, 1.9, 2.8, 2.2], 1.8),
        (0, 1),
        features=("flag", "and/or", "if-elif-else"),
    ),
    Program(
        clamp_orbit,
        lambda: (0.6, 1.3),
        (0,),
        features=("chained comparison", "conditional expression"),
    ),
    Program(
        first_value,
        lambda: ([0.5, 1.4, 0.9, 2.1, 0.2], 0.3),
        (0,),
        features=("flag", "bound in loop", "conditional expression"),
    ),
    Program(
        piecewise_potential,
        lambda: (np.array([-1.8, -0.4, 0.3, 1.4, 2.6]), 1.3),
        (0, 1),
        features=("array", "np.empty", "item assignment", "chained comparison"),
    ),
    Program(
        wind_power,
        lambda: (0.95,),
        features=("conditional expression", "default argument", "and/or"),
    ),
    Program(
        mean_or_none,
        lambda: (np.array([0.4, 1.1, 0.7, 1.9]),),
        complex_step=True,
        features=("is None", "default argument", "array"),
    ),
    Program(
        default_with_or,
        lambda: (1.3, None, 0.4),
        (0, 2),
        complex_step=True,
        features=("and/or", "None argument", "argument rebound"),
    ),
)
