import math
import os

import numpy as np


class Custom(Exception):
    pass


def helper(a, b=1, *, c):
    return a + b + c


def many(*values):
    return values[0]


def f(x: float) -> float:
    y = helper(x) + helper(x, 2, 3, c=1) + helper(x, c=1, d=2) + helper(x, a=1, c=2)
    y += helper(c=1) + many(*x) + helper(x, **x)
    y += max(x, x, key=abs) + max(x) + sum(x) + len(x) + round(x, 1, 2) + round(x, 1.5)
    y += math.sin(x, 1) + math.sin((x, x)) + np.sin(x, out=None) + np.sum([x]) + np.add(x)
    y += os.getpid() + print(x, file=None) + print(x, sep=x) + str(x) + Custom("x")
    y += min() + float("abc") + int("1", 2) + enumerate(x) + zip(x) + sorted([x])[0]
    y += sum([x], 1, start=2) + isinstance(x, x) + x(1) + y(x)
    if x > 1:
        raise Custom("x")
    if x > 2:
        raise ValueError("x", x)
    if x > 3:
        raise ValueError("x") from None
    if x > 4:
        raise float
    return y
