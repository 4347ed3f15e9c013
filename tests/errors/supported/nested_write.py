import numpy as np


def f(a: np.ndarray) -> float:
    b = a * 2.0
    b[0][1] = 1.0
    return np.sum(b * b)
