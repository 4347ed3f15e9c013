def f(xs: list[float], ys: list[float], n: int) -> float:
    s = 0.0
    for i, (x, y) in enumerate(zip(xs, ys), start=1):
        s += i * x * y
    for x, k in zip(reversed_sum(xs), range(n, 0, -2)):
        s += x * k
    for v, w in ((s, 1.0), (2.0, s)):
        s = s - v * w
    a, b = xs
    return s + a * b


def reversed_sum(xs):
    s = 0.0
    for x in reversed(xs):
        s = s + x
    return s, 2 * s
