"""Arrays through the public operators: shapes, dtypes, whose memory it is, what is refused."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autodiff_compiler import check_grads, grad, jvp, value_and_grad, vjp
from autodiff_compiler.errors import SignatureError, StaticWanted

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
V = np.array([1.0, 2.0, 3.0])


def energy(x, y):
    return np.sum(np.sin(x) * y)


def scaled(x, y):
    return x * y


def same(found: Any, expected: Any) -> bool:
    """Whether two arrays are equal, in dtype and shape too."""
    assert type(found) is type(expected)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    return np.array_equal(found, expected, equal_nan=True)


@pytest.mark.parametrize(
    "x",
    [
        X,
        X[:1],
        X[:, :1],
        X[:1, :1],
        X[0],
        X[0, :1],
        X[:, ::2],
        X.T[:, 0],
        np.zeros(0),
        np.zeros((0, 3)),
        np.array(0.5),
        X.astype(np.float32),
        np.float32(0.5),
        np.float64(0.5),
    ],
    ids=lambda x: f"{type(x).__name__}-{x.dtype}-{x.shape}",
)
def test_gradients_have_the_shape_and_dtype_of_their_argument(x: Any) -> None:
    before = x.copy()
    gradient = grad(energy)(x, 2.0)
    rtol = 1e-6 if x.dtype == np.float32 else 1e-15
    assert np.allclose(gradient, np.cos(x) * 2.0, rtol=rtol, atol=0.0)
    assert type(gradient) is type(x)
    assert (gradient.shape, gradient.dtype) == (x.shape, x.dtype)
    assert np.array_equal(x, before)


def test_broadcast_arguments() -> None:
    for x, y in [(X, V), (V, X), (X[:, :1], V), (np.array(2.0), X), (X, 2.0), (X[:1], X)]:
        value, (x_bar, y_bar) = value_and_grad(energy, (0, 1))(x, y)
        assert value == energy(x, y)
        assert np.shape(x_bar) == np.shape(x)
        assert np.shape(y_bar) == np.shape(y)
        check_grads(energy, (x, y))


def test_one_compilation_serves_all_sizes_and_a_size_of_1_is_another() -> None:
    derivative = grad(energy)
    for n in (2, 3, 5):
        derivative(np.ones(n), np.ones(n))
    core = derivative._core
    assert core.dispatcher.compilations == 1
    derivative(np.ones(1), np.ones(3))
    derivative(np.ones(1, np.float32), np.ones(3))
    assert core.dispatcher.compilations == 3
    assert derivative(np.ones(3), np.ones(3)).shape == (3,)
    assert core.dispatcher.compilations == 3


def test_an_integer_array_is_refused_where_it_is_differentiated_by_and_fine_elsewhere() -> None:
    counts = np.array([1, 2, 3])
    assert same(grad(energy)(V, counts), np.cos(V) * counts)
    with pytest.raises(SignatureError, match=r"'y' of energy: it is an array of int64\n.*astype"):
        grad(energy, "y")(V, counts)
    with pytest.raises(SignatureError, match=r"it is an array of bool"):
        grad(energy)(V > 1.0, V)
    _, pullback = vjp(scaled, V, counts)
    v_bar, nothing = pullback(np.ones(3))
    assert nothing is None and same(v_bar, np.array([1.0, 2.0, 3.0]))
    for zero in (None, np.zeros(3), np.zeros(3, int), 0):
        assert same(jvp(scaled, (V, counts), (V, zero))[1], V * counts)


def test_tangents_and_cotangents_are_cast() -> None:
    x = V.astype(np.float32)
    _, tangent = jvp(scaled, (x, 2.0), (np.array([1, 0, 2]), 0.0))
    assert same(tangent, np.array([2.0, 0.0, 4.0], np.float32))
    _, pullback = vjp(scaled, x, x)
    assert same(pullback(np.ones(3))[0], x)
    assert same(pullback(np.ones(3, np.dtype(">f8")))[0], x)
    _, pullback = vjp(energy, x, x)
    for one in (1.0, 1, np.float64(1.0), np.float32(1.0), np.array(1.0)):
        assert pullback(one)[0].dtype == np.float32


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (1.0, r"the cotangent must be an array of shape \(2, 3\).* not 1.0"),
        (X.tolist(), r"the cotangent must be an array of shape \(2, 3\).* not a list"),
        (X.T, r"the cotangent must have the shape \(2, 3\).* not \(3, 2\)"),
        (X[0], r"the cotangent must have the shape \(2, 3\).* not \(3,\)"),
        (X > 0, "the cotangent must be an array of float64.* not of bool"),
        (X * 1j, "the cotangent must be an array of float64.* not of complex128"),
        (np.ma.array(X), "must be an array .* not a numpy.ma.MaskedArray"),
        (None, "the cotangent must be an array .* not None"),
    ],
)
def test_cotangents_that_do_not_fit(given: Any, told: str) -> None:
    _, pullback = vjp(scaled, X, V)
    with pytest.raises(SignatureError, match=told):
        pullback(given)
    with pytest.raises(SignatureError, match=told.replace("the cotangent", "tangent 0")):
        jvp(scaled, (X, V), (given, V))


def test_a_gradient_is_nobody_elses_memory() -> None:
    """Not an argument's, not the given cotangent's, not another gradient's."""
    functions = [
        lambda x, y: x,
        lambda x, y: x + y,
        lambda x, y: x * y,
        lambda x, y: x.T.T * 1.0,
        lambda x, y: (x, x, y),
        lambda x, y: {"a": x, "b": [y, y]},
    ]
    for f in functions:
        x, y = X.copy(), X.copy()
        value, pullback = vjp(f, x, y)
        seed = jvp(f, (x, y), (x, y))[0]
        first, second = pullback(seed), pullback(seed)
        _, tangent = jvp(f, (x, y), (first[0], first[1]))
        theirs = [x, y, *arrays(value), *arrays(seed)]
        ours = [*arrays(first), *arrays(second)]
        for k, a in enumerate(ours):
            for b in [*theirs, *ours[:k]]:
                assert not np.shares_memory(a, b)
        for a in arrays(tangent):
            for b in (x, y, *first):
                assert not np.shares_memory(a, b)
    total = lambda x, y: np.sum(x * y) + np.sum(x * y)
    a, b = grad(total, (0, 1))(x, x)
    assert not any(np.shares_memory(*pair) for pair in ((a, b), (a, x), (b, x)))


def arrays(value: Any) -> list[Any]:
    if isinstance(value, np.ndarray):
        return [value]
    inside = value.values() if isinstance(value, dict) else value
    return [each for item in inside for each in arrays(item)]


def test_the_pullback_is_that_of_the_point_whatever_becomes_of_the_arrays() -> None:
    x, y = X.copy(), V.copy()
    value, pullback = vjp(lambda x, y: np.exp(x) * y[::1], x, y)
    expected = pullback(np.ones((2, 3)))
    x += 1.0
    y[:] = 0.0
    value *= 2.0
    found = pullback(np.ones((2, 3)))
    assert all(same(*pair) for pair in zip(found, expected, strict=True))


def test_the_value_is_what_plain_python_gives() -> None:
    assert vjp(lambda x: x, X)[0] is X
    assert jvp(lambda x: x, (X,), (X,))[0] is X
    value, _ = vjp(lambda x: x.T, X)
    assert np.shares_memory(value, X)


def total_along(x, axis=None, power=2):
    return np.sum(np.sum(x, axis=axis) ** power)


def test_an_axis_may_be_an_argument() -> None:
    derivative = grad(total_along)
    expected = {
        0: np.broadcast_to(2.0 * X.sum(axis=0), X.shape),
        1: np.broadcast_to(2.0 * X.sum(axis=1, keepdims=True), X.shape),
        None: np.full(X.shape, 2.0 * X.sum()),
        (0, 1): np.full(X.shape, 2.0 * X.sum()),
    }
    for _ in range(2):
        for axis, gradient in expected.items():
            assert np.allclose(derivative(X, axis), gradient, rtol=1e-14, atol=0.0)
    assert derivative._core.dispatcher.compilations == 4
    assert same(derivative(X, 1, 3), grad(lambda x: total_along(x, 1, 3))(X))
    assert derivative._core.dispatcher.compilations == 4
    with pytest.raises(StaticWanted, match=r"(?s)test_arrays.py.*axis must be known"):
        derivative(X, 1.0)
    assert "axis=(0, 1)" in grad(total_along).lower(X, (0, 1)).source


def test_a_saved_derivative_refuses_other_values_of_what_it_was_made_for(tmp_path: Path) -> None:
    derivative = grad(total_along)
    expected = derivative(X, -1)
    spec = importlib.util.spec_from_file_location("saved", derivative.save(tmp_path / "saved.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert same(module.total_along_grad(X, -1), expected)
    with pytest.raises(ValueError, match="this derivative is that for axis = -1"):
        module.total_along_grad(X, 0)


def test_annotations_cannot_give_a_rank() -> None:
    def f(x: np.ndarray) -> float:  # type: ignore[type-arg]
        return np.sum(x * x)  # type: ignore[no-any-return]

    derivative = grad(f)
    with pytest.raises(SignatureError, match=r"use .lower\(\*args\) with example arguments"):
        _ = derivative.source
    assert "def f_grad(x):" in derivative.lower(X).source
    derivative(X)
    assert "def f_grad(x):" in derivative.source


def test_costs_and_residuals() -> None:
    low = grad(lambda x: np.sum(np.exp(np.sin(x)))).lower(X)
    assert low.cost.primal == 6 * 4 + 6 * 4 + 5
    (row,) = low.residuals.rows
    assert (row.kind, row.shape, row.numbers) == ("array", "(2, 3)", 6)
    assert row.bytes >= 6 * 8
    headings = ["saved", "line", "kind", "shape", "numbers", "bytes", "statement"]
    assert str(low.residuals).splitlines()[0].split() == headings
    assert vjp(scaled).lower(X, V).residuals.rows == ()
    assert jvp(energy).lower((X, V)).cost.derivative > low.cost.primal


def repeated(x, n):
    for _ in range(n):
        x = np.sin(x)
    return np.sum(x)


def test_residuals_of_a_loop() -> None:
    rows = grad(repeated).lower(X, 3).residuals.rows
    (row,) = (row for row in rows if row.kind == "sequence")
    assert (row.name, row.shape, row.numbers) == ("x", "3 of (2, 3)", 18)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(np.sin(x) * x),
        lambda x: np.sin(x) * x,
        lambda x: (x @ x.T, np.sum(x, axis=0)),
        lambda x: [x[0] * x[1], {"total": np.sum(x), "n": 3}],
    ],
)
def test_check_grads(f: Any, dtype: Any) -> None:
    check_grads(f, (X.astype(dtype),))


def test_check_grads_finds_what_is_off() -> None:
    def rough(x):
        return np.sum(x + 1e-7 * np.floor(1e3 * x))

    with pytest.raises(AssertionError, match="central differences give"):
        check_grads(rough, (X,), order=1, rtol=1e-12, atol=0.0)
    check_grads(rough, (X,), order=1, rtol=1e-2)


def test_shapes_are_compared() -> None:
    def f(x: Any, y: Any) -> Any:
        assert x.shape == y.shape, "shapes differ"
        if x.shape != (3,):
            return 0.0
        return np.sum(x * y)

    gradient = grad(f)
    assert np.array_equal(gradient(np.ones(3), np.arange(3.0)), np.arange(3.0))
    assert np.array_equal(gradient(np.ones(2), np.ones(2)), np.zeros(2))
    with pytest.raises(AssertionError, match="shapes differ"):
        gradient(np.ones(3), np.ones(2))
