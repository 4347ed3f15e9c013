def f(x: float, n: int) -> float:
    def scaled(v, by=n):
        return v * by + offset

    offset = 1.0
    y = scaled(x)
    offset = x * x
    for k in range(n):
        y = (lambda v: scaled(v, by=v) - k)(y)
    return y
