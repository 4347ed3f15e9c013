"""What can be differentiated with respect to: floats, arrays of floats, and containers of them.

In a list or tuple of numbers ints become floats on entry, as an int by itself does. In any other
container they stay what they are, since they may well be sizes: their derivative is None, as that
of bools, strings, None, and arrays of integers.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any

import numpy as np

from autodiff_compiler.dispatch.arguments import (
    FLOATS,
    PARTS,
    SCALARS,
    a_type,
    container_of,
    item_of,
    refuse,
    typed,
)
from autodiff_compiler.dispatch.compiler import Described, Known
from autodiff_compiler.errors import SignatureError
from autodiff_compiler.ir.types import (
    DEEPEST,
    FLOAT,
    INT,
    ArrayType,
    ScalarType,
    SequenceType,
    TupleType,
    Type,
)

# Each makes a number of its kind.
FLOAT_TYPES: dict[type, Callable[[Any], float | np.float32]] = {
    float: float,
    np.float64: np.float64,
    np.float32: np.float32,
}
FLOAT_DTYPES = frozenset({np.dtype(np.float64), np.dtype(np.float32)})
CHOOSE = "choose an argument with argnums that is a float, an array of floats, or holds such"


def is_active(value: object, deepest: int = DEEPEST) -> bool:
    """Whether a value is or holds a float, and so has a tangent and a cotangent.

    So it is said of lists nested too deeply; they are refused when looked at as such.
    """
    kind = type(value)
    if kind in FLOAT_TYPES:
        return True
    if kind in SCALARS or value is None or kind is str:
        return False
    if kind is np.ndarray:
        assert isinstance(value, np.ndarray)
        return value.dtype in FLOAT_DTYPES
    if kind is list or kind is tuple:
        assert isinstance(value, list | tuple)
        if not value:
            return kind is list  # an empty list is one of floats, as in its type
        kinds = set(map(type, value))
        return not kinds.isdisjoint(FLOAT_TYPES) or (
            not kinds <= SCALARS.keys()
            and (deepest == 0 or any(is_active(item, deepest - 1) for item in value))
        )
    described = typed(value)
    return described is not None and holds_float(described)


def differentiable(label: str, value: object) -> object:
    """The value as one to differentiate with respect to: a Python int becomes a float.

    Raises SignatureError, naming `label`, for what is not and holds no float.
    """
    kind = type(value)
    if kind in FLOAT_TYPES:
        return value
    if kind is int:
        return float(value)  # type: ignore[arg-type]
    if kind is np.ndarray and is_active(value):
        return value
    if kind is list or kind is tuple:
        assert isinstance(value, list | tuple)
        if FLOATS.issuperset(map(type, value)):
            return value
        if typed(value) is not None and _is_of_numbers(value):
            items = [differentiable(item_of(label, k), item) for k, item in enumerate(value)]
            return items if kind is list else tuple(items)
    said = f"cannot differentiate with respect to {label}"
    container = container_of(value)
    if typed(value) is None and (container is not None or isinstance(value, np.ndarray)):
        refuse(label, value)
    if container is None:
        raise SignatureError(f"{said}: it is {_told(value)}", _instead(value))
    if not is_active(value):
        raise SignatureError(f"{said}: it is {a_type(value)} that holds no float", CHOOSE)
    return value


def _is_of_numbers(value: object) -> bool:
    """Whether a value is a number, or a list or tuple of numbers, however nested."""
    if type(value) is list or type(value) is tuple:
        assert isinstance(value, list | tuple)
        return all(map(_is_of_numbers, value))
    return isinstance(value, numbers.Number | np.bool_)


def _told(value: object) -> str:
    return f"an array of {value.dtype}" if type(value) is np.ndarray else a_type(value)


def _instead(value: object) -> str:
    """What to differentiate with respect to in place of a value."""
    match value:
        case np.ndarray():
            return "convert it with x.astype(float)"
        case bool() | np.bool_():
            return "pass 1.0 or 0.0, or choose another argument with argnums"
        case complex():
            return PARTS
        case numbers.Number():
            return "convert it with float(...)"
        case dict():
            return "convert it with dict(...), and its keys to strings"
        case set():
            return "pass its values as a list or tuple, or as arguments of their own"
    return CHOOSE


def holds_float(described: Described) -> bool:
    """Whether there is anything in an argument to differentiate with respect to."""
    match described:
        case ScalarType():
            return described.may_be_float
        case ArrayType():
            return described.is_float
        case SequenceType():
            return holds_float(described.element)
        case TupleType():
            return any(map(holds_float, described.items))
        case _:
            return False


def as_differentiable(label: str, described: Described) -> Type:
    """`differentiable`, of a declared type."""
    match described:
        case ScalarType(kinds) if kinds == INT.kinds:
            return FLOAT
        case ScalarType(kinds) if all(kind.is_float for kind in kinds - INT.kinds):
            return ScalarType(kinds - INT.kinds)
        case ArrayType() if described.is_float:
            return described
        case SequenceType(element, container):
            return SequenceType(as_differentiable(item_of(label, 0), element), container)
        case TupleType(items, container) if _declares_numbers(described):
            floats = (as_differentiable(item_of(label, k), item) for k, item in enumerate(items))
            return TupleType(tuple(floats), container)
        case TupleType() if holds_float(described):
            return described
    what = a_type(described.value) if isinstance(described, Known) else f"{described}"
    raise SignatureError(f"cannot differentiate with respect to {label}: it is {what}", CHOOSE)


def _declares_numbers(described: Type) -> bool:
    match described:
        case ScalarType():
            return True
        case SequenceType(element):
            return _declares_numbers(element)
        case TupleType(items, str()):
            return all(map(_declares_numbers, items))
    return False
