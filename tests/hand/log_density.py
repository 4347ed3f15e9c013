"""Log of a kernel density estimate that forgets old samples."""

import math

WRT = ("at", "width", "xs")

EXAMPLES = [
    (0.4, 0.7, [0.1, 0.9, -0.3, 1.4], 0.9),
    (-1.0, 1.5, [0.5, -2.0, -1.1], 0.5),
    (2.0, 0.8, [1.25], 0.75),
    (0.0, 2.0, [3.0, 0.0, -3.0, 1.0, 0.25, -0.125], 1.0),
]


def kernel(x: float, at: float, width: float) -> float:
    z = (x - at) / width
    return math.exp(-0.5 * z * z)


def log_density(at: float, width: float, xs: list[float], decay: float) -> float:
    total = 0.0
    for x in xs:
        total = decay * total + kernel(x, at, width)
    return math.log(total) - math.log(width)


def log_density_grad(
    at: float, width: float, xs: list[float], decay: float
) -> tuple[float, float, list[float]]:
    total = 0.0
    k_saved = []
    for x in xs:
        z = (x - at) / width
        k = math.exp(-0.5 * z * z)
        k_saved.append(k)
        total = decay * total + k

    # return math.log(total) - math.log(width)
    total_bar = 1.0 / total
    width_bar = -1.0 / width
    at_bar = 0.0
    xs_bar = []
    for x, k in zip(reversed(xs), reversed(k_saved), strict=True):
        # total = decay * total + kernel(x, at, width)
        z = (x - at) / width
        x_bar = -total_bar * k * z / width
        xs_bar.append(x_bar)
        at_bar -= x_bar
        width_bar -= x_bar * z
        total_bar *= decay
    xs_bar.reverse()
    return at_bar, width_bar, xs_bar
