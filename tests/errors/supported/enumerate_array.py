import numpy as np


def f(a: np.ndarray) -> float:
    s = 0.0
    for k, row in enumerate(a):
        s += k * np.sum(row)
    return s
