def f(x: float) -> float:
    total = 0.0

    def add(term: float) -> None:
        nonlocal total
        total = total + term

    add(x)
    add(x * x)
    return total
