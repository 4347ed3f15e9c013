"""From the terms of a rule to IR: partial derivatives, and what they scale."""

from __future__ import annotations

from collections.abc import Sequence

from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import KIND_OF_DTYPE, ArrayType, Kind, Type, may_hold
from autodiff_compiler.ir.values import Op, Operand
from autodiff_compiler.ops import OPS
from autodiff_compiler.ops.record import Elementwise
from autodiff_compiler.ops.terms import Apply, Leaf, Mask, Namespace, Number, Term, library_of, term

ZERO = const(0.0)
ONE = const(1.0)


def partials_of(op: Op, rule: Elementwise) -> Sequence[Term | None]:
    """The partial derivatives of an operation, one per operand, as terms not yet built."""
    namespace = Namespace(library_of(op.operation.name), op.attributes)
    operands = [Leaf(operand) for operand in op.operands]
    found = rule.partials(namespace, *operands, Leaf(op.result))
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
        case Mask(Apply("not", (condition,))) if of_arrays(condition):
            return builder.op(OPS["select"], build(builder, condition), ZERO, cotangent)
        case Mask(condition):
            return builder.op(OPS["select"], build(builder, condition), cotangent, ZERO)
        case Apply("select", (condition, Number() as a, Number() as b)) if of_arrays(condition):
            # np.where(c, 0.5, 1.0) would be float64, whatever the cotangent is.
            arms = [scale(builder, cotangent, arm) or ZERO for arm in (a, b)]
            return builder.op(OPS["select"], build(builder, condition), *arms)
        case Apply("neg", (inner,)):
            scaled = scale(builder, cotangent, inner)
            return None if scaled is None else builder.op(OPS["neg"], scaled)
        case Apply("mul", (inner, Mask() as mask)):
            scaled = scale(builder, cotangent, inner)
            return None if scaled is None else scale(builder, scaled, mask)
        case Apply("mul", (inner, Apply("select") as choice)) if of_arrays(choice):
            scaled = scale(builder, cotangent, inner)
            return None if scaled is None else scale(builder, scaled, choice)
        case Apply("div" | "ieee_div" as name, (Number(numerator), divisor)):
            scaled = scale(builder, cotangent, Number(numerator))
            if scaled is None:
                return None
            return _applied(builder, name, scaled, fitted(builder, divisor, cotangent))
        case Apply("div" | "ieee_div" as name, (numerator, divisor)):
            quotient = _applied(builder, name, cotangent, fitted(builder, divisor, cotangent))
            return builder.op(OPS["mul"], quotient, fitted(builder, numerator, cotangent))
        case _:
            return builder.op(OPS["mul"], fitted(builder, partial, cotangent), cotangent)


def of_arrays(tree: Term) -> bool:
    """Whether an array takes part in a term."""
    match tree:
        case Leaf(operand):
            return isinstance(operand.type, ArrayType)
        case Apply(_, operands):
            return any(map(of_arrays, operands))
    return False


def fitted(builder: Builder, partial: Term, cotangent: Operand) -> Operand:
    """The value of a partial derivative, not in a higher precision than the cotangent.

    It may come out so where an operand is a number of Python's beside arrays of float32.
    """
    built = build(builder, partial)
    if _dtype(cotangent.type) == "float32" and _dtype(built.type) == "float64":
        return builder.op(OPS["astype"], built, attributes={"dtype": "float32"})
    return built


def _dtype(found: Type) -> str | None:
    """The dtype of an array or of NumPy's scalar; None for Python's numbers."""
    if isinstance(found, ArrayType):
        return found.dtype
    return next((dtype for dtype, kind in KIND_OF_DTYPE.items() if kind == found), None)


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
