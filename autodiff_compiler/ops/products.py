"""Products of arrays: matrix products, inner and outer products, contractions."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import broadcast
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import Attributes, Dims
from autodiff_compiler.ops.building import Arrays, Contributions, Traced, bilinear
from autodiff_compiler.ops.calling import Refused, signature, written
from autodiff_compiler.ops.cases import COMPLEX_STEP, case, real
from autodiff_compiler.ops.record import Record, Spelling


def matmul_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    a, b = operands
    if not a or not b:
        raise OperandError("matmul: expected arrays, got a number: use *")
    inner = b[-2] if len(b) > 1 else b[0]
    if isinstance(a[-1].size, int) and isinstance(inner.size, int) and a[-1].size != inner.size:
        raise OperandError(f"matmul: sizes {a[-1]} and {inner} of the inner dimensions differ")
    stack = broadcast(a[:-2], b[:-2])
    if stack is None:
        raise OperandError("matmul: the stacks of matrices don't fit together")
    return (*stack, *(a[-2:-1] if len(a) > 1 else ()), *(b[-1:] if len(b) > 1 else ()))


def matmul_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """The result's cotangent times the other matrix; vectors as rows and columns."""
    a, b = c.x1, c.x2
    match a.rank, b.rank:
        case 1, 1:
            return {"x1": ct * b, "x2": ct * a}
        case 1, 2:
            return {"x1": b @ ct, "x2": outer(m, a, ct)}
        case 2, 1:
            return {"x1": outer(m, ct, b), "x2": a.T @ ct}
        case 1, _:
            row = m("np.expand_dims", ct, -2)
            return {
                "x1": m("np.squeeze", b @ m("np.expand_dims", ct, -1), -1),
                "x2": m("np.expand_dims", a, -1) @ row,
            }
        case _, 1:
            column = m("np.expand_dims", ct, -1)
            return {"x1": column * b, "x2": m("np.squeeze", a.mT @ column, -1)}
    return {"x1": ct @ b.mT, "x2": a.mT @ ct}


def outer(m: Arrays, a: Traced, b: Traced) -> Traced:
    return m("np.outer", a, b)


def outer_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    if any(len(dims) != 1 for dims in operands):
        raise OperandError("outer: expected two vectors")
    return (*operands[0], *operands[1])


def matmul_weight(operands: Sequence[object]) -> int:
    """A multiplication and an addition for each product of elements."""
    a, b = (np.asarray(operand) for operand in operands)
    columns = b.shape[-1] if b.ndim > 1 else 1
    rows = a.size if a.ndim >= b.ndim or b.ndim <= 2 else b.size // max(columns, 1)
    return 2 * rows * columns if a.dtype.kind == b.dtype.kind == "f" else 0


def write_matmul(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    if "method" in attributes or attributes.get("form") == "function":
        return _called.write(operands, types, attributes)  # type: ignore[return-value]
    return ast.BinOp(operands[0], ast.MatMult(), operands[1])


MATMUL = signature("x1", "x2", out=Refused("assign the result instead"))
_called = written("np.matmul", MATMUL)

RECORDS: tuple[Record, ...] = (
    array_function(
        "np.matmul",
        takes=MATMUL,
        dims=matmul_dims,
        rule=bilinear(matmul_vjp),
        weight=matmul_weight,
        spelling=Spelling(write_matmul),
        cases=(
            case(real(3), real(3)),
            case(real(2, 3), real(3)),
            case(real(3), real(3, 4)),
            case(real(2, 3), real(3, 4)),
            case(real(5, 2, 3), real(3, 4)),
            case(real(2, 3), real(5, 3, 4)),
            case(real(5, 1, 2, 3), real(4, 3, 2)),
            case(real(3), real(5, 3, 4)),
            case(real(5, 2, 3), real(3)),
            case(real(0, 3), real(3, 2)),
            case(real(2, 0), real(0, 2)),
            case(real(1, 1), real(1, 1)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.outer",
        takes=signature("a", "b", out=Refused("assign the result instead")),
        dims=outer_dims,
        rule=bilinear(lambda m, ct, c: {"a": ct @ c.b, "b": ct.T @ c.a}),
        weight=lambda operands: np.size(operands[0]) * np.size(operands[1]),  # type: ignore[arg-type]
        cases=(case(real(3), real(4)), case(real(1), real(3)), case(real(0), real(2))),
        oracle=COMPLEX_STEP,
    ),
)
