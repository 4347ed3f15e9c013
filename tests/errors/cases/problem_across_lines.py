import statistics


def f(x: float, y: float) -> float:
    z = 2.0 * statistics.fmean(
        (
            x,
            y,
        )
    )
    return z * x
