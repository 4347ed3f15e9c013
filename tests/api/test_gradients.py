"""`grad` and `value_and_grad`: forms, argnums, structures, and what they refuse."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autodiff_compiler import grad, jvp, value_and_grad, vjp
from autodiff_compiler.errors import SignatureError

approx = functools.partial(pytest.approx, rel=1e-13, abs=0.0)


def f(x, y, z=3.0):
    """A polynomial."""
    return x**2 * y + x * z


def f_grad(x: float, y: float, z: float = 3.0) -> tuple[float, float, float]:
    return 2.0 * x * y + z, x**2, x


def test_as_a_function() -> None:
    assert grad(f)(2.0, 5.0, 7.0) == 27.0
    assert grad(f, 1)(2.0, 5.0) == 4.0
    assert value_and_grad(f)(2.0, 5.0) == (26.0, 23.0)


def test_as_a_decorator() -> None:
    @grad
    def plain(x):
        return x * x

    @grad(argnums=1)
    def second(x, y):
        return x * y * y

    @value_and_grad(argnums="y", mode="forward")
    def both(x, y):
        return x * y * y

    assert plain(3.0) == 6.0
    assert second(2.0, 3.0) == 12.0
    assert both(2.0, 3.0) == (18.0, 12.0)
    assert plain.primal(3.0) == 9.0


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize(
    ("argnums", "chosen"),
    [
        (0, 0),
        (2, 2),
        (-1, 2),
        (-3, 0),
        ("y", 1),
        (np.int64(1), 1),
        ((0,), (0,)),
        (["z"], (2,)),
        ((2, 0), (2, 0)),
        (("y", -1), (1, 2)),
    ],
)
def test_argnums(argnums: Any, chosen: int | tuple[int, ...], mode: str) -> None:
    gradient = grad(f, argnums, mode=mode)(2.0, 5.0, 7.0)
    every = f_grad(2.0, 5.0, 7.0)
    expected = every[chosen] if isinstance(chosen, int) else tuple(every[k] for k in chosen)
    assert gradient == approx(expected)
    assert type(gradient) is type(expected)


@pytest.mark.parametrize(
    ("argnums", "told"),
    [
        (3, r"argnums=3, but .*f has 3 positional parameters"),
        (-4, r"argnums=-4, but .*f has 3 positional parameters"),
        ("w", "no parameter 'w'; its parameters are x, y, z"),
        (("x", 0), "names a parameter twice"),
        (True, "argnums are positions or names of parameters, one or several, not True"),
        (1.0, "not 1.0"),
        ((0, None), "not None"),
        ((), "argnums is empty"),
    ],
)
def test_wrong_argnums_are_refused_at_once(argnums: Any, told: str) -> None:
    with pytest.raises(SignatureError, match=told):
        grad(f, argnums)


def test_wrong_requests_are_refused_at_once() -> None:
    with pytest.raises(SignatureError, match="mode is 'reverse' or 'forward', not 'backward'"):
        grad(f, mode="backward")
    with pytest.raises(SignatureError, match=r"grad: argnums=0, but .* has 0 positional param"):
        grad(lambda: 1.0)


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("x", "the function comes first, not 'x'"),
        (1, "the function comes first, not 1"),
        (math.sin, "wrap it in a lambda or a def"),
        (np.sin, "sin has no Python source"),
        (float, "float is a class"),
        (functools.partial(f, 1.0), "a functools.partial has no source of its own"),
        (classmethod(f), "write @classmethod above"),
    ],
)
def test_what_is_no_python_function_is_refused(target: Any, told: str) -> None:
    for operator in (grad, value_and_grad, jvp, vjp):
        with pytest.raises(SignatureError, match=told):
            operator(target)


def test_nesting() -> None:
    def cube(x):
        return x**3

    assert grad(grad(cube))(2.0) == approx(12.0)
    assert grad(grad(grad(cube)))(2.0) == approx(6.0)
    assert grad(grad(f, argnums="y"), argnums="x")(2.0, 5.0) == approx(4.0)
    assert value_and_grad(grad(cube), mode="forward")(2.0) == (approx(12.0), approx(12.0))
    assert jvp(grad(cube), (2.0,), (1.0,)) == (approx(12.0), approx(12.0))
    value, pullback = vjp(grad(f, (0, 1)), 2.0, 5.0)
    assert value == approx((23.0, 4.0))
    assert pullback((1.0, 10.0)) == approx((50.0, 4.0))


def test_a_gradient_of_several_numbers_has_no_gradient() -> None:
    for inner in (grad(f, (0,)), grad(f, (0, 1)), value_and_grad(f)):
        with pytest.raises(SignatureError, match="one number"):
            grad(inner)(2.0, 5.0)
    with pytest.raises(SignatureError, match="one number"):
        grad(grad(total))([1.0, 2.0])
    with pytest.raises(SignatureError, match="write a function that calls it"):
        grad(jvp(f))


def total(xs):
    s = 0.0
    for x in xs:
        s += x * x
    return s


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize(
    ("xs", "expected"),
    [
        ([1.0, 2.5], [2.0, 5.0]),
        ([1, 2.5], [2.0, 5.0]),
        ([3], [6.0]),
        ([], []),
        ((1.0, 2.5), (2.0, 5.0)),
        ((1, 2.5), (2.0, 5.0)),
    ],
)
def test_lists_and_tuples(xs: Any, expected: Any, mode: str) -> None:
    before = repr(xs)
    gradient = grad(total, mode=mode)(xs)
    assert repr(gradient) == repr(expected)
    assert repr(xs) == before


def test_lists_not_differentiated_by_may_hold_ints() -> None:
    def dot(ws, counts):
        s = 0.0
        for w, n in zip(ws, counts):
            s += w * w * n
        return s

    assert grad(dot)([1.0, 2.0], [3, 4]) == [6.0, 16.0]


def test_results_are_floats_and_numpy_scalars_stay_numpy_scalars() -> None:
    gradient = grad(f)
    for x, y in [(2.0, 5.0), (2, 5.0), (2, 5)]:
        assert repr(gradient(x, y)) == "23.0"
    assert type(gradient(np.float64(2.0), 5.0)) is np.float64


def test_an_int_to_differentiate_by_is_converted_on_entry() -> None:
    def half(n):
        return n / 2 if isinstance(n, int) else n * n

    assert value_and_grad(lambda n: n // 2 * n)(5) == (10.0, 2.0)
    assert value_and_grad(f, ("x", "z"))(2, 5)[0] == 26.0


def test_defaults_are_differentiated_by_too() -> None:
    def g(x, scale=3):
        return x * scale

    assert grad(g, "scale")(2.0) == 2.0
    assert grad(g)(2.0) == 3.0


def test_zero_where_the_value_does_not_depend() -> None:
    assert repr(grad(lambda x, y: y)(1.0, 2.0)) == "0.0"
    assert repr(grad(lambda x: 3)(1.0)) == "0.0"
    assert repr(grad(lambda x: x > 1.0)(1.0)) == "0.0"
    assert repr(grad(lambda xs, y: y)([1.0, 2.0], 2.0)) == "[0.0, 0.0]"


def none(x):
    x = x * x


@pytest.mark.parametrize(
    ("function", "told"), [(none, "returns None"), (lambda x: (x, x), "one number")]
)
@pytest.mark.parametrize("operator", [grad, value_and_grad])
def test_other_results_are_refused(
    operator: Callable[..., Any], function: Callable[..., Any], told: str
) -> None:
    with pytest.raises(SignatureError, match=told):
        operator(function)(1.0)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (True, "'x' of .*f: it is a bool"),
        (None, "'x' of .*f: it is a NoneType"),
        ("1", "'x' of .*f: it is a str"),
        (1j, "'x' of .*f: it is a complex"),
        (np.ones(3, int), r"'x' of .*f: it is an array of int64\n.*hint: convert it with x.astype"),
        ([1.0, True], "item 1 of argument 'x' of .*f: it is a bool"),
    ],
)
def test_arguments_that_cannot_be_differentiated_by(value: Any, told: str) -> None:
    with pytest.raises(SignatureError, match=told):
        grad(f)(value, 2.0)


def test_arguments_that_cannot_be_passed_at_all() -> None:
    with pytest.raises(SignatureError, match=r"'y' of .*f is an array of complex128: complex arr"):
        grad(f)(1.0, np.ones(3, complex))


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [((), {}), ((1.0,), {}), ((1.0,) * 4, {}), ((1.0,), {"x": 1.0}), ((1.0, 2.0), {"w": 1})],
)
def test_wrong_calls_get_pythons_own_answer(args: Any, kwargs: Any) -> None:
    with pytest.raises(TypeError) as expected:
        f(*args, **kwargs)
    for called in (grad(f), grad(f).lower):
        with pytest.raises(TypeError) as caught:
            called(*args, **kwargs)
        assert str(caught.value) == str(expected.value)
        assert type(caught.value) is TypeError


def test_keywords() -> None:
    def g(x, /, y, *, power=2, mode="plain"):
        r = x**power * y
        return -r if mode == "minus" else r

    derivative = grad(g)
    assert derivative(3.0, 5.0) == approx(30.0)
    assert derivative(3.0, y=5.0, power=3) == approx(135.0)
    assert derivative(3.0, y=5.0, mode="minus") == approx(-30.0)
    assert grad(g, "power")(math.e, 1.0, power=2.0) == approx(math.e**2)


def test_metadata() -> None:
    def g(x: float, y: float = 2.0) -> float:
        """What it does."""
        return x * y

    g.unit = "metre"  # type: ignore[attr-defined]
    derivative = grad(g)
    assert derivative.__name__ == "g"
    assert derivative.__qualname__ == g.__qualname__
    assert derivative.__doc__ == "What it does."
    assert derivative.__module__ == __name__
    assert derivative.__wrapped__ is g
    assert derivative.unit == "metre"
    assert inspect.signature(derivative) == inspect.signature(g)
    assert derivative.primal is g
    assert callable(derivative)


def test_attributes_of_the_function_do_not_hide_those_of_the_derivative() -> None:
    def g(x):
        return x * x

    g.source = "mine"  # type: ignore[attr-defined]
    g.lower = "mine"  # type: ignore[attr-defined]
    assert grad(g).source != "mine"
    assert grad(g).lower(2.0).source == grad(g).source


def test_repr() -> None:
    name = "test_repr.<locals>.g"

    def g(x, y):
        return x * y

    assert repr(grad(g)) == f"<grad of {name} with respect to x>"
    assert repr(grad(g, ("y", 0))) == f"<grad of {name} with respect to y, x>"
    assert repr(value_and_grad(g, mode="forward")) == (
        f"<value_and_grad of {name} with respect to x, by forward mode>"
    )
    assert repr(grad(grad(g), 1)) == (
        f"<grad of grad of {name} with respect to x with respect to y>"
    )
    assert repr(jvp(g)) == f"<jvp of {name}>"
    assert repr(vjp(g)) == f"<vjp of {name}>"
