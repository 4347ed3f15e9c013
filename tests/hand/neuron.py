"""Squared loss of one sigmoid neuron."""

import math

WRT = ("w", "b")

EXAMPLES = [
    (0.5, 2.0, -0.3, 1.0),
    (-1.5, 0.8, 0.25, 0.0),
    (3.0, 4.0, 1.0, 0.2),
    (-3.0, 4.0, 1.0, 0.2),
]


def neuron(w: float, x: float, b: float, y: float) -> float:
    z = w * x + b
    p = 1.0 / (1.0 + math.exp(-z))
    d = p - y
    return d * d


def neuron_grad(w: float, x: float, b: float, y: float) -> tuple[float, float]:
    z = w * x + b
    e = math.exp(-z)
    p = 1.0 / (1.0 + e)
    d = p - y

    # return d * d
    p_bar = 2.0 * d
    # p = 1.0 / (1.0 + math.exp(-z)); 1 - p would cancel for large z
    z_bar = p_bar * p * (p * e)
    # z = w * x + b
    return z_bar * x, z_bar
