calls = 0


def f(x: float) -> float:
    global calls
    calls += 1
    return x * x
