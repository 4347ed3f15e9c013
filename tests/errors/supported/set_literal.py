def f(x: float, n: int) -> float:
    if n in {1, 2, 3}:
        return x
    return x * x
