"""Tangents and cotangents have the structure of the values that they belong to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autodiff_compiler.dispatch.arguments import a_type, item_of
from autodiff_compiler.errors import SignatureError
from autodiff_compiler.ir.types import DEEPEST

FLOATS = (float, np.float64)


def is_active(value: object, deepest: int = DEEPEST) -> bool:
    """Whether a value holds a float, and so has a tangent and a cotangent.

    So it is said of lists nested too deeply; they are refused when looked at as such.
    """
    kind = type(value)
    if kind in FLOATS:
        return True
    if kind is list or kind is tuple:
        assert isinstance(value, list | tuple)
        if not value:
            return kind is list  # an empty list is one of floats, as in its type
        kinds = set(map(type, value))
        return not kinds.isdisjoint(FLOATS) or (
            not kinds.isdisjoint((list, tuple))
            and (deepest == 0 or any(is_active(item, deepest - 1) for item in value))
        )
    return False


def conform(label: str, given: object, like: object) -> object:
    """`given` as a tangent or cotangent of the value `like`; zero or None for a static one.

    A result may be an int on one path and a float on another: its cotangent is a number either way.
    Raises SignatureError, naming `label`, if it has another structure, or if it isn't zero for a
    static value. Numbers become floats of the kind that they belong to.
    """
    kind = type(like)
    if type(like) in FLOATS:
        if isinstance(given, float | int) and type(given) in (float, int, np.float64):
            return np.float64(given) if kind is np.float64 else float(given)
        raise SignatureError(
            f"{label} must be a float, as the value it belongs to is one, not {_described(given)}"
        )
    if is_active(like):
        assert isinstance(like, list | tuple)
        if type(given) is not kind:
            raise SignatureError(
                f"{label} must be a {kind.__name__}, as the value it belongs to is one, "
                f"not {_described(given)}"
            )
        assert isinstance(given, list | tuple)
        if len(given) != len(like):
            raise SignatureError(
                f"{label} must have {len(like)} items, as the value it belongs to, not {len(given)}"
            )
        return _items(label, given, like)
    if not _is_zero(given):
        raise SignatureError(
            f"{label} belongs to {a_type(like)}, which is not differentiated: "
            f"it must be None or zero, not {_described(given)}"
        )
    if isinstance(like, list | tuple):
        return _items(label, [None] * len(like), like)
    return 0.0 if isinstance(like, int | np.bool_ | np.integer) else None


def unit(like: object) -> object:
    """1.0 for each float in a value: the seed that costs are counted with."""
    if type(like) in FLOATS:
        return 1.0
    if type(like) in (list, tuple):
        assert isinstance(like, list | tuple)
        ones = map(unit, like)
        return list(ones) if type(like) is list else tuple(ones)
    return None


def _items(label: str, given: Sequence[object], like: Sequence[object]) -> object:
    pairs = enumerate(zip(given, like, strict=True))
    items = [conform(item_of(label, k), one, other) for k, (one, other) in pairs]
    return items if type(like) is list else tuple(items)


def _is_zero(given: object) -> bool:
    match given:
        case None:
            return True
        case bool() | int() | float() | np.bool_() | np.integer():
            return bool(given == 0)
        case list() | tuple():
            return all(map(_is_zero, given))
        case _:
            return False


def _described(given: object) -> str:
    """A value as an error quotes it."""
    if given is None or type(given) in (bool, int, float):
        return repr(given)
    return a_type(given)
