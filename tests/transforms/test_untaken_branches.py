"""What a branch not taken computed has no part in the derivative, however singular it is there."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autodiff_compiler import grad


def cubed_norm(x: float, y: float) -> float:
    r = math.sqrt(x * x + y * y)
    if r == 0.0:
        return 0.0
    return r**3


def root_where_large(x: float) -> float:
    r = math.sqrt(x)
    return r if r > 0.5 else x


def root_where_asked(x: float, use: bool) -> float:
    r = math.sqrt(x)
    if use:
        return r
    return x


def larger(x: float) -> float:
    return max(math.sqrt(x), 1.0)


def larger_of_numpy(x: float) -> float:
    return np.maximum(math.sqrt(x), 1.0)


def entropy(ps: list[float]) -> float:
    total = 0.0
    for p in ps:
        log_p = np.log(p)
        total -= p * log_p if p > 0.0 else 0.0
    return total


def guarded_roots(xs: list[float]) -> float:
    total = 0.0
    for x in xs:
        r = math.sqrt(x)
        total += r if r > 1e-12 else 0.0
    return total


CASES: list[tuple[Callable[..., Any], tuple[Any, ...], Any]] = [
    (cubed_norm, (0.0, 0.0), 0.0),
    (cubed_norm, (3.0, 4.0), 45.0),
    (root_where_large, (0.0,), 1.0),
    (root_where_large, (1.0,), 0.5),
    (root_where_asked, (0.0, False), 1.0),
    (root_where_asked, (0.0, True), math.inf),
    (larger, (0.0,), 0.0),
    (larger, (4.0,), 0.25),
    (larger_of_numpy, (0.0,), 0.0),
    (entropy, ([0.0, 1.0],), [0.0, -1.0]),
    (guarded_roots, ([0.0, 1.0],), [0.0, 0.5]),
]


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize(("function", "arguments", "derivative"), CASES)
def test_gradient(
    function: Callable[..., Any], arguments: tuple[Any, ...], derivative: Any, mode: str
) -> None:
    with np.errstate(all="ignore"):
        assert grad(function, mode=mode)(*arguments) == pytest.approx(derivative, rel=1e-14)
