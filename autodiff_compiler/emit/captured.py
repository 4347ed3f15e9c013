"""Copies of the lists that a pullback reads later, where somebody else may change them by then,
and of the arrays that the function finds outside.

    return total, pullback        →        xs = list(xs)
                                           return total, pullback

The pullback is that of the point it was made at, whatever the caller does afterwards to a list it
passed or got back. Lists that nobody outside has seen, such as saved values, are not copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from autodiff_compiler.emit.shape import Parts
from autodiff_compiler.ir.builder import Builder
from autodiff_compiler.ir.types import (
    ArrayType,
    Fields,
    SequenceType,
    TupleType,
    Type,
    holds_array,
)
from autodiff_compiler.ir.values import Block, Call, If, Loop, Node, Op, Operand, Value
from autodiff_compiler.ir.walk import all_nodes, free_values, substitute
from autodiff_compiler.ops import OPS, may_share_memory
from autodiff_compiler.ops.captured import captured_of, is_captured


def with_own_lists(parts: Parts, params: Sequence[Value]) -> Parts:
    """The parts of a function; the pullback's lists are its own."""
    inner, outer = parts.pullback, parts.outer
    if inner is None:
        return parts
    read = free_values(inner.nodes, () if inner.result is None else (inner.result,))
    captured = [value for value in read if holds_list(value.type) and value not in parts.late]
    objects = [node.result for node in all_nodes(outer.nodes) if is_captured(node)]
    seen = _connected(outer.nodes, [*params, *objects, outer.result])
    build = Builder()
    copies: dict[Value, Operand] = {
        value: _copy(build, value, value.name) for value in captured if value in seen
    }
    outside = _found_outside(outer.nodes)
    copies |= {
        value: _copy_array(build, value, outside[value]) if holds_array(value.type) else value
        for value in read
        if value in outside and value not in copies
    }
    if not copies:
        return parts
    block = substitute(Block(inner.nodes, (inner.result,) if inner.result else ()), copies)
    result = block.yields[0] if block.yields else None
    return replace(
        parts,
        outer=replace(outer, nodes=(*outer.nodes, *build.nodes)),
        pullback=replace(inner, nodes=block.nodes, result=result),
    )


def _found_outside(nodes: Iterable[Node]) -> dict[Value, str]:
    """Arrays that the function finds outside, and their parts and views, with a name for each."""
    found: dict[Value, str] = {}
    for node in all_nodes(nodes):
        if not isinstance(node, Op) or not holds_array(node.result.type):
            continue
        if is_captured(node):
            found[node.result] = captured_of(node.attributes).name
        elif node.operands and node.operands[0] in found:
            if node.operation.name == "item" or may_share_memory(node):
                assert isinstance(node.operands[0], Value)
                found[node.result] = node.result.name or found[node.operands[0]]
    return found


def _copy_array(build: Builder, value: Value, name: str) -> Operand:
    """The array, or every array in a structure, as it is now."""
    if isinstance(value.type, ArrayType):
        return build.op(OPS["own"], value, name=f"{name}_saved")
    if isinstance(value.type, TupleType):
        parts = []
        for place in range(len(value.type.items)):
            part = build.op(OPS["item"], value, attributes={"index": place})
            parts.append(_copy_array(build, part, name) if holds_array(part.type) else part)
        return build.op(OPS["tuple"], *parts, attributes={"container": value.type.container})
    return _copy(build, value, f"{name}_saved")


def holds_list(kind: Type) -> bool:
    """Whether a value of this type is a list or has one in it."""
    match kind:
        case SequenceType(element=element, container=container):
            return container == "list" or holds_list(element)
        case TupleType(items=items, container=container):
            if isinstance(container, Fields) and container.kind != "dict":
                return False  # a record is copied by the interface, which knows its class
            return container == "list" or any(map(holds_list, items))
    return False


def _connected(nodes: Sequence[Node], roots: Iterable[Operand | None]) -> set[Operand | None]:
    """What may share a list with one of the roots."""
    beside: dict[Operand, list[Operand]] = {}
    for node in all_nodes(nodes):
        for a, b in _sharing(node):
            if holds_list(a.type) and holds_list(b.type):
                beside.setdefault(a, []).append(b)
                beside.setdefault(b, []).append(a)
    found: set[Operand | None] = set()
    waiting = list(roots)
    while waiting:
        operand = waiting.pop()
        if operand is not None and operand not in found:
            found.add(operand)
            waiting.extend(beside.get(operand, ()))
    return found


def _sharing(node: Node) -> Iterator[tuple[Operand, Operand]]:
    """Pairs of a node's operands and results that may have a list in common."""
    match node:
        case Op():
            deep = not isinstance(node.result.type, SequenceType) or holds_list(
                node.result.type.element
            )
            if deep or not node.operation.fresh:
                yield from ((node.result, operand) for operand in node.operands)
        case If():
            for arm in (node.then, node.orelse):
                yield from zip(node.results, arm.yields or (), strict=False)
        case Loop():
            for others in (node.inits, node.nexts, node.finals):
                yield from zip(node.args, others, strict=True)
            for pairs in ((node.consumed, node.elements), (node.sequences, node.collects)):
                yield from zip(*pairs, strict=True)
        case Call():
            yield from ((node.result, each) for each in node.operands)


def _copy(build: Builder, value: Operand, name: str | None = None) -> Operand:
    """The value with new lists in place of all that are in it."""
    if not holds_list(value.type):
        return value
    match value.type:
        case SequenceType(element=element, container=container):
            if not holds_list(element):
                return build.op(OPS["as_list"], value, name=name)
            inside, item = Builder(build.origin), Value(element)
            copied = _copy(inside, item)
            named = name if container == "list" else None
            (whole,) = build.collect(inside, (copied,), (named,), ((item, value),))
            return whole if container == "list" else build.op(OPS["as_tuple"], whole, name=name)
        case TupleType(items=items, container=container):
            parts = [
                _copy(build, build.op(OPS["item"], value, attributes={"index": place}))
                for place in range(len(items))
            ]
            attributes = {"container": container}
            return build.op(OPS["tuple"], *parts, name=name, attributes=attributes)
    raise TypeError(f"no list in {value.type}")
