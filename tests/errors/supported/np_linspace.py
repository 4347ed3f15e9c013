import numpy as np


def f(x: float) -> float:
    return np.sum(np.linspace(0.0, x, 5))
