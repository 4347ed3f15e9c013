"""Tangents and cotangents have the structure of the values that they belong to.

Users write those of a dict or record as a dict or record; the compiled functions take a plain
tuple for them, as names are no part of a derivative.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autodiff_compiler.dispatch.active import FLOAT_TYPES, is_active
from autodiff_compiler.dispatch.arguments import a_type, container_of, inside, rebuilt, typed
from autodiff_compiler.errors import SignatureError
from autodiff_compiler.ir.types import Container, Fields, items_of, plain

NUMBERS = frozenset({float, int, np.float64, np.float32})


def conform(label: str, given: object, like: object) -> object:
    """`given` as a tangent or cotangent of the value `like`; zero or None for a static one.

    A result may be an int on one path and a float on another: its cotangent is a number either way.
    Of a dict or record what is left out or None is zero. Raises SignatureError, naming `label`, if
    it has another structure or shape, or if it isn't zero for a static value. Numbers and arrays
    become floats of the dtype that they belong to; an array that has it already is not copied.
    """
    kind = type(like)
    if kind in FLOAT_TYPES:
        return _number(label, given, kind)
    if kind is np.ndarray:
        assert isinstance(like, np.ndarray)
        if is_active(like):
            return _array(label, given, like)
    elif is_active(like):
        container = container_of(like)
        assert container is not None
        items = _given_items(label, given, like, container)
        return _items(label, items, like, container)
    if not _is_zero(given):
        raise SignatureError(
            f"{label} belongs to {a_type(like)}, which is not differentiated: "
            f"it must be None or zero, not {_described(given)}"
        )
    container = None if typed(like) is None else container_of(like)
    if container is not None:
        return _items(label, [None] * len(items_of(like, container)), like, container)
    return 0.0 if isinstance(like, int | np.bool_ | np.integer) else None


def unit(like: object) -> object:
    """1.0 for each float in a value: the seed that costs are counted with."""
    kind = type(like)
    if kind in FLOAT_TYPES:
        return FLOAT_TYPES[kind](1.0)
    if kind is np.ndarray:
        return np.ones_like(like) if is_active(like) else None
    container = container_of(like)
    if container is None:
        return None
    ones = map(unit, items_of(like, container))
    return list(ones) if kind is list else tuple(ones)


def sizes_of(value: object) -> object:
    """What operations depend on besides the type of a value: how long its arrays and lists are."""
    if type(value) is np.ndarray:
        return value.shape
    container = container_of(value)
    if container is None:
        return None
    items = items_of(value, container)
    kinds = set(map(type, items))
    if kinds <= NUMBERS:
        return len(items)
    return tuple(map(sizes_of, items))


def outline(value: object) -> object:
    """What tangents and cotangents of a value are compared with, whatever becomes of the value.

    The value itself but for its numbers: arrays of its shapes and dtypes in its containers.
    """
    if type(value) is np.ndarray:
        return np.broadcast_to(np.zeros((), value.dtype), value.shape)
    container = container_of(value)
    return value if container is None else rebuilt(value, container, outline)


def _number(label: str, given: object, kind: type) -> object:
    if type(given) in NUMBERS or (type(given) is np.ndarray and _is_number(given)):
        return FLOAT_TYPES[kind](given)
    raise SignatureError(
        f"{label} must be a float, as the value it belongs to is one, not {_described(given)}"
    )


def _is_number(given: np.ndarray) -> bool:
    return given.ndim == 0 and given.dtype.kind in "fiu"


def _array(label: str, given: object, like: np.ndarray) -> np.ndarray:
    """The given array in the dtype of another one, whose shape it has."""
    found = given
    if type(found) in NUMBERS and like.ndim == 0:
        found = np.asarray(found)
    if type(found) is not np.ndarray:
        raise SignatureError(
            f"{label} must be an array of shape {like.shape}, as the value it belongs to is one, "
            f"not {_described(given)}"
        )
    if found.shape != like.shape:
        raise SignatureError(
            f"{label} must have the shape {like.shape}, as the value it belongs to, "
            f"not {found.shape}"
        )
    if found.dtype.kind not in "fiu":
        raise SignatureError(
            f"{label} must be an array of {like.dtype}, as the value it belongs to is one, "
            f"not of {found.dtype}"
        )
    return found.astype(like.dtype, copy=False)


def _given_items(label: str, given: object, like: object, container: Container) -> Sequence[object]:
    """The items of a tangent or cotangent in the order of those of its value."""
    if not isinstance(container, Fields):
        if type(given) is not type(like):
            raise SignatureError(
                f"{label} must be a {container}, as the value it belongs to is one, "
                f"not {_described(given)}"
            )
        assert isinstance(given, list | tuple)
        count = len(items_of(like, container))
        if len(given) != count:
            raise SignatureError(
                f"{label} must have {count} items, as the value it belongs to, not {len(given)}"
            )
        return given
    if type(given) is dict:
        unknown = [name for name in given if name not in container.names]
        if unknown:
            names = ", ".join(map(repr, container.names)) or "none"
            raise SignatureError(
                f"{label} has an item {unknown[0]!r}, but the value it belongs to has {names}"
            )
        found = [given.get(name) for name in container.names]
    elif type(given) is container.cls:
        found = [getattr(given, name, None) for name in container.names]
    else:
        kind = "a dict" if container.cls is None else f"{a_type(like)} or a dict"
        raise SignatureError(
            f"{label} must be {kind}, as the value it belongs to is one, not {_described(given)}"
        )
    pairs = zip(found, items_of(like, container), strict=True)
    return [_zero(item) if one is None else one for one, item in pairs]


def _zero(like: object) -> object:
    """A zero tangent of a value, as users write it."""
    kind = type(like)
    if kind in FLOAT_TYPES:
        return FLOAT_TYPES[kind](0.0)
    if not is_active(like):
        return None
    if kind is np.ndarray:
        return np.zeros_like(like)
    container = container_of(like)
    assert container is not None
    if isinstance(container, Fields):
        return {}
    return rebuilt(like, container, _zero)


def _items(
    label: str, given: Sequence[object], like: object, container: Container
) -> list[object] | tuple[object, ...]:
    pairs = enumerate(zip(given, items_of(like, container), strict=True))
    items = [conform(inside(label, container, k), one, other) for k, (one, other) in pairs]
    return items if plain(container) == "list" else tuple(items)


def _is_zero(given: object) -> bool:
    match given:
        case None:
            return True
        case bool() | int() | float() | np.bool_() | np.integer():
            return bool(given == 0)
        case np.ndarray():
            return not given.any()
        case list() | tuple():
            return all(map(_is_zero, given))
        case dict():
            return all(map(_is_zero, given.values()))
        case _:
            container = container_of(given)
            return container is not None and all(map(_is_zero, items_of(given, container)))


def _described(given: object) -> str:
    """A value as an error quotes it."""
    if given is None or type(given) in (bool, int, float):
        return repr(given)
    return a_type(given)
