"""From the terms of a rule to IR: partial derivatives, and what they scale."""

from __future__ import annotations

from collections.abc import Sequence

from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.types import join
from autodiff_compiler.ir.values import If, Op, Operand, Value
from autodiff_compiler.ops import OPS
from autodiff_compiler.ops.record import Elementwise
from autodiff_compiler.ops.terms import (
    Apply,
    Choose,
    Leaf,
    Mask,
    Namespace,
    Number,
    Term,
    term,
)

ZERO = const(0.0)
ONE = const(1.0)


def partials_of(op: Op, rule: Elementwise) -> Sequence[Term | None]:
    """The partial derivatives of an operation, one per operand, as terms not yet built."""
    found = rule.partials(*_terms_of(op))
    return [None if partial is None else term(partial) for partial in found]


def tangent_of(op: Op, rule: Elementwise, tangents: Sequence[Operand | None]) -> Term | None:
    """The rule's own formula for the tangent of an operation several of whose operands vary."""
    if rule.tangent is None or sum(tangent is not None for tangent in tangents) < 2:
        return None
    given = [Number(0.0) if tangent is None else Leaf(tangent) for tangent in tangents]
    return rule.tangent(*_terms_of(op), *given)


def _terms_of(op: Op) -> tuple[Namespace | Leaf, ...]:
    library = "np" if op.operation.name.startswith("np.") else "math"
    return (Namespace(library), *map(Leaf, op.operands), Leaf(op.result))


def build(builder: Builder, tree: Term) -> Operand:
    """The value of a term, as IR."""
    match tree:
        case Leaf(operand):
            return operand
        case Number(value):
            return const(value)
        case Apply(name, operands):
            return builder.op(OPS[name], *(build(builder, operand) for operand in operands))
        case Mask(condition):
            return builder.op(OPS["select"], build(builder, condition), ONE, ZERO)
        case Choose():
            return _choice(builder, tree)
    raise TypeError(f"no term: {tree!r}")


def _choice(builder: Builder, tree: Choose) -> Operand:
    condition = build(builder, tree.condition)
    then, orelse = Builder(builder.origin), Builder(builder.origin)
    chosen, other = build(then, tree.then), build(orelse, tree.orelse)
    kind = join(chosen.type, other.type)
    assert kind is not None
    result, arms = Value(kind), (then.block(chosen), orelse.block(other))
    builder.add(If(condition, *arms, (result,), origin=builder.origin, form="ifexp"))
    return result


def scale(builder: Builder, cotangent: Operand, partial: Term | None) -> Operand | None:
    """cotangent × partial, or None where that is zero whatever the cotangent.

    Divisions are pushed under the cotangent, `(ct / b) * a` for `ct * (a / b)`, so that the two
    contributions of a quotient share `ct / b`; a mask drops the cotangent instead of scaling it.
    """
    match partial:
        case None | Number(0):
            return None
        case Number(1):
            return cotangent
        case Number(-1):
            return builder.op(OPS["neg"], cotangent)
        case Mask(condition):
            return builder.op(OPS["select"], build(builder, condition), cotangent, ZERO)
        case Apply("select", (condition, then, orelse)):
            held = build(builder, condition)
            arms = [scale(builder, cotangent, each) for each in (then, orelse)]
            return builder.op(OPS["select"], held, *(ZERO if a is None else a for a in arms))
        case Apply("neg", (inner,)):
            scaled = scale(builder, cotangent, inner)
            return None if scaled is None else builder.op(OPS["neg"], scaled)
        case Apply("mul", (inner, Mask(condition))):
            scaled = scale(builder, cotangent, inner)
            return None if scaled is None else scale(builder, scaled, Mask(condition))
        case Apply("mul", (inner, Apply("select") as choice)):
            scaled = scale(builder, cotangent, inner)
            return None if scaled is None else scale(builder, scaled, choice)
        case Apply("div" | "ieee_div" as name, (Number(numerator), divisor)):
            scaled = scale(builder, cotangent, Number(numerator))
            if scaled is None:
                return None
            return builder.op(OPS[name], scaled, build(builder, divisor))
        case Apply("div" | "ieee_div" as name, (numerator, divisor)):
            quotient = builder.op(OPS[name], cotangent, build(builder, divisor))
            return builder.op(OPS["mul"], quotient, build(builder, numerator))
        case _:
            return builder.op(OPS["mul"], build(builder, partial), cotangent)


# Where these have a pole, a partial derivative is infinite.
_SINGULAR = frozenset(
    {"div", "ieee_div", "pow", "ieee_pow", "math.pow", "np.power", "np.float_power", "ieee_log"}
)


def may_be_infinite(partial: Term | None, poles: bool = False) -> bool:
    """Whether a partial derivative may be infinite at a point where the operation is defined.

    `poles` leaves out quotients that are infinite by overflow alone.
    """
    match partial:
        case Apply(name, operands):
            singular = name in _SINGULAR and not (poles and name == "div")
            return singular or any(may_be_infinite(each, poles) for each in operands)
    return False
