"""The cross product of vectors of 3 components.

np.cross takes vectors of 2 components too, which NumPy is about to take no longer; their
derivatives would be others. np.linalg.cross refuses them, and stands for np.cross wherever it isn't
known before it runs how many components there are.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import Dim, Type, broadcast, dim_of
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import Attributes, Dims, array_or_number, axis_of
from autodiff_compiler.ops.building import Arrays, Contributions, Traced, bilinear
from autodiff_compiler.ops.calling import signature, written
from autodiff_compiler.ops.cases import COMPLEX_STEP, case, real
from autodiff_compiler.ops.kinds import raises
from autodiff_compiler.ops.products import unstretched
from autodiff_compiler.ops.record import Record, Spelling
from autodiff_compiler.ops.weights import all_integers

CROSS = signature("a", "b", axisa=-1, axisb=-1, axisc=-1, axis=None)
_cross_call = written("np.cross", CROSS)


def cross_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    a, b = operands
    if not a or not b:
        raise OperandError("cross: expected vectors, got a number")
    axis1, axis2, axis = _cross_axes(attributes, len(a), len(b))
    for dim in _components(operands, attributes):
        if dim.one or (isinstance(dim.size, int) and dim.size - dim.less != 3):
            raise OperandError(f"cross: expected vectors of 3 components, got {dim}")
    stack = broadcast(_without(a, axis1), _without(b, axis2))
    if stack is None:
        raise OperandError("cross: the stacks of vectors don't fit together")
    place = len(stack) + 1 + axis
    return (*stack[:place], dim_of(3), *stack[place:])


def _components(operands: Sequence[Dims], attributes: Attributes) -> tuple[Dim, Dim]:
    """The dimensions of both operands that hold the components of vectors."""
    a, b = operands
    axis1, axis2, _ = _cross_axes(attributes, len(a), len(b))
    return a[axis1], b[axis2]


def of_three(types: Sequence[Type], attributes: Attributes) -> bool:
    """Whether the vectors certainly have 3 components."""
    dims = _components([array_or_number(found) for found in types], attributes)
    return all(dim.size == 3 and not dim.less for dim in dims)


def cross(a: Any, b: Any, **axes: Any) -> Any:
    """np.cross of vectors of 3 components; of others it raises."""
    axis1, axis2, axis = _given(axes)
    if axis1 == axis2 == axis:
        return np.linalg.cross(a, b, axis=axis)
    found = np.linalg.cross(np.moveaxis(a, axis1, -1), np.moveaxis(b, axis2, -1))
    return np.moveaxis(found, -1, axis)


def _given(attributes: Attributes) -> list[Any]:
    """The axes as they are written: of both operands, and of the result."""
    if attributes.get("axis") is not None:
        return [attributes["axis"]] * 3
    return [attributes.get(name, -1) for name in ("axisa", "axisb", "axisc")]


def write_cross(operands: Any, types: Any, attributes: Attributes) -> Any:
    """The call as it is; where the sizes may be others, one that refuses those."""
    if of_three(types, attributes):
        return _cross_call.write(operands, types, attributes)
    given = _given(attributes)
    if len(set(given)) == 1:
        keywords = [] if given[0] == -1 else [ast.keyword("axis", _number(given[0]))]
        return ast.Call(spell.name("np.linalg.cross"), list(operands), keywords)
    a, b = (_moved(each, axis, -1) for each, axis in zip(operands, given[:2], strict=True))
    return _moved(spell.call("np.linalg.cross", a, b), -1, given[2])


def _moved(x: ast.expr, source: Any, target: Any) -> ast.expr:
    if source == target:
        return x
    return spell.call("np.moveaxis", x, _number(source), _number(target))


def _number(axis: Any) -> ast.expr:
    return ast.UnaryOp(ast.USub(), ast.Constant(-axis)) if axis < 0 else ast.Constant(axis)


def _without(dims: Dims, axis: int) -> Dims:
    return tuple(dim for place, dim in enumerate(dims) if place != axis % len(dims))


def _cross_axes(attributes: Attributes, a: int, b: int) -> tuple[int, int, int]:
    """Where the vectors of both operands and of the result are, counted from the end."""
    axes, ranks = _given(attributes), (a, b, max(a, b))
    axis1, axis2, axis3 = (
        axis_of(each, rank) - rank for each, rank in zip(axes, ranks, strict=True)
    )
    return axis1, axis2, axis3


def cross_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """a·(b×c) is the same for all cyclic orders of a, b, c."""
    a, b = c.a, c.b
    axes = {"axis": c.axis, "axisa": c.axisa, "axisb": c.axisb, "axisc": c.axisc}
    axis1, axis2, axis = _cross_axes(axes, a.rank, b.rank)
    return {
        "a": unstretched(m, _cross(m, b, ct, axis2, axis, axis1), a, (axis1,)),
        "b": unstretched(m, _cross(m, ct, a, axis, axis1, axis2), b, (axis2,)),
    }


def _cross(m: Arrays, a: Traced, b: Traced, axis1: int, axis2: int, axis: int) -> Traced:
    if axis1 == axis2 == axis:
        return m("np.cross", a, b) if axis == -1 else m("np.cross", a, b, axis=axis)
    return m("np.cross", a, b, axisa=axis1, axisb=axis2, axisc=axis)


def cross_weight(operands: Sequence[object]) -> int:
    """Three elements, each a difference of two products."""
    return 0 if all_integers(operands) else 3 * max(np.asarray(each).size for each in operands)


RECORDS: tuple[Record, ...] = (
    array_function(
        "np.cross",
        takes=CROSS,
        dims=cross_dims,
        example=3,
        evaluate=cross,
        spelling=Spelling(write_cross),
        effect=raises,
        rule=bilinear(cross_vjp),
        weight=cross_weight,
        cases=(
            case(real(3), real(3)),
            case(real(4, 3), real(4, 3)),
            case(real(4, 3), real(3)),
            case(real(3), real(4, 3)),
            case(real(5, 1, 3), real(4, 3)),
            case(real(3, 4), real(3, 4), axis=0),
            case(real(3, 4), real(5, 4, 3), axisa=0),
            case(real(3, 4), real(4, 3), axisa=0, axisb=1, axisc=0),
            case(real(2, 3, 4), real(2, 4, 3), axisa=1, axisb=-1, axisc=1),
            case(real(0, 3), real(0, 3)),
        ),
        oracle=COMPLEX_STEP,
    ),
)
