"""A pullback reads what it needs later: it keeps its own, whatever the caller does to theirs.

What a pullback reads is what its closure holds. Of that, the caller can get at the arguments and
at the value returned, and at arrays that share memory with them. Those, and no others, are copied
when the pullback is handed out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import FunctionType

import numpy as np

from autodiff_compiler.dispatch.arguments import SCALARS, container_of, rebuilt
from autodiff_compiler.ir.types import Fields, items_of


def own(pullback: Callable[..., object], known: Iterable[object]) -> None:
    """Make a pullback independent of `known`, what its caller may change."""
    if not isinstance(pullback, FunctionType) or not pullback.__closure__:
        return
    reachable: set[int] = set()
    for value in known:
        _collect(value, reachable)
    for cell in pullback.__closure__:
        try:
            held = cell.cell_contents
        except ValueError:  # never set: the branch that would have did not run
            continue
        kept = _kept(held, reachable)
        if kept is not held:
            cell.cell_contents = kept


def _collect(value: object, found: set[int]) -> None:
    """The ids of the lists, dicts and records in a value, and of what owns its arrays' memory."""
    if type(value) in SCALARS or value is None:
        return
    if type(value) is np.ndarray:
        found.add(id(_owner(value)))
        return
    container = container_of(value)
    if container is None or id(value) in found:
        return
    found.add(id(value))
    if not _is_of_numbers(value):
        for item in items_of(value, container):
            _collect(item, found)


def _kept(value: object, reachable: set[int]) -> object:
    """The value, with what is reachable copied; the same object where nothing is."""
    if type(value) in SCALARS or value is None:
        return value
    if type(value) is np.ndarray:
        owner = _owner(value)
        shared = id(owner) in reachable or not owner.flags.owndata
        return value.copy(order="K") if shared else value
    container = container_of(value)
    if container is None:
        return value
    if _is_of_numbers(value):
        mine = type(value) is tuple or id(value) not in reachable
        return value if mine else list(value)  # type: ignore[call-overload]
    if id(value) in reachable and type(value) is not tuple:
        return rebuilt(value, container, lambda item: _kept(item, reachable))
    if isinstance(container, Fields):
        return value
    items = [_kept(item, reachable) for item in items_of(value, container)]
    if all(a is b for a, b in zip(items, items_of(value, container), strict=True)):
        return value
    return items if container == "list" else tuple(items)


def _is_of_numbers(value: object) -> bool:
    kind = type(value)
    return (kind is list or kind is tuple) and SCALARS.keys() >= set(map(type, value))  # type: ignore[call-overload]


def _owner(array: np.ndarray) -> np.ndarray:
    """The array that a view looks into, or the array itself."""
    while type(array.base) is np.ndarray:
        array = array.base
    return array
