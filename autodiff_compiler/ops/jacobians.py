"""Jacobians of arrays by arrays, put together from one array for each element of either.

A Jacobian has the shape of the output followed by that of the input. Reverse mode finds it row by
row, one array like the input for each element of the output; forward mode column by column.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.builder import Builder
from autodiff_compiler.ir.types import ArrayType, SequenceType, Type
from autodiff_compiler.ir.values import Op, Operand
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.array_types import array
from autodiff_compiler.ops.kinds import expect_count, pure, sequence
from autodiff_compiler.ops.record import Contribution, Custom, Record, Spelling
from autodiff_compiler.ops.registry import OPS
from autodiff_compiler.ops.weights import FREE

Attributes = Mapping[str, object]
Tangents = Sequence[Operand | None]


def whole_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 3)
    found, out, like = array(sequence(types[0]).element), array(types[1]), array(types[2])
    return ArrayType(found.dtype, (*out.dims, *like.dims))


def whole(rows: Any, out: np.ndarray, like: np.ndarray, by: str) -> np.ndarray:
    dtype = rows[0].dtype if rows else like.dtype
    if by == "columns":
        rows = np.reshape(np.array(rows, dtype), (like.size, out.size)).T
    return np.reshape(np.array(rows, dtype), out.shape + like.shape)


def write_whole(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    rows, out, like = operands
    if array(sequence(types[0]).element).dtype != "float64":
        rows = spell.call("np.array", rows, spell.name("np.float32"))
    if attributes["by"] == "columns":
        flat = spell.call("np.reshape", rows, ast.Tuple([_of(like, "size"), _of(out, "size")]))
        rows = ast.Attribute(flat, "T", ast.Load())
    shape = ast.BinOp(_of(out, "shape"), ast.Add(), _of(like, "shape"))
    return spell.call("np.reshape", rows, shape)


def whole_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    if tangents[0] is None:
        return None
    return build.op(op.operation, tangents[0], *op.operands[1:], attributes=op.attributes)


def whole_vjp(build: Builder, op: Op, ct: Operand) -> Sequence[Contribution]:
    parts = build.op(OPS["jacobian_parts"], ct, *op.operands[1:], attributes=op.attributes)
    return parts, None, None


def parts_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 3)
    each = array(types[2 if attributes["by"] == "rows" else 1])
    return SequenceType(ArrayType(array(types[0]).dtype, each.dims))


def parts(a: np.ndarray, out: np.ndarray, like: np.ndarray, by: str) -> list[np.ndarray]:
    if by == "rows":
        return list(np.reshape(a, (out.size, *like.shape)))
    return list(np.reshape(np.reshape(a, (out.size, like.size)).T, (like.size, *out.shape)))


def write_parts(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    a, out, like = operands
    each, others = (like, out) if attributes["by"] == "rows" else (out, like)
    if attributes["by"] == "columns":
        flat = spell.call("np.reshape", a, ast.Tuple([_of(out, "size"), _of(like, "size")]))
        a = ast.Attribute(flat, "T", ast.Load())
    rest = ast.Starred(_of(each, "shape"), ast.Load())
    shape = ast.Tuple([_of(others, "size"), rest], ast.Load())
    return spell.call("list", spell.call("np.reshape", a, shape))


def parts_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    if tangents[0] is None:
        return None
    return build.op(op.operation, tangents[0], *op.operands[1:], attributes=op.attributes)


def parts_vjp(build: Builder, op: Op, ct: Operand) -> Sequence[Contribution]:
    found = build.op(OPS["jacobian"], ct, *op.operands[1:], attributes=op.attributes)
    return found, None, None


def _of(operand: ast.expr, attribute: str) -> ast.expr:
    return ast.Attribute(operand, attribute, ast.Load())


RECORDS: tuple[Record, ...] = (
    Record(
        name="jacobian",
        infer=whole_type,
        evaluate=whole,
        effect=pure,
        weight=FREE,
        rule=Custom(whole_jvp, whole_vjp),
        spelling=Spelling(write_whole),
    ),
    Record(
        name="jacobian_parts",
        infer=parts_type,
        evaluate=parts,
        effect=pure,
        weight=FREE,
        rule=Custom(parts_jvp, parts_vjp),
        spelling=Spelling(write_parts),
        holds="view",
        fresh=True,
    ),
)
