"""Operation counts, in the units of the records' weights."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autodiff_compiler import grad, jvp, vjp
from autodiff_compiler.report.cost import Cost


def arithmetic(x, y):
    return -(x + y) * (x - y) / x


def comparisons(x, y):
    return x if x < y else abs(y)


def elementary(x, y):
    return math.sin(x) + math.sqrt(y)


def powers(x, y):
    return x**y + math.hypot(x, y)


def loops(x, y):
    s = 0.0
    for i in range(3 + 4 * 2):
        s += x * float(i)
    return s


def trips(x, y):
    n = 0
    while x < y:
        x = x * 2.0
        n += 1
    return x


def totals(xs, y):
    return sum(xs)


def helped(x, y):
    return helper(x) + helper(y)


def helper(x):
    return x * x


@pytest.mark.parametrize(
    ("function", "args", "expected"),
    [
        (arithmetic, (3.0, 2.0), 5),
        (comparisons, (1.0, 2.0), 1),
        (comparisons, (2.0, 1.0), 2),
        (elementary, (1.0, 2.0), 4 + 1 + 1),
        (powers, (1.0, 2.0), 8 + 8 + 1),
        (loops, (1.0, 2.0), 2 * 11),
        (trips, (1.0, 5.0), 4 + 3),
        (trips, (9.0, 5.0), 1),
        (totals, ([1.0, 2.0, 3.0, 4.0], 1.0), 3),
        (helped, (1.0, 2.0), 3),
    ],
)
def test_weights(function: Callable[..., Any], args: tuple[Any, ...], expected: int) -> None:
    assert grad(function).lower(*args).cost.primal == expected
    for low in (vjp(function).lower(*args), jvp(function).lower(args)):
        assert low.cost.primal == expected
        assert low.cost.derivative >= expected


def test_the_derivative_includes_what_it_needs_of_the_primal() -> None:
    cost = grad(lambda x: math.exp(x)).lower(1.0).cost
    assert (cost.primal, cost.derivative) == (4, 4)
    assert cost.ratio == 1.0


def test_tangents_and_cotangents_are_counted_with() -> None:
    def f(x, xs):
        s = x
        for each in xs:
            s = s * each
        return s, xs

    args = (2.0, [1.0, 2.0, 3.0])
    assert vjp(f).lower(*args).cost.derivative > 3
    assert jvp(f).lower(args, (1.0, [0.0, 0.0, 1.0])).cost.derivative > 3


def test_counting_neither_prints_nor_warns(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x):
        print("at", x)
        return np.log(x)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cost = grad(f).lower(np.float64(0.0)).cost
    assert cost.primal == 4
    assert capsys.readouterr().out == ""


def test_text_and_ratio() -> None:
    assert str(Cost(10, 25)) == "primal 10, derivative 25 operations (2.50 × primal)"
    assert Cost(0, 0).ratio == 1.0
    assert Cost(0, 2).ratio == math.inf
