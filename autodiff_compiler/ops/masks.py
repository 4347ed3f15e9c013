"""Logic of truth values by operator, as masks are combined: `a & b`, `a | b`, `a ^ b`, `~a`."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence

from autodiff_compiler.ir.operation import Infer, OperandError
from autodiff_compiler.ir.types import ArrayType, Kind, ScalarType, Type
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.kinds import Attributes, asking, pure
from autodiff_compiler.ops.record import Record, Spelling, Zero
from autodiff_compiler.ops.weights import FREE


def _of_truth_values(function: Callable[..., object], arity: int) -> Infer:
    asked = asking(function, arity)

    def infer(types: Sequence[Type], attributes: Attributes) -> Type:
        for found in types:
            truth = isinstance(found, ScalarType) and found.only(Kind.BOOL, Kind.NP_BOOL)
            if not truth and not (isinstance(found, ArrayType) and found.dtype == "bool"):
                raise OperandError(f"expected truth values, got {found}")
        if arity == 1 and isinstance(types[0], ScalarType) and Kind.BOOL in types[0].kinds:
            raise OperandError("~ of a bool is an int: write not")
        return asked(types, attributes)

    return infer


def _record(name: str, function: Callable[..., object], arity: int, spelling: Spelling) -> Record:
    return Record(
        name=name,
        infer=_of_truth_values(function, arity),
        evaluate=function,
        effect=pure,
        weight=FREE,
        rule=Zero("a truth value doesn't vary smoothly"),
        spelling=spelling,
    )


RECORDS: tuple[Record, ...] = (
    _record("bitand", operator.and_, 2, spell.binary(ast.BitAnd)),
    _record("bitor", operator.or_, 2, spell.binary(ast.BitOr)),
    _record("bitxor", operator.xor, 2, spell.binary(ast.BitXor)),
    _record("invert", operator.invert, 1, spell.unary(ast.Invert)),
)
