def f(x: float, w: dict) -> float:
    w["a"] = x
    return w["a"] * x
