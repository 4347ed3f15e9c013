# ruff: noqa: F821


TABLE = [1.0, 2.0]


def f(x: float) -> float:
    def helper(t):
        return t + unset

    y = valu + sinn(x)
    value = y + TABLE[0] + TABLE[1]
    helper(x)
    z = z + 1
    unset = 2.0
    return value * z
