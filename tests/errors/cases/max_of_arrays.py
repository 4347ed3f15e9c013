import numpy as np


def f(x: np.ndarray, y: np.ndarray) -> float:
    return np.sum(max(x, y))
