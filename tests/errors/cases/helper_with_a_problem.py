def safe_ratio(a: float, b: float) -> float:
    try:
        return a / b
    except ZeroDivisionError:
        return 0.0


def f(x: float) -> float:
    return safe_ratio(x, 2.0) + safe_ratio(2.0, x)
