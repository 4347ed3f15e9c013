"""How gradients of array functions read, and what they refuse when they run."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff_compiler as ad


def mean_of_squares(x, y):
    r = x - y
    return np.mean(r**2)


def mean_of_logs(x):
    return np.mean(np.log(x))


def mean_of_differences(x, y):
    return np.mean(np.exp(x) - y * x)


def largest(x):
    return np.max(x)


def crossed(a, b):
    return np.sum(np.cross(a, b))


def by_method(x):
    return x.std(correction=1)


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        (mean_of_squares, 2, "2 * r / x.shape[0]"),
        (mean_of_logs, 1, "1.0 / x / x.shape[0]"),
        (mean_of_differences, 2, "/ x.shape[0]"),
        (largest, 1, "same / np.sum(same)"),
    ],
)
def test_counts_divide_arrays(function, arguments, expected) -> None:
    gradient = ad.grad(function)
    gradient(*[np.arange(1.0, 4.0)] * arguments)
    assert expected in gradient.source
    assert "ieee_div" not in gradient.source


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
def test_the_mean_of_nothing_has_a_gradient() -> None:
    assert ad.grad(mean_of_logs)(np.zeros(0)).shape == (0,)


@pytest.mark.parametrize("shapes", [((2,), (3,)), ((2,), (2,)), ((3, 2), (3, 2)), ((2, 2), (2,))])
def test_vectors_of_two_components_are_refused(shapes) -> None:
    with pytest.raises(ValueError, match="3-dimensional vectors"):
        ad.grad(crossed)(*map(np.ones, shapes))


def test_methods_refuse_what_only_their_function_takes() -> None:
    with pytest.raises(ad.errors.UnsupportedError, match="takes no correction by name"):
        ad.grad(by_method)(np.ones(3))
