import math


def f(x: float) -> float:
    g = math.sin
    if g == math.cos:
        return x
    return g(x)
