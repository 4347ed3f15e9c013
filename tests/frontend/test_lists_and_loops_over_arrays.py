"""Lists of one name in two functions; arrays written while a loop runs over them."""

from typing import Any

import numpy as np
import pytest

from autodiff_compiler import check_grads, grad, jvp
from autodiff_compiler.ir.interpreter import interpret

X = np.array([1.0, 2.0, 3.0, 4.0])


def doubled(v: Any) -> Any:
    ys = []
    ys.append(v)
    return sum(ys) * 2


def test_a_helper_has_a_list_of_the_same_name() -> None:
    def f(x: Any) -> Any:
        ys = []
        for v in x:
            ys.append(doubled(v) * v)
        return np.sum(np.array(ys))

    assert np.array_equal(grad(f)(X), 4 * X)


def test_an_array_that_a_loop_runs_over_is_written() -> None:
    def f(x: Any) -> Any:
        a = x * 1.0
        for v in a:
            a[3] = v * 2
        return a[3]

    assert np.array_equal(grad(f)(X), [0.0, 0.0, 4.0, 0.0])


def test_it_is_written_after_the_loop() -> None:
    def f(x: Any) -> Any:
        a = x * 1.0
        for _ in a:
            pass
        a[0] = x[1]
        return np.sum(a * a)

    assert np.array_equal(grad(f)(X), [0.0, 8.0, 6.0, 8.0])


def test_second_order_of_a_list_of_arrays() -> None:
    def f(x: Any) -> Any:
        ys = []
        h = x
        for _ in range(2):
            ys.append(h)
            h = h * x
        return np.sum(ys[0] * ys[1])

    hessian = np.array([jvp(grad(f), (X,), (unit,))[1] for unit in np.eye(4)])
    assert hessian == pytest.approx(np.diag(6 * X), rel=1e-14)


def test_an_array_first_bound_in_a_loop_and_read_after_it() -> None:
    def f(x: Any) -> Any:
        w = x * 1.0
        for _ in range(3):
            r = x - w.sum()
            w = 1.0 / (1.0 + r**2)
        return r[-1] + w[0]

    derivative = grad(f)
    lowered = derivative.lower(X)
    assert np.array_equal(interpret(lowered.ir, (X,)), derivative(X))
    check_grads(f, (X,))
