"""Norms of vectors and matrices. Where a norm is 0 its derivative is 0, by convention."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import ArrayType, Type
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import Attributes, Dims, axes_of, reduced_dims
from autodiff_compiler.ops.building import Arrays, Contributions, Tangents, Traced, custom
from autodiff_compiler.ops.calling import signature
from autodiff_compiler.ops.cases import case, distinct, integers, positive, real, regular, restated
from autodiff_compiler.ops.kinds import raises
from autodiff_compiler.ops.linalg_oracles import norm as norm_again
from autodiff_compiler.ops.matrices import columns_times
from autodiff_compiler.ops.record import Record
from autodiff_compiler.ops.weights import size_of

inf = math.inf
FROBENIUS = ("fro", "f")
SPECTRAL = (2, -2, "nuc")


def norm_axes(attributes: Attributes, rank: int) -> tuple[int, ...]:
    return axes_of(attributes.get("axis"), rank)


def norm_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    rank = len(operands[0])
    axes, order = norm_axes(attributes, rank), attributes.get("ord")
    kind = kind_of(order, axes, attributes.get("axis") is None)
    if kind == "spectral" and axes != (rank - 2, rank - 1):
        raise OperandError(f"norm: for ord={order!r}, move the matrices to the last two axes")
    return reduced_dims(operands, attributes)


def kind_of(order: object, axes: tuple[int, ...], of_all: bool) -> str:
    """Which formula it is: "square", "sum", "extreme", "power" of vectors; "sums" (the extreme of
    the sums of columns or rows) or "spectral" (from singular values) of matrices."""
    if order is None and (of_all or len(axes) <= 2):
        return "square"
    number = order if isinstance(order, int | float) and not isinstance(order, bool) else None
    if len(axes) == 1 and number is not None:
        if number == 0:
            raise OperandError("norm: ord=0 counts elements: write np.count_nonzero")
        return {1: "sum", 2: "square", inf: "extreme", -inf: "extreme"}.get(number, "power")
    if len(axes) == 2:
        if order in FROBENIUS:
            return "square"
        if number in (1, -1, inf, -inf):
            return "sums"
        if order in SPECTRAL:
            return "spectral"
    raise OperandError(f"norm: there is no ord={order!r} over {len(axes)} dimensions")


class _Norm:
    """A call of norm: what its formula is, and shapes that go with it."""

    def __init__(self, m: Arrays, c: Any) -> None:
        self.m, self.x = m, c.x
        self.axes = axes_of(c.axis, c.x.rank)
        self.kind = kind_of(c.ord, self.axes, c.axis is None)
        self.whole = len(self.axes) == c.x.rank
        self.keepdims, self.result, self.ord = c.keepdims, c.result, c.ord

    def kept(self, value: Traced) -> Traced:
        """A value for each norm, so that it goes with the elements."""
        if value.rank == 0 or self.keepdims or self.axes == tuple(range(len(self.axes))):
            return value
        axes = self.axes if len(self.axes) > 1 else self.axes[0]
        return self.m("np.expand_dims", value, axes)

    def sum(self, value: Traced, axes: tuple[int, ...] | None = None) -> Traced:
        """A sum for each norm."""
        if axes is None:
            axes = self.axes
            if self.whole:
                return self.m("np.sum", value, keepdims=self.keepdims)
        one = axes if len(axes) > 1 else axes[0]
        return self.m("np.sum", value, axis=one, keepdims=self.keepdims)

    def nonzero(self, value: Traced) -> Traced:
        """A value for each norm, but 0 where the norm is."""
        return self.m.where(self.m.op("ne", self.result, 0.0), value, 0.0)

    def slope(self) -> Traced:
        """The derivatives by the elements, for all but the kinds "square" and "spectral"."""
        m, x = self.m, self.x
        sign = m.op("np.sign", x)
        if self.kind == "sum":
            return sign
        size = m.op("np.abs", x)
        result = self.kept(self.result)
        if self.kind == "power":
            ratio = m.where(m.op("ne", result, 0.0), size / result, 0.0)
            share = m.op("pow", ratio, self.ord - 1)
            # No share where an element is 0, also where 0 ** (ord - 1) is infinite or 1.
            return sign * share if self.ord > 1 else m.where(m.op("ne", x, 0.0), sign * share, 0.0)
        if self.kind == "extreme":
            return sign * self.shared(size, self.axes, result)
        rows, columns = self.axes
        if abs(self.ord) == 1:
            rows, columns = columns, rows
        # Now `columns` is summed over, and the extreme is taken over `rows`.
        sums = m("np.sum", size, axis=columns, keepdims=True)
        return sign * self.shared(sums, (rows,), result)

    def shared(self, values: Traced, axes: tuple[int, ...], extreme: Traced) -> Traced:
        """1 at the extreme; evenly shared out where there are several."""
        m = self.m
        taken = m.op("eq", values, extreme)
        ones = m.where(taken, 1.0, 0.0)
        whole = values.rank == len(axes)
        one = None if whole else axes if len(axes) > 1 else axes[0]
        # "extreme" may be a number, or lack leading dimensions; so may the count.
        count = m("np.sum", ones, axis=one, keepdims=not whole)
        return ones / count

    def singular(self) -> tuple[Traced, Traced, Traced]:
        """U, the derivatives by the singular values, and Vᵀ."""
        m = self.m
        found = m("np.linalg.svd", self.x, full_matrices=False)
        u, s, vt = (found.item(place) for place in range(3))
        if self.ord == "nuc":
            return u, m.op("np.sign", s), vt
        extreme = m("np.linalg.norm", s, self.ord * inf, axis=-1, keepdims=True)
        ones = m.where(m.op("eq", s, extreme), 1.0, 0.0)
        share = ones / m("np.sum", ones, axis=-1, keepdims=True)
        return u, share * m.op("np.sign", s), vt


def norm_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    x_dot = dots.x
    if x_dot is None:
        return None
    call = _Norm(m, c)
    if call.kind == "square":
        return call.nonzero(call.sum(c.x * x_dot) / c.result)
    if call.kind == "spectral":
        u, weights, vt = call.singular()
        slopes = m("np.sum", u * (x_dot @ vt.mT), axis=-2)
        found = m("np.sum", weights * slopes, axis=-1)
        return m("np.expand_dims", found, (-2, -1)) if c.keepdims else found
    return call.sum(call.slope() * x_dot)


def norm_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    call = _Norm(m, c)
    if call.kind == "square":
        return {"x": call.kept(call.nonzero(ct / c.result)) * c.x}
    if call.kind == "spectral":
        u, weights, vt = call.singular()
        if ct.rank and c.keepdims:
            ct = m("np.squeeze", ct, -1)
        elif ct.rank:
            ct = m("np.expand_dims", ct, -1)
        return {"x": columns_times(m, u, ct * weights) @ vt}
    return {"x": call.kept(ct) * call.slope()}


def without_decomposition(types: Sequence[Type], attributes: Attributes) -> bool:
    """Whether a call certainly raises nothing: singular values may fail to converge."""
    (found,) = types
    axis = attributes.get("axis")
    of_vectors = isinstance(axis, int) or (isinstance(axis, tuple) and len(axis) == 1)
    if isinstance(found, ArrayType) and found.rank < 2:
        of_vectors = True
    return of_vectors or attributes.get("ord") not in SPECTRAL


def norm_weight(operands: Sequence[object]) -> int:
    return 2 * size_of(np.asarray(operands[0]))


RECORDS: tuple[Record, ...] = (
    array_function(
        "np.linalg.norm",
        takes=signature("x", ord=None, axis=None, keepdims=False),
        dims=norm_dims,
        effect=raises,
        rule=custom(jvp=norm_jvp, vjp=norm_vjp),
        weight=norm_weight,
        cases=(
            case(real(4)),
            case(real(3, 4)),
            case(real(2, 3, 4)),
            case(real(3, 4), keepdims=True),
            case(real(4), 2),
            case(real(4), 1),
            case(real(4), inf),
            case(real(4), -inf, keepdims=True),
            case(real(4), 3),
            case(real(4), 1.5),
            case(distinct(4), -2),
            case(real(3, 4), axis=0),
            case(real(3, 4), axis=-1),
            case(real(3, 4), None, 1, True),
            case(real(3, 4), 2, axis=1),
            case(real(3, 4), 1, axis=0),
            case(real(3, 4), inf, axis=1),
            case(real(3, 4), inf, axis=0, keepdims=True),
            case(real(3, 4), 3.0, axis=1),
            case(real(3, 4), "fro"),
            case(real(3, 4), 1),
            case(real(3, 4), -1, keepdims=True),
            case(real(3, 4), inf),
            case(real(3, 4), -inf),
            case(real(3, 4), 2),
            case(real(4, 3), "nuc"),
            case(regular(3, 3), -2),
            case(real(3, 4), 2, keepdims=True),
            case(real(2, 3, 4), axis=(0, 1)),
            case(real(2, 3, 4), axis=(-1, 0), keepdims=True),
            case(real(2, 3, 4), "fro", axis=(1, 2)),
            case(real(2, 3, 4), 1, axis=(1, 2)),
            case(real(2, 4, 3), inf, axis=(1, 2), keepdims=True),
            case(real(2, 4, 3), 1, axis=(2, 0)),
            case(positive(2, 3, 4), inf, axis=(0, 2)),
            case(real(2, 3, 4), 2, axis=(1, 2)),
            case(real(2, 3, 4), "nuc", axis=(1, 2), keepdims=True),
            case(integers(5, 3)),
            case(real(1)),
            case(real()),
            case(real(0)),
            case(real(0, 3), axis=0),
            case(real(1, 1), "fro"),
        ),
        oracle=restated(norm_again),
    ),
)
