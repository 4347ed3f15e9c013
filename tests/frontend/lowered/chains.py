def f(x: float, y: float):
    a = 0 < x * 2 <= y
    b = (x and not y) or x > 1
    c = x if x < y else 2
    return a, b, c
