import numpy as np


def f(x: np.ndarray) -> float:
    x[0] = 0.0
    return np.sum(x * x)
