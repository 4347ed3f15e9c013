import numpy as np


def f(x: np.ndarray) -> float:
    u = x * 2.0
    u.shape = (3, 1)
    return np.sum(u)
