"""Calls of Python's builtins and of the functions of math and NumPy."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping

from autodiff_compiler.frontend import (
    arrays,
    conditions,
    hints,
    instances,
    iterables,
    records,
    refused_calls,
    types_asked,
)
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.known_calls import (
    Call,
    Handler,
    number_of_arguments,
    optional,
    refuse_keywords,
    takes,
    with_arguments,
)
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
from autodiff_compiler.ir.types import ArrayType, Fields, SequenceType, TupleType
from autodiff_compiler.ir.values import Const, Operand, Value
from autodiff_compiler.ops import OPS, resolve


def call(
    ctx: Context,
    node: ast.Call,
    function: object,
    name: str,
    arguments: tuple[Meaning, ...],
    keywords: Mapping[str, Meaning],
) -> Meaning:
    """What the call gives; refused for whatever has no record."""
    made = Call(node, name, _gone_through(ctx, function, arguments, keywords), keywords)
    if SILENCED in made.arguments:
        return SILENCED
    handler = HANDLERS.get(id(function))
    if handler is not None:
        return handler(ctx, made)
    if isinstance(function, type) and (found := instances.make(ctx, made, function)) is not None:
        return found
    record = resolve(function)
    if record is not None and OPS[record].takes is not None:
        return arrays.call_record(ctx, made, record, arguments)
    if record is not None:
        return _elementary(ctx, made, record, function)
    said = refused_calls.refused(function, node, (*arguments, *keywords.values()))
    return ctx.refuse(node, f"call of {name}", *said)


def _gone_through(
    ctx: Context,
    function: object,
    arguments: tuple[Meaning, ...],
    keywords: Mapping[str, Meaning],
) -> tuple[Meaning, ...]:
    """The arguments with lists in place of generators, for functions that go through them once."""
    if id(function) not in CONSUMERS:
        return arguments
    # A start may be -0.0, which is not the same with a 0 added.
    alone = len(arguments) == 1 and not keywords
    purpose = "sum" if function is sum and alone else "list"
    return tuple(
        ctx.generate(ctx, each, purpose) if isinstance(each, Generating) else each
        for each in arguments
    )


def _elementary(ctx: Context, made: Call, record: str, function: object) -> Meaning:
    """A function of numbers that is one operation."""
    if refuse_keywords(ctx, made):
        return SILENCED
    operands = []
    for place, meaning in enumerate(made.arguments):
        operand = ctx.operand(meaning, made.at(place), made.name)
        if operand is None:
            return SILENCED
        operands.append(operand)
    label = f"call of {made.name}"
    count = number_of_arguments(function)
    if count is not None and len(operands) != count:
        said = f"expected {count} argument{'s' * (count != 1)}, got {len(operands)}"
        return ctx.refuse(made.node, label, said, with_arguments(made, count))
    return ctx.op(made.node, record, *operands, label=label)


# Builtins with more than one meaning.


def _extreme(scalar: str, sequence: str) -> Handler:
    """`max(a, b, c)` and `max(xs)`."""

    def handler(ctx: Context, made: Call) -> Meaning:
        if refuse_keywords(ctx, made) or not takes(ctx, made, 1, None):
            return SILENCED
        if len(made.arguments) == 1:
            argument = made.arguments[0]
            if not _is_iterable(argument):
                return ctx.refuse(
                    made.node,
                    f"call of {made.name}",
                    f"taking the {made.name} of {describe(argument)} is not supported"
                    if arrays.is_array(argument)
                    else f"{describe(argument)} has no items",
                    f"write np.{made.name}({hints.shown(made.at(0))})"
                    if arrays.is_array(argument)
                    else f"give {made.name} two numbers, or a list or tuple",
                )
            found = ctx.sequence(argument, made.at(0), made.name)
            return SILENCED if found is None else ctx.op(made.node, sequence, found)
        result = ctx.operand(made.arguments[0], made.at(0), made.name)
        for place, meaning in enumerate(made.arguments[1:], start=1):
            other = ctx.operand(meaning, made.at(place), made.name)
            if result is None or other is None:
                return SILENCED
            combined = ctx.op(made.node, scalar, result, other, label=f"call of {made.name}")
            if isinstance(combined, Poison):
                return SILENCED
            result = combined
        return SILENCED if result is None else result

    return handler


def _is_iterable(meaning: Meaning) -> bool:
    return isinstance(meaning, Structure) or (
        isinstance(meaning, Value | Const) and isinstance(meaning.type, SequenceType | TupleType)
    )


def _sum(ctx: Context, made: Call) -> Meaning:
    if refuse_keywords(ctx, made, "start") or not takes(ctx, made, 1, 2):
        return SILENCED
    if not _is_iterable(made.arguments[0]):
        return ctx.refuse(
            made.node,
            "call of sum",
            f"summing {describe(made.arguments[0])} is not supported",
            f"write np.sum({hints.shown(made.at(0))})"
            if arrays.is_array(made.arguments[0])
            else "give sum a list or tuple, or add up in a loop",
        )
    elements = ctx.sequence(made.arguments[0], made.at(0), "sum")
    given = optional(ctx, made, "start")
    if elements is None:
        return SILENCED
    if given is None:
        return ctx.op(made.node, "sum", elements, label="call of sum")
    start = ctx.operand(given, made.at(1), "sum")
    if start is None:
        return SILENCED
    return ctx.op(made.node, "sum_from", elements, start, label="call of sum")


def _len(ctx: Context, made: Call) -> Meaning:
    if refuse_keywords(ctx, made) or not takes(ctx, made, 1, 1):
        return SILENCED
    match made.arguments[0]:
        case Structure(items):
            return const(len(items))
        case Value(type=TupleType(items)):
            return const(len(items))
        case Static(str() as text):
            return const(len(text))
        case Value(type=SequenceType()) as sequence:
            return ctx.op(made.node, "len", sequence)
        case Value(type=ArrayType()) as array:
            return arrays.length(ctx, array, made.node)
    return ctx.refuse(
        made.node,
        "call of len",
        f"the length of {describe(made.arguments[0])} is not supported",
        "give len a list, a tuple or an array",
    )


def _round(ctx: Context, made: Call) -> Meaning:
    if refuse_keywords(ctx, made, "ndigits") or not takes(ctx, made, 1, 2):
        return SILENCED
    number = ctx.operand(made.arguments[0], made.at(0), "round")
    digits = optional(ctx, made, "ndigits")
    if number is None:
        return SILENCED
    if digits is None or (isinstance(digits, Static) and digits.value is None):
        return ctx.op(made.node, "round", number, label="call of round")
    places = ctx.operand(digits, made.at(1), "round")
    if places is None:
        return SILENCED
    return ctx.op(made.node, "round_to", number, places, label="call of round")


def _conversion(kind: type, name: str) -> Handler:
    """`float(x)`, `int(x)`; of a string, the number that it spells."""

    def handler(ctx: Context, made: Call) -> Meaning:
        if refuse_keywords(ctx, made) or not takes(ctx, made, 1, 1):
            return SILENCED
        argument = made.arguments[0]
        if isinstance(argument, Static) and type(argument.value) is str:
            try:
                return const(kind(argument.value))
            except ValueError as error:
                hint = "write the number itself"
                return ctx.refuse(made.node, f"call of {made.name}", str(error), hint)
        number = ctx.operand(argument, made.at(0), made.name)
        if number is None:
            return SILENCED
        return ctx.op(made.node, name, number, label=f"call of {made.name}")

    return handler


def _bool(ctx: Context, made: Call) -> Meaning:
    if refuse_keywords(ctx, made) or not takes(ctx, made, 1, 1):
        return SILENCED
    known = conditions.known_truth(ctx, made.arguments[0])
    if known is not None:
        return const(known)
    number = ctx.operand(made.arguments[0], made.at(0), "bool")
    return SILENCED if number is None else ctx.op(made.node, "bool", number, label="call of bool")


def _print(ctx: Context, made: Call) -> Meaning:
    if refuse_keywords(ctx, made, "sep", "end"):
        return SILENCED
    attributes: dict[str, object] = {}
    for key, meaning in made.keywords.items():
        value = meaning.value if isinstance(meaning, Static) else ...
        if not (value is None or type(value) is str):
            said = "it must be a constant string or None"
            return ctx.refuse(made.node, f"print({key}=)", said, "write the string out")
        attributes[key] = value
    operands: list[Operand] = []
    for place, meaning in enumerate(made.arguments):
        operand = ctx.as_operand(meaning, made.at(place), "print")
        if operand is None:
            return SILENCED
        operands.append(operand)
    ctx.op(made.node, "print", *operands, label="call of print", **attributes)
    return NONE


# Structures.


def _container(name: str) -> Handler:
    """`tuple(xs)` and `list(xs)`: nothing here is ever written, so a copy is as good."""

    def handler(ctx: Context, made: Call) -> Meaning:
        if refuse_keywords(ctx, made) or not takes(ctx, made, 0, 1):
            return SILENCED
        if not made.arguments:
            return Structure((), name)
        argument = made.arguments[0]
        structure = ctx.structure(argument, made.node)
        if structure is not None:
            return Structure(structure.items, name)
        if isinstance(argument, Value) and isinstance(argument.type, SequenceType):
            return ctx.op(made.node, f"as_{name}", argument)
        return ctx.refuse(
            made.node,
            f"call of {name}",
            f"making one from {describe(argument)} is not supported",
            "use the range itself"
            if isinstance(argument, Counting)
            else "use the array itself"
            if arrays.is_array(argument)
            else "write its items out",
        )

    return handler


def _dict(ctx: Context, made: Call) -> Meaning:
    """`dict(a=x, b=y)`, and `dict(d)`, a copy."""
    if not takes(ctx, made, 0, 1):
        return SILENCED
    items: dict[str, Meaning] = {}
    for argument in made.arguments:
        structure = ctx.structure(argument, made.node)
        fields = records.fields_of(argument)
        if structure is None or fields is None or fields.kind != "dict":
            said = f"making one from {describe(argument)} is not supported"
            return ctx.refuse(made.node, f"call of {made.name}", said, "write its items out")
        items |= zip(fields.names, structure.items, strict=True)
    items |= made.keywords
    return Structure(tuple(items.values()), Fields("dict", tuple(items)))


def _isinstance(ctx: Context, made: Call) -> Meaning:
    if refuse_keywords(ctx, made) or not takes(ctx, made, 2, 2):
        return SILENCED
    known = types_asked.is_instance(*made.arguments)
    if known is None:
        return ctx.refuse(
            made.node,
            "call of isinstance",
            f"for {describe(made.arguments[0])} the answer is not known beforehand",
            "ask for a class, such as float, that it surely is or is not",
        )
    ctx.doubt_if_complex(made.node, made.arguments[0])
    return const(known)


# What goes through its one iterable at once, from start to end.
CONSUMERS = frozenset(map(id, (sum, max, min, list, tuple, sorted, math.fsum, math.prod)))

HANDLERS: dict[int, Handler] = {
    id(function): handler
    for function, handler in (
        (max, _extreme("max", "max_of")),
        (min, _extreme("min", "min_of")),
        (sum, _sum),
        (len, _len),
        (round, _round),
        (float, _conversion(float, "float")),
        (int, _conversion(int, "int")),
        (bool, _bool),
        (print, _print),
        (range, iterables.make_range),
        (zip, iterables.make_zip),
        (enumerate, iterables.make_enumerate),
        (reversed, iterables.make_reversed),
        (tuple, _container("tuple")),
        (list, _container("list")),
        (dict, _dict),
        (isinstance, _isinstance),
    )
}
