"""Puts a function into the shape that it is written in, before anything is decided about text.

A function with late parameters is parted in two: what can run before they arrive, and the pullback.
A structure returned right after a branch moves into its arms, so that each arm returns:

    r_bar, s_bar = if c { yield a, b } else { yield d, e }      result = if c { yield (a, b) }
    return (r_bar, s_bar)                                                 else { yield (d, e) }
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from autodiff_compiler.ir.values import (
    Block,
    Function,
    If,
    Node,
    Op,
    Operand,
    Value,
    results_of,
)
from autodiff_compiler.ir.walk import values_read


@dataclass(frozen=True)
class Part:
    """Nodes and what is returned after them; None where they always raise."""

    nodes: tuple[Node, ...]
    result: Operand | None


@dataclass(frozen=True)
class Parts:
    """What runs when the function is called, and the pullback that it returns, if any."""

    outer: Part
    pullback: Part | None
    late: tuple[Value, ...]


def parts_of(function: Function) -> Parts:
    yields = function.body.yields
    result = None if yields is None else yields[0]
    whole = Part(function.body.nodes, result)
    if function.late == 0 or result is None:
        return Parts(_returning_in_arms(whole), None, ())
    late = function.params[len(function.params) - function.late :]
    outer, inner = _parted(whole, late)
    return Parts(outer, _returning_in_arms(inner), late)


def _parted(whole: Part, late: Sequence[Value]) -> tuple[Part, Part]:
    """The nodes that don't wait for the late parameters, and those that do.

    A node waits if it depends on a late parameter. What is made anew for each call of the pullback
    (an accumulator it adds to, the structure it returns) waits too if nothing else needs it.
    """
    pair = next(node for node in whole.nodes if whole.result in results_of(node))
    assert isinstance(pair, Op) and pair.operation.name == "tuple", "a pullback stands in a pair"
    value, cotangents = pair.operands
    nodes = [node for node in whole.nodes if node is not pair]
    waiting: set[Value] = set(late)
    inner: set[Node] = set()
    for node in nodes:
        if any(each in waiting for each in values_read([node])):
            inner.add(node)
            waiting.update(results_of(node))
    needed = {value} | {each for node in nodes if node not in inner for each in values_read([node])}
    for node in reversed(nodes):
        if node in inner or any(result in needed for result in results_of(node)):
            continue
        if isinstance(node, Op) and (node.operation.fresh or node.operation.name in _NEW_EACH_TIME):
            inner.add(node)
            others = (n for n in nodes if n not in inner)
            needed = {value} | {each for n in others for each in values_read([n])}
    outer = tuple(node for node in nodes if node not in inner)
    return Part(outer, value), Part(tuple(n for n in nodes if n in inner), cotangents)


_NEW_EACH_TIME = frozenset({"tuple", "np.zeros_like"})


def _returning_in_arms(part: Part) -> Part:
    """With a structure that is built from a branch's results built in its arms instead."""
    if len(part.nodes) < 2:
        return part
    branch, last = part.nodes[-2:]
    if not (
        isinstance(branch, If)
        and branch.form == "if"
        and isinstance(last, Op)
        and last.operation.name == "tuple"
        and last.result is part.result
        and branch.results
        and dissolves(branch)
        and set(branch.results) <= set(last.operands)
    ):
        return part

    def ending(arm: Block) -> Block:
        if arm.yields is None:
            return arm
        handed = dict(zip(branch.results, arm.yields, strict=True))
        operands = tuple(
            handed.get(each, each) if isinstance(each, Value) else each for each in last.operands
        )
        whole = replace(last, operands=operands, result=Value(last.result.type))
        return Block((*arm.nodes, whole), (whole.result,))

    result = Value(last.result.type)
    merged = replace(
        branch, then=ending(branch.then), orelse=ending(branch.orelse), results=(result,)
    )
    return Part((*part.nodes[:-2], merged), result)


def dissolves(branch: If) -> bool:
    """Whether the results of a branch may be returned from its arms: not if the user named them."""
    return branch.origin.order > 0 or all(result.name is None for result in branch.results)


def returns_in_arms(nodes: Sequence[Node], result: Operand | None) -> If | None:
    """The last node, if it is a branch whose arms return its only result."""
    if not nodes or result is None:
        return None
    last = nodes[-1]
    if isinstance(last, If) and last.form == "if" and last.results == (result,) and dissolves(last):
        return last
    return None
