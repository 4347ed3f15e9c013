"""Which sequences are certainly of one length.

A loop ends with its shortest driver, so a loop that reverses another must be driven by something of
exactly that length. Lengths are compared as classes: two sequences of one class have one length.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from autodiff_compiler.ir.values import Loop, Node, Op, Operand, Range, Value
from autodiff_compiler.ir.walk import all_nodes

_AS_LONG_AS_THE_FIRST = frozenset({"zeros_like", "index_add", "seq_add", "as_list", "as_tuple"})


@dataclass(frozen=True)
class Trips:
    """The number of iterations of a loop; at most the length of each of `bounds`."""

    loop: int
    bounds: frozenset[Hashable]


@dataclass
class Lengths:
    """Length classes of the sequences, and of the iteration counts, of some nodes."""

    of: dict[Value, Hashable]
    trips: dict[Loop, Hashable]

    def sequence(self, operand: Operand) -> Hashable:
        if isinstance(operand, Value):
            return self.of.get(operand, operand)
        return operand

    def space(self, space: Range) -> Hashable:
        """The length of a range. `range(0, n)` is n; the trip count of a loop is its class."""
        start, stop, step = space.start, space.stop, space.step
        if _is(start, 0) and _is(step, 1) and isinstance(stop, Value) and stop in self.of:
            return self.of[stop]
        return (start, stop, step)

    def drivers(self, loop: Loop) -> list[Hashable]:
        """The length of each driver of a loop: its space first, then what it consumes."""
        space = [] if loop.space is None else [self.space(loop.space)]
        return space + [self.sequence(operand) for operand in loop.consumed]


def lengths_of(nodes: Iterable[Node]) -> Lengths:
    """Length classes for everything defined in these nodes, regions included."""
    found = Lengths({}, {})
    for number, node in enumerate(all_nodes(nodes)):
        match node:
            case Op() if node.operation.name in _AS_LONG_AS_THE_FIRST:
                found.of[node.result] = found.sequence(node.operands[0])
            case Op() if node.operation.name == "len":
                found.of[node.result] = found.sequence(node.operands[0])
            case Loop():
                length = _trips(number, node, found.drivers(node))
                found.trips[node] = length
                found.of |= dict.fromkeys(node.sequences, length)
                if node.trips is not None:
                    found.of[node.trips] = length
    return found


def _trips(number: int, loop: Loop, drivers: list[Hashable]) -> Hashable:
    distinct = frozenset(drivers)
    if loop.test is None:
        if len(distinct) == 1:
            return drivers[0]
        for driver in drivers:
            # A driver that is another loop's count bounds whatever bounded that loop.
            if isinstance(driver, Trips) and distinct - {driver} <= driver.bounds:
                return driver
    return Trips(number, distinct)


def _is(operand: Operand, number: int) -> bool:
    return not isinstance(operand, Value) and operand.value == number
