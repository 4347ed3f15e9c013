# ruff: noqa: F821

import contextlib


def f(x: float, xs: list[float]) -> float:
    from math import sin

    del xs[0]
    with contextlib.suppress(ValueError), contextlib.nullcontext(sin(x) + sin(2.0 * x)) as y:
        x = x + y
    try:
        x = 1.0 / x
    except (ValueError, OverflowError):
        x = 0.0
    try:
        x = 1.0 / x
    except errors.Mine:
        x = 0.0
    match xs:
        case [first, second]:
            x = first * second
    xs += [x]
    xs[len(xs) - 1] = x
    f.count = 1
    f.table[0][1] = x
    return x
