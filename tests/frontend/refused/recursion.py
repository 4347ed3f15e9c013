def even(n, x):
    return x if n == 0 else odd(n - 1, x)


def odd(n, x):
    return -x if n == 0 else even(n - 1, x)


def twice(f, x):
    return f(f(x))


def f(x: float, n: int) -> float:
    def down(k):
        if k > 0:
            return down(k - 1)
        return 0.0

    loop = lambda g: g(g)
    return even(n, x) + down(n) + twice(lambda v: twice(lambda w: w + 1, v), x) + loop(loop)
