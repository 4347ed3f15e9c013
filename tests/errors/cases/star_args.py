def f(x: float, *rest: float) -> float:
    total = x
    for r in rest:
        total = total * r
    return total
