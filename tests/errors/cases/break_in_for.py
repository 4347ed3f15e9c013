def f(x: float) -> float:
    for _ in range(10):
        if x > 100.0:
            break
        x = x * x
    return x
