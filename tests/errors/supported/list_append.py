def f(x: float) -> float:
    terms = []
    for k in range(3):
        terms.append(x * k)
    return sum(terms)
