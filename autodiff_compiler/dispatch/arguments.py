"""Signatures: what is known of an argument before the function runs.

A number, or a list or tuple of numbers, is known by its type. Everything else that may be passed is
static: known by identity, and its value is part of the signature.
"""

from __future__ import annotations

import numbers
from collections.abc import Sequence

import numpy as np

from autodiff_compiler.dispatch.compiler import Described, Known
from autodiff_compiler.errors import SignatureError
from autodiff_compiler.ir.types import (
    DEEPEST,
    FLOAT,
    INT,
    Kind,
    ScalarType,
    SequenceType,
    TupleType,
    Type,
    type_of,
)

SCALARS: dict[type, ScalarType] = {}
for _example in (True, 1, 1.0, np.bool_(True), np.int64(1), np.float64(1.0)):
    _found = type_of(_example)
    assert isinstance(_found, ScalarType)
    SCALARS[type(_example)] = _found

PYTHON_TYPES = {described: kind for kind, described in SCALARS.items()}

FLOATS = frozenset({float})
SUPPORTED = "float, int, bool, np.float64, and lists and tuples of them"
PARTS = "pass its real and its imaginary part as two floats"
# Mutable or numeric, and so never static; each with what to say about it, and what to do.
REFUSED: dict[type | tuple[type, ...], tuple[str, str]] = {
    np.ndarray: ("arrays are not supported yet", "pass its numbers as a list, by .tolist()"),
    (complex, np.complexfloating): ("complex numbers are not supported", PARTS),
    np.generic: (
        "of NumPy's scalars, np.float64, np.int64 and np.bool are supported",
        "convert it with float(...) or int(...)",
    ),
    numbers.Number: (f"supported are {SUPPORTED}", "convert it with float(...)"),
    (dict, set, bytearray): (
        "dictionaries and sets are not supported yet",
        "pass its values as a list or tuple, or as arguments of their own",
    ),
    range: ("pass its bounds as ints", "take the bounds, and make the range in the function"),
    (list, tuple): (f"its items may be {SUPPORTED}", "convert its items, with float(...)"),
}


def key_of(value: object, variable: bool) -> object:
    """What tells the signature of one argument from others, as cheaply as possible.

    `variable` marks a parameter annotated as a tuple of any length. A static value's key is its
    id; it is unique for as long as somebody holds the value.
    """
    kind = type(value)
    if kind in SCALARS or value is None:
        return kind
    if kind is str:
        return value
    if kind is list or kind is tuple:
        assert isinstance(value, list | tuple)
        if kind is list or variable:
            kinds = frozenset(map(type, value))
            if kinds <= SCALARS.keys():
                return kind, kinds or FLOATS
        described = type_of(value)
        if described is not None:
            return described
    return id(value)


def key_of_described(described: Described) -> object:
    """The key of the values that a description is of."""
    match described:
        case Known(value):
            return key_of(value, variable=False)
        case ScalarType() if described in PYTHON_TYPES:
            return PYTHON_TYPES[described]
        case SequenceType(ScalarType(kinds), container):
            types = (PYTHON_TYPES[ScalarType(frozenset({kind}))] for kind in kinds)
            return {"list": list, "tuple": tuple}[container], frozenset(types)
    return described


def describe(label: str, value: object, variable: bool) -> Described:
    """The type of an argument, or its value as a static one.

    Raises SignatureError for a value that is neither; `label` says which argument it is.
    """
    match value:
        case None | str():
            return Known(value)
        case list() | tuple() if type(value) is list or (type(value) is tuple and variable):
            kinds = set(map(type, value))
            if kinds <= SCALARS.keys():
                return SequenceType(_joined(kinds), type(value).__name__)
    described = type_of(value)
    if described is not None:
        return described
    refuse_nesting(label, value)
    for types, (why, hint) in REFUSED.items():
        if isinstance(value, types):
            raise SignatureError(f"{label} is {a_type(value)}: {why}", hint)
    return Known(value)


def differentiable(label: str, value: object) -> object:
    """The value as one to differentiate with respect to: a Python int becomes a float.

    Raises SignatureError, naming `label`, for anything but floats and lists and tuples of them.
    """
    match value:
        case float() if type(value) in (float, np.float64):
            return value
        case int() if type(value) is int:
            return float(value)
        case list() | tuple() if type(value) in (list, tuple):
            if FLOATS.issuperset(map(type, value)):
                return value
            refuse_nesting(label, value)
            items = [differentiable(item_of(label, k), item) for k, item in enumerate(value)]
            return items if type(value) is list else tuple(items)
    why = "; arrays are not supported yet" if isinstance(value, np.ndarray) else ""
    raise SignatureError(
        f"cannot differentiate with respect to {label}: it is {a_type(value)}{why}",
        _instead(value),
    )


def refuse_nesting(label: str, value: object) -> None:
    """Raise SignatureError for a list that is an item of itself, or one of many in one another."""
    if not _ends(value, DEEPEST):
        raise SignatureError(
            f"{label} is {a_type(value)} with lists in it that are nested too deeply, or that "
            "contain themselves",
            f"at most {DEEPEST} levels are supported",
        )


def _ends(value: object, deepest: int) -> bool:
    if not isinstance(value, list | tuple):
        return True
    return deepest > 0 and all(_ends(item, deepest - 1) for item in value)


def _instead(value: object) -> str:
    """What to differentiate with respect to in place of a value."""
    match value:
        case np.ndarray() if value.ndim:
            return "pass its numbers as a list, by .tolist()"
        case bool() | np.bool_():
            return "pass 1.0 or 0.0, or choose another argument with argnums"
        case complex():
            return PARTS
        case np.ndarray() | numbers.Number():
            return "convert it with float(...)"
        case dict() | set():
            return "pass its values as a list or tuple, or as arguments of their own"
    return "choose an argument with argnums that is a number, or a list or tuple of numbers"


def holds_float(described: Described) -> bool:
    """Whether there is anything in an argument to differentiate with respect to."""
    match described:
        case ScalarType():
            return described.may_be_float
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
        case ScalarType(kinds) if kinds <= {Kind.FLOAT, Kind.INT, Kind.NP_FLOAT}:
            return ScalarType(kinds - INT.kinds)
        case SequenceType(element, container):
            return SequenceType(as_differentiable(item_of(label, 0), element), container)
        case TupleType(items, container):
            floats = (as_differentiable(item_of(label, k), item) for k, item in enumerate(items))
            return TupleType(tuple(floats), container)
    what = a_type(described.value) if isinstance(described, Known) else f"{described}"
    raise SignatureError(
        f"cannot differentiate with respect to {label}: it is {what}",
        "choose an argument with argnums that is a number, or a list or tuple of numbers",
    )


def item_of(label: str, place: int) -> str:
    """What an error calls an item of something that it calls `label`."""
    return f"item {place} of {label}"


def a_type(value: object) -> str:
    """A value's type as users write it, with its article."""
    kind = type(value)
    module = "np" if kind.__module__ == "numpy" else kind.__module__
    name = kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"
    return f"{'an' if name[0] in 'aeio' else 'a'} {name}"


def _joined(kinds: Sequence[type] | set[type]) -> ScalarType:
    found = frozenset[Kind]().union(*(SCALARS[kind].kinds for kind in kinds))
    return ScalarType(found) if found else FLOAT
