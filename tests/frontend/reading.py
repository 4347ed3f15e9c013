"""Reading the Python files that tests lower, and what their annotations say of the arguments."""

from __future__ import annotations

import importlib.util
import inspect
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autodiff_compiler.frontend import Static
from autodiff_compiler.ir.types import FLOAT, INT, SequenceType, TupleType, Type

HERE = Path(__file__).parent


def read_function(path: Path) -> Callable[..., Any]:
    """The function `f` of a Python file."""
    spec = importlib.util.spec_from_file_location(f"read_{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function = module.f
    assert isinstance(function, types.FunctionType)
    return function


def annotated(function: Callable[..., Any]) -> dict[str, Type | Static]:
    """The arguments that a function's annotations ask for; a default that is None is static."""
    return {
        name: _described(parameter.annotation, parameter.default)
        for name, parameter in inspect.signature(function).parameters.items()
    }


def _described(annotation: object, default: object) -> Type | Static:
    if default is None or annotation is str:
        return Static(default if default is None else "text")
    known: dict[object, Type] = {
        float: FLOAT,
        int: INT,
        list[float]: SequenceType(FLOAT),
        tuple[float, float]: TupleType((FLOAT, FLOAT)),
    }
    return known[annotation]
