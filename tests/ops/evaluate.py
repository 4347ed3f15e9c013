"""Evaluates the terms that rules are written in, on numbers: what a transform would build."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mpmath as mp

from autodiff_compiler.ir.types import ScalarType, Type, type_of
from autodiff_compiler.ir.values import Const, Operand, Value
from autodiff_compiler.ops import OPS
from autodiff_compiler.ops.record import Elementwise, Record
from autodiff_compiler.ops.terms import (
    Apply,
    Choose,
    Leaf,
    Mask,
    Namespace,
    Number,
    Term,
    library_of,
    term,
)

Environment = dict[Value, Any]
Arithmetic = Callable[..., Any]  # the name of a record and its operands → the result


def floats(name: str, *operands: Any) -> Any:
    """Terms in the arithmetic of the generated code."""
    return OPS[name].evaluate(*operands)


# What occurs in partials but has no oracle, having no derivative of its own.
_WITHOUT_SLOPE: Mapping[str, Callable[..., Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "not": operator.not_,
    "sign": mp.sign,
    "floordiv": lambda a, b: mp.floor(a / b),
    "np.floor_divide": lambda a, b: mp.floor(a / b),
}


def digits(name: str, *operands: Any) -> Any:
    """Terms at mpmath's precision."""
    if name in _WITHOUT_SLOPE:
        return _WITHOUT_SLOPE[name](*operands)
    oracle = OPS[name].mpmath
    assert oracle is not None, name
    return oracle(mp, *operands)


def partial_terms(
    record: Record, operands: Sequence[Any], result: Any, constant: bool = False
) -> tuple[list[Term | None], Environment]:
    """The partials of a record as terms, and what their leaves stand for.

    `constant` operands are known to the rule; otherwise it sees values, but for an order, which
    is an integer.
    """
    assert isinstance(record.rule, Elementwise)
    environment: Environment = {}

    def leaf(held: Any, known: bool) -> Leaf:
        found = type_of(held)
        if known and found is not None:
            return Leaf(Const(held, found))
        value = Value(found or ScalarType(frozenset()))
        environment[value] = held
        return Leaf(value)

    leaves = [leaf(held, constant or is_order(record, at)) for at, held in enumerate(operands)]
    partials = record.rule.partials(
        Namespace(library_of(record.name)), *leaves, leaf(result, False)
    )
    assert len(partials) == len(operands)
    return [None if each is None else term(each) for each in partials], environment


ORDERED = {"polygamma", "sinc_derivative", "scipy.special.polygamma", "scipy.special.zeta"}


def is_order(record: Record, at: int) -> bool:
    """Whether an operand is the order of an n-th derivative: always a constant."""
    return record.name in ORDERED and at == 0


def evaluate(tree: Term, environment: Environment, arithmetic: Arithmetic = floats) -> Any:
    """The value of a term. What a mask multiplies is dropped where its condition fails."""
    match tree:
        case Leaf(operand):
            return read(operand, environment)
        case Number(value):
            return value
        case Mask(condition):
            return 1.0 if evaluate(condition, environment, arithmetic) else 0.0
        case Choose(condition, then, orelse):
            chosen = then if evaluate(condition, environment, arithmetic) else orelse
            return evaluate(chosen, environment, arithmetic)
        case Apply("mul", (factor, Mask(condition))):
            holds = evaluate(condition, environment, arithmetic)
            return evaluate(factor, environment, arithmetic) if holds else 0.0
        case Apply(name, operands):
            return arithmetic(name, *(evaluate(each, environment, arithmetic) for each in operands))
    raise AssertionError(tree)


def read(operand: Operand, environment: Environment) -> Any:
    return environment[operand] if isinstance(operand, Value) else operand.value


def partials_at(
    record: Record, operands: Sequence[Any], result: Any, constant: bool = False
) -> list[Any]:
    """The partials as numbers, 0.0 where there is none."""
    terms, environment = partial_terms(record, operands, result, constant)
    return [0.0 if each is None else evaluate(each, environment) for each in terms]


def derivative(
    tree: Term, environment: Environment, tangents: Mapping[Value, Any]
) -> tuple[Any, Any, Any]:
    """A term's value, its derivative along the leaves' tangents, by the records' own partials,
    and the sum of that derivative's absolute contributions."""
    match tree:
        case Leaf(operand):
            tangent = tangents.get(operand, 0.0) if isinstance(operand, Value) else 0.0
            return read(operand, environment), tangent, abs(tangent)
        case Number(value):
            return value, 0.0, 0.0
        case Mask(condition):
            return evaluate(tree, environment), 0.0, 0.0
        case Apply("mul", (factor, Mask(condition))):
            if not evaluate(condition, environment):
                return 0.0, 0.0, 0.0
            return derivative(factor, environment, tangents)
        case Apply(name, operands):
            inner = [derivative(each, environment, tangents) for each in operands]
            values = [value for value, _, _ in inner]
            result = floats(name, *values)
            if not isinstance(OPS[name].rule, Elementwise):
                return result, 0.0, 0.0
            slopes = partials_at(OPS[name], values, result)
            chained = [
                (slope * dot, abs(slope) * size)
                for slope, (_, dot, size) in zip(slopes, inner, strict=True)
                if size
            ]
            return result, sum(dot for dot, _ in chained), sum(size for _, size in chained)
    raise AssertionError(tree)


def types_of(operands: Sequence[Any]) -> list[Type]:
    found = [type_of(operand) for operand in operands]
    assert None not in found
    return found  # type: ignore[return-value]
