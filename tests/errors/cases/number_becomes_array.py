import numpy as np


def f(x: np.ndarray) -> float:
    total = 0.0
    for k in range(3):
        total = total + k * x
    return np.sum(total)
