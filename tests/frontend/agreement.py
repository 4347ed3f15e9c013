"""One program against plain Python, in every way that a derivative can be wrong."""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autodiff_compiler import grad
from autodiff_compiler.errors import UnsupportedError
from autodiff_compiler.frontend import Static, lower
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.types import type_of
from autodiff_compiler.ir.verifier import verify
from autodiff_compiler.testing import check_grads
from tests.frontend.test_programs import bits, outcome


def agrees(f: Callable[..., Any], *arguments: Any, file: Path | None = None) -> str:
    """Check a program and its derivatives to second order; the text of its gradient.

    The interpreter and the generated code give what Python gives, to the bit; both modes agree with
    differences and with each other; no argument has changed. With `file`, so does the saved module.
    """
    before = copy.deepcopy(arguments)
    same_values(f, *arguments)
    check_grads(f, arguments)
    assert bits(list(arguments)) == bits(list(before))
    if type(f(*copy.deepcopy(arguments))) not in (float, np.float64):
        return ""
    derivative = grad(f)
    found = derivative(*arguments)
    assert bits(derivative(*arguments)) == bits(found)
    if file is not None:
        derivative.save(file)
        assert bits(loaded(file, f"{f.__name__}_grad")(*arguments)) == bits(found)
    return derivative.source


def same_values(f: Callable[..., Any], *arguments: Any) -> None:
    """What lowering gives does what Python does: values, exceptions, prints."""
    names = f.__code__.co_varnames[: f.__code__.co_argcount]
    ir = lower(f, dict(zip(names, map(_described, arguments), strict=False))).function
    verify(ir)
    expected = outcome(f, *copy.deepcopy(arguments))
    assert outcome(lambda *values: interpret(ir, values), *copy.deepcopy(arguments)) == expected


def loaded(file: Path, name: str) -> Callable[..., Any]:
    """A function of a saved module."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = getattr(module, name)
    assert callable(found)
    return found


def refused(f: Callable[..., Any], *arguments: Any) -> str:
    """The report for a program that is refused."""
    with pytest.raises(UnsupportedError) as caught:
        grad(f)(*arguments)
    return str(caught.value)


def _described(value: object) -> Any:
    static = value is None or isinstance(value, str) or callable(value)
    found = None if static else type_of(value)
    return Static(value) if found is None else found
