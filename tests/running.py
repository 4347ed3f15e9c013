"""Running IR in tests: what a call does to the last bit, what it costs, which way it went."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autodiff_compiler.ir.interpreter import Evaluate, evaluate_op, interpret
from autodiff_compiler.ir.values import Function, Op

Bits = object


@dataclass(frozen=True)
class Outcome:
    """What a call does: the value it returns or the exception it raises, and what it prints."""

    value: object
    raised: str
    printed: str

    @property
    def bits(self) -> tuple[Bits, str, str]:
        return bits(self.value), self.raised, self.printed


def outcome(
    function: Function, arguments: Sequence[object], evaluate: Evaluate = evaluate_op
) -> Outcome:
    """Run a function, whatever it does. NumPy's warnings are not looked at."""
    printed, value, raised = io.StringIO(), None, ""
    with contextlib.redirect_stdout(printed), np.errstate(all="ignore"):
        try:
            value = interpret(function, arguments, evaluate)
        except Exception as error:
            raised = f"{type(error).__name__}: {error}"
    return Outcome(value, raised, printed.getvalue())


def bits(value: object) -> Bits:
    """A value told apart from every other: by type, sign of zero, last bit; nan is nan."""
    if isinstance(value, list | tuple):
        return type(value).__name__, tuple(map(bits, value))
    if isinstance(value, float):
        return type(value).__name__, float(value).hex()
    return type(value).__name__, repr(value)


def numbers(value: object) -> list[float]:
    """The numbers in a structure, in order; None counts as 0."""
    if isinstance(value, list | tuple):
        return [number for item in value for number in numbers(item)]
    return [0.0 if value is None else float(value)]  # type: ignore[arg-type]


def dot(a: object, b: object) -> float:
    """The sum of products of the numbers of two like structures, each product rounded once."""
    return math.fsum(x * y for x, y in zip(numbers(a), numbers(b), strict=True))


def cost(function: Function, arguments: Sequence[object]) -> int:
    """The elementary operations that a call executes, by the operations' weights."""
    total = 0

    def count(op: Op, operands: Sequence[object]) -> object:
        nonlocal total
        total += op.operation.weight(operands)
        return evaluate_op(op, operands)

    outcome(function, arguments, count)
    return total


def path(function: Function, arguments: Sequence[object]) -> tuple[object, list[object]]:
    """The value, and everything that decided which smooth piece of the function it is on."""
    decided: list[object] = []

    def note(op: Op, operands: Sequence[object]) -> object:
        value = evaluate_op(op, operands)
        match op.operation.name, operands:
            case (("max" | "min"), (a, b)):
                decided.append(a is value)
            case (("max_of" | "min_of"), ((list() | tuple()) as items,)):
                decided.append(items.index(value))
            case "abs", (x,):
                decided.append(x > 0)  # type: ignore[operator]
            case "mod", (a, b):
                decided.append(a // b)  # type: ignore[operator]
            case _:
                if not isinstance(value, float | list | tuple | str):
                    decided.append(value)
        return value

    found = outcome(function, arguments, note)
    return found.value, decided if not found.raised else [found.raised]
