import numpy as np


def f(x: float) -> float:
    u, v = np.full(3, x)
    return u * v
