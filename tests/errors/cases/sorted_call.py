def f(x: float, y: float) -> float:
    low, high = sorted((x, y))
    return low - high * high
