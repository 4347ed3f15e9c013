"""Branches and loops that do less than they say.

a result that is the same in both arms    →  that value
a branch on a constant                    →  the arm that runs
a carried value handed on unchanged       →  what it started from
one sequence consumed, or collected twice →  once
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autodiff_compiler.ir.types import fits
from autodiff_compiler.ir.values import Block, Const, If, Loop, Node, Operand, Value
from autodiff_compiler.ir.walk import substitute
from autodiff_compiler.passes.rewrite import Rewriter

Rewritten = tuple[Sequence[Node], dict[Value, Operand]]


def simplify_control(block: Block) -> Block:
    """Simplify the branches and loops of a block, innermost first."""
    return _Control().block(block)


class _Control(Rewriter):
    def branch(self, node: If) -> Rewritten:
        if isinstance(node.condition, Const):
            arm = node.then if node.condition.value else node.orelse
            if arm.yields is not None:
                return arm.nodes, dict(zip(node.results, arm.yields, strict=True))
        if node.then.yields is None or node.orelse.yields is None:
            return (node,), {}
        pairs = zip(node.results, node.then.yields, node.orelse.yields, strict=True)
        instead = {result: a for result, a, b in pairs if a == b and result is not a}
        if not instead:
            return (node,), {}
        kept = [place for place, result in enumerate(node.results) if result not in instead]
        then, orelse = (
            Block(arm.nodes, tuple((arm.yields or ())[place] for place in kept))
            for arm in (node.then, node.orelse)
        )
        results = tuple(node.results[place] for place in kept)
        return (replace(node, then=then, orelse=orelse, results=results),), instead

    def loop(self, node: Loop) -> Rewritten:
        node, instead = _once(node)
        steady = {
            place
            for place, (arg, following, init) in enumerate(
                zip(node.args, node.nexts, node.inits, strict=True)
            )
            if following is arg or (isinstance(init, Const) and following == init)
        }
        if not steady:
            return (node,), instead
        for place in steady:
            instead[node.args[place]] = instead[node.finals[place]] = node.inits[place]
        kept = [place for place in range(len(node.args)) if place not in steady]
        within = {node.args[place]: node.inits[place] for place in steady}
        body = substitute(Block(node.body, (*node.nexts, *node.collects)), within)
        assert body.yields is not None
        nexts, collects = body.yields[: len(node.nexts)], body.yields[len(node.nexts) :]
        changed = replace(
            node,
            inits=tuple(node.inits[place] for place in kept),
            args=tuple(node.args[place] for place in kept),
            nexts=tuple(nexts[place] for place in kept),
            finals=tuple(node.finals[place] for place in kept),
            collects=collects,
            body=body.nodes,
            test=node.test and substitute(node.test, within),
        )
        return (changed,), instead


def _once(node: Loop) -> tuple[Loop, dict[Value, Operand]]:
    """Consume each sequence once, and collect each value once."""
    elements: dict[Operand, Value] = {}
    within: dict[Value, Operand] = {}
    for sequence, element in zip(node.consumed, node.elements, strict=True):
        first = elements.setdefault(sequence, element)
        if first is not element:
            within[element] = first
    sequences: dict[Operand, Value] = {}
    instead: dict[Value, Operand] = {}
    for collected, gathered in zip(node.collects, node.sequences, strict=True):
        first = sequences.setdefault(collected, gathered)
        if first is not gathered and fits(first.type, gathered.type):
            instead[gathered] = first
    if not within and not instead:
        return node, {}
    body = substitute(Block(node.body, (*node.nexts, *node.collects)), within)
    assert body.yields is not None
    kept = [place for place, each in enumerate(node.sequences) if each not in instead]
    collects = body.yields[len(node.nexts) :]
    return (
        replace(
            node,
            body=body.nodes,
            nexts=body.yields[: len(node.nexts)],
            consumed=tuple(elements),
            elements=tuple(elements.values()),
            collects=tuple(collects[place] for place in kept),
            sequences=tuple(node.sequences[place] for place in kept),
        ),
        instead,
    )
