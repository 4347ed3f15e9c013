"""Arrays written through names, views and helpers, in straight code, branches and loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autodiff_compiler import grad, value_and_grad
from autodiff_compiler.errors import UnsupportedError
from tests.frontend.checking import check
from tests.frontend.programs_mutation import PROGRAMS

X = np.array([0.5, 1.5, -0.7, 2.0])


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_program(program: Callable[..., Any]) -> None:
    x = X.copy()
    check(program, x)
    assert np.array_equal(x, X)


def refused(function: Callable[..., Any], *arguments: Any) -> str:
    with pytest.raises(UnsupportedError) as caught:
        grad(function)(*arguments)
    return str(caught.value)


def test_what_may_be_another_array_is_not_read_after_a_write() -> None:
    def f(x: Any) -> Any:
        a = x * 1.0
        b = a * 1.0
        if x[0] > 0:
            b = a
        a[0] = 3.0
        return np.sum(b * b)

    text = refused(f, X)
    assert "b may be the same array as a, which line" in text
    assert "a is written here" in text


def test_what_is_overwritten_altogether_still_is_unknown() -> None:
    def f(x: Any) -> Any:
        a = x * 1.0
        for i in range(3):
            b = a
            if x[i] > 0:
                a = b * 2.0
            b[0] = 1.0
        return np.sum(a)

    assert "may be the same array" in refused(f, X)


def test_stale_in_the_next_iteration() -> None:
    def f(x: Any) -> Any:
        a = x * 1.0
        b = a
        s = 0.0
        for i in range(3):
            s = s + np.sum(b)
            a = a * 2.0 if x[i] > 0 else a
            a[0] = s
        return s

    assert "may be the same array" in refused(f, X)


def test_unknown_after_a_branch_that_made_it_so() -> None:
    def f(x: Any) -> Any:
        b = x
        if np.var(x) > 0.3:
            b[:] += b
            first = np.ravel(b.reshape(2, 2).T)
            first[0] += 1.0
        return np.sum(b)

    assert "may be the same array" in refused(f, X)


def test_arrays_of_a_list_that_grows_in_a_loop_are_not_written() -> None:
    def f(x: Any) -> Any:
        u = x * 2.0
        seen = []
        for k in range(3):
            seen.append(u)
            u[k] = 0.0
        return np.sum(np.stack(seen))

    assert "a list holds" in refused(f, X)


def test_arguments_that_share_memory() -> None:
    def f(x: Any, y: Any) -> Any:
        x[0] = y[1] * 2.0
        return np.sum(x * y)

    derivative = value_and_grad(f)
    value, gradient = derivative(X.copy(), X)
    assert value == f(X.copy(), X)
    assert np.array_equal(gradient, [0.0, *X[1:]])
    y = X.copy()
    for first, second in ((y, y), (y[:3], y[1:])):
        with pytest.raises(ValueError, match=r"x and y share memory, and x is written"):
            derivative(first, second)
    z = np.arange(8.0)
    assert derivative(z[::2], z[1::2])[0] == f(z[::2].copy(), z[1::2])


def test_arguments_that_share_memory_and_are_only_read() -> None:
    def f(x: Any, y: Any) -> Any:
        z = x * y
        z[0] = 1.0
        return np.sum(z)

    assert np.array_equal(grad(f)(X, X), [0.0, *X[1:]])


def test_an_argument_that_is_written_only_later_in_a_loop() -> None:
    def f(a: Any, y: Any) -> Any:
        for i in range(3):
            if y[i] > 2:
                a = a * 1.0
            a[i] = y[i]
        return np.sum(a * y)

    derivative = grad(f)
    assert np.array_equal(derivative(X.copy(), X), [0.0, 0.0, 0.0, 2.0])
    with pytest.raises(ValueError, match="share memory"):
        derivative(X, X)


def test_a_list_of_arrays_shares_memory_with_what_is_written() -> None:
    def f(x: Any, ys: Any) -> Any:
        x[0] = 2.0
        return np.sum(x) + np.sum(ys[0])

    derivative = grad(f)
    assert np.array_equal(derivative(X.copy(), [X, X]), [0.0, 1.0, 1.0, 1.0])
    with pytest.raises(ValueError, match="x and ys"):
        derivative(X, [X + 1, X])
