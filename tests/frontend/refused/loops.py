# ruff: noqa: F821, F841


def f(x: float, xs: list[float], n: int) -> float:
    best = None
    for v in xs:
        if best is None or v > best:
            best = v
    for i in range(x):
        x = x * i
    for i in range(0, n, 0):
        x = x * i
    while True:
        x = x + 1
    for v in x:
        x = x + v
    for v in "abc":
        x = x + v
    for v in xs:
        if v > 0:
            return v
        elif v < -1:
            break
    else:
        x = undefined
    for v in xs:
        raise ValueError
    for a, b in zip(xs, xs, strict=True, other=1):
        x = a
    pairs = zip(xs, xs)
    for i, v in enumerate(reversed(xs)):
        x += i
    return x + later
    later = 1
