"""Emitted code means what the interpreter says, on random functions.

A few hundred by default; AUTODIFF_EMIT_EXAMPLES=20000 runs as many.
"""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest

from autodiff_compiler.emit import write
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.printer import print_function
from autodiff_compiler.ir.types import FLOAT, INT, NP_FLOAT, Type
from autodiff_compiler.ir.values import Function
from autodiff_compiler.ir.verifier import verify
from tests.emit.random_functions import Generator

EXAMPLES = int(os.environ.get("AUTODIFF_EMIT_EXAMPLES", "300"))
BATCH = 50


def argument(random: Random, wanted: Type) -> object:
    if wanted == INT:
        return random.randint(-1, 4)
    if wanted == FLOAT:
        return random.choice([0.0, 1.0, -2.0, 0.5, 3.0, 1e200])
    if wanted == NP_FLOAT:
        return np.float64(random.choice([0.0, 1.5, -2.0]))
    if "list[list" in str(wanted):
        return [
            [float(random.randint(-2, 2)) for _ in range(random.randint(0, 3))] for _ in range(3)
        ]
    length = random.choice([0, 1, 2, 2, 3, 3, 4])
    return [float(random.randint(-3, 3)) for _ in range(length)]


def observed(run: Callable[[], object]) -> tuple[object, ...]:
    """Everything that running something shows: its result or exception, prints, warnings."""
    out = io.StringIO()
    with warnings.catch_warnings(record=True) as heard, contextlib.redirect_stdout(out):
        warnings.simplefilter("always")
        try:
            result = repr(run())
        except Exception as error:
            result = f"{type(error).__name__}: {error}"
    return result, out.getvalue(), [str(each.message) for each in heard]


def compiled(text: str, name: str) -> Callable[..., object]:
    namespace: dict[str, Any] = {}
    exec(compile(text, "<generated>", "exec"), namespace)
    return namespace[name]  # type: ignore[no-any-return]


def check(function: Function, random: Random) -> None:
    verify(function)
    emitted = write(function)
    assert write(function).text == emitted.text
    run = compiled(emitted.text, emitted.name)
    for _ in range(3):
        arguments = [argument(random, param.type) for param in function.params]
        before = repr(arguments)
        expected = observed(lambda: interpret(function, arguments))
        got = observed(lambda: run(*arguments))
        context = f"{before}\n{print_function(function)}\n{emitted.text}"
        assert got == expected, context
        assert repr(arguments) == before, context


def check_pullback(function: Function, random: Random) -> None:
    verify(function)
    emitted = write(function)
    run = compiled(emitted.text, emitted.name)
    early = len(function.params) - function.late
    arguments = [argument(random, param.type) for param in function.params[:early]]
    context = f"{arguments}\n{print_function(function)}\n{emitted.text}"
    assert "def pullback(" in emitted.text
    first = [random.choice([1.0, -2.0, 0.25]) for _ in range(function.late)]
    second = [random.choice([1.5, 3.0]) for _ in range(function.late)]
    try:
        with np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
            expected = [interpret(function, [*arguments, *late]) for late in (first, second)]
            value, pullback = run(*arguments)
    except (ArithmeticError, AssertionError, LookupError, UnboundLocalError, ValueError):
        return
    for late, (primal, cotangents) in zip((first, second, first), (*expected, expected[0])):
        assert repr(value) == repr(primal), context
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert repr(pullback(*late)) == repr(cotangents), context


@pytest.mark.parametrize("batch", range(EXAMPLES // BATCH))
def test_emitted_code_is_what_the_interpreter_says(batch: int) -> None:
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        random = Random(seed)
        check(Generator(random).function(), random)


@pytest.mark.parametrize("batch", range(EXAMPLES // BATCH))
def test_pullbacks_can_be_called_again(batch: int) -> None:
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        random = Random(-1 - seed)
        check_pullback(Generator(random).function(late=random.randint(1, 2)), random)
