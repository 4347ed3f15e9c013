"""Sampled functions: interpolation, integrals, convolution, polynomials."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import NP_FLOAT32, ArrayType, Dim, broadcast, fills
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import (
    Attributes,
    Dims,
    axis_of,
)
from autodiff_compiler.ops.building import (
    Arrays,
    Contributions,
    Like,
    Tangents,
    Traced,
    custom,
)
from autodiff_compiler.ops.calling import HOLE, OPTIONAL, Refused, signature
from autodiff_compiler.ops.cases import COMPLEX_STEP, NUMBER, case, ordered, real, restated, unit
from autodiff_compiler.ops.kinds import raises
from autodiff_compiler.ops.record import Record
from autodiff_compiler.ops.scans import difference_bar
from autodiff_compiler.ops.subscripts import Slice
from autodiff_compiler.ops.weights import size_of


def vector(dims: Dims, what: str) -> Dim:
    if len(dims) != 1:
        raise OperandError(f"{what}: expected a vector, got {len(dims)} dimensions")
    return dims[0]


def at(m: Arrays, x: Traced, place: Like) -> Traced:
    """One or several elements of a vector."""
    if isinstance(place, Traced):
        return m.op("get", x, place, index=(HOLE,))
    return m.op("get", x, index=(place,))


def double(m: Arrays, x: Traced) -> Traced:
    """x in double precision, in which np.interp computes."""
    single = isinstance(x.type, ArrayType) and x.type.dtype == "float32"
    return m.op("astype", x, dtype="float64") if single or x.type == NP_FLOAT32 else x


# interp


def interp_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    vector(operands[1], "interp")
    vector(operands[2], "interp")
    return operands[0]


class _Segments:
    """Where points lie among knots: each in a segment from k to k + 1, at the fraction t of it."""

    def __init__(self, m: Arrays, c: Any) -> None:
        self.m = m
        xp, fp, x, dim = double(m, c.xp), double(m, c.fp), double(m, c.x), c.xp.type.dims[0]
        self.before = m("np.searchsorted", m.op("get", xp, index=(Slice(1, -1),)), x, side="right")
        self.after = self.before + 1
        if dim.one is not False:  # a single knot is both ends
            last: Like = 0 if dim.one else m.op("shape", xp).item(0) - 1
            self.after = m.op("np.minimum", self.after, last)
        self.below, self.above = m.op("lt", x, at(m, xp, 0)), m.op("gt", x, at(m, xp, -1))
        self.outside = m.op("np.logical_or", self.below, self.above)
        start = at(m, xp, self.before)
        width = at(m, xp, self.after) - start
        rise = at(m, fp, self.after) - at(m, fp, self.before)
        if dim.one is not False:
            self.outside = m.op("np.logical_or", self.outside, m.op("eq", width, 0.0))
        # Beyond the last knot, the value is that at the end of the last segment.
        end = self.above if x.rank else m.where(self.above, 1.0, 0.0)
        self.t = m.where(self.outside, end, (x - start) / width)
        self.slope = rise / width

    def between(self, values: Traced) -> Traced:
        """Of values at the knots, what interpolation gives at the points."""
        m, t = self.m, self.t
        return at(m, values, self.before) * (1.0 - t) + at(m, values, self.after) * t

    def shares(self, like: Traced, ct: Traced) -> Traced:
        """What interpolated values hand to the two ends of their segments."""
        m, first = self.m, ct * (1.0 - self.t)
        total = m("np.zeros_like", like)
        total = m.op("add_at", total, self.before, first, index=(HOLE,))
        return m.op("add_at", total, self.after, ct * self.t, index=(HOLE,))

    def along(self, moved: Traced) -> Traced:
        """What moves along the segments, which beyond the knots is nothing."""
        return self.m.where(self.outside, 0.0, moved * self.slope)


def interp_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    where = _Segments(m, c)
    x, xp, fp, left, right = (
        None if dot is None else double(m, dot)
        for dot in (dots.x, dots.xp, dots.fp, dots.left, dots.right)
    )
    terms = []
    if fp is not None:
        terms.append(where.between(fp))
    if x is not None:
        terms.append(where.along(x))
    if xp is not None:
        terms.append(-where.along(where.between(xp)))
    total = functools.reduce(operator.add, terms) if terms else None
    for mask, given, dot in ((where.below, c.left, left), (where.above, c.right, right)):
        if given is not None and (dot is not None or total is not None):
            end: Like = 0.0 if dot is None else dot
            total = m.where(mask, end, 0.0 if total is None else total)
    return total


def interp_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    where = _Segments(m, c)
    along = where.along(ct)
    found = {"x": along, "xp": where.shares(c.xp, -along)}
    for name, given, mask in (
        ("left", c.left, where.below),
        ("right", c.right, where.above),
    ):
        if given is not None:
            found[name] = m.where(mask, ct, 0.0)
            ct = m.where(mask, 0.0, ct)
    return {**found, "fp": where.shares(c.fp, ct)}


def plain_interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    n = len(xp)
    k = np.clip(np.searchsorted(np.real(xp), np.real(x), side="right") - 1, 0, max(n - 2, 0))
    after = np.minimum(k + 1, n - 1)
    below, above = np.real(x) < np.real(xp[0]), np.real(x) > np.real(xp[-1])
    width = np.where(n == 1, 1, xp[after] - xp[k])
    inner = fp[k] + (x - xp[k]) / width * (fp[after] - fp[k])
    low, high = fp[0] if left is None else left, fp[-1] if right is None else right
    return np.where(below, low, np.where(above, high, inner))[()]


# trapezoid


def trapezoid_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    y = operands[0]
    axis = axis_of(attributes.get("axis", -1), len(y))
    optional = attributes.get("optional", ())
    for name, dims in zip(optional, operands[1:], strict=True):  # type: ignore[call-overload]
        if name == "dx" and dims:
            raise OperandError("trapezoid: dx is one number; pass x where distances differ")
        if name == "x" and len(dims) not in (1, len(y)):
            raise OperandError("trapezoid: x is a vector, or has the shape of y")
        if name == "x" and len(dims) > 1:
            return _stack((*y[:axis], *y[axis + 1 :]), (*dims[:axis], *dims[axis + 1 :]))
    return (*y[:axis], *y[axis + 1 :])


def _stack(y: Dims, x: Dims) -> Dims:
    found = broadcast(y, x)
    if found is None:
        raise OperandError("trapezoid: x and y can't be broadcast together")
    return found


def _sides(m: Arrays, y: Traced, axis: int) -> tuple[Traced, Traced]:
    """All elements along an axis but the first, and all but the last."""
    before = [Slice()] * axis
    return (
        m.op("get", y, index=(*before, Slice(1))),
        m.op("get", y, index=(*before, Slice(None, -1))),
    )


class _Panels:
    """An integral by trapezoids: the widths of the panels, which broadcast with y."""

    def __init__(self, m: Arrays, c: Any) -> None:
        self.m, self.c = m, c
        self.axis = axis_of(c.axis, c.y.rank)
        self.after = c.y.rank - 1 - self.axis

    def along(self, width: Traced) -> Traced:
        if width.rank == self.c.y.rank or not self.after:
            return width
        return self.m("np.expand_dims", width, tuple(range(1, self.after + 1)))

    def part(self, found: Traced, like: Traced) -> Traced:
        """What of a contribution belongs to one of two factors that were broadcast together."""
        dims, own = (each.type.dims for each in (found, like))  # type: ignore[union-attr]
        if len(dims) == len(own) and all(map(fills, own, dims)):
            return found
        return self.m.op("unbroadcast", found, like)

    def x_axis(self) -> int:
        return 0 if self.c.x.rank == 1 else self.axis

    def width(self) -> Like:
        if self.c.x is not None:
            return self.along(self.m("np.diff", self.c.x, axis=self.x_axis()))
        return 1.0 if self.c.dx is None else self.c.dx

    def means(self) -> Traced:
        high, low = _sides(self.m, self.c.y, self.axis)
        return 0.5 * (high + low)

    def kept(self, ct: Traced) -> Traced:
        if ct.rank == 0 or self.axis == 0:
            return ct
        return self.m("np.expand_dims", ct, self.axis)


def trapezoid_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    panels = _Panels(m, c)
    total: Traced | None = None
    if dots.y is not None:
        more = {} if c.x is None else {"x": c.x}
        if c.dx is not None and c.x is None:
            more["dx"] = c.dx
        total = m("np.trapezoid", dots.y, axis=c.axis, **more)
    term: Traced | None = None
    if dots.x is not None:
        width = panels.along(m("np.diff", dots.x, axis=panels.x_axis()))
        term = m("np.sum", width * panels.means(), axis=panels.axis)
    elif dots.dx is not None and c.x is None:
        term = m("np.sum", panels.means(), axis=panels.axis) * dots.dx
    if term is None:
        return total
    return term if total is None else total + term


def trapezoid_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    panels = _Panels(m, c)
    each = panels.kept(ct)
    half = 0.5 * each if c.x is None and c.dx is None else 0.5 * each * panels.width()
    before = [Slice()] * panels.axis
    if c.x is not None:
        half = panels.part(half, _sides(m, c.y, panels.axis)[0])
    y_bar = m("np.zeros_like", c.y)
    y_bar = m.op("add_at", y_bar, half, index=(*before, Slice(1)))
    found = {"y": m.op("add_at", y_bar, half, index=(*before, Slice(None, -1)))}
    if c.x is not None:
        width_bar = each * panels.means()
        if c.x.rank < c.y.rank:
            others = tuple(k for k in range(c.y.rank) if k != panels.axis)
            width_bar = m("np.sum", width_bar, axis=others)
        width_bar = panels.part(width_bar, m("np.diff", c.x, axis=panels.x_axis()))
        found["x"] = difference_bar(m, width_bar, c.x, panels.x_axis())
    elif c.dx is not None:
        found["dx"] = ct * m("np.sum", panels.means(), axis=panels.axis)
    return found


# Knots in order, and points in between.
KNOTS = ordered(4)
PERIOD = Refused("put x into bounds with np.mod first")

RECORDS: tuple[Record, ...] = (
    array_function(
        "np.interp",
        takes=signature("x", "xp", "fp", left=OPTIONAL, right=OPTIONAL, period=PERIOD),
        dims=interp_dims,
        effect=raises,
        rule=custom(jvp=interp_jvp, vjp=interp_vjp),
        weight=lambda operands: 6 * size_of(operands[0]),
        cases=(
            case(unit(5), KNOTS, real(4)),
            case(unit(2, 3), KNOTS, real(4)),
            case(real(6), KNOTS, real(4)),
            case(real(6), KNOTS, real(4), left=NUMBER, right=real()),
            case(real(6), KNOTS, real(4), right=1.5),
            case(NUMBER, KNOTS, real(4)),
            case(real(), KNOTS, real(4)),
            case(real(0), KNOTS, real(4)),
        ),
        oracle=restated(plain_interp),
    ),
    array_function(
        "np.trapezoid",
        takes=signature("y", x=OPTIONAL, dx=OPTIONAL, axis=-1),
        dims=trapezoid_dims,
        rule=custom(jvp=trapezoid_jvp, vjp=trapezoid_vjp),
        weight=lambda operands: 4 * size_of(operands[0]),
        cases=(
            case(real(5)),
            case(real(5), real(5)),
            case(real(5), dx=NUMBER),
            case(real(3, 4), axis=0),
            case(real(3, 4), dx=0.5, axis=-1),
            case(real(3, 4), real(3), axis=0),
            case(real(2, 3, 4), x=real(3), axis=1),
            case(real(2, 3, 4), x=real(2, 3, 4), axis=1),
            case(real(2, 3, 1), real(1, 2, 4), axis=1),
            case(real(1)),
            case(real(0)),
            case(real(0, 3), axis=0),
        ),
        oracle=COMPLEX_STEP,
    ),
)
