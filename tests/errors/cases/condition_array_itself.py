import numpy as np


def f(x: np.ndarray) -> float:
    while x:
        x = x - 1.0
    return np.sum(x)
