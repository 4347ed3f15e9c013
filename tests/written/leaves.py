"""The numbers in arguments, results and derivatives, whatever they are held by.

A leaf is a float or an array of floats; lists, tuples, dicts, namedtuples, dataclasses and plain
instances hold them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

Held = list[tuple[Any, Any]]


def held_by(value: Any) -> Held | None:
    """What a container holds, by key, index or attribute; None for what is no container."""
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list | tuple):
        return list(enumerate(value))
    if is_dataclass(value) and not isinstance(value, type):
        return [(each.name, getattr(value, each.name)) for each in fields(value)]
    if hasattr(value, "__dict__") and not callable(value) and not isinstance(value, type):
        return list(vars(value).items())
    return None


def rebuilt(value: Any, items: list[Any]) -> Any:
    """A container like `value` that holds other items, in the same order."""
    if isinstance(value, dict):
        found = copy.copy(value)
        found.update(zip(value, items, strict=True))
        return found
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*items)
    if isinstance(value, list | tuple):
        return type(value)(items)
    found = copy.copy(value)
    for (name, _), item in zip(held_by(value) or (), items, strict=True):
        object.__setattr__(found, name, item)
    return found


def is_float(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "f"
    return isinstance(value, float | np.floating)


def numbers(value: Any) -> list[float]:
    """All floats in a value, in order."""
    return list(along(value, value))


def along(value: Any, other: Any) -> Iterator[float]:
    """The numbers of a tangent or cotangent that belong to the floats of a value, in order.

    Raises ValueError if its structure is another one.
    """
    if is_float(value):
        if np.shape(other) != np.shape(value) or not (is_float(other)):
            raise ValueError(f"{other!r} belongs to {value!r}")
        yield from np.ravel(other).tolist()
        return
    items = held_by(value)
    if items is None:
        return
    parts = _parts(value, other)
    for key, item in items:
        if numbers(item) and key not in parts:
            raise ValueError(f"{other!r} has nothing for {key!r} of {value!r}")
        yield from along(item, parts.get(key))


def _parts(value: Any, other: Any) -> dict[Any, Any]:
    if not numbers_inside(value):
        return {}
    if type(other) is not type(value):
        raise ValueError(f"{other!r} belongs to {value!r}")
    return dict(held_by(other) or ())


def numbers_inside(value: Any) -> bool:
    return is_float(value) or any(numbers_inside(item) for _, item in held_by(value) or ())


def like(value: Any, draw: Callable[[], float]) -> Any:
    """A tangent or cotangent for a value; 0 for an int, None for what else isn't a float."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind != "f":
            return None
        drawn = [draw() for _ in range(value.size)]
        return np.array(drawn, dtype=value.dtype).reshape(value.shape)
    if is_float(value):
        return type(value)(draw())
    if isinstance(value, int) and not isinstance(value, bool):
        return 0.0
    items = held_by(value)
    if items is None:
        return None
    return rebuilt(value, [like(item, draw) for _, item in items])


def moved(value: Any, deltas: Iterator[complex]) -> Any:
    """A value with each of its floats moved by the next delta, arrays in the layout they have."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind != "f":
            return value
        by = np.array([next(deltas) for _ in range(value.size)]).reshape(value.shape)
        if by.dtype.kind == "c":
            return value + by
        value[...] += by
        return value
    if is_float(value):
        return value + next(deltas)
    items = held_by(value)
    if not items:
        return value
    return rebuilt(value, [moved(item, deltas) for _, item in items])


def bits(value: Any) -> object:
    """A value told apart from every other: by type, dtype, shape, sign of zero and last bit; NaN
    is NaN."""
    if isinstance(value, np.ndarray):
        flat = np.array(value, order="C")
        if flat.dtype.kind == "f":
            flat[np.isnan(flat)] = np.nan
        return type(value).__name__, value.dtype.str, value.shape, flat.tobytes()
    if isinstance(value, float | np.floating):
        return type(value).__name__, "nan" if value != value else float(value).hex()
    items = held_by(value)
    if items is None:
        return type(value).__name__, repr(value)
    return type(value).__name__, tuple((key, bits(item)) for key, item in items)
