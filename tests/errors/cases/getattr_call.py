import math


def f(x: float, name: str = "sin") -> float:
    return getattr(math, name)(x)
