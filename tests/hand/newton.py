"""Square root by five Newton steps."""

WRT = ("a",)

EXAMPLES = [(2.0,), (0.3,), (1.0,), (3.75,), (40.0,)]


def newton(a: float) -> float:
    x = a
    for _ in range(5):
        x = 0.5 * (x + a / x)
    return x


def newton_grad(a: float) -> float:
    x = a
    x_saved = []
    for _ in range(5):
        x_saved.append(x)
        x = 0.5 * (x + a / x)

    x_bar, a_bar = 1.0, 0.0
    for x in reversed(x_saved):
        # x = 0.5 * (x + a / x)
        s_bar = 0.5 * x_bar
        r = s_bar / x
        a_bar += r
        x_bar = s_bar - r * (a / x)
    return a_bar + x_bar
