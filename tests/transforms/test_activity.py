"""Which values take part in a derivative."""

from __future__ import annotations

from autodiff_compiler.ir.types import FLOAT, INT
from autodiff_compiler.ir.values import Value
from autodiff_compiler.transforms.activity import active_values
from tests.building import FLOATS, Write, floats, upto

X, Y, XS = Value(FLOAT, "x"), Value(FLOAT, "y"), Value(FLOATS, "xs")


def test_only_what_depends_on_the_inputs_and_reaches_the_output() -> None:
    build = Write()
    used, constant = build("mul", X, Y), build("math.sin", Y)
    build("math.exp", X)  # reaches nothing
    flat = build("math.floor", X)
    chosen = build("select", build("lt", X, Y), constant, flat)
    result = build("add", used, chosen)
    assert active_values(build.result(result), [X]) == {X, used, result}
    assert active_values(build.result(result), [Y]) == {Y, used, constant, chosen, result}
    assert active_values(build.result(constant), [X]) == set()


def test_what_varies_only_from_the_second_iteration_on() -> None:
    """a, b, c = b, c, x: each becomes active because the next one is."""
    a, b, c = floats("a", "b", "c")
    build = Write()
    loop = build.loop(Write(), carry=[(0.0, a, b), (0.0, b, c), (0.0, c, X)], space=upto(3))
    block = build.result(loop.finals[0])
    assert active_values(block, [X]) == {X, a, b, c, loop.finals[0]}
    block = build.result(loop.finals[2])
    assert active_values(block, [X]) == {X, c, loop.finals[2]}


def test_a_test_and_an_index_have_no_part() -> None:
    k, i, x, s = Value(INT, "k"), Value(INT, "i"), *floats("x", "s")
    build, body, test = Write(), Write(), Write()
    scaled = test("mul", s, 2.0)
    going = test("lt", scaled, 9.0)
    term = body("mul", x, i)
    total, more = body("add", s, term), body("add", k, 1)
    loop = build.loop(
        body,
        carry=[(0.0, s, total), (0, k, more)],
        consume=[(XS, x)],
        collect=[more],
        test=test.result(going),
        space=upto(5),
        index=i,
    )
    block = build.result(loop.finals[0])
    assert active_values(block, [XS]) == {XS, x, term, s, total, loop.finals[0]}


def test_arms_hand_on_what_is_active_in_either() -> None:
    build, then = Write(), Write()
    inside = then("neg", X)
    first, second = build.branch(
        build("lt", X, Y), then.result(inside, 1.0), Write().result(0.0, Y), FLOAT, FLOAT
    )
    result = build("add", first, second)
    assert active_values(build.result(result), [X]) == {X, inside, first, result}
    assert active_values(build.result(result), [Y]) == {Y, second, result}
