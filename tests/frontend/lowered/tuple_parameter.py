def f(p: tuple[float, float], x: float):
    a, b = p
    s = 0
    for i in range(len(p)):
        for v in p:
            s = s * x + p[i] * v
    return s, [a - b, (p[0], p[-1])], max(p)
