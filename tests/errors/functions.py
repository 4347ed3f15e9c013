"""Functions whose calls are wrong; what is said of them names their lines here."""

# ruff: noqa: F821

from __future__ import annotations

import functools


def f(x, y):
    return x * y


def total(xs):
    found = 0.0
    for x in xs:
        found = found + x * x
    return found


def optional(x, n=2, *, scale=1.0, kind="plain"):
    return x * n * scale


def pair(x):
    return x, 2.0 * x


def several(x):
    values = [x, 2.0 * x, 3.0 * x]
    return values


def shows(x):
    print(x)


def text(x):
    return f"{x:.3f}"


def refuses(x):
    raise ValueError("never")


def indexed(x, parts):
    return x * parts[0]


def strange(x: Unknown, y):
    return x * y


def table(x: float, weights: dict[str, float]) -> float:
    return x


def same(xs):
    return xs


def constant():
    return 1.0


class Model:
    def __init__(self, weight):
        self.weight = weight

    def __call__(self, x):
        return x

    def loss(self, x):
        return x * x


@functools.lru_cache
def cached(x):
    return x * x
