import numpy as np


def f(x: np.ndarray, y: float) -> float:
    if y > 0:
        z = x * y
    else:
        z = y
    return np.sum(z)
