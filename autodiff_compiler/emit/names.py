"""Which variables share a name, and what the names are.

Variables that values move between become one where they never clash: a loop's carried value then
has one name across entry, body and exit, and the moves vanish. After that every variable gets the
name it should have, with `_2` and so on where that name is taken by one it clashes with.
"""

from __future__ import annotations

import keyword
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from autodiff_compiler.emit.liveness import Liveness, bit
from autodiff_compiler.emit.tree import (
    Assign,
    Move,
    Statement,
    Update,
    Variable,
    all_statements,
)

# Moves that happen most often are saved first.
_ORDER = {"update": 0, "next": 1, "yield": 2, "init": 3}


def name_variables(
    variables: Sequence[Variable],
    body: Sequence[Statement],
    liveness: Liveness,
    reserved: Collection[str],
) -> None:
    """Give every variable its name; `reserved` names are taken by what isn't a variable."""
    groups = _coalesced(variables, body, liveness)
    _Namer(groups, reserved).run()


@dataclass(eq=False)
class _Group:
    """Variables that are one. `fixed` is the name of a parameter among them."""

    members: list[Variable]
    mask: int
    clashes: int
    fixed: str | None
    hint: str | None

    @property
    def first(self) -> int:
        return self.members[0].number


def _coalesced(
    variables: Sequence[Variable], body: Sequence[Statement], liveness: Liveness
) -> list[_Group]:
    group_of = [
        _Group(
            [variable],
            bit(variable),
            liveness.clashes[variable.number],
            variable.hint if variable.fixed else None,
            variable.hint,
        )
        for variable in variables
    ]
    for _, target, source in sorted(_moves(body), key=lambda move: _ORDER[move[0]]):
        a, b = group_of[target.number], group_of[source.number]
        if a is not b and _may_merge(a, b):
            if b.first < a.first:
                a, b = b, a
            merged = _Group(
                sorted(a.members + b.members, key=lambda each: each.number),
                a.mask | b.mask,
                a.clashes | b.clashes,
                a.fixed or b.fixed,
                a.fixed or b.fixed or a.hint or b.hint,
            )
            for member in merged.members:
                group_of[member.number] = merged
    return list(dict.fromkeys(group_of))


def _moves(body: Sequence[Statement]) -> list[tuple[str, Variable, Variable]]:
    """The pairs of variables that a value moves between: (kind of move, target, source)."""
    found: list[tuple[str, Variable, Variable]] = []
    for statement in all_statements(list(body)):
        match statement:
            case Move():
                pairs = zip(statement.targets, statement.values, strict=True)
                moved = [(statement.kind, target, value) for target, value in pairs]
            case Assign():
                moved = [("init", statement.target, statement.value)]
            case Update():
                moved = [("update", statement.target, statement.initial)]
            case _:
                continue
        for kind, target, value in moved:
            source = value.variable
            if source is not None:
                found.append((kind, target, source))
    return found


def _may_merge(a: _Group, b: _Group) -> bool:
    if a.clashes & b.mask or b.clashes & a.mask:
        return False
    if a.fixed and b.fixed:
        return False
    return a.hint is None or b.hint is None or a.hint == b.hint


class _Namer:
    def __init__(self, groups: list[_Group], reserved: Collection[str]) -> None:
        self.groups = groups
        self.reserved = reserved
        self.holders: dict[str, int] = {}  # the variables that have each name
        self.hints = {group.hint for group in groups}

    def run(self) -> None:
        hinted = [group for group in self.groups if group.hint and not group.fixed]
        for group in self.groups:
            if group.fixed is not None:
                self.give(group, group.fixed)
        for group in hinted:
            self.give(group, self.free_name(group, group.hint or ""))
        for group in self.groups:
            if group.hint is None:
                self.give(group, self.free_name(group, group.members[0].stem))

    def give(self, group: _Group, name: str) -> None:
        self.holders[name] = self.holders.get(name, 0) | group.mask
        for member in group.members:
            member.name = name

    def free_name(self, group: _Group, stem: str) -> str:
        if not stem.strip("_"):
            stem = group.members[0].stem  # `_` is for what nobody reads
        if not stem.isidentifier() or keyword.iskeyword(stem) or stem in ("__debug__",):
            stem = "value" if not f"{stem}_".isidentifier() else f"{stem}_"
        name, count = stem, 1
        while not self.is_free(group, name):
            count += 1
            name = f"{stem}_{count}"
        return name

    def is_free(self, group: _Group, name: str) -> bool:
        if name in self.reserved:
            return False
        if name != group.hint and name in self.hints:
            return False  # that is what the user, or the derivative, calls something else
        return not self.holders.get(name, 0) & group.clashes
