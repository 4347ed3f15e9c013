import numpy as np


def f(x: np.ndarray) -> float:
    return np.sum(x) if 1.0 in x else 0.0
