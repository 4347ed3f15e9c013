"""Sequences are changed in place exactly where nobody else can see it."""

from __future__ import annotations

import pytest

from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import INT, SequenceType
from autodiff_compiler.ir.values import Block, Function, If, Loop, Operand, Range, Value
from tests.building import FLOATS, Write, function, upto
from tests.emit.emitting import agree, at, body_of, load, value

XS = [1.0, 2.0, 3.0]


def gradient_of_a_sum() -> Function:
    """xs_bar[i] += w, in a loop backwards."""
    xs, w = Value(FLOATS, "xs"), value("w")
    build = Write(at(2, order=1))
    zeros = build("zeros_like", xs, called="xs_bar")
    xs_bar, i = Value(FLOATS, "xs_bar"), Value(INT, "i")
    body = Write(at(3, "s += w * xs[i]", order=1))
    following = body("index_add", xs_bar, i, w, called="xs_bar")
    length = build("len", xs)
    loop = build.loop(
        body, carry=[(zeros, xs_bar, following)], space=upto(length), index=i, backwards=True
    )
    return function(build, [xs, w], loop.finals[0])


def test_a_fresh_accumulator_is_changed_in_place() -> None:
    made = gradient_of_a_sum()
    assert body_of(made) == (
        "xs_bar = [0.0] * len(xs)\n"
        "for i in reversed(range(len(xs))):\n"
        "    # s += w * xs[i]\n"
        "    xs_bar[i] += w\n"
        "return xs_bar\n"
    )
    agree(made, [XS, 2.0], [[], 2.0])


def test_an_argument_is_copied() -> None:
    xs = Value(FLOATS, "xs")
    build = Write(at(2))
    made = function(build, [xs], build("index_add", xs, 0, 1.0, called="ys"))
    assert body_of(made) == "ys = list(xs)\nys[0] += 1.0\nreturn ys\n"
    agree(made, [XS])


def carried(init: str, *, needed_after: bool = False) -> Function:
    xs, arg = Value(FLOATS, "xs"), Value(FLOATS, "ys")
    build = Write(at(2))
    start = xs if init == "argument" else build("zeros_like", xs, called="ys")
    body = Write(at(3))
    following = body("index_add", arg, 0, 1.0, called="ys")
    loop = build.loop(body, carry=[(start, arg, following)], space=upto(3))
    result = build("tuple", loop.finals[0], start, container="tuple")
    return function(build, [xs], result if needed_after else loop.finals[0])


def test_what_a_loop_starts_from_is_copied_once_unless_it_is_owned() -> None:
    made = carried("argument")
    assert body_of(made) == ("ys = list(xs)\nfor _ in range(3):\n    ys[0] += 1.0\nreturn ys\n")
    agree(made, [XS])
    assert "list(" not in body_of(carried("zeros"))
    agree(carried("zeros"), [XS])
    assert body_of(carried("zeros", needed_after=True)).count("list(") == 1
    agree(carried("zeros", needed_after=True), [XS])


def test_two_carried_sequences_never_start_from_one() -> None:
    xs = Value(FLOATS, "xs")
    a, b = Value(FLOATS, "a"), Value(FLOATS, "b")
    build = Write(at(2))
    zeros = build("zeros_like", xs)
    body = Write(at(3))
    nexts = body("index_add", a, 0, 1.0), body("index_add", b, 1, 2.0)
    loop = build.loop(body, carry=[(zeros, a, nexts[0]), (zeros, b, nexts[1])], space=upto(2))
    made = function(build, [xs], build("tuple", *loop.finals, container="tuple"))
    agree(made, [XS])


@pytest.mark.parametrize("crossed", [False, True])
def test_rotation_costs_nothing(crossed: bool) -> None:
    xs = Value(FLOATS, "xs")
    a, b = Value(FLOATS, "a"), Value(FLOATS, "b")
    build = Write(at(2))
    starts = build("zeros_like", xs), build("zeros_like", xs)
    body = Write(at(3))
    changed = body("index_add", a, 0, 1.0)
    nexts = (b, changed) if crossed else (changed, b)
    pairs = zip(starts, (a, b), nexts, strict=True)
    loop = build.loop(body, carry=list(pairs), space=upto(3))
    made = function(build, [xs], build("tuple", *loop.finals, container="tuple"))
    assert "list(" not in body_of(made)
    agree(made, [XS])


def read_around(where: str) -> Function:
    """A read of the old list, before or after it is changed."""
    xs = Value(FLOATS, "xs")
    build = Write(at(2))
    old = build("zeros_like", xs, called="ys")
    before = build("getitem", old, 0, called="first")
    new = build("index_add", old, 0, 1.0, called="ys")
    after = build("getitem", old, 0, called="first") if where == "after" else before
    result = build("tuple", after, new, container="tuple")
    return function(build, [xs], result)


def test_a_read_of_the_old_value_needs_a_copy_only_if_it_comes_later() -> None:
    assert "list(" not in body_of(read_around("before"))
    assert "list(" in body_of(read_around("after"))
    agree(read_around("before"), [XS])
    agree(read_around("after"), [XS])


def test_an_unnamed_read_is_not_moved_past_the_change() -> None:
    xs = Value(FLOATS, "xs")
    build = Write(at(2))
    old = build("zeros_like", xs, called="ys")
    first = build("sum_from", old, 0.5)
    new = build("index_add", old, 0, 1.0, called="ys")
    made = function(build, [xs], build("tuple", first, new, container="tuple"))
    assert "list(" not in body_of(made)
    assert "total = sum(ys, 0.5)\nys[0] += 1.0\n" in body_of(made)
    agree(made, [XS])


def test_the_change_may_read_what_it_changes() -> None:
    xs = Value(FLOATS, "xs")
    build = Write(at(2, order=1))
    old = build("fill", 3.0, 2, called="ys")
    new = build("index_add", old, 0, build("getitem", old, 1), called="ys")
    made = function(build, [xs], new)
    assert body_of(made) == "ys = [3.0] * 2\nys[0] += ys[1]\nreturn ys\n"
    agree(made, [XS])


def saved_while_changed(collect_old: bool) -> Function:
    """Each iteration saves the list and changes it."""
    xs, arg = Value(FLOATS, "xs"), Value(FLOATS, "ys")
    build = Write(at(2))
    zeros = build("zeros_like", xs)
    body = Write(at(3))
    following = body("index_add", arg, 0, 1.0, called="ys")
    saved = Value(SequenceType(FLOATS), "ys_saved")
    loop = Loop(
        inits=(zeros,),
        args=(arg,),
        nexts=(following,),
        finals=(Value(FLOATS, "ys"),),
        body=tuple(body.nodes),
        space=upto(3),
        collects=(arg if collect_old else following,),
        sequences=(saved,),
        origin=at(2),
    )
    build.add(loop)
    return function(build, [xs], build("tuple", saved, loop.finals[0], container="tuple"))


@pytest.mark.parametrize("collect_old", [False, True])
def test_a_saved_sequence_is_never_changed_afterwards(collect_old: bool) -> None:
    made = saved_while_changed(collect_old)
    assert "list(" in body_of(made)
    agree(made, [XS])


def test_rows_are_handed_on_when_they_are_saved() -> None:
    """A row is made, filled and saved; the next one is another."""
    n = Value(INT, "n")
    build, body, inner = Write(at(2)), Write(at(3)), Write(at(4))
    row, j = Value(FLOATS, "row"), Value(INT, "j")
    fresh = body("fill", 0.0, n, called="row")
    following = inner("index_add", row, j, 1.0, called="row")
    filled = body.loop(inner, carry=[(fresh, row, following)], space=upto(n), index=j)
    rows = build.loop(body, space=upto(n), collect=[filled.finals[0]])
    made = function(build, [n], rows.sequences[0])
    assert "list(" not in body_of(made)
    agree(made, [3], [0])


def through_a_branch(yielded: str) -> Function:
    """An arm adds to an accumulator, the other one hands it on, or something else."""
    xs, c = Value(FLOATS, "xs"), value("c")
    build, body, then = Write(at(2)), Write(at(3)), Write(at(4))
    arg = Value(FLOATS, "xs_bar")
    zeros = build("zeros_like", xs, called="xs_bar")
    changed = then("index_add", arg, 0, 1.0, called="xs_bar")
    result = Value(FLOATS, "xs_bar")
    other: Operand = {"same": arg, "argument": xs, "constant": const([0.5, 0.5])}[yielded]
    body.add(
        If(body("lt", c, 0.5), then.result(changed), Block((), (other,)), (result,), origin=at(3))
    )
    after = body("index_add", result, 1, 2.0, called="xs_bar")
    loop = build.loop(body, carry=[(zeros, arg, after)], space=upto(2))
    return function(build, [xs, c], loop.finals[0])


@pytest.mark.parametrize(("yielded", "copies"), [("same", 0), ("argument", 1), ("constant", 1)])
def test_a_branch_hands_on_what_it_owns(yielded: str, copies: int) -> None:
    made = through_a_branch(yielded)
    assert body_of(made).count("list(") == copies
    agree(made, [XS, 0.0], [XS, 1.0])


def test_a_list_that_is_iterated_over_is_not_changed_meanwhile() -> None:
    xs = Value(FLOATS, "xs")
    build, body = Write(at(2)), Write(at(3))
    zeros = build("fill", 1.0, 3, called="ys")
    x, s = value("y"), value("s")
    changed = body("index_add", zeros, 0, x)
    following = body("add", s, body("getitem", changed, 0), called="s")
    loop = build.loop(body, carry=[(0.0, s, following)], consume=[(zeros, x)])
    agree(function(build, [xs], loop.finals[0]), [XS])


def test_an_alias_made_in_a_loop_keeps_its_list() -> None:
    """A carried list that is not changed itself is what another one was before its change."""
    xs = Value(FLOATS, "xs")
    build, body = Write(at(2)), Write(at(3))
    zeros = build("zeros_like", xs)
    new, old = Value(FLOATS, "new"), Value(FLOATS, "old")
    following = body("index_add", new, 0, 1.0, called="new")
    loop = build.loop(body, carry=[(zeros, new, following), (xs, old, new)], space=upto(3))
    made = function(build, [xs], build("tuple", *loop.finals, container="tuple"))
    agree(made, [XS])


def test_a_structure_holds_its_list() -> None:
    xs = Value(FLOATS, "xs")
    build = Write(at(2))
    zeros = build("zeros_like", xs)
    held = build("tuple", zeros, 1.0, container="tuple", called="held")
    changed = build("index_add", zeros, 0, 1.0)
    made = function(build, [xs], build("tuple", held, changed, container="tuple"))
    agree(made, [XS])


@pytest.mark.parametrize("shape", ["straight", "loop"])
def test_a_pullback_changes_nothing_that_the_next_call_needs(shape: str) -> None:
    xs, out_bar = Value(FLOATS, "xs"), value("out_bar")
    build = Write(at(2))
    ones = build("fill", 1.0, 3, called="ones")
    first = build("getitem", ones, 0, called="first")
    build.origin = at(2, order=1)
    start: Value = ones
    if shape == "loop":
        arg = Value(FLOATS, "acc")
        body = Write(at(3, order=1))
        following = body("index_add", arg, 0, out_bar)
        loop = build.loop(body, carry=[(ones, arg, following)], space=Range(*map(const, (0, 2, 1))))
        start = loop.finals[0]
    else:
        start = build("index_add", ones, 0, out_bar, called="ones")
    result = build("tuple", first, start, container="tuple")
    made = Function("f", (xs, out_bar), build.block(result), late=1)
    _, pullback = load(made)(XS)
    assert pullback(1.0) == pullback(1.0)
    assert pullback(2.0)[0] == 1.0 + 2.0 * (2 if shape == "loop" else 1)


def test_accumulators_are_made_anew_by_each_call() -> None:
    xs, out_bar = Value(FLOATS, "xs"), value("out_bar")
    build = Write(at(2))
    total = build("sum_from", xs, 0.0)
    build.origin = at(2, order=1)
    zeros = build("zeros_like", xs, called="xs_bar")
    changed = build("index_add", zeros, 0, out_bar, called="xs_bar")
    result = build("tuple", total, changed, container="tuple")
    made = Function("f", (xs, out_bar), build.block(result), late=1)
    assert body_of(made) == (
        "xs_2 = list(xs)\n"
        "\n"
        "def pullback(out_bar):\n"
        "    xs_bar = [0.0] * len(xs_2)\n"
        "    xs_bar[0] += out_bar\n"
        "    return xs_bar\n"
        "\n"
        "return sum(xs, 0.0), pullback\n"
    )
