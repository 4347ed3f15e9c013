"""The printed form: stable, typed, complete."""

from __future__ import annotations

from collections.abc import Callable

from autodiff_compiler.errors import Span, Statement
from autodiff_compiler.ir.builder import UNBOUND_VALUE, const
from autodiff_compiler.ir.printer import print_function
from autodiff_compiler.ir.types import FLOAT, INT, UNBOUND, Type, join
from autodiff_compiler.ir.values import Block, Call, Function, Origin, Value
from autodiff_compiler.ir.verifier import verify
from tests.building import FLOATS, Write, floats, function, upto
from tests.random_ir import random_function

Golden = Callable[[str, str], None]


def at(line: int) -> Origin:
    span = Span("folder/model.py", line, 4, line, 9)
    return Origin(span, Statement(span, "y = …"))


def half() -> Type:
    found = join(FLOAT, UNBOUND)
    assert found is not None
    return found


def control() -> Function:
    """Everything that a region can be, on lines of a source file."""
    x, xs, n = Value(FLOAT, "x"), Value(FLOATS, "xs"), Value(INT, "n")
    build, body, test = Write(origin=at(4)), Write(origin=at(6)), Write(origin=at(5))
    k, acc, e, i = Value(INT, "k"), Value(FLOAT, "acc"), Value(FLOAT, "e"), Value(INT, "i")
    y = build("mul", x, const(3.5, "RATE"), called="y")
    going = test("lt", k, n)
    inside = body("add", acc, e, called="acc")
    more = body("add", k, 1)
    loop = build.loop(
        body,
        carry=[(0, k, more), (y, acc, inside)],
        consume=[(xs, e)],
        collect=[inside],
        test=test.result(going),
        trips=Value(INT, "steps"),
        origin=at(5),
    )
    back = Write(origin=at(8))
    collected = back("math.sin", i)
    reverse = build.loop(
        back, collect=[collected], space=upto(n, 9, -1), index=i, backwards=True, origin=at(8)
    )
    build.loop(Write(), space=upto(2), origin=at(8))
    then = Write(origin=at(10))
    total = then("float", then("sum", reverse.sequences[0]), called="y")
    orelse = Write(origin=at(11))
    orelse("raise", "empty", exception="ValueError")
    condition = build("gt", loop.finals[0], 0)
    result, maybe = build.branch(
        condition, then.block(total, UNBOUND_VALUE), Block(tuple(orelse.nodes), None), FLOAT, half()
    )
    build("print", build("format", result, template=("y = ", ("r", ".3f"))), sep=", ", end=None)
    build("bound", maybe, name="z")
    packed = build("tuple", result, loop.finals[1], container="tuple")
    return Function("model", (x, xs, n), build.block(packed), origin=at(3))


def test_control(golden: Golden) -> None:
    verify(control())
    golden("ir/goldens/control.txt", print_function(control()))


def test_callees_come_first_and_names_are_made_distinct(golden: Golden) -> None:
    (y,) = floats("y")
    inside = Write()
    square = function(inside, [y], inside("mul", y, y), "square")
    build, (x, again) = Write(), floats("x", "x")
    build.add(Call(square, (x,), again))
    build("add", again, build("neg", again, called="x"), called="x_2")
    seed = Value(FLOAT, "out_bar")
    made = Function("f", (x, seed), build.block(again), late=1)
    golden("ir/goldens/calls.txt", print_function(made))


def test_a_function_that_always_raises_and_one_that_returns_a_constant(golden: Golden) -> None:
    build = Write()
    build("raise", exception="NotImplementedError")
    always = Function("never", (), Block(tuple(build.nodes), None))
    zero = function(Write(), [], -0.0, "zero")
    golden("ir/goldens/small.txt", print_function(always) + "\n" + print_function(zero))


def test_text_is_the_same_every_time_and_tells_functions_apart() -> None:
    texts = [print_function(random_function(seed)) for seed in range(40)]
    assert texts == [print_function(random_function(seed)) for seed in range(40)]
    assert len(set(texts)) == len(texts)
    assert str(random_function(7)) == texts[7]
