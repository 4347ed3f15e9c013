import numpy as np


def f(x: np.ndarray) -> float:
    a = [x, 2.0 * x]
    a[0] = x * x
    return np.sum(a[0])
