"""Operation counts, in the units of the records' weights."""

from __future__ import annotations

import itertools
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


def maxima(x, y):
    for _ in range(5):
        x = np.maximum(x, y)
    return x


def minima(x, y):
    for _ in range(5):
        x = np.minimum(y, x)
    return x


def numbers_first(x, y):
    for _ in range(5):
        x = np.fmax(x, y)
    return x


def smaller_numbers(x, y):
    for _ in range(5):
        x = np.fmin(y, x)
    return x


def builtin_maxima(x, y):
    for _ in range(5):
        x = max(x, y)
    return x


def quotients(x, y):
    for _ in range(5):
        x = x / y
    return x


def inverted_quotients(x, y):
    for _ in range(5):
        x = y / x
    return x


def choices(x, y):
    for _ in range(5):
        x = np.where(x < y, x, y)
    return x


@pytest.mark.parametrize(
    ("function", "reverse", "forward"),
    [  # the operations of a derivative, in units of the primal's, for x < y, x > y, x = y
        (maxima, (5, 5, 5), (4, 3, 4)),
        (minima, (5, 5, 5), (4, 3.8, 4)),
        (numbers_first, (5, 5, 5), (4, 3, 4)),
        (smaller_numbers, (5, 5, 5), (4, 3.8, 4)),
        (builtin_maxima, (3, 3, 3), (2, 2, 2)),
        (quotients, (4, 4, 4), (4, 4, 4)),
        (inverted_quotients, (5, 5, 5), (4, 4, 4)),
        (choices, (2, 2, 2), (1, 1, 1)),
    ],
)
def test_programs_of_one_operation_alone(
    function: Callable[..., Any], reverse: tuple[float, ...], forward: tuple[float, ...]
) -> None:
    """At most 5 × the primal in reverse, 4 × forward, whatever is repeated."""
    points = ((1.0, 2.0), (2.0, 1.0), (1.0, 1.0))
    back = [grad(function, argnums=(0, 1)).lower(*at).cost.ratio for at in points]
    ahead = [jvp(function).lower(at, (1.0, 1.0)).cost.ratio for at in points]
    assert tuple(back) == reverse
    assert tuple(ahead) == forward


@pytest.mark.parametrize("at", [*itertools.product((0.0, 1.0, 2.0), (0.0, 1.0), (0.0, 1.0))])
def test_clipping_within_the_bounds(at: tuple[float, float, float]) -> None:
    """All orders of number and bounds, ties and bounds the wrong way round among them."""

    def clipped(x, low, high):
        for _ in range(5):
            x = np.clip(x, low, high)
        return x

    assert grad(clipped, argnums=(0, 1, 2)).lower(*at).cost.ratio == 5
    assert grad(clipped).lower(*at).cost.ratio <= 5
    assert jvp(clipped).lower(at, (1.0, 1.0, 1.0)).cost.ratio <= 4
    assert jvp(lambda x, low: clipped(x, low, 0.5)).lower(at[:2], (1.0, 1.0)).cost.ratio <= 4
    assert jvp(lambda x: clipped(x, 0.0, 1.0)).lower(at[:1], (1.0,)).cost.ratio == 4


def test_a_lone_quotient() -> None:
    def quotient(x, y):
        return x / y

    low = jvp(quotient).lower((3.0, 7.0), (1.0, 1.0))
    assert (low.cost.primal, low.cost.derivative) == (1, 4)
    assert grad(quotient, argnums=(0, 1)).lower(3.0, 7.0).cost.derivative == 4
