"""The hand-written gradients of array functions are right, whatever the compiler says.

Oracles: complex steps, which have no truncation or cancellation error; central
differences, extrapolated once, which also reach through the Cholesky factor; and the
textbook formulas of the multivariate Gaussian.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.hand import array_derivatives, array_functions
from tests.hand.array_functions import WRT

Args = tuple[Any, ...]


def examples() -> dict[str, list[Args]]:
    rng = np.random.default_rng(20240607)
    normal = rng.standard_normal

    def covariance(d: int) -> Any:
        a = normal((d, d))
        return a @ a.T + d * np.eye(d)

    return {
        "cross_entropy": [
            (normal((4, 3)), np.array([2, 0, 2, 1])),
            (3.0 * normal((1, 5)), np.array([4])),
            (2.0 * normal((6, 2)), np.array([0, 0, 1, 1, 0, 1])),
            (normal((3, 1)), np.array([0, 0, 0])),
        ],
        "rosenbrock_loop": [(normal(n),) for n in (1, 2, 3, 7)],
        "rosenbrock": [(normal(n),) for n in (1, 2, 3, 7)],
        "rk4_step": [
            (np.array([1.2, 0.7]), np.array([1.1, 0.4, 0.4, 0.1]), 0.1, normal(2)),
            (np.array([0.3, 2.5]), np.array([0.6, 1.3, 0.8, 0.9]), 0.5, normal(2)),
            (np.array([2.0, 1.0]), np.array([1.0, 1.0, 1.0, 1.0]), 0.0, normal(2)),
        ],
        "gaussian": [(normal(5), 0.3, -0.4), (2.0 * normal(1), -1.5, 0.7)],
        "multivariate_gaussian": [
            (normal((6, 3)), normal(3), covariance(3)),
            (normal((1, 4)), normal(4), covariance(4)),
            (normal((5, 1)), normal(1), covariance(1)),
        ],
        "attention": [
            tuple(normal((4, 3)) for _ in range(4)),
            tuple(2.0 * normal((3, 5)) for _ in range(4)),
            tuple(normal((1, 2)) for _ in range(4)),
        ],
        "layer_norm": [
            (normal((4, 3)), normal(3), normal(3), normal((4, 3))),
            (3.0 * normal((2, 6)), normal(6), normal(6), normal((2, 6)), 0.1),
            (normal((1, 2)), normal(2), normal(2), normal((1, 2)), 1e-2),
        ],
    }


CASES = [
    pytest.param(name, args, id=f"{name}-{i}")
    for name, each in examples().items()
    for i, args in enumerate(each)
]


def function_of(name: str) -> Callable[..., Any]:
    return getattr(array_functions, name)  # type: ignore[no-any-return]


def positions(name: str) -> list[int]:
    parameters = list(inspect.signature(function_of(name)).parameters)
    return [parameters.index(wanted) for wanted in WRT[name]]


def gradients(name: str, args: Args) -> list[Any]:
    result = getattr(array_derivatives, f"{name}_grad")(*args)
    return [result] if len(WRT[name]) == 1 else list(result)


def moved(args: Args, position: int, step: Any) -> Args:
    return args[:position] + (args[position] + step,) + args[position + 1 :]


def directions(name: str, parameter: str, value: Any) -> list[Any]:
    """One direction for each entry of `value`; a covariance stays symmetric."""
    found = []
    for index in np.ndindex(np.shape(value)):
        direction = np.zeros(np.shape(value))
        direction[index] = 1.0
        if parameter == "cov":
            direction[index[::-1]] = 1.0
        found.append(direction if index else 1.0)
    return found


@pytest.mark.parametrize(("name", "args"), CASES)
def test_gradient_has_the_shapes_of_the_arguments(name: str, args: Args) -> None:
    for got, position in zip(gradients(name, args), positions(name), strict=True):
        assert np.shape(got) == np.shape(args[position])
        assert np.asarray(got).dtype == np.float64


@pytest.mark.parametrize(("name", "args"), CASES)
def test_gradient_against_complex_steps(name: str, args: Args) -> None:
    function = function_of(name)
    step = 1e-30
    for got, position, parameter in zip(
        gradients(name, args), positions(name), WRT[name], strict=True
    ):
        if parameter == "cov":
            continue  # the Cholesky factor of a Hermitian matrix is not analytic
        expected = [
            np.imag(function(*moved(args, position, 1j * step * direction))) / step
            for direction in directions(name, parameter, args[position])
        ]
        size = max(1.0, np.max(np.abs(expected)))
        np.testing.assert_allclose(
            np.ravel(got), expected, rtol=1e-12, atol=1e-14 * size
        )


@pytest.mark.parametrize(("name", "args"), CASES)
def test_gradient_against_central_differences(name: str, args: Args) -> None:
    function = function_of(name)

    def central(position: int, direction: Any, step: float) -> Any:
        above = function(*moved(args, position, step * direction))
        below = function(*moved(args, position, -step * direction))
        return (above - below) / (2.0 * step)

    for got, position, parameter in zip(
        gradients(name, args), positions(name), WRT[name], strict=True
    ):
        each = directions(name, parameter, args[position])
        # Richardson: the error of a central difference is even in the step.
        expected = [
            (4.0 * central(position, way, 5e-4) - central(position, way, 1e-3)) / 3.0
            for way in each
        ]
        along = [np.sum(got * way) for way in each]
        size = max(1.0, np.max(np.abs(expected)))
        np.testing.assert_allclose(along, expected, rtol=1e-9, atol=1e-9 * size)


@pytest.mark.parametrize(("name", "args"), CASES)
def test_arguments_are_left_alone(name: str, args: Args) -> None:
    before = [np.copy(value) for value in args]
    gradients(name, args)
    for value, old in zip(args, before, strict=True):
        np.testing.assert_array_equal(value, old)


@pytest.mark.parametrize("args", examples()["multivariate_gaussian"])
def test_multivariate_gaussian_against_the_textbook(args: Args) -> None:
    x, mu, cov = args
    mu_bar, cov_bar = gradients("multivariate_gaussian", args)
    precision = np.linalg.inv(cov)
    scatter = (x - mu).T @ (x - mu)
    expected_mu = precision @ np.sum(x - mu, axis=0)
    expected_cov = 0.5 * (precision @ scatter @ precision - len(x) * precision)
    np.testing.assert_allclose(mu_bar, expected_mu, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(cov_bar, expected_cov, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(cov_bar, cov_bar.T, rtol=1e-12, atol=1e-14)


def test_both_rosenbrocks_agree() -> None:
    x = np.random.default_rng(3).standard_normal(9)
    np.testing.assert_allclose(
        gradients("rosenbrock_loop", (x,))[0],
        gradients("rosenbrock", (x,))[0],
        rtol=1e-14,
        atol=1e-13,
    )


def test_cross_entropy_of_huge_and_tied_logits() -> None:
    logits = np.array([[1000.0, 0.0, 1000.0], [-900.0, -900.0, -900.0]])
    got = gradients("cross_entropy", (logits, np.array([0, 1])))[0]
    expected = [[-0.25, 0.0, 0.25], [1 / 6, -1 / 3, 1 / 6]]
    np.testing.assert_allclose(got, expected, rtol=1e-14, atol=1e-16)


def test_attention_with_huge_and_tied_scores() -> None:
    q = np.array([[40.0, 0.0], [0.0, 0.0]])
    k = np.array([[30.0, 0.0], [30.0, 0.0]])
    v = np.array([[1.0, 2.0], [3.0, -1.0]])
    target = np.ones((2, 2))
    q_bar, k_bar, v_bar = gradients("attention", (q, k, v, target))
    # Both rows weigh both values by one half; their sums are 3 and 2.
    np.testing.assert_allclose(v_bar, np.ones((2, 2)), rtol=1e-14)
    np.testing.assert_allclose(q_bar, np.zeros((2, 2)), atol=1e-14)
    half = 10.0 / np.sqrt(2.0)
    expected = [[half, 0.0], [-half, 0.0]]
    np.testing.assert_allclose(k_bar, expected, rtol=1e-13, atol=1e-14)
