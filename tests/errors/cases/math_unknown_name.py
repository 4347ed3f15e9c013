import math


def f(x: float) -> float:
    return math.sine(x)
