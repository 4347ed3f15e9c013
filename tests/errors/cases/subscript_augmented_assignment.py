def f(x: float, xs: list[float]) -> float:
    xs[0] += x
    return xs[0] * x
