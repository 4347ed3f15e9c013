import math


def f(x: float) -> float:
    if x > 0.0:
        g = math.sin
    else:
        g = math.cos
    return g(x)
