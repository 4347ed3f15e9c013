import numpy as np


def f(x: float) -> float:
    u = np.zeros(3)
    u[0:2] = np.full(3, x)
    return np.sum(u)
