def f(x: float) -> float:
    for _ in range(3):
        x = x * x
    else:
        x = x + 1.0
    return x
