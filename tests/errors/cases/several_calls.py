import math
import operator

import numpy as np


def f(x: float, xs: list[float]) -> float:
    y = operator.mul(x, x) + math.log() + math.fsum(xs) + math.comb(3, 2)
    y = y + len([str(x)]) + ValueError(x) + round(x, digits=2) + np.maximum(x)
    y = y + xs.pop() + xs.index(x) + (x, x).count(x) + "{}".format(x) + x.hex()
    y = y + xs["first"] + xs[1, 2] + (x, x)[5] + ()[0] + x[0]
    return y
