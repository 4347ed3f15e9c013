"""A root of a negative number is complex: what hangs on that is refused, or raises as in Python."""

from __future__ import annotations

import math

import pytest

from autodiff_compiler import grad, value_and_grad
from autodiff_compiler.errors import UnsupportedError


def asked_after_a_root(x: float) -> float:
    y = x**0.5
    return x if isinstance(y, float) else -x


def asked_before_it_on_a_later_round(x: float, n: int) -> float:
    y = x
    for _ in range(n):
        if not isinstance(y, float):
            return_now = 1.0
            x = x + return_now
        y = y**0.5
    return x


def asked_of_a_square(x: float) -> float:
    y = x**2
    return y if isinstance(y, float) else x


def asked_of_an_argument(x: float) -> float:
    return x**0.5 if isinstance(x, float) else x


def root_made_a_float(x: float) -> float:
    return float(x**0.5)


def test_a_type_asked_for_is_refused_where_it_may_be_complex() -> None:
    with pytest.raises(UnsupportedError, match=r"call of isinstance: the number may be complex"):
        grad(asked_after_a_root)(1.0)
    with pytest.raises(UnsupportedError, match=r"call of isinstance: the number may be complex"):
        grad(asked_before_it_on_a_later_round)(1.0, 2)


def test_a_type_is_answered_where_it_is_certain() -> None:
    assert value_and_grad(asked_of_a_square)(3.0) == (9.0, 6.0)
    assert value_and_grad(asked_of_an_argument)(4.0) == (2.0, 0.25)


def test_float_of_a_complex_number_raises() -> None:
    assert value_and_grad(root_made_a_float)(4.0) == (2.0, 0.25)
    with pytest.raises(TypeError) as plain:
        root_made_a_float(-1.0)
    with pytest.raises(TypeError) as found:
        value_and_grad(root_made_a_float)(-1.0)
    assert str(found.value) == str(plain.value)
    assert math.isnan(value_and_grad(lambda x: x**0.5)(-1.0)[1])
