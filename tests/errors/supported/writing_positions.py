import numpy as np


def f(x: np.ndarray) -> float:
    u = x * 2.0
    u[[0, 0]] = 1.0
    return np.sum(u * u)
