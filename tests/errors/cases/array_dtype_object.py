import numpy as np


def f(x: float) -> float:
    return np.sum(np.array([x, 1.0], dtype=object))
