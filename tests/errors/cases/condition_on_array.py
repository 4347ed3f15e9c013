import numpy as np


def f(x: np.ndarray) -> float:
    if x > 0:
        return np.sum(x * x)
    return np.sum(x)
