import numpy as np


def f(x: np.ndarray) -> float:
    return np.sum(x) if any(x > 0) else 0.0
