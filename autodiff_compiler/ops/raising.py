"""What the user notices of an operation besides its result: errors and warnings."""

from __future__ import annotations

from autodiff_compiler.ir.types import Kind, may_hold
from autodiff_compiler.ir.values import Op

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


def may_warn(op: Op) -> bool:
    """Whether the operation may warn, as NumPy's scalars do where Python's raise."""
    if op.operation.name in _SILENT:
        return False
    return any(may_hold(each.type, _warns) for each in (op.result, *op.operands))


def _warns(kind: Kind) -> bool:
    return kind in (Kind.NP_INT, Kind.NP_FLOAT)
