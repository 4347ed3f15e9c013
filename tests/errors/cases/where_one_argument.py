import numpy as np


def f(x: np.ndarray) -> float:
    return np.sum(x[np.where(x > 0)])
