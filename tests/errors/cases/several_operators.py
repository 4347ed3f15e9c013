def f(x: float, n: int) -> float:
    if (x > 0.0) & (n > 1) or ~(n > 2):
        x ^= 2
    if isinstance(x, int | float):
        x = x << 2
    n |= 1
    x @= x
    return x * n
