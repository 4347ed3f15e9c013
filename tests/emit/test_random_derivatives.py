"""Emitted derivatives of random functions mean what the interpreter says, to second order."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable
from random import Random

import numpy as np
import pytest

from autodiff_compiler.emit import write
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.types import INT, ScalarType
from autodiff_compiler.ir.values import Function
from autodiff_compiler.passes import clean, optimise
from autodiff_compiler.transforms import Wanted, jvp, reverse_gradient, vjp
from tests.emit.test_random_functions import compiled, observed
from tests.random_ir import float_params, random_arguments, random_function, seeds


def gradient(function: Function) -> Function:
    wanted = Wanted(float_params(function), False)
    return optimise(reverse_gradient(function, wanted, clean))


def one_derivative(function: Function) -> Function:
    """With respect to one parameter only, so that it can be differentiated once more."""
    wanted = Wanted(float_params(function)[:1], True)
    return optimise(reverse_gradient(function, wanted, clean))


def forward_over_reverse(function: Function) -> Function:
    return optimise(jvp(one_derivative(function), float_params(function)))


def reverse_over_reverse(function: Function) -> Function:
    first = one_derivative(function)
    assert first.body.yields is not None
    kind = first.body.yields[0].type
    if not isinstance(kind, ScalarType) or kind == INT:
        return first
    return gradient(first)


def tangent(function: Function) -> Function:
    return optimise(jvp(function, float_params(function)))


def pullback(function: Function) -> Function:
    return optimise(vjp(function, float_params(function), clean))


DERIVATIVES = [gradient, tangent, pullback, forward_over_reverse, reverse_over_reverse]


@pytest.mark.parametrize("derivative", DERIVATIVES)
@pytest.mark.parametrize("seed", seeds(0.3))
def test_derivatives(derivative: Callable[[Function], Function], seed: int) -> None:
    primal = optimise(random_function(seed))
    made = derivative(primal)
    emitted = write(made)
    arguments = list(random_arguments(made.params, seed))
    run = compiled(emitted.text, emitted.name)
    if made.late:
        check_pullback(made, run, arguments)
        return
    assert observed(lambda: run(*arguments)) == observed(lambda: interpret(made, arguments))


def check_pullback(made: Function, run: Callable[..., object], arguments: list[object]) -> None:
    early, late = arguments[: -made.late], arguments[-made.late :]
    other = random_arguments(made.params[-made.late :], Random(len(early)).randint(0, 99))
    try:
        with np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
            expected = [interpret(made, [*early, *each]) for each in (late, other)]
    except (ArithmeticError, AssertionError, LookupError, UnboundLocalError, ValueError):
        return
    with np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
        value, pulled = run(*early)  # type: ignore[misc]
    for cotangents, whole in ((late, expected[0]), (other, expected[1]), (late, expected[0])):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert repr((value, pulled(*cotangents))) == repr(whole)
