"""Helpers with default, keyword-only and starred parameters."""

import math

import numpy as np

from tests.written.program import Program


def black_scholes(spot, strike, *, rate=0.02, vol=0.2, years=1.0):
    """Price of a European call."""
    spread = vol * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate + 0.5 * vol**2) * years) / spread
    d2 = d1 - spread

    def cdf(z):
        return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))

    return spot * cdf(d1) - strike * math.exp(-rate * years) * cdf(d2)


def call_spread(spot, vol):
    """A bull spread of two calls that share their keyword parameters."""
    return black_scholes(spot, 0.95, vol=vol) - black_scholes(spot, 1.1, vol=vol, years=0.5)


def hypotenuse(*sides, scale=1.0):
    """Scaled root of the sum of squares of any number of sides."""
    return scale * math.sqrt(sum(s * s for s in sides))


def diagonal_lengths(a, b, c):
    """Face and space diagonals of a box."""
    face = hypotenuse(a, b)
    space = hypotenuse(a, b, c, scale=0.5)
    return face * space + hypotenuse(c)


def reaction_rate(temperature, **constants):
    """An Arrhenius rate, with an order correction where one is given."""
    rate = constants["prefactor"] * math.exp(-constants["energy"] / temperature)
    if "order" in constants:
        rate = rate ** constants["order"]
    for name, value in constants.items():
        if name.startswith("extra"):
            rate += 0.1 * value
    return rate


def two_reactions(temperature, energy, extra):
    """Ratio of two rates with different constants."""
    first = reaction_rate(temperature, prefactor=1.2, energy=energy, order=1.5)
    second = reaction_rate(temperature, energy=0.5 * energy, prefactor=0.9, extra_heat=extra)
    return first / second


def mixture(*components, base=0.1, **weights):
    """Weighted mixture of components, the weights by position in words."""
    names = ("first", "second", "third")
    total = base
    for name, value in zip(names, components):
        total += weights.get(name, 0.25) * value**2
    return total


def blended(values, weight):
    """A mixture called with an unpacked list and an unpacked dict."""
    options = {"first": weight, "third": 1.0 - weight}
    return mixture(*values, **options) + mixture(*values[:2], base=weight)


def lowpass(signal, cutoff=0.3, gain=1.0, initial=None):
    """Energy of a signal behind a first-order filter with defaults."""
    state = signal[0] if initial is None else initial
    energy = 0.0
    for s in signal[1:]:
        state = state + cutoff * (s - state)
        energy += (gain * state) ** 2
    return energy


def filter_bank(signal, gain):
    """Sum of three filters, each leaving other parameters at their defaults."""
    return (
        lowpass(signal)
        + lowpass(signal, gain=gain)
        + lowpass(signal, 0.7, initial=gain)
        + lowpass(cutoff=gain * 0.2, signal=signal)
    )


def relax(x, /, target, *, rate=0.5, steps=3):
    """A value that relaxes towards a target; the first argument by position only."""
    for _ in range(steps):
        x += rate * (target - x)
    return x


def two_stage_relaxation(x, target):
    """Two relaxations with other settings, one after the other."""
    middle = relax(x, target, rate=0.3)
    return relax(middle, target=2.0 * target, steps=2) ** 2


def sum_of_products(*pairs):
    """Sum of the products of pairs."""
    return sum(a * b for a, b in pairs)


def moment(masses, positions):
    """Centre of mass, whose numerator is a starred call on zipped pairs."""
    return sum_of_products(*zip(masses, positions)) / sum(masses)


def norm(x, order=2, axis=None):
    """A norm of whole arrays, or the largest norm along an axis."""
    powered = np.sum(np.abs(x) ** order, axis=axis) ** (1.0 / order)
    return powered if axis is None else powered.max()


def norm_report(x):
    """Sum of norms with defaults, by position and by keyword."""
    return norm(x) + 0.5 * norm(x, 3) + 0.25 * norm(x, axis=1) + norm(axis=0, order=4, x=x)


def affine(x, weight, bias=0.0):
    """A line."""
    return weight * x + bias


def layered(x, layers):
    """A chain of lines whose parameters come from unpacked dicts."""
    for layer in layers:
        x = math.tanh(affine(x, **layer))
    return x


def integrate(f, a, b, *args, n=8):
    """Midpoint rule, which hands its extra arguments on."""
    h = (b - a) / n
    return h * sum(f(a + (i + 0.5) * h, *args) for i in range(n))


def planck_like(x, temperature, power):
    """A spectrum of Planck's form."""
    return x**power / (math.exp(x / temperature) - 1.0)


def spectrum_energy(temperature, power):
    """Energy in a band of a spectrum, parameters passed through."""
    return integrate(planck_like, 0.2, 2.0, temperature, power) + 0.1 * integrate(
        math.exp, 0.0, temperature, n=4
    )


def step_scale(base, factors=(0.5, 1.5, 2.0), offset=0.1):
    """A product whose default factors are a tuple."""
    product = base
    for f in factors:
        product = product * f + offset
    return product


def scaled_twice(base, offset):
    """Two products, one with factors of its own."""
    return step_scale(base) + step_scale(base, (base, offset), offset=offset)


PROGRAMS = (
    Program(
        call_spread,
        lambda: (1.05, 0.25),
        (0, 1),
        features=("keyword-only argument", "default argument", "nested function", "math.erf"),
    ),
    Program(
        diagonal_lengths,
        lambda: (0.8, 1.1, 0.6),
        (0, 1, 2),
        features=("*args", "keyword-only argument", "sum of generator"),
    ),
    Program(
        two_reactions,
        lambda: (0.9, 0.7, 0.4),
        (0, 1, 2),
        features=("**kwargs", "dict items", "in", "str method"),
    ),
    Program(
        blended,
        lambda: ([0.5, 1.2, -0.8], 0.3),
        (0, 1),
        complex_step=True,
        features=("*args", "**kwargs", "call with *", "call with **", "dict get"),
    ),
    Program(
        filter_bank,
        lambda: (np.array([0.5, 1.0, -0.3, 0.8, 1.1]), 1.3),
        (0, 1),
        complex_step=True,
        features=(
            "default argument",
            "keyword arguments",
            "is None",
            "array",
            "iteration over array",
        ),
    ),
    Program(
        two_stage_relaxation,
        lambda: (0.4, 0.9),
        (0, 1),
        complex_step=True,
        features=("positional-only argument", "keyword-only argument", "argument rebound"),
    ),
    Program(
        moment,
        lambda: ([1.0, 2.0, 0.5], [0.3, 1.1, -0.7]),
        (0, 1),
        complex_step=True,
        features=("*args", "call with *", "zip", "sum of generator"),
    ),
    Program(
        norm_report,
        lambda: (np.array([[0.5, -1.2, 0.8], [1.1, 0.3, -0.6]]),),
        features=("default argument", "keyword arguments", "array", "axis argument"),
    ),
    Program(
        layered,
        lambda: (
            0.7,
            [{"weight": 1.2}, {"weight": -0.8, "bias": 0.5}, {"bias": 0.1, "weight": 0.9}],
        ),
        (0, 1),
        features=("call with **", "default argument", "list of dicts"),
    ),
    Program(
        spectrum_energy,
        lambda: (0.9, 2.5),
        (0, 1),
        features=(
            "*args",
            "call with *",
            "function argument",
            "keyword-only argument",
            "builtin function argument",
        ),
    ),
    Program(
        scaled_twice,
        lambda: (0.6, 0.4),
        (0, 1),
        complex_step=True,
        features=("default argument", "tuple argument", "keyword arguments"),
    ),
)
