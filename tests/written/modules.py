"""Helpers from other modules, decorated helpers, and module constants."""

import functools
import math

import numpy as np

import tests.written.helpers_wrapping as wrapping
from tests.written import helpers_physics as physics
from tests.written.helpers_physics import GRAVITY, Spring, rotation_matrix
from tests.written.helpers_wrapping import scaled_by, symmetric
from tests.written.program import Program

NODES = np.array([-0.7745966692414834, 0.0, 0.7745966692414834])
WEIGHTS = np.array([5.0, 8.0, 5.0]) / 9.0
TOLERANCE = 1e-13


def skydiver(mass, area):
    """Fall distance of a skydiver from the speed that a helper gives."""
    limit = physics.terminal_speed(mass, area)
    wide = physics.terminal_speed(mass, 2.0 * area, drag=0.8)
    return limit**2 / GRAVITY * math.log(math.cosh(GRAVITY / limit)) + 0.1 * wide


def competing_reactions(energy, temperature):
    """Selectivity of two reactions whose rates come from another module."""
    fast = physics.arrhenius(1.0, energy, temperature)
    slow = physics.arrhenius(0.5, 1.5 * energy, temperature)
    return fast / (fast + slow)


def layered_ray(angle):
    """Offset of a ray through the layers of another module's table."""
    offset = 0.0
    index = 1.0
    for thickness, n in physics.LAYERS:
        angle = physics.snell(angle, index, n)
        offset += thickness * math.tan(angle)
        index = n
    return offset


def trapped_light(angle):
    """Light that leaves glass, or what stays in it by an error from a helper."""
    total = 0.0
    for n in (1.5, 1.2, 1.0):
        try:
            total += math.cos(physics.snell(angle, 1.5, n))
        except ValueError:
            total += 0.2 * math.sin(angle)
    return total


def duffing(stiffness, cubic):
    """Energy of an oscillator with a spring from another module."""
    spring = Spring(stiffness, cubic=cubic)
    x, v = 1.0, 0.0
    for _ in range(12):
        v += 0.05 * spring.force(x)
        x += 0.1 * v
        v += 0.05 * spring.force(x)
    return 0.5 * v * v + x


def double_turn(first, second):
    """Bilinear form of two turns with a matrix helper."""
    start = np.array([1.0, 0.5])
    return start @ rotation_matrix(first) @ (rotation_matrix(second) @ np.array([0.3, 0.9]))


def gauss_rule(a, b):
    """Integral by nodes and weights that are constants of the module."""
    x = 0.5 * (a + b) + 0.5 * (b - a) * NODES
    return 0.5 * (b - a) * np.sum(WEIGHTS * np.exp(-x) * np.sqrt(1.0 + x))


@scaled_by(2.5)
def growth(x, rate=0.3):
    """Growth in one period."""
    return x * math.exp(rate)


@symmetric
def skewed(x, a):
    """A skewed curve."""
    return math.exp(a * x) + x**3


@wrapping.clipped_input(0.1, 2.0)
def guarded_log(x, base=math.e):
    """Logarithm to a base."""
    return math.log(x) / math.log(base)


def decorated_growth(x, rate):
    """Two growths by a helper that a decorator scales."""
    return math.log(growth(growth(x), rate=rate))


def symmetrised(x, a):
    """Curvature-like difference of a symmetrised curve."""
    return skewed(x + 0.1, a) - 2.0 * skewed(x, a) + skewed(x - 0.1, a) + 0.5 * skewed(a, x)


def guarded_sum(values, base):
    """Sum of logarithms whose inputs a decorator keeps within limits."""
    return sum(guarded_log(v, base=base) for v in values) + guarded_log(values[0])


def memoised(function):
    """A decorator that keeps results by their integer arguments."""
    cache = {}

    @functools.wraps(function)
    def wrapper(*key):
        if key not in cache:
            cache[key] = function(*key)
        return cache[key]

    return wrapper


def stirling_like(x, n):
    """A triangle of numbers with a parameter, by a memoised inner function."""

    @memoised
    def entry(i, j):
        if i == j:
            return 1.0
        if j == 0 or j > i:
            return 0.0
        return j * x * entry(i - 1, j) + entry(i - 1, j - 1)

    return sum(entry(n, j) / math.factorial(n) for j in range(1, n + 1))


def counting(function):
    """A decorator that counts calls in an attribute of its wrapper."""

    @functools.wraps(function)
    def wrapper(x):
        wrapper.calls += 1
        return function(x)

    wrapper.calls = 0
    return wrapper


def secant_with_count(a):
    """Root by secants, with a correction by how many calls it took."""

    @counting
    def f(x):
        return x**3 + a * x - 1.0

    x0, x1 = 0.0, 1.0
    f0, f1 = f(x0), f(x1)
    while abs(f1) > TOLERANCE and f.calls < 6:
        x0, x1 = x1, x1 - f1 * (x1 - x0) / (f1 - f0)
        f0, f1 = f1, f(x1)
    return x1 + 0.01 * f.calls


PROGRAMS = (
    Program(
        skydiver,
        lambda: (0.8, 0.5),
        (0, 1),
        features=("helper module", "module constant", "keyword arguments", "math"),
    ),
    Program(
        competing_reactions,
        lambda: (2.0, 0.4),
        (0, 1),
        features=("helper module", "module constant"),
    ),
    Program(
        layered_ray,
        lambda: (0.6,),
        features=("helper module", "module constant", "argument rebound", "tuple unpacking in for"),
    ),
    Program(
        trapped_light,
        lambda: (0.75,),
        features=("helper module", "try", "ValueError", "raise in helper"),
    ),
    Program(
        duffing,
        lambda: (1.2, 0.4),
        (0, 1),
        complex_step=True,
        features=("helper module", "class", "method"),
    ),
    Program(
        double_turn,
        lambda: (0.4, 0.9),
        (0, 1),
        complex_step=True,
        features=("helper module", "array", "matmul", "np.array of scalars"),
    ),
    Program(
        gauss_rule,
        lambda: (0.2, 1.3),
        (0, 1),
        complex_step=True,
        features=("module constant", "array"),
    ),
    Program(
        decorated_growth,
        lambda: (0.8, 0.4),
        (0, 1),
        features=(
            "decorator",
            "functools.wraps",
            "decorator with arguments",
            "keyword arguments",
            "*args",
            "**kwargs",
        ),
    ),
    Program(
        symmetrised, lambda: (0.6, 0.9), (0, 1), features=("decorator", "functools.wraps", "*args")
    ),
    Program(
        guarded_sum,
        lambda: ([0.8, 3.0, 0.02, 1.4], 2.2),
        (0, 1),
        features=(
            "decorator",
            "functools.wraps",
            "decorator with arguments",
            "sum of generator",
            "if-elif-else",
        ),
    ),
    Program(
        stirling_like,
        lambda: (0.7, 4),
        (0,),
        complex_step=True,
        features=("decorator", "memo dictionary", "recursion", "*args", "nested function"),
    ),
    Program(
        secant_with_count,
        lambda: (0.9,),
        complex_step=True,
        features=(
            "decorator",
            "function attribute",
            "counter",
            "while",
            "and/or",
            "module constant",
        ),
    ),
)
