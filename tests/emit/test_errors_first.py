"""What a derivative adds never raises in place of what the user wrote, nor before it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from autodiff_compiler import grad, jvp, value_and_grad, vjp


def logarithm_then_remainder(x, y):
    d = x * y
    return math.log(-x) + x % d


def remainder(x, y):
    d = x * y
    return x % d


def remainder_then_logarithm(x, y):
    d = x * y
    a = x % d
    return a * a + math.log(-x)


def logarithm_to_a_base(x, y):
    return math.log(x, y)


def base_known_before(x, y):
    return math.log(y) * math.log(x, y)


def logarithms(x, y):
    return math.log(x) * math.log(y) / y


def in_a_branch(x, y):
    r = 0.0
    if x > 0.0:
        r = x * (x % y)
    return r


def in_a_loop(x, y):
    for _ in range(2):
        x = x * (x % y)
    return x


def negative_powers(x, y):
    return x**-2 + math.fmod(x, y) ** 2


def raised(function: Callable[..., Any], *args: Any) -> tuple[type, str] | None:
    try:
        function(*args)
    except (ArithmeticError, ValueError) as error:
        return type(error), str(error)
    return None


POINTS = [(1.0, 0.0), (0.0, 0.0), (-2.0, 1.0), (2.0, 1.0), (2.0, -1.0), (-1.0, 0.0), (3.0, 2.0)]
DERIVATIVES: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    "reverse": lambda f: grad(f, argnums=(0, 1)),
    "one of two": lambda f: grad(f, argnums=(1,)),
    "forward": lambda f: grad(f, argnums=(0, 1), mode="forward"),
    "value and gradient": lambda f: value_and_grad(f, argnums=(0, 1)),
    "jvp": lambda f: lambda *at: jvp(f, at, (1.0, 1.0)),
    "vjp": lambda f: lambda *at: vjp(f, *at)[1](1.0),
    "second order": lambda f: grad(grad(f)),
}


@pytest.mark.parametrize("derivative", DERIVATIVES)
@pytest.mark.parametrize(
    "function",
    [
        logarithm_then_remainder,
        remainder,
        remainder_then_logarithm,
        logarithm_to_a_base,
        base_known_before,
        logarithms,
        in_a_branch,
        in_a_loop,
        negative_powers,
    ],
)
def test_the_error_is_that_of_plain_python(function: Callable[..., Any], derivative: str) -> None:
    derived = DERIVATIVES[derivative](function)
    errors = [raised(function, *at) for at in POINTS]
    assert any(errors) and not all(errors)
    assert [raised(derived, *at) for at in POINTS] == errors
