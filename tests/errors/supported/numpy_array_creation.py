import numpy as np


def f(x: float) -> float:
    v = np.array([x, 2.0 * x, 1.0])
    return np.sum(v * v)
