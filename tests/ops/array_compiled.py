"""Derivatives of one operation by the compiler: transforms, passes, generated code.

What is `written` is run twice, by the interpreter and as text, which must agree to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from autodiff_compiler.emit import write
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.types import FLOAT, NP_FLOAT, NP_FLOAT32, TupleType, Type
from autodiff_compiler.ir.values import Function
from autodiff_compiler.ir.verifier import verify
from autodiff_compiler.passes import clean, finish, optimise
from autodiff_compiler.pipeline import load
from autodiff_compiler.transforms import jvp, vjp
from tests.ops.array_calls import unlike
from tests.ops.array_rules import zeros


class Program:
    """A function of the compiler's, optimised, as IR and as text."""

    def __init__(self, function: Function, written: bool) -> None:
        self.written = written
        verify(function)
        self.ir = optimise(function)
        verify(self.ir)

    @cached_property
    def text(self) -> str:
        return write(finish(self.ir)).text

    @cached_property
    def callable(self) -> Callable[..., Any]:
        emitted = write(finish(self.ir))
        return load(emitted.text, emitted.name)

    def __call__(self, *arguments: Any) -> Any:
        """The result; late arguments (a cotangent) are handed to the pullback."""
        arguments = tuple(map(as_declared, arguments, [each.type for each in self.ir.params]))
        result = interpret(self.ir, arguments)
        if not self.written:
            return result
        first = len(arguments) - self.ir.late
        written = self.callable(*arguments[:first])
        if self.ir.late:
            value, pullback = written
            written = value, pullback(*arguments[first:])
        if difference := unlike(written, result):
            raise AssertionError(f"the text gives {difference}\n{self.text}")
        return result


NUMBERS: dict[Type, Any] = {FLOAT: float, NP_FLOAT: np.float64, NP_FLOAT32: np.float32}


def as_declared(value: Any, declared: Type) -> Any:
    """The value with each number of the kind that is declared."""
    if isinstance(declared, TupleType) and type(value) is tuple:
        return tuple(map(as_declared, value, declared.items))
    return NUMBERS[declared](value) if declared in NUMBERS and np.ndim(value) == 0 else value


class Compiled:
    """The derivatives of a function with respect to some of its parameters.

    `written` says how far text is run too: "nothing", "most", "all"; writing takes its time.
    """

    def __init__(self, function: Function, places: Sequence[int], written: str = "all") -> None:
        self.function, self.places = function, tuple(places)
        self.most, self.all = written != "nothing", written == "all"

    @cached_property
    def _jvp(self) -> Program:
        return Program(jvp(self.function, self.places), self.most)

    @cached_property
    def _vjp(self) -> Program:
        return Program(vjp(self.function, self.places, clean), self.most)

    @cached_property
    def _jvp_of_vjp(self) -> Program:
        return Program(jvp(self._vjp.ir, self.places), self.most)

    @cached_property
    def _vjp_of_jvp(self) -> Program:
        return Program(vjp(self._jvp.ir, self.places, clean), self.all)

    def jvp(self, arguments: Sequence[Any], dots: Sequence[Any]) -> Any:
        return self._jvp(*arguments, *dots)[1]

    def vjp(self, arguments: Sequence[Any], ct: Any) -> list[Any]:
        return list(self._vjp(*arguments, ct)[1])

    def forward_over_reverse(
        self, arguments: Sequence[Any], ct: Any, dots: Sequence[Any]
    ) -> list[Any]:
        _, (_, tangents) = self._jvp_of_vjp(*arguments, ct, *dots)
        return list(tangents)

    def reverse_over_forward(
        self, arguments: Sequence[Any], dots: Sequence[Any], ct: Any
    ) -> list[Any]:
        seed = (zeros(ct), ct)
        return list(self._vjp_of_jvp(*arguments, *dots, seed)[1])
