def f(x: float, n: int, xs: list[float]) -> float:
    best = max([x * k for k in range(n)])
    some = sum(x * y for y in xs if y > 0.0)
    pairs = [x * y * z for y in xs for z in xs]
    last = sum(xs[:2]) + sum(xs[-2:]) + sum(xs[::2])
    (_, *rest) = xs
    if x not in (1.0, 2.0) and n not in {3} and x in xs and x in [1.0]:
        return best + some + last
    return sum([*rest, x]) + len(pairs)
