"""Types of IR values: what the compiler knows about a value before it runs.

A scalar's type is the *set* of kinds it may have. Plain Python joins an `int` start with `float`
sums (`s = 0` before a loop), or a `float` with an `np.float64`, and the value stays whichever it is
until it is used; a set of kinds says just that, and every operation types itself kind by kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from functools import cache
from types import FunctionType, ModuleType

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
    NP_FLOAT32 = "np.float32"
    NP_INT32 = "np.int32"
    NP_INT16 = "np.int16"
    NP_INT8 = "np.int8"
    NP_UINT64 = "np.uint64"
    NP_UINT32 = "np.uint32"
    NP_UINT16 = "np.uint16"
    NP_UINT8 = "np.uint8"
    UNBOUND = "unbound"  # a name that this path has not bound; held as None

    @property
    def is_float(self) -> bool:
        return self in (Kind.FLOAT, Kind.NP_FLOAT, Kind.NP_FLOAT32)

    @property
    def is_numpy(self) -> bool:
        return self.value.startswith("np.")

    @property
    def is_integer(self) -> bool:
        """Whether it is a whole number, of Python's or NumPy's; a bool is none."""
        return self is Kind.INT or self.value.startswith(("np.int", "np.uint"))


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
class Dim:
    """What is known of one dimension of an array.

    `one` says whether its size is 1; None where that isn't known. The size itself is `size - less`
    (at least 0), where `size` is a number, or stands for one by a name such as `x.0` (the first
    dimension of the argument x); None where nothing is known. `less` is negative for more. Two
    dimensions of one size and one `less` are equally long.
    """

    size: int | str | None = None
    less: int = 0
    one: bool | None = None

    def __str__(self) -> str:
        if self.size is None:
            return {True: "1", False: "*", None: "?"}[self.one]
        return f"{self.size}{f'{-self.less:+d}' if self.less else ''}"

    def is_as_long_as(self, other: Dim) -> bool:
        """Whether both certainly have one size."""
        if self.one and other.one:
            return True
        return self.size is not None and (self.size, self.less) == (other.size, other.less)


ONE = Dim(1, one=True)
SOME = Dim()


def dim_of(size: int) -> Dim:
    """A dimension of a size known at compile time."""
    return Dim(size, one=size == 1)


def shortened(dim: Dim, by: int) -> Dim:
    """The dimension with so many elements fewer, or none if it has not so many."""
    if by == 0:
        return dim
    if isinstance(dim.size, int):
        return dim_of(max(dim.size - dim.less - by, 0))
    if dim.size is None:
        return SOME
    return Dim(dim.size, dim.less + by)


def lengthened(dim: Dim, by: int) -> Dim:
    """The dimension with so many elements more."""
    if by == 0:
        return dim
    if isinstance(dim.size, int) or dim.one:
        return dim_of(by + (1 if dim.one else max(int(dim.size or 0) - dim.less, 0)))
    if dim.size is None or dim.less > 0:  # what was shortened may have had too few
        return Dim(one=False) if by > 1 else SOME
    return Dim(dim.size, dim.less - by, False if by > 1 else None)


@dataclass(frozen=True)
class ArrayType:
    """A NumPy array: the name of its dtype, and what is known of each dimension.

    An array without dimensions is not the NumPy scalar of its dtype: plain NumPy keeps them apart.
    """

    dtype: str
    dims: tuple[Dim, ...]
    may_be_unbound: bool = False

    def __str__(self) -> str:
        unbound = "|unbound" if self.may_be_unbound else ""
        return f"{self.dtype}[{', '.join(map(str, self.dims))}]{unbound}"

    @property
    def rank(self) -> int:
        return len(self.dims)

    @property
    def is_float(self) -> bool:
        return self.dtype in ("float64", "float32")

    @property
    def element(self) -> ScalarType:
        """The type of one element, as a NumPy scalar."""
        return KIND_OF_DTYPE[self.dtype]


@dataclass(frozen=True)
class SequenceType:
    """A list or tuple whose length is known at run time only; all elements have one type."""

    element: Type
    container: str = "list"  # "list" | "tuple"

    def __str__(self) -> str:
        dots = ", ..." if self.container == "tuple" else ""
        return f"{self.container}[{self.element}{dots}]"


@dataclass(frozen=True)
class Fields:
    """What holds items under names: a dict, or a record, which is an instance of `cls`.

    `kind` is "dict", "namedtuple", "dataclass" or "object".
    """

    kind: str
    names: tuple[str, ...]
    cls: type | None = None

    def __str__(self) -> str:
        return self.kind if self.cls is None else self.cls.__name__


Container = str | Fields  # "list" | "tuple", or names


def plain(container: Container) -> str:
    """What holds the tangents or cotangents of a structure's items: names are no part of that."""
    return "tuple" if isinstance(container, Fields) else container


@dataclass(frozen=True)
class TupleType:
    """A tuple, list, dict or record whose items are known, one by one, at compile time."""

    items: tuple[Type, ...]
    container: Container = "tuple"

    def __str__(self) -> str:
        if isinstance(self.container, Fields):
            pairs = zip(self.container.names, self.items, strict=True)
            inside = ", ".join(f"{name}: {item}" for name, item in pairs)
            is_dict = self.container.kind == "dict"
            return f"{{{inside}}}" if is_dict else f"{self.container}({inside})"
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


Type = ScalarType | ArrayType | SequenceType | TupleType | TextType | NothingType | OpaqueType

BOOL = ScalarType(frozenset({Kind.BOOL}))
INT = ScalarType(frozenset({Kind.INT}))
FLOAT = ScalarType(frozenset({Kind.FLOAT}))
NP_BOOL = ScalarType(frozenset({Kind.NP_BOOL}))
NP_INT = ScalarType(frozenset({Kind.NP_INT}))
NP_FLOAT = ScalarType(frozenset({Kind.NP_FLOAT}))
NP_FLOAT32 = ScalarType(frozenset({Kind.NP_FLOAT32}))
UNBOUND = ScalarType(frozenset({Kind.UNBOUND}))
TEXT = TextType()
NOTHING = NothingType()
OPAQUE = OpaqueType()


def holds_array(found: Type) -> bool:
    """Whether a value of this type is an array, or holds one."""
    match found:
        case ArrayType():
            return True
        case SequenceType(element):
            return holds_array(element)
        case TupleType(items):
            return any(map(holds_array, items))
    return False


KIND_OF_DTYPE: dict[str, ScalarType] = {
    kind.value.removeprefix("np."): ScalarType(frozenset({kind})) for kind in Kind if kind.is_numpy
}


@cache
def may_hold(found: Type, wanted: Callable[[Kind], bool]) -> bool:
    """Whether a value of this type may be a scalar of a kind that is wanted, or hold one."""
    match found:
        case ScalarType():
            return any(map(wanted, found.kinds))
        case ArrayType():
            return may_hold(found.element, wanted)
        case SequenceType():
            return may_hold(found.element, wanted)
        case TupleType():
            return any(may_hold(item, wanted) for item in found.items)
        case _:
            return False


_KIND_OF: dict[type, Kind] = {bool: Kind.BOOL, int: Kind.INT, float: Kind.FLOAT} | {
    np.dtype(kind.value.removeprefix("np.")).type: kind for kind in Kind if kind.is_numpy
}


def join(a: Type, b: Type) -> Type | None:
    """The smallest type that holds both, or None where there is none."""
    if a == b:
        return a
    match a, b:
        case ScalarType(), ScalarType():
            return ScalarType(a.kinds | b.kinds)
        case ArrayType(dtype, dims), ArrayType() if (dtype, a.rank) == (b.dtype, b.rank):
            unbound = a.may_be_unbound or b.may_be_unbound
            return ArrayType(dtype, tuple(map(join_dims, dims, b.dims)), unbound)
        case (ScalarType() as unbound, ArrayType() as array) | (
            ArrayType() as array,
            ScalarType() as unbound,
        ) if unbound == UNBOUND:
            return replace(array, may_be_unbound=True)
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


def join_dims(a: Dim, b: Dim) -> Dim:
    """What is known of a dimension that is one of two."""
    return a if a == b else Dim(one=a.one if a.one == b.one else None)


def broadcast(a: tuple[Dim, ...], b: tuple[Dim, ...]) -> tuple[Dim, ...] | None:
    """The dimensions of an elementwise result; None where the sizes certainly don't fit."""
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    first = len(longer) - len(shorter)
    found: list[Dim] = list(longer[:first])
    for x, y in zip(longer[first:], shorter, strict=True):
        if x.one or y.one:
            found.append(y if x.one else x)
        elif isinstance(x.size, int) and isinstance(y.size, int) and x.size != y.size:
            return None
        elif x.is_as_long_as(y) or x.one is False:
            found.append(x)
        else:
            found.append(y if y.one is False else SOME)
    return tuple(found)


def covers(part: ArrayType, whole: ArrayType) -> bool:
    """Whether an array that broadcasts to the shape of another certainly has that very shape."""
    return part.rank == whole.rank and all(map(fills, part.dims, whole.dims))


def fills(part: Dim, whole: Dim) -> bool:
    """`covers`, of one dimension."""
    return bool(part.one is False or whole.one or part.is_as_long_as(whole))


def fits(actual: Type, expected: Type) -> bool:
    """Whether a value of type `actual` may stand where `expected` is asked for.

    An unbound value fits anywhere: the arm of a branch that did not run has nothing to hand over,
    and whoever reads the result knows by the same condition that it did. Of an array's dimensions
    more may be known than its operation tells (a cotangent is as long as its primal), so only a
    contradiction counts.
    """
    match actual, expected:
        case ArrayType(), ArrayType():
            same = (actual.dtype, actual.rank) == (expected.dtype, expected.rank)
            return same and all(map(_agree, actual.dims, expected.dims))
        case SequenceType(), SequenceType() if actual.container == expected.container:
            return fits(actual.element, expected.element)
        case TupleType(), TupleType() if actual.container == expected.container:
            same = len(actual.items) == len(expected.items)
            return same and all(map(fits, actual.items, expected.items))
    return actual == UNBOUND or join(actual, expected) == expected


def _agree(a: Dim, b: Dim) -> bool:
    """Whether two dimensions may be the same one."""
    if isinstance(a.size, int) and isinstance(b.size, int):
        return a.size - a.less == b.size - b.less
    return a.one is None or b.one is None or a.one == b.one


DEEPEST = 50  # levels of containers in one another


def type_of(value: object, deepest: int = DEEPEST) -> Type | None:
    """The type of a run-time value, or None for a value that the IR has no type for.

    Nor has it one for containers nested too deeply: a list may be an item of itself.

    A list or tuple of numbers of one kind is a sequence if it is a list, a structure if it is a
    tuple: the length of a list varies from call to call, that of a tuple says what it is.
    """
    kind = _KIND_OF.get(type(value))
    if kind is not None:
        return ScalarType(frozenset({kind}))
    if type(value) is np.ndarray:
        return array_type_of(value)
    if value is None:
        return NOTHING
    if type(value) is str:
        return TEXT
    container = fields_of(value)
    if container is not None:
        within = _types_of(items_of(value, container), deepest)
        return None if within is None else TupleType(within, container)
    if type(value) in (list, tuple):
        assert isinstance(value, list | tuple)
        known = _types_of(value, deepest)
        if known is None:
            return None
        if type(value) is tuple:
            return TupleType(known)
        if not known:
            return SequenceType(FLOAT)
        if len(set(known)) == 1 and isinstance(known[0], ScalarType):
            return SequenceType(known[0])
        return TupleType(known, "list")
    return None


def _types_of(items: Iterable[object], deepest: int) -> tuple[Type, ...] | None:
    """The types of a container's items; None if one of them has none."""
    found = []
    for item in items:
        described = type_of(item, deepest - 1) if deepest else None
        if described is None:
            return None
        found.append(described)
    return tuple(found)


def fields_of(value: object) -> Fields | None:
    """The names that a dict or record holds items under; None for what is neither.

    A record is a namedtuple, a dataclass, or a plain instance of a class written in Python.
    """
    cls = type(value)
    if cls is dict:
        assert isinstance(value, dict)
        return Fields("dict", tuple(value)) if all(type(key) is str for key in value) else None
    if isinstance(value, tuple) and cls is not tuple:
        names = getattr(cls, "_fields", None)
        return None if names is None else Fields("namedtuple", tuple(names), cls)
    if is_dataclass(cls):
        return Fields("dataclass", tuple(each.name for each in fields(cls)), cls)
    ordinary = cls.__module__ != "builtins" and cls.__flags__ & _HEAP_TYPE
    if not ordinary or not hasattr(value, "__dict__"):
        return None
    if callable(value) and not isinstance(getattr(cls, CALL, None), FunctionType):
        return None
    if isinstance(value, NO_RECORDS):
        return None
    return Fields("object", tuple(vars(value)), cls)


CALL = "__call__"
_HEAP_TYPE = 1 << 9  # a class made by a class statement
# Instances of subclasses of these are more than their attributes.
NO_RECORDS = (
    *(np.ndarray, np.generic, ModuleType, BaseException, int, float, complex, str, bytes),
    *(bytearray, list, dict, set, frozenset, type, Enum),
)


def items_of(value: object, container: Container) -> tuple[object, ...]:
    """The items of a structure's value, in order."""
    if not isinstance(container, Fields):
        assert isinstance(value, list | tuple)
        return tuple(value)
    if container.kind == "dict":
        assert isinstance(value, dict)
        return tuple(value[name] for name in container.names)
    return tuple(getattr(value, name) for name in container.names)


def array_type_of(value: np.ndarray) -> ArrayType | None:
    """The type of an array, of which only the sizes 1 are known; None for other dtypes."""
    if value.dtype.name not in KIND_OF_DTYPE or not value.dtype.isnative:
        return None
    return ArrayType(
        value.dtype.name, tuple(ONE if n == 1 else Dim(one=False) for n in value.shape)
    )


def accepts(declared: Type, value: object) -> bool:
    """Whether a run-time value is what its declared type says. None is an unbound value."""
    if value is None:
        return True
    match declared:
        case ScalarType():
            return _KIND_OF.get(type(value)) in declared.kinds
        case ArrayType(dtype, dims):
            return (
                type(value) is np.ndarray
                and (value.dtype.name, value.ndim) == (dtype, len(dims))
                and all(_accepts_size(dim, n) for dim, n in zip(dims, value.shape, strict=True))
            )
        case SequenceType():
            right = isinstance(value, list if declared.container == "list" else tuple)
            return right and all(accepts(declared.element, item) for item in value)  # type: ignore[attr-defined]
        case TupleType(items, Fields() as container):
            found = fields_of(value)
            return found == container and all(map(accepts, items, items_of(value, container)))
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


def _accepts_size(dim: Dim, size: int) -> bool:
    if isinstance(dim.size, int) and size != max(dim.size - dim.less, 0):
        return False
    return dim.one is None or dim.one == (size == 1)
