"""Helpers that choose, count and fall back, combined with loops over arrays and records."""

import math
from collections import namedtuple

import numpy as np

from tests.written.program import Program

Leg = namedtuple("Leg", ["kind", "strike", "amount"])
Layer = namedtuple("Layer", ["thickness", "velocity"])


def payoff(leg, spot):
    """Payoff of one leg of an option strategy."""
    match leg.kind:
        case "call":
            return leg.amount * max(spot - leg.strike, 0.0)
        case "put":
            return leg.amount * max(leg.strike - spot, 0.0)
        case "digital" if spot > leg.strike:
            return leg.amount
        case _:
            return 0.0


def strategy(legs, spots):
    """Root mean square payoff of a strategy over spots."""
    total = 0.0
    for spot in spots:
        total += sum(payoff(leg, spot) for leg in legs) ** 2
    return np.sqrt(total / len(spots))


def travel_time(layers, offset):
    """Time of a seismic ray through layers, its slowness found by Newton's method."""
    p = 0.1
    for _ in range(20):
        miss, slope = -offset, 0.0
        for layer in layers:
            c = math.sqrt(1.0 - (p * layer.velocity) ** 2)
            miss += layer.thickness * p * layer.velocity / c
            slope += layer.thickness * layer.velocity / c**3
        p -= miss / slope
        if abs(miss) < 1e-13:
            break
    else:
        raise ArithmeticError("ray not found")
    return sum(n.thickness / (n.velocity * math.sqrt(1.0 - (p * n.velocity) ** 2)) for n in layers)


def norm_of(vector, kind="2"):
    """A norm by its name, from the branch that knows it."""
    if kind == "1":
        return np.abs(vector).sum()
    elif kind == "inf":
        return np.abs(vector).max()
    elif kind.isdigit():
        p = int(kind)
        return (np.abs(vector) ** p).sum() ** (1.0 / p)
    raise KeyError(kind)


def norm_zoo(vector):
    """Sum of norms by names, with the vector's mean for an unknown one."""
    total = 0.0
    for name in ("1", "2", "4", "inf", "nuclear"):
        try:
            total += norm_of(vector, name)
        except KeyError:
            total += vector.mean()
    return total


def lookup_interpolated(table, x):
    """Value between the keys of a table, held at its ends."""
    keys = sorted(table)
    if x <= keys[0]:
        return table[keys[0]]
    for low, high in zip(keys, keys[1:]):  # noqa: RUF007
        if low <= x < high:
            t = (x - low) / (high - low)
            return (1.0 - t) * table[low] + t * table[high]
    return table[keys[-1]]


def table_integral(values, width):
    """Sum of interpolated values at points that go beyond a table."""
    table = {0: values[0], 1: values[1], 3: values[2]}
    return sum(lookup_interpolated(table, -0.2 + width * k) for k in range(6)) * width


def run_length(states, cost):
    """Cost of a string of states where a longer run costs more."""
    total = 0.0
    previous, length = None, 0
    for state in states + "$":
        if state == previous:
            length += 1
            continue
        if previous is not None:
            total += cost[previous] * length**1.5
        previous, length = state, 1
    return math.sqrt(total)


def relative_speeds(frames):
    """Speed seen through a chain of frames by adding speeds relativistically."""
    speed = 0.0
    for v in frames:
        speed = (speed + v) / (1.0 + speed * v)
        if not -1.0 < speed < 1.0:
            raise ValueError("faster than light")
    return 1.0 / math.sqrt(1.0 - speed**2)


def tiered_bill(usage, tiers):
    """Bill of a usage over tiers; a tier without a limit takes all the rest."""
    bill = 0.0
    for limit, price in tiers:
        part = usage if limit is None else min(usage, limit)
        bill += part * price
        usage -= part
        if usage <= 0.0:
            break
    return bill


def contact_force(positions, radius, stiffness):
    """Sum of squared contact forces of grains on a line, skipping those apart."""
    force = np.zeros(len(positions))
    for i in range(len(positions)):
        for j in range(len(positions)):
            if i == j or not (overlap := 2.0 * radius - abs(positions[i] - positions[j])) > 0.0:
                continue
            sign = 1.0 if positions[i] > positions[j] else -1.0
            force[i] += sign * stiffness * overlap**1.5
    return (force**2).sum()


def dosing(doses, rate, absorb=None, *, bound=0.3):
    """Free concentration of a drug after doses by mouth or by vein."""
    gut = blood = 0.0
    for dose in doses:
        if absorb is None:
            blood += dose
        else:
            gut += dose
            taken = gut * absorb
            gut -= taken
            blood += taken
        blood *= math.exp(-rate)
    return blood * (1.0 - bound)


def both_routes(doses, rate, absorb):
    """Ratio of concentrations by the two routes, with binding by default and given."""
    return dosing(doses, rate) / dosing(doses, rate, absorb, bound=0.1 * rate)


def grid_path(costs, moves):
    """Cost along a path of moves on a grid; a move off the grid is ignored."""
    steps = {"N": (-1, 0), "S": (1, 0), "E": (0, 1), "W": (0, -1)}
    i = j = 0
    total = costs[0, 0]
    for move in moves:
        di, dj = steps[move]
        if not (0 <= i + di < costs.shape[0] and 0 <= j + dj < costs.shape[1]):
            continue
        i, j = i + di, j + dj
        total += costs[i, j] ** 2 / (1.0 + total)
    return total


def pressure_drop(segments, flow):
    """Pressure lost along pipes, laminar or turbulent by the Reynolds number."""

    def friction(reynolds):
        if reynolds < 2.3:
            return 6.4 / reynolds
        return 3.164 / reynolds**0.25

    total = 0.0
    for diameter, length in segments:
        speed = flow / (0.25 * math.pi * diameter**2)
        total += friction(speed * diameter) * length / diameter * speed**2 * 0.1
    return total


def ternary_mean(values, low, high):
    """Mean of an array with its ends winsorised by nested choices."""
    out = np.empty_like(values)
    for i, v in enumerate(values):
        out[i] = low if v < low else high if v > high else v
    return np.mean(out**2)


def retry_steps(x, step):
    """A root by steps that are halved whenever the logarithm can't be taken."""
    for _ in range(6):
        trial = step
        while True:
            try:
                y = math.log(x - trial) + 0.5
            except ValueError:
                trial *= 0.5
                continue
            break
        x = x - trial
        step = 0.7 * y * trial
    return x + step


PROGRAMS = (
    Program(
        strategy,
        lambda: (
            [Leg("call", 1.0, 0.8), Leg("put", 0.9, -0.5), Leg("digital", 1.1, 0.3)],
            np.array([0.7, 0.95, 1.3]),
        ),
        (0, 1),
        features=(
            "match str",
            "match guard",
            "namedtuple argument",
            "max",
            "array",
            "iteration over array",
            "return in match",
        ),
    ),
    Program(
        travel_time,
        lambda: ([Layer(0.5, 1.2), Layer(0.8, 1.9), Layer(0.3, 1.5)], 0.9),
        (0, 1),
        features=(
            "for-else",
            "break",
            "namedtuple argument",
            "sum of generator",
            "tuple assignment",
            "convergence exit",
        ),
    ),
    Program(
        norm_zoo,
        lambda: (np.array([0.5, -1.2, 0.8]),),
        features=("array", "try", "KeyError", "if-elif-else", "str method", "raise in helper"),
    ),
    Program(
        table_integral,
        lambda: ([0.5, 1.2, 0.3], 0.63),
        (0, 1),
        features=(
            "sorted",
            "return in loop",
            "dict literal",
            "chained comparison",
            "integer key",
            "zip",
        ),
    ),
    Program(
        run_length,
        lambda: ("aabcccab", {"a": 0.5, "b": 1.2, "c": 0.3}),
        (1,),
        features=(
            "string iteration",
            "continue",
            "is None",
            "string concatenation",
            "dict argument",
        ),
    ),
    Program(
        relative_speeds,
        lambda: ([0.3, 0.5, -0.2],),
        features=("raise", "not", "chained comparison", "list argument"),
    ),
    Program(
        tiered_bill,
        lambda: (1.7, [(0.5, 0.3), (1.0, 0.4), (None, 0.9)]),
        (0, 1),
        features=(
            "is None",
            "break",
            "min",
            "conditional expression",
            "None in list argument",
            "argument rebound",
        ),
    ),
    Program(
        contact_force,
        lambda: (np.array([0.0, 0.7, 1.3, 2.6]), 0.45, 1.4),
        (0, 1, 2),
        features=(
            "array",
            "walrus",
            "and/or",
            "continue",
            "nested loops",
            "item augmented assignment",
        ),
    ),
    Program(
        both_routes,
        lambda: ([0.5, 0.8, 0.3], 0.4, 0.6),
        (0, 1, 2),
        features=("default argument", "keyword-only argument", "is None", "chained assignment"),
    ),
    Program(
        grid_path,
        lambda: (np.array([[0.5, 1.0, 0.2], [0.8, 0.3, 0.6], [1.2, 0.7, 0.9]]), "EESWNNS"),
        (0,),
        complex_step=True,
        features=(
            "array",
            "string iteration",
            "continue",
            "dict of tuples",
            "chained comparison",
            "and/or",
        ),
    ),
    Program(
        pressure_drop,
        lambda: ([(0.8, 1.0), (0.5, 0.6), (1.4, 0.9)], 1.2),
        (0, 1),
        features=("nested function", "tuple unpacking in for", "return in branch"),
    ),
    Program(
        ternary_mean,
        lambda: (np.array([0.5, 1.9, -0.8, 0.8]), -0.3, 1.4),
        (0, 1, 2),
        features=("array", "conditional expression", "np.empty", "item assignment", "enumerate"),
    ),
    Program(
        retry_steps,
        lambda: (1.4, 2.0),
        (0, 1),
        features=("try", "ValueError", "while True", "continue", "break", "nested loops"),
    ),
)
