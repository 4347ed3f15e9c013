"""Differentiating an algorithm: the square root by Newton's method.

`newton` knows nothing of square roots' derivatives: it is a loop of additions and
divisions. The generated derivative runs that loop backwards, and where the loop has
converged it agrees with the derivatives of the square root itself,

    d/da sqrt(a) = 1 / (2 * sqrt(a)),   d2/da2 sqrt(a) = -1 / (4 * a * sqrt(a)).

The second derivative is the generated derivative, differentiated again. Run it with
`python examples/newton.py`.
"""

import math
from collections.abc import Callable

from autodiff_compiler import grad


def newton(a: float) -> float:
    x = a
    for _ in range(5):
        x = 0.5 * (x + a / x)
    return x


newton_grad = grad(newton)
newton_grad_grad = grad(newton_grad)

POINTS = [0.5, 0.8, 1.0, 2.0, 3.0, 5.0, 8.0]


def root_grad(a: float) -> float:
    return 1.0 / (2.0 * math.sqrt(a))


def root_second(a: float) -> float:
    return -1.0 / (4.0 * a * math.sqrt(a))


def compare(
    title: str, computed: Callable[[float], float], exact: Callable[[float], float]
) -> float:
    """Print a table over POINTS; return the largest relative error up to a = 3."""
    print(title)
    print(f"    {'a':>5}  {'computed':>20}  {'exact':>20}  {'relative error':>14}")
    worst = 0.0
    for a in POINTS:
        got, truth = computed(a), exact(a)
        error = abs(got - truth) / abs(truth)
        print(f"    {a:>5}  {got:>+20.15f}  {truth:>+20.15f}  {error:>14.1e}")
        if a <= 3.0:
            worst = max(worst, error)
    print()
    return worst


def main() -> None:
    print("The square root of a by five Newton steps x = (x + a / x) / 2 from x = a")
    print()
    errors = [
        compare("Value against sqrt(a)", newton, math.sqrt),
        compare("Derivative against 1 / (2 sqrt(a))", newton_grad, root_grad),
        compare(
            "Second derivative against -1 / (4 a sqrt(a))",
            newton_grad_grad,
            root_second,
        ),
    ]
    print("Five steps from x = a are enough near a = 1 and too few far from it. The")
    print("derivatives are those of the five steps, exactly; like the value, they")
    print("approach those of the square root as the iteration converges.")
    if max(errors) > 1e-12:
        raise SystemExit("the derivatives do not agree with those of the square root")

    print()
    print("The generated derivative")
    print()
    print(newton_grad.source)
    print()
    print("The generated second derivative")
    print()
    print(newton_grad_grad.source)


if __name__ == "__main__":
    main()
