def f(x: float) -> float:
    return eval("x * x")
