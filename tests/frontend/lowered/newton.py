def f(a: float) -> float:
    x = a
    for _ in range(5):
        x = 0.5 * (x + a / x)
    return x
