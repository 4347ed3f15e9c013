"""Branches: joins, early returns, arms that do nothing, raise, or leave a name unbound."""

from __future__ import annotations

import pytest

from autodiff_compiler.emit import write
from autodiff_compiler.ir.builder import UNBOUND_VALUE
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.types import FLOAT, UNBOUND, Type, join
from autodiff_compiler.ir.values import Block, Function, If, Operand, Value
from tests.building import FLOATS, Write, floats, function
from tests.emit.emitting import agree, at, body_of, load, value

MAYBE: Type = join(FLOAT, UNBOUND) or FLOAT


def arm(*yields: Operand, order: int = 0) -> tuple[Write, list[Operand]]:
    return Write(at(3, order=order)), list(yields)


def branch(
    condition: Operand, then: Block, orelse: Block, *names: str | None, order: int = 0
) -> If:
    results = tuple(map(value, names))
    return If(condition, then, orelse, results, origin=at(2, order=order))


def test_arms_assign_the_result() -> None:
    x, y = floats("x", "y")
    build, then, orelse = Write(at(2)), Write(at(3)), Write(at(5))
    node = branch(
        build("lt", x, y),
        then.result(then("mul", 2.0, x, called="z")),
        orelse.result(orelse("neg", y)),
        "z",
    )
    build.add(node)
    made = function(build, [x, y], build("mul", node.results[0], node.results[0]))
    assert body_of(made) == ("if x < y:\n    z = 2.0 * x\nelse:\n    z = -y\nreturn z * z\n")
    agree(made, [1.0, 2.0], [2.0, 1.0])


def test_an_arm_that_changes_nothing_vanishes() -> None:
    x, y = floats("x", "y")
    for place in (0, 1):
        build, other = Write(at(2)), Write(at(3))
        changed = other.result(other("mul", 2.0, x, called="x"))
        arms = [changed, Block((), (x,))]
        node = branch(build("lt", x, y), arms[place], arms[1 - place], "x")
        build.add(node)
        made = function(build, [x, y], build("add", node.results[0], 1.0))
        head = "if not x < y:" if place else "if x < y:"
        assert body_of(made) == f"{head}\n    x = 2.0 * x\nreturn x + 1.0\n"
        agree(made, [1.0, 2.0], [2.0, 1.0])


def test_elif() -> None:
    x, y = floats("x", "y")
    build, inner = Write(at(2)), Write(at(4))
    node = branch(inner("gt", x, 10.0), Block((), (y,)), Block((), (x,)), "z")
    inner.add(node)
    whole = branch(
        build("lt", x, y), Block((), (UNBOUND_VALUE,)), inner.result(node.results[0]), "z"
    )
    results = (Value(MAYBE, "z"),)
    build.add(If(whole.condition, whole.then, whole.orelse, results, origin=at(2)))
    made = function(build, [x, y], build("bound", results[0], name="z"))
    text = body_of(made)
    assert "elif x > 10.0:\n    z = y\nelse:\n    z = x\n" in text
    agree(made, [20.0, 2.0], [3.0, 1.0])
    with pytest.raises(UnboundLocalError, match="z"):
        load(made)(1.0, 2.0)


def test_early_returns() -> None:
    (x,) = floats("x")
    build, rest, deep = Write(at(2)), Write(at(4)), Write(at(6))
    last = branch(
        rest("gt", x, 1.0),
        deep.result(deep("math.sqrt", x)),
        Block((), (x,)),
        None,
    )
    rest.add(last)
    then = Write(at(3))
    node = branch(
        build("lt", x, 0.0),
        then.result(then("neg", x)),
        rest.result(last.results[0]),
        None,
    )
    build.add(node)
    made = function(build, [x], node.results[0])
    assert body_of(made) == (
        "if x < 0.0:\n    return -x\nif x > 1.0:\n    return math.sqrt(x)\nreturn x\n"
    )
    agree(made, [-1.0], [4.0], [0.5])


def test_a_structure_is_returned_from_each_arm() -> None:
    x, y = floats("x", "y")
    build, then = Write(at(2, order=1)), Write(at(3, "z = 2.0 * x", order=1))
    node = branch(
        build("lt", x, y),
        then.result(then("mul", 2.0, y), y),
        Block((), (x, x)),
        "x_bar",
        "y_bar",
        order=1,
    )
    build.add(node)
    result = build("tuple", *node.results, x, container="tuple")
    made = function(build, [x, y], result)
    assert body_of(made) == (
        "if x < y:\n    # z = 2.0 * x\n    return 2.0 * y, y, x\nreturn x, x, x\n"
    )
    agree(made, [1.0, 2.0], [2.0, 1.0])


def test_a_result_that_the_user_named_is_joined_first() -> None:
    (x,) = floats("x")
    build, then = Write(at(2)), Write(at(3))
    node = branch(
        build("lt", x, 0.0), then.result(then("neg", x, called="y")), Block((), (x,)), "y"
    )
    build.add(node)
    made = function(build, [x], node.results[0])
    assert body_of(made) == "if x < 0.0:\n    y = -x\nelse:\n    y = x\nreturn y\n"


def test_an_arm_that_raises_hands_over_nothing() -> None:
    (x,) = floats("x")
    for place in (0, 1):
        build, bad = Write(at(2)), Write(at(3))
        bad("raise", "negative", exception="ValueError")
        raising = Block(tuple(bad.nodes), None)
        arms = [raising, Block((), (x,))]
        node = branch(build("lt", x, 0.0), arms[place], arms[1 - place], "y")
        build.add(node)
        made = function(build, [x], build("mul", 2.0, node.results[0]))
        agree(made, [-4.0] if place else [4.0])
        if place == 0:
            assert body_of(made) == (
                'if x < 0.0:\n    raise ValueError("negative")\ny = x\nreturn 2.0 * y\n'
            )


def saved_for_later(*, look_elsewhere: bool) -> Function:
    """A forward branch saves a value of one arm; a backward one on its condition reads it."""
    x, y = floats("x", "y")
    build, then = Write(at(2)), Write(at(3))
    condition = build("lt", x, y, called="c")
    root = then("math.sqrt", y, called="r")
    forward = If(
        condition,
        then.result(then("mul", root, x, called="z"), root),
        Block((), (x, UNBOUND_VALUE)),
        (value("z"), Value(MAYBE, "r")),
        origin=at(2),
    )
    build.add(forward)
    z, r = forward.results
    back = Write(at(3, order=1))
    reads = back("mul", z, back("bound", r, name="r"))
    backward = If(
        condition, back.result(reads), Block((), (z,)), (value("x_bar"),), origin=at(2, order=1)
    )
    build.add(backward)
    total = build("add", backward.results[0], 1.0)
    if look_elsewhere:
        total = build("add", total, build("bound", r, name="r"))
    return function(build, [x, y], total)


def test_what_an_arm_leaves_unbound_is_none_only_where_it_may_be_looked_at() -> None:
    made = saved_for_later(look_elsewhere=False)
    assert "None" not in body_of(made)
    agree(made, [1.0, 4.0], [4.0, 1.0])
    made = saved_for_later(look_elsewhere=True)
    assert "    r = None\n" in body_of(made)
    with pytest.raises(UnboundLocalError):
        interpret(made, [4.0, 1.0])
    with pytest.raises(UnboundLocalError):
        load(made)(4.0, 1.0)


def test_results_swap_what_they_came_from() -> None:
    x, y = floats("x", "y")
    build = Write(at(2))
    node = branch(build("lt", x, y), Block((), (y, x)), Block((), (x, y)), "x", "y")
    build.add(node)
    made = function(build, [x, y], build("sub", *node.results))
    assert body_of(made) == "if x < y:\n    x, y = y, x\nreturn x - y\n"
    agree(made, [1.0, 3.0], [3.0, 1.0])


def test_the_condition_may_act_though_no_arm_does() -> None:
    x, y = floats("x", "y")
    build = Write(at(2))
    condition = build("lt", build("math.log", x), y)
    build.add(If(condition, Block((), ()), Block((), ()), (), origin=at(2)))
    made = function(build, [x, y], x)
    assert "math.log(x)" in body_of(made)
    with pytest.raises(ValueError, match="math domain error"):
        load(made)(-1.0, 0.0)


def test_branches_do_not_take_statements_from_outside() -> None:
    xs, (x,) = Value(FLOATS, "xs"), floats("x")
    build, then = Write(at(2)), Write(at(3))
    root = build("math.sqrt", x)
    node = branch(build("lt", x, 1.0), then.result(then("neg", root)), Block((), (x,)), "y")
    build.add(node)
    made = function(build, [xs, x], build("mul", node.results[0], 2.0))
    assert body_of(made).startswith("sqrt_x = math.sqrt(x)\nif x < 1.0:\n")
    assert write(made).text.count("sqrt(x)") == 1
    agree(made, [[], 0.5], [[], 4.0])
