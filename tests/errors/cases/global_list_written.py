history = [0.0]


def f(x: float) -> float:
    history[0] = x
    return x * history[0]
