def f(x: float, xs: list[float]) -> float:
    total = 0.0
    for y in xs[1:]:
        total += x * y
    return total
