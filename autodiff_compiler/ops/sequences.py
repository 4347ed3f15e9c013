"""Operations on sequences of numbers: the user's, and those that derivatives add."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import reduce

from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import FLOAT, INT, SequenceType, Type, join
from autodiff_compiler.ir.values import Op, Operand
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.arithmetic import RECORDS as SCALARS
from autodiff_compiler.ops.kinds import (
    Attributes,
    expect_count,
    integer,
    pure,
    raises,
    scalar,
    sequence,
)
from autodiff_compiler.ops.record import AddAt, Contribution, Custom, Record, Spelling, Zero
from autodiff_compiler.ops.weights import FREE, additions, all_integers

Tangents = Sequence[Operand | None]
ADD = next(record for record in SCALARS if record.name == "add")


# Type rules.


def _added(a: Type, b: Type) -> Type:
    return ADD.infer([a, b], {})


def _total(start: Type, element: Type) -> Type:
    """The type of start + element + element + …, however many there are."""
    total = start
    while (wider := join(total, _added(total, element))) != total:
        assert wider is not None
        total = wider
    return total


def _joined(types: Sequence[Type]) -> Type:
    def both(a: Type, b: Type) -> Type:
        joined = join(a, b)
        if joined is None:
            raise OperandError(f"expected elements of one type, got {a} and {b}")
        return joined

    return reduce(both, types) if types else FLOAT


def len_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 1)
    sequence(types[0])
    return INT


def getitem_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    integer(types[1])
    return sequence(types[0]).element


def pack_type(types: Sequence[Type], attributes: Attributes) -> Type:
    return SequenceType(_joined([scalar(found) for found in types]), str(attributes["container"]))


def sum_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 1)
    return _total(INT, sequence(types[0]).element)


def sum_from_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    return _total(scalar(types[1]), sequence(types[0]).element)


def element_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 1)
    return scalar(sequence(types[0]).element)


def index_of_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    sequence(types[0])
    scalar(types[1])
    return INT


def zeros_like_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 1)
    sequence(types[0])
    return SequenceType(FLOAT)


def empty_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 0)
    kind = attributes.get("type")
    if not isinstance(kind, SequenceType):
        raise OperandError(f"expected the type of a sequence, got {kind!r}")
    return kind


def index_add_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 3)
    xs = sequence(types[0])
    if xs.container != "list":
        raise OperandError(f"expected a list to add to, got {xs}")
    integer(types[1])
    return SequenceType(_joined([xs.element, _added(xs.element, types[2])]))


def seq_add_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    return SequenceType(_added(sequence(types[0]).element, sequence(types[1]).element))


def fill_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    integer(types[1])
    return SequenceType(scalar(types[0]))


def pad_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    integer(types[1])
    xs = sequence(types[0])
    if xs.container != "list":
        raise OperandError(f"expected a list to lengthen, got {xs}")
    return SequenceType(_joined([xs.element, FLOAT]))


def pad_with_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    xs, zeros = map(sequence, types)
    if xs.container != "list" or zeros.container != "list":
        raise OperandError(f"expected lists, got {xs} and {zeros}")
    return SequenceType(_joined([xs.element, zeros.element]))


def head_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    integer(types[1])
    return sequence(types[0])


def as_container(container: str) -> Callable[[Sequence[Type], Attributes], Type]:
    def infer(types: Sequence[Type], attributes: Attributes) -> Type:
        expect_count(types, 1)
        return SequenceType(sequence(types[0]).element, container)

    return infer


# Evaluation.


def pack(*items: object, container: str) -> object:
    return list(items) if container == "list" else items


def index_add(xs: list[float], i: int, v: float) -> list[float]:
    result = list(xs)
    result[i] += v
    return result


def seq_add(xs: Sequence[float], ys: Sequence[float]) -> list[float]:
    return [a + b for a, b in zip(xs, ys, strict=True)]


# Derivatives. Each function is used by one record below.


def _linear(name: str, *rest: int) -> Callable[[Builder, Op, Tangents], Operand | None]:
    """The tangent of an operation that is linear in its first operand: the same operation."""

    def jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
        if tangents[0] is None:
            return None
        others = [op.operands[place] for place in rest]
        return build.op(BY_NAME[name], tangents[0], *others, attributes=op.attributes)

    return jvp


def getitem_vjp(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
    return AddAt(op.operands[1], cotangent), None


def pack_jvp(build: Builder, op: Op, tangents: Tangents) -> Operand | None:
    if all(tangent is None for tangent in tangents):
        return None
    items = [const(0.0) if tangent is None else tangent for tangent in tangents]
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
    return (AddAt(build.op(BY_NAME["index_of"], op.operands[0], op.result), cotangent),)


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


# Spelling.


def _length(xs: ast.expr) -> ast.expr:
    return spell.call("len", xs)


def _zeros(count: ast.expr) -> ast.expr:
    return ast.BinOp(ast.List([ast.Constant(0.0)], ast.Load()), ast.Mult(), count)


def write_pack(operands: spell.Expressions, types: spell.Types, attributes: Attributes) -> ast.expr:
    make = ast.List if attributes["container"] == "list" else ast.Tuple
    return make(list(operands), ast.Load())


def write_index_add(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.stmt:
    xs, i, v = operands
    return ast.AugAssign(ast.Subscript(xs, i, ast.Store()), ast.Add(), v)


def write_seq_add(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    """`[a + b for a, b in zip(xs, ys)]`: a and b are the comprehension's own."""
    pair = ast.Tuple([ast.Name("a", ast.Store()), ast.Name("b", ast.Store())], ast.Store())
    loop = ast.comprehension(pair, spell.call("zip", *operands), [], 0)
    return ast.ListComp(ast.BinOp(spell.name("a"), ast.Add(), spell.name("b")), [loop])


def write_index_of(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    return ast.Call(ast.Attribute(operands[0], "index", ast.Load()), [operands[1]], [])


def write_pad_with(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    xs, zeros = operands
    return ast.BinOp(xs, ast.Add(), spell.subscript(zeros, ast.Slice(_length(xs), None, None)))


def write_head(operands: spell.Expressions, types: spell.Types, attributes: Attributes) -> ast.expr:
    return spell.subscript(operands[0], ast.Slice(None, operands[1], None))


def write_pad(operands: spell.Expressions, types: spell.Types, attributes: Attributes) -> ast.expr:
    xs, n = operands
    missing = ast.BinOp(n, ast.Sub(), _length(xs))
    return ast.BinOp(xs, ast.Add(), _zeros(missing))


# Cost.


def sum_weight(operands: Sequence[object]) -> int:
    return additions(operands[0], fewer=1)


def sum_from_weight(operands: Sequence[object]) -> int:
    return additions(operands[0], fewer=0)


def seq_add_weight(operands: Sequence[object]) -> int:
    return additions(operands[0], fewer=0)


def index_add_weight(operands: Sequence[object]) -> int:
    return 0 if all_integers(operands[2:]) else 1


def write_empty(
    operands: Sequence[ast.expr], types: Sequence[Type], attributes: Attributes
) -> ast.expr:
    kind = attributes["type"]
    listed = isinstance(kind, SequenceType) and kind.container == "list"
    display = ast.List if listed else ast.Tuple
    return display(elts=[], ctx=ast.Load())


RECORDS = (
    Record(
        name="len",
        infer=len_type,
        evaluate=len,
        effect=pure,
        weight=FREE,
        rule=Zero("a length is a whole number"),
        spelling=spell.calling("len"),
    ),
    Record(
        name="getitem",
        infer=getitem_type,
        evaluate=lambda xs, i: xs[i],
        effect=raises,
        weight=FREE,
        rule=Custom(_linear("getitem", 1), getitem_vjp),
        spelling=Spelling(
            lambda operands, types, attributes: spell.subscript(operands[0], operands[1])
        ),
    ),
    Record(
        name="pack",
        infer=pack_type,
        evaluate=pack,
        effect=pure,
        weight=FREE,
        rule=Custom(pack_jvp, pack_vjp),
        spelling=Spelling(write_pack),
        fresh=True,
    ),
    Record(
        name="sum",
        infer=sum_type,
        evaluate=sum,
        effect=pure,
        weight=sum_weight,
        rule=Custom(sum_jvp, sum_vjp),
        spelling=spell.calling("sum"),
    ),
    Record(
        name="sum_from",
        infer=sum_from_type,
        evaluate=sum,
        effect=pure,
        weight=sum_from_weight,
        rule=Custom(sum_from_jvp, sum_vjp),
        spelling=spell.calling("sum"),
    ),
    Record(
        name="min_of",
        infer=element_type,
        evaluate=min,
        effect=raises,
        weight=sum_weight,
        rule=Custom(extreme_jvp, extreme_vjp),
        spelling=spell.calling("min"),
    ),
    Record(
        name="max_of",
        infer=element_type,
        evaluate=max,
        effect=raises,
        weight=sum_weight,
        rule=Custom(extreme_jvp, extreme_vjp),
        spelling=spell.calling("max"),
    ),
    Record(
        name="index_of",
        infer=index_of_type,
        evaluate=lambda xs, x: xs.index(x),
        effect=raises,
        weight=FREE,
        rule=Zero("a position is a whole number"),
        spelling=Spelling(write_index_of),
    ),
    Record(
        name="zeros_like",
        infer=zeros_like_type,
        evaluate=lambda xs: [0.0] * len(xs),
        effect=pure,
        weight=FREE,
        rule=Zero("zeros, whatever the elements"),
        spelling=Spelling(lambda operands, types, attributes: _zeros(_length(operands[0]))),
        fresh=True,
    ),
    Record(
        name="empty",
        infer=empty_type,
        evaluate=lambda type: [] if type.container == "list" else (),
        effect=pure,
        weight=FREE,
        rule=Zero("nothing in it"),
        spelling=Spelling(write_empty),
        fresh=True,
    ),
    Record(
        name="index_add",
        infer=index_add_type,
        evaluate=index_add,
        effect=raises,
        weight=index_add_weight,
        rule=Custom(index_add_jvp, index_add_vjp),
        spelling=Spelling(write_index_add, updates=True),
        fresh=True,
    ),
    Record(
        name="seq_add",
        infer=seq_add_type,
        evaluate=seq_add,
        effect=pure,
        weight=seq_add_weight,
        rule=Custom(seq_add_jvp, seq_add_vjp),
        spelling=Spelling(write_seq_add),
        fresh=True,
    ),
    Record(
        name="fill",
        infer=fill_type,
        evaluate=lambda v, n: [v] * n,
        effect=pure,
        weight=FREE,
        rule=Custom(_linear("fill", 1), fill_vjp),
        spelling=Spelling(
            lambda operands, types, attributes: ast.BinOp(
                ast.List([operands[0]], ast.Load()), ast.Mult(), operands[1]
            )
        ),
        fresh=True,
    ),
    Record(
        name="pad",
        infer=pad_type,
        evaluate=lambda xs, n: xs + [0.0] * (n - len(xs)),
        effect=pure,
        weight=FREE,
        rule=Custom(_linear("pad", 1), pad_vjp),
        spelling=Spelling(write_pad),
        fresh=True,
    ),
    Record(
        name="pad_with",
        infer=pad_with_type,
        evaluate=lambda xs, zeros: xs + zeros[len(xs) :],
        effect=pure,
        weight=FREE,
        rule=Custom(_linear("pad_with", 1), pad_vjp),
        spelling=Spelling(write_pad_with),
        fresh=True,
    ),
    Record(
        name="head",
        infer=head_type,
        evaluate=lambda xs, n: xs[:n],
        effect=pure,
        weight=FREE,
        rule=Custom(_linear("head", 1), head_vjp),
        spelling=Spelling(write_head),
        fresh=True,
    ),
    Record(
        name="as_tuple",
        infer=as_container("tuple"),
        evaluate=tuple,
        effect=pure,
        weight=FREE,
        rule=Custom(_linear("as_tuple"), convert_vjp),
        spelling=spell.calling("tuple"),
    ),
    Record(
        name="as_list",
        infer=as_container("list"),
        evaluate=list,
        effect=pure,
        weight=FREE,
        rule=Custom(_linear("as_list"), convert_vjp),
        spelling=spell.calling("list"),
        fresh=True,
    ),
)

BY_NAME = {record.name: record for record in RECORDS}
