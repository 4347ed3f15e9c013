import functools
import math
import operator

import numpy as np


class Scale:
    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(self, x: float) -> float:
        return self.factor * x


@functools.lru_cache
def cached(x: float) -> float:
    return x


cube = functools.partial(pow, 3.0)
double = Scale(2.0)


def f(x: float, xs: list[float]) -> float:
    y = Scale(2.0)(x) + double(x) + double.factor + cached(x) + cube(x)
    y = y + operator.mul(x, x) + math.log() + math.fsum(xs) + math.comb(3, 2)
    y = y + len([str(x)]) + ValueError(x) + round(x, digits=2) + np.maximum(x)
    y = y + xs.pop() + xs.index(x) + (x, x).count(x) + "{}".format(x) + x.hex()
    y = y + xs["first"] + xs[1, 2] + (x, x)[5] + ()[0] + x[0]
    return y
