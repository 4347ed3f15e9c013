import numpy as np


def f(x: np.ndarray) -> float:
    u = x * 2.0
    v = u[1:]
    v[0] = 0.0
    return np.sum(u * u)
