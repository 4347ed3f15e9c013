def f(x: float, y: float) -> float:
    if x is y:
        return x
    return x * y
