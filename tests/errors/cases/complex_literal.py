def f(x: float) -> float:
    z = x + 2j
    return abs(z)
