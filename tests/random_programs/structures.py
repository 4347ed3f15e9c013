"""The structure of arguments, results and derivatives: numbers, and tuples and lists of them."""

from __future__ import annotations

import math
from typing import Any

from .oracles import flatten


def zeros(value: Any) -> Any:
    """0.0 for every float of an argument."""
    return type(value)(0.0 for _ in value) if isinstance(value, list | tuple) else 0.0


def ones(value: Any) -> Any:
    """1.0 for every float of an argument."""
    return type(value)(1.0 for _ in value) if isinstance(value, list | tuple) else 1.0


def structured(found: Any, like: Any) -> bool:
    """A derivative has the structure of what it belongs to; that of an int is a number."""
    if isinstance(like, list | tuple):
        fits = type(found) is type(like) and len(found) == len(like)
        return fits and all(map(structured, found, like))
    if isinstance(like, int):
        return isinstance(found, float | int)
    return isinstance(found, float)


def has_nan(value: Any) -> bool:
    return any(isinstance(leaf, float) and math.isnan(leaf) for leaf in flatten(value))


def is_differentiable(arg: Any) -> bool:
    """Ints aren't, and an empty list holds nothing that could be."""
    return isinstance(arg, float) or (isinstance(arg, list | tuple) and len(arg) > 0)


def belongs(cotangent: Any, arg: Any) -> bool:
    """A cotangent has the structure of its argument; that of an int is None."""
    if is_differentiable(arg):
        return structured(cotangent, arg)
    return cotangent is None or cotangent == arg == []


def shown(value: Any) -> str:
    """The leaves, for a message."""
    return ", ".join(f"{leaf!r}" for leaf in flatten(value))
