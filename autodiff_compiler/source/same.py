"""Whether two code objects are the same function.

The `==` of code objects nearly says it, but it takes nan constants for different, and it can't
see past a whole function moved down by some lines, nor past columns that one side was compiled
without.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from types import CodeType
from typing import TypeAlias

Position: TypeAlias = tuple[int | None, int | None, int | None, int | None]

# What must be equal; constants and positions are compared apart. The file's name may differ.
FIELDS = (
    "co_name",
    "co_qualname",
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_flags",
    "co_code",
    "co_names",
    "co_varnames",
    "co_freevars",
    "co_cellvars",
    "co_exceptiontable",
)


def equals_within(root: CodeType, code: CodeType, *, moved: bool) -> list[CodeType]:
    """What is defined within `root` and is the same function as `code`, the nearest first.

    With `moved` it may stand on other lines than `code` does, all by the same distance.
    """
    found = list[tuple[int, CodeType]]()
    for candidate in everything_in(root):
        shift = candidate.co_firstlineno - code.co_firstlineno
        if (moved or not shift) and same(candidate, code, shift):
            found.append((abs(shift), candidate))
    return [candidate for _, candidate in sorted(found, key=itemgetter(0))]


def everything_in(root: CodeType) -> Iterator[CodeType]:
    """A code object and all those of what is defined in it, however deep."""
    yield root
    for constant in root.co_consts:
        if isinstance(constant, CodeType):
            yield from everything_in(constant)


def same(ours: CodeType, theirs: CodeType, shift: int) -> bool:
    """Whether two code objects are one function, `ours` standing `shift` lines further down.

    Columns are left out of account where one of the two was compiled without them (`-X
    no_debug_ranges`, or a cached file from such a run).
    """
    return (
        all(getattr(ours, name) == getattr(theirs, name) for name in FIELDS)
        and ours.co_firstlineno == theirs.co_firstlineno + shift
        and _same_positions(list(ours.co_positions()), list(theirs.co_positions()), shift)
        and _same_constant(ours.co_consts, theirs.co_consts, shift)
    )


def _same_constant(ours: object, theirs: object, shift: int) -> bool:
    if type(ours) is not type(theirs):
        return False
    match ours, theirs:
        case CodeType(), CodeType():
            return same(ours, theirs, shift)
        case tuple(), tuple():
            return len(ours) == len(theirs) and all(
                _same_constant(a, b, shift) for a, b in zip(ours, theirs, strict=True)
            )
        case frozenset(), frozenset():
            return sorted(map(repr, ours)) == sorted(map(repr, theirs))
    return repr(ours) == repr(theirs)  # tells -0.0 from 0.0, and takes nan for nan


def _same_positions(ours: list[Position], theirs: list[Position], shift: int) -> bool:
    there = [
        (start and start - shift, end and end - shift, column, end_column)
        for start, end, column, end_column in ours
    ]
    if _has_columns(ours) and _has_columns(theirs):
        return there == theirs
    return [position[0] for position in there] == [position[0] for position in theirs]


def _has_columns(positions: list[Position]) -> bool:
    """Whether code was compiled with columns; if so, at least its entry has one."""
    return any(column is not None for _, _, column, _ in positions)
