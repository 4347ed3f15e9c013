def f(x: float) -> float:
    for k in range(10):
        if k == 3:
            break
        x = x * 0.5
    for k in range(10):
        if k == 4:
            break
        x = x + 1.0
    return x
