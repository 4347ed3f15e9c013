"""Signatures: what is known of an argument before the function runs.

A number is known by its type, an array by its dtype, its rank and which of its dimensions are
exactly 1, a container or record by its structure. Everything else that may be passed is static:
known by identity, and its value is part of the signature.
"""

from __future__ import annotations

import numbers
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff_compiler.dispatch.compiler import Described, Known
from autodiff_compiler.errors import SignatureError
from autodiff_compiler.ir.types import (
    DEEPEST,
    FLOAT,
    KIND_OF_DTYPE,
    ONE,
    ArrayType,
    Container,
    Dim,
    Fields,
    Kind,
    NothingType,
    ScalarType,
    SequenceType,
    TextType,
    TupleType,
    Type,
    fields_of,
    items_of,
    type_of,
)

SCALARS: dict[type, ScalarType] = {
    python: ScalarType(frozenset({kind}))
    for python, kind in ((bool, Kind.BOOL), (int, Kind.INT), (float, Kind.FLOAT))
}
SCALARS |= {np.dtype(name).type: described for name, described in KIND_OF_DTYPE.items()}

PYTHON_TYPES = {described: kind for kind, described in SCALARS.items()}
LEAVES = frozenset({*SCALARS, str, type(None)})  # known by their types inside of a container

FLOATS = frozenset({float})
SUPPORTED = "numbers, arrays, strings, None, and containers of them"
PARTS = "pass its real and its imaginary part as two floats"
# Mutable or numeric, and so never static; each with what to say about it, and what to do.
REFUSED: dict[type | tuple[type, ...], tuple[str, str]] = {
    np.matrix: ("matrices of type np.matrix are not supported", "convert it with np.asarray(x)"),
    np.ndarray: (
        "subclasses of np.ndarray are not supported, as they may do things their own way",
        "convert it with np.asarray(x)",
    ),
    (complex, np.complexfloating): ("complex numbers are not supported", PARTS),
    np.generic: (
        "of NumPy's scalars, np.float64, np.float32, integers and np.bool are supported",
        "convert it with float(...) or int(...)",
    ),
    numbers.Number: (f"supported are {SUPPORTED}", "convert it with float(...)"),
    dict: (
        "dictionaries have string keys and are of type dict itself",
        "convert it with dict(...)",
    ),
    (set, frozenset, bytearray): (
        "sets are not supported",
        "pass its values as a list or tuple, or as arguments of their own",
    ),
    range: ("pass its bounds as ints", "take the bounds, and make the range in the function"),
    (list, tuple): ("lists and tuples are of these very types", "convert it with list(...)"),
}
# Arrays by the kind of their dtype.
REFUSED_ARRAYS: dict[str, tuple[str, str]] = {
    "c": (
        "complex arrays are not supported",
        "pass the real and the imaginary part as two arrays, x.real and x.imag",
    ),
    "f": ("of float dtypes, float64 and float32 are supported", "convert it with x.astype(float)"),
    "O": ("arrays of objects are not supported", "convert it with x.astype(float)"),
}


MASKED = (
    "masked arrays are not supported",
    "pass its numbers and its mask as two arrays, x.data and x.mask, and use np.where",
)


class Untyped(Exception):
    """A value for which there is no type."""


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
    if kind is list or (kind is tuple and variable):
        assert isinstance(value, list | tuple)
        kinds = frozenset(map(type, value))
        if kinds <= SCALARS.keys():
            return kind, kinds or FLOATS
    try:
        return structural_key(value)
    except (Untyped, RecursionError):
        return id(value)


def structural_key(value: object) -> object:
    """The key of a value by its type, inside of a container. Raises Untyped if it has none."""
    kind = type(value)
    if kind is np.ndarray:
        assert isinstance(value, np.ndarray)
        shape = value.shape
        return value.dtype, (tuple([n == 1 for n in shape]) if 1 in shape else len(shape))
    if kind in LEAVES:
        return kind
    if kind is dict:
        assert isinstance(value, dict)
        return kind, tuple(value), *map(structural_key, value.values())
    if kind is list or kind is tuple:
        assert isinstance(value, list | tuple)
        if kind is list:
            kinds = frozenset(map(type, value))
            if len(kinds) < 2 and kinds <= SCALARS.keys():
                return kind, kinds or FLOATS
        return kind, *map(structural_key, value)
    fields = fields_of(value)
    if fields is None:
        raise Untyped
    return kind, fields.names, *map(structural_key, _items(value, fields))


def value_key(value: object) -> object:
    """The key of an argument whose very value the code depends on: an int, or a tuple of ints."""
    return structural_key(value), value


def key_of_described(described: Described) -> object:
    """The key of the values that a description is of."""
    if isinstance(described, Known):
        value = described.value
        return value_key(value) if is_small(value) else key_of(value, variable=False)
    return _key_of_type(described)


def _key_of_type(described: Type) -> object:
    match described:
        case ScalarType() if described in PYTHON_TYPES:
            return PYTHON_TYPES[described]
        case ArrayType(dtype, dims):
            ones = tuple(dim.one is True for dim in dims)
            return np.dtype(dtype), (ones if True in ones else len(dims))
        case SequenceType(ScalarType(kinds), container):
            types = (PYTHON_TYPES[ScalarType(frozenset({kind}))] for kind in kinds)
            return {"list": list, "tuple": tuple}[container], frozenset(types)
        case TupleType(items, Fields(names=names, cls=cls)):
            return cls or dict, names, *map(_key_of_type, items)
        case TupleType(items, str(container)):
            return {"list": list, "tuple": tuple}[container], *map(_key_of_type, items)
        case TextType():
            return str
        case NothingType():
            return type(None)
    return described


def is_small(value: object) -> bool:
    """Whether a value may be part of a signature when the code needs to know it: an axis, say."""
    if type(value) is tuple:
        return all(map(is_small, value))
    return type(value) in SCALARS and isinstance(value, int | np.integer | np.bool_)


def describe(label: str, value: object, variable: bool, path: str = "") -> Described:
    """The type of an argument, or its value as a static one.

    Raises SignatureError for a value that is neither; `label` says which argument it is. `path`
    is its name, by which the sizes of its dimensions are called.
    """
    match value:
        case None | str():
            return Known(value)
        case list() | tuple() if type(value) is list or (type(value) is tuple and variable):
            kinds = set(map(type, value))
            if kinds <= SCALARS.keys():
                return SequenceType(_joined(kinds), type(value).__name__)
    described = typed(value)
    if described is not None:
        return named(described, path)
    if not _is_instance(value):
        refuse(label, value)
    return Known(value)


def typed(value: object) -> Type | None:
    """The type of a value; None if it, or something that it holds, has none."""
    try:
        return type_of(value)
    except (RecursionError, AttributeError):  # it contains itself, or a field has not been set
        return None


def named(found: Type, path: str) -> Type:
    """A type with names for the sizes of dimensions, so that equal sizes are known to be equal."""
    match found:
        case ArrayType(dtype, dims):
            sizes = (
                ONE if dim.one else Dim(f"{path}.{k}", one=dim.one) for k, dim in enumerate(dims)
            )
            return ArrayType(dtype, tuple(sizes))
        case TupleType(items, container):
            names = container.names if isinstance(container, Fields) else range(len(items))
            steps = (
                name if isinstance(name, int) or name.isidentifier() else repr(name)
                for name in names
            )
            parts = (named(item, f"{path}.{step}") for item, step in zip(items, steps, strict=True))
            return TupleType(tuple(parts), container)
    return found


def refuse(label: str, value: object) -> None:
    """Raise SignatureError for what has no type but is no constant either, and for its holders.

    Functions, modules, classes and the like are constants.
    """
    depth, inner, held = 0, label, value
    while (container := container_of(held)) is not None:
        items = enumerate(_items(held, container))
        untyped = next(((place, item) for place, item in items if typed(item) is None), None)
        if untyped is None or depth == DEEPEST:
            raise SignatureError(
                f"{label} is {a_type(value)} that contains itself, or what is nested too deeply",
                f"pass what the function needs as arguments; of containers in one another, "
                f"{DEEPEST} levels are supported",
            )
        inner, depth = inside(inner, container, untyped[0]), depth + 1
        held = untyped[1]
    if type(held) is np.ndarray:
        _refuse_array(inner, held)
    for types, (why, hint) in REFUSED.items():
        if isinstance(held, types):
            if _is_masked(held):
                why, hint = MASKED
            raise SignatureError(f"{inner} is {a_type(held)}: {why}", hint)
    if held is not value:
        raise SignatureError(
            f"{inner} is {a_type(held)}: the items of a container may be {SUPPORTED}",
            "pass it as an argument of its own",
        )


def _is_masked(value: object) -> bool:
    """Whether a value is a masked array, found without importing what defines them."""
    module = sys.modules.get("numpy.ma")
    return module is not None and isinstance(value, module.MaskedArray)


def _is_instance(value: object) -> bool:
    """Whether a value is a record that may hold anything, as `self` does."""
    fields = fields_of(value)
    return fields is not None and fields.kind in ("dataclass", "object")


def _refuse_array(label: str, value: np.ndarray) -> None:
    dtype = value.dtype
    said = f"{label} is an array of {dtype}"
    if not dtype.isnative:
        hint = 'convert it with x.astype(x.dtype.newbyteorder("="))'
        raise SignatureError(f"{said}: its bytes are in the other order than this machine's", hint)
    supported = ("arrays hold floats, integers or bools", "convert it with x.astype(float)")
    why, hint = REFUSED_ARRAYS.get(dtype.kind, supported)
    raise SignatureError(f"{said}: {why}", hint)


def container_of(value: object) -> Container | None:
    """What holds the items of a value; None for what is no container."""
    if type(value) is list or type(value) is tuple:
        return type(value).__name__
    return fields_of(value)


def rebuilt(value: object, container: Container, change: Callable[[Any], object]) -> Any:
    """A container like a value, with each of its items changed."""
    items = [change(item) for item in items_of(value, container)]
    if not isinstance(container, Fields):
        return items if container == "list" else tuple(items)
    pairs = zip(container.names, items, strict=True)
    if container.kind == "dict":
        return dict(pairs)
    if container.kind == "namedtuple":
        return tuple.__new__(type(value), items)  # type: ignore[type-var]
    # Neither __init__ nor __copy__ is called: they may do anything.
    made = object.__new__(type(value))
    for name, item in pairs:
        object.__setattr__(made, name, item)
    return made


def _items(value: object, container: Container) -> tuple[object, ...]:
    try:
        return items_of(value, container)
    except AttributeError:  # a field that has not been set
        raise Untyped from None


def item_of(label: str, place: int) -> str:
    """What an error calls an item of something that it calls `label`."""
    return f"item {place} of {label}"


def inside(label: str, container: Container, place: int) -> str:
    """`item_of`, for any container."""
    if not isinstance(container, Fields):
        return item_of(label, place)
    name = container.names[place]
    return f"item {name!r} of {label}" if container.kind == "dict" else f"{name} of {label}"


def a_type(value: object) -> str:
    """A value's type as users write it, with its article."""
    kind = type(value)
    module = "np" if kind.__module__ == "numpy" else kind.__module__
    name = kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"
    return f"{'an' if name[0] in 'aeio' else 'a'} {name}"


def _joined(kinds: Sequence[type] | set[type]) -> ScalarType:
    found = frozenset[Kind]().union(*(SCALARS[kind].kinds for kind in kinds))
    return ScalarType(found) if found else FLOAT
