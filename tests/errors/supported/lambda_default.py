def f(x: float) -> float:
    total = 0.0
    for k in range(3):
        scale = lambda t, k=k, at=x: (t - at) * k
        total += scale(2.0)
    return total
