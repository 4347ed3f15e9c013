def inner(a):
    return a.real


def middle(a):
    return inner(a) + inner(a * 2)


def outer(a, g):
    return middle(a) + g(a) + g.attribute


def late(k):
    def g(a):
        return a + k

    return g


def f(x: float) -> float:
    for i in range(3):
        for j in range(3):
            x = x + outer(x, lambda t: t @ t)
    if x > 0:
        g = late(1)
    else:
        g = late(2)
    for i in range(3):
        h = lambda t: t + i
    return g(x) + h(x)
