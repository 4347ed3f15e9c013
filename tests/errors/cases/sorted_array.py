import numpy as np


def f(x: np.ndarray) -> float:
    return sorted(x)[0]
