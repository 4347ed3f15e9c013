"""Conditions: truth, comparison, and branches within expressions.

What is known at compile time decides at compile time: `flag == "fast"` of a static string,
`x is None`, `isinstance(x, float)`, `if DEBUG:`. Only the branch taken is then lowered.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from autodiff_compiler.frontend import hints, joins, lists
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.values import (
    SILENCED,
    Binding,
    Closure,
    Counting,
    Meaning,
    Poison,
    State,
    Static,
    Structure,
    describe,
    instead_of,
    is_function,
)
from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import ArrayType, Fields, ScalarType, SequenceType, TupleType
from autodiff_compiler.ir.values import Const, Operand, Value

Evaluate = Callable[[], Meaning]

COMPARISONS: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Lt: ("lt", operator.lt),
    ast.LtE: ("le", operator.le),
    ast.Gt: ("gt", operator.gt),
    ast.GtE: ("ge", operator.ge),
    ast.Eq: ("eq", operator.eq),
    ast.NotEq: ("ne", operator.ne),
}
SIGNS = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
CONDITION = "condition"


def known_truth(ctx: Context, meaning: Meaning) -> bool | None:
    """The truth value of what is known at compile time, or None."""
    if isinstance(meaning, Value | Const):
        value = ctx.facts.value(meaning)
        if value is not None:
            return bool(value)
    match meaning:
        case Structure(items):
            return bool(items)
        case Closure():
            return True
        case Static(value) if value is None or isinstance(value, str | type) or callable(value):
            return bool(value)
        case Value(type=TupleType(items)):
            return bool(items)
    return None


def truth(ctx: Context, meaning: Meaning, node: ast.expr) -> Operand | None:
    """A bool that says whether a meaning counts as true; None if that has been refused."""
    if meaning is SILENCED:
        return None
    known = known_truth(ctx, meaning)
    if known is not None:
        return const(known)
    match meaning:
        case Value(type=ScalarType(kinds)):
            if all(kind.value in ("bool", "np.bool") for kind in kinds):
                return meaning
            found = ctx.op(node, "ne", meaning, const(0))
        case Value(type=SequenceType()):
            length = ctx.op(node, "len", meaning)
            if not isinstance(length, Value):
                return None
            found = ctx.op(node, "ne", length, const(0))
        case _:
            said = f"{describe(meaning)} can't be used as a condition"
            hint = "compare it, with == for example"
            if isinstance(meaning, Value) and isinstance(meaning.type, ArrayType):
                hint = hints.condition_of_array(ctx.site(node))
            ctx.refuse(node, CONDITION, said, hint)
            return None
    return found if isinstance(found, Value) else None


def negation(ctx: Context, meaning: Meaning, node: ast.expr) -> Meaning:
    """`not meaning`."""
    known = known_truth(ctx, meaning)
    if known is not None:
        return const(not known)
    if isinstance(meaning, Value) and isinstance(meaning.type, ScalarType):
        return ctx.op(node, "not", meaning)
    holds = truth(ctx, meaning, node)
    return SILENCED if holds is None else ctx.op(node, "not", holds)


def choose(
    ctx: Context,
    node: ast.expr,
    condition: Operand | None,
    then: Evaluate,
    orelse: Evaluate,
    form: str,
) -> Meaning:
    """The value of one of two expressions, of which only one is evaluated."""
    if isinstance(condition, Const):
        return then() if condition.value else orelse()
    before = dict(ctx.state)
    arms = []
    for evaluate in (then, orelse):
        arm = joins.open_arm(ctx)
        with joins.within(ctx, arm):
            meaning = evaluate()
            _forget_reads(ctx, before)
            ctx.state[ctx.frame, joins.VALUE] = Binding(meaning, ctx.span(node))
        arms.append(arm)
    if condition is None:
        return SILENCED
    joins.merge(ctx, node, condition, arms[0], arms[1], form=form)
    binding = ctx.state.pop((ctx.frame, joins.VALUE), None)
    if binding is None:
        return SILENCED
    if isinstance(binding.meaning, Poison) and binding.meaning is not SILENCED:
        poison = binding.meaning
        said = f"this {poison.reason}"
        return ctx.refuse(node, "conditional value", said, poison.hint, poison.notes)
    return binding.meaning


def _forget_reads(ctx: Context, before: State) -> None:
    """Reading in an expression changes no name: only what has been reported stays so."""
    for key, binding in before.items():
        if ctx.state[key].meaning is not SILENCED:
            ctx.state[key] = binding


def compare(
    ctx: Context, node: ast.Compare, kind: ast.cmpop, left: Meaning, right: Meaning, at: ast.expr
) -> Meaning:
    """One comparison."""
    if left is SILENCED or right is SILENCED:
        return SILENCED
    sign = SIGNS[type(kind)]
    if isinstance(kind, ast.Is | ast.IsNot):
        same = _is_none(left, right)
        if same is None:
            said = "comparing by identity is supported with None only"
            hint = _hint(left, right) or hints.compared_by_value(ctx.site(node))
            return ctx.refuse(node, sign, said, hint)
        return const(same == isinstance(kind, ast.Is))
    if isinstance(kind, ast.In | ast.NotIn):
        found = lists.contains(ctx, node, left, right)
        if found is None:
            hint = hints.compared_one_by_one(ctx.site(node))
            if isinstance(right, Value) and isinstance(right.type, ArrayType):
                hint = (
                    f"write np.any({hints.shown(node.comparators[-1])} == {hints.shown(node.left)})"
                )
            return ctx.refuse(node, sign, f"{sign} is not supported for numbers", hint)
        return found if isinstance(kind, ast.In) else negation(ctx, found, node)
    name, function = COMPARISONS[type(kind)]
    known = _known_comparison(kind, function, left, right)
    if known is not None:
        return known
    if isinstance(kind, ast.Eq | ast.NotEq):
        items = _numbers_in_both(ctx, node, left, right)
        if items is not None:
            equal = _all_equal(ctx, node, items)
            return equal if isinstance(kind, ast.Eq) else negation(ctx, equal, node)
    else:
        items = _numbers_in_both(ctx, node, left, right, alike=False)
        if isinstance(items, list):
            return _first_that_differs(ctx, node, kind, items, _lengths(left, right))
    if isinstance(left, Value | Const) and isinstance(right, Value | Const):
        return ctx.op(node, name, left, right, label=sign)
    odd = right if isinstance(left, Value | Const) else left
    hint = _hint(left, right) or instead_of(odd)
    return ctx.refuse(node, sign, f"comparing {describe(odd)} is not supported", hint)


Pairs = list[tuple[Operand, Operand]]


def _numbers_in_both(
    ctx: Context, node: ast.AST, left: Meaning, right: Meaning, alike: bool = True
) -> Pairs | bool | None:
    """The numbers of two tuples or lists, pair by pair, as in `x.shape == y.shape`; False where
    the tuples can't be equal; None for anything else. They need not be `alike` in length."""
    structures = [ctx.structure(each, node) for each in (left, right)]
    first, second = structures
    if first is None or second is None or isinstance(first.container, Fields):
        return None
    items = (*first.items, *second.items)
    numbers = [m for m in items if isinstance(m, Value | Const) and isinstance(m.type, ScalarType)]
    if len(numbers) < len(items):
        return None
    if first.container != second.container:
        return False if alike else None
    if alike and len(first.items) != len(second.items):
        return False
    return list(zip(numbers[: len(first.items)], numbers[len(first.items) :], strict=False))


def _lengths(left: Meaning, right: Meaning) -> tuple[int, int]:
    found = []
    for each in (left, right):
        items = each.items if isinstance(each, Structure) else each.type.items  # type: ignore[union-attr]
        found.append(len(items))
    return found[0], found[1]


def _first_that_differs(
    ctx: Context, node: ast.Compare, kind: ast.cmpop, pairs: Pairs, lengths: tuple[int, int]
) -> Meaning:
    """Tuples are ordered as their first items that differ, or as their lengths if none does."""
    name, function = COMPARISONS[type(kind)]
    if not pairs:
        return const(function(*lengths))
    (a, b), *rest = pairs
    if not rest and lengths[0] == lengths[1] and type(kind) in (ast.LtE, ast.GtE):
        # Equal ones hold, and unordered ones (nan) differ and hold in no order.
        return _compared(ctx, node, name, function, a, b)
    equal = _compared(ctx, node, "eq", operator.eq, a, b)
    return choose(
        ctx,
        node,
        truth(ctx, equal, node),
        lambda: _first_that_differs(ctx, node, kind, rest, lengths),
        lambda: _compared(ctx, node, name, function, a, b),
        "ifexp",
    )


def _compared(
    ctx: Context,
    node: ast.Compare,
    name: str,
    function: Callable[[Any, Any], Any],
    a: Operand,
    b: Operand,
) -> Meaning:
    if isinstance(a, Const) and isinstance(b, Const):
        return const(function(a.value, b.value))
    return ctx.op(node, name, a, b, label=name)


def _all_equal(ctx: Context, node: ast.Compare, pairs: Pairs | bool) -> Meaning:
    if isinstance(pairs, bool) or not pairs:
        return const(not isinstance(pairs, bool))
    (a, b), *rest = pairs
    known = _known_comparison(ast.Eq(), operator.eq, a, b)
    first = ctx.op(node, "eq", a, b, label="==") if known is None else known
    if not rest:
        return first
    return choose(
        ctx,
        node,
        truth(ctx, first, node),
        lambda: _all_equal(ctx, node, rest),
        lambda: first,
        "and",
    )


def _hint(left: Meaning, right: Meaning) -> str:
    """How to tell functions apart, where that is what is asked."""
    if all(map(is_function, (left, right))):
        return "keep a string that says which function it is, and compare that"
    return ""


def _known_comparison(
    kind: ast.cmpop, function: Callable[[Any, Any], Any], a: Meaning, b: Meaning
) -> Meaning | None:
    """The result where it is known: of constants, and of strings and None with anything."""
    if isinstance(a, Const) and isinstance(b, Const):
        result = function(a.value, b.value)
        return const(result)
    texts = [m for m in (a, b) if isinstance(m, Static) and (m.value is None or _is_text(m))]
    if len(texts) == 2 and all(map(_is_text, texts)):
        return const(function(a.value, b.value))  # type: ignore[union-attr]
    if not isinstance(kind, ast.Eq | ast.NotEq):
        return None
    if len(texts) == 2:
        assert isinstance(a, Static) and isinstance(b, Static)
        return const(function(a.value, b.value))
    others = [m for m in (a, b) if isinstance(m, Value | Const | Structure | Closure)]
    numbers = [m for m in others if not isinstance(m, Value | Const) or _is_number(m)]
    if len(texts) == 1 and len(numbers) == 1:
        return const(isinstance(kind, ast.NotEq))
    return None


def _is_text(meaning: Static) -> bool:
    return type(meaning.value) is str


def _is_number(operand: Operand) -> bool:
    return isinstance(operand.type, ScalarType | SequenceType | TupleType)


def _is_none(a: Meaning, b: Meaning) -> bool | None:
    """Whether two meanings are the one None; None where neither is known to be."""
    nones = [isinstance(m, Static) and m.value is None for m in (a, b)]
    if all(nones):
        return True
    if not any(nones):
        return None
    other = a if nones[1] else b
    known = isinstance(other, Static | Structure | Closure | Counting) or (
        isinstance(other, Value | Const) and _is_number(other)
    )
    return False if known else None


def raise_if(
    ctx: Context,
    node: ast.AST,
    comparison: str,
    a: Operand,
    b: Operand,
    message: str,
    got: Operand | None = None,
) -> None:
    """Raise ValueError, as Python would, where two numbers compare so; {} in the text is `got`."""
    holds = ctx.op(node, comparison, a, b)
    assert isinstance(holds, Value)
    then, orelse = joins.open_arm(ctx), joins.open_arm(ctx)
    with joins.within(ctx, then):
        text: Value | Const | Poison = const(message)
        if got is not None:
            before, after = message.split("{}")
            text = ctx.op(node, "format", got, template=(before, ("", ""), after))
        assert not isinstance(text, Poison)
        ctx.op(node, "raise", text, exception="ValueError")
        ctx.region.closed = True
    joins.merge(ctx, node, holds, then, orelse)
