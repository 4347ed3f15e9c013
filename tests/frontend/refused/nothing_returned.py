# ruff: noqa: F841


def sign(x):
    if x > 0:
        return 1
    elif x < 0:
        return -1


def f(x: float) -> float:
    for i in range(3):
        y = sign(x) + 1
    sign(x)
    if x > 2:
        return x
    if x > 1:
        return
