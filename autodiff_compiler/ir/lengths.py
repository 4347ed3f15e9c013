"""Which sequences are certainly of one length.

A loop ends with its shortest driver, so a loop that reverses another must be driven by something of
exactly that length. Lengths are compared as classes: two sequences of one class have one length.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from autodiff_compiler.ir.values import Call, If, Loop, Node, Op, Operand, Range, Value

_AS_LONG_AS_THE_FIRST = frozenset(
    {"len", "zeros_like", "index_add", "seq_add", "as_list", "as_tuple"}
)


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
    _walk(nodes, found)
    return found


def _walk(nodes: Iterable[Node], found: Lengths) -> None:
    for node in nodes:
        match node:
            case Op() if node.operation.name in _AS_LONG_AS_THE_FIRST:
                found.of[node.result] = found.sequence(node.operands[0])
            case If():
                _walk([*node.then.nodes, *node.orelse.nodes], found)
                _from_one_arm(node, found)
            case Loop():
                length = _trips(len(found.trips), node, found.drivers(node))
                found.trips[node] = length
                found.of |= dict.fromkeys(node.sequences, length)
                if node.trips is not None:
                    found.of[node.trips] = length
                _walk([*(node.test.nodes if node.test else ()), *node.body], found)
            case Op() | Call():
                pass


def _from_one_arm(node: If, found: Lengths) -> None:
    """A sequence that one arm hands out, and the other leaves empty, is as long as in that arm.

    Whoever reads it does so where that arm has run.
    """
    if node.then.yields is None or node.orelse.yields is None:
        return
    empty = {
        each.result
        for each in (*node.then.nodes, *node.orelse.nodes)
        if isinstance(each, Op) and each.operation.name == "empty"
    }
    for result, a, b in zip(node.results, node.then.yields, node.orelse.yields, strict=True):
        for handed, left in ((a, b), (b, a)):
            if left in empty:
                found.of[result] = found.sequence(handed)


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
