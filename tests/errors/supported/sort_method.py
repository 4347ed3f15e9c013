import numpy as np


def f(x: np.ndarray) -> float:
    u = x * 2.0
    u.sort()
    return u[0]
