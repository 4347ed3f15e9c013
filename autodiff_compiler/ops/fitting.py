"""What derivatives need to fit shapes and dtypes together: broadcasting, and its transpose."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.builder import Builder
from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import INT, KIND_OF_DTYPE, ArrayType, ScalarType, TupleType, Type
from autodiff_compiler.ir.values import Op, Operand
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.array_types import Attributes, array, array_or_number
from autodiff_compiler.ops.helpers import UNBROADCAST, UNIT_LIKE, running
from autodiff_compiler.ops.kinds import expect_count, pure
from autodiff_compiler.ops.record import Contribution, Custom, Record, Spelling, Zero
from autodiff_compiler.ops.registry import OPS
from autodiff_compiler.ops.shaping import like_type, shape_of
from autodiff_compiler.ops.weights import FREE, size_of

Tangents = Sequence[Operand | None]


def shape_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 1)
    return TupleType((INT,) * len(array_or_number(types[0])))


def dtype_of(found: Type) -> str | None:
    """The dtype of NumPy's numbers and arrays; None for Python's numbers."""
    match found:
        case ArrayType(dtype):
            return dtype
        case ScalarType(kinds) if len(kinds) == 1 and (kind := next(iter(kinds))).is_numpy:
            return kind.value.removeprefix("np.")
    return None


def astype_type(types: Sequence[Type], attributes: Attributes) -> Type:
    dtype = str(attributes["dtype"])
    if dtype not in KIND_OF_DTYPE:
        raise OperandError(f"arrays of {dtype} are not supported")
    found = types[0]
    return ArrayType(dtype, found.dims) if isinstance(found, ArrayType) else KIND_OF_DTYPE[dtype]


def as_type(a: Any, dtype: str) -> object:
    return a.astype(dtype) if isinstance(a, np.ndarray) else np.dtype(dtype).type(a)


def write_astype(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    dtype = spell.name("bool" if attributes["dtype"] == "bool" else f"np.{attributes['dtype']}")
    if isinstance(types[0], ArrayType):
        return ast.Call(ast.Attribute(operands[0], "astype", ast.Load()), [dtype], [])
    return ast.Call(dtype, [operands[0]], [])


def astype_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    if tangents[0] is None:
        return None
    return build.op(op.operation, tangents[0], attributes=op.attributes)


def write_expand(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    shape = shape_of("broadcast_to", operands, types)
    return spell.call("np.broadcast_to", operands[0], shape)


def expand_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    if tangents[0] is None:
        return None
    return build.op(op.operation, tangents[0], op.operands[1])


def expand_vjp(build: Builder, op: Op, ct: Operand) -> Sequence[Contribution]:
    return ct, None  # the transform sums it down to the operand's shape


def unbroadcast_vjp(build: Builder, op: Op, ct: Operand) -> Sequence[Contribution]:
    return build.op(OPS["expand_like"], ct, op.operands[0]), None


RECORDS: tuple[Record, ...] = (
    Record(
        name="shape",
        infer=shape_type,
        evaluate=np.shape,
        effect=pure,
        weight=FREE,
        rule=Zero("sizes are whole numbers"),
        spelling=Spelling(
            lambda operands, types, attributes: (
                ast.Attribute(operands[0], "shape", ast.Load())
                if isinstance(types[0], ArrayType)
                else spell.call("np.shape", *operands)
            )
        ),
    ),
    Record(
        name="size",
        infer=lambda types, attributes: (array(types[0]), INT)[1],
        evaluate=np.size,
        effect=pure,
        weight=FREE,
        rule=Zero("sizes are whole numbers"),
        spelling=Spelling(
            lambda operands, types, attributes: ast.Attribute(operands[0], "size", ast.Load())
        ),
    ),
    Record(
        name="astype",
        infer=astype_type,
        evaluate=as_type,
        effect=pure,
        weight=FREE,
        rule=Custom(astype_jvp, lambda build, op, ct: (ct,)),  # fitted to the operand's dtype
        spelling=Spelling(write_astype),
    ),
    Record(
        name="own",
        infer=lambda types, attributes: array(types[0]),
        evaluate=lambda a: a.copy(),
        effect=pure,
        weight=FREE,
        fresh=True,
        rule=Custom(astype_jvp, lambda build, op, ct: (ct,)),
        spelling=Spelling(
            lambda operands, types, attributes: ast.Call(
                ast.Attribute(operands[0], "copy", ast.Load()), [], []
            )
        ),
    ),
    Record(
        name="expand_like",
        infer=like_type,
        evaluate=lambda a, like: np.broadcast_to(a, like.shape),
        effect=pure,
        weight=FREE,
        rule=Custom(expand_jvp, expand_vjp),
        spelling=Spelling(write_expand),
        holds="view",
    ),
    Record(
        name="unit_like",
        infer=lambda types, attributes: array(types[0]),
        evaluate=running(UNIT_LIKE),
        effect=pure,
        weight=FREE,
        rule=Zero("a one among zeros, whatever the elements"),
        spelling=spell.calling_helper(UNIT_LIKE),
        fresh=True,
    ),
    Record(
        name="unbroadcast",
        infer=like_type,
        evaluate=lambda a, like: running(UNBROADCAST)(a, like.shape),
        effect=pure,
        weight=lambda operands: size_of(operands[0]),
        rule=Custom(expand_jvp, unbroadcast_vjp),
        spelling=Spelling(
            lambda operands, types, attributes: spell.call(
                UNBROADCAST.name, operands[0], shape_of("unbroadcast", operands, types)
            ),
            lambda types: UNBROADCAST,
        ),
        holds="maybe",
    ),
)
