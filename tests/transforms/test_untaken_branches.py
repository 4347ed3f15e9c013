"""What a branch not taken computed has no part in the derivative, however singular it is there."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autodiff_compiler import grad, jvp


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


def under_two_conditions(x, a, b):
    r = math.sqrt(x)
    y = x
    if a > 0.0:
        if b > 0.0:
            y = r * 2.0
    return y


def under_one_or_the_other(x, a, b):
    r = math.sqrt(x)
    y = x
    if a > 0.0:
        y = y + r
    if b > 0.0:
        y = y + r * 2.0
    return y


def beside_a_nested_condition(x, a, b):
    r = math.sqrt(x)
    y = x
    if a > 0.0:
        y = x * 3.0
        if b > 0.0:
            y = r * 2.0
        else:
            y = y + 1.0
    if b > 2.0:
        y += r
    return y


def through_a_branch(x, a, b):
    r = math.sqrt(x)
    s = r if b > 0.0 else 2.0 * r
    t = s + 1.0
    if a > 0.0:
        return t if b > 2.0 else x
    return 3.0 * x


def the_other_arm_raises(x, a, b):
    r = math.sqrt(x)
    if a < -5.0:
        raise ValueError("too far")
    elif b > 0.0:
        return r
    return x


@pytest.mark.parametrize(
    "function",
    [
        under_two_conditions,
        under_one_or_the_other,
        beside_a_nested_condition,
        through_a_branch,
        the_other_arm_raises,
    ],
)
@pytest.mark.parametrize("b", [-1.0, 1.0, 3.0])
@pytest.mark.parametrize("a", [-1.0, 1.0])
def test_conditions_in_one_another(function: Callable[..., Any], a: float, b: float) -> None:
    """What took no part gives 0 in both modes; what did gives infinity in both, or nan."""
    back, ahead = (grad(function, mode=mode)(0.0, a, b) for mode in ("reverse", "forward"))
    assert back == ahead


def in_a_loop(x, n):
    r = math.sqrt(x)
    total = x
    for _ in range(n):
        total += r
    return total


def test_a_loop_that_never_ran() -> None:
    for mode in ("reverse", "forward"):
        assert grad(in_a_loop, mode=mode)(0.0, 0) == 1.0
        assert grad(in_a_loop, mode=mode)(0.0, 2) == math.inf


def chosen_twice(x):
    s = np.sqrt(x)
    return np.sum(np.where(x > 0.0, s, 0.0) + np.where(x > 2.0, s, 1.0))


def chosen_and_picked(x):
    s = np.sqrt(x)
    return np.sum(s[x > 0.0]) + np.sum(np.where(x > 0.0, np.where(x > 2.0, s, 0.0), 1.0))


def kept_within(x):
    s = np.sqrt(x)
    return np.sum(np.maximum(s, 0.5)) + np.sum(np.clip(s, x + 0.2, 2.5) * (s > 0.5))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("function", [chosen_twice, chosen_and_picked, kept_within])
def test_elements_that_were_not_chosen(function: Callable[..., Any], dtype: type) -> None:
    x = np.array([0.0, 0.5, 1.5, 3.0], dtype)
    gradient = grad(function)(x)
    assert gradient.dtype == dtype
    assert gradient[0] == 0.0
    step = 1e-6
    for place in (1, 2, 3):
        up, down = (x.astype(float) for _ in range(2))
        up[place] += step
        down[place] -= step
        expected = (function(up) - function(down)) / (2 * step)
        assert gradient[place] == pytest.approx(expected, rel=1e-5)


def scaled_often(z, x, n):
    s = np.sqrt(z)
    for _ in range(n):
        x = x * s
    return np.sum(x)


def scaled_where_asked(z, x, a, b):
    s = np.sqrt(z)
    if a > 0.0:
        if b > 0.0:
            x = x * s
    return np.sum(x) + z


def test_a_number_beside_arrays() -> None:
    x = np.array([1.0, 2.0])
    assert grad(scaled_often)(0.0, x, 0) == 0.0
    assert grad(scaled_often)(np.float32(0.0), x, 0) == 0.0
    assert grad(scaled_where_asked)(0.0, x, 1.0, -1.0) == 1.0
    assert grad(scaled_where_asked)(0.0, x, -1.0, 1.0) == 1.0
    assert grad(scaled_where_asked)(0.0, x, 1.0, 1.0) == math.inf


def rows_picked(x):
    return np.sum(np.sqrt(x)[x[:, 0] > 0.0])


def test_a_mask_of_rows_is_none_of_elements() -> None:
    gradient = grad(rows_picked)(np.array([[0.25, 4.0], [1.0, 0.0]]))
    assert gradient.tolist() == [[1.0, 0.25], [0.5, math.inf]]


def test_a_loop_contributes_beside_an_untaken_branch() -> None:
    """The mask of a value that one arm reads says nothing of what a loop reads of it."""

    def model(s: float) -> float:
        z = 1.9 / s
        for _ in range(3):
            primal = z
        if primal:
            return primal
        return z

    assert grad(model)(1.0) == jvp(model, (1.0,), (1.0,))[1] == -1.9


def roots_in_a_loop(x, a):
    r = x
    for _ in range(3):
        r = math.sqrt(r)
    return r if a > 0.0 else 2.0 * x


def root_read_in_a_loop(x, a):
    r = math.sqrt(x)
    total = x
    for k in range(3):
        total += k * r
    return total if a > 0.0 else 2.0 * x


def roots_of_a_grown_list(x, a):
    roots = []
    for k in range(3):
        roots.append(math.sqrt(x * (k + 1)))
    total = 0.0
    for r in roots:
        total += math.sqrt(r)
    return total if a > 0.0 else 2.0 * x


def root_in_nested_loops(x, a):
    r = x
    for _ in range(2):
        for _ in range(2):
            r = math.sqrt(r)
        r = r * 2.0
    return r if a > 0.0 else 2.0 * x


def larger_than_a_loop(x, a):
    total = a
    for k in range(3):
        total += (x * k) ** np.arctanh(a + 3.0)  # nan
    return max(2.0 * x, total)


THROUGH_LOOPS = [
    roots_in_a_loop,
    root_read_in_a_loop,
    roots_of_a_grown_list,
    root_in_nested_loops,
    larger_than_a_loop,
]


@pytest.mark.parametrize("function", THROUGH_LOOPS)
def test_what_an_untaken_branch_has_of_a_loop(function: Callable[..., Any]) -> None:
    with np.errstate(all="ignore"):
        for mode in ("reverse", "forward"):
            assert grad(function, mode=mode)(0.0, -1.0) == 2.0


@pytest.mark.parametrize("function", THROUGH_LOOPS)
def test_second_derivatives_of_it(function: Callable[..., Any]) -> None:
    with np.errstate(all="ignore"):
        assert grad(grad(function))(0.0, -1.0) == 0.0


@pytest.mark.parametrize("function", THROUGH_LOOPS[:-1])
def test_where_the_branch_is_taken_the_loop_has_its_part(function: Callable[..., Any]) -> None:
    back, ahead = (grad(function, mode=mode)(0.3, 1.0) for mode in ("reverse", "forward"))
    step = 1e-6
    expected = (function(0.3 + step, 1.0) - function(0.3 - step, 1.0)) / (2 * step)
    assert back == pytest.approx(ahead, rel=1e-14) == pytest.approx(expected, rel=1e-8)


def root_before_a_loop_that_never_runs(x, n):
    r = x
    for _ in range(2):
        r = math.sqrt(r)
    total = x
    for _ in range(n):
        total += r
    return total


def test_a_loop_before_one_that_never_ran() -> None:
    for mode in ("reverse", "forward"):
        assert grad(root_before_a_loop_that_never_runs, mode=mode)(0.0, 0) == 1.0
        assert grad(root_before_a_loop_that_never_runs, mode=mode)(0.0, 1) == math.inf


def sum_of_roots(x, a):
    total = np.sum(np.sqrt(x))
    return total if a > 0.0 else x[0]


def products_of_roots(x, a):
    total = np.mean(np.sqrt(x)) + np.sqrt(x) @ x
    return total if a > 0.0 else x[0]


def roots_picked_by_place(x, a):
    total = np.sqrt(x)[0] + np.sum(np.sqrt(x)[1:])
    return total if a > 0.0 else x[0]


def sums_of_roots_in_a_loop(x, a):
    total = 0.0
    for _ in range(3):
        total += np.sum(np.sqrt(x))
    return total if a > 0.0 else x[0]


def root_that_is_spread(x, a):
    total = np.sum(np.sqrt(x[0]) * x)
    return total if a > 0.0 else x[0]


@pytest.mark.parametrize(
    "function",
    [
        sum_of_roots,
        products_of_roots,
        roots_picked_by_place,
        sums_of_roots_in_a_loop,
        root_that_is_spread,
    ],
)
def test_what_an_untaken_branch_has_of_arrays(function: Callable[..., Any]) -> None:
    back, ahead = (grad(function, mode=mode) for mode in ("reverse", "forward"))
    singular, regular = np.array([0.0, 4.0]), np.array([0.3, 4.0])
    assert back(singular, -1.0).tolist() == ahead(singular, -1.0).tolist() == [1.0, 0.0]
    assert back(regular, 1.0) == pytest.approx(ahead(regular, 1.0), rel=1e-14)
    assert back(regular, 1.0).all()


def constant_power(x, n):
    y = 3.0 if n > 1 else x
    return x**y


def constant_power_by_rebinding(x, n):
    y = x
    if n > 1:
        y = 3.0
    return x**y


def constant_power_of_several(x, n):
    if n > 5:
        y = 2.0
    elif n > 1:
        y = 3.0
    else:
        y = 2.0 * x
    return x ** (y + 0.0)


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize(
    "function", [constant_power, constant_power_by_rebinding, constant_power_of_several]
)
def test_an_exponent_that_is_constant_on_the_way_taken(
    function: Callable[..., Any], mode: str
) -> None:
    """log of a negative base has a part only where the exponent varies."""
    derivative = grad(function, mode=mode)
    assert derivative(-2.0, 3) == 12.0
    assert grad(derivative, mode=mode)(-2.0, 3) == -12.0
    assert math.isnan(derivative(-2.0, 0))
    assert derivative(1.5, 0) == pytest.approx(grad(function)(1.5, 0), rel=1e-14)


def largest_of_three(x, a):
    return max(3.0, math.sqrt(x), a)


def conditions_in_conditions(x, a):
    r = math.sqrt(x)
    y = r if x > 1.0 else 2.0 * x
    return y if a > 0.0 else 3.0 * x


@pytest.mark.parametrize(
    ("function", "a", "slope"),
    [
        (largest_of_three, 1.0, 0.0),
        (largest_of_three, 5.0, 0.0),
        (conditions_in_conditions, 1.0, 2.0),
        (conditions_in_conditions, -1.0, 3.0),
    ],
)
def test_either_of_two_conditions_leaves_it_out(
    function: Callable[..., Any], a: float, slope: float
) -> None:
    for mode in ("reverse", "forward"):
        assert grad(function, mode=mode)(0.0, a) == slope
    assert grad(grad(function))(0.0, a) == 0.0
