"""Arithmetic-geometric mean, until the two means agree."""

import math

WRT = ("a", "b")

EXAMPLES = [(1.0, 2.0), (24.0, 6.0), (1.0, 0.001), (0.2, 5.0)]


def agm(a: float, b: float) -> float:
    while abs(a - b) > 1e-12 * a:
        a, b = 0.5 * (a + b), math.sqrt(a * b)
    return a


def agm_grad(a: float, b: float) -> tuple[float, float]:
    a_saved = []
    b_saved = []
    while abs(a - b) > 1e-12 * a:
        a_saved.append(a)
        b_saved.append(b)
        a, b = 0.5 * (a + b), math.sqrt(a * b)

    a_bar, b_bar = 1.0, 0.0
    for a, b_in in zip(reversed(a_saved), reversed(b_saved), strict=True):
        # a, b = 0.5 * (a + b), math.sqrt(a * b)
        s_bar = 0.5 * a_bar
        p_bar = 0.5 * b_bar / b
        b = b_in
        a_bar, b_bar = s_bar + p_bar * b, s_bar + p_bar * a
    return a_bar, b_bar
