import math


def f(x: float) -> float:
    return math.sin(x, 2.0)
