# ruff: noqa: F821, F841
"""Programs to be lowered: expressions, names, functions of math and NumPy."""

import math
import math as m
from math import pi, sqrt

import numpy as np

from tests.frontend.cases import case

RATE = 0.25
STEPS = 3
DEBUG = False
WEIGHTS = (0.5, 1.5, 2.0)
MIXED = (1, 2.5)

inf, nan = math.inf, math.nan


@case((1.5, 2.5), (0.0, -1.0), (inf, nan))
def arithmetic(x, y):
    return x + y * 2 - x / 4 + -y * +x - (x - y)


@case((7.5, 2.0), (-7.5, 2.0), (7.5, -2.0), (1.0, 0.0))
def whole(x, y):
    return x // y + x % y, x // y, x % y


@case((7, 2), (-7, 2), (7, 0))
def whole_ints(i, j):
    return i // j, i % j, i / j, i**2, i - j


@case((2.0, 0.5), (2.0, -1.0), (0.0, -1.0), (-8.0, 3.0), (0.0, 0.0))
def powers(x, y):
    return x**2, x**y, pow(x, 3), 2**x


@case((2, 3), (2, -2), (0, 0), (0, -1))
def int_powers(i, j):
    return i**j


@case((3.0,), (-3.0,), (0.0,), (-0.0,), (nan,))
def literals(x):
    return -0.0 * x, -1, True, 1e300, x * -2.5, -(1.5**2)


@case((0.3,), (1.0,), (-2.0,), (nan,))
def of_math(x):
    return math.sin(x) + m.cos(x) * math.tanh(x) + pi + sqrt(x * x) + math.floor(x) + m.e


@case((0.3, 0.4), (inf, 1.0), (-1.0, -0.0))
def of_math_two(x, y):
    return math.atan2(x, y), math.hypot(x, y), math.copysign(x, y), math.fmod(x, y)


@case((-1.0,))
def raising_math(x):
    y = math.log(x)
    return 1.0


@case((0.3, 2.0), (np.float64(0.3), 2.0), (-1.0, np.float64(0.0)), (nan, inf))
def of_numpy(x, y):
    return (
        np.sin(x) + np.exp(-y),
        np.maximum(x, y),
        np.abs(x),
        np.sqrt(x),
        np.pi * x,
        np.arctan2(x, y),
    )


@case((1.0, np.float64(0.0)), (np.float64(1.0), 0.0), (np.float64(0.0), np.float64(0.0)))
def numpy_division(x, y):
    return x / y


@case((1.0, 0.0))
def python_division(x, y):
    z = 0 * x
    unused = x / y
    return z


@case((2.5,), (3.5,), (-2.5,), (np.float64(2.5),), (inf,), (nan,))
def rounding(x):
    return round(x), int(x), round(x, 1), abs(x), float(x)


@case((2.567, 1), (1234.5, -2))
def round_dynamic(x, n):
    return round(x, n), round(x, ndigits=2), round(x, None)


@case((1.5,), (nan,), (0.0,))
def conversions(x):
    return float("inf") * x, float("1.5"), int("7"), bool(x), np.float64(x), float(True), int(False)


@case((3.0, 1.0, 2.0), (nan, 1.0, 2.0), (1.0, nan, 2.0), (0.0, -0.0, 0.0))
def extremes(a, b, c):
    return max(a, b, c), min(a, b, c), max(a, 1), min(1, a)


@case((3, 1.0), (1, 1.0))
def extremes_of_kinds(a, b):
    return max(a, b), min(a, b)


@case((2.0,))
def constants(x):
    return RATE * x + STEPS - WEIGHTS[1] + WEIGHTS[-1] * np.inf * 0.0 + math.tau


@case((2.0,))
def sum_of_constants(x):
    total = 0
    for w in WEIGHTS:
        total += w * x
    return total + sum(WEIGHTS) + max(WEIGHTS) + len(WEIGHTS)


@case((2.0,))
def mixed_constants(x):
    total = 0
    for w in MIXED:
        total = total + w * x
    return total


@case((1.0, 2.0, 3.0), (3.0, 2.0, 1.0), (1.0, 1.0, 1.0), (nan, 1.0, 2.0))
def chains(a, b, c):
    return a < b < c, a <= b <= c, a == b != c, a < b > c, a < c


@case((1.0, 2.0), (0.0, 2.0), (-0.0, 0.0), (nan, 0.0))
def booleans(a, b):
    return a and b, a or b, not a, (a and not b) or 3.0, (a or b) and 1


@case((0.0,), (2.0,))
def short_circuit(x):
    return x != 0.0 and 1.0 / x > 0.1, x == 0.0 or 1.0 / x


@case((0.0,), (0.5,), (2.0,), (nan,))
def chain_evaluates_once(x):
    def loud(v):
        print("evaluated", v)
        return v

    return loud(0.0) < loud(x) < loud(1.0) < loud(2.0)


@case((1.0,), (-1.0,), (0.0,))
def conditional(x):
    return (x if x > 0 else -x) + (1.0 if x else 2.0) + (3 if x == 0 else 4.5)


@case((1.0,), (-1.0,))
def conditional_kinds(x):
    return 1 if x > 0 else 2.5


@case((1.0,), (0.0,))
def lazy_arms(x):
    return 1.0 / x if x else 0.0


@case((1.0, 2.0))
def order_of_evaluation(x, y):
    def say(v, text):
        print(text)
        return v

    a = say(x, "a") + say(y, "b") * say(x, "c")
    b = max(say(a, "d"), say(y, "e"), say(x, "f"))
    c, d = say(a, "g"), say(b, "h")
    return say(c, "i") - (say(d, "j"), say(a, "k"))[0]


@case((1.0,))
def raising_in_order(x):
    return math.sqrt(-x) + x / 0.0


@case((True, 2.0), (False, 2.0))
def bools(flag, x):
    return flag + x, flag * 2, -flag, not flag, x if flag else 0, flag and x, flag == 1


@case((np.bool_(True), 2.0), (np.bool_(False), 2.0))
def numpy_bools(flag, x):
    return (x if flag else 0.0), (flag and x), not flag


@case((3, 2.0), (np.int64(3), 2.0))
def ints(i, x):
    return i * x, i + 1, i / 2, -i, abs(i), float(i), i < x, i == 3


@case((1.5,))
def static_choices(x):
    if DEBUG:
        undefined_function(x)
    if __debug__:
        x = x + 1
    return x if not DEBUG else undefined_name


@case((2.0,), (np.float64(2.0),))
def types_asked(x):
    y = x * 2 if isinstance(x, float) else undefined
    if isinstance(x, (int, str)):
        y = undefined
    z = None
    if z is None:
        z = 3.0
    return y + z if z is not None else 0


@case((2.0, "fast"), (2.0, "slow"), (2.0, None))
def static_argument(x, mode):
    if mode == "fast":
        return x
    if mode in ("slow", "slower"):
        return x * 2
    if mode is None:
        return -x
    return 0.0


@case((2.0, math.sin), (2.0, abs), (2.0, lambda t: t * RATE))
def function_argument(x, f):
    return f(x) + f(x * 2)


@case((0.5,))
def many_terms(x):
    return (
        (x + x * 1 + x * 2 + x * 3 + x * 4 + x * 5 + x * 6 + x * 7 + x * 8 + x * 9 + x * 10) ** 2
        - x
        - x
        - x
        - x
        - x
        - x
        - x
        - x
        - x
        - x
        - x
        - x
        - x
        - x
        - x
        - x
        - x
        - x
        - x
        - x
        - x
    )


@case((1.5, 2.0))
def falls_off(x, y):
    z = x * y


@case((1.5,))
def returns_nothing(x):
    if x > 3:
        return
    print(x)
    return None
