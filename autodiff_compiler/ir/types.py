"""Types of IR values: what the compiler knows about a value before it runs.

A scalar's type is the *set* of kinds it may have. Plain Python joins an `int` start with `float`
sums (`s = 0` before a loop), or a `float` with an `np.float64`, and the value stays whichever it is
until it is used; a set of kinds says just that, and every operation types itself kind by kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache

import numpy as np


class Kind(Enum):
    """What one scalar can be. Python's own numbers and NumPy's are kept apart: they differ in
    what raises (`1 / 0.0`), what warns, and what their operations return."""

    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    NP_BOOL = "np.bool"
    NP_INT = "np.int64"
    NP_FLOAT = "np.float64"
    UNBOUND = "unbound"  # a name that this path has not bound; held as None

    @property
    def is_float(self) -> bool:
        return self in (Kind.FLOAT, Kind.NP_FLOAT)

    @property
    def is_numpy(self) -> bool:
        return self in (Kind.NP_BOOL, Kind.NP_INT, Kind.NP_FLOAT)


_ORDER = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True)
class ScalarType:
    """A number (or an unbound name) that is one of `kinds`, decided only at run time."""

    kinds: frozenset[Kind]

    def __str__(self) -> str:
        return "|".join(kind.value for kind in sorted(self.kinds, key=_ORDER.__getitem__))

    @property
    def may_be_float(self) -> bool:
        return any(kind.is_float for kind in self.kinds)

    @property
    def may_be_unbound(self) -> bool:
        return Kind.UNBOUND in self.kinds

    def only(self, *kinds: Kind) -> bool:
        """Whether the value is certainly one of `kinds`."""
        return self.kinds <= frozenset(kinds)


@dataclass(frozen=True)
class SequenceType:
    """A list or tuple whose length is known at run time only; all elements have one type."""

    element: Type
    container: str = "list"  # "list" | "tuple"

    def __str__(self) -> str:
        dots = ", ..." if self.container == "tuple" else ""
        return f"{self.container}[{self.element}{dots}]"


@dataclass(frozen=True)
class TupleType:
    """A tuple or list whose items are known, one by one, at compile time."""

    items: tuple[Type, ...]
    container: str = "tuple"  # "list" | "tuple"

    def __str__(self) -> str:
        inside = ", ".join(map(str, self.items))
        return f"[{inside}]" if self.container == "list" else f"({inside})"


@dataclass(frozen=True)
class TextType:
    """A `str` built at run time, on its way to `print`, `raise` or `assert`."""

    def __str__(self) -> str:
        return "str"


@dataclass(frozen=True)
class NothingType:
    """The value None: what effects give, and functions without a `return`."""

    def __str__(self) -> str:
        return "None"


@dataclass(frozen=True)
class OpaqueType:
    """A static argument (a function, say) that the graph carries but never reads."""

    def __str__(self) -> str:
        return "static"


Type = ScalarType | SequenceType | TupleType | TextType | NothingType | OpaqueType

BOOL = ScalarType(frozenset({Kind.BOOL}))
INT = ScalarType(frozenset({Kind.INT}))
FLOAT = ScalarType(frozenset({Kind.FLOAT}))
NP_BOOL = ScalarType(frozenset({Kind.NP_BOOL}))
NP_INT = ScalarType(frozenset({Kind.NP_INT}))
NP_FLOAT = ScalarType(frozenset({Kind.NP_FLOAT}))
UNBOUND = ScalarType(frozenset({Kind.UNBOUND}))
TEXT = TextType()
NOTHING = NothingType()
OPAQUE = OpaqueType()


@cache
def may_hold(found: Type, wanted: Callable[[Kind], bool]) -> bool:
    """Whether a value of this type may be a scalar of a kind that is wanted, or hold one."""
    match found:
        case ScalarType():
            return any(map(wanted, found.kinds))
        case SequenceType():
            return may_hold(found.element, wanted)
        case TupleType():
            return any(may_hold(item, wanted) for item in found.items)
        case _:
            return False


_KIND_OF: dict[type, Kind] = {
    bool: Kind.BOOL,
    int: Kind.INT,
    float: Kind.FLOAT,
    np.bool_: Kind.NP_BOOL,
    np.int64: Kind.NP_INT,
    np.float64: Kind.NP_FLOAT,
}


def join(a: Type, b: Type) -> Type | None:
    """The smallest type that holds both, or None where there is none."""
    if a == b:
        return a
    match a, b:
        case ScalarType(), ScalarType():
            return ScalarType(a.kinds | b.kinds)
        case SequenceType(), SequenceType() if a.container == b.container:
            element = join(a.element, b.element)
            return None if element is None else SequenceType(element, a.container)
        case TupleType(), TupleType() if a.container == b.container:
            if len(a.items) != len(b.items):
                return None
            items = [join(*pair) for pair in zip(a.items, b.items, strict=True)]
            known = tuple(item for item in items if item is not None)
            return TupleType(known, a.container) if len(known) == len(items) else None
    return None


def fits(actual: Type, expected: Type) -> bool:
    """Whether a value of type `actual` may stand where `expected` is asked for.

    An unbound value fits anywhere: the arm of a branch that did not run has nothing to hand over,
    and whoever reads the result knows by the same condition that it did.
    """
    return actual == UNBOUND or join(actual, expected) == expected


DEEPEST = 50  # levels of lists and tuples in one another


def type_of(value: object, deepest: int = DEEPEST) -> Type | None:
    """The type of a run-time value, or None for a value that the IR has no type for.

    Nor has it one for lists nested too deeply: a list may be an item of itself.

    A list or tuple of numbers of one kind is a sequence if it is a list, a structure if it is a
    tuple: the length of a list varies from call to call, that of a tuple says what it is.
    """
    kind = _KIND_OF.get(type(value))
    if kind is not None:
        return ScalarType(frozenset({kind}))
    if value is None:
        return NOTHING
    if type(value) is str:
        return TEXT
    if type(value) in (list, tuple):
        assert isinstance(value, list | tuple)
        if not deepest:
            return None
        found = []
        for item in value:
            described = type_of(item, deepest - 1)
            if described is None:
                return None
            found.append(described)
        known = tuple(found)
        if type(value) is tuple:
            return TupleType(known)
        if not known:
            return SequenceType(FLOAT)
        if len(set(known)) == 1 and isinstance(known[0], ScalarType):
            return SequenceType(known[0])
        return TupleType(known, "list")
    return None


def accepts(declared: Type, value: object) -> bool:
    """Whether a run-time value is what its declared type says. None is an unbound value."""
    if value is None:
        return True
    match declared:
        case ScalarType():
            return _KIND_OF.get(type(value)) in declared.kinds
        case SequenceType():
            right = isinstance(value, list if declared.container == "list" else tuple)
            return right and all(accepts(declared.element, item) for item in value)  # type: ignore[attr-defined]
        case TupleType():
            right = isinstance(value, list if declared.container == "list" else tuple)
            return (
                right
                and len(value) == len(declared.items)  # type: ignore[arg-type]
                and all(map(accepts, declared.items, value))  # type: ignore[call-overload]
            )
        case TextType():
            return isinstance(value, str)
        case NothingType():
            return False
        case OpaqueType():
            return True
