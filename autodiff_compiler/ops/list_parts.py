"""Lists made of lists: joined, repeated, sliced.

Each of these moves elements about; so does its derivative, and what moves them back.

    xs + ys            ↔   ct[:len(xs)], ct[len(xs):]
    xs * n             ↔   the sum of the n parts
    xs[a:b]            ↔   ct added to that part of the list of cotangents
    joined rows        ↔   ct in rows again
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from autodiff_compiler.ir.builder import Builder
from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import BOOL, FLOAT, SequenceType, Type
from autodiff_compiler.ir.values import Op, Operand
from autodiff_compiler.ops import nested, sequences, spell
from autodiff_compiler.ops import sequence_forms as forms
from autodiff_compiler.ops.helpers import FOLD, REGROUP, running
from autodiff_compiler.ops.kinds import Attributes, expect_count, integer, pure, raises, sequence
from autodiff_compiler.ops.record import AddAt, Contribution, Custom, Record, Spelling, Zero
from autodiff_compiler.ops.sequences import as_list, linear
from autodiff_compiler.ops.weights import FREE, additions

Tangents = Sequence[Operand | None]


def zeros_like(build: Builder, operand: Operand) -> Operand:
    return build.op(sequences.BY_NAME["zeros_like"], operand)


def _length(build: Builder, xs: Operand) -> Operand:
    return build.op(sequences.BY_NAME["len"], xs)


# Joined.


def flatten_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 1)
    return SequenceType(sequence(sequence(types[0]).element).element)


def flatten(rows: Sequence[Sequence[object]]) -> list[object]:
    return [x for xs in rows for x in xs]


def write_flatten(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    """`[x for xs in rows for x in xs]`: x and xs are the comprehension's own."""
    outer = ast.comprehension(ast.Name("xs", ast.Store()), operands[0], [], 0)
    inner = ast.comprehension(ast.Name("x", ast.Store()), spell.name("xs"), [], 0)
    return ast.ListComp(spell.name("x"), [outer, inner])


def flatten_vjp(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
    return (build.op(BY_NAME["regroup"], cotangent, op.operands[0]),)


def regroup_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    sequence(sequence(types[1]).element)
    return SequenceType(SequenceType(sequence(types[0]).element))


def regroup_vjp(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
    return build.op(BY_NAME["flatten"], cotangent), None


def concat_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    a, b = map(sequence, types)
    if a.container != b.container:
        raise OperandError(f"expected two lists or two tuples, got {a} and {b}")
    return SequenceType(forms.joined([a.element, b.element]), a.container)


def concat_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    if all(tangent is None for tangent in tangents):
        return None
    parts = [
        zeros_like(build, operand) if tangent is None else as_list(build, tangent)
        for operand, tangent in zip(op.operands, tangents, strict=True)
    ]
    found = build.op(BY_NAME["concat"], *parts)
    return _contained(build, found, op)


def _contained(build: Builder, found: Operand, op: Op) -> Operand:
    """Tangents of a tuple are a tuple."""
    assert isinstance(op.result.type, SequenceType)
    if op.result.type.container == "list":
        return found
    return build.op(sequences.BY_NAME["as_tuple"], found)


def concat_vjp(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
    split = _length(build, op.operands[0])
    given = ({"bounds": (False, True, False)}, {"bounds": (True, False, False)})
    return [build.op(BY_NAME["slice"], cotangent, split, attributes=each) for each in given]


# Repeated.


def repeat_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    integer(types[1])
    return sequence(types[0])


def repeat_vjp(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
    return build.op(BY_NAME["fold"], cotangent, *op.operands), None


def fold_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 3)
    sequence(types[1])
    integer(types[2])
    return SequenceType(forms.added(sequence(types[0]).element, FLOAT))


def fold_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    return None if tangents[0] is None else build.op(op.operation, tangents[0], *op.operands[1:])


def fold_vjp(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
    return build.op(BY_NAME["repeat"], cotangent, op.operands[2]), None, None


# Sliced. The attribute `bounds` says which of start, stop and step are among the operands.


def _places(attributes: Attributes) -> tuple[bool, ...]:
    bounds = attributes["bounds"]
    assert isinstance(bounds, tuple)
    return bounds


def _slice(bounds: Sequence[Any], places: Sequence[bool]) -> slice:
    given = iter(bounds)
    return slice(*(next(given) if place else None for place in places))


def _slice_text(bounds: Sequence[ast.expr], places: Sequence[bool]) -> ast.Slice:
    given = iter(bounds)
    return ast.Slice(*(next(given) if place else None for place in places))


def slice_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 1 + sum(_places(attributes)))
    for each in types[1:]:
        integer(each)
    return sequence(types[0])


def write_slice(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    xs, *bounds = operands
    return spell.subscript(xs, _slice_text(bounds, _places(attributes)))


def slice_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    if tangents[0] is None:
        return None
    return build.op(op.operation, tangents[0], *op.operands[1:], attributes=op.attributes)


def slice_vjp(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
    cotangent = as_list(build, cotangent)
    update = AddAt(BY_NAME["slice_add"], op.operands[1:], cotangent, op.attributes)
    return update, *([None] * (len(op.operands) - 1))


def slice_add_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2 + sum(_places(attributes)))
    xs, v = sequence(types[0]), sequence(types[-1])
    return SequenceType(forms.joined([xs.element, forms.added(xs.element, v.element)]))


def slice_add(xs: Sequence[Any], *rest: Any, bounds: tuple[bool, ...]) -> list[Any]:
    *given, v = rest
    part = _slice(given, bounds)
    found = list(xs)
    found[part] = [nested.added(x, y) for x, y in zip(found[part], v, strict=True)]
    return found


def write_slice_add(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.stmt:
    """`xs[a:b] = [a + b for a, b in zip(xs[a:b], v)]`, in place."""
    xs, *bounds, v = operands
    part = _slice_text(bounds, _places(attributes))
    added = nested.added_text(types[0], ast.Subscript(xs, part, ast.Load()), v)
    return ast.Assign([ast.Subscript(xs, part, ast.Store())], added)


def slice_add_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    xs, v = tangents[0], tangents[-1]
    if v is None:
        return xs
    if xs is None:
        xs = zeros_like(build, op.operands[0])
    return build.op(op.operation, xs, *op.operands[1:-1], v, attributes=op.attributes)


def slice_add_vjp(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
    bounds = op.operands[1:-1]
    part = build.op(BY_NAME["slice"], cotangent, *bounds, attributes=op.attributes)
    return cotangent, *([None] * len(bounds)), part


# Asked of lists.


def contains_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    sequence(types[0])
    return BOOL


def write_contains(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    return ast.Compare(operands[1], [ast.In()], [operands[0]])


def copied(rule: Custom, **more: Any) -> dict[str, Any]:
    return {"effect": pure, "weight": FREE, "rule": rule, "fresh": True} | more


RECORDS = (
    Record(
        name="flatten",
        infer=flatten_type,
        evaluate=flatten,
        spelling=Spelling(write_flatten),
        **copied(Custom(linear(), flatten_vjp)),
    ),
    Record(
        name="regroup",
        infer=regroup_type,
        evaluate=running(REGROUP),
        spelling=spell.calling_helper(REGROUP),
        **copied(Custom(linear(1), regroup_vjp)),
    ),
    Record(
        name="concat",
        infer=concat_type,
        evaluate=lambda xs, ys: xs + ys,
        spelling=spell.binary(ast.Add),
        **copied(Custom(concat_jvp, concat_vjp)),
    ),
    Record(
        name="repeat",
        infer=repeat_type,
        evaluate=lambda xs, n: xs * n,
        spelling=spell.binary(ast.Mult),
        **copied(Custom(linear(1), repeat_vjp)),
    ),
    Record(
        name="fold",
        infer=fold_type,
        evaluate=running(FOLD),
        spelling=spell.calling_helper(FOLD),
        **copied(Custom(fold_jvp, fold_vjp), weight=lambda given: additions(given[0], fewer=0)),
    ),
    Record(
        name="slice",
        infer=slice_type,
        evaluate=lambda xs, *given, bounds: xs[_slice(given, bounds)],
        spelling=Spelling(write_slice),
        **copied(Custom(slice_jvp, slice_vjp), effect=raises),
    ),
    Record(
        name="slice_add",
        infer=slice_add_type,
        evaluate=slice_add,
        spelling=Spelling(write_slice_add, updates=True),
        **copied(
            Custom(slice_add_jvp, slice_add_vjp),
            weight=lambda given: additions(given[-1], fewer=0),
        ),
    ),
    Record(
        name="contains",
        infer=contains_type,
        evaluate=lambda xs, x: x in xs,
        effect=pure,
        weight=FREE,
        rule=Zero("a condition"),
        spelling=Spelling(write_contains),
    ),
)

BY_NAME = {record.name: record for record in RECORDS}
