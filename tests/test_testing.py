"""check_grads finds nothing wrong where nothing is, and finds what is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from autodiff_compiler import check_grads, grad, pipeline
from autodiff_compiler.errors import SignatureError
from autodiff_compiler.pipeline import Compiled, compile_function
from autodiff_compiler.testing import _floats


def smooth(x, y):
    return math.sin(x * y) + x / y


def loop(xs, n):
    s = 1.0
    for x in xs:
        for _ in range(n):
            s = s * math.tanh(x) + x
    return s


def structured(x, pair):
    a, b = pair
    return [x * a, x * x], math.exp(b) * a


@pytest.mark.parametrize("modes", ["forward", "reverse", ("forward", "reverse"), ["reverse"]])
@pytest.mark.parametrize(
    ("function", "args"),
    [
        (smooth, (0.7, 1.3)),
        (smooth, (np.float64(0.7), 1.3)),
        (smooth, (1e-8, 1e6)),
        (loop, ([0.3, -0.5, 1.1], 3)),
        (loop, ([], 3)),
        (structured, (0.4, (1.2, -0.3))),
        (lambda x: math.sqrt(x), (1e-9,)),
        (lambda x: 3.0, (1.0,)),
        (grad(lambda x, y: x**3 * y), (1.3, 0.4)),
    ],
)
def test_right_derivatives_pass(function: Any, args: Any, modes: Any) -> None:
    check_grads(function, args, modes=modes)


def test_third_order() -> None:
    check_grads(lambda x: math.sin(x) * x, (0.8,), order=3)


def broken(monkeypatch: pytest.MonkeyPatch, kind: str, depth: int, by: float) -> None:
    """Make what comes out of one kind of derivative wrong by a factor."""

    def compile_wrongly(function: Any, differentiations: Any, arguments: Any) -> Compiled:
        done = compile_function(function, differentiations, arguments)
        if differentiations[-1].kind != kind or len(differentiations) != depth:
            return done
        right = done.callable

        def wrong(*args: Any) -> Any:
            value, more = right(*args)  # type: ignore[misc]
            if kind == "jvp":
                return value, scaled(more)
            return value, lambda ct: scaled(more(ct))

        def scaled(result: Any) -> Any:
            if isinstance(result, list | tuple):
                return type(result)(map(scaled, result))
            return result * by

        object.__setattr__(done, "callable", wrong)
        return done

    monkeypatch.setattr(pipeline, "compile_function", compile_wrongly)


@pytest.mark.parametrize("by", [2.0, 1.0 + 1e-4, -1.0, math.nan, math.inf])
def test_a_wrong_tangent_is_found(monkeypatch: pytest.MonkeyPatch, by: float) -> None:
    broken(monkeypatch, "jvp", 1, by)
    with pytest.raises(AssertionError, match=r"jvp of smooth at .* central differences give"):
        check_grads(smooth, (0.7, 1.3), order=1, modes="forward")


@pytest.mark.parametrize("by", [2.0, 1.0 + 1e-8, math.nan])
def test_a_wrong_cotangent_is_found(monkeypatch: pytest.MonkeyPatch, by: float) -> None:
    broken(monkeypatch, "vjp", 1, by)
    check_grads(smooth, (0.7, 1.3), order=1, modes="forward")
    with pytest.raises(AssertionError, match="vjp of smooth: reverse and forward mode disagree"):
        check_grads(smooth, (0.7, 1.3), order=1)


@pytest.mark.parametrize("kind", ["jvp", "vjp"])
def test_second_order_is_looked_at(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    broken(monkeypatch, kind, 2, 1.5)
    check_grads(smooth, (0.7, 1.3), order=1)
    with pytest.raises(AssertionError, match=f"^{kind} of (grad|jvp) of smooth"):
        check_grads(smooth, (0.7, 1.3))


def test_a_wrong_value_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def slightly(function: Any, differentiations: Any, arguments: Any) -> Compiled:
        done = compile_function(function, differentiations, arguments)
        right = done.callable

        def wrong(*args: Any) -> Any:
            value, tangent = right(*args)  # type: ignore[misc]
            return math.nextafter(value, 9.0), tangent

        object.__setattr__(done, "callable", wrong)
        return done

    monkeypatch.setattr(pipeline, "compile_function", slightly)
    with pytest.raises(AssertionError, match="jvp of smooth: its value is"):
        check_grads(smooth, (0.7, 1.3), order=1)


def test_tolerances() -> None:
    def rough(x):
        return x + 1e-7 * math.floor(1e3 * x)

    with pytest.raises(AssertionError):
        check_grads(rough, (0.5,), order=1, rtol=1e-12, atol=0.0)
    check_grads(rough, (0.5,), order=1, rtol=1e-2)


def test_wrong_requests() -> None:
    with pytest.raises(SignatureError, match="modes are forward and reverse, not 'backward'"):
        check_grads(smooth, (0.7, 1.3), modes="backward")
    with pytest.raises(SignatureError, match="nothing to differentiate"):
        check_grads(smooth, (1, 2))
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'y'"):
        check_grads(smooth, (0.7,))


def test_out_of_the_domain() -> None:
    def inside(x):
        if x != 2.0:
            raise ValueError("elsewhere")
        return x

    with pytest.raises(AssertionError, match="can't be evaluated near its arguments"):
        check_grads(inside, (2.0,), order=1, modes="forward")


def test_floats() -> None:
    value = (1.0, [2.0, 3], None, ("a", np.float64(4.0), True))
    assert list(_floats(value)) == [1.0, 2.0, 4.0]


def sum_of(xs: list[float], n: int) -> float:
    total = 0
    for place in range(n):
        total += xs[place] * xs[place]
    return total


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_result_may_be_an_int_that_no_step_made_a_float(n: int) -> None:
    check_grads(sum_of, ([1.5, 2.0], n), order=2)
