"""The magnitudes that tolerances are measured in."""

from __future__ import annotations

import numpy as np
import pytest

from autodiff_compiler.ir.types import FLOAT, NP_FLOAT, Type
from autodiff_compiler.ir.values import Function, Value
from tests.building import DERIVATIVE, FLOATS, Write, function, upto
from tests.contributions import with_magnitudes

X, Y, XS = Value(FLOAT, "x"), Value(FLOAT, "y"), Value(FLOATS, "xs")


@pytest.mark.parametrize(
    ("name", "operands", "value", "magnitude"),
    [
        ("add", (3.0, -2.0), 1.0, 5.0),
        ("sub", (3.0, 2.0), 1.0, 5.0),
        ("mul", (3.0, -2.0), -6.0, 6.0),
        ("div", (3.0, -2.0), -1.5, 1.5),
        ("ieee_div", (3.0, 0.0), np.inf, np.inf),
        ("neg", (-3.0,), 3.0, 3.0),
        ("math.sin", (-3.0,), np.sin(-3.0), abs(np.sin(-3.0))),
        ("select", (True, -3.0, 2.0), -3.0, 3.0),
        ("sum", ([1.0, -2.0],), -1.0, 3.0),
        ("sum_from", ([1.0, -2.0], -4.0), -5.0, 7.0),
        ("seq_add", ([1.0, -2.0], [-3.0, 2.0]), [-2.0, 0.0], [4.0, 4.0]),
        ("index_add", ([1.0, -2.0], 1, 5.0), [1.0, 3.0], [1.0, 7.0]),
        ("zeros_like", ([1.0, -2.0],), [0.0, 0.0], [0.0, 0.0]),
    ],
)
def test_magnitudes(
    name: str, operands: tuple[object, ...], value: object, magnitude: object
) -> None:
    params = [Value(of(operand)) for operand in operands]
    build = Write(origin=DERIVATIVE)
    found = with_magnitudes(function(build, params, build(name, *params)), operands)
    assert found == (value, magnitude)


def of(value: object) -> Type:
    from autodiff_compiler.ir.types import type_of

    found = type_of(value)
    assert found is not None
    return found


def cancelling(build: Write) -> Function:
    """(x + y) - y"""
    return function(build, [X, Y], build("sub", build("add", X, Y), Y))


def test_magnitudes_accumulate_in_derivatives_only() -> None:
    assert with_magnitudes(cancelling(Write(origin=DERIVATIVE)), (1.0, 8.0)) == (1.0, 17.0)
    assert with_magnitudes(cancelling(Write()), (1.0, 8.0)) == (1.0, 1.0)


def test_magnitudes_go_round_loops_and_keep_numpys_type() -> None:
    total, x, start = Value(NP_FLOAT, "t"), Value(FLOAT, "x"), Value(NP_FLOAT, "start")
    body, build = Write(origin=DERIVATIVE), Write(origin=DERIVATIVE)
    loop = build.loop(
        body, carry=[(start, total, body("add", total, x))], consume=[(XS, x)], space=upto(3)
    )
    made = function(build, [start, XS], loop.finals[0])
    value, magnitude = with_magnitudes(made, (np.float64(-1.0), [2.0, -3.0, 4.0, 5.0]))
    assert type(value) is np.float64
    assert (value, magnitude) == (2.0, 10.0)
