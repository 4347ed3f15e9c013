"""Derivatives in class bodies and of bound methods."""

from __future__ import annotations

import inspect

import pytest

from autodiff_compiler import grad, jvp, value_and_grad, vjp
from autodiff_compiler.errors import SignatureError


class Model:
    rate = 3.0

    @grad
    def loss(self, w, x=2.0):
        return w * w * x

    @grad(argnums=("x", 0))
    def both(self, w, x):
        return w * w * x

    @grad
    @grad
    def curved(self, w):
        return w**3

    @staticmethod
    @grad(argnums=1)
    def fixed(w, x):
        return w * x * x

    @classmethod
    @value_and_grad(argnums="w")
    def of_class(cls, w):
        return w * w

    @grad(argnums=2)
    def wrong(self, w, x):
        return w * x

    def plain(self, w, x=2.0):
        return w * w * x


def test_positions_count_after_self() -> None:
    model = Model()
    assert model.loss(3.0) == 12.0
    assert model.loss(3.0, x=5.0) == 30.0
    assert Model.loss(model, 3.0, 5.0) == 30.0
    assert model.both(3.0, 5.0) == (9.0, 30.0)
    assert model.curved(2.0) == pytest.approx(12.0, rel=1e-13)


def test_static_and_class_methods() -> None:
    assert Model.fixed(2.0, 3.0) == Model().fixed(2.0, 3.0) == 12.0
    assert Model.of_class(3.0) == Model().of_class(3.0) == (9.0, 6.0)


def test_wrong_positions_are_refused_on_use() -> None:
    with pytest.raises(SignatureError, match=r"argnums=2, but Model.wrong has 2 positional param"):
        Model().wrong(1.0, 2.0)


def test_bound_methods() -> None:
    model = Model()
    assert grad(model.plain)(3.0) == 12.0
    assert grad(model.plain, "x")(3.0) == 9.0
    assert grad(grad(model.plain))(3.0) == 4.0
    assert grad(model.loss)(3.0) == 4.0
    assert jvp(model.plain, (3.0,), (1.0,)) == (18.0, 12.0)
    assert jvp(model.loss, (3.0,), (1.0,)) == (12.0, 4.0)
    value, pullback = vjp(model.plain, 3.0, 2.0)
    assert (value, pullback(1.0)) == (18.0, (12.0, 9.0))


def test_a_bound_derivative_has_everything_bound() -> None:
    model = Model()
    bound = model.loss
    assert bound.primal(3.0) == 18.0
    assert bound.lower(3.0).source == bound.source
    assert str(inspect.signature(bound)) == "(w, x=2.0)"
    assert bound.__name__ == "loss"
    assert repr(bound) == "<grad of Model.loss with respect to w>"
    with pytest.raises(TypeError, match=r"missing 1 required positional argument: 'w'"):
        bound()


def test_the_source_of_an_unbound_method_depends_on_the_instance() -> None:
    class Fresh:
        @grad
        def loss(self, w, x):
            return w * w * x

    with pytest.raises(SignatureError, match=r"use \.lower\(instance, \*args\)"):
        _ = Fresh.loss.source
    fresh = Fresh()
    assert fresh.loss.source == Fresh.loss.lower(fresh, 3.0, 5.0).source


def test_one_function_as_method_and_not() -> None:
    def f(x, y):
        return x * x * y

    class Holder:
        gradient = grad(f)

    assert grad(f)(3.0, 5.0) == 30.0
    assert Holder.gradient(3.0, 5.0) == 30.0
