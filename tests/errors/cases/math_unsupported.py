import math


def f(x: float) -> float:
    mantissa, exponent = math.frexp(x)
    return mantissa * exponent
