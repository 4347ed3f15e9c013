import math

ORDER = 2


def f(x: float, scale: float | None = None) -> float:
    if scale is None:
        scale = 3.0
    if ORDER % 2 == 0 and isinstance(x, float):
        g = math.cos
    else:
        g = math.sin
    return g(x) * scale
