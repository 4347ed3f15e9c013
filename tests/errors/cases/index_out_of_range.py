import numpy as np


def f(x: float) -> float:
    return np.full(3, x)[5]
