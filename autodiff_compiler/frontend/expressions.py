"""Expressions: one `match` over Python's nodes, with a refusal for whatever it doesn't name."""

from __future__ import annotations

import ast
from collections.abc import Callable

from autodiff_compiler.frontend import (
    arrays,
    attributes,
    calls,
    conditions,
    iterables,
    lists,
    objects,
    records,
    stars,
)
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.refuse import OPERATORS
from autodiff_compiler.frontend.values import (
    NONE,
    SILENCED,
    Closure,
    Generating,
    Meaning,
    Poison,
    Static,
    Structure,
    describe,
    instead_of,
)
from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import ArrayType, Container, Fields, SequenceType, TupleType
from autodiff_compiler.ir.values import Const, Operand, Value

BINARY: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("add", "+"),
    ast.Sub: ("sub", "-"),
    ast.Mult: ("mul", "*"),
    ast.Div: ("div", "/"),
    ast.FloorDiv: ("floordiv", "//"),
    ast.Mod: ("mod", "%"),
    ast.Pow: ("pow", "**"),
    ast.MatMult: ("np.matmul", "@"),
    ast.BitAnd: ("bitand", "&"),
    ast.BitOr: ("bitor", "|"),
    ast.BitXor: ("bitxor", "^"),
}
OF_ARRAYS = frozenset({ast.MatMult, ast.BitAnd, ast.BitOr, ast.BitXor})
CONVERSIONS = {-1: "", ord("s"): "s", ord("r"): "r", ord("a"): "a"}


def evaluate(ctx: Context, node: ast.expr) -> Meaning:
    """What an expression means, after whatever it computes has been appended to the graph."""
    match node:
        case ast.Constant(value):
            return _constant(ctx, node, value)
        case ast.Name(name):
            return objects.read_name(ctx, name, node)
        case ast.BinOp():
            return _binary(ctx, node)
        case ast.UnaryOp(op, operand):
            return _unary(ctx, node, op, operand)
        case ast.BoolOp(op, values):
            form = "and" if isinstance(op, ast.And) else "or"
            return _boolean(ctx, node, form, values)
        case ast.Compare(left, ops, comparators):
            return _comparison(ctx, node, evaluate(ctx, left), ops, comparators)
        case ast.IfExp(test, body, orelse):
            return conditions.choose(
                ctx,
                node,
                condition(ctx, test),
                lambda: evaluate(ctx, body),
                lambda: evaluate(ctx, orelse),
                "ifexp",
            )
        case ast.Call():
            result = evaluate_call(ctx, node)
            if isinstance(result, Poison) and result is not SILENCED:
                what = f"result of {ast.unparse(node.func)}"
                return ctx.refuse(node, what, f"it {result.reason}", result.hint, result.notes)
            return result
        case ast.Attribute(value, name):
            return attributes.read(ctx, evaluate(ctx, value), name, node)
        case ast.Dict(keys, values):
            return records.make_dict(ctx, node, keys, [evaluate(ctx, each) for each in values])
        case ast.Subscript(value, index):
            return _subscript(ctx, node, evaluate(ctx, value), index)
        case ast.Tuple(items) | ast.List(items) if any(map(_is_starred, items)):
            return lists.display(ctx, node)
        case ast.Tuple(items) | ast.List(items):
            container = "tuple" if isinstance(node, ast.Tuple) else "list"
            return Structure(tuple(evaluate(ctx, item) for item in items), container)
        case ast.Lambda():
            return lambda_of(ctx, node)
        case ast.Set(items):
            return lists.make_set(ctx, node, [evaluate(ctx, item) for item in items])
        case ast.JoinedStr(parts):
            return _format(ctx, node, parts)
        case ast.ListComp(_, generators):
            first = evaluate(ctx, generators[0].iter)
            return ctx.generate(ctx, Generating(node, ctx.frame, first), "list")
        case ast.GeneratorExp(_, generators):
            return Generating(node, ctx.frame, evaluate(ctx, generators[0].iter))
        case ast.DictComp(_, _, generators):
            first = evaluate(ctx, generators[0].iter)
            return ctx.generate(ctx, Generating(node, ctx.frame, first), "dict")
        case ast.NamedExpr(target, value):
            ctx.refuse_as(node)
            evaluate(ctx, value)
            ctx.bind(target.id, SILENCED, target)
            return SILENCED
        case _:
            return ctx.refuse_as(node)


def _is_starred(node: ast.expr) -> bool:
    return isinstance(node, ast.Starred)


def _constant(ctx: Context, node: ast.Constant, value: object) -> Meaning:
    if value is None:
        return NONE
    if type(value) is str:
        return Static(value)
    if type(value) in (bool, int, float):
        return const(value)
    if value is ...:
        return Static(value)
    said = "only floats, ints, bools and strings are supported"
    if isinstance(value, complex):
        hint = "keep real and imaginary part in two floats"
        return ctx.refuse(node, "complex number", said, hint)
    return ctx.refuse(node, type(value).__name__, said, "pass what it stands for as an argument")


# Arithmetic.


def _binary(ctx: Context, node: ast.BinOp) -> Meaning:
    """A chain of operators; its left end may be deep, so it is walked rather than recursed into."""
    chain = [node]
    while isinstance(chain[-1].left, ast.BinOp):
        chain.append(chain[-1].left)
    left = evaluate(ctx, chain[-1].left)
    for each in reversed(chain):
        left = apply_binary(ctx, each, each.op, left, evaluate(ctx, each.right))
    return left


def apply_binary(
    ctx: Context, node: ast.AST, op: ast.operator, left: Meaning, right: Meaning
) -> Meaning:
    """One arithmetic operator on two meanings."""
    of_arrays = type(op) in OF_ARRAYS and (_is_of_numpy(left) or _is_of_numpy(right))
    if type(op) not in BINARY or (type(op) in OF_ARRAYS and not of_arrays):
        if left is SILENCED or right is SILENCED:
            return SILENCED
        return ctx.refuse_as(node, OPERATORS[type(op)])
    name, sign = BINARY[type(op)]
    left, right = _as_array_beside(ctx, left, right, node), _as_array_beside(ctx, right, left, node)
    if (of_lists := lists.binary(ctx, node, op, left, right)) is not None:
        return of_lists
    if left is SILENCED or right is SILENCED:
        return SILENCED
    for side in (left, right):
        if not isinstance(side, Value | Const):
            said = f"arithmetic on {describe(side)} is not supported"
            return ctx.refuse(node, sign, said, instead_of(side))
    assert isinstance(left, Value | Const) and isinstance(right, Value | Const)
    return ctx.op(node, name, left, right, label=sign)


def _is_of_numpy(meaning: Meaning) -> bool:
    return arrays.is_array(meaning) or arrays.is_numpy_number(meaning)


def _as_array_beside(ctx: Context, side: Meaning, other: Meaning, node: ast.AST) -> Meaning:
    """A list or tuple of numbers beside an array counts as an array."""
    if not arrays.is_array(other) or not isinstance(side, Structure):
        return side
    found = arrays.as_array(ctx, side, node, "array")
    return SILENCED if found is None else found


def _unary(ctx: Context, node: ast.UnaryOp, op: ast.unaryop, operand: ast.expr) -> Meaning:
    match op, operand:
        case ast.USub(), ast.Constant(int() | float() as value) if type(value) is not bool:
            return const(-value)  # as Python itself folds it
        case ast.Not(), _:
            return conditions.negation(ctx, evaluate(ctx, operand), node)
        case ((ast.USub() | ast.UAdd()), _):
            sign = "-" if isinstance(op, ast.USub) else "+"
            found = ctx.operand(evaluate(ctx, operand), node, sign)
            if found is None:
                return SILENCED
            return ctx.op(node, "neg" if sign == "-" else "pos", found, label=sign)
    inner = evaluate(ctx, operand)
    if isinstance(inner, Value) and _is_of_numpy(inner):
        return ctx.op(node, "invert", inner, label="~")
    return SILENCED if inner is SILENCED else ctx.refuse_as(node, OPERATORS[type(op)])


# Conditions.


def condition(ctx: Context, node: ast.expr) -> Operand | None:
    """Whether an expression counts as true, where nothing but that is asked; None if refused.

    The parts of `xs and x > 0` may then be of different types.
    """
    match node:
        case ast.BoolOp(op, [first, *rest]) if rest:
            holds = condition(ctx, first)
            others = ast.copy_location(ast.BoolOp(op, rest), node)
            form = "and" if isinstance(op, ast.And) else "or"
            found = _either(ctx, node, form, holds, holds, lambda: condition(ctx, others))
        case ast.BoolOp(_, [only]):
            return condition(ctx, only)
        case ast.UnaryOp(ast.Not(), operand):
            holds = condition(ctx, operand)
            if holds is None:
                return None
            found = conditions.negation(ctx, holds, node)
        case _:
            found = evaluate(ctx, node)
    return conditions.truth(ctx, found, node)


def _either(
    ctx: Context,
    node: ast.BoolOp,
    form: str,
    holds: Operand | None,
    first: Meaning | None,
    rest: Callable[[], Meaning | None],
) -> Meaning:
    """`first and rest` or `first or rest`, where `holds` is the truth of the first."""

    def known() -> Meaning:
        return SILENCED if first is None else first

    def other() -> Meaning:
        found = rest()
        return SILENCED if found is None else found

    then, orelse = (other, known) if form == "and" else (known, other)
    return conditions.choose(ctx, node, holds, then, orelse, form)


def _boolean(ctx: Context, node: ast.BoolOp, form: str, values: list[ast.expr]) -> Meaning:
    first = evaluate(ctx, values[0])
    if len(values) == 1:
        return first
    holds = conditions.truth(ctx, first, values[0])
    rest = values[1:]
    return _either(ctx, node, form, holds, first, lambda: _boolean(ctx, node, form, rest))


def _comparison(
    ctx: Context,
    node: ast.Compare,
    left: Meaning,
    ops: list[ast.cmpop],
    comparators: list[ast.expr],
) -> Meaning:
    right = evaluate(ctx, comparators[0])
    first = conditions.compare(ctx, node, ops[0], left, right, comparators[0])
    if len(ops) == 1:
        return first
    return conditions.choose(
        ctx,
        node,
        conditions.truth(ctx, first, node),
        lambda: _comparison(ctx, node, right, ops[1:], comparators[1:]),
        lambda: first,
        "and",
    )


# Calls.


def evaluate_call(ctx: Context, node: ast.Call) -> Meaning:
    """What a call gives; a `Poison` where its returns don't fit together."""
    callee = evaluate(ctx, node.func)
    found = stars.arguments_of(ctx, node, callee)
    return SILENCED if found is None else calls.call(ctx, *found)


def lambda_of(ctx: Context, node: ast.Lambda | ast.FunctionDef) -> Meaning:
    """A function made here; its defaults are evaluated now, its free names when it is called."""
    parameters = node.args
    positional = (*parameters.posonlyargs, *parameters.args)
    given = positional[len(positional) - len(parameters.defaults) :]
    pairs = [*zip(given, parameters.defaults, strict=True)]
    pairs += [
        (name, value)
        for name, value in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True)
        if value is not None
    ]
    defaults = {each.arg: ctx.named(evaluate(ctx, value), each.arg) for each, value in pairs}
    return Closure(ctx.code_of(node, ctx.source), ctx.frame, None, defaults)


# Items.


def _subscript(ctx: Context, node: ast.Subscript, base: Meaning, index: ast.expr) -> Meaning:
    if base is SILENCED:
        return SILENCED
    if isinstance(base, Value) and isinstance(base.type, ArrayType):
        return arrays.subscript(ctx, node, base)
    if isinstance(index, ast.Slice):
        return lists.part(ctx, node, base, index)
    place = evaluate(ctx, index)
    if place is SILENCED:
        return SILENCED
    container = _container(base)
    if isinstance(container, Fields):
        return records.item(ctx, node, base, container, place)
    items = _known_length(base)
    if items is None and not _is_sequence(base):
        said = f"indexing {describe(base)} is not supported"
        return ctx.refuse(node, "index", said, "only lists and tuples can be indexed")
    if not isinstance(place, Value | Const):
        hint = "use an int as index"
        if isinstance(place, Structure):
            hint = "write one index after the other: [i][j]"
        return ctx.refuse(index, "index", f"expected an int, got {describe(place)}", hint)
    known = ctx.facts.value(place)
    if items is not None and type(known) in (int, bool):
        assert isinstance(known, int)
        if not -items <= known < items:
            said = f"index {known} is out of range for {describe(base)}"
            return ctx.refuse(node, "index", said, _range_of_indices(items))
        if isinstance(base, Structure):
            return base.items[known]
        assert isinstance(base, Value | Const)
        return ctx.op(node, "item", base, index=known % items)
    sequence = ctx.sequence(base, node, "index")
    if ctx.facts.is_int(place):
        converted = iterables.integer(ctx, place, index, "index")
        place = place if converted is None else converted
    return SILENCED if sequence is None else ctx.op(node, "getitem", sequence, place, label="index")


def _container(meaning: Meaning) -> Container | None:
    match meaning:
        case Structure(_, container):
            return container
        case Value(type=TupleType(_, container)):
            return container
    return None


def _range_of_indices(count: int) -> str:
    return f"its indices go from 0 to {count - 1}" if count else "it is empty"


def _known_length(meaning: Meaning) -> int | None:
    if isinstance(meaning, Structure):
        return len(meaning.items)
    if isinstance(meaning, Value | Const) and isinstance(meaning.type, TupleType):
        return len(meaning.type.items)
    return None


def _is_sequence(meaning: Meaning) -> bool:
    return isinstance(meaning, Value | Const) and isinstance(meaning.type, SequenceType)


# Text.


def _format(ctx: Context, node: ast.JoinedStr, parts: list[ast.expr]) -> Meaning:
    template: list[str | tuple[str, str]] = []
    operands: list[Operand] = []
    refused = False
    for part in parts:
        if not isinstance(part, ast.FormattedValue):
            assert isinstance(part, ast.Constant)
            template.append(str(part.value))
            continue
        meaning = evaluate(ctx, part.value)
        spec = _constant_spec(part.format_spec)
        if spec is None:
            ctx.refuse(node, "format specification", "it must be constant", "write its numbers out")
            refused = True
            continue
        operand = ctx.as_operand(meaning, part, "f-string")
        refused = refused or operand is None
        if operand is not None:
            operands.append(operand)
        template.append((CONVERSIONS[part.conversion], spec))
    if refused:
        return SILENCED
    if not operands:
        return Static("".join(str(part) for part in template))
    return ctx.op(node, "format", *operands, template=tuple(template), label="f-string")


def _constant_spec(spec: ast.expr | None) -> str | None:
    """A format specification as text; None if some of it is computed."""
    if spec is None:
        return ""
    assert isinstance(spec, ast.JoinedStr)
    if not all(isinstance(part, ast.Constant) for part in spec.values):
        return None
    return "".join(str(part.value) for part in spec.values if isinstance(part, ast.Constant))
