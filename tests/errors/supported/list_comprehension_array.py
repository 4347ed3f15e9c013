import numpy as np


def f(x: np.ndarray) -> float:
    return np.sum(np.array([v * v for v in x]))
