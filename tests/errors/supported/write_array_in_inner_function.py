import numpy as np


def f(x: float) -> float:
    u = np.zeros(3)

    def put(v):
        u[0] = v

    put(x)
    return np.sum(u * u)
