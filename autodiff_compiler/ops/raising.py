"""What the user notices of an operation besides its result: errors and warnings."""

from __future__ import annotations

import re

from autodiff_compiler.ir.types import ArrayType, Kind, may_hold
from autodiff_compiler.ir.values import Const, Op

# Of the trigonometric functions, each raises on infinities alone, with one text.
_ALIKE = dict.fromkeys(("math.sin", "math.cos", "math.tan"), "infinite angle")

_SILENT = {
    "neg", "pos", "abs", "lt", "le", "gt", "ge", "eq", "ne", "not", "select", "min", "max", "bound",
    "float", "bool", "np.float64", "getitem", "len", "item", "tuple", "pack", "as_list", "as_tuple",
    "zeros_like", "fill", "pad", "head", "print", "format", "raise", "assert",
}  # fmt: skip


def raises_alike(a: Op, b: Op) -> bool:
    """Whether `b` raises just where `a` does, and what `a` does."""
    if a.operands != b.operands:
        return False
    if a.operation is b.operation:
        return a.attributes == b.attributes
    kind = _ALIKE.get(a.operation.name)
    return kind is not None and kind == _ALIKE.get(b.operation.name)


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
    if any(isinstance(each.type, ArrayType) for each in (op.result, *op.operands)):
        last = op.operands[-1]
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
