def f(x: float) -> float:
    weights = {"a": x, "b": 2.0}
    return weights.pop("a")
