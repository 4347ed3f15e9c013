# ruff: noqa: F841


import math


def f(x: float, y: float) -> float:
    if x > 0:
        a = math.sin
        b = (x, y)
        c = None
        d = 1.0
        unread = 1
    else:
        a = lambda t: t
        b = x
        c = y
        d = (1.0, 2.0, 3.0)
        unread = "text"
    z = a(x) + b[0] + c
    z = z + a(y)
    return z * d + (x if y > 0 else None)
