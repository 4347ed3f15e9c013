import math


def f(a: float, b: float) -> float:
    while abs(a - b) > 1e-12 * a:
        a, b = 0.5 * (a + b), math.sqrt(a * b)
    return a
