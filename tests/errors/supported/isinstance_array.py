import numpy as np


def f(x: np.ndarray) -> float:
    if isinstance(x, np.ndarray):
        return np.sum(x)
    return x
