"""From the terms of a rule to IR: partial derivatives, and what they scale."""

from __future__ import annotations

from collections.abc import Sequence

from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import FLOAT, KIND_OF_DTYPE, ArrayType, Kind, Type, join, may_hold
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
    library_of,
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
    terms = [Number(0.0) if tangent is None else Leaf(tangent) for tangent in tangents]
    found = rule.tangent(*_terms_of(op), *terms)
    given = [tangent for tangent in tangents if tangent is not None]
    if any(isinstance(each.type, ArrayType) for each in (op.result, *op.operands, *given)):
        # Of arrays all arms are computed, and a sum of two precisions has no type.
        alike = all(each.type == FLOAT or _agree(each, op.result) for each in given)
        return found if alike and not _chooses(found) else None
    return found


def _agree(a: Operand, b: Operand) -> bool:
    return _dtype(a.type) is not None and _dtype(a.type) == _dtype(b.type)


def _chooses(tree: Term) -> bool:
    match tree:
        case Choose():
            return True
        case Apply(_, operands):
            return any(map(_chooses, operands))
    return False


def _terms_of(op: Op) -> tuple[Namespace | Leaf, ...]:
    namespace = Namespace(library_of(op.operation.name), op.attributes)
    return (namespace, *map(Leaf, op.operands), Leaf(op.result))


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
        case Apply("select", (condition, then, orelse)) if is_shared_out(partial):
            # np.where(c, 0.5, 1.0) would be float64, whatever the cotangent is.
            held = build(builder, condition)
            arms = [scale(builder, cotangent, each) for each in (then, orelse)]
            return builder.op(OPS["select"], held, *(ZERO if a is None else a for a in arms))
        case Apply("neg", (inner,)):
            scaled = scale(builder, cotangent, inner)
            return None if scaled is None else builder.op(OPS["neg"], scaled)
        case Apply("mul", (inner, Mask() as mask)):
            scaled = scale(builder, cotangent, inner)
            return None if scaled is None else scale(builder, scaled, mask)
        case Apply("mul", (inner, Apply("select") as choice)) if is_shared_out(choice):
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


def is_shared_out(choice: Apply) -> bool:
    """Whether a factor of a choice goes into its arms: not where both would be multiplied by it."""
    return any(map(_of_numbers, choice.operands[1:]))


def _of_numbers(tree: Term) -> bool:
    match tree:
        case Number() | Mask():
            return True
        case Apply("select", (_, then, orelse)):
            return _of_numbers(then) and _of_numbers(orelse)
    return False


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


def may_be_infinite(partial: Term | None, poles: bool = False) -> bool:
    """Whether a partial derivative may be infinite at a point where the operation is defined.

    `poles` leaves out quotients that are infinite by overflow alone.
    """
    match partial:
        case Apply(name, operands):
            singular = name in _SINGULAR and not (poles and name == "div")
            return singular or any(may_be_infinite(each, poles) for each in operands)
    return False
