import random


def f(x: float) -> float:
    return random.gauss(x, 1.0)
