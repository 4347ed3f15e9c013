"""What a loop runs over: which of `range`, `enumerate`, `zip`, `reversed` its `for` is made of.

A space and a consumed sequence of one length need only one of the two, unless the index is read:

    loop %i in range(0, %n) consume (%x in %xs)        # %n = len %xs
        →  for x in xs:        for i, x in enumerate(xs):
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import Enum

from autodiff_compiler.ir.lengths import Lengths
from autodiff_compiler.ir.types import SequenceType
from autodiff_compiler.ir.values import Loop, Node, Operand, Range, Value
from autodiff_compiler.ir.walk import all_nodes, is_constant


class Direction(Enum):
    FORWARDS = "a"
    BACKWARDS = "reversed(a), zip(reversed(a), reversed(b))"
    LISTED = "reversed(list(zip(a, b)))"  # of unequal lengths, so cut to the shortest first


@dataclass(frozen=True)
class Header:
    """`space`: the range is among what is iterated over; `enumerates`: the index counts instead.

    `operands` are all that is read, in the order of evaluation.
    """

    space: Range | None
    enumerates: bool
    direction: Direction
    operands: tuple[Operand, ...]


def header_of(loop: Loop, lengths: Lengths, read: Container[Value]) -> Header:
    """How to write the loop, given which values are read at all."""
    space, enumerates = loop.space, False
    if space is not None and loop.consumed:
        long_enough = lengths.space(space) in map(lengths.sequence, loop.consumed)
        counts_from_0 = is_constant(space.start, 0) and is_constant(space.step, 1)
        if long_enough and loop.index not in read:
            space = None
        elif long_enough and counts_from_0:
            space, enumerates = None, True
    direction = Direction.FORWARDS
    if loop.backwards:
        drivers = [lengths.sequence(operand) for operand in loop.consumed]
        if space is not None:
            drivers.append(lengths.space(space))
        uniform = len(set(drivers)) == 1 and not enumerates
        direction = Direction.BACKWARDS if uniform else Direction.LISTED
    return Header(space, enumerates, direction, (*bounds_of(space), *loop.consumed))


def add_rows(lengths: Lengths, nodes: Iterable[Node]) -> None:
    """Length classes for the rows of sequences of sequences: two rows that one iteration saved
    are as long as each other, if the sequences saved were, wherever they are taken out together."""
    loops = [node for node in all_nodes(nodes) if isinstance(node, Loop)]
    saved = {
        sequence: (loop, collected)
        for loop in loops
        for sequence, collected in zip(loop.sequences, loop.collects, strict=True)
        if isinstance(collected.type, SequenceType)
    }
    for loop in loops:
        for element, operand in zip(loop.elements, loop.consumed, strict=True):
            if isinstance(operand, Value) and operand in saved:
                saving, collected = saved[operand]
                lengths.of[element] = (loop, saving, lengths.sequence(collected))


def bounds_of(space: Range | None) -> tuple[Operand, ...]:
    """The arguments of `range`, without a start of 0 or a step of 1."""
    if space is None:
        return ()
    if not is_constant(space.step, 1):
        return (space.start, space.stop, space.step)
    if not is_constant(space.start, 0):
        return (space.start, space.stop)
    return (space.stop,)
