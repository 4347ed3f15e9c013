"""Huber loss of one residual."""

WRT = ("mu", "delta")

EXAMPLES = [(1.0, 0.8, 0.5), (4.0, 0.8, 0.5), (-2.0, 0.8, 1.5), (0.3, 0.9, 2.0)]


def huber(x: float, mu: float, delta: float) -> float:
    r = x - mu
    if r > delta:
        loss = delta * (r - 0.5 * delta)
    elif r < -delta:
        loss = delta * (-r - 0.5 * delta)
    else:
        loss = 0.5 * r * r
    return loss


def huber_grad(x: float, mu: float, delta: float) -> tuple[float, float]:
    r = x - mu
    if r > delta:
        # loss = delta * (r - 0.5 * delta)
        r_bar = delta
        delta_bar = r - delta
    elif r < -delta:
        # loss = delta * (-r - 0.5 * delta)
        r_bar = -delta
        delta_bar = -r - delta
    else:
        # loss = 0.5 * r * r
        r_bar = r
        delta_bar = 0.0
    # r = x - mu
    return -r_bar, delta_bar
