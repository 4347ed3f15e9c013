import math


def g(x: float, n: int) -> float:
    return f(math.sin(x), n - 1)


def f(x: float, n: int) -> float:
    if n == 0:
        return x
    return g(x, n)
