import numpy as np


def f(x: float) -> float:
    return len(np.array(x)) * x
