def f(x: float) -> float:
    y = x * x
    z = y + x
    del y
    return z
