def f(x: float) -> float:
    while True:
        x = 0.5 * x + 1.0
        if x < 2.1:
            return x
