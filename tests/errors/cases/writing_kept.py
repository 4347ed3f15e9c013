import numpy as np


def f(x: np.ndarray) -> float:
    u = x * 2.0
    history = []
    for k in range(3):
        history.append(u)
        u[k] = 0.0
    return np.sum(np.stack(history))
