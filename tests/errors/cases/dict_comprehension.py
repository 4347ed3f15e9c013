def f(x: float, n: int) -> float:
    powers = {k: x**k for k in range(n)}
    return powers[1]
