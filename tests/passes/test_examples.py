"""Each pass on a function that holds what it is about: before and after, as printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.printer import print_function
from autodiff_compiler.ir.types import (
    FLOAT,
    INT,
    NP_BOOL,
    NP_FLOAT,
    NP_INT,
    ScalarType,
    SequenceType,
)
from autodiff_compiler.ir.values import Block, Call, Function, If, Origin, Value
from autodiff_compiler.ir.verifier import verify
from autodiff_compiler.passes import (
    clean,
    drop_dead,
    drop_repeated_errors,
    inline_calls,
    settle_signs,
    share_common,
    simplify_algebra,
    simplify_control,
    sink_sums,
)
from tests.building import DERIVATIVE, FLOATS, Write, floats, function, upto

Golden = Callable[[str, str], None]
USER = Origin()
PASSES: dict[str, Callable[[Block], Block]] = {
    "algebra": simplify_algebra,
    "algebra_exact": simplify_algebra,
    "signs": settle_signs,
    "cse": share_common,
    "control": simplify_control,
    "dce": drop_dead,
    "inline": inline_calls,
    "sink": sink_sums,
    "raising": drop_repeated_errors,
    "clean": clean,
}


def products(build: Write) -> Function:
    x, y, c = *floats("x", "y"), Value(FLOAT, "c")
    k = Value(INT, "k")
    parts = [
        build("mul", 1.0, x),
        build("mul", x, -1.0),
        build("mul", y, 3.0),
        build("mul", 2.0, build("mul", 0.25, x)),
        build("mul", build("neg", x), build("neg", y)),
        build("mul", build("neg", x), c),
        build("mul", -1.0, k),
        build("add", x, 0.0),
        build("add", y, y),
        build("add", x, build("neg", c)),
        build("sub", x, build("neg", y)),
        build("sub", 0.0, y),
        build("ieee_div", x, 4.0),
        build("ieee_div", x, y),
        build("ieee_div", x, 1.0),
        build("pow", x, 1),
        build("neg", build("neg", y)),
        build("mul", const(3.5, "RATE"), build("mul", 2.0, y)),
        build("add", 2.0, 0.5),
        build("select", build("lt", x, y), c, c),
        build("getitem", build("pack", x, y, container="list"), -1),
        build("item", build("tuple", x, y, container="tuple"), index=0),
        build("float", c),
    ]
    result = build("tuple", *parts, container="tuple")
    return function(build, [x, y, c, k], result)


def algebra() -> Function:
    """Derivative statements: ours to arrange."""
    return products(Write(origin=DERIVATIVE))


def algebra_exact() -> Function:
    """The same, written by the user: only what changes no bit may go."""
    return products(Write())


def signs() -> Function:
    """A sign that no sum has taken up goes into the constant beside it."""
    x, y = floats("x", "y")
    build = Write(origin=DERIVATIVE)
    inside = build("neg", build("mul", 0.5, x))
    total = build("add", inside, build("neg", y))
    return function(build, [x, y], total)


def cse() -> Function:
    """What is dear and stands twice, in one region or in an outer one, is computed once."""
    x, y, xs = *floats("x", "y"), Value(FLOATS, "xs")
    build, then, orelse = Write(), Write(), Write()
    a = build("pow", x, y, called="a")
    b = build("pow", x, y, called="b")
    other = build("pow", y, x, called="c")
    big = build("lt", a, b)
    lists = [build("pack", x, y, container="list") for _ in range(2)]
    lists += [build("tuple", x, 1, container="list") for _ in range(2)]
    with_sin = then("math.sin", x), then("pow", x, y)
    again = orelse("math.sin", x)
    results = build.branch(
        big,
        then.result(*with_sin),
        orelse.result(again, orelse("pow", y, x)),
        FLOAT,
        FLOAT,
    )
    sine = build("math.sin", x)
    build.origin = DERIVATIVE
    repeated = [
        build("mul", x, y),
        build("mul", y, x),
        build("mul", x, y),
        build("sub", x, y),
    ]
    repeated += [build("sub", y, x), build("math.sin", x), build("math.cos", x)]
    zeros = [build("zeros_like", xs) for _ in range(2)]
    build.origin = USER
    cosine = build("math.cos", x)  # of the user's: a derivative statement doesn't stand in for it
    everything = [other, *lists, *results, sine, *repeated, *zeros, cosine]
    result = build("tuple", *everything, container="tuple")
    return function(build, [x, y, xs], result)


def control() -> Function:
    """Branches and loops that do less than they say."""
    x, y, xs = *floats("x", "y"), Value(FLOATS, "xs")
    build, then, orelse = Write(), Write(), Write()
    positive = build("gt", x, 0.0)
    root = then("math.sqrt", x)
    same, differs = build.branch(
        positive, then.result(y, root), orelse.result(y, 0.0), FLOAT, FLOAT
    )
    inside = Write()
    known = inside("neg", x)
    (chosen,) = build.branch(const(True), inside.result(known), Write().result(0.0), FLOAT)
    steady, zero, s, e, f = floats("steady", "zero", "s", "e", "f")
    body = Write()
    total = body("add", body("add", s, steady), body("mul", e, body("add", f, zero)))
    loop = build.loop(
        body,
        carry=[(y, steady, steady), (0.0, zero, 0.0), (1.0, s, total)],
        consume=[(xs, e), (xs, f)],
        collect=[total, total],
    )
    result = build("tuple", same, differs, chosen, *loop.finals, *loop.sequences, container="tuple")
    return function(build, [x, y, xs], result)


def dce() -> Function:
    """What neither reaches the result nor may be noticed goes; what ends a loop stays."""
    x, xs, ys = *floats("x"), Value(FLOATS, "xs"), Value(FLOATS, "ys")
    build = Write()
    build("math.sin", build("mul", x, x))
    build("math.log", x)  # may raise
    build("div", x, 2.0)  # cannot
    s, only_itself, fed, e, f, i = (
        *floats("s", "own", "fed", "e", "f"),
        Value(INT, "i"),
    )
    body = Write()
    total = body("add", s, e)
    own = body("add", only_itself, fed)
    more = body("mul", fed, 2.0)
    loop = build.loop(
        body,
        carry=[(0.0, s, total), (1.0, only_itself, own), (2.0, fed, more)],
        consume=[(xs, e), (ys, f)],
        collect=[own, total],
        space=upto(build("len", xs)),
        index=i,
        trips=Value(INT, "trips"),
    )
    printing = Write()
    printing("print", "here", sep=None, end=None)
    build.loop(printing, space=upto(2))
    build.loop(Write(), space=upto(3))
    then, orelse = Write(), Write()
    kept, dropped = then("neg", x), then("math.exp", x)
    dead = then("mul", x, x)
    first, _, _ = build.branch(
        build("lt", x, 0.0),
        then.result(kept, dropped, dead),
        orelse.result(0.0, 0.0, 0.0),
        *[FLOAT] * 3,
    )
    build.origin = DERIVATIVE
    build("math.log", x)  # would raise if the user's had
    build.origin = USER
    result = build("add", loop.finals[0], first)
    return function(build, [x, xs, ys], result)


def inline() -> Function:
    """Calls, of functions that call, in a loop."""
    (y,), (z,) = floats("y"), floats("z")
    inside = Write()
    square = function(inside, [y], inside("mul", y, y, called="square"), "square")
    inside, (squared,) = Write(), floats("squared")
    inside.add(Call(square, (z,), squared))
    fourth = function(inside, [z], inside("mul", squared, squared, called="fourth"), "fourth")
    x, a, b, same = floats("x", "a", "b", "same")
    body = Write()
    body.add(Call(fourth, (a,), b))
    build = Write()
    loop = build.loop(body, carry=[(x, a, b)], space=upto(3))
    build.add(Call(function(Write(), [y], y, "itself"), (loop.finals[0],), same))
    return function(build, [x], same)


def sink() -> Function:
    """A sum with what one arm has no part in is taken where it is made; the user's own is not."""
    x, y, a, b = floats("x", "y", "a", "b")
    build = Write(origin=DERIVATIVE)
    condition = build("gt", x, 0.0)

    def branch() -> tuple[Value, ...]:
        build.branch(condition, Write().result(a, 0.0, a), Write().result(0.0, b, b), *[FLOAT] * 3)
        last = build.nodes.pop()
        assert isinstance(last, If)
        build.add(replace(last, origin=DERIVATIVE))
        return last.results

    first, second, neither = branch()
    total = build("add", build("mul", x, y), first)
    other = build("add", y, second)
    kept = build("add", y, neither)
    first, _, _ = branch()
    build.origin = USER
    exact = build("add", y, first)
    result = build("tuple", total, other, kept, exact, container="tuple")
    return function(build, [x, y, a, b], result)


def raising() -> Function:
    """What is kept for its error alone goes where another raises the same at the same moment."""
    x, y, z = floats("x", "y", "z")
    build = Write()
    build("math.sin", x)  # math.cos raises for it
    product = build("mul", x, y)
    cosine = build("add", product, build("math.cos", x))
    build("math.log", y)  # another error of the user's may come in between
    root = build("math.sqrt", z)
    logarithm = build("math.log", y)
    build("math.log", y)  # the one before has raised
    build("math.sqrt", x)  # nothing else raises for it
    build("math.exp", z)
    build("print", "here", sep=None, end=None)
    exponential = build("math.exp", z)
    total = build("add", build("add", cosine, logarithm), build("mul", root, exponential))
    return function(build, [x, y, z], total)


def clean_all() -> Function:
    """What one pass leaves for another: a seed of 1 through a product, a dead accumulator."""
    x, x_bar, own, e = floats("x", "x_bar", "own", "e")
    xs = Value(SequenceType(FLOAT), "xs")
    build, body = Write(origin=DERIVATIVE), Write(origin=DERIVATIVE)
    scaled = body("mul", body("mul", 1.0, e), x_bar)
    unread = body("add", own, scaled)
    loop = build.loop(
        body,
        carry=[(1.0, x_bar, body("neg", body("neg", scaled))), (0.0, own, unread)],
        consume=[(xs, e)],
    )
    zero = build("mul", 1.0, build("add", loop.finals[0], 0.0))
    return function(build, [x, xs], build("add", zero, zero))


EXAMPLES: dict[str, Callable[[], Function]] = {
    "algebra": algebra,
    "algebra_exact": algebra_exact,
    "signs": signs,
    "cse": cse,
    "control": control,
    "dce": dce,
    "inline": inline,
    "sink": sink,
    "raising": raising,
    "clean": clean_all,
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_before_and_after(name: str, golden: Golden) -> None:
    before = EXAMPLES[name]()
    verify(before)
    after = replace(before, body=PASSES[name](before.body))
    verify(after)
    what = (EXAMPLES[name].__doc__ or "").strip()
    text = f"{what}\n\n{print_function(before)}\n→\n\n{print_function(after)}"
    golden(f"passes/goldens/{name}.txt", text)


@pytest.mark.parametrize("apply", PASSES.values())
def test_what_needs_nothing_comes_back_as_the_same_object(
    apply: Callable[[Block], Block],
) -> None:
    x, xs = Value(FLOAT, "x"), Value(FLOATS, "xs")
    s, e = floats("s", "e")
    build, body, then = Write(), Write(), Write()
    total = body("add", s, body("mul", e, x))
    loop = build.loop(body, carry=[(0.0, s, total)], consume=[(xs, e)], collect=[total])
    root = then("math.sqrt", loop.finals[0])
    (chosen,) = build.branch(
        build("gt", loop.finals[0], 0.0), then.result(root), Write().result(x), FLOAT
    )
    made = function(build, [x, xs], build("add", chosen, build("sum", loop.sequences[0])))
    verify(made)
    assert apply(made.body) is made.body


@pytest.mark.parametrize(("outer", "inner", "x"), [(1e-200, 1e-200, 1e300), (1e200, 1e200, 1e-300)])
def test_constants_are_not_multiplied_beyond_the_range_of_floats(
    outer: float, inner: float, x: float
) -> None:
    params = floats("x")
    build = Write(origin=DERIVATIVE)
    made = function(build, params, build("mul", outer, build("mul", inner, *params)))
    after = replace(made, body=clean(made.body))
    assert interpret(after, (x,)) == interpret(made, (x,)) != 0.0


def test_nothing_is_written_that_the_types_do_not_admit() -> None:
    """np.bool has neither a sign nor a difference."""
    a, b = Value(NP_BOOL, "a"), Value(NP_BOOL, "b")
    build = Write(origin=DERIVATIVE)
    parts = [
        build("mul", -1.0, b),
        build("mul", b, -1.0),
        build("sub", 0.0, b),
        build("add", build("mul", -2.0, a), b),
        build("mul", build("neg", build("mul", 1.0, a)), b),
        build("sub", build("mul", 0.5, a), build("mul", 0.5, a)),
    ]
    made = function(build, [a, b], build("tuple", *parts, container="tuple"))
    after = replace(made, body=settle_signs(clean(made.body)))
    verify(after)
    for given in ((np.True_, np.True_), (np.True_, np.False_), (np.False_, np.True_)):
        found, wanted = interpret(after, given), interpret(made, given)
        assert found == wanted
        assert [*map(type, found)] == [*map(type, wanted)]


@pytest.mark.parametrize(
    ("kind", "factors"),
    [(NP_INT, (np.int64(4 * 10**9), np.int64(4 * 10**9))), (INT, (10**200, 10**200))],
    ids=["np.int64", "int"],
)
def test_integers_are_not_multiplied_together(
    kind: ScalarType, factors: tuple[object, ...]
) -> None:
    """Their product may wrap, or be too large for a float: c·i·j isn't c·(i·j)."""
    i, j = Value(kind, "i"), Value(kind, "j")
    build = Write(origin=DERIVATIVE)
    made = function(build, [i, j], build("mul", build("mul", 1e-300, i), j))
    after = replace(made, body=clean(made.body))
    assert interpret(after, factors) == interpret(made, factors) > 0.0


def test_what_warns_twice_is_neither_shared_nor_dropped() -> None:
    """np.sin warns where math.sin raises; a division of either kind may do the one or the other."""
    x, y = Value(NP_FLOAT, "x"), Value(ScalarType(FLOAT.kinds | NP_FLOAT.kinds), "y")
    build = Write()
    build("np.sin", x)
    sine = build("np.sin", x)
    build("div", 1.0, y)
    quotient = build("div", 1.0, y)
    made = function(build, [x, y], build("add", sine, quotient))
    after = replace(made, body=drop_repeated_errors(clean(made.body)))
    with pytest.warns(RuntimeWarning) as heard:
        interpret(after, (np.float64(np.inf), np.float64(0.0)))
    assert [str(each.message).split()[0] for each in heard] == ["invalid"] * 2 + ["divide"] * 2
