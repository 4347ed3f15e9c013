"""Everything that must hold of a program: its value, its derivatives in both modes and orders.

The primal is that of plain Python to the bit; the interpreter, the generated code and a saved file
that knows nothing of this package agree to the bit; derivatives agree with differences and, forward
with reverse, by dot product, to second order; a second call gives the same.
"""

from __future__ import annotations

import copy
import importlib.util
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from autodiff_compiler import grad, value_and_grad
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.verifier import verify
from autodiff_compiler.testing import check_grads


def same(a: object, b: object) -> bool:
    """Whether two values are equal to the bit, types included."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        assert isinstance(b, np.ndarray)
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)
    if isinstance(a, list | tuple):
        assert isinstance(b, list | tuple)
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        assert isinstance(b, dict)
        return [*a] == [*b] and all(map(same, a.values(), b.values()))
    if hasattr(a, "__dict__"):
        return same(vars(a), vars(b))
    return repr(a) == repr(b)


def check(function: Callable[..., Any], *arguments: Any, order: int = 2, saved: bool = True) -> str:
    """Check a function of numbers that gives a number; its gradient's source."""
    expected = function(*copy.deepcopy(arguments))
    derivative = value_and_grad(function)
    value, gradient = derivative(*arguments)
    assert same(value, expected), (value, expected)
    assert same(derivative(*arguments)[1], gradient)
    lowered = derivative.lower(*arguments)
    verify(lowered.ir)
    assert same(interpret(lowered.ir, arguments), (value, gradient))
    assert same(interpret(lowered.primal_ir, arguments), expected)
    check_grads(function, arguments, order=order)
    if saved:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "saved.py"
            derivative.save(path)
            spec = importlib.util.spec_from_file_location("saved", path)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            alone = getattr(module, lowered.ir.name)
            assert same(alone(*arguments), (value, gradient))
    return grad(function).lower(*arguments).source
