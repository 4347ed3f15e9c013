def scaled(t: float, factor: float = 2.0) -> float:
    return factor * t


def f(x: float) -> float:
    return scaled(x, scale=3.0)
