def f(x: float, n: int) -> float:
    powers = [x**k for k in range(n)]
    return sum(powers)
