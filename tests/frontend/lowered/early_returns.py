def f(x: float, n: int) -> float:
    if x > 3:
        return x
    if n > 2:
        if x < 0:
            return -x
        y = x * 2
    else:
        y = 0.5
    z = y + 1
    return z * y
