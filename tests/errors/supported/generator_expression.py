def f(x: float, n: int) -> float:
    return sum(x**k for k in range(n))
