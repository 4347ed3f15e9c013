"""Newton's iteration and its backward sweep as IR, by hand: what the design shows as text."""

from __future__ import annotations

from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import FLOAT, SequenceType
from autodiff_compiler.ir.values import Function, Loop, Value
from tests.building import Write, upto
from tests.emit.emitting import at, value

STEP = "x = 0.5 * (x + a / x)"


def newton(a: Value) -> tuple[Loop, Value]:
    """The loop, and what it saves."""
    x, saved = value("x"), Value(SequenceType(FLOAT), "x_saved")
    body = Write(at(5, STEP))
    following = body("mul", 0.5, body("add", x, body("div", a, x)), called="x")
    loop = Loop(
        inits=(a,),
        args=(x,),
        nexts=(following,),
        finals=(value("x"),),
        body=tuple(body.nodes),
        space=upto(5),
        collects=(x,),
        sequences=(saved,),
        origin=at(4, "for _ in range(5):"),
    )
    return loop, saved


def backward(a: Value, saved: Value, seed: object = None) -> Loop:
    x, x_bar, a_bar = value("x"), value("x_bar"), value("a_bar")
    body = Write(at(5, STEP, 1))
    s_bar = body("mul", 0.5, x_bar, called="s_bar")
    r = body("div", s_bar, x, called="r")
    following = (
        body("add", a_bar, r, called="a_bar"),
        body("sub", s_bar, body("mul", r, body("div", a, x)), called="x_bar"),
    )
    return Loop(
        inits=(const(1.0) if seed is None else seed, const(0.0)),  # type: ignore[arg-type]
        args=(x_bar, a_bar),
        nexts=(following[1], following[0]),
        finals=(value("x_bar"), value("a_bar")),
        body=tuple(body.nodes),
        consumed=(saved,),
        elements=(x,),
        backwards=True,
        origin=at(4, "for _ in range(5):", 1),
    )


def newton_grad() -> Function:
    a = value("a")
    forward, saved = newton(a)
    sweep = backward(a, saved)
    x_bar, a_bar = sweep.finals
    build = Write(at(3, "x = a", 1))
    build.add(forward)
    build.add(sweep)
    total = build("add", a_bar, x_bar)
    documentation = (
        "Derivative of newton with respect to a, by reverse mode. Generated from newton.py:2."
    )
    return Function("newton_grad", (a,), build.block(total), at(2), documentation=documentation)


def newton_vjp() -> Function:
    a, out_bar = value("a"), value("out_bar")
    forward, saved = newton(a)
    sweep = backward(a, saved, out_bar)
    x_bar, a_bar = sweep.finals
    build = Write(at(3, "x = a", 1))
    build.add(forward)
    build.add(sweep)
    total = build("add", a_bar, x_bar)
    cotangents = build("tuple", total, container="tuple")
    both = build("tuple", forward.finals[0], cotangents, container="tuple")
    return Function("newton_vjp", (a, out_bar), build.block(both), at(2), late=1)
