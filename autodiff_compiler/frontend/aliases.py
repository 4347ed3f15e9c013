"""Which names may stand for one array, so that a write through one shows through another.

The graph has values, not objects: `a[i] = v` makes a new value and gives it to the name `a`. Python
does the same only as long as no other name holds the array, or a view of it. So each array value
has *roots*: the arrays made in the function that it may be or look into, and `UNOWNED` where it may
be one that was not made here. An array is written only under a name that shares no root with any
other name, and only where it was made here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.facts import UNOWNED, Roots
from autodiff_compiler.frontend.values import Binding, Closure, Frame, Meaning, Method, leaves
from autodiff_compiler.ir.types import holds_array
from autodiff_compiler.ir.values import Const, Operand, Value

NO_ROOTS: Roots = frozenset()


def roots_of(ctx: Context, meaning: Meaning) -> Roots:
    """The roots of every array in a meaning."""
    if isinstance(meaning, Method):
        meaning = meaning.array
    found = NO_ROOTS
    for leaf in leaves(meaning):
        if isinstance(leaf, Value) and holds_array(leaf.type):
            found |= ctx.facts.roots_of(leaf)
    return found


def may_write(ctx: Context, name: str, array: Operand, node: ast.AST) -> bool:
    """Whether writing an array that a name holds changes nothing but that; reports it if not."""
    mine = roots_of(ctx, array)
    if UNOWNED in mine or isinstance(array, Const):
        said = f"{name} may be an array that was not made in this function"
        ctx.refuse(node, f"writing into {name}", said, f"write {name} = {name}.copy() before")
        return False
    if mine & ctx.facts.kept:
        said = f"{name} may be an array that a list holds, or that a loop runs over"
        hint = f"append {name}.copy() to the list, or loop over {name}.copy()"
        ctx.refuse(node, f"writing into {name}", said, hint)
        return False
    for (frame, other), binding in ctx.state.items():
        if (frame is ctx.frame and other == name) or not roots_of(ctx, binding.meaning) & mine:
            continue
        shown = other if other.isidentifier() else "a result"
        hint = f"use one name for both, or copy before if they are to differ: {shown}.copy()"
        if frame is not ctx.frame:
            shown = f"{shown} of {frame.code.name}"
            hint = f"write {name} = {name}.copy() before, and return it"
        said = f"{shown} may be the same array as {name}, or a part of it"
        notes = ((binding.span, f"{shown} is assigned here"),)
        ctx.refuse(node, f"writing into {name}", said, hint, notes)
        return False
    for frame, captured in _captured(ctx, name):
        if frame is not ctx.frame or captured == name:
            said = f"{name} is used by an inner function"
            hint = "pass it to that function as an argument"
            ctx.refuse(node, f"writing into {name}", said, hint)
            return False
    return True


def _captured(ctx: Context, name: str) -> Iterable[tuple[Frame, str]]:
    """The names that closures in sight may read."""
    for binding in ctx.state.values():
        meaning = binding.meaning
        if isinstance(meaning, Closure) and meaning.frame is ctx.frame:
            if name in ctx.frame.code.captured:
                yield meaning.frame, name


class Heads:
    """How the names at the head of a loop may share arrays; grows from round to round.

    What a name holds at the head is what it held before the loop, or at the end of the body. Two
    names that share an array in either place share it at the head.
    """

    def __init__(self, ctx: Context, starts: Mapping[str, Binding]) -> None:
        self.before = {name: roots_of(ctx, start.meaning) for name, start in starts.items()}
        self.outer = frozenset[object]().union(
            *(roots_of(ctx, binding.meaning) for binding in ctx.state.values())
        )
        self.kept = ctx.facts.kept & self.outer
        self.pairs: set[frozenset[str]] = set()
        self.more: dict[str, Roots] = {}
        self.add_pairs(self.before)

    def add_pairs(self, roots: Mapping[str, Roots]) -> None:
        names = list(roots)
        for place, a in enumerate(names):
            for b in names[place + 1 :]:
                if (roots[a] & roots[b]) - {UNOWNED}:
                    self.pairs.add(frozenset((a, b)))

    def enter(self, ctx: Context, heads: Mapping[str, Meaning]) -> None:
        """Give the values at the head their roots."""
        for name, head in heads.items():
            shared = frozenset(pair for pair in self.pairs if name in pair)
            known = self.before.get(name, NO_ROOTS) | self.more.get(name, NO_ROOTS) | shared
            for leaf in leaves(head):
                if isinstance(leaf, Value) and holds_array(leaf.type):
                    ctx.facts.roots[leaf] = known | {leaf}

    def grown(
        self, ctx: Context, heads: Mapping[str, Meaning], ends: Mapping[str, Meaning]
    ) -> bool:
        """Whether the end of the body tells of more that is shared at the head."""
        before = len(self.pairs), dict(self.more), self.kept
        self.kept = ctx.facts.kept & self.outer
        found = {name: roots_of(ctx, end) for name, end in ends.items()}
        inside = {leaf for head in heads.values() for leaf in leaves(head)}
        for name, roots in found.items():
            outer = roots & self.outer | (roots & {UNOWNED})
            others = frozenset(
                root
                for other, head in heads.items()
                if other != name and roots & set(leaves(head)) & inside
                for root in self.before.get(other, NO_ROOTS)
            )
            self.more[name] = self.more.get(name, NO_ROOTS) | outer | others
            for other, head in heads.items():
                if other != name and roots & set(leaves(head)):
                    self.pairs.add(frozenset((name, other)))
        self.add_pairs(found)
        return before != (len(self.pairs), self.more, self.kept)
