"""What an operation costs, estimated from its types alone, before there is anything to run."""

from __future__ import annotations

import math

from autodiff_compiler.ir.types import ArrayType, ScalarType
from autodiff_compiler.ir.values import Const, Op

# Reading an element, or listing some values, is only moving them.
_MOVES = frozenset(
    {"getitem", "len", "item", "pack", "shape", "size", "np.transpose", "np.swapaxes"}
    | {"np.expand_dims", "np.squeeze", "np.moveaxis"}
)


def _is_square(op: Op) -> bool:
    base, exponent = op.operands
    numbers = isinstance(base.type, ScalarType)
    return numbers and isinstance(exponent, Const) and exponent.value == 2


def reads_in_place(op: Op) -> bool:
    """Whether a subscript of an array gives a view of it, or a number, and copies nothing."""
    return not any(isinstance(each.type, ArrayType) for each in op.operands[1:])


def estimated_weight(op: Op) -> float:
    """The weight of an operation on scalars; infinite for what works on whole sequences."""
    if op.operation.name in _MOVES or (op.operation.name == "get" and reads_in_place(op)):
        return 0
    if op.operation.name == "pow" and _is_square(op):
        return 1  # a product, as far as repeating it goes
    types = [operand.type for operand in (*op.operands, op.result)]
    scalars = [kind for kind in types if isinstance(kind, ScalarType)]
    if len(scalars) < len(types):
        return math.inf
    floats = any(kind.may_be_float for kind in scalars)
    return op.operation.weight([1.0 if floats else 1 for _ in op.operands])
