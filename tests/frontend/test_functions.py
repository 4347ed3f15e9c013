"""Arguments of every kind: `*args`, `**kwargs`, keyword-only, partials; functions in variables."""

import functools
from typing import Any

import numpy as np
import pytest

from autodiff_compiler import grad
from autodiff_compiler.errors import UnsupportedError
from tests.frontend.checking import check


def total(*xs: Any, scale: Any = 1.0, **options: Any) -> Any:
    t = 0.0
    for x in xs:
        t += x
    if options.get("square", False):
        t = t * t
    return t * scale


def model(t: Any, a: Any, b: Any) -> Any:
    return a * t + b * b


def any_number_of_arguments(x: Any) -> Any:
    return total(x, x * x, 3.0) + total(x, x, scale=x, square=True) + total()


def stars_in_a_call(x: Any) -> Any:
    xs = (x, x * 2)
    options = {"scale": x, "square": True}
    return total(*xs, 1.0, **options) + total(*range(3), *xs)


def spread_over_parameters(x: Any, p: Any) -> Any:
    return model(x, *p)


def handed_through(x: Any) -> Any:
    def doubled(f: Any, *args: Any, **kwargs: Any) -> Any:
        return f(*args, **kwargs) * 2

    return doubled(model, x, b=x, a=3.0) + doubled(lambda *v: v[0] * v[1], x, x)


quadratic = functools.partial(model, b=2.0)


def partial_from_outside(x: Any) -> Any:
    return quadratic(x, x) + quadratic(3.0, a=x)


def keyword_only(x: Any) -> Any:
    def step(u: Any, *, h: Any = 0.1, n: int = 2) -> Any:
        for _ in range(n):
            u = u + h * u
        return u

    return step(x) + step(x, h=x, n=3)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (any_number_of_arguments, (2.0,)),
        (stars_in_a_call, (2.0,)),
        (handed_through, (1.2,)),
        (partial_from_outside, (1.2,)),
        (keyword_only, (0.7,)),
        (spread_over_parameters, (1.5, [1.0, 2.0])),
        (spread_over_parameters, (1.5, (1.0, 2.0))),
        (spread_over_parameters, (1.5, np.array([1.0, 2.0]))),
    ],
)
def test_program(function: Any, arguments: tuple[Any, ...]) -> None:
    check(function, *arguments)


def test_too_many_to_spread() -> None:
    p = np.array([1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match=r"model\(\) takes 3 positional arguments but 4 were given"):
        spread_over_parameters(1.5, p)
    with pytest.raises(TypeError, match=r"model\(\) takes 3 positional arguments but 4 were given"):
        grad(spread_over_parameters)(1.5, p)


def test_any_number_spread_over_any_number() -> None:
    def f(xs: Any) -> Any:
        return total(*xs)

    with pytest.raises(UnsupportedError, match="how many arguments a list of any length makes"):
        grad(f)([1.0, 2.0])
