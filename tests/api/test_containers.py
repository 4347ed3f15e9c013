"""Dicts, records and other containers of arrays through the public operators."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from autodiff_compiler import check_grads, grad, jvp, value_and_grad, vjp
from autodiff_compiler.errors import SignatureError

X = np.array([1.0, 2.0, 3.0])
W = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])

Pair = namedtuple("Pair", "w b")


@dataclass
class Layer:
    w: Any
    b: Any
    name: str = "layer"


@dataclass(frozen=True)
class Frozen:
    w: Any
    b: Any
    more: list[Any] = field(default_factory=list)


class Model:
    def __init__(self, w: Any, b: Any) -> None:
        self.w = w
        self.b = b
        self.layers = 2

    def predict(self, x):
        return np.sum(self.w @ x) * self.b

    @grad
    def slope(self, x):
        return np.sum(self.w @ (x * x))


def by_name(p, x):
    return np.sum(p["w"] @ x) * p["b"]


def by_attribute(p, x):
    return np.sum(p.w @ x) * p.b


def by_place(p, x):
    return np.sum(p[0] @ x) * p[1]


GRADIENT = np.broadcast_to(2.0 * X, (2, 3))
TOTAL = float(np.sum(W @ X))


@pytest.mark.parametrize(
    ("f", "params", "read"),
    [
        (by_name, {"w": W, "b": 2.0, "n": 3}, lambda p: (p["w"], p["b"], p["n"])),
        (by_attribute, Layer(W, 2.0), lambda p: (p.w, p.b, p.name)),
        (by_attribute, Frozen(W, 2.0), lambda p: (p.w, p.b, p.more or None)),
        (by_attribute, Pair(W, 2.0), lambda p: (p.w, p.b, None)),
        (by_attribute, Model(W, 2.0), lambda p: (p.w, p.b, p.layers)),
        (by_place, [W, 2.0, "text"], lambda p: (p[0], p[1], p[2])),
        (by_place, (W, 2.0, None), lambda p: (p[0], p[1], p[2])),
    ],
    ids=lambda each: type(each).__name__,
)
def test_gradients_are_structured_as_their_argument(f: Any, params: Any, read: Any) -> None:
    for gradient in (grad(f)(params, X), vjp(f, params, X)[1](1.0)[0]):
        assert type(gradient) is type(params)
        w, b, other = read(gradient)
        assert np.array_equal(w, GRADIENT)
        assert (type(b), b, other) == (float, TOTAL, None)
    assert read(params)[0] is W
    check_grads(f, (params, X))


def test_nested() -> None:
    def f(net, x):
        for layer in net["layers"]:
            x = np.tanh(layer["w"] @ x + layer["b"])
        return np.sum(x) * net["scale"][0]

    net = {
        "layers": [{"w": W, "b": X[:2]}, {"w": W[:, :2], "b": X[0]}],
        "scale": (2.0, 3),
    }
    value, gradient = value_and_grad(f)(net, X)
    assert value == f(net, X)
    assert [list(layer) for layer in gradient["layers"]] == [["w", "b"], ["w", "b"]]
    assert gradient["layers"][0]["w"].shape == (2, 3)
    assert gradient["layers"][1]["w"].shape == (2, 2)
    assert gradient["scale"][1] is None
    check_grads(f, (net, X))


def test_what_can_be_left_out_of_a_tangent() -> None:
    params = {"w": W, "b": 2.0, "n": 3}
    for tangent in ({"b": 1.0}, {"b": 1.0, "w": None}, {"w": np.zeros_like(W), "b": 1, "n": 0}):
        assert jvp(by_name, (params, X), (tangent, np.zeros(3)))[1] == TOTAL
    assert jvp(by_name, (params, X), ({}, np.zeros(3)))[1] == 0.0
    layer = Layer(W, 2.0)
    for tangent in (Layer(None, 1.0, None), {"b": 1.0}):  # type: ignore[arg-type]
        assert jvp(by_attribute, (layer, X), (tangent, np.zeros(3)))[1] == TOTAL
    # A gradient is a tangent.
    gradient = grad(by_attribute)(layer, X)
    expected = float(np.sum(GRADIENT**2)) + TOTAL**2
    found = jvp(by_attribute, (layer, X), (gradient, np.zeros(3)))[1]
    assert found == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("tangent", "told"),
    [
        ({"v": 1.0}, "tangent 0 has an item 'v', but the value it belongs to has 'w', 'b', 'n'"),
        ({"w": W[0]}, r"item 'w' of tangent 0 must have the shape \(2, 3\)"),
        ({"b": "a"}, "item 'b' of tangent 0 must be a float.* not a str"),
        ({"n": 1}, "item 'n' of tangent 0 belongs to an int, which is not differentiated"),
        (1.0, "tangent 0 must be a dict, as the value it belongs to is one, not 1.0"),
        ((W, 1.0, None), "tangent 0 must be a dict"),
    ],
)
def test_tangents_that_do_not_fit(tangent: Any, told: str) -> None:
    with pytest.raises(SignatureError, match=told):
        jvp(by_name, ({"w": W, "b": 2.0, "n": 3}, X), (tangent, X))


def test_tangents_of_records_that_do_not_fit() -> None:
    for tangent, told in [
        ((W, 1.0), r"tangent 0 must be a .*Layer or a dict.* not a tuple"),
        (Frozen(W, 1.0), r"tangent 0 must be a .*Layer or a dict"),
        (Layer(W[0], 1.0), r"w of tangent 0 must have the shape \(2, 3\)"),
    ]:
        with pytest.raises(SignatureError, match=told):
            jvp(by_attribute, (Layer(W, 2.0), X), (tangent, X))


def test_cotangents_of_structured_results() -> None:
    def f(x):
        return {"double": x * 2.0, "total": np.sum(x), "n": 3}

    value, pullback = vjp(f, X)
    assert list(value) == ["double", "total", "n"]
    (x_bar,) = pullback({"double": X, "total": 1.0, "n": None})
    assert np.array_equal(x_bar, 2.0 * X + 1.0)
    assert np.array_equal(pullback({"total": 1.0})[0], np.ones(3))
    assert np.array_equal(pullback({})[0], np.zeros(3))
    value.clear()
    assert np.array_equal(pullback({"double": X})[0], 2.0 * X)
    _, tangent = jvp(f, (X,), (np.ones(3),))
    assert list(tangent) == ["double", "total", "n"]
    assert tangent["n"] is None


def test_the_pullback_is_that_of_the_point_whatever_becomes_of_the_containers() -> None:
    params = {"w": W.copy(), "b": 2.0, "more": [X.copy()]}
    f = lambda p: np.sum(p["w"] * p["more"][0] * p["w"]) * p["b"]
    _, pullback = vjp(f, params)
    (expected,) = pullback(1.0)
    params["w"] += 1.0
    params["more"][0] *= 2.0
    params["more"].clear()
    params["b"] = 7.0
    (found,) = pullback(1.0)
    assert np.array_equal(found["w"], expected["w"])
    assert np.array_equal(found["more"][0], expected["more"][0])
    assert found["b"] == expected["b"]


def test_instances_of_a_class_share_what_is_compiled() -> None:
    first, second = Model(W, 2.0), Model(W * 3.0, 1.0)
    for model in (first, second):
        assert np.array_equal(model.slope(X), np.sum(model.w, axis=0) * 2.0 * X)
        assert np.allclose(grad(model.predict)(X), np.sum(model.w, axis=0) * model.b)
    assert Model.slope._core.dispatcher.compilations == 1
    second.w = np.ones((2, 3))
    assert np.array_equal(second.slope(X), 4.0 * X)
    assert Model.slope._core.dispatcher.compilations == 1
    assert "def slope_grad(self, x):" in first.slope.source


def test_calls_and_changes_of_structure() -> None:
    derivative = grad(by_name)
    for n in (2, 5, 9):
        derivative({"w": np.ones((n, 3)), "b": 2.0}, X)
    assert derivative._core.dispatcher.compilations == 1
    derivative({"w": np.ones((2, 3)), "b": 2.0, "more": 1}, X)
    derivative({"w": np.ones((2, 3)), "b": np.float64(2.0)}, X)
    derivative({"w": np.ones((1, 3)), "b": 2.0}, X)
    assert derivative._core.dispatcher.compilations == 4


@pytest.mark.parametrize(
    ("params", "told"),
    [
        (
            {"w": W.astype(complex), "b": 1.0},
            "item 'w' of argument 'p' of by_name is an array of c",
        ),
        ({"w": np.ma.array(W), "b": 1.0}, "item 'w' of argument 'p' of by_name is a numpy.ma"),
        ({"w": 1, "b": 2}, "argument 'p' of by_name: it is a dict that holds no float"),
        ({1: 2.0}, "argument 'p' of by_name: it is a dict\n.*its keys to strings"),
    ],
)
def test_containers_that_cannot_be_differentiated_by(params: Any, told: str) -> None:
    with pytest.raises(SignatureError, match=told):
        grad(by_name)(params, X)
