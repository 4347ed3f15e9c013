"""Names: the user's wherever possible, and never one that means something else."""

from __future__ import annotations

import keyword
from collections.abc import Sequence

import pytest

from autodiff_compiler.emit import write
from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import INT
from autodiff_compiler.ir.values import Call, Function, Operand, Value
from tests.building import FLOATS, Write, floats, function, upto
from tests.emit.emitting import agree, at, body_of, load, value

CLASHING = [
    "np",
    "math",
    "len",
    "range",
    "list",
    "ieee_div",
    "f",
    "x_bar",
    "x_2",
    "abs",
    "_",
    "RATE",
]


def busy(params: Sequence[Value], names: Sequence[str]) -> Function:
    """A function that needs math, np, builtins, a helper and a constant, among values so named."""
    x, xs = params[0], params[1]
    build = Write(at(2))
    made: list[Operand] = list(params[2:])
    for name in names:
        total = build("math.sin", x, called=name)
        made.append(build("ieee_div", total, const(0.75, "RATE"), called=name))
        made.append(build("float", build("np.cos", total), called=name))
        made.append(build("abs", build("len", xs, called=name), called=name))
    zeros = build("index_add", xs, 0, x)
    i, s = Value(INT, "i"), value(names[0] if names else "s")
    body = Write(at(3))
    following = body("add", s, i)
    loop = build.loop(body, carry=[(x, s, following)], space=upto(3), index=i)
    result = build("tuple", *made, zeros, loop.finals[0], container="tuple")
    return function(build, params, result)


@pytest.mark.parametrize("name", CLASHING)
def test_locals_give_way(name: str) -> None:
    made = busy([value("x"), Value(FLOATS, "xs")], [name])
    agree(made, [0.5, [1.0, 2.0]])


@pytest.mark.parametrize("name", CLASHING)
def test_globals_give_way_to_parameters(name: str) -> None:
    made = busy([value("x"), Value(FLOATS, "xs"), value(name)], ["y"])
    assert f"def f(x, xs, {name}):" in write(made).text
    agree(made, [0.5, [1.0, 2.0], 3.0])
    if name != "f":
        first = busy([value(name), Value(FLOATS, "xs")], ["y"])
        agree(first, [0.5, [1.0, 2.0]])


def test_all_at_once() -> None:
    params = [value("np"), Value(FLOATS, "len"), value("math"), value("RATE"), value("ieee_div")]
    agree(busy(params, CLASHING), [0.5, [1.0], 2.0, 3.0, 4.0])


@pytest.mark.parametrize("name", [*keyword.kwlist, "x y", "1x", ""])
def test_hints_that_are_no_names(name: str) -> None:
    (x,) = floats("x")
    build = Write(at(2))
    y = build("mul", x, 2.0, called=name)
    agree(function(build, [x], build("mul", y, y)), [3.0])


@pytest.mark.parametrize(
    ("operation", "operands", "name"),
    [
        ("add", 2, "s"),
        ("sub", 2, "d"),
        ("mul", 2, "p"),
        ("ieee_div", 2, "q"),
        ("math.sin", 1, "sin_x"),
        ("neg", 1, "neg_x"),
        ("abs", 1, "abs_x"),
        ("max", 2, "max_x"),
        ("lt", 2, "below"),
        ("ge", 2, "above"),
    ],
)
def test_temporaries_are_named_after_their_operation(
    operation: str, operands: int, name: str
) -> None:
    x, y = floats("x", "y")
    build = Write(at(2))
    result = build(operation, *(x, y)[:operands])
    made = function(build, [x, y], build("add", result, build("mul", result, 2.0)))
    assert body_of(made).startswith(f"{name} = ")


def test_a_temporary_is_not_called_as_the_user_calls_something_else() -> None:
    x, s = floats("x", "s")
    build = Write(at(2))
    total = build("add", x, s)
    made = function(build, [x, s], build("mul", total, total))
    assert body_of(made) == "s_2 = x + s\nreturn s_2 * s_2\n"


def test_what_is_saved_is_called_as_it_will_be_when_taken_out() -> None:
    (x,) = floats("x")
    build, body = Write(at(2)), Write(at(3))
    s = value("s")
    exp = body("math.exp", s)
    following = body("add", s, body("mul", exp, 0.5), called="s")
    loop = build.loop(body, carry=[(x, s, following)], space=upto(3), collect=[exp])
    named = Value(loop.sequences[0].type, "exp_saved")
    loop = type(loop)(**{**vars(loop), "sequences": (named,)})
    build.nodes[-1] = loop
    made = function(build, [x], build("tuple", loop.finals[0], named, container="tuple"))
    assert "    exp = math.exp(s)\n    exp_saved.append(exp)\n" in body_of(made)
    agree(made, [0.1])


def test_called_functions_stand_before_their_caller() -> None:
    (u,) = floats("u")
    inner = Write(at(2))
    square = Function("square", (u,), inner.block(inner("mul", u, u)))
    other = Function("square", (u,), Write().block(u))
    x, y = floats("square", "y")
    build = Write(at(5))
    first, second = value(), value()
    build.add(Call(square, (x,), first, at(5)))
    build.add(Call(other, (y,), second, at(5)))
    made = function(build, [x, y], build("add", first, second))
    assert write(made).text == (
        "def square_2(u):\n"
        "    return u * u\n"
        "\n"
        "\n"
        "def square_3(u):\n"
        "    return u\n"
        "\n"
        "\n"
        "def f(square, y):\n"
        "    return square_2(square) + square_3(y)\n"
    )
    agree(made, [2.0, 3.0])


def test_a_function_with_the_name_of_a_helper_or_module() -> None:
    for name in ("ieee_div", "math", "lambda"):
        x, y = floats("x", "y")
        build = Write(at(2))
        quotient = build("ieee_div", build("math.sin", x), y)
        made = function(build, [x, y], quotient, name=name)
        emitted = write(made)
        assert emitted.name == f"{name}_2"
        assert load(made)(0.0, 0.0) != load(made)(0.0, 0.0)  # nan
