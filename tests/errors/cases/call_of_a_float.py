def f(x: float) -> float:
    y = 2.0 * x
    return y(x + 1.0)
