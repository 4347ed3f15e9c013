def f(x: float) -> float:
    if x.is_integer():
        return x
    return x * x
