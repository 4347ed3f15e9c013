import numpy as np


def f(x: np.ndarray) -> float:
    return sum(x.tolist())
