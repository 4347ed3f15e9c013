def f(x: float) -> float:
    import math

    return math.sin(x)
