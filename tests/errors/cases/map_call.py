import math


def f(x: float) -> float:
    return sum(map(math.sin, (x, 2.0 * x)))
