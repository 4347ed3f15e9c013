import numpy as np


def f(x: np.ndarray) -> float:
    return np.sum(x * [1.0, 2.0, 3.0])
