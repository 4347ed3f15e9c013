"""Reading and rewriting the IR, over every kind of node."""

from __future__ import annotations

import pytest

from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.types import FLOAT
from autodiff_compiler.ir.values import Block, Call, Function, Value
from autodiff_compiler.ir.verifier import verify
from autodiff_compiler.ir.walk import (
    all_nodes,
    callees,
    copy_nodes,
    free_values,
    is_constant,
    map_blocks,
    substitute,
    values_defined,
    values_read,
)
from tests.building import FLOATS, Write, floats, function
from tests.random_ir import random_arguments, random_function, seeds
from tests.running import outcome


@pytest.mark.parametrize("seed", seeds(0.25))
def test_a_copy_defines_new_values_and_means_the_same(seed: int) -> None:
    made = random_function(seed)
    mapping: dict[Value, object] = {}
    nodes = copy_nodes(made.body.nodes, mapping)  # type: ignore[arg-type]
    (result,) = made.body.yields or ()
    copy = Function(made.name, made.params, Block(nodes, (mapping.get(result, result),)))  # type: ignore[arg-type]
    verify(copy)
    assert not set(values_defined(nodes)) & set(values_defined(made.body.nodes))
    assert str(copy) == str(made)
    arguments = random_arguments(made.params, seed)
    assert outcome(copy, arguments).bits == outcome(made, arguments).bits


@pytest.mark.parametrize("seed", seeds(0.25))
def test_what_is_free_in_a_function_are_its_parameters(seed: int) -> None:
    made = random_function(seed)
    body = made.body
    assert set(free_values(body.nodes, body.yields or ())) <= set(made.params)
    read = set(values_read(body.nodes, body.yields or ()))
    assert read <= set(made.params) | set(values_defined(body.nodes))


@pytest.mark.parametrize("seed", seeds(0.25))
def test_parameters_substituted_by_others(seed: int) -> None:
    made = random_function(seed)
    params = tuple(Value(param.type, param.name) for param in made.params)
    body = substitute(made.body, dict(zip(made.params, params, strict=True)))
    renamed = Function(made.name, params, body)
    verify(renamed)
    assert str(renamed) == str(made)


def nested() -> tuple[Value, Value, Block]:
    """A block with x read in the test and body of a loop, in an arm, and as a bound."""
    x, xs, k, e = Value(FLOAT, "x"), Value(FLOATS, "xs"), Value(FLOAT, "k"), Value(FLOAT, "e")
    build, test, body, then = Write(), Write(), Write(), Write()
    going = test("lt", k, x)
    arm = then("mul", x, e)
    big = body("gt", e, 1.0)
    (chosen,) = body.branch(big, then.result(arm), Write().result(x), FLOAT)
    following = body("add", k, chosen)
    node = build.loop(
        body, carry=[(x, k, following)], consume=[(xs, e)], test=test.result(going), collect=[x]
    )
    return x, xs, build.result(node.finals[0])


def test_free_values_come_in_order_of_reading() -> None:
    x, xs, block = nested()
    assert free_values(block.nodes, block.yields or ()) == [x, xs]


def test_substitution_reaches_every_region() -> None:
    x, xs, block = nested()
    changed = substitute(block, {x: const(2.0)})
    assert free_values(changed.nodes, changed.yields or ()) == [xs]
    made = Function("f", (xs,), changed)
    verify(made)
    assert interpret(made, ([1.0, 1.5],)) == 2.0


def test_nothing_changed_is_the_same_object() -> None:
    x, _, block = nested()
    assert substitute(block, {}) is block
    assert substitute(block, {Value(FLOAT): x}) is block
    for node in all_nodes(block.nodes):
        assert map_blocks(node, lambda inside: inside) is node


def test_callees_come_first_and_once() -> None:
    (y,) = floats("y")
    inner = function(Write(), [y], y, "inner")
    build, (a, b, z) = Write(), floats("a", "b", "z")
    build.add(Call(inner, (z,), a))
    outer = function(build, [z], a, "outer")
    build, (x, c) = Write(), floats("x", "c")
    build.add(Call(outer, (x,), b))
    build.add(Call(inner, (b,), c))
    main = function(build, [x], c)
    assert callees(main) == [inner, outer]
    assert interpret(main, (2.0,)) == 2.0


@pytest.mark.parametrize(
    ("held", "asked", "same"),
    [(0.0, 0.0, True), (0.0, -0.0, False), (0, 0.0, False), (1, 1, True), (True, 1, False)],
)
def test_constants_are_told_apart(held: object, asked: object, same: bool) -> None:
    assert is_constant(const(held), asked) is same
    assert (const(held) == const(asked)) is same
    assert not is_constant(Value(FLOAT), asked)


def test_nan_is_one_constant() -> None:
    assert const(float("nan")) == const(float("nan"))
    assert hash(const(float("nan"))) == hash(const(float("nan")))
