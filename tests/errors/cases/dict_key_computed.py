def f(x: float, n: int) -> float:
    weights = {"a": x, "b": 2.0}
    return weights[n]
