"""Functions with parameters that arrive late: a function that returns its pullback."""

from __future__ import annotations

import warnings

from autodiff_compiler.emit import write
from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.types import NP_FLOAT
from autodiff_compiler.ir.values import Function, Value
from tests.building import FLOATS, Write, floats, upto
from tests.emit.emitting import at, body_of, load, value
from tests.emit.newton import newton_vjp


def pulled_back(made: Function, *arguments: object) -> list[object]:
    """The value and what two calls of the pullback give, which must be what the IR says."""
    early = arguments[: len(arguments) - made.late]
    late = arguments[len(early) :]
    found, pullback = load(made)(*early)
    expected = interpret(made, arguments)
    for _ in range(2):
        assert repr((found, pullback(*late))) == repr(expected)
    return [found, pullback(*late)]


def test_a_pullback_may_be_called_again() -> None:
    made = newton_vjp()
    found, pullback = load(made)(2.0)
    first, second = pullback(1.0), pullback(3.0)
    assert pullback(1.0) == first
    assert (found, first) == interpret(made, [2.0, 1.0])
    assert (found, second) == interpret(made, [2.0, 3.0])


def test_what_needs_no_cotangent_is_computed_once() -> None:
    x, out_bar = floats("x", "out_bar")
    build = Write(at(2))
    y = build("math.exp", x, called="y")
    build.origin = at(3, order=1)
    slope = build("math.cos", y, called="slope")
    x_bar = build("mul", slope, out_bar, called="x_bar")
    result = build("tuple", y, x_bar, container="tuple")
    made = Function("f", (x, out_bar), build.block(result), late=1)
    assert body_of(made) == (
        "y = math.exp(x)\n"
        "slope = math.cos(y)\n"
        "\n"
        "def pullback(out_bar):\n"
        "    return slope * out_bar\n"
        "\n"
        "return y, pullback\n"
    )
    pulled_back(made, 0.5, 2.0)


def test_a_name_of_the_pullback_is_never_one_that_it_reads_from_outside() -> None:
    """`x` is captured, and `x` is what a value in the pullback would like to be called."""
    x, out_bar = floats("x", "out_bar")
    build = Write(at(2))
    build.origin = at(2, order=1)
    inner = build("mul", x, out_bar, called="x")
    again = build("add", build("mul", inner, inner), x)
    result = build("tuple", x, again, container="tuple")
    made = Function("f", (x, out_bar), build.block(result), late=1)
    assert "    x_2 = x * out_bar\n" in body_of(made)
    pulled_back(made, 0.5, 2.0)


def test_the_pullback_may_use_a_name_that_it_does_not_read_from_outside() -> None:
    made = newton_vjp()
    assert "for x in reversed(x_saved):" in body_of(made)


def test_a_saved_list_is_not_consumed() -> None:
    xs, out_bar = Value(FLOATS, "xs"), value("out_bar")
    build, body, back = Write(at(2)), Write(at(3)), Write(at(3, order=1))
    x, s, saved = value("x"), value("s"), value("s")
    following = body("mul", s, x, called="s")
    loop = build.loop(body, carry=[(const(1.0), s, following)], consume=[(xs, x)], collect=[s])
    s_bar, element = value("s_bar"), value("x")
    x_bar = back("mul", saved, s_bar)
    s_next = back("mul", element, s_bar, called="s_bar")
    sweep = build.loop(
        back,
        carry=[(out_bar, s_bar, s_next)],
        consume=[(xs, element), (loop.sequences[0], saved)],
        collect=[x_bar],
        backwards=True,
    )
    result = build("tuple", loop.finals[0], sweep.sequences[0], container="tuple")
    made = Function("f", (xs, out_bar), build.block(result), late=1)
    pulled_back(made, [1.0, 2.0, 3.0], 1.0)


def test_a_parameter_called_pullback() -> None:
    pullback, out_bar = floats("pullback", "out_bar")
    build = Write(at(2, order=1))
    product = build("mul", pullback, out_bar)
    result = build("tuple", pullback, product, container="tuple")
    made = Function("f", (pullback, out_bar), build.block(result), late=1)
    assert "def pullback_2(out_bar):" in write(made).text
    pulled_back(made, 2.0, 3.0)


def test_a_late_parameter_with_the_name_of_an_early_local() -> None:
    x, y = floats("x", "y")
    build = Write(at(2))
    local = build("math.sqrt", x, called="y")
    build.origin = at(2, order=1)
    product = build("mul", local, y)
    result = build("tuple", local, product, container="tuple")
    made = Function("f", (x, y), build.block(result), late=1)
    pulled_back(made, 4.0, 3.0)


def test_pullback_of_a_branch_returns_in_its_arms() -> None:
    x, out_bar = floats("x", "out_bar")
    build, then = Write(at(2)), Write(at(3, order=1))
    condition = build("lt", x, 0.0, called="negative")
    from autodiff_compiler.ir.values import Block, If

    node = If(
        condition,
        then.result(then("neg", out_bar)),
        Block((), (out_bar,)),
        (value("x_bar"),),
        origin=at(2, order=1),
    )
    build.add(node)
    result = build("tuple", x, node.results[0], container="tuple")
    made = Function("f", (x, out_bar), build.block(result), late=1)
    assert "    if negative:\n        return -out_bar\n    return out_bar\n" in body_of(made)
    pulled_back(made, 4.0, 3.0)
    pulled_back(made, -4.0, 3.0)


def test_numpy_is_silenced_in_the_pullback_and_heard_outside() -> None:
    x, out_bar = Value(NP_FLOAT, "x"), value("out_bar")
    build = Write(at(2, "return np.log(x)"))
    y = build("np.log", x)
    build.origin = at(2, "return np.log(x)", order=1)
    result = build("tuple", y, build("ieee_div", out_bar, x), container="tuple")
    made = Function("f", (x, out_bar), build.block(result), late=1)
    assert body_of(made) == (
        "def pullback(out_bar):\n"
        '    with np.errstate(all="ignore"):\n'
        "        # return np.log(x)\n"
        "        return out_bar / x\n"
        "\n"
        "return np.log(x), pullback\n"
    )
    import numpy as np

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        _, pullback = load(made)(np.float64(0.0))
        assert len(heard) == 1
        assert np.isinf(pullback(1.0))
        assert len(heard) == 1


def test_forward_mode_silences_runs_of_tangents_only() -> None:
    x, x_dot = Value(NP_FLOAT, "x"), Value(NP_FLOAT, "x_dot")
    s, s_dot = Value(NP_FLOAT, "s"), Value(NP_FLOAT, "s_dot")
    build, body = Write(at(2)), Write(at(3, "s = np.log(s) * x"))
    body.origin = at(3, "s = np.log(s) * x", order=1)
    tangent = body("mul", body("ieee_div", s_dot, s), x, called="s_dot")
    body.origin = at(3, "s = np.log(s) * x")
    following = body("mul", body("np.log", s), x, called="s")
    loop = build.loop(body, carry=[(x, s, following), (x_dot, s_dot, tangent)], space=upto(2))
    result = build("tuple", *loop.finals, container="tuple")
    made = Function("f", (x, x_dot), build.block(result))
    assert (
        '    with np.errstate(all="ignore"):\n'
        "        s_dot = s_dot / s * x\n"
        "    s = np.log(s) * x\n"
    ) in body_of(made)
