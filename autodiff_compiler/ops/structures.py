"""Structures known at compile time, and what a function does besides computing."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import (
    NOTHING,
    TEXT,
    ArrayType,
    Container,
    Fields,
    Kind,
    ScalarType,
    TupleType,
    Type,
    fields_of,
    items_of,
)
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.helpers import BOUND, WITH_FIELDS, running
from autodiff_compiler.ops.kinds import Attributes, acts, condition, expect_count, pure, raises
from autodiff_compiler.ops.record import Elementwise, Record, Spelling, Unsupported, Zero
from autodiff_compiler.ops.weights import FREE

STRUCTURAL = frozenset({"structural"})
TAKEN_APART = Unsupported("structures are taken apart before they are differentiated")


# tuple, item


def tuple_type(types: Sequence[Type], attributes: Attributes) -> Type:
    container = container_of(attributes)
    if isinstance(container, Fields) and container.kind != "dict":
        raise OperandError(f"a {container} made here can't be handed on whole: use a tuple or dict")
    return TupleType(tuple(types), container)


def container_of(attributes: Attributes) -> Container:
    container = attributes["container"]
    assert isinstance(container, str | Fields)
    return container


def record_like_type(types: Sequence[Type], attributes: Attributes) -> Type:
    """A record like the first operand, with the others as its fields."""
    return TupleType(tuple(types[1:]), container_of(attributes))


def record_like(like: object, *items: object, container: Fields) -> object:
    if container.kind == "namedtuple":
        return type(like)(*items)
    return running(WITH_FIELDS)(like, **dict(zip(container.names, items, strict=True)))


def write_record_like(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    container = container_of(attributes)
    assert isinstance(container, Fields)
    keywords = [ast.keyword(*pair) for pair in zip(container.names, operands[1:], strict=True)]
    if container.kind == "namedtuple":
        replace = ast.Attribute(operands[0], "_replace", ast.Load())
        return ast.Call(replace, [], keywords)
    return ast.Call(spell.name(WITH_FIELDS.name), [operands[0]], keywords)


def item_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, 1)
    index = attributes["index"]
    assert isinstance(index, int)
    match types[0]:
        case TupleType(items) if -len(items) <= index < len(items):
            return items[index]
        case TupleType(items):
            raise OperandError(f"expected an index below {len(items)}, got {index}")
        case _:
            raise OperandError(f"expected a tuple or list of known items, got {types[0]}")


def make_tuple(*items: object, container: Container) -> object:
    if isinstance(container, Fields):
        if container.kind == "dict":
            return dict(zip(container.names, items, strict=True))
        assert container.cls is not None
        return container.cls(*items)
    return list(items) if container == "list" else items


def write_tuple(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    container = container_of(attributes)
    if isinstance(container, Fields):
        names = [ast.Constant(name) for name in container.names]
        if container.kind == "dict":
            return ast.Dict(list(names), list(operands))
        assert container.cls is not None
        return spell.call(container.cls.__name__, *operands)
    make = ast.List if attributes["container"] == "list" else ast.Tuple
    return make(list(operands), ast.Load())


def write_item(operands: spell.Expressions, types: spell.Types, attributes: Attributes) -> ast.expr:
    index = attributes["index"]
    assert isinstance(index, int)
    found = types[0]
    if isinstance(found, TupleType) and isinstance(found.container, Fields):
        name = found.container.names[index]
        if found.container.kind == "dict":
            return spell.subscript(operands[0], ast.Constant(name))
        return ast.Attribute(operands[0], name, ast.Load())
    return spell.subscript(operands[0], ast.Constant(index))


def _is_namedtuple(found: Type) -> bool:
    assert isinstance(found, TupleType) and isinstance(found.container, Fields)
    return found.container.kind == "namedtuple"


def get_item(structure: Any, index: int) -> object:
    fields = fields_of(structure)
    return structure[index] if fields is None else items_of(structure, fields)[index]


# print, format


def nothing_type(types: Sequence[Type], attributes: Attributes) -> Type:
    return NOTHING


def text_type(types: Sequence[Type], attributes: Attributes) -> Type:
    count = sum(isinstance(part, tuple) for part in _template(attributes))
    expect_count(types, count)
    return TEXT


def _template(attributes: Attributes) -> tuple[str | tuple[str, str], ...]:
    template = attributes["template"]
    assert isinstance(template, tuple)
    return template


_CONVERSIONS: dict[str, Callable[[object], object]] = {
    "": lambda value: value,
    "s": str,
    "r": repr,
    "a": ascii,
}


def format_values(*values: object, template: tuple[str | tuple[str, str], ...]) -> str:
    remaining = iter(values)
    return "".join(
        part if isinstance(part, str) else format(_CONVERSIONS[part[0]](next(remaining)), part[1])
        for part in template
    )


def write_format(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    remaining = iter(operands)
    parts: list[ast.expr] = []
    for part in _template(attributes):
        if isinstance(part, str):
            parts.append(ast.Constant(part))
            continue
        conversion, spec = part
        parts.append(
            ast.FormattedValue(
                next(remaining),
                ord(conversion) if conversion else -1,
                ast.JoinedStr([ast.Constant(spec)]) if spec else None,
            )
        )
    return ast.JoinedStr(parts)


def write_print(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    keywords = [
        ast.keyword(key, ast.Constant(str(attributes[key])))
        for key in ("sep", "end")
        if attributes.get(key) is not None
    ]
    return ast.Call(spell.name("print"), list(operands), keywords)


def print_values(*values: object, sep: str | None = None, end: str | None = None) -> None:
    print(*values, sep=sep, end=end)


# raise, assert, bound


def raise_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, (0, 1))
    return NOTHING


def raise_exception(*message: object, exception: str) -> None:
    raise getattr(builtins, exception)(*message)


def write_raise(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.stmt:
    raised = spell.name(str(attributes["exception"]))
    return ast.Raise(ast.Call(raised, list(operands), []) if operands else raised, None)


def assert_type(types: Sequence[Type], attributes: Attributes) -> Type:
    expect_count(types, (1, 2))
    condition(types[0])
    return NOTHING


def assert_holds(holds: object, *message: object) -> None:
    if not holds:
        raise AssertionError(*message)


def write_assert(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.stmt:
    return ast.Assert(operands[0], operands[1] if len(operands) > 1 else None)


def bound_type(types: Sequence[Type], attributes: Attributes) -> Type:
    """The kinds that the value may have if it is bound: none at all if it never is."""
    expect_count(types, 1)
    match types[0]:
        case ScalarType(kinds):
            return ScalarType(kinds - {Kind.UNBOUND})
        case ArrayType():
            return replace(types[0], may_be_unbound=False)
        case found:
            return found


def write_bound(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.expr:
    return spell.call(BOUND.name, operands[0], ast.Constant(str(attributes["name"])))


RECORDS = (
    Record(
        name="tuple",
        infer=tuple_type,
        evaluate=make_tuple,
        effect=pure,
        weight=FREE,
        rule=TAKEN_APART,
        spelling=Spelling(write_tuple),
        tags=STRUCTURAL,
        fresh=True,
    ),
    Record(
        name="item",
        infer=item_type,
        evaluate=get_item,
        effect=pure,
        weight=FREE,
        rule=TAKEN_APART,
        spelling=Spelling(write_item),
        tags=STRUCTURAL,
    ),
    Record(
        name="record_like",
        infer=record_like_type,
        evaluate=record_like,
        effect=pure,
        weight=FREE,
        rule=TAKEN_APART,
        spelling=Spelling(
            write_record_like,
            lambda types: None if _is_namedtuple(types[0]) else WITH_FIELDS,
        ),
        tags=STRUCTURAL,
    ),
    Record(
        name="print",
        infer=nothing_type,
        evaluate=print_values,
        effect=acts,
        weight=FREE,
        rule=Zero("printing computes nothing"),
        spelling=Spelling(write_print),
    ),
    Record(
        name="format",
        infer=text_type,
        evaluate=format_values,
        effect=raises,
        weight=FREE,
        rule=Zero("text is no number"),
        spelling=Spelling(write_format),
    ),
    Record(
        name="raise",
        infer=raise_type,
        evaluate=raise_exception,
        effect=acts,
        weight=FREE,
        rule=Zero("raising computes nothing"),
        spelling=Spelling(write_raise),
    ),
    Record(
        name="assert",
        infer=assert_type,
        evaluate=assert_holds,
        effect=acts,
        weight=FREE,
        rule=Zero("an assertion computes nothing"),
        spelling=Spelling(write_assert),
    ),
    Record(
        name="bound",
        infer=bound_type,
        evaluate=running(BOUND),
        effect=raises,
        weight=FREE,
        rule=Elementwise(lambda m, x, y: (1,)),
        holds="same",
        spelling=Spelling(write_bound, lambda types: BOUND),
    ),
)
