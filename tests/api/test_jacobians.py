"""Jacobians, Hessians and products with them: values, shapes, structures, modes."""

from __future__ import annotations

import itertools
import math
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autodiff_compiler import grad, hessian, hvp, jacfwd, jacobian, jacrev, jvp, vjp
from autodiff_compiler.errors import SignatureError
from autodiff_compiler.ir.interpreter import interpret
from tests.running import cost

A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
X = np.array([0.1, 0.2, 0.3])
OPERATORS = (jacfwd, jacrev, jacobian)


def layer(x):
    return np.tanh(A @ x) * x[0]


def outer(x, y):
    return x[:, None] * np.sin(y)[None, :] + y[0]


def product(x, y):
    return x * math.sin(y)


def curve(t):
    return np.array([t, t * t, math.sin(t)])


def energy(x):
    return np.sum(np.exp(x) * x[::-1]) + x[0] ** 3


def squares(xs: list[float]):
    return [x * x * xs[0] for x in xs]


def branching(x):
    if x[0] > 0.15:
        y = np.sin(x) * x
    else:
        y = np.exp(x)
    return y


def chained(xs: list[float]):
    total, previous = 0.0, 1.0
    for x in xs:
        total += math.sin(x * previous)
        previous = x
    return total


def recurrence(x):
    s = x * 1.0
    for _ in range(4):
        if s[0] > 0.5:
            s = np.sin(s) + x[0] * s
        else:
            s = np.cos(s) * x
    return s


def numerical(function: Callable[..., Any], *args: Any, by: int = 0) -> np.ndarray:
    """The Jacobian by fourth-order differences; output shape followed by input shape."""
    x = np.asarray(args[by], float)
    columns = []
    for k in range(x.size):
        total: Any = 0.0
        for step, weight in ((-2, 1), (-1, -8), (1, 8), (2, -1)):
            moved = x.copy()
            moved.flat[k] += step * 1e-3
            given: Any = moved
            if isinstance(args[by], float):
                given = float(moved)
            elif isinstance(args[by], list):
                given = moved.tolist()
            total = total + weight * np.asarray(function(*args[:by], given, *args[by + 1 :]))
        columns.append(total / 12e-3)
    rows = np.stack(columns, axis=-1)
    return rows.reshape((*rows.shape[:-1], *x.shape))


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize(
    ("function", "args", "by"),
    [
        (layer, (X,), 0),
        (outer, (X, np.array([0.4, 0.5])), 0),
        (outer, (X, np.array([0.4, 0.5])), 1),
        (product, (1.5, 0.7), 1),
        (curve, (0.3,), 0),
        (energy, (X,), 0),
        (squares, ([1.0, 2.0, 3.0],), 0),
        (recurrence, (X + 0.45,), 0),
    ],
)
def test_against_differences(
    operator: Any, function: Callable[..., Any], args: tuple[Any, ...], by: int
) -> None:
    found = operator(function, by)(*args)
    expected = numerical(function, *args, by=by)
    assert np.shape(found) == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    low = operator(function, by).lower(*args)
    np.testing.assert_array_equal(interpret(low.ir, args), found)


def test_rows_are_pullbacks_and_columns_are_tangents() -> None:
    by_rows, by_columns = jacrev(layer)(X), jacfwd(layer)(X)
    _, pullback = vjp(layer, X)
    for row, unit in zip(by_rows, np.eye(2), strict=True):
        np.testing.assert_allclose(row, pullback(unit)[0], rtol=1e-15)
    for column, unit in zip(by_columns.T, np.eye(3), strict=True):
        np.testing.assert_allclose(column, jvp(layer, (X,), (unit,))[1], rtol=1e-15)


@pytest.mark.parametrize("operator", OPERATORS)
def test_argnums(operator: Any) -> None:
    expected = (math.sin(0.7), 1.5 * math.cos(0.7))
    assert operator(product)(1.5, 0.7) == pytest.approx(expected[0])
    assert operator(product, "y")(1.5, 0.7) == pytest.approx(expected[1])
    assert operator(product, (0,))(1.5, 0.7) == pytest.approx(expected[:1])
    assert operator(product, argnums=(0, "y"))(1.5, y=0.7) == pytest.approx(expected)
    with pytest.raises(SignatureError, match="no parameter 'z'"):
        operator(product, "z")


@dataclass
class Model:
    w: np.ndarray
    b: float
    name: str = "m"


def structured(model, t, xs: list[float]):
    total = 0.0
    for x in xs:
        total += x * x * t[1]
    return {
        "y": model.w * t[0] + model.b,
        "z": (total, [x * model.b for x in xs]),
        "n": 3,
        "p": (t[0] * t[1], model.w * model.w),
    }


@pytest.mark.parametrize("operator", OPERATORS)
def test_containers_nest_outputs_over_inputs(operator: Any) -> None:
    w, b, t, xs = np.array([1.0, 2.0]), 0.5, (3.0, 0.25), [1.0, 2.0, 4.0]
    found = operator(structured, (0, 1, 2))(Model(w, b), t, xs)
    assert list(found) == ["y", "z", "n", "p"] and found["n"] is None
    by_model, by_t, by_xs = found["y"]
    assert type(by_model) is Model and by_model.name is None
    np.testing.assert_array_equal(by_model.w, 3.0 * np.eye(2))
    np.testing.assert_array_equal(by_model.b, np.ones(2))
    assert type(by_t) is tuple
    np.testing.assert_array_equal(by_t[0], w)
    np.testing.assert_array_equal(by_t[1], np.zeros(2))
    assert type(by_xs) is list and len(by_xs) == 3
    np.testing.assert_array_equal(by_xs, np.zeros((3, 2)))
    total, scaled = found["z"]
    assert total[1] == (0.0, 21.0) and total[2] == [0.5, 1.0, 2.0]
    assert type(scaled) is list
    by_model, _, by_xs = zip(*scaled, strict=True)
    assert [each.b for each in by_model] == [1.0, 2.0, 4.0]
    np.testing.assert_array_equal([each.w for each in by_model], np.zeros((3, 2)))
    assert list(by_xs) == [[0.5, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 0.5]]
    assert type(found["p"]) is tuple
    assert found["p"][0][1] == (0.25, 3.0)
    np.testing.assert_array_equal(found["p"][1][0].w, np.diag(2.0 * w))


def test_hessians() -> None:
    expected = numerical(grad(energy), X)
    found = hessian(energy)(X)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    v = np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(hvp(energy, (X,), (v,)), found @ v, rtol=1e-14)
    assert hessian(product)(1.5, 0.7) == 0.0
    (xx, xy), (yx, yy) = hessian(product, (0, 1))(1.5, 0.7)
    assert (xx, xy, yx) == (0.0, math.cos(0.7), math.cos(0.7))
    assert yy == pytest.approx(-1.5 * math.sin(0.7), rel=1e-15)
    of_rows = hessian(layer)(X)
    assert of_rows.shape == (2, 3, 3)
    np.testing.assert_allclose(of_rows, numerical(jacrev(layer), X), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("operators", list(itertools.product((jacfwd, jacrev), repeat=2)))
@pytest.mark.parametrize("function", [energy, layer, recurrence, chained, branching])
def test_four_compositions_agree(operators: Any, function: Callable[..., Any]) -> None:
    outer, inner = operators
    x: Any = [1.0, 2.0, 3.0] if function is chained else X + 0.45
    found = outer(inner(function))(x)
    reference = hessian(function)(x)
    np.testing.assert_allclose(found, reference, rtol=1e-9, atol=1e-12)
    if outer is jacfwd:
        low = outer(inner(function)).lower(x)
        np.testing.assert_array_equal(interpret(low.ir, (x,)), found)


def test_third_order() -> None:
    def f(t):
        return math.exp(math.sin(t)) * t

    t = 0.8
    mpmath = pytest.importorskip("mpmath")
    expected = float(mpmath.diff(lambda s: mpmath.exp(mpmath.sin(s)) * s, t, 3))
    for operators in itertools.product((jacfwd, jacrev), repeat=3):
        found: Any = f
        for operator in operators:
            found = operator(found)
        assert found(t) == pytest.approx(expected, rel=1e-12)


def test_products_with_the_hessian() -> None:
    assert hvp(product, (1.5, 0.7), (1.0, 0.0)) == pytest.approx((0.0, math.cos(0.7)))

    def scaled(x, n):
        return np.sum(x**n)

    found = hvp(scaled, (X, 3), (X, None))
    assert found[1] is None
    np.testing.assert_allclose(found[0], 6 * X * X, rtol=1e-14)
    with pytest.raises(SignatureError, match="tangent 1"):
        hvp(scaled, (X, 3), (X, 1.0))
    low = hvp(energy).lower((X,))
    assert "def energy_hvp(x, x_dot):" in low.source
    assert low.residuals is not None


def test_the_mode_is_the_cheaper_one_and_says_why() -> None:
    def summary(x):
        return np.array([np.sum(np.sin(x)), np.sum(np.cos(x))])

    def spread(t):
        return np.sin(t[0] * np.arange(20.0) + t[1])

    few = jacobian(summary).lower(np.arange(10.0))
    assert "jacrev" in few.source and "by reverse mode, as forward mode would" in str(few.cost)
    many = jacobian(spread).lower(np.array([0.5, 0.25]))
    assert "jacfwd" in many.source and "by forward mode, as reverse mode would" in str(many.cost)
    both = [op(spread).lower(np.array([0.5, 0.25])).cost.derivative for op in (jacfwd, jacrev)]
    assert many.cost.derivative == min(both) and str(max(both)) in many.cost.reason
    one = jacobian(lambda x: x * x)
    one(np.arange(3.0))
    np.testing.assert_array_equal(one(np.arange(4.0)), np.diag(2 * np.arange(4.0)))


@pytest.mark.parametrize("operator", [jacfwd, jacrev, hessian])
@pytest.mark.parametrize("function", [layer, recurrence, chained])
def test_costs_are_those_of_all_sweeps(operator: Any, function: Callable[..., Any]) -> None:
    x: Any = [1.0, 2.0, 3.0] if function is chained else X + 0.45
    low = operator(function).lower(x)
    assert low.cost.derivative == cost(low.ir, (x,))


def test_as_decorators_and_methods() -> None:
    @jacobian
    def double(x):
        return 2.0 * x

    @hessian(argnums="y")
    def power(x, y):
        return x * y**3

    class Scale:
        def __init__(self):
            self.factor = 3.0

        @jacfwd
        def scaled(self, x):
            return self.factor * x * x

        @jacobian
        def either(self, x):
            return self.factor * x

    assert double(4.0) == 2.0 and double.primal(4.0) == 8.0 and double.__name__ == "double"
    assert power(2.0, 3.0) == pytest.approx(36.0)
    assert Scale().scaled(2.0) == 12.0
    assert Scale().either(2.0) == 3.0


reference = jacobian(layer)


def test_pickling() -> None:
    again = pickle.loads(pickle.dumps(reference))
    np.testing.assert_array_equal(again(X), reference(X))


def test_saved_files_need_only_numpy(tmp_path: Path) -> None:
    for operator in (jacfwd, jacrev, jacobian, hessian):
        derivative = operator(layer)
        value = derivative(X)
        path = derivative.save(tmp_path / f"{operator.__name__}_layer.py")
        space: dict[str, Any] = {"__name__": "saved"}
        exec(path.read_text(encoding="utf-8"), space)
        (name,) = [each for each in space if each.startswith("layer_")]
        np.testing.assert_array_equal(space[name](X), value)
        assert "autodiff_compiler" not in path.read_text(encoding="utf-8").split('"""')[2]


def test_empty_arrays_and_lists() -> None:
    for operator in OPERATORS:
        assert operator(lambda x: x * 2.0)(np.zeros(0)).shape == (0, 0)
        assert operator(squares)([]) == []


def test_an_output_that_does_not_vary() -> None:
    def constant(x):
        return np.ones(2) * 3.0

    for operator in OPERATORS:
        np.testing.assert_array_equal(operator(constant)(X), np.zeros((2, 3)))


def test_what_is_written_into() -> None:
    def written(x):
        y = x.copy()
        y[0] = x[1] * x[2]
        return y

    for operator in OPERATORS:
        np.testing.assert_allclose(operator(written)(X), [[0, 0.3, 0.2], [0, 1, 0], [0, 0, 1]])


def test_what_has_no_derivative_is_refused() -> None:
    for operator in (jacfwd, jacrev):
        with pytest.raises(SignatureError, match="holds no float"):
            operator(lambda x: int(x))(1.0)
