"""Operations on sequences of numbers: the user's, and those that derivatives add."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.types import SequenceType
from autodiff_compiler.ir.values import Op, Operand
from autodiff_compiler.ops import nested, spell
from autodiff_compiler.ops import sequence_forms as forms
from autodiff_compiler.ops.kinds import pure, raises
from autodiff_compiler.ops.record import AddAt, Contribution, Custom, Record, Spelling, Zero
from autodiff_compiler.ops.weights import FREE, additions, all_integers

Tangents = Sequence[Operand | None]


# Evaluation.


def pack(*items: object, container: str) -> object:
    return list(items) if container == "list" else items


def index_add(xs: list[float], i: int, v: float) -> list[float]:
    result = list(xs)
    result[i] = nested.added(result[i], v)
    return result


def seq_add(xs: Sequence[float], ys: Sequence[float]) -> list[float]:
    return [nested.added(a, b) for a, b in zip(xs, ys, strict=True)]


# Derivatives. Each function is used by one record below.


def linear(*rest: int) -> Callable[[Builder, Op, Tangents], Operand | None]:
    """The tangent of an operation that is linear in its first operand: the same operation."""

    def jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
        if tangents[0] is None:
            return None
        others = [op.operands[place] for place in rest]
        return build.op(op.operation, tangents[0], *others, attributes=op.attributes)

    return jvp


def getitem_vjp(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
    return AddAt(BY_NAME["index_add"], op.operands[1:], cotangent), None


def _zero(build: Builder, operand: Operand) -> Operand:
    if isinstance(operand.type, SequenceType):
        return build.op(BY_NAME["zeros_like"], operand)
    return const(0.0)


def pack_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    if all(tangent is None for tangent in tangents):
        return None
    items = [
        _zero(build, operand) if tangent is None else tangent
        for operand, tangent in zip(op.operands, tangents, strict=True)
    ]
    return build.op(BY_NAME["pack"], *items, attributes=op.attributes)


def pack_vjp(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
    return [
        build.op(BY_NAME["getitem"], cotangent, const(place)) for place in range(len(op.operands))
    ]


def sum_vjp(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
    length = build.op(BY_NAME["len"], op.operands[0])
    return build.op(BY_NAME["fill"], cotangent, length), *([cotangent] * (len(op.operands) - 1))


def sum_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    """From 0.0, so that the tangent of an empty sum is a float."""
    if tangents[0] is None:
        return None
    return build.op(BY_NAME["sum_from"], tangents[0], const(0.0))


def sum_from_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    elements, start = tangents
    if elements is None:
        return start
    start = const(0.0) if start is None else start
    return build.op(BY_NAME["sum_from"], elements, start)


def extreme_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    """The first element that is the extreme, as Python takes it."""
    if tangents[0] is None:
        return None
    place = build.op(BY_NAME["index_of"], op.operands[0], op.result)
    return build.op(BY_NAME["getitem"], tangents[0], place)


def extreme_vjp(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
    place = build.op(BY_NAME["index_of"], op.operands[0], op.result)
    return (AddAt(BY_NAME["index_add"], (place,), cotangent),)


def index_add_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    xs, _, v = tangents
    if v is None:
        return xs
    if xs is None:
        xs = build.op(BY_NAME["zeros_like"], op.operands[0])
    return build.op(BY_NAME["index_add"], xs, op.operands[1], v)


def index_add_vjp(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
    return cotangent, None, build.op(BY_NAME["getitem"], cotangent, op.operands[1])


def seq_add_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    a, b = tangents
    if a is None or b is None:
        return b if a is None else a
    return build.op(BY_NAME["seq_add"], a, b)


def seq_add_vjp(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
    return cotangent, cotangent


def fill_vjp(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
    return build.op(BY_NAME["sum_from"], cotangent, const(0.0)), None


def pad_vjp(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
    length = build.op(BY_NAME["len"], op.operands[0])
    return build.op(BY_NAME["head"], cotangent, length), None


def head_vjp(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
    length = build.op(BY_NAME["len"], op.operands[0])
    return build.op(BY_NAME["pad"], as_list(build, cotangent), length), None


def as_list(build: Builder, cotangent: Operand) -> Operand:
    """Cotangents of sequences are lists, whatever the sequence is."""
    assert isinstance(cotangent.type, SequenceType)
    if cotangent.type.container == "list":
        return cotangent
    return build.op(BY_NAME["as_list"], cotangent)


def convert_vjp(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
    return (as_list(build, cotangent),)


# Cost.


def sum_weight(operands: Sequence[object]) -> int:
    return additions(operands[0], fewer=1)


def sum_from_weight(operands: Sequence[object]) -> int:
    """An addition to 0 is none, as in `sum`."""
    return additions(operands[0], fewer=0 if operands[1] else 1)


def seq_add_weight(operands: Sequence[object]) -> int:
    return additions(operands[0], fewer=0)


def index_add_weight(operands: Sequence[object]) -> int:
    return 0 if all_integers(operands[2:]) else 1


RECORDS = (
    Record(
        name="len",
        infer=forms.len_type,
        evaluate=len,
        effect=pure,
        weight=FREE,
        rule=Zero("a length is a whole number"),
        spelling=spell.calling("len"),
    ),
    Record(
        name="getitem",
        infer=forms.getitem_type,
        evaluate=lambda xs, i: xs[i],
        effect=raises,
        weight=FREE,
        rule=Custom(linear(1), getitem_vjp),
        spelling=Spelling(forms.write_getitem),
    ),
    Record(
        name="pack",
        infer=forms.pack_type,
        evaluate=pack,
        effect=pure,
        weight=FREE,
        rule=Custom(pack_jvp, pack_vjp),
        spelling=Spelling(forms.write_pack),
        fresh=True,
    ),
    Record(
        name="sum",
        infer=forms.sum_type,
        evaluate=sum,
        effect=pure,
        weight=sum_weight,
        rule=Custom(sum_jvp, sum_vjp),
        spelling=spell.calling("sum"),
    ),
    Record(
        name="sum_from",
        infer=forms.sum_from_type,
        evaluate=sum,
        effect=pure,
        weight=sum_from_weight,
        rule=Custom(sum_from_jvp, sum_vjp),
        spelling=spell.calling("sum"),
    ),
    Record(
        name="math.fsum",
        infer=forms.fsum_type,
        evaluate=math.fsum,
        effect=raises,
        weight=sum_weight,
        rule=Custom(sum_jvp, sum_vjp),
        spelling=spell.calling("math.fsum"),
    ),
    Record(
        name="min_of",
        infer=forms.element_type,
        evaluate=min,
        effect=raises,
        weight=sum_weight,
        rule=Custom(extreme_jvp, extreme_vjp),
        spelling=spell.calling("min"),
    ),
    Record(
        name="max_of",
        infer=forms.element_type,
        evaluate=max,
        effect=raises,
        weight=sum_weight,
        rule=Custom(extreme_jvp, extreme_vjp),
        spelling=spell.calling("max"),
    ),
    Record(
        name="index_of",
        infer=forms.index_of_type,
        evaluate=lambda xs, x: xs.index(x),
        effect=raises,
        weight=FREE,
        rule=Zero("a position is a whole number"),
        spelling=Spelling(forms.write_index_of),
    ),
    Record(
        name="zeros_like",
        infer=forms.zeros_like_type,
        evaluate=forms.zeros_like,
        effect=pure,
        weight=FREE,
        rule=Zero("zeros, whatever the elements"),
        spelling=Spelling(forms.write_zeros_like),
        fresh=True,
    ),
    Record(
        name="empty",
        infer=forms.empty_type,
        evaluate=lambda type: [] if type.container == "list" else (),
        effect=pure,
        weight=FREE,
        rule=Zero("nothing in it"),
        spelling=Spelling(forms.write_empty),
        fresh=True,
    ),
    Record(
        name="index_add",
        infer=forms.index_add_type,
        evaluate=index_add,
        effect=raises,
        weight=index_add_weight,
        rule=Custom(index_add_jvp, index_add_vjp),
        spelling=Spelling(forms.write_index_add, updates=True),
        fresh=True,
    ),
    Record(
        name="seq_add",
        infer=forms.seq_add_type,
        evaluate=seq_add,
        effect=pure,
        weight=seq_add_weight,
        rule=Custom(seq_add_jvp, seq_add_vjp),
        spelling=Spelling(forms.write_seq_add),
        fresh=True,
    ),
    Record(
        name="fill",
        infer=forms.fill_type,
        evaluate=lambda v, n: [v] * n,
        effect=pure,
        weight=FREE,
        rule=Custom(linear(1), fill_vjp),
        spelling=Spelling(forms.write_fill),
        fresh=True,
    ),
    Record(
        name="pad",
        infer=forms.pad_type,
        evaluate=lambda xs, n: xs + [0.0] * (n - len(xs)),
        effect=pure,
        weight=FREE,
        rule=Custom(linear(1), pad_vjp),
        spelling=Spelling(forms.write_pad),
        fresh=True,
    ),
    Record(
        name="pad_with",
        infer=forms.pad_with_type,
        evaluate=lambda xs, zeros: xs + zeros[len(xs) :],
        effect=pure,
        weight=FREE,
        rule=Custom(linear(1), pad_vjp),
        spelling=Spelling(forms.write_pad_with),
        fresh=True,
    ),
    Record(
        name="head",
        infer=forms.head_type,
        evaluate=lambda xs, n: xs[:n],
        effect=pure,
        weight=FREE,
        rule=Custom(linear(1), head_vjp),
        spelling=Spelling(forms.write_head),
        fresh=True,
    ),
    Record(
        name="as_tuple",
        infer=forms.as_container("tuple"),
        evaluate=tuple,
        effect=pure,
        weight=FREE,
        rule=Custom(linear(), convert_vjp),
        spelling=spell.calling("tuple"),
    ),
    Record(
        name="as_list",
        infer=forms.as_container("list"),
        evaluate=list,
        effect=pure,
        weight=FREE,
        rule=Custom(linear(), convert_vjp),
        spelling=spell.calling("list"),
        fresh=True,
    ),
)

BY_NAME = {record.name: record for record in RECORDS}
