def scaled(t: float, factor: float) -> float:
    return factor * t


def f(x: float) -> float:
    return scaled(x)
