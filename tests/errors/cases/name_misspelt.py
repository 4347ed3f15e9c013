# ruff: noqa: F821


def f(x: float) -> float:
    total = 0.0
    for k in range(3):
        total += k * x
    return totl
