"""From the terms of a rule to IR: partial derivatives, and what they scale."""

from __future__ import annotations

from collections.abc import Sequence

from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import Kind, may_hold
from autodiff_compiler.ir.values import Op, Operand
from autodiff_compiler.ops import OPS
from autodiff_compiler.ops.record import Elementwise
from autodiff_compiler.ops.terms import Apply, Leaf, Mask, Namespace, Number, Term, term

ZERO = const(0.0)
ONE = const(1.0)


def partials_of(op: Op, rule: Elementwise) -> Sequence[Term | None]:
    """The partial derivatives of an operation, one per operand, as terms not yet built."""
    library = "np" if op.operation.name.startswith("np.") else "math"
    operands = [Leaf(operand) for operand in op.operands]
    found = rule.partials(Namespace(library), *operands, Leaf(op.result))
    return [None if partial is None else term(partial) for partial in found]


def build(builder: Builder, tree: Term) -> Operand:
    """The value of a term, as IR."""
    match tree:
        case Leaf(operand):
            return operand
        case Number(value):
            return const(value)
        case Apply(name, operands):
            return _applied(builder, name, *(build(builder, operand) for operand in operands))
        case Mask(condition):
            return builder.op(OPS["select"], build(builder, condition), ONE, ZERO)
    raise TypeError(f"no term: {tree!r}")


def _applied(builder: Builder, name: str, *operands: Operand) -> Operand:
    """An operation of a rule. Not all of them take np.bool, which is a number to the rule."""
    try:
        return builder.op(OPS[name], *operands)
    except OperandError:
        numbers = [_as_number(builder, operand) for operand in operands]
        return builder.op(OPS[name], *numbers)


def _as_number(builder: Builder, operand: Operand) -> Operand:
    holds = may_hold(operand.type, _is_np_bool)
    return builder.op(OPS["np.float64"], operand) if holds else operand


def _is_np_bool(kind: Kind) -> bool:
    return kind is Kind.NP_BOOL


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
        case Apply("neg", (inner,)):
            scaled = scale(builder, cotangent, inner)
            return None if scaled is None else builder.op(OPS["neg"], scaled)
        case Apply("mul", (inner, Mask(condition))):
            scaled = scale(builder, cotangent, inner)
            return None if scaled is None else scale(builder, scaled, Mask(condition))
        case Apply("div" | "ieee_div" as name, (Number(numerator), divisor)):
            scaled = scale(builder, cotangent, Number(numerator))
            if scaled is None:
                return None
            return _applied(builder, name, scaled, build(builder, divisor))
        case Apply("div" | "ieee_div" as name, (numerator, divisor)):
            quotient = _applied(builder, name, cotangent, build(builder, divisor))
            return builder.op(OPS["mul"], quotient, build(builder, numerator))
        case _:
            return builder.op(OPS["mul"], build(builder, partial), cotangent)


# Where these have a pole, a partial derivative is infinite.
_SINGULAR = frozenset(
    {"div", "ieee_div", "pow", "ieee_pow", "math.pow", "np.power", "np.float_power", "ieee_log"}
)


def may_be_infinite(partial: Term | None) -> bool:
    """Whether a partial derivative may be infinite at a point where the operation is defined."""
    match partial:
        case Apply(name, operands):
            return name in _SINGULAR or any(map(may_be_infinite, operands))
    return False
