"""Simplification. Each pass is a function from valid IR to valid IR that means the same.

A pass returns the same object where it changed nothing, so that running them until nothing changes
is cheap to detect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autodiff_compiler.ir.values import Block, Function, Node
from autodiff_compiler.passes.algebra import settle_signs, simplify_algebra
from autodiff_compiler.passes.control import simplify_control
from autodiff_compiler.passes.copies import drop_needless_copies
from autodiff_compiler.passes.cse import share_common
from autodiff_compiler.passes.dce import drop_dead
from autodiff_compiler.passes.inline import inline_calls
from autodiff_compiler.passes.raising import drop_repeated_errors
from autodiff_compiler.passes.sink import sink_sums

ROUNDS = 8  # each round exposes less; this is a bound for safety, not a budget

__all__ = [
    "clean",
    "drop_dead",
    "drop_needless_copies",
    "drop_repeated_errors",
    "finish",
    "inline_calls",
    "optimise",
    "settle_signs",
    "share_common",
    "simplify_algebra",
    "simplify_control",
    "sink_sums",
]


def clean(block: Block, known: Sequence[Node] = ()) -> Block:
    """Simplify a block until nothing changes. `known` are nodes whose results it may read."""
    for _ in range(ROUNDS):
        before = block
        block = simplify_algebra(block, tuple(known))
        block = share_common(block, tuple(known))
        block = simplify_control(block)
        block = drop_dead(block)
        block = sink_sums(block)
        if block is before:
            break
    return block


def optimise(function: Function) -> Function:
    """Simplify a whole function; the same object if there was nothing to do."""
    body = clean(inline_calls(function.body))
    return function if body is function.body else replace(function, body=body)


def finish(function: Function) -> Function:
    """What is done once, when nothing will be differentiated or simplified any more."""
    body = drop_repeated_errors(drop_dead(settle_signs(function.body)))
    body = drop_needless_copies(body)
    return function if body is function.body else replace(function, body=body)
