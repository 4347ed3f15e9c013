"""Every way in which IR can be broken is found, and the message says what and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from autodiff_compiler.errors import VerificationError
from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import BOOL, FLOAT, INT, NP_FLOAT, ScalarType, SequenceType
from autodiff_compiler.ir.values import Block, Call, Function, If, Loop, Op, Range, Value
from autodiff_compiler.ir.verifier import verify
from autodiff_compiler.ops import OPS
from tests.building import FLOATS, Write, function, upto

X = Value(FLOAT, "x")
XS = Value(FLOATS, "xs")


def whole(*nodes: object, result: object = X) -> Function:
    build = Write(nodes=list(nodes))  # type: ignore[arg-type]
    return function(build, [X, XS], result)


def a_loop(**changes: object) -> Loop:
    """for i in range(3): x = x + e (of xs); collect x"""
    a, e, body = Value(FLOAT, "a"), Value(FLOAT, "e"), Write()
    following = body("add", a, e)
    made = Write().loop(
        body, carry=[(X, a, following)], consume=[(XS, e)], collect=[a], space=upto(3)
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def an_op(name: str, *operands: object, kind: object = FLOAT, **attributes: object) -> Op:
    return Op(OPS[name], operands, Value(kind, "y"), attributes)  # type: ignore[arg-type]


def twice() -> Function:
    node = an_op("neg", X)
    return whole(node, node)


def from_an_arm() -> Function:
    inside = Write()
    y = inside("neg", X)
    branch = If(const(True), inside.block(), Block((), ()), ())
    return whole(branch, result=y)


def from_the_other_arm() -> Function:
    then, orelse = Write(), Write()
    y = then("neg", X)
    orelse("neg", y)
    return whole(If(const(True), then.block(), orelse.block(), ()))


def an_arm_that_goes_on() -> Function:
    then = Write()
    then("neg", X)
    return whole(If(const(True), Block(tuple(then.nodes), None), Block((), ()), ()))


def from_the_test() -> Function:
    test, body, k = Write(), Write(), Value(INT, "k")
    going = test("lt", k, 3)
    body("not", going)
    more = body("add", k, 1)
    build = Write()
    build.loop(body, carry=[(0, k, more)], test=test.result(going))
    return whole(*build.nodes)


def a_call(*operands: object) -> Function:
    y = Value(FLOAT, "y")
    callee = Function("g", (y,), Block((), (y,)))
    return whole(Call(callee, operands, Value(FLOAT)))  # type: ignore[arg-type]


def a_branch(then: Block, orelse: Block, condition: object = const(True)) -> Function:
    return whole(If(condition, then, orelse, (Value(FLOAT, "r"),)))  # type: ignore[arg-type]


NUMBER = Block((), (const(1.0),))
TEST = Block((), (const(True),))

BROKEN: dict[str, tuple[Callable[[], Function], str]] = {
    "defined twice": (twice, r"%y: float is defined twice"),
    "defined nowhere": (
        lambda: whole(result=Value(FLOAT, "y")),
        r"a yield reads %y: float, which is not defined here",
    ),
    "defined in an arm": (from_an_arm, r"which is defined in another region here"),
    "defined in the other arm": (from_the_other_arm, r"neg reads .* defined in another region"),
    "defined in the test": (from_the_test, r"not reads .* defined in another region"),
    "read before defined": (
        lambda: whole(*reversed([(node := an_op("neg", X)), an_op("neg", node.result)])),
        r"neg reads %y: float, which is not defined here",
    ),
    "param twice": (
        lambda: Function("f", (X, X), Block((), (X,))),
        r"%x: float is defined twice",
    ),
    "type rule": (
        lambda: whole(an_op("add", X, X, kind=INT)),
        r"add: its rule says float, not %y: int",
    ),
    "operand type": (
        lambda: whole(an_op("add", X, XS)),
        r"add: expected a number, got list\[float\]",
    ),
    "operand count": (lambda: whole(an_op("add", X)), r"add: expected 2 operands, got 1"),
    "two results": (
        lambda: Function("f", (X,), Block((), (X, X))),
        r"a function returns one operand",
    ),
    "late": (
        lambda: replace(whole(), late=3),
        r"late exceeds the parameters",
    ),
    "arm yields too few": (
        lambda: a_branch(NUMBER, Block((), ())),
        r"if, else: expected 1 operands, got 0",
    ),
    "arm yields another type": (
        lambda: a_branch(Block((), (const(1),)), NUMBER),
        r"if, then 0: expected float, got 1 of type int",
    ),
    "condition": (
        lambda: a_branch(NUMBER, NUMBER, X),
        r"if: expected a bool, got %x: float of type float",
    ),
    "arm goes on": (an_arm_that_goes_on, r"a block without yields goes on"),
    "call, count": (lambda: a_call(), r"call @g: expected 1 operands, got 0"),
    "call, type": (lambda: a_call(const(1)), r"call @g 0: expected float, got 1 of type int"),
    "endless": (
        lambda: whole(a_loop(space=None, consumed=(), elements=())),
        r"neither a space, a consumed sequence nor a test ends it",
    ),
    "backwards with a test": (
        lambda: whole(a_loop(test=TEST, backwards=True)),
        r"backwards excludes a test",
    ),
    "index without space": (
        lambda: whole(a_loop(space=None, index=Value(INT, "i"))),
        r"index without space",
    ),
    "index of another type": (
        lambda: whole(a_loop(index=Value(FLOAT, "i"))),
        r"the index is an int",
    ),
    "bounds": (
        lambda: whole(a_loop(space=Range(const(0), X, const(1)))),
        r"range: expected int, got %x: float",
    ),
    "init type": (
        lambda: whole(a_loop(inits=(const(1),))),
        r"loop, init 0: expected float, got 1 of type int",
    ),
    "init count": (lambda: whole(a_loop(inits=())), r"loop, init: expected 1 operands, got 0"),
    "next type": (
        lambda: whole(a_loop(nexts=(const(1),))),
        r"loop, next 0: expected float, got 1 of type int",
    ),
    "next count": (lambda: whole(a_loop(nexts=())), r"loop, next: expected 1 operands, got 0"),
    "final type": (
        lambda: whole(a_loop(finals=(Value(INT),))),
        r"finals typed as carried",
    ),
    "element count": (lambda: whole(a_loop(elements=())), r"one element per sequence"),
    "element type": (
        lambda: whole(a_loop(elements=(Value(NP_FLOAT, "e"),), body=())),
        r"loop: %e: np.float64 from %xs: list\[float\]",
    ),
    "consumes a number": (
        lambda: whole(a_loop(consumed=(X,))),
        r"loop: consumes %x: float, which is no sequence",
    ),
    "collect count": (lambda: whole(a_loop(sequences=())), r"one sequence per collect"),
    "collect type": (
        lambda: whole(a_loop(sequences=(Value(SequenceType(BOOL), "s"),))),
        r"loop: collects %a: float into %s: list\[bool\]",
    ),
    "collects into a number": (
        lambda: whole(a_loop(sequences=(Value(FLOAT, "s"),))),
        r"loop: collects %a: float into %s: float",
    ),
    "test yields a number": (
        lambda: whole(a_loop(test=Block((), (X,)))),
        r"loop, test: expected a bool, got %x: float",
    ),
    "test yields two": (
        lambda: whole(a_loop(test=Block((), (const(True), const(True))))),
        r"a test yields one bool",
    ),
    "trips": (lambda: whole(a_loop(trips=Value(FLOAT))), r"trips is an int"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_ir_is_refused(name: str) -> None:
    make, message = BROKEN[name]
    with pytest.raises(VerificationError, match=message) as caught:
        verify(make())
    assert "invalid IR in @f" in str(caught.value)


def test_the_same_shapes_unbroken() -> None:
    verify(whole())
    verify(whole(a_loop()))
    verify(whole(a_loop(index=Value(INT, "i"), trips=Value(INT), test=TEST)))
    verify(a_branch(NUMBER, NUMBER))
    verify(a_call(const(1.0)))


def test_wider_results_and_elements_are_allowed() -> None:
    """A pass narrows operands without touching what was built on them."""
    either = ScalarType(INT.kinds | FLOAT.kinds)
    verify(whole(an_op("add", X, X, kind=either)))
    element, body = Value(either, "e"), Write()
    body("neg", element)
    verify(whole(Write().loop(body, consume=[(XS, element)])))
