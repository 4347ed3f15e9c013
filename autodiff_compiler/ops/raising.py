"""Which operations raise alike: on the same operands, and the same error."""

from __future__ import annotations

from autodiff_compiler.ir.values import Op

# Of the trigonometric functions, each raises on infinities alone, with one text.
_ALIKE = dict.fromkeys(("math.sin", "math.cos", "math.tan"), "infinite angle")


def raises_alike(a: Op, b: Op) -> bool:
    """Whether `b` raises just where `a` does, and what `a` does."""
    if a.operands != b.operands:
        return False
    if a.operation is b.operation:
        return a.attributes == b.attributes
    kind = _ALIKE.get(a.operation.name)
    return kind is not None and kind == _ALIKE.get(b.operation.name)
