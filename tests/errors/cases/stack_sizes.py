import numpy as np


def f(x: float) -> float:
    return np.sum(np.stack([np.full(3, x), np.ones(4)]))
