import numpy as np


def f(a: np.ndarray) -> float:
    b = a * 2.0
    b[0], b[1] = b[1], b[0]
    return np.sum(b[0] * b[0])
