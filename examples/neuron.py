"""Backpropagation through one neuron, step by step.

The loss of one sigmoid neuron, L = (sigmoid(w * x + b) - y)**2, is taken apart into
its nodes. Forward, each node gets a value; backward, each edge passes a derivative on:

    upstream (dL / node) * local (node / its input) = downstream (dL / its input)

The result is compared with the derivative that the compiler writes and with finite
differences. Run it with `python examples/neuron.py`.
"""

import math

from autodiff_compiler import grad


def sigmoid(z: float) -> float:
    return 1.0 / (1.0 + math.exp(-z))


def loss(w: float, x: float, b: float, y: float) -> float:
    z = w * x + b
    p = sigmoid(z)
    e = p - y
    return e * e


loss_grad = grad(loss, argnums=("w", "x", "b"))

W, X, B, Y = 0.5, 2.0, -0.3, 1.0


def by_hand(w: float, x: float, b: float, y: float) -> tuple[float, float, float]:
    """Print both sweeps, node by node; return dL/dw, dL/dx and dL/db."""
    u = w * x
    z = u + b
    p = sigmoid(z)
    e = p - y
    value = e * e

    print("Forward: the value of each node")
    for name, formula, result in [
        ("u", "w * x", u),
        ("z", "u + b", z),
        ("p", "sigmoid(z)", p),
        ("e", "p - y", e),
        ("L", "e * e", value),
    ]:
        print(f"    {name} = {formula:<12} = {result:+.10f}")

    print()
    print("Backward: upstream * local = downstream, starting from dL/dL = 1")
    dl_de = step("e", 1.0, "L", "2 * e", 2.0 * e)
    dl_dp = step("p", dl_de, "e", "1", 1.0)
    dl_dz = step("z", dl_dp, "p", "p * (1 - p)", p * (1.0 - p))
    dl_du = step("u", dl_dz, "z", "1", 1.0)
    dl_db = step("b", dl_dz, "z", "1", 1.0)
    dl_dw = step("w", dl_du, "u", "x", x)
    dl_dx = step("x", dl_du, "u", "w", w)
    return dl_dw, dl_dx, dl_db


def step(to: str, upstream: float, node: str, formula: str, local: float) -> float:
    """Print and return the derivative passed from `node` to its input `to`."""
    downstream = upstream * local
    product = f"{upstream:+.10f} * {local:+.10f} = {downstream:+.10f}"
    print(f"    dL/d{to}: {product}    with d{node}/d{to} = {formula}")
    return downstream


def central_difference(position: int, args: list[float], h: float = 1e-6) -> float:
    above, below = args.copy(), args.copy()
    above[position] += h
    below[position] -= h
    return (loss(*above) - loss(*below)) / (2.0 * h)


def main() -> None:
    print("One neuron: L = (sigmoid(w * x + b) - y)**2")
    print(f"    w = {W}, x = {X}, b = {B}, y = {Y}")
    print()
    hand = by_hand(W, X, B, Y)
    generated = loss_grad(W, X, B, Y)

    print()
    print("Three ways to the same numbers")
    print(f"    {'':<6}{'by hand':>15}{'generated':>15}{'differences':>15}")
    for k, name in enumerate("wxb"):
        difference = central_difference(k, [W, X, B, Y])
        columns = f"{hand[k]:+15.10f}{generated[k]:+15.10f}{difference:+15.10f}"
        print(f"    dL/d{name} {columns}")
        if not math.isclose(hand[k], generated[k], rel_tol=1e-12):
            raise SystemExit(f"dL/d{name} by hand and generated differ")
        if not math.isclose(difference, generated[k], rel_tol=1e-7):
            raise SystemExit(f"dL/d{name} generated and by differences differ")

    print()
    print("The function that computed the middle column")
    print()
    print(loss_grad.source)


if __name__ == "__main__":
    main()
