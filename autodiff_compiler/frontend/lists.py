"""What operators do with lists and tuples: `xs + ys`, `[0.0] * n`, `xs[1:]`, `x in xs`."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from autodiff_compiler.frontend import iterables
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.refuse import SLICE
from autodiff_compiler.frontend.values import (
    NONE,
    SILENCED,
    Counting,
    Generating,
    Meaning,
    Poison,
    Static,
    Structure,
    describe,
)
from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import (
    ArrayType,
    Container,
    Fields,
    Kind,
    ScalarType,
    SequenceType,
    TupleType,
    Type,
)
from autodiff_compiler.ir.values import Const, Operand, Value

# A list of more items than that is repeated when the function runs.
FEW = 16
_BY_NUMBER = Kind.INT, Kind.BOOL


def container_of(meaning: Meaning) -> Container | None:
    """What kind of container it is, if it is one."""
    match meaning:
        case Structure(_, container):
            return container
        case Value(type=TupleType(_, container) | SequenceType(_, container)):
            return container
        case Const(type=SequenceType(_, container)):
            return container
    return None


def _is_plain(meaning: Meaning) -> bool:
    return container_of(meaning) in ("list", "tuple")


def as_sequence(ctx: Context, meaning: Meaning, node: ast.AST, like: Meaning) -> Operand | None:
    """A list or tuple as one operand; an empty one has the type of the other side."""
    if isinstance(meaning, Structure) and not meaning.items:
        other = like.type if isinstance(like, Value | Const) else None
        if isinstance(other, SequenceType):
            made = ctx.op(node, "empty", type=other)
            return None if isinstance(made, Poison) else made
    return ctx.sequence(meaning, node, "list")


def binary(
    ctx: Context, node: ast.AST, op: ast.operator, left: Meaning, right: Meaning
) -> Meaning | None:
    """`+` of two lists or tuples, `*` of one and an int, strings; None for anything else."""
    texts = [_text(each) for each in (left, right)]
    if isinstance(op, ast.Add) and texts[0] is not None and texts[1] is not None:
        return Static(texts[0] + texts[1])
    if isinstance(op, ast.Add) and _is_plain(left) and _is_plain(right):
        if container_of(left) != container_of(right):
            said = "a list and a tuple can't be joined"
            return ctx.refuse(node, "+", said, "write list(...) around the tuple")
        return _joined(ctx, node, left, right)
    if isinstance(op, ast.Mult):
        for items, count in ((left, right), (right, left)):
            if _is_plain(items) and _is_whole(count):
                assert isinstance(count, Value | Const)
                return _repeated(ctx, node, items, count)
            text = _text(items)
            if text is not None and isinstance(count, Const) and isinstance(count.value, int):
                return Static(text * count.value)
    return None


def _text(meaning: Meaning) -> str | None:
    """The string that it is, if it is one."""
    value = meaning.value if isinstance(meaning, Static) else None
    return value if type(value) is str else None


def _is_whole(meaning: Meaning) -> bool:
    if not isinstance(meaning, Value | Const):
        return False
    return isinstance(meaning.type, ScalarType) and meaning.type.only(*_BY_NUMBER)


def as_list(ctx: Context, meaning: Meaning, node: ast.expr) -> Meaning:
    """A new list of what a loop over this goes through: a structure or a sequence."""
    text = _text(meaning)
    match meaning:
        case _ if text is not None:
            return Structure(tuple(map(Static, text)), "list")
        case Structure(_, Fields("dict", names)) | Value(type=TupleType(_, Fields("dict", names))):
            return Structure(tuple(map(Static, names)), "list")
        case Value(type=SequenceType(container="list")) | Const(type=SequenceType()):
            return meaning
        case Value(type=SequenceType()):
            return ctx.op(node, "as_list", meaning)
        case Value(type=ArrayType(_, dims)) if dims:
            return ctx.op(node, "rows", meaning)
        case Generating():
            return ctx.generate(ctx, meaning, "list")
        case Counting(start, stop, step):
            bounds = [iterables.known_int(bound) for bound in (start, stop, step)]
            known = [bound for bound in bounds if bound is not None]
            if len(known) == 3 and len(places := range(*known)) <= FEW:
                return Structure(tuple(map(const, places)), "list")
            return iterables.listed(ctx, meaning, node)
    structure = ctx.structure(meaning, node)
    if structure is not None and not _is_record(structure):
        return Structure(structure.items, "list")
    items = iterables.static_items(ctx, meaning, node)
    if items is not None:
        return Structure(tuple(items), "list")
    if meaning is not SILENCED:
        said = f"making a list of {describe(meaning)} is not supported"
        return ctx.refuse(node, "list", said, "write a loop that appends to a list")
    return SILENCED


def _is_record(structure: Structure) -> bool:
    container = structure.container
    return isinstance(container, Fields) and container.kind != "namedtuple"


def display(ctx: Context, node: ast.Tuple | ast.List) -> Meaning:
    """`(a, *xs)`, `[*xs, y]`."""
    container = "tuple" if isinstance(node, ast.Tuple) else "list"
    found: Meaning = Structure((), "list")
    for item in node.elts:
        if isinstance(item, ast.Starred):
            more = as_list(ctx, ctx.evaluate(ctx, item.value), item)
        else:
            more = Structure((ctx.evaluate(ctx, item),), "list")
        if more is SILENCED or found is SILENCED:
            found = SILENCED
        else:
            found = _joined(ctx, node, found, more)
    if isinstance(found, Structure):
        return Structure(found.items, container)
    if container == "tuple" and isinstance(found, Value | Const):
        return ctx.op(node, "as_tuple", found)
    return found


def _joined(ctx: Context, node: ast.AST, left: Meaning, right: Meaning) -> Meaning:
    first, second = ctx.structure(left, node), ctx.structure(right, node)
    if first is not None and second is not None:
        return Structure((*first.items, *second.items), first.container)
    parts = [as_sequence(ctx, left, node, right), as_sequence(ctx, right, node, left)]
    known = [part for part in parts if part is not None]
    return SILENCED if len(known) < 2 else ctx.op(node, "concat", *known, label="+")


def _repeated(ctx: Context, node: ast.AST, items: Meaning, count: Operand) -> Meaning:
    structure = ctx.structure(items, node)
    if structure is not None and not structure.items:
        return structure
    if any(map(_is_mutable, _types_in(items, structure))):
        said = "the items would be one and the same object"
        hint = "make a new one for each, as in [[0.0] * n for _ in range(m)]"
        return ctx.refuse(node, "*", said, hint)
    if structure is not None and isinstance(count, Const):
        assert isinstance(count.value, int)
        if len(structure.items) * count.value <= FEW:
            return Structure(structure.items * count.value, structure.container)
    if structure is not None and len(structure.items) == 1 and structure.container == "list":
        (item,) = structure.items
        if isinstance(item, Value | Const):
            return ctx.op(node, "fill", item, count, label="*")
    sequence = ctx.sequence(items, node, "*")
    return SILENCED if sequence is None else ctx.op(node, "repeat", sequence, count, label="*")


def _types_in(items: Meaning, structure: Structure | None) -> Sequence[Type | None]:
    if structure is not None:
        return [getattr(item, "type", None) for item in structure.items]
    assert isinstance(items, Value | Const) and isinstance(items.type, SequenceType)
    return [items.type.element]


def _is_mutable(kind: Type | None) -> bool:
    return kind is None or isinstance(kind, SequenceType | TupleType | ArrayType)


def part(ctx: Context, node: ast.Subscript, base: Meaning, index: ast.Slice) -> Meaning:
    """A slice of a list or tuple."""
    bounds: list[Meaning] = []
    for bound in (index.lower, index.upper, index.step):
        meaning = NONE if bound is None else ctx.evaluate(ctx, bound)
        is_none = isinstance(meaning, Static) and meaning.value is None
        if meaning is SILENCED:
            return SILENCED
        if not is_none and not _is_whole(meaning) and not ctx.facts.is_int(meaning):
            return ctx.refuse_as(node, SLICE)
        bounds.append(meaning)
    known = [_known(ctx, bound) for bound in bounds]
    if known[2] == 0:
        return ctx.refuse(node, "slice", "slice step cannot be zero", "use another step")
    chosen = slice(*known)
    text = _text(base)
    if text is not None and ... not in known:
        return Static(text[chosen])
    if isinstance(base, Counting) or not _is_plain(base):
        return ctx.refuse_as(node, SLICE)
    structure = ctx.structure(base, node) if ... not in known else None
    if structure is not None:
        return Structure(structure.items[chosen], structure.container)
    sequence = ctx.sequence(base, node, "slice")
    if sequence is None:
        return SILENCED
    given = [bound for bound in bounds if isinstance(bound, Value | Const)]
    places = tuple(isinstance(bound, Value | Const) for bound in bounds)
    return ctx.op(node, "slice", sequence, *given, label="slice", bounds=places)


def _known(ctx: Context, bound: Meaning) -> Any:
    """A bound that is known; the ellipsis for one that isn't."""
    if isinstance(bound, Static):
        return None
    assert isinstance(bound, Value | Const)
    value = ctx.facts.value(bound)
    return ... if value is None else value


def make_set(ctx: Context, node: ast.AST, items: Sequence[Meaning]) -> Meaning:
    """A set of constants, to be asked for members."""
    if any(item is SILENCED for item in items):
        return SILENCED
    values = [_constant(item) for item in items]
    if ... in values:
        said = "sets of numbers that are computed are not supported"
        return ctx.refuse(node, "set", said, "make it a tuple, and ask with in")
    return Static(frozenset(values))


def contains(ctx: Context, node: ast.AST, item: Meaning, held: Meaning) -> Meaning | None:
    """`item in held`; None where that is not supported."""
    if item is SILENCED or held is SILENCED:
        return SILENCED
    text, inside = _text(item), _text(held)
    if text is not None and inside is not None:
        return const(text in inside)
    if isinstance(held, Static) and isinstance(held.value, frozenset):
        members = [Static(x) if x is None or type(x) is str else const(x) for x in held.value]
        held = Structure(tuple(members))
    match held:
        case Structure(_, Fields("dict", names)) | Value(type=TupleType(_, Fields("dict", names))):
            if isinstance(item, Static):
                return const(item.value in names)
            return None
        case Structure(items, _):
            values = [_constant(each) for each in items]
            value = _constant(item)
            if ... not in values and value is not ...:
                return const(value in values)
            if isinstance(item, Static):
                return _among(item, items)
    if not _is_plain(held) or not isinstance(item, Value | Const):
        return None
    if isinstance(held, Structure):
        # A number is never equal to a string or None.
        numbers = [each for each in held.items if not isinstance(each, Static)]
        held = Structure(tuple(numbers), "tuple")
        if not numbers:
            return const(False)
    if not isinstance(item.type, ScalarType) or not _is_of_numbers(held):
        return None
    sequence = ctx.sequence(held, node, "in")
    return SILENCED if sequence is None else ctx.op(node, "contains", sequence, item, label="in")


def _among(item: Static, items: Sequence[Meaning]) -> Meaning | None:
    """A string or None among others; numbers are never equal to it."""
    kinds = (Static, Const, Value)
    if not all(isinstance(each, kinds) for each in items):
        return None
    return const(any(isinstance(each, Static) and each.value == item.value for each in items))


def _constant(meaning: Meaning) -> object:
    """The value of a constant; the ellipsis for anything else."""
    if isinstance(meaning, Const):
        return meaning.value
    if isinstance(meaning, Static) and (meaning.value is None or _text(meaning) is not None):
        return meaning.value
    return ...


def _is_of_numbers(held: Meaning) -> bool:
    if isinstance(held, Structure):
        return all(
            isinstance(each, Value | Const) and isinstance(each.type, ScalarType)
            for each in held.items
        )
    assert isinstance(held, Value | Const)
    match held.type:
        case SequenceType(element):
            return isinstance(element, ScalarType)
        case TupleType(items):
            return all(isinstance(each, ScalarType) for each in items)
    return False
