"""What a `for` runs over: range, zip, enumerate, reversed, sequences and structures.

A loop of the graph has at most one iteration space, and any number of sequences that it consumes in
step; it ends with the shortest. Whatever a `for` runs over is brought into that form.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from autodiff_compiler.frontend import arrays, conditions, hints
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.known_calls import Call, optional, refuse_keywords, takes
from autodiff_compiler.frontend.values import (
    SILENCED,
    Counting,
    Element,
    Meaning,
    Numbered,
    Poison,
    Reversed,
    Static,
    Structure,
    Zipped,
    describe,
)
from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import (
    INT,
    ArrayType,
    Container,
    Fields,
    Kind,
    ScalarType,
    SequenceType,
    TupleType,
    holds_array,
)
from autodiff_compiler.ir.values import Const, Loop, Operand, Range, Value
from autodiff_compiler.ops.calling import HOLE


@dataclass
class Driver:
    """What drives a loop, and what its target is bound to in each iteration.

    `strict` are the lengths of sequences that a strict zip wants equal.
    """

    element: Meaning = SILENCED
    space: Range | None = None
    index: Value | None = None
    consumed: list[Operand] = field(default_factory=list)
    elements: list[Value] = field(default_factory=list)
    backwards: bool = False
    certain: bool = True  # there is a first iteration
    rows: bool = False  # its space counts the rows of arrays
    strict: tuple[Operand, Operand] | None = None


Target = ast.expr | None


def drive(
    ctx: Context, meaning: Meaning, target: Target, node: ast.expr
) -> Driver | list[Meaning] | None:
    """The driver of a loop over this, or the items themselves where they don't fit in sequences.

    None if looping over it has been refused.
    """
    if meaning is SILENCED:
        return None
    if not _is_regular(meaning):
        items = static_items(ctx, meaning, node)
        if items is None:
            _refuse(ctx, meaning, node)
        return items
    driver = Driver()
    if isinstance(meaning, Reversed):
        driver.backwards = True
        meaning = meaning.inner
        if isinstance(meaning, Zipped | Numbered | Reversed):
            said = f"Python can't reverse {describe(meaning)}"
            ctx.refuse(node, "reversed", said, "loop over positions backwards, with range")
            return None
    element = _element(ctx, driver, meaning, target, node)
    if element is None:
        return None
    driver.element = element
    return driver


def _items_of(meaning: Meaning) -> Sequence[Meaning] | None:
    """What a loop over a structure goes through; of an operand, stand-ins of the right type."""
    if (names := _strings_in(meaning)) is not None:
        return names
    if isinstance(meaning, Structure):
        return meaning.items
    if isinstance(meaning, Value | Const) and isinstance(meaning.type, TupleType):
        return [Value(item) for item in meaning.type.items]
    return None


def _strings_in(meaning: Meaning) -> Sequence[Static] | None:
    """The characters of a string, or the keys of a dict."""
    match meaning:
        case Static(str() as text):
            return list(map(Static, text))
        case Structure(_, Fields("dict", names)) | Value(type=TupleType(_, Fields("dict", names))):
            return list(map(Static, names))
    return None


def _container_of(meaning: Meaning) -> Container | None:
    match meaning:
        case Structure(_, container) | Value(type=TupleType(_, container)):
            return container
        case Const(type=TupleType(_, container)):
            return container
    return None


def _is_regular(meaning: Meaning) -> bool:
    """Whether the structures in it have items of one shape, so that each fits into sequences."""
    match meaning:
        case Zipped(parts):
            return bool(parts) and all(map(_is_regular, parts))
        case Numbered(inner, _) | Reversed(inner):
            return _is_regular(inner)
    items = _items_of(meaning)
    return items is None or (bool(items) and _is_column(items))


def _is_column(items: Sequence[Meaning]) -> bool:
    if all(isinstance(i, Value | Const) and isinstance(i.type, ScalarType) for i in items):
        return True
    if any(isinstance(item, Static) for item in items):
        return False  # a string has strings in it, without end
    rows = [_items_of(item) for item in items]
    known = [row for row in rows if row]
    if len(known) < len(rows) or len({len(row) for row in known}) > 1:
        return False
    if len(set(map(_container_of, items))) > 1:
        return False  # they are told apart by their classes, or what they call their items
    return all(_is_column(column) for column in zip(*known, strict=True))


def static_items(ctx: Context, meaning: Meaning, node: ast.expr) -> list[Meaning] | None:
    """What a loop over this goes through, where that is known one by one."""
    match meaning:
        case Zipped(parts, strict):
            found = [static_items(ctx, part, node) for part in parts]
            known = [items for items in found if items is not None]
            if len(known) < len(found) or (strict and len(set(map(len, known))) > 1):
                return None
            return [Structure(row) for row in zip(*known, strict=False)]
        case Numbered(inner, Const(int(start))):
            items = static_items(ctx, inner, node)
            if items is None:
                return None
            return [Structure((const(start + k), item)) for k, item in enumerate(items)]
        case Reversed(inner):
            items = static_items(ctx, inner, node)
            return items and items[::-1]
    if (names := _strings_in(meaning)) is not None:
        return list(names)
    structure = ctx.structure(meaning, node)
    return None if structure is None else list(structure.items)


def known_count(meaning: Meaning) -> int | None:
    """How many items a loop over this goes through, where they are known one by one."""
    match meaning:
        case Zipped(parts) if parts:
            counts = [known_count(part) for part in parts]
            known = [count for count in counts if count is not None]
            return min(known) if len(known) == len(counts) else None
        case Numbered(inner, Const()) | Reversed(inner):
            return known_count(inner)
    items = _items_of(meaning)
    return None if items is None else len(items)


def _element(
    ctx: Context, driver: Driver, meaning: Meaning, target: Target, node: ast.expr
) -> Meaning | None:
    """Add to a driver what it takes to run over this; what one iteration sees of it."""
    match meaning:
        case Counting(start, stop, step):
            if driver.space is not None:
                driver.certain = False
                return _consume(ctx, driver, listed(ctx, meaning, node), target)
            driver.space = Range(start, stop, step)
            driver.certain &= _surely_some(start, stop, step)
            driver.index = Value(INT, _name(target))
            ctx.facts.counts(driver.index, driver.space)
            return driver.index
        case Zipped(parts, strict):
            if strict and not _demand_equal(ctx, driver, parts, node):
                return None
            return _structure_of(ctx, driver, parts, target, node)
        case Numbered(inner, start):
            return _numbered(ctx, driver, inner, start, target, node)
        case Reversed(inner) if (turned := _turned(ctx, inner, node)) is not None:
            driver.certain = False
            return _consume(ctx, driver, turned, target)
        case Reversed():
            said = "it can only be looped over by itself"
            ctx.refuse(node, "reversed", said, "loop over positions backwards, with range")
            return None
    if isinstance(meaning, Value) and isinstance(meaning.type, ArrayType):
        return _rows(ctx, driver, meaning, target, node)
    if isinstance(meaning, Structure) or _items_of(meaning) is not None:
        return _column(ctx, driver, _expanded(ctx, meaning, node), target, node)
    if isinstance(meaning, Value | Const) and isinstance(meaning.type, SequenceType):
        driver.certain = False
        return _consume(ctx, driver, meaning, target)
    if meaning is not SILENCED:
        _refuse(ctx, meaning, node)
    return None


def _rows(
    ctx: Context, driver: Driver, array: Value, target: Target, node: ast.expr
) -> Meaning | None:
    """Run over the rows of an array, by position."""
    stop = arrays.length(ctx, array, node)
    if not isinstance(stop, Value | Const):
        return None
    if driver.space is None:
        driver.space, driver.rows = Range(const(0), stop, const(1)), True
        driver.index = Value(INT, "i")
        driver.certain = driver.certain and _surely_some(*_bounds(driver.space))
    elif not driver.rows:
        said = "an array beside a range is not supported"
        ctx.refuse(node, "zip", said, "loop over positions, and index the array")
        return None
    elif driver.space.stop != stop:
        shorter = ctx.op(node, "min", driver.space.stop, stop)
        if not isinstance(shorter, Value):
            return None
        driver.space = Range(const(0), shorter, const(1))
        driver.certain = False
    assert driver.index is not None
    ctx.facts.counts(driver.index, driver.space)
    return Element(array, driver.index)


def _bounds(space: Range) -> tuple[Operand, Operand, Operand]:
    return space.start, space.stop, space.step


def settled(ctx: Context, meaning: Meaning, node: ast.AST) -> Meaning:
    """What an iteration sees, with the rows of arrays read."""
    match meaning:
        case Element(array, index):
            assert isinstance(array.type, ArrayType)
            form: dict[str, object] = {"index": (HOLE,)}
            if ctx.facts.is_inside(index, array.type.dims[0]):
                form["inside"] = True
            return ctx.op(node, "get", array, index, label="loop", **form)
        case Structure(items, container):
            return Structure(tuple(settled(ctx, item, node) for item in items), container)
    return meaning


def _refuse(ctx: Context, meaning: Meaning, node: ast.expr) -> None:
    said = f"looping over {describe(meaning)} is not supported"
    ctx.refuse(node, "loop", said, "loop over range, zip, enumerate, or a list or tuple of numbers")


def known_int(bound: Operand) -> int | None:
    """The value of a bound that is a constant."""
    value = bound.value if isinstance(bound, Const) else None
    return value if isinstance(value, int) else None


def _surely_some(*bounds: Operand) -> bool:
    known = [value for bound in bounds if (value := known_int(bound)) is not None]
    return len(known) == 3 and bool(range(*known))


def _name(target: Target) -> str | None:
    return target.id if isinstance(target, ast.Name) else None


def _targets(target: Target, count: int) -> Sequence[Target]:
    """The targets of the items, for their names."""
    if isinstance(target, ast.Tuple | ast.List) and len(target.elts) == count:
        return target.elts
    return [None] * count


def _structure_of(
    ctx: Context, driver: Driver, parts: Sequence[Meaning], target: Target, node: ast.expr
) -> Meaning | None:
    targets = _targets(target, len(parts))
    found = [
        _element(ctx, driver, part, each, node) for part, each in zip(parts, targets, strict=True)
    ]
    known = [item for item in found if item is not None]
    return None if len(known) < len(found) else Structure(tuple(known))


def _consume(ctx: Context, driver: Driver, sequence: Operand, target: Target) -> Meaning:
    assert isinstance(sequence.type, SequenceType)
    element = Value(sequence.type.element, _name(target))
    if holds_array(element.type):
        ctx.facts.from_list(element, sequence)
    driver.consumed.append(sequence)
    driver.elements.append(element)
    return element


def _expanded(ctx: Context, meaning: Meaning, node: ast.expr) -> Meaning:
    """A structure down to its numbers, for one that is an operand by operations before the loop."""
    if isinstance(meaning, Value | Const) and isinstance(meaning.type, TupleType):
        items = [
            ctx.once(node, "item", (meaning,), index=place)
            for place in range(len(meaning.type.items))
        ]
        meaning = Structure(tuple(items), meaning.type.container)
    if isinstance(meaning, Structure):
        return Structure(
            tuple(_expanded(ctx, item, node) for item in meaning.items), meaning.container
        )
    return meaning


def _column(
    ctx: Context, driver: Driver, meaning: Meaning, target: Target, node: ast.expr
) -> Meaning | None:
    """Numbers are packed into one sequence, rows of numbers into one for each column."""
    assert isinstance(meaning, Structure)
    if not isinstance(meaning.items[0], Structure):
        packed = ctx.sequence(meaning, node, "loop")
        return None if packed is None else _consume(ctx, driver, packed, target)
    rows = [item.items for item in meaning.items if isinstance(item, Structure)]
    columns = [Structure(column) for column in zip(*rows, strict=True)]
    found = [
        _column(ctx, driver, column, each, node)
        for column, each in zip(columns, _targets(target, len(columns)), strict=True)
    ]
    known = [item for item in found if item is not None]
    container = meaning.items[0].container
    return None if len(known) < len(found) else Structure(tuple(known), container)


def _numbered(
    ctx: Context,
    driver: Driver,
    inner: Meaning,
    start: Operand,
    target: Target,
    node: ast.expr,
) -> Meaning | None:
    """`enumerate`: its counter is the iteration space, up to the length of what it numbers."""
    counter, item = _targets(target, 2)
    if isinstance(inner, Counting):
        inner = listed(ctx, inner, node)
    before = len(driver.consumed)
    element = _element(ctx, driver, inner, item, node)
    if element is None:
        return None
    if driver.rows and isinstance(start, Const) and start.value == 0:
        assert driver.index is not None
        if counter is not None and driver.space is not None:
            driver.index = Value(INT, _name(counter))
            ctx.facts.counts(driver.index, driver.space)
        return Structure((driver.index, _renumbered(element, driver.index)))
    if len(driver.consumed) == before:
        said = f"numbering {describe(inner)} is not supported"
        ctx.refuse(node, "enumerate", said, "number a list or tuple")
        return None
    items = _items_of(inner)
    stop: Meaning = const(len(items)) if items else ctx.op(node, "len", driver.consumed[before])
    if not (isinstance(start, Const) and start.value == 0) and isinstance(stop, Value | Const):
        stop = ctx.op(node, "add", start, stop)
    assert isinstance(stop, Value | Const)
    index = _element(ctx, driver, Counting(start, stop, const(1)), counter, node)
    return None if index is None else Structure((index, element))


def _renumbered(meaning: Meaning, index: Value) -> Meaning:
    match meaning:
        case Element(array, _):
            return Element(array, index)
        case Structure(items, container):
            return Structure(tuple(_renumbered(item, index) for item in items), container)
    return meaning


def listed(ctx: Context, counting: Counting, node: ast.AST) -> Operand:
    """A range as a list, where the loop has an iteration space already."""
    index, sequence = Value(INT), Value(SequenceType(INT))
    ctx.region.add(
        Loop(
            inits=(),
            args=(),
            nexts=(),
            finals=(),
            body=(),
            space=Range(counting.start, counting.stop, counting.step),
            index=index,
            collects=(index,),
            sequences=(sequence,),
            origin=ctx.origin(node),
        )
    )
    return sequence


def _turned(ctx: Context, meaning: Meaning, node: ast.AST) -> Operand | None:
    """A range, list or tuple of numbers as a list in reverse; None for anything else."""
    if isinstance(meaning, Counting):
        meaning = listed(ctx, meaning, node)
    items = _items_of(meaning)
    if items is not None and items and _is_column(items) and not _items_of(items[0]):
        packed = ctx.sequence(meaning, node, "reversed")
        meaning = SILENCED if packed is None else packed
    if not isinstance(meaning, Value | Const) or not isinstance(meaning.type, SequenceType):
        return None
    turned = ctx.op(node, "slice", meaning, const(-1), bounds=(False, False, True))
    return None if isinstance(turned, Poison) else turned


def _demand_equal(ctx: Context, driver: Driver, parts: Sequence[Meaning], node: ast.expr) -> bool:
    """Note the lengths that a strict zip of two compares when it ends."""
    if len(parts) < 2:
        return True
    lengths: list[Operand] = []
    for part in parts:
        items = _items_of(part)
        if items is not None:
            lengths.append(const(len(items)))
        elif isinstance(part, Value) and isinstance(part.type, SequenceType):
            length = ctx.op(node, "len", part)
            assert isinstance(length, Value)
            lengths.append(length)
    if len(lengths) == len(parts):
        if all(length == lengths[0] for length in lengths) and isinstance(lengths[0], Const):
            return True
        if len(parts) == 2 and driver.strict is None:
            driver.strict = (lengths[0], lengths[1])
            return True
    ctx.refuse(
        node, "zip(strict=)", "it is supported for two lists or tuples", "compare lengths before"
    )
    return False


def check_lengths(ctx: Context, driver: Driver, node: ast.AST) -> None:
    """What a strict zip does after its last iteration."""
    if driver.strict is not None:
        first, second = driver.strict
        text = "zip() argument 2 is {} than argument 1"
        conditions.raise_if(ctx, node, "gt", first, second, text.format("shorter"))
        conditions.raise_if(ctx, node, "lt", first, second, text.format("longer"))


# The builtins.


def integer(ctx: Context, meaning: Meaning, node: ast.AST, what: str) -> Operand | None:
    """A bound of a range: an int, or whatever else Python takes for one."""
    operand = ctx.operand(meaning, node, what)
    if operand is None:
        return None
    if operand.type == INT:
        return operand
    whole = isinstance(operand.type, ScalarType) and operand.type.only(
        Kind.INT, Kind.BOOL, Kind.NP_INT
    )
    if whole or ctx.facts.is_int(operand):
        converted = ctx.op(node, "int", operand)
        return None if isinstance(converted, Poison) else converted
    hint = "int(...) makes one of a float"
    if isinstance(node, ast.expr):
        hint = f"write int({hints.shown(node)})"
        if isinstance(operand.type, ArrayType):
            hint = f"for the number of its rows, write len({hints.shown(node)})"
    ctx.refuse(node, what, f"expected an int, got {describe(operand)}", hint)
    return None


def make_range(ctx: Context, made: Call) -> Meaning:
    if refuse_keywords(ctx, made) or not takes(ctx, made, 1, 3):
        return SILENCED
    bounds = [
        integer(ctx, meaning, made.at(place), "range")
        for place, meaning in enumerate(made.arguments)
    ]
    known = [bound for bound in bounds if bound is not None]
    if len(known) < len(bounds):
        return SILENCED
    if len(known) == 1:
        return Counting(const(0), known[0], const(1))
    start, stop, *steps = known
    step = steps[0] if steps else const(1)
    if isinstance(step, Const):
        if step.value == 0:
            return ctx.refuse(
                made.node, "range", "the step is 0, which always raises", "use a step other than 0"
            )
    else:
        _refuse_zero_step(ctx, made, step)
    return Counting(start, stop, step)


def _refuse_zero_step(ctx: Context, made: Call, step: Operand) -> None:
    """Python raises at the call of range, before anything in the loop happens."""
    conditions.raise_if(ctx, made.node, "eq", step, const(0), "range() arg 3 must not be zero")


def make_zip(ctx: Context, made: Call) -> Meaning:
    if refuse_keywords(ctx, made, "strict"):
        return SILENCED
    strict = made.keywords.get("strict", const(False))
    if not isinstance(strict, Const):
        return ctx.refuse(made.node, "zip(strict=)", "it must be a constant", "write strict=True")
    return Zipped(made.arguments, bool(strict.value))


def make_enumerate(ctx: Context, made: Call) -> Meaning:
    if refuse_keywords(ctx, made, "start") or not takes(ctx, made, 1, 2):
        return SILENCED
    given = optional(ctx, made, "start")
    start = integer(ctx, const(0) if given is None else given, made.at(1), "enumerate")
    return SILENCED if start is None else Numbered(made.arguments[0], start)


def make_reversed(ctx: Context, made: Call) -> Meaning:
    if refuse_keywords(ctx, made) or not takes(ctx, made, 1, 1):
        return SILENCED
    return Reversed(made.arguments[0])
