"""What the forward sweep saves: nothing that can be had otherwise, and each thing once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.types import FLOAT, INT
from autodiff_compiler.ir.values import Function, Loop, Value
from autodiff_compiler.ir.verifier import verify
from autodiff_compiler.ir.walk import all_nodes
from autodiff_compiler.passes import clean, optimise
from autodiff_compiler.transforms import Wanted, reverse_gradient
from tests.building import FLOATS, Write, floats, function, upto


@dataclass(frozen=True)
class Saved:
    """What the loops of a function's gradient hand from the forward to the backward sweep."""

    sequences: tuple[str, ...] = ()  # the types of what they collect, by loop as printed
    counted: int = 0  # loops whose trips are counted
    backward_carries: int = 0  # what backward loops carry


def saved(made: Function, *argnums: int) -> Saved:
    verify(made)
    gradient = optimise(reverse_gradient(optimise(made), Wanted(argnums, False), clean))
    verify(gradient)
    loops = [node for node in all_nodes(gradient.body.nodes) if isinstance(node, Loop)]
    forward = [node for node in loops if node.origin.order == 0]
    backward = [node for node in loops if node.origin.order > 0]
    return Saved(
        tuple(str(each.type) for node in forward for each in node.sequences),
        sum(node.trips is not None for node in forward),
        sum(len(node.args) for node in backward),
    )


def linear() -> Function:
    """for x in xs: s = 0.5 * s + c * x, with c constant"""
    xs, c, s, x = Value(FLOATS, "xs"), *floats("c", "s", "x")
    build, body = Write(), Write()
    following = body("add", body("mul", 0.5, s), body("mul", c, x))
    loop = build.loop(body, carry=[(0.0, s, following)], consume=[(xs, x)])
    return function(build, [xs, c], loop.finals[0])


def squares() -> Function:
    """for x in xs: s += x * x"""
    xs, s, x = Value(FLOATS, "xs"), *floats("s", "x")
    build, body = Write(), Write()
    loop = build.loop(body, carry=[(0.0, s, body("add", s, body("mul", x, x)))], consume=[(xs, x)])
    return function(build, [xs], loop.finals[0])


def by_index() -> Function:
    """for i in range(n): x = x * sin(i)"""
    x0, n, x, i = Value(FLOAT, "x"), Value(INT, "n"), Value(FLOAT, "x"), Value(INT, "i")
    build, body = Write(), Write()
    following = body("mul", x, body("float", i))
    loop = build.loop(body, carry=[(x0, x, following)], space=upto(n), index=i)
    return function(build, [x0, n], loop.finals[0])


def newton(steps: object = 5) -> Function:
    """for _ in range(5): x = 0.5 * (x + a / x)"""
    a, x = floats("a", "x")
    build, body = Write(), Write()
    following = body("mul", 0.5, body("add", x, body("div", a, x)))
    loop = build.loop(body, carry=[(a, x, following)], space=upto(steps))
    return function(build, [a], loop.finals[0])


def both_needed() -> Function:
    """for _ in range(4): y = exp(x); s += x * y; x = y"""
    x0, x, s = floats("x", "x", "s")
    build, body = Write(), Write()
    y = body("math.exp", x)
    total = body("add", s, body("mul", x, y))
    loop = build.loop(body, carry=[(x0, x, y), (0.0, s, total)], space=upto(4))
    return function(build, [x0], loop.finals[1])


def nested() -> Function:
    """for _ in range(3): for _ in range(4): x = 0.5 * (x + a / x)"""
    a, x, y = floats("a", "x", "y")
    build, body, inner = Write(), Write(), Write()
    following = inner("mul", 0.5, inner("add", y, inner("div", a, y)))
    inside = body.loop(inner, carry=[(x, y, following)], space=upto(4))
    loop = build.loop(body, carry=[(a, x, inside.finals[0])], space=upto(3))
    return function(build, [a], loop.finals[0])


def halving() -> Function:
    """while x > 1: x = 0.5 * x"""
    x0, x = floats("x", "x")
    build, body, test = Write(), Write(), Write()
    going = test("gt", x, 1.0)
    loop = build.loop(body, carry=[(x0, x, body("mul", 0.5, x))], test=test.result(going))
    return function(build, [x0], loop.finals[0])


def while_newton() -> Function:
    """while x * x > 1.001 * a: x = 0.5 * (x + a / x)"""
    a, x = floats("a", "x")
    build, body, test = Write(), Write(), Write()
    going = test("gt", test("mul", x, x), test("mul", 1.001, a))
    following = body("mul", 0.5, body("add", x, body("div", a, x)))
    loop = build.loop(body, carry=[(a, x, following)], test=test.result(going))
    return function(build, [a], loop.finals[0])


def branching() -> Function:
    """for x in xs: if x > s: s = s * x — the condition is as cheap as what it is made of"""
    xs, s, x = Value(FLOATS, "xs"), *floats("s", "x")
    build, body, then = Write(), Write(), Write()
    larger = body("gt", x, s)
    product = then("mul", s, x)
    (chosen,) = body.branch(larger, then.result(product), Write().result(s), FLOAT)
    loop = build.loop(body, carry=[(1.0, s, chosen)], consume=[(xs, x)])
    return function(build, [xs], loop.finals[0])


def two_lengths() -> Function:
    """for x, y in zip(xs, ys): s += x * y"""
    xs, ys, s, x, y = Value(FLOATS, "xs"), Value(FLOATS, "ys"), *floats("s", "x", "y")
    build, body = Write(), Write()
    total = body("add", s, body("mul", x, y))
    loop = build.loop(body, carry=[(0.0, s, total)], consume=[(xs, x), (ys, y)])
    return function(build, [xs, ys], loop.finals[0])


def collected_anyway() -> Function:
    """ys = [exp(x) for x in xs]; sum(ys)"""
    xs, x = Value(FLOATS, "xs"), Value(FLOAT, "x")
    build, body = Write(), Write()
    loop = build.loop(body, consume=[(xs, x)], collect=[body("math.exp", x)])
    return function(build, [xs], build("sum", loop.sequences[0]))


def in_an_arm() -> Function:
    """if a > 1: newton(a) else: a"""
    inside = newton()
    (a,) = inside.params
    build = Write()
    (result,) = build.branch(build("gt", a, 1.0), inside.body, Write().result(a), FLOAT)
    return function(build, [a], result)


ONE_A_STEP = Saved(("list[float]",), backward_carries=2)
CASES: dict[str, tuple[Callable[[], Function], Saved]] = {
    "a linear loop saves nothing": (linear, Saved(backward_carries=1)),
    "what is consumed is at hand": (squares, Saved()),
    "the index is at hand": (by_index, Saved(backward_carries=1)),
    "newton saves one number a step": (newton, ONE_A_STEP),
    "the next is carried backwards": (both_needed, Saved(("list[float]",), 0, 2)),
    "nested loops save sequences of sequences": (
        nested,
        Saved(("list[list[float]]", "list[float]"), backward_carries=4),
    ),
    "a while loop that saves nothing is counted": (halving, Saved((), 1, 1)),
    "a while loop that saves is not": (while_newton, ONE_A_STEP),
    "conditions are recomputed": (branching, Saved(("list[float]",), backward_carries=1)),
    "two sequences are at hand": (two_lengths, Saved()),
    "what is collected is not saved again": (collected_anyway, Saved(("list[float]",))),
    "an arm hands out what its loop saved": (in_an_arm, ONE_A_STEP),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_saved(name: str) -> None:
    make, expected = CASES[name]
    made = make()
    inputs = [place for place, param in enumerate(made.params) if param.name != "n"]
    wanted = [place for place in inputs if made.params[place].name != "c"]
    assert saved(made, *wanted) == expected


def test_the_second_derivative_saves_in_proportion() -> None:
    """x going forward; a / x going backward, and the cotangents of the x that were saved."""
    gradient = optimise(reverse_gradient(newton(), Wanted((0,), True), clean))
    second = optimise(reverse_gradient(gradient, Wanted((0,), True), clean))
    verify(second)
    loops = [node for node in second.body.nodes if isinstance(node, Loop)]
    assert [len(node.sequences) for node in loops] == [1, 1, 1, 0]
    assert [node.origin.order for node in loops] == [0, 1, 2, 2]


@pytest.mark.parametrize(
    ("make", "arguments", "derivative"),
    [
        (linear, ([1.0, 2.0, 3.0], 2.0), ([0.5, 1.0, 2.0],)),
        (squares, ([1.0, 2.0],), ([2.0, 4.0],)),
        (by_index, (5.0, 4), (0.0,)),
        (halving, (6.0,), (0.125,)),
        (halving, (0.5,), (1.0,)),
        (branching, ([2.0, 1.0, 3.0],), ([3.0, 0.0, 2.0],)),
        (two_lengths, ([1.0, 2.0, 3.0], [4.0, 5.0]), ([4.0, 5.0, 0.0], [1.0, 2.0])),
        (two_lengths, ([], [4.0, 5.0]), ([], [0.0, 0.0])),
        (collected_anyway, ([0.0],), ([1.0],)),
    ],
)
def test_the_derivatives_are_right(
    make: Callable[[], Function], arguments: tuple[object, ...], derivative: object
) -> None:
    made = make()
    wanted = tuple(k for k, param in enumerate(made.params) if param.name not in ("n", "c"))
    gradient = optimise(reverse_gradient(made, Wanted(wanted, False), clean))
    assert interpret(gradient, arguments) == derivative
