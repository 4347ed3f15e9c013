"""Reductions: sums, means, extremes of the elements of an array, along axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import axes_of, reduced_dims
from autodiff_compiler.ops.building import Arrays, Contributions, Traced, linear
from autodiff_compiler.ops.calling import Refused, signature
from autodiff_compiler.ops.cases import COMPLEX_STEP, case, real
from autodiff_compiler.ops.record import Record
from autodiff_compiler.ops.weights import size_of

OUT = Refused("assign the result instead")


def kept(m: Arrays, ct: Traced, c: Any) -> Traced:
    """The cotangent of a reduction, with the dimensions that it dropped put back as 1."""
    rank = c.a.rank
    axes = axes_of(c.axis, rank)
    if ct.rank == 0 or c.keepdims or len(axes) == rank:
        return ct
    if axes == tuple(range(len(axes))):
        return ct  # leading dimensions come back by broadcasting
    return m("np.expand_dims", ct, axes if len(axes) > 1 else axes[0])


def sum_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    return {"a": kept(m, ct, c)}


def sum_weight(operands: Sequence[object]) -> int:
    return max(size_of(operands[0]) - 1, 0)


RECORDS: tuple[Record, ...] = (
    array_function(
        "np.sum",
        takes=signature("a", axis=None, dtype=Refused("use astype"), out=OUT, keepdims=False),
        dims=reduced_dims,
        rule=linear(sum_vjp),
        weight=sum_weight,
        methods=("sum",),
        cases=(
            case(real(3, 4)),
            case(real(3, 4), axis=0),
            case(real(3, 4), axis=-1, keepdims=True),
            case(real(2, 3, 4), axis=(0, 2)),
            case(real(2, 3, 4), axis=(1, 2), keepdims=True),
            case(real(0, 3), axis=0),
            case(real(1)),
            case(real()),
        ),
        oracle=COMPLEX_STEP,
    ),
)
