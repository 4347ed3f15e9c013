import numpy as np


def f(x: np.ndarray) -> float:
    rng = np.random.default_rng(0)
    return np.sum(x * rng.normal(size=3))
