import numpy as np


def f(x: np.ndarray, y: np.ndarray) -> float:
    z = np.zeros(3)
    np.multiply(x, y, out=z)
    return np.sum(z)
