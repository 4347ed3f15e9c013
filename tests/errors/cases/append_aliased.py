def f(x: float) -> float:
    a = []
    b = a
    for k in range(3):
        a.append(x * k)
    return sum(b)
