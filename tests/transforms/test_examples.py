"""Small functions on which a transform once went wrong, or easily could."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from autodiff_compiler.errors import SignatureError
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.types import FLOAT, INT, NP_FLOAT, ScalarType, SequenceType, TupleType
from autodiff_compiler.ir.values import Block, Const, Function, Op, Value, results_of
from autodiff_compiler.ir.walk import all_nodes, values_read
from autodiff_compiler.passes import clean, optimise
from autodiff_compiler.transforms import Wanted, forward_gradient, jvp, reverse_gradient, vjp
from tests.building import FLOATS, Write, floats, function, upto
from tests.random_ir import random_function, seeds
from tests.running import outcome
from tests.transforms.cases import check_dot_product, finished

X, Y, XS, N = Value(FLOAT, "x"), Value(FLOAT, "y"), Value(FLOATS, "xs"), Value(INT, "n")


def gradients(made: Function, arguments: Sequence[object], *argnums: int) -> object:
    """The gradient by reverse mode, which forward mode must equal."""
    wanted = Wanted(argnums, bare=len(argnums) == 1)
    reverse = interpret(finished(reverse_gradient(made, wanted, clean)), arguments)
    assert interpret(finished(forward_gradient(made, wanted)), arguments) == reverse
    return reverse


def names(made: Function) -> list[str]:
    return [node.operation.name for node in all_nodes(made.body.nodes) if isinstance(node, Op)]


def test_an_arm_reads_nothing_of_the_other_arm() -> None:
    """Both arms compute x * x, and both backward arms need it."""
    build, then, orelse = Write(), Write(), Write()
    (result,) = build.branch(
        build("gt", X, 0.0),
        then.result(then("math.sin", then("mul", X, X))),
        orelse.result(orelse("math.cos", orelse("mul", X, X))),
        FLOAT,
    )
    made = function(build, [X], result)
    assert gradients(made, (0.5,), 0) == pytest.approx(np.cos(0.25))
    assert gradients(made, (-0.5,), 0) == pytest.approx(np.sin(0.25))


def test_a_tangent_handed_on_unchanged_keeps_its_place() -> None:
    """The tangent of +y is that of y, whatever it is called."""
    build = Write()
    y = build("math.sin", X)
    z = build("pos", y, called="z")
    assert gradients(function(build, [X], build("mul", z, y)), (0.5,), 0) == pytest.approx(
        np.sin(1.0)
    )


def test_an_int_factor_stays_a_float_in_the_derivative() -> None:
    """−(x · n): the cotangent −1.0 times n is a float, though −n is an int."""
    build = Write()
    made = function(build, [X, N], build("neg", build("mul", X, N)))
    found = gradients(made, (0.5, 3), 0)
    assert (found, type(found)) == (-3.0, float)


def test_the_derivative_of_an_empty_sum_is_a_float() -> None:
    build = Write()
    made = function(build, [XS], build("sum", XS))
    value, tangent = interpret(finished(jvp(made, (0,))), ([], []))  # type: ignore[misc]
    assert (value, type(value)) == (0, int)
    assert (tangent, type(tangent)) == (0.0, float)
    assert gradients(made, ([],), 0) == []


def test_an_index_is_saved_where_a_test_ends_the_loop() -> None:
    """for i in range(9, 0, -2), while s < 20: s += x * i * s"""
    s, i = Value(FLOAT, "s"), Value(INT, "i")
    build, body, test = Write(), Write(), Write()
    total = body("add", s, body("mul", body("mul", X, i), s))
    loop = build.loop(
        body,
        carry=[(1.0, s, total)],
        test=test.result(test("lt", s, 20.0)),
        space=upto(0, 9, -2),
        index=i,
    )
    made = function(build, [X], loop.finals[0])
    assert gradients(made, (1.0,), 0) == 9.0 * 8.0 + 10.0 * 7.0  # s = (1 + 9x)(1 + 7x)


def test_a_collection_of_wider_type_is_not_reused() -> None:
    z, s = Value(NP_FLOAT, "z"), Value(NP_FLOAT, "s")
    mixed = SequenceType(ScalarType(FLOAT.kinds | NP_FLOAT.kinds))
    build, body = Write(), Write()
    loop = build.loop(body, carry=[(z, s, body("mul", s, s))], collect=[s], space=upto(2))
    wide = Value(mixed, "wide")
    node = build.nodes.pop()
    build.add(_with_sequences(node, (wide,)))
    made = function(build, [z], build("add", loop.finals[0], build("sum", wide)))
    assert gradients(made, (np.float64(3.0),), 0) == 4.0 * 27.0 + 1.0 + 6.0


def _with_sequences(node: object, sequences: tuple[Value, ...]) -> object:
    from dataclasses import replace

    return replace(node, sequences=sequences)  # type: ignore[type-var]


def test_what_is_collected_already_is_not_computed_again() -> None:
    """[sqrt(x) for x in xs]: a root is as cheap as can be, but its list is there."""
    build, body, x = Write(), Write(), Value(FLOAT, "x")
    loop = build.loop(body, consume=[(XS, x)], collect=[body("math.sqrt", x)])
    made = function(build, [XS], build("sum", loop.sequences[0]))
    gradient = finished(reverse_gradient(made, Wanted((0,), True), clean))
    assert names(gradient).count("math.sqrt") == 1
    assert gradients(made, ([4.0, 0.25],), 0) == [0.25, 1.0]


def test_a_sequence_of_sequences_cut_short() -> None:
    """rows of x * j for j < 3, of which only two are used."""
    j, row, e, s, t = Value(INT, "j"), Value(FLOATS, "row"), *floats("e", "s", "t")
    build, outer, inner, both, each = (Write() for _ in range(5))
    scaled = inner("mul", inner("mul", X, X), j)
    rows = outer.loop(inner, collect=[scaled], space=upto(3), index=j)
    loop = build.loop(outer, collect=[rows.sequences[0]], space=upto(3))
    summing = both.loop(each, carry=[(s, t, each("add", t, e))], consume=[(row, e)])
    last = build.loop(
        both, carry=[(0.0, s, summing.finals[0])], consume=[(loop.sequences[0], row)], space=upto(2)
    )
    made = function(build, [X], last.finals[0])
    assert gradients(made, (5.0,), 0) == 60.0  # 2 · (0 + 1 + 2) · x²


def test_a_repeated_condition_is_the_same_to_the_last_bit() -> None:
    """0.1 · (0.3 · x) > limit may not become 0.03 · x > limit, which is true elsewhere."""
    x = next(x for x in np.linspace(1, 2, 999).tolist() if 0.1 * (0.3 * x) < 0.1 * 0.3 * x)
    limit = 0.1 * (0.3 * x)
    xs, s, e = XS, *floats("s", "e")
    build, body, then = Write(), Write(), Write()
    larger = body("gt", body("mul", 0.1, body("mul", 0.3, e)), limit)
    (chosen,) = body.branch(larger, then.result(then("mul", s, e)), Write().result(s), FLOAT)
    loop = build.loop(body, carry=[(2.0, s, chosen)], consume=[(xs, e)])
    made = function(build, [xs], loop.finals[0])
    assert gradients(made, ([x, 3.0, x],), 0) == [0.0, 2.0, 0.0]


def newton_if_large() -> Function:
    """if x > 1: five steps of newton; else: x — whose loop hands a list out of an arm"""
    x, s = X, Value(FLOAT, "s")
    build, then, body = Write(), Write(), Write()
    following = body("mul", 0.5, body("add", s, body("div", x, s)))
    loop = then.loop(body, carry=[(x, s, following)], space=upto(8))
    (result,) = build.branch(
        build("gt", x, 1.0), then.result(loop.finals[0]), Write().result(x), FLOAT
    )
    return function(build, [x], result)


@pytest.mark.parametrize(("x", "second"), [(4.0, -1 / 32), (0.5, 0.0)])
def test_a_list_from_the_arm_that_did_not_run(x: float, second: float) -> None:
    gradient = finished(reverse_gradient(newton_if_large(), Wanted((0,), True), clean))
    assert gradients(gradient, (x,), 0) == pytest.approx(second, rel=1e-12)


def test_items_of_a_structure_are_directions_of_their_own() -> None:
    """No products with a zero tangent in what forward mode makes of p[0] * p[1]."""
    p = Value(TupleType((FLOAT, FLOAT, INT)), "p")
    build = Write()
    a, b, n = (build("item", p, index=place) for place in range(3))
    made = function(build, [p], build("mul", build("mul", a, b), n))
    gradient = finished(forward_gradient(made, Wanted((0,), True)))
    assert all(
        not (isinstance(operand, Const) and operand.value == 0.0)
        for node in gradient.body.nodes
        if isinstance(node, Op) and node.operation.name == "mul"
        for operand in node.operands
    )
    assert gradients(made, ((2.0, 5.0, 3),), 0)[:2] == (15.0, 6.0)  # type: ignore[index]


def test_a_structure_handed_on_whole() -> None:
    p = Value(TupleType((FLOAT, FLOAT)), "p")
    build = Write()
    (chosen,) = build.branch(build("gt", X, 0.0), Write().result(p), Write().result(p), p.type)
    made = function(build, [p, X], build("mul", build("item", chosen, index=1), X))
    assert gradients(made, ((2.0, 3.0), 4.0), 0, 1) == ((0.0, 4.0), 3.0)


def test_a_sweep_per_element_does_nothing_twice_that_is_noticed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Forward mode over a list repeats the function for each element: what it needs of it."""
    s, e = floats("s", "e")
    build, body = Write(), Write()
    build("print", "once", sep=None, end=None)
    build("assert", build("lt", X, 1.0))
    build("math.log", X)  # not needed, but may raise
    total = body("add", s, body("mul", e, e))
    loop = build.loop(body, carry=[(0.0, s, total)], consume=[(XS, e)])
    made = function(build, [X, XS], build("mul", loop.finals[0], X))
    gradient = finished(forward_gradient(made, Wanted((1,), True)))
    assert interpret(gradient, (0.5, [1.0, 2.0])) == [1.0, 2.0]
    assert capsys.readouterr().out == "once\n"
    assert [names(gradient).count(name) for name in ("print", "assert", "math.log")] == [1, 1, 1]


@pytest.mark.parametrize("seed", seeds(0.25))
def test_a_pullback_needs_its_cotangent_late(seed: int) -> None:
    """All of the primal has run before the first read of the cotangent."""
    made = optimise(random_function(seed))
    argnums = tuple(k for k, param in enumerate(made.params) if param.type == FLOAT)
    pullback = finished(vjp(made, argnums, clean))
    assert pullback.late == 1
    late = {pullback.params[-1]}
    for node in pullback.body.nodes:
        if late & set(values_read([node])):
            late |= set(results_of(node))
        elif len(late) > 1:
            assert node.origin.order > 0
            inside = [each for each in all_nodes([node]) if each.origin.order == 0]
            assert not inside


def test_what_returns_no_number_has_no_gradient() -> None:
    build = Write()
    pair = function(build, [X], build("tuple", X, X, container="tuple"))
    with pytest.raises(SignatureError, match="returns one number; f returns a tuple of 2"):
        reverse_gradient(pair, Wanted((0,), True), clean)
    with pytest.raises(SignatureError, match="returns one number"):
        forward_gradient(pair, Wanted((0,), True))
    build = Write()
    build("raise", "no", exception="ValueError")
    never = Function("never", (X,), Block(tuple(build.nodes), None))
    for make in (lambda: jvp(never, (0,)), lambda: vjp(never, (0,), clean)):
        with pytest.raises(SignatureError, match="never returns: it always raises"):
            make()


@pytest.mark.parametrize("names", [("x",), ("x", "y"), ("y", "x")])
def test_a_function_that_does_not_depend_on_its_arguments(names: tuple[str, ...]) -> None:
    params = floats(*names)
    made = function(Write(), params, 1.0)
    argnums = tuple(range(len(params)))
    assert gradients(made, tuple(1.5 for _ in params), *argnums) in (0.0, (0.0, 0.0))
    check_dot_product(made, argnums, tuple(1.5 for _ in params), 0)
    assert outcome(made, tuple(1.5 for _ in params)).value == 1.0
