import numpy as np


def f(x: np.ndarray) -> float:
    return np.sum(np.sum(x, axis=1))
