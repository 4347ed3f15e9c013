"""Root of t**3 + t = c in a bracket, by twenty bisections.

The result is an average of the two ends whose weights depend on the path taken,
so the derivatives are those weights.
"""

WRT = ("lo", "hi")

EXAMPLES = [(0.0, 2.0, 3.0), (-1.0, 4.0, 0.7), (0.5, 1.25, 2.0), (2.0, 3.0, 1.0)]


def bisect(lo: float, hi: float, c: float) -> float:
    for _ in range(20):
        mid = 0.5 * (lo + hi)
        if mid * mid * mid + mid < c:
            lo = mid
        else:
            hi = mid
    return 0.5 * (lo + hi)


def bisect_grad(lo: float, hi: float, c: float) -> tuple[float, float]:
    above_saved = []
    for _ in range(20):
        mid = 0.5 * (lo + hi)
        above = mid * mid * mid + mid < c
        above_saved.append(above)
        if above:
            lo = mid
        else:
            hi = mid

    lo_bar, hi_bar = 0.5, 0.5
    for above in reversed(above_saved):
        if above:
            # lo = 0.5 * (lo + hi)
            lo_bar *= 0.5
            hi_bar += lo_bar
        else:
            # hi = 0.5 * (lo + hi)
            hi_bar *= 0.5
            lo_bar += hi_bar
    return lo_bar, hi_bar
