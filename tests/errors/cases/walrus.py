def f(x: float) -> float:
    if (y := x * x) > 1.0:
        return y
    return x
