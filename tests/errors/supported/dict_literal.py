def f(x: float) -> float:
    weights = {"a": 2.0, "b": 3.0}
    return x * weights["a"]
