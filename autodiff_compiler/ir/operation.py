"""What the IR asks of an operation. The operations themselves live in `autodiff_compiler.ops`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from autodiff_compiler.ir.types import Type


class Effect(IntEnum):
    """What evaluating an operation may do besides giving its result."""

    PURE = 0
    RAISES = 1  # may raise, depending on its operands
    ACTS = 2  # prints, or always raises: happens once, in order


class OperandError(TypeError):
    """An operation cannot take operands of these types. The text says expected, got, why."""


Infer = Callable[[Sequence[Type], Mapping[str, object]], Type]


@dataclass(frozen=True, eq=False, kw_only=True)
class Operation:
    """The part of an operation's record that the IR needs: how it types, runs and costs.

    `infer(types, attributes)` gives the result's type or raises OperandError.
    `evaluate(*operands, **attributes)` runs it on Python values, as plain Python would.
    `effect(types)` says what it may do besides, given its operands' types.
    `weight(operands)` is its cost in elementary operations for these run-time operands.
    `fresh` marks a result that is a new mutable object: two of them are never one.
    """

    name: str
    infer: Infer
    evaluate: Callable[..., object]
    effect: Callable[[Sequence[Type]], Effect]
    weight: Callable[[Sequence[object]], int]
    fresh: bool = False

    def __repr__(self) -> str:
        return f"<{self.name}>"
