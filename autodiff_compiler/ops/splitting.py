"""Functions with several arrays as their result: split and its kind, unstack, meshgrid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import ONE, SOME, ArrayType, Dim, TupleType, Type, dim_of
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import Attributes, array, array_or_number, axis_of
from autodiff_compiler.ops.building import (
    Arrays,
    Contributions,
    Traced,
    custom,
    linear,
    wants_cotangent,
    zero_like,
)
from autodiff_compiler.ops.calling import Signature, signature
from autodiff_compiler.ops.cases import COMPLEX_STEP, NUMBER, case, real
from autodiff_compiler.ops.record import Record
from autodiff_compiler.ops.shaping import dtype_of_operand
from autodiff_compiler.ops.sizes import number_of
from autodiff_compiler.ops.weights import FREE

AxisOf = Callable[[int, Attributes], int]


# split and its kind


def _named_share(dim: Dim, sections: int) -> Dim:
    """One of so many equal parts of a dimension whose size has a name."""
    if dim.size is None:
        return SOME
    size = str(dim) if dim.less == 0 else f"({dim})"
    return Dim(f"{size}/{sections}")


def part_dims(dim: Dim, sections: object, unequal: bool) -> list[Dim]:
    """The parts of one dimension: so many, or those between the indices."""
    known = number_of(dim)
    if type(sections) is int:
        if sections <= 0:
            raise OperandError("number sections must be larger than 0")
        if known is None:
            if sections == 1:
                return [dim]
            return [SOME if unequal else _named_share(dim, sections)] * sections
        if known % sections and not unequal:
            raise OperandError("array split does not result in an equal division")
        share, more = divmod(known, sections)
        return [dim_of(share + (place < more)) for place in range(sections)]
    if not isinstance(sections, tuple) or any(type(each) is not int for each in sections):
        raise OperandError(f"expected ints known at compile time, got {sections!r}")
    bounds = [0, *sections, None]
    return [
        SOME if known is None else dim_of(len(range(known)[start:stop]))
        for start, stop in pairwise(bounds)
    ]


def split_type(axis_of_call: AxisOf, unequal: bool, name: str) -> Any:
    def infer(types: Sequence[Type], attributes: Attributes) -> Type:
        found = array(types[0])
        axis = axis_of(axis_of_call(found.rank, attributes), found.rank)
        parts = part_dims(found.dims[axis], attributes[name], unequal)
        return TupleType(
            tuple(
                ArrayType(found.dtype, (*found.dims[:axis], part, *found.dims[axis + 1 :]))
                for part in parts
            ),
            "list",
        )

    return infer


def whole_items(m: Arrays, ct: Traced, c: Any) -> list[Traced]:
    """The cotangents of all items as arrays: one that is no more than 0 as zeros."""
    assert isinstance(ct.type, TupleType)
    found = []
    for place, kind in enumerate(ct.type.items):
        item = ct.item(place) if isinstance(kind, ArrayType) else None
        found.append(m("np.zeros_like", c.result.item(place)) if item is None else item)
    return found


def split_vjp(axis_of_call: AxisOf) -> Any:
    def vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
        axis = axis_of_call(c.ary.rank, c.op.attributes)
        items = whole_items(m, ct, c)
        if len(items) == 1:
            return {"ary": items[0]}
        return {"ary": m("np.concatenate", items, **({"axis": axis} if axis else {}))}

    return vjp


def _at_axis(rank: int, attributes: Attributes) -> int:
    found = attributes.get("axis", 0)
    if type(found) is not int:
        raise OperandError(f"expected an int as axis, got {found!r}")
    return found


def _fixed(axis: int) -> AxisOf:
    def rule(rank: int, attributes: Attributes) -> int:
        least = 1 if axis == 1 else max(axis + 1, 2)
        if rank < least:
            raise OperandError(f"expected an array of {least} or more dimensions")
        return axis if rank > 1 else 0

    return rule


def _splitting(
    name: str, takes: Signature, axis: AxisOf, cases: Any, *, unequal: bool = False
) -> Record:
    sections = takes.params[1].name
    return array_function(
        name,
        takes=takes,
        infer=split_type(axis, unequal, sections),
        rule=linear(split_vjp(axis)),
        weight=FREE,
        holds="view",
        cases=cases,
        oracle=COMPLEX_STEP,
    )


# unstack


def unstack_type(types: Sequence[Type], attributes: Attributes) -> Type:
    found = array(types[0])
    axis = axis_of(attributes.get("axis", 0), found.rank)
    count = number_of(found.dims[axis])
    if count is None:
        raise OperandError("unstack: the number of parts is not known: use subscripts")
    dims = (*found.dims[:axis], *found.dims[axis + 1 :])
    return TupleType((ArrayType(found.dtype, dims),) * count)


def unstack_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    return {"x": m("np.stack", whole_items(m, ct, c), axis=c.axis)}


# meshgrid


def grid_type(types: Sequence[Type], attributes: Attributes) -> Type:
    if not types:
        return TupleType(())
    if attributes.get("indexing", "xy") not in ("xy", "ij"):
        raise OperandError("meshgrid: indexing must be 'xy' or 'ij'")
    if attributes.get("copy", True) is not True:
        raise OperandError("meshgrid: copy=False is not supported: leave it out")
    sizes: list[Dim] = []
    for found in types:
        dims = array_or_number(found)
        if len(dims) > 1:
            raise OperandError("meshgrid: expected vectors: ravel them")
        sizes.append(dims[0] if dims else ONE)
    places = grid_axes(len(types), attributes.get("indexing", "xy"))
    items = []
    for place, found in enumerate(types):
        whole = [ONE] * len(types)
        for other, axis in enumerate(places):
            if other == place or not attributes.get("sparse"):
                whole[axis] = sizes[other]
        items.append(ArrayType(dtype_of_operand(found), tuple(whole)))
    return TupleType(tuple(items))


def grid_axes(count: int, indexing: object) -> list[int]:
    """The dimension of the results along which each vector goes."""
    places = list(range(count))
    if indexing == "xy" and count > 1:
        places[:2] = [1, 0]
    return places


def grid_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """Summed over what each vector was repeated along."""
    assert isinstance(ct.type, TupleType)
    found: list[Traced | None] = []
    for place, (operand, axis) in enumerate(
        zip(c.xi, grid_axes(len(c.xi), c.indexing), strict=True)
    ):
        if not wants_cotangent(operand) or not isinstance(ct.type.items[place], ArrayType):
            found.append(None)
            continue
        item = ct.item(place)
        others = tuple(other for other in range(len(c.xi)) if other != axis)
        if operand.rank == 0 or not others:
            found.append(item)
        elif c.sparse:
            found.append(m("np.ravel", item))
        else:
            found.append(m("np.sum", item, axis=others if len(others) > 1 else others[0]))
    return {"xi": found}


def grid_jvp(m: Arrays, dots: Any, c: Any) -> Traced | None:
    tangents = dots.all("xi")
    if all(tangent is None for tangent in tangents):
        return None
    whole = [
        zero_like(m, operand) if tangent is None else tangent
        for operand, tangent in zip(c.xi, tangents, strict=True)
    ]
    return m("np.meshgrid", *whole, copy=c.copy, sparse=c.sparse, indexing=c.indexing)


RECORDS: tuple[Record, ...] = (
    _splitting(
        "np.split",
        signature("ary", ":indices_or_sections", axis=0),
        _at_axis,
        (
            case(real(6), 3),
            case(real(6), (2, 3)),
            case(real(4, 3), 2),
            case(real(3, 4), 2, axis=1),
            case(real(3, 4), (1,), axis=-1),
            case(real(3), (1, 5)),
            case(real(0), 2),
            case(real(3), 1),
        ),
    ),
    _splitting(
        "np.array_split",
        signature("ary", ":indices_or_sections", axis=0),
        _at_axis,
        (
            case(real(7), 3),
            case(real(2), 3),
            case(real(6), (2, 3)),
            case(real(3, 5), 2, axis=1),
            case(real(3, 5), 2, axis=-1),
        ),
        unequal=True,
    ),
    _splitting(
        "np.hsplit",
        signature("ary", ":indices_or_sections"),
        _fixed(1),
        (case(real(4), 2), case(real(3, 4), 2), case(real(3, 4), (1, 3))),
    ),
    _splitting(
        "np.vsplit",
        signature("ary", ":indices_or_sections"),
        _fixed(0),
        (case(real(4, 3), 2), case(real(4, 3), (1, 3))),
    ),
    _splitting(
        "np.dsplit",
        signature("ary", ":indices_or_sections"),
        _fixed(2),
        (case(real(2, 3, 4), 2), case(real(2, 3, 4), (1, 3))),
    ),
    array_function(
        "np.meshgrid",
        takes=signature("**xi", copy=True, sparse=False, indexing="xy"),
        infer=grid_type,
        rule=custom(jvp=grid_jvp, vjp=grid_vjp),
        weight=FREE,
        cases=(
            case(real(3), real(4)),
            case(real(3), real(4), indexing="ij"),
            case(real(3), real(4), real(2)),
            case(real(3), real(4), real(2), indexing="ij"),
            case(real(3), real(4), sparse=True),
            case(real(3), real(4), sparse=True, indexing="ij"),
            case(real(3)),
            case(NUMBER, real(2)),
            case(real(0), real(2)),
            case(real(1), real(1)),
        ),
        oracle=COMPLEX_STEP,
    ),
    *(
        (
            array_function(
                "np.unstack",
                takes=signature("x", axis=0),
                infer=unstack_type,
                rule=linear(unstack_vjp),
                weight=FREE,
                holds="view",
                cases=(case(real(1, 3)), case(real(3, 1), axis=-1)),
                oracle=COMPLEX_STEP,
            ),
        )
        if hasattr(np, "unstack")
        else ()
    ),
)
