def f(x: float) -> float:
    first, *rest = x, 2.0, 3.0
    return first * len(rest)
