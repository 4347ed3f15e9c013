def f(x: float, kind: str = " square ") -> float:
    if kind.strip() == "square":
        return x * x
    return x
