"""Arrays, lists, dicts and records that a function finds outside of itself.

The graph reads the object as it is when the derivative runs, not as it was when it was compiled:
its numbers may change from call to call, only its type may not. A text of its own holds a copy.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import Type, accepts
from autodiff_compiler.ir.values import Node, Op
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.kinds import Attributes, pure
from autodiff_compiler.ops.record import Record, Spelling, Zero
from autodiff_compiler.ops.weights import FREE


@dataclass(frozen=True, eq=False)
class Captured:
    """An object from outside, and the name that the function knows it by."""

    name: str
    value: object
    type: Type

    def __repr__(self) -> str:
        return self.name


def captured_of(attributes: Attributes) -> Captured:
    found = attributes["source"]
    assert isinstance(found, Captured)
    return found


def is_captured(node: Node) -> TypeGuard[Op]:
    """Whether a node reads an object from outside."""
    return isinstance(node, Op) and node.operation.name == "captured"


def captured_type(types: Sequence[Type], attributes: Attributes) -> Type:
    if types:
        raise OperandError(f"expected no operands, got {len(types)}")
    return captured_of(attributes).type


def read_captured(*, source: Captured) -> object:
    if not accepts(source.type, source.value):
        raise TypeError(f"{source.name} is not what it was when this was compiled")
    return source.value


def write_captured(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    return spell.name(captured_of(attributes).name)


RECORDS = (
    Record(
        name="captured",
        infer=captured_type,
        evaluate=read_captured,
        effect=pure,
        weight=FREE,
        rule=Zero("what is not an argument is not differentiated"),
        spelling=Spelling(write_captured),
        tags=frozenset({"structural"}),
        holds="same",
    ),
)
