def f(xs: list[float], n: int):
    for x in xs:
        last = x
    for i in range(3):
        y = x * i
    if n > 0:
        z = y
    return last + z + i
