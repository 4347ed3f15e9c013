# ruff: noqa: F821


def f(x: float) -> float:
    return x * factor
