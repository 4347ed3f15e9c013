"""Functions built by hand, their emitted text, and both ways of running them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from autodiff_compiler.emit import write
from autodiff_compiler.errors import Span, Statement
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.types import FLOAT
from autodiff_compiler.ir.values import Function, Origin, Value
from autodiff_compiler.ir.verifier import verify
from tests.building import Write


def at(line: int, text: str = "", order: int = 0) -> Origin:
    """An origin in line `line` of a file, in a statement that reads `text`."""
    span = Span("source.py", line, 4, line, 9)
    return Origin(span, Statement(span, text) if text else None, order)


def named(build: Write, operation: str, *operands: object, name: str) -> Value:
    return build(operation, *operands, called=name)


def body_of(function: Function) -> str:
    """The emitted text without what stands before the function, and without its `def` line."""
    text = write(function).text
    lines = text[text.index(f"def {function.name}(") :].split("\n")[1:]
    return "\n".join(line.removeprefix("    ") for line in lines)


def load(function: Function) -> Callable[..., Any]:
    verify(function)
    emitted = write(function)
    namespace: dict[str, Any] = {}
    exec(emitted.text, namespace)
    return namespace[emitted.name]  # type: ignore[no-any-return]


def agree(function: Function, *examples: Sequence[object]) -> None:
    """Emitted code and interpreter give the same, to the last bit, and leave arguments alone."""
    run = load(function)
    for arguments in examples:
        before = repr(arguments)
        assert repr(run(*arguments)) == repr(interpret(function, arguments)), write(function).text
        assert repr(arguments) == before


def value(name: str | None = None) -> Value:
    return Value(FLOAT, name)


NAN = math.nan
