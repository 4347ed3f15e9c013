import numpy as np


def f(a: np.ndarray) -> float:
    b = a * 2.0
    for i in range(2):
        row = b[i]
        row[0] = 1.0
    return np.sum(b * b)
