import numpy as np


def f(x: float) -> float:
    with np.errstate(all="ignore"):
        y = np.log(x)
    return y
