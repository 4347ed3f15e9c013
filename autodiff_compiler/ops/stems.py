"""What a value that the source does not name is called, after the operation that computes it."""

from __future__ import annotations

from collections.abc import Iterable

from autodiff_compiler.ir.values import Node, Op, Value

_STEMS = {
    "add": "s", "sub": "d", "mul": "p", "div": "q", "ieee_div": "q", "floordiv": "q",
    "mod": "r", "lt": "below", "le": "below", "gt": "above", "ge": "above", "eq": "same",
    "ne": "differs", "len": "n", "pack": "items", "sum": "total", "sum_from": "total",
    "zeros_like": "zeros", "seq_add": "sums", "fill": "items", "pad": "padded",
    "select": "chosen", "item": "part", "tuple": "parts", "format": "text", "getitem": "element",
    "flatten": "items", "regroup": "rows", "concat": "items", "repeat": "items", "slice": "items",
    "fold": "sums", "contains": "found", "slice_add": "sums",
}  # fmt: skip
_SHORT = {
    "pow": "power", "ieee_pow": "power", "ieee_log": "log", "round_to": "rounded", "sum": "total",
    "zeros_like": "zeros", "expand_like": "whole", "own": "copy", "get": "part", "set": "updated",
    "add_at": "updated", "matmul": "product", "astype": "cast",
}  # fmt: skip
# Where nothing follows, the names of builtins are left to them.
_ALONE = {"abs": "size", "max": "top", "min": "low", "all": "every", "any": "some",
    "round": "rounded"}  # fmt: skip


def stem_of(op: Op, first: str | None) -> str:
    """What to name an operation's result after; `first` is the name of its first operand."""
    name = op.operation.name
    if name == "bound":
        return str(op.attributes["name"])
    if name == "getitem" and first and len(first.partition("_")[0]) > 1:
        plural, tail = first.partition("_")[0], first.partition("_")[1:]
        return plural.removesuffix("s") + "".join(tail)
    if name in _STEMS:
        return _STEMS[name]
    stem = name.rpartition(".")[2]
    stem = _SHORT.get(stem, stem)
    return f"{stem}_{first}" if first and len(first) < 12 else _ALONE.get(stem, stem)


def stems_of(nodes: Iterable[Node]) -> dict[Value, str]:
    """The stems of the unnamed results among these nodes; not of what is inside their regions."""
    found: dict[Value, str] = {}
    for node in nodes:
        if isinstance(node, Op) and node.result.name is None:
            first = node.operands[0].name if node.operands else None
            found[node.result] = node.result.stem or stem_of(node, first)
    return found
