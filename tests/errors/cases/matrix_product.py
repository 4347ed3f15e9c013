def f(x: float, y: float) -> float:
    return x @ y
