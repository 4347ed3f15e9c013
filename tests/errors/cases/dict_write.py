def f(x: float) -> float:
    weights = {"a": x, "b": 2.0}
    weights["a"] = x * x
    return weights["a"]
