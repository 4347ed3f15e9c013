def f(n: int, x: float):
    a = b = c = 0
    for i in range(n):
        for _ in range(i):
            c = b
        b = a
        a = x
    return a, b, c
