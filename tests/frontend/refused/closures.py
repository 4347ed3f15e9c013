def late(k):
    def g(a):
        return a + k

    return g


def f(x: float) -> float:
    if x > 0:
        g = late(1)
    else:
        g = late(2)
    for i in range(3):
        h = lambda t: t + i
        k = late(i)
    if x > 1:

        def inner(t):
            return t

    if x > 2:
        w = 1.0
    return g(x) + h(x) + k(x) + inner(x) + (lambda t: t + w)(x)
