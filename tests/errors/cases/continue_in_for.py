def f(x: float) -> float:
    total = 0.0
    for k in range(10):
        if k % 3 == 0:
            continue
        total += x * k
    return total
