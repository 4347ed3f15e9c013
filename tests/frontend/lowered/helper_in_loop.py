import math

DECAY = 0.9


def kernel(x, at, width=1.0):
    z = (x - at) / width
    return math.exp(-0.5 * z * z)


def f(at: float, width: float, xs: list[float]) -> float:
    total = 0
    for x in xs:
        total = DECAY * total + kernel(x, at, width=width)
    return math.log(total) - math.log(width) + math.pi
