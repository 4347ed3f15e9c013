"""What the IR means: every feature of a loop, branches, calls, effects."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from autodiff_compiler.ir.builder import UNBOUND_VALUE, const
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.types import FLOAT, INT, UNBOUND, SequenceType, join
from autodiff_compiler.ir.values import Block, Call, Loop, Operand, Range, Value
from autodiff_compiler.ir.verifier import verify
from tests.building import DERIVATIVE, FLOATS, Write, floats, function, upto

INTS = SequenceType(INT)


def run(build: Write, params: list[Value], result: Operand, *arguments: object) -> object:
    made = function(build, params, result)
    verify(made)
    return interpret(made, arguments)


def indices(space: Range, **more: object) -> Loop:
    """A loop that collects its index and carries the index it saw last."""
    index, last = Value(INT, "i"), Value(INT, "last")
    return Write().loop(
        Write(), carry=[(-1, last, index)], collect=[index], space=space, index=index, **more
    )


def collected(node: Loop, which: Operand, params: list[Value], *arguments: object) -> object:
    build = Write()
    build.add(node)
    return run(build, params, which, *arguments)


@pytest.mark.parametrize(
    ("bounds", "visited"),
    [
        ((0, 4, 1), [0, 1, 2, 3]),
        ((2, 9, 3), [2, 5, 8]),
        ((5, 0, -2), [5, 3, 1]),
        ((0, 0, 1), []),
        ((3, 1, 1), []),
        ((1, 3, -1), []),
    ],
)
def test_a_loop_visits_its_space(bounds: tuple[int, int, int], visited: list[int]) -> None:
    start, stop, step = bounds
    node = indices(upto(stop, start, step))
    assert collected(node, node.sequences[0], []) == visited
    node = indices(upto(stop, start, step))
    assert collected(node, node.finals[0], []) == (visited[-1] if visited else -1)


def test_backwards_runs_the_same_iterations_and_collects_by_position() -> None:
    node = indices(upto(9, 2, 3), backwards=True)
    assert collected(node, node.sequences[0], []) == [2, 5, 8]
    node = indices(upto(9, 2, 3), backwards=True)
    assert collected(node, node.finals[0], []) == 2, "the first iteration comes last"


@pytest.mark.parametrize("backwards", [False, True])
def test_the_shortest_of_space_and_sequences_ends_a_loop(backwards: bool) -> None:
    xs, ys = Value(FLOATS, "xs"), Value(SequenceType(FLOAT, "tuple"), "ys")
    x, y, index = Value(FLOAT, "x"), Value(FLOAT, "y"), Value(INT, "i")
    last = Value(FLOAT, "last")
    body = Write()
    pair = body("add", x, body("mul", 10.0, y))
    node = Write().loop(
        body,
        carry=[(0.0, last, pair)],
        consume=[(xs, x), (ys, y)],
        collect=[index, pair],
        space=upto(5, 7, -1),
        index=index,
        backwards=backwards,
    )
    assert len(range(7, 5, -1)) == 2
    arguments = ([1.0, 2.0, 3.0], (4.0, 5.0, 6.0, 7.0))
    assert collected(node, node.sequences[0], [xs, ys], *arguments) == [7, 6]
    assert collected(node, node.sequences[1], [xs, ys], *arguments) == [41.0, 52.0]
    assert collected(node, node.finals[0], [xs, ys], *arguments) == (41.0 if backwards else 52.0)
    assert collected(node, node.sequences[1], [xs, ys], [1.0], (4.0, 5.0)) == [41.0]
    assert collected(node, node.finals[0], [xs, ys], [], (4.0,)) == 0.0


def counting(limit: int, **more: object) -> Loop:
    """while k < limit: k = k + 1"""
    counter, test, body = Value(INT, "k"), Write(), Write()
    going = test("lt", counter, limit)
    more = {"trips": Value(INT, "trips"), **more}
    following = body("add", counter, 1)
    return Write().loop(
        body, carry=[(0, counter, following)], test=test.result(going), collect=[counter], **more
    )


@pytest.mark.parametrize(("limit", "trips"), [(3, 3), (0, 0), (-1, 0)])
def test_a_failed_test_is_no_iteration(limit: int, trips: int) -> None:
    for which in ("trips", "finals", "sequences"):
        node = counting(limit)
        value = node.trips if which == "trips" else getattr(node, which)[0]
        expected = list(range(trips)) if which == "sequences" else trips
        assert collected(node, value, []) == expected


def test_a_test_and_a_space_end_a_loop_together() -> None:
    node = counting(5, space=upto(3))
    assert node.trips is not None
    assert collected(node, node.trips, []) == 3
    node = counting(2, space=upto(3))
    assert node.trips is not None
    assert collected(node, node.trips, []) == 2


def test_the_test_is_not_asked_once_the_space_is_used_up() -> None:
    xs, counter, test = Value(FLOATS, "xs"), Value(INT, "k"), Write()
    going = test("lt", test("getitem", xs, counter), 10.0)
    body, x = Write(), Value(FLOAT, "x")
    following = body("add", counter, 1)
    node = Write().loop(
        body, carry=[(0, counter, following)], test=test.result(going), consume=[(xs, x)]
    )
    assert collected(node, node.finals[0], [xs], [1.0, 2.0]) == 2
    assert collected(node, node.finals[0], [xs], [1.0, 20.0, 3.0]) == 1


def test_carried_values_change_at_once() -> None:
    a, b, c = floats("a", "b", "c")
    node = Write().loop(Write(), carry=[(1.0, a, b), (2.0, b, c), (3.0, c, a)], space=upto(2))
    for final, expected in zip(node.finals, (3.0, 1.0, 2.0), strict=True):
        assert collected(node, final, []) == expected


def test_sequences_of_sequences() -> None:
    """[[j for j in range(i)] for i in range(3)], and the sum over all of it."""
    i, j, row, item, total = (Value(kind) for kind in (INT, INT, INTS, INT, INT))
    inner, body, build = Write(), Write(), Write()
    collecting = body.loop(inner, collect=[j], space=upto(i), index=j)
    outer = build.loop(body, collect=[collecting.sequences[0]], space=upto(3), index=i)
    rows = outer.sequences[0]
    assert rows.type == SequenceType(INTS)
    deep, flat = Write(), Write()
    each = Value(INT)
    added = deep("add", each, item)
    inside = flat.loop(deep, carry=[(total, each, added)], consume=[(row, item)])
    summing = build.loop(flat, carry=[(0, total, inside.finals[0])], consume=[(rows, row)])
    assert run(build, [], rows) == [[], [0], [0, 1]]
    assert run(build, [], summing.finals[0]) == 1


def test_a_branch_runs_one_arm() -> None:
    x = Value(FLOAT, "x")
    build, then, orelse = Write(), Write(), Write()
    positive = build("gt", x, 0.0)
    root = then("math.sqrt", x)
    (result,) = build.branch(positive, then.result(root), orelse.result(0.0), FLOAT)
    assert run(build, [x], result, 4.0) == 2.0
    assert run(build, [x], result, -4.0) == 0.0


def test_an_unbound_value_may_be_handed_on_but_not_used() -> None:
    x = Value(FLOAT, "x")
    half = join(FLOAT, UNBOUND)
    assert half is not None
    build = Write()
    positive = build("gt", x, 0.0)
    (value,) = build.branch(positive, Write().result(x), Write().block(UNBOUND_VALUE), half)
    bound = build("bound", value, name="y")
    assert run(build, [x], bound, 4.0) == 4.0
    with pytest.raises(UnboundLocalError, match="'y'"):
        run(build, [x], bound, -4.0)


def test_effects_happen_once_and_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    build, body = Write(), Write()
    index = Value(INT, "i")
    text = body("format", index, template=("i = ", ("", "02d")))
    body("print", text, sep=None, end=None)
    build.loop(body, space=upto(2), index=index)
    build("assert", build("lt", 1, 0), "too small")
    with pytest.raises(AssertionError, match="too small"):
        run(build, [], const(0))
    assert capsys.readouterr().out == "i = 00\ni = 01\n"


def test_an_arm_that_raises() -> None:
    x = Value(FLOAT, "x")
    build, then = Write(), Write()
    negative = build("lt", x, 0.0)
    then("raise", "negative", exception="ArithmeticError")
    (result,) = build.branch(negative, Block(tuple(then.nodes), None), Write().result(x), FLOAT)
    assert run(build, [x], result, 1.0) == 1.0
    with pytest.raises(ArithmeticError, match="negative"):
        run(build, [x], result, -1.0)


def test_a_call() -> None:
    y = Value(FLOAT, "y")
    inside = Write()
    square = function(inside, [y], inside("mul", y, y), "square")
    x, result = floats("x", "result")
    build = Write()
    build.add(Call(square, (x,), result))
    assert run(build, [x], result, 3.0) == 9.0


def test_only_the_users_operations_warn() -> None:
    x = Value(FLOAT, "x")
    build = Write()
    users = function(build, [x], build("np.log", x))
    build = Write(origin=DERIVATIVE)
    ours = function(build, [x], build("np.log", x))
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        interpret(users, (0.0,))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert interpret(ours, (0.0,)) == -np.inf


@pytest.mark.parametrize("argument", [1, np.float64(1.0), True, "1.0", [1.0]])
def test_an_argument_is_exactly_of_its_type(argument: object) -> None:
    x = Value(FLOAT, "x")
    with pytest.raises(TypeError, match="cannot hold"):
        interpret(function(Write(), [x], x), (argument,))
    with pytest.raises(TypeError, match="takes 1 argument"):
        interpret(function(Write(), [x], x), (1.0, 2.0))


def test_evaluate_may_count_operations() -> None:
    x = Value(FLOAT, "x")
    build = Write()
    made = function(build, [x], build("mul", build("add", x, x), x))
    seen: list[str] = []

    def note(op: object, operands: object) -> object:
        seen.append(op.operation.name)  # type: ignore[attr-defined]
        return op.operation.evaluate(*operands)  # type: ignore[attr-defined,misc]

    assert interpret(made, (3.0,), note) == 18.0
    assert seen == ["add", "mul"]
