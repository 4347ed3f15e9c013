def f(lo: float, hi: float, c: float) -> float:
    for _ in range(20):
        mid = 0.5 * (lo + hi)
        if mid * mid * mid + mid < c:
            lo = mid
        else:
            hi = mid
    return 0.5 * (lo + hi)
