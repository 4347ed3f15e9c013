import math


def f(x: float, n: int) -> float:
    global count
    count = n
    try:
        y = math.log(x)
    except ValueError:
        y = 0.0
    values = [y]
    values.pop()
    return y * n
