import numpy as np


def f(x: np.ndarray) -> float:
    u = np.zeros(3)
    np.add.at(u, [0, 0], x[0])
    return np.sum(u)
