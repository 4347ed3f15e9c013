def f(x: float) -> float:
    weights = {"a": x, "b": 2.0}
    return weights["c"] * weights["a"]
