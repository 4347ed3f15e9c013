def f(x: float) -> float:
    a = [x]
    a.extend([x, 2.0])
    return sum(a)
