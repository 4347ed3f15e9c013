"""Cotangents are summed in place, and lists of arrays changed, only where nobody else looks."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autodiff_compiler import grad, jvp, vjp

X = np.array([1.0, 2.0, 3.0])
V = np.array([2.0, 3.0, 4.0])


def leapfrog(x: Any) -> Any:
    v = np.array([2.0, 3.0, 4.0])
    for _ in range(2):
        v = v - x
        x = x + v
    return np.sum((x + v) ** 2)


def twice_named(x: Any) -> Any:
    r = x * x
    p = r
    for _ in range(2):
        r = r - x
        p = r * p
    return np.sum(p)


def two_zeros(x: Any) -> Any:
    m = np.zeros(3)
    v = np.zeros(3)
    for _ in range(3):
        v = v + m * x
        m = m + x
    return np.sum(v)


def residual_net(x: Any) -> Any:
    skip = x
    for _ in range(3):
        x = np.tanh(x) * 0.5
        skip = skip + x
    return np.sum(skip * x)


def collected(x: Any) -> Any:
    r = x
    p = x
    for _ in range(2):
        r = r - x * x
        p = r + p
    return np.sum(p)


def first_of_list(x: Any) -> Any:
    hs = []
    for _ in range(2):
        x = x * x
        hs.append(x)
    return np.sum(hs[0]) + np.sum(hs[1] * hs[0])


def one_of_several(x: Any) -> Any:
    a, b = np.split(np.append(x, 1.0), 2)
    return np.mean(b) + np.sum(a[:1])


def singular_values(x: Any) -> Any:
    _, s, _ = np.linalg.svd(np.outer(x, x) + np.eye(3), full_matrices=False)
    return np.sum(s)


FUNCTIONS = (
    leapfrog,
    twice_named,
    two_zeros,
    residual_net,
    collected,
    first_of_list,
    one_of_several,
    singular_values,
)


def differences(function: Callable[[Any], Any], x: Any) -> Any:
    """By two central differences each, the error of the second order taken out."""
    found = []
    for k in range(x.size):
        unit = np.zeros(x.size)
        unit[k] = 1.0
        first, second = (
            (function(x + h * unit) - function(x - h * unit)) / (2 * h) for h in (1e-3, 2e-3)
        )
        found.append((4 * first - second) / 3)
    return np.array(found)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.__name__)
def test_gradients(function: Callable[[Any], Any]) -> None:
    expected = pytest.approx(differences(function, X), rel=1e-7, abs=1e-7)
    assert grad(function)(X) == expected
    tangents = [jvp(function, (X,), (unit,))[1] for unit in np.eye(3)]
    assert np.array(tangents) == expected
    _, pullback = vjp(function, X)
    for _ in range(3):
        assert pullback(1.0)[0] == expected


@pytest.mark.parametrize("function", FUNCTIONS[:5], ids=lambda each: each.__name__)
def test_second_order(function: Callable[[Any], Any]) -> None:
    gradient = grad(function)
    hessian = np.array([jvp(gradient, (X,), (unit,))[1] for unit in np.eye(3)])
    assert hessian == pytest.approx(differences(gradient, X), rel=1e-7, abs=1e-6)
    _, pullback = vjp(gradient, X)
    rows = np.array([pullback(unit)[0] for unit in np.eye(3)])
    assert rows == pytest.approx(hessian, rel=1e-12, abs=1e-12)


def test_gradients_are_nobody_elses_and_can_be_written() -> None:
    def both(a: Any, b: Any) -> Any:
        return np.trace(np.diag(a)) + np.sum(a + b)

    found = grad(both, argnums=(0, 1))(X, V)
    assert not np.shares_memory(*found)
    for gradient in found:
        gradient *= 2.0
