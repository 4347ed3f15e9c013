def f(x: float) -> float:
    a = []
    for k in range(3):
        if k > 1:
            a.append(x * k)
    return sum(a)
