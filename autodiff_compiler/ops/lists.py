"""Between arrays and lists of varying length: what derivatives of joining a list need.

The cotangent of a list is a list: the rows of an array (`rows`), or the parts that a list of arrays
was joined from (`split_like`).
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.builder import Builder
from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import FLOAT, ArrayType, SequenceType, Type
from autodiff_compiler.ir.values import Op, Operand
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.array_types import Attributes, array
from autodiff_compiler.ops.kinds import expect_count, pure, raises, sequence
from autodiff_compiler.ops.record import Contribution, Custom, Record, Spelling
from autodiff_compiler.ops.registry import OPS
from autodiff_compiler.ops.shaping import shape_of
from autodiff_compiler.ops.weights import FREE

Tangents = Sequence[Operand | None]


def dtype_of_elements(found: SequenceType) -> str:
    """The dtype of the array that a list is turned into."""
    match found.element:
        case SequenceType():
            return dtype_of_elements(found.element)
        case ArrayType(dtype):
            return dtype
        case element if element.kinds and all(  # type: ignore[union-attr]
            kind.value == "np.float32"
            for kind in element.kinds  # type: ignore[union-attr]
        ):
            return "float32"
    return "float64"


# rows


def rows_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 1)
    found = array(types[0])
    if attributes.get("nested"):
        inner: Type = FLOAT
        for _ in found.dims:
            inner = SequenceType(inner)
        return inner
    if not found.dims:
        raise OperandError("an array without dimensions has no rows")
    rest = found.dims[1:]
    return SequenceType(ArrayType(found.dtype, rest) if rest else found.element)


def rows(a: Any, nested: bool = False) -> object:
    return a.tolist() if nested else list(a)


def write_rows(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    if attributes.get("nested"):
        return ast.Call(ast.Attribute(operands[0], "tolist", ast.Load()), [], [])
    return spell.call("list", operands[0])


def rows_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    if tangents[0] is None:
        return None
    return build.op(op.operation, tangents[0], attributes=op.attributes)


def rows_vjp(build: Builder, op: Op, ct: Operand) -> Sequence[Contribution]:
    return (build.op(OPS["from_rows"], ct, op.operands[0]),)


# from_rows


def from_rows_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    return ArrayType(dtype_of_elements(sequence(types[0])), array(types[1]).dims)


def from_rows(xs: Any, like: np.ndarray) -> np.ndarray:
    return np.reshape(np.array(xs, None if len(xs) else like.dtype), like.shape)


def write_from_rows(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    """Reshaped, since a list without rows doesn't say how long they are."""
    xs, dtype = operands[0], dtype_of_elements(types[0])
    shape = shape_of("reshape", operands, types)
    if dtype == "float64":
        return spell.call("np.reshape", xs, shape)
    made = spell.call("np.array", xs, spell.name(f"np.{dtype}"))
    return ast.Call(ast.Attribute(made, "reshape", ast.Load()), [shape], [])


def from_rows_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    if tangents[0] is None:
        return None
    return build.op(op.operation, tangents[0], op.operands[1])


def from_rows_vjp(build: Builder, op: Op, ct: Operand) -> Sequence[Contribution]:
    nested = isinstance(sequence(op.operands[0].type).element, SequenceType)
    attributes = {"nested": True} if nested else {}
    return build.op(OPS["rows"], ct, attributes=attributes), None


# split_like


def split_like_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    like = array(sequence(types[1]).element)
    return SequenceType(ArrayType(array(types[0]).dtype, like.dims))


def split_like(a: np.ndarray, like: Sequence[np.ndarray], axis: int = 0) -> list[np.ndarray]:
    return list(np.split(a, np.cumsum([x.shape[axis] for x in like])[:-1], axis))


def write_split_like(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    """`np.split(a, np.cumsum([len(x) for x in xs])[:-1])`: x is the comprehension's own."""
    axis = attributes.get("axis", 0)
    x = spell.name("x")
    length = spell.call("len", x)
    if axis != 0:
        length = spell.subscript(ast.Attribute(x, "shape", ast.Load()), ast.Constant(axis))  # type: ignore[arg-type]
    loop = ast.comprehension(ast.Name("x", ast.Store()), operands[1], [], 0)
    ends = spell.call("np.cumsum", ast.ListComp(length, [loop]))
    places = spell.subscript(ends, ast.Slice(None, ast.UnaryOp(ast.USub(), ast.Constant(1)), None))
    more = [ast.Constant(axis)] if axis != 0 else []  # type: ignore[arg-type]
    return spell.call("np.split", operands[0], places, *more)


def split_like_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    if tangents[0] is None:
        return None
    return build.op(op.operation, tangents[0], op.operands[1], attributes=op.attributes)


def split_like_vjp(build: Builder, op: Op, ct: Operand) -> Sequence[Contribution]:
    return build.op(OPS["np.concatenate"], ct, attributes=op.attributes), None


RECORDS: tuple[Record, ...] = (
    Record(
        name="rows",
        infer=rows_type,
        evaluate=rows,
        effect=pure,
        weight=FREE,
        rule=Custom(rows_jvp, rows_vjp),
        spelling=Spelling(write_rows),
        holds="view",
        fresh=True,
    ),
    Record(
        name="from_rows",
        infer=from_rows_type,
        evaluate=from_rows,
        effect=raises,
        weight=FREE,
        rule=Custom(from_rows_jvp, from_rows_vjp),
        spelling=Spelling(write_from_rows),
    ),
    Record(
        name="split_like",
        infer=split_like_type,
        evaluate=split_like,
        effect=pure,
        weight=FREE,
        rule=Custom(split_like_jvp, split_like_vjp),
        spelling=Spelling(write_split_like),
        holds="view",
        fresh=True,
    ),
)
