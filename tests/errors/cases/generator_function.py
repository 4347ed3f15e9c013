def f(x: float):
    for _ in range(3):
        yield x
        x = x * x
