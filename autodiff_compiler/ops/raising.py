"""What the user notices of an operation besides its result: errors and warnings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from autodiff_compiler.ir.operation import Effect
from autodiff_compiler.ir.types import FLOAT, ArrayType, Kind, may_hold
from autodiff_compiler.ir.values import Const, Op, Operand, Value

# Of the trigonometric functions, each raises on infinities alone, with one text.
_ALIKE = dict.fromkeys(("math.sin", "math.cos", "math.tan"), "infinite angle")

_DIVISIONS = ("div", "floordiv", "mod")

_SILENT = {
    "neg", "pos", "abs", "lt", "le", "gt", "ge", "eq", "ne", "not", "select", "min", "max", "bound",
    "float", "bool", "np.float64", "getitem", "len", "item", "tuple", "pack", "as_list", "as_tuple",
    "zeros_like", "fill", "pad", "head", "print", "format", "raise", "assert",
    "flatten", "regroup", "concat", "repeat", "fold", "slice", "slice_add", "contains",
}  # fmt: skip


def raises_alike(a: Op, b: Op) -> bool:
    """Whether `b` raises just where `a` does, and what `a` does."""
    if a.operands != b.operands:
        return False
    if a.operation is b.operation:
        return a.attributes == b.attributes
    kind = _ALIKE.get(a.operation.name)
    return kind is not None and kind == _ALIKE.get(b.operation.name)


def raises_late(derived: Op, primal: Op, makers: Mapping[Value, Op]) -> bool:
    """Whether a derivative's operation may raise just because nobody has waited for `primal` to
    raise something else: a partial derivative of x % y has x // y in it.

    That is so where what it raises for depends on an operand or the result of `primal`. `makers`
    are what made the values that it may depend on.
    """
    if _same_quotient(derived, primal):
        return False
    concerned = {primal.result, *primal.operands}
    waiting, seen = list(_raises_for(derived)), set[Operand]()
    while waiting:
        operand = waiting.pop()
        if operand in seen or not isinstance(operand, Value):
            continue
        if operand in concerned:
            return True
        seen.add(operand)
        maker = makers.get(operand)
        # What a derivative computes may have been found among what the user does.
        if maker is not None and (maker.origin.order > 0 or _may_raise(maker)):
            waiting.extend(_raises_for(maker) if _may_raise(maker) else maker.operands)
    return False


def _raises_for(op: Op) -> Sequence[Operand]:
    return op.operands[1:] if op.operation.name in _DIVISIONS else op.operands


def _may_raise(op: Op) -> bool:
    return op.operation.effect([each.type for each in op.operands]) is Effect.RAISES


def _same_quotient(a: Op, b: Op) -> bool:
    """Whether both are divisions of Python's floats by one number, which raise with one text."""
    names = {a.operation.name, b.operation.name}
    return names == {"div"} and a.operands[1] is b.operands[1] and a.operands[1].type == FLOAT


# What warns of arrays whose elements are ordinary numbers. The rest (sums, products, exp) does so
# where they overflow only, for which no line is spent.
_WARNS_OF_ARRAYS = re.compile(
    r"div|ieee_div|floordiv|mod|pow|ieee_pow|ieee_log"
    r"|np\.(divide|true_divide|floor_divide|mod|fmod|remainder|power|float_power|reciprocal|sqrt"
    r"|log\w*|arcsin|arccos|arccosh|arctanh|mean|var|std|average|linalg\.\w+)"
)


def may_warn(op: Op) -> bool:
    """Whether the operation may warn, as NumPy's scalars do where Python's raise."""
    if op.operation.name in _SILENT:
        return False
    of_arrays = any(isinstance(each.type, ArrayType) for each in (op.result, *op.operands))
    if of_arrays or op.origin.silent:
        last = op.operands[-1] if op.operands else None
        if isinstance(last, Const) and op.operation.name in ("div", "ieee_div", "pow", "np.power"):
            is_power = op.operation.name in ("pow", "np.power")
            harmless = type(last.value) is int and last.value >= 0
            return is_power and not harmless
        return _WARNS_OF_ARRAYS.fullmatch(op.operation.name) is not None
    return any(may_hold(each.type, _warns) for each in (op.result, *op.operands))


def must_be_heard(op: Op) -> bool:
    """Whether an operation is kept for its warnings alone, though nobody reads its result."""
    return may_warn(op) and not op.origin.silent


def _warns(kind: Kind) -> bool:
    return kind.is_numpy and kind is not Kind.NP_BOOL
