"""Loops come out as one would write them, and carried values keep what they should."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import BOOL, FLOAT, INT, SequenceType
from autodiff_compiler.ir.values import Block, Function, If, Operand, Value
from tests.building import FLOATS, Write, floats, function, upto
from tests.emit.emitting import agree, at, body_of, value

XS = [0.5, -1.0, 2.0, 3.0]


def carrying(
    nexts: str, inits: Sequence[object] = (), count: int = 4
) -> tuple[Function, Sequence[Value]]:
    """A loop over (a, b, c); `nexts` says, in letters and sums of two, what each becomes."""
    params = floats("x", "y", "z")
    args = floats("a", "b", "c")
    letters = dict(zip("abc", args, strict=True))
    body = Write(at(3))
    following: list[Operand] = []
    for word in nexts.split():
        if "+" in word:
            left, right = word.split("+")
            target = args[len(following)].name
            following.append(body("add", letters[left], letters[right], called=target))
        else:
            following.append(letters[word])
    build = Write(at(2))
    starts = inits or params
    loop = build.loop(
        body, carry=list(zip(starts, args, following, strict=True)), space=upto(count)
    )
    result = build("tuple", *loop.finals, container="tuple")
    return function(build, params, result), args


@pytest.mark.parametrize(
    ("nexts", "expected"),
    [
        ("b a c", "a, b = b, a"),
        ("b c a", "a, b, c = b, c, a"),
        ("c a b", "a, b, c = c, a, b"),
        ("b a+b c", "a, b = b, a + b"),
        ("a+b b+c c+a", "a, b, c = a + b, b + c, c + a"),
        ("a+b a b", "c = b\n    a, b = a + b, a"),
        ("a b+a c+b", "c = c + b\n    b = b + a"),
        ("b c c", "a = b\n    b = c"),
        ("a+a b+b c+c", "a = a + a\n    b = b + b\n    c = c + c"),
    ],
)
def test_carried_values_are_handed_on_in_parallel(nexts: str, expected: str) -> None:
    made, _ = carrying(nexts)
    assert f"    {expected}\n" in body_of(made)
    agree(made, [1.0, 2.0, 4.0])


@pytest.mark.parametrize("nexts", ["b a c", "c+a a b", "b+c b a+a", "b a+b a"])
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_carried_values_that_start_from_one_value(nexts: str, count: int) -> None:
    x, y, z = floats("x", "y", "z")
    for inits in ([x, x, x], [x, 1.0, 2.0], [y, x, y], [1.0, 1.0, z]):
        made, _ = carrying(nexts, inits, count)
        used = Function("f", (x, y, z), made.body)
        agree(used, [1.0, 2.0, 4.0])


def test_the_old_value_is_read_after_the_next_is_computed() -> None:
    (a,) = floats("a")
    x, y = floats("x", "y")
    body = Write(at(3))
    new_x = body("mul", 0.5, x, called="x")
    body("print", new_x)
    new_y = body("sub", y, x, called="y")
    build = Write(at(2))
    loop = build.loop(body, carry=[(a, x, new_x), (a, y, new_y)], space=upto(3))
    made = function(build, [a], build("add", loop.finals[0], loop.finals[1]))
    assert body_of(made) == (
        "x = a\n"
        "y = a\n"
        "for _ in range(3):\n"
        "    x_2 = 0.5 * x\n"
        "    print(x_2)\n"
        "    y = y - x\n"
        "    x = x_2\n"
        "return x + y\n"
    )
    agree(made, [8.0])


def test_a_value_computed_early_waits_until_the_old_one_is_no_longer_read() -> None:
    (a,) = floats("a")
    x, y = floats("x", "y")
    body = Write(at(3))
    new_x = body("mul", 0.5, x, called="x")
    new_y = body("sub", y, x, called="y")
    build = Write(at(2))
    loop = build.loop(body, carry=[(a, x, new_x), (a, y, new_y)], space=upto(3))
    made = function(build, [a], build("add", loop.finals[0], loop.finals[1]))
    assert "    y = y - x\n    x = 0.5 * x\n" in body_of(made)
    agree(made, [8.0])


def test_a_parameter_is_counted_down_inside_the_loop_it_bounds() -> None:
    n = Value(INT, "n")
    arg = Value(INT, "n")
    body = Write(at(3, "n -= 2"))
    following = body("sub", arg, 2, called="n")
    build = Write(at(2))
    loop = build.loop(body, carry=[(n, arg, following)], space=upto(n))
    made = function(build, [n], loop.finals[0])
    assert body_of(made) == "for _ in range(n):\n    n -= 2\nreturn n\n"
    agree(made, [5], [0], [-1])


@pytest.mark.parametrize(
    ("start", "stop", "step", "text"),
    [(0, 5, 1, "range(5)"), (2, 5, 1, "range(2, 5)"), (5, -1, -2, "range(5, -1, -2)")],
)
@pytest.mark.parametrize("backwards", [False, True])
def test_ranges(start: int, stop: int, step: int, text: str, backwards: bool) -> None:
    (x,) = floats("x")
    s, i = value("s"), Value(INT, "i")
    body = Write(at(3))
    following = body("add", body("mul", s, x), i, called="s")
    build = Write(at(2))
    loop = build.loop(
        body,
        carry=[(0.0, s, following)],
        space=upto(stop, start, step),
        index=i,
        backwards=backwards,
        collect=[s],
    )
    result = build("tuple", loop.finals[0], loop.sequences[0], container="tuple")
    made = function(build, [x], result)
    expected = f"for i in reversed({text}):" if backwards else f"for i in {text}:"
    assert expected in body_of(made)
    assert (".reverse()" in body_of(made)) == backwards
    agree(made, [2.0])


def over(
    *names: str, backwards: bool = False, index: bool = False, stop: object = None
) -> Function:
    sequences = [Value(FLOATS, name) for name in names]
    elements = [value(name.removesuffix("s")) for name in names]
    s, i = value("s"), Value(INT, "i")
    body = Write(at(3))
    term: Value = elements[0]
    for element in elements[1:]:
        term = body("mul", term, element)
    if index:
        term = body("mul", term, i)
    following = body("add", body("mul", s, 0.5), term, called="s")
    build = Write(at(2))
    if stop == "len":
        stop = build("len", sequences[0])
    loop = build.loop(
        body,
        carry=[(0.0, s, following)],
        consume=list(zip(sequences, elements, strict=True)),
        backwards=backwards,
        space=None if stop is None else upto(stop),
        index=i if stop is not None else None,
    )
    return function(build, sequences, loop.finals[0])


LENGTHS = [[XS, XS[:2]], [XS[:1], XS], [[], XS], [XS, XS]]


@pytest.mark.parametrize(
    ("options", "head"),
    [
        ({}, "for x in xs:"),
        ({"backwards": True}, "for x in reversed(xs):"),
        ({"index": True, "stop": "len"}, "for i, x in enumerate(xs):"),
        ({"stop": "len"}, "for x in xs:"),
        (
            {"index": True, "stop": "len", "backwards": True},
            "for i, x in reversed(list(enumerate(xs))):",
        ),
        ({"index": True, "stop": 3}, "for i, x in zip(range(3), xs):"),
        ({"stop": 3}, "for _, x in zip(range(3), xs):"),
        (
            {"index": True, "stop": 3, "backwards": True},
            "for i, x in reversed(list(zip(range(3), xs))):",
        ),
    ],
)
def test_one_sequence(options: dict[str, object], head: str) -> None:
    made = over("xs", **options)  # type: ignore[arg-type]
    assert head in body_of(made)
    agree(made, [XS], [[]], [XS[:1]])


@pytest.mark.parametrize(
    ("options", "head"),
    [
        ({}, "for x, y in zip(xs, ys):"),
        ({"backwards": True}, "for x, y in reversed(list(zip(xs, ys))):"),
        ({"index": True, "stop": "len"}, "for i, (x, y) in enumerate(zip(xs, ys)):"),
        (
            {"index": True, "stop": "len", "backwards": True},
            "for i, (x, y) in reversed(list(enumerate(zip(xs, ys)))):",
        ),
    ],
)
def test_two_sequences_of_whatever_length(options: dict[str, object], head: str) -> None:
    made = over("xs", "ys", **options)  # type: ignore[arg-type]
    assert head in body_of(made)
    agree(made, *LENGTHS)


def test_two_sequences_of_one_loop_are_reversed_one_by_one() -> None:
    xs = Value(FLOATS, "xs")
    x, s = value("x"), value("s")
    body = Write(at(3))
    following = body("add", s, x, called="s")
    build = Write(at(2))
    loop = build.loop(body, carry=[(0.0, s, following)], consume=[(xs, x)], collect=[s, following])
    a, b, t = floats("a", "b", "t")
    back = Write(at(3))
    after = back("sub", back("mul", t, a), b, called="t")
    second = build.loop(
        back,
        carry=[(1.0, t, after)],
        consume=list(zip(loop.sequences, (a, b), strict=True)),
        backwards=True,
    )
    made = function(build, [xs], second.finals[0])
    assert "for a, b in zip(reversed(s_saved), reversed(s_saved_2)):" in body_of(made)
    agree(made, [XS], [[]])


def looping_while(*, simple: bool, trips: bool) -> Function:
    (limit,) = floats("limit")
    x = value("x")
    test = Write(at(3))
    if not simple:
        test("print", x)
    holds = test.result(test("lt", x, limit))
    body = Write(at(4))
    following = body("mul", x, 2.0, called="x")
    build = Write(at(2))
    counter = Value(INT, "steps") if trips else None
    loop = build.loop(body, carry=[(1.0, x, following)], test=holds, trips=counter)
    result = loop.finals[0]
    if counter is not None:
        result = build("mul", result, counter)
    return function(build, [limit], result)


def test_while() -> None:
    made = looping_while(simple=True, trips=False)
    assert body_of(made) == "x = 1.0\nwhile x < limit:\n    x = x * 2.0\nreturn x\n"
    agree(made, [20.0], [0.0])


def test_a_test_with_statements_stands_in_the_loop() -> None:
    made = looping_while(simple=False, trips=False)
    assert body_of(made) == (
        "x = 1.0\n"
        "while True:\n"
        "    print(x)\n"
        "    if not x < limit:\n"
        "        break\n"
        "    x = x * 2.0\n"
        "return x\n"
    )


def test_iterations_are_counted() -> None:
    made = looping_while(simple=True, trips=True)
    assert body_of(made) == (
        "x = 1.0\nsteps = 0\nwhile x < limit:\n    x = x * 2.0\n    steps += 1\nreturn x * steps\n"
    )
    agree(made, [20.0], [0.0])


def test_a_test_ends_a_for_loop() -> None:
    xs = Value(FLOATS, "xs")
    x, s = value("x"), value("s")
    test = Write(at(3))
    holds = test.result(test("lt", s, 2.0))
    body = Write(at(4))
    following = body("add", s, x, called="s")
    build = Write(at(2))
    steps = Value(INT, "steps")
    loop = build.loop(
        body, carry=[(0.0, s, following)], consume=[(xs, x)], test=holds, trips=steps,
        collect=[following],
    )  # fmt: skip
    result = build("tuple", *loop.finals, steps, *loop.sequences, container="tuple")
    made = function(build, [xs], result)
    assert "for x in xs:\n    if not s < 2.0:\n        break\n" in body_of(made)
    agree(made, [XS], [[]], [[1.0, 1.0, 5.0]], [[1.0]])


def test_a_loop_that_only_collects_is_a_comprehension() -> None:
    xs, (factor,) = Value(FLOATS, "xs"), floats("factor")
    x = value("x")
    body = Write(at(2, order=1))
    build = Write(at(2, order=1))
    product = body("mul", body("mul", 2.0, x), factor, called="x_bar")
    loop = build.loop(body, consume=[(xs, x)], collect=[product], backwards=True)
    made = function(build, [xs, factor], loop.sequences[0])
    assert body_of(made) == "return [2.0 * x * factor for x in xs]\n"
    agree(made, [XS, 3.0], [[], 1.0])


def test_a_comprehension_does_not_hide_what_it_reads() -> None:
    xs, x = Value(FLOATS, "xs"), value("x")
    element = value("x")
    body = Write(at(2))
    build = Write(at(2))
    loop = build.loop(body, consume=[(xs, element)], collect=[body("mul", element, x)])
    made = function(build, [xs, x], build("tuple", x, loop.sequences[0], container="tuple"))
    assert body_of(made) == "return x, [x_2 * x for x_2 in xs]\n"
    agree(made, [XS, 3.0])


def nested(*, reads_after: bool) -> Function:
    """Rows are saved by an inner loop, the rows by an outer one, and taken apart backwards."""
    n = Value(INT, "n")
    (y,) = floats("y")
    row_type = SequenceType(FLOATS)
    p, row, i, j = value("p"), value("row"), Value(INT, "i"), Value(INT, "j")
    inner = Write(at(5))
    new_row = inner("add", inner("mul", row, y), inner("add", i, j), called="row")
    body = Write(at(4))
    loop = body.loop(inner, carry=[(0.0, row, new_row)], space=upto(i), index=j, collect=[row])
    new_p = body("add", body("mul", p, y), loop.finals[0], called="p")
    build = Write(at(3))
    outer = build.loop(
        body,
        carry=[(0.0, p, new_p)],
        space=upto(n),
        index=i,
        collect=[p, loop.sequences[0]],
    )
    assert outer.sequences[1].type == row_type
    p_back, rows, t, r = value("p"), Value(FLOATS, "row_saved"), value("t"), value("row")
    deep = Write(at(5, order=1))
    t_in = value("t")
    t_out = deep("sub", deep("mul", t_in, y), r, called="t")
    back = Write(at(4, order=1))
    first = back("add", t, p_back, called="t")
    second = back.loop(deep, carry=[(first, t_in, t_out)], consume=[(rows, r)], backwards=True)
    last = back("sub", second.finals[0], p_back, called="t") if reads_after else second.finals[0]
    third = build.loop(
        back,
        carry=[(1.0, t, last)],
        consume=[(outer.sequences[0], p_back), (outer.sequences[1], rows)],
        backwards=True,
    )
    result = build("tuple", outer.finals[0], third.finals[0], container="tuple")
    return function(build, [n, y], result)


@pytest.mark.parametrize("reads_after", [False, True])
def test_saved_sequences_of_sequences(reads_after: bool) -> None:
    made = nested(reads_after=reads_after)
    text = body_of(made)
    assert "    row_saved_2 = []\n    for j in range(i):\n        row_saved_2.append(row)\n" in text
    assert "    saved.append(row_saved_2)\n" in text
    assert "in zip(reversed(p_saved), reversed(saved)):" in text
    agree(made, [4, 0.5], [0, 1.0], [1, 2.0])


@pytest.mark.parametrize("same", [True, False])
def test_rows_saved_together_are_reversed_one_by_one(same: bool) -> None:
    """Two rows are saved per iteration, by one inner loop, or by two that may differ."""
    n, y = Value(INT, "n"), value("y")
    build, body = Write(at(2)), Write(at(3))
    i, rows = Value(INT, "i"), []
    for stop in (i,) if same else (i, n):
        inner, r = Write(at(4)), value("r")
        following = inner("mul", r, y, called="r")
        loop = body.loop(
            inner, carry=[(1.0, r, following)], space=upto(stop), collect=[r, following]
        )
        rows += loop.sequences[: 2 if same else 1]
    outer = build.loop(body, space=upto(n), index=i, collect=rows)
    back, deep = Write(at(3)), Write(at(4))
    taken = [Value(FLOATS, "us"), Value(FLOATS, "vs")]
    t, s, u, v = floats("t", "s", "u", "v")
    s_next = deep("add", s, deep("mul", u, v), called="s")
    last = back.loop(
        deep, carry=[(t, s, s_next)], consume=list(zip(taken, (u, v), strict=True)), backwards=True
    )
    final = build.loop(
        back,
        carry=[(0.0, t, last.finals[0])],
        consume=list(zip(outer.sequences, taken, strict=True)),
        backwards=True,
    )
    made = function(build, [n, y], final.finals[0])
    one_by_one = "in zip(reversed(us), reversed(vs)):"
    assert (one_by_one in body_of(made)) == same
    agree(made, [4, 0.5], [0, 1.0], [1, 2.0])


def test_an_element_takes_the_name_of_what_is_no_longer_needed() -> None:
    xs = Value(FLOATS, "xs")
    x0, (x, s) = value("x"), floats("x", "s")
    for needed in (False, True):
        body = Write(at(3))
        following = body("add", s, x, called="s")
        build = Write(at(2))
        loop = build.loop(body, carry=[(x0, s, following)], consume=[(xs, x)])
        result = build("add", loop.finals[0], x0 if needed else 1.0)
        made = function(build, [xs, x0], result)
        assert ("for x_2 in xs" in body_of(made)) == needed
        agree(made, [XS, 2.0])


def test_each_path_appends_once_before_the_name_is_overwritten() -> None:
    xs = Value(FLOATS, "xs")
    x, s, result = value("x"), value("s"), value("s")
    build = Write(at(2))
    body, add, sub = Write(at(3)), Write(at(4)), Write(at(5))
    condition = body("lt", x, s)
    then = add.result(add("add", s, x, called="s"))
    body.add(If(condition, then, sub.result(sub("sub", s, x)), (result,), origin=at(3)))
    loop = build.loop(body, carry=[(0.0, s, result)], consume=[(xs, x)], collect=[s, result, x])
    made = function(build, [xs], build("tuple", *loop.sequences, container="tuple"))
    agree(made, [XS], [[]])


def test_a_test_sees_the_carried_values_only_and_is_evaluated_each_time() -> None:
    (x,) = floats("x")
    a, k = value("a"), Value(INT, "k")
    test, more = Write(at(3)), Write(at(3))
    few = test("lt", k, 5)
    both = Value(BOOL)
    other = more.result(more("lt", more("math.sqrt", a), 10.0))
    test.add(If(few, other, Block((), (few,)), (both,), "and", at(3)))
    body = Write(at(4))
    a_next = body("mul", a, x, called="a")
    k_next = body("add", k, 1, called="k")
    build = Write(at(2))
    loop = build.loop(body, carry=[(x, a, a_next), (0, k, k_next)], test=test.result(both))
    made = function(build, [x], build("tuple", *loop.finals, container="tuple"))
    assert "while k < 5 and math.sqrt(a) < 10.0:" in body_of(made)
    agree(made, [2.0], [9.0], [1.0])


def test_a_constant_of_a_loop_that_never_runs() -> None:
    s = value("s")
    body = Write(at(3))
    following = body("add", s, 1.0)
    build = Write(at(2))
    loop = build.loop(body, carry=[(const(2.5), s, following)], space=upto(0))
    agree(function(build, [], loop.finals[0]), [])
    assert FLOAT == s.type
