def f(x: float) -> float:
    terms = [1.0, 2.0, 3.0]
    terms[0] = x
    return terms[0] * terms[1]
