"""How functions of arrays type themselves: a dtype asked of NumPy, dimensions by rule.

The dtype, and whether NumPy gives an array or one of its scalars, is what the function itself gives
for a small example. Dimensions follow a rule per kind of function, since a size that an example
happens to have says nothing of others.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache

import numpy as np

from autodiff_compiler.ir.operation import Infer, OperandError
from autodiff_compiler.ir.types import (
    KIND_OF_DTYPE,
    ONE,
    ArrayType,
    Dim,
    Kind,
    ScalarType,
    SequenceType,
    Type,
)
from autodiff_compiler.ops.calling import HOLE
from autodiff_compiler.ops.kinds import broadcast_dims

Attributes = Mapping[str, object]
Dims = tuple[Dim, ...]
# The dimensions of a result, given those of the operands (none for a number).
DimsRule = Callable[[Sequence[Dims], Attributes], Dims]

FLOATS = frozenset({"float64", "float32"})


def array(found: Type) -> ArrayType:
    """The operand's type, if it is certainly an array."""
    if not isinstance(found, ArrayType):
        raise OperandError(f"expected an array, got {found}")
    return found


def array_or_number(found: Type) -> Dims:
    """The dimensions of an operand that may be an array or a number."""
    match found:
        case ArrayType(_, dims):
            return dims
        case ScalarType() if not found.may_be_unbound:
            return ()
    raise OperandError(f"expected an array or a number, got {found}")


def dtypes_of(found: Type) -> frozenset[str]:
    """The dtypes that an operand may have as an array, as a number of several kinds may."""
    match found:
        case ArrayType(dtype):
            return frozenset({dtype})
        case SequenceType(element):
            return dtypes_of(element)
        case ScalarType(kinds):
            names = {kind.value.removeprefix("np.") for kind in kinds}
            python = {"float": "float64", "int": np.dtype(int).name, "bool": "bool"}
            return frozenset(python.get(name, name) for name in names)
    raise OperandError(f"expected an array or a number, got {found}")


def axis_of(axis: object, rank: int) -> int:
    """A single axis, counted from the front."""
    if type(axis) is not int:
        raise OperandError(f"expected an int as axis, got {axis!r}")
    if not -rank <= axis < rank:
        raise OperandError(f"axis {axis} is out of bounds for array of dimension {rank}")
    return axis % rank


def axes_of(axis: object, rank: int) -> tuple[int, ...]:
    """The axes that an `axis` argument names: all of them for None."""
    if axis is None:
        return tuple(range(rank))
    if isinstance(axis, tuple):
        found = tuple(axis_of(each, rank) for each in axis)
        if len(set(found)) < len(found):
            raise OperandError("duplicate value in axis")
        return found
    return (axis_of(axis, rank),)


def example_of(found: Type, size: int = 2) -> object:
    """A small value of a type: ones, of `size` along every dimension that isn't 1."""
    match found:
        case ArrayType(dtype, dims):
            return np.ones([1 if dim.one else size for dim in dims], dtype)
        case ScalarType(kinds):
            kind = min(kinds, key=lambda each: (each.is_float, each.value))
            if kind.is_numpy:
                return np.dtype(kind.value.removeprefix("np.")).type(1)
            return {Kind.BOOL: True, Kind.INT: 1, Kind.FLOAT: 0.5}[kind]
        case SequenceType(element):
            return [example_of(element, size)] * size
    raise OperandError(f"expected an array or a number, got {found}")


def asked(
    evaluate: Callable[..., object], types: Sequence[Type], attributes: Attributes, size: int = 2
) -> object:
    """What a function gives for small examples of some types. Raises OperandError."""
    items = tuple(sorted(attributes.items(), key=lambda each: each[0]))
    # The text keeps apart what is equal but of another type, as 1 and 1.0 are.
    return _asked((evaluate, tuple(types), items), repr(items), size)


@cache
def _asked(
    key: tuple[Callable[..., object], tuple[Type, ...], Hashable], text: str, size: int
) -> object:
    evaluate, types, items = key
    values = [example_of(found, size) for found in types]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            return evaluate(*values, **dict(items))  # type: ignore[call-overload]
        except (TypeError, ValueError, IndexError, np.linalg.LinAlgError) as error:
            raise OperandError(str(error)) from None


def typed(result: object, dims: Dims | None = None) -> Type:
    """The type of an example result: its dtype, and the dimensions that a rule has found."""
    dtype = getattr(result, "dtype", None)
    name = type(result).__name__ if dtype is None else dtype.name
    if name not in KIND_OF_DTYPE:
        raise OperandError(f"gives {name}, which has no type here")
    if isinstance(result, np.ndarray):
        if dims is None or len(dims) != result.ndim:
            raise OperandError(f"gives {result.ndim} dimensions, where {dims} was expected")
        return ArrayType(name, dims)
    if dims:
        raise OperandError("gives a number where an array was expected")
    return KIND_OF_DTYPE[name]


def by_example(evaluate: Callable[..., object], rule: DimsRule, size: int = 2) -> Infer:
    """Dimensions by rule, everything else as the function gives it for an example."""

    def infer(types: Sequence[Type], attributes: Attributes) -> Type:
        dims = rule([array_or_number(found) for found in types], attributes)
        return typed(asked(evaluate, types, attributes, size), dims)

    return infer


# Rules for dimensions.


def elementwise_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    """All operands broadcast together."""
    return broadcast_dims([ArrayType("float64", dims) for dims in operands])


def first_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    """As the first operand."""
    return operands[0]


def reduced_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    """The first operand without the dimensions of `axis`, or with 1 in their place."""
    dims = operands[0]
    axes = axes_of(attributes.get("axis"), len(dims))
    if attributes.get("keepdims"):
        return tuple(ONE if place in axes else dim for place, dim in enumerate(dims))
    return tuple(dim for place, dim in enumerate(dims) if place not in axes)


def no_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    return ()


__all__ = [
    "FLOATS", "HOLE", "Attributes", "Dims", "DimsRule", "array", "array_or_number", "asked",
    "axes_of", "axis_of", "by_example", "elementwise_dims", "example_of", "first_dims", "no_dims",
    "reduced_dims", "typed",
]  # fmt: skip
