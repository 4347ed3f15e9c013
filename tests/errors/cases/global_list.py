import numpy as np

WEIGHTS = [1.0, 2.0, 3.0]


def f(x: np.ndarray) -> float:
    return np.sum(x * WEIGHTS[0])
