"""Sizes in rules: numbers where they are known, read from a shape at run time where not."""

from __future__ import annotations

from autodiff_compiler.ir.types import ArrayType, Dim
from autodiff_compiler.ops.building import Arrays, Traced

Size = int | Traced


def number_of(dim: Dim) -> int | None:
    """The size of a dimension, if it is known."""
    if dim.one:
        return 1
    return max(dim.size - dim.less, 0) if isinstance(dim.size, int) else None


def dims_of(a: Traced) -> tuple[Dim, ...]:
    return a.type.dims if isinstance(a.type, ArrayType) else ()


def size_along(m: Arrays, a: Traced, axis: int) -> Size:
    """The size of one dimension, counted from the front."""
    known = number_of(dims_of(a)[axis])
    return m.op("item", m.op("shape", a), index=axis) if known is None else known


def sizes(m: Arrays, a: Traced) -> list[Size]:
    return [size_along(m, a, axis) for axis in range(a.rank)]


def total_size(m: Arrays, a: Traced) -> Size:
    """The number of elements."""
    if a.rank == 1:
        return size_along(m, a, 0)
    total = 1
    for dim in dims_of(a):
        known = number_of(dim)
        if known is None:
            return m.op("size", a)
        total *= known
    return total
