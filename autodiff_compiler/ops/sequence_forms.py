"""How operations on sequences type themselves and how they are written; see `sequences`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import reduce

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import FLOAT, INT, ArrayType, ScalarType, SequenceType, Type, join
from autodiff_compiler.ops import nested, spell
from autodiff_compiler.ops.arithmetic import RECORDS as SCALARS
from autodiff_compiler.ops.kinds import (
    Attributes,
    expect_count,
    integer,
    scalar,
    sequence,
)

ADD = next(record for record in SCALARS if record.name == "add")


# Type rules.


def added(a: Type, b: Type) -> Type:
    return nested.added_type(a, b, lambda x, y: ADD.infer([x, y], {}))


def _total(start: Type, element: Type) -> Type:
    """The type of start + element + element + …, however many there are."""
    total = start
    while (wider := join(total, added(total, element))) != total:
        if wider is None:
            raise OperandError(f"expected numbers to add up, got {element}")
        total = wider
    return total


def joined(types: Sequence[Type]) -> Type:
    def both(a: Type, b: Type) -> Type:
        joined = join(a, b)
        if joined is None:
            raise OperandError(f"expected elements of one type, got {a} and {b}")
        return joined

    return reduce(both, types) if types else FLOAT


def len_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 1)
    if isinstance(types[0], ArrayType):
        if not types[0].dims:
            raise OperandError("len() of an array without dimensions")
        return INT
    sequence(types[0])
    return INT


def getitem_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    integer(types[1])
    return sequence(types[0]).element


def pack_type(types: Sequence[Type], attributes: Attributes) -> Type:
    items = [each if isinstance(each, SequenceType) else scalar(each) for each in types]
    return SequenceType(joined(items), str(attributes["container"]))


def sum_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 1)
    return _total(INT, sequence(types[0]).element)


def fsum_type(types: Sequence[Type], attributes: Attributes) -> Type:
    element_type(types, attributes)
    return FLOAT


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
    return nested.zeros_type(sequence(types[0]))


def zeros_like(xs: Sequence[object]) -> list[object]:
    return [nested.zeros(x) for x in xs]


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
    return SequenceType(joined([xs.element, added(xs.element, types[2])]))


def seq_add_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    return SequenceType(added(sequence(types[0]).element, sequence(types[1]).element))


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
    return SequenceType(joined([xs.element, FLOAT]))


def pad_with_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    xs, zeros = map(sequence, types)
    if xs.container != "list" or zeros.container != "list":
        raise OperandError(f"expected lists, got {xs} and {zeros}")
    return SequenceType(joined([xs.element, zeros.element]))


def head_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 2)
    integer(types[1])
    return sequence(types[0])


def as_container(container: str) -> Callable[[Sequence[Type], Attributes], Type]:
    def infer(types: Sequence[Type], attributes: Attributes) -> Type:
        expect_count(types, 1)
        return SequenceType(sequence(types[0]).element, container)

    return infer


# Spelling.


def write_getitem(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    return spell.subscript(operands[0], operands[1])


def write_fill(operands: spell.Expressions, types: spell.Types, attributes: Attributes) -> ast.expr:
    return ast.BinOp(ast.List([operands[0]], ast.Load()), ast.Mult(), operands[1])


def write_zeros_like(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    return nested.zeros_text(types[0], operands[0])


def length(xs: ast.expr) -> ast.expr:
    return spell.call("len", xs)


def zeros(count: ast.expr) -> ast.expr:
    return ast.BinOp(ast.List([ast.Constant(0.0)], ast.Load()), ast.Mult(), count)


def write_pack(operands: spell.Expressions, types: spell.Types, attributes: Attributes) -> ast.expr:
    make = ast.List if attributes["container"] == "list" else ast.Tuple
    return make(list(operands), ast.Load())


def write_index_add(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.stmt:
    xs, i, v = operands
    found = types[0]
    if isinstance(found, SequenceType) and isinstance(found.element, ScalarType):
        return ast.AugAssign(ast.Subscript(xs, i, ast.Store()), ast.Add(), v)
    # An array in the list may be in other lists too: it isn't added to in place.
    assert isinstance(found, SequenceType)
    added = nested.added_text(found.element, ast.Subscript(xs, i, ast.Load()), v)
    return ast.Assign([ast.Subscript(xs, i, ast.Store())], added)


def write_seq_add(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    """`[a + b for a, b in zip(xs, ys)]`: a and b are the comprehension's own."""
    a, b = operands
    return nested.added_text(types[0], a, b)


def write_index_of(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    return ast.Call(ast.Attribute(operands[0], "index", ast.Load()), [operands[1]], [])


def write_pad_with(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    xs, zeros = operands
    return ast.BinOp(xs, ast.Add(), spell.subscript(zeros, ast.Slice(length(xs), None, None)))


def write_head(operands: spell.Expressions, types: spell.Types, attributes: Attributes) -> ast.expr:
    return spell.subscript(operands[0], ast.Slice(None, operands[1], None))


def write_pad(operands: spell.Expressions, types: spell.Types, attributes: Attributes) -> ast.expr:
    xs, n = operands
    missing = ast.BinOp(n, ast.Sub(), length(xs))
    return ast.BinOp(xs, ast.Add(), zeros(missing))


def write_empty(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    kind = attributes["type"]
    listed = isinstance(kind, SequenceType) and kind.container == "list"
    display = ast.List if listed else ast.Tuple
    return display(elts=[], ctx=ast.Load())
