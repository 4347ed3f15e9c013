"""Lowered programs do what Python does: values, types, exceptions, prints, bit for bit."""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import numpy as np
import pytest

from autodiff_compiler.frontend import Static, lower
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.types import type_of
from autodiff_compiler.ir.verifier import verify
from tests.frontend import (  # noqa: F401
    programs_branches,
    programs_expressions,
    programs_functions,
    programs_loops,
)
from tests.frontend.cases import CASES


def bits(value: object) -> object:
    """Something that is equal only for values that are the same to the bit, types included."""
    if isinstance(value, float):
        plain = "nan" if math.isnan(value) else struct.pack("d", value)
        return type(value), plain
    if isinstance(value, list | tuple):
        return type(value), tuple(map(bits, value))
    return type(value), value


def outcome(function: Callable[..., Any], *arguments: object) -> object:
    """What a call gives or raises, and what it prints."""
    output = io.StringIO()
    with redirect_stdout(output), np.errstate(all="ignore"):
        try:
            result = bits(function(*arguments))
        except Exception as error:
            result = type(error), str(error)
    return result, output.getvalue()


def describe(value: object) -> Any:
    found = None if value is None or isinstance(value, str) else type_of(value)
    return Static(value) if found is None else found


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        pytest.param(case.function, arguments, id=f"{case.name}-{place}")
        for case in CASES
        for place, arguments in enumerate(case.arguments)
    ],
)
def test_program(function: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    given = [*arguments, *(function.__defaults__ or ())[len(arguments) - code.co_argcount :]]
    given = given[: code.co_argcount]
    given += [(function.__kwdefaults__ or {})[name] for name in names[code.co_argcount :]]
    types = dict(zip(names, map(describe, given), strict=True))
    ir = lower(function, types).function
    verify(ir)

    def run(*values: object) -> object:
        return interpret(ir, values)

    assert outcome(run, *given) == outcome(function, *arguments)
