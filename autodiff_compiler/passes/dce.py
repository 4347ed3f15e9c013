"""Dead code: what neither reaches a result nor may be noticed is not computed.

    %a = mul %x, %y
    %b = sin %a           →      %a = mul %x, %y
    return %a                    return %a

Mark and sweep over the whole block at once, through carried values, collections and what is
consumed: a value carried round a loop only for its own sake is dead. What may raise, warn or print
stays if it is the user's (a derivative statement that may raise is there for its value alone).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from autodiff_compiler.ir.lengths import Lengths, lengths_of
from autodiff_compiler.ir.operation import Effect
from autodiff_compiler.ir.values import (
    Block,
    Call,
    If,
    Loop,
    Node,
    Op,
    Operand,
    Value,
    results_of,
)
from autodiff_compiler.ir.walk import arguments_of, blocks_of
from autodiff_compiler.ops import effect_of
from autodiff_compiler.ops.raising import must_be_heard


def drop_dead(block: Block) -> Block:
    """The block without what nobody needs; the same block if it needs all of it."""
    marks = _Marks(lengths_of(block.nodes))
    marks.enter(block.nodes, None)
    marks.read(block.yields or ())
    marks.run()
    return _sweep(block, marks)


@dataclass
class _Marks:
    """What is needed. `owner` is the node that defines a value, `parent` the one it stands in."""

    lengths: Lengths

    def __post_init__(self) -> None:
        self.owner: dict[Value, Node] = {}
        self.parent: dict[Node, Node | None] = {}
        self.values: set[Value] = set()
        self.nodes: set[Node] = set()
        self.drives: set[tuple[Loop, int]] = set()  # consumed sequences kept to end a loop
        self.spaces: set[Loop] = set()
        self.waiting: list[Value] = []

    def enter(self, nodes: Iterable[Node], parent: Node | None) -> None:
        """Learn where everything is, and mark what may be noticed."""
        for node in nodes:
            self.parent[node] = parent
            for value in (*results_of(node), *arguments_of(node)):
                self.owner[value] = node
            for block in blocks_of(node):
                self.enter(block.nodes, node)
            if isinstance(node, Call) or (isinstance(node, Op) and _noticed(node)):
                self.node(node)

    def read(self, operands: Iterable[Operand]) -> None:
        for operand in operands:
            if isinstance(operand, Value) and operand not in self.values:
                self.values.add(operand)
                self.waiting.append(operand)

    def node(self, node: Node) -> None:
        """Mark a node as needed, with what it needs in order to run at all."""
        if node in self.nodes:
            return
        self.nodes.add(node)
        parent = self.parent[node]
        if parent is not None:
            self.node(parent)
        match node:
            case Op() | Call():
                self.read(node.operands)
            case If():
                self.read((node.condition,))
            case Loop():
                if node.test is not None:
                    self.read(node.test.yields or ())

    def run(self) -> None:
        while True:
            while self.waiting:
                self.value(self.waiting.pop())
            for node in [each for each in self.nodes if isinstance(each, Loop)]:
                self.driven(node)
            if not self.waiting:
                return

    def value(self, value: Value) -> None:
        node = self.owner.get(value)
        if node is None:
            return
        self.node(node)
        match node:
            case If():
                place = node.results.index(value)
                for arm in (node.then, node.orelse):
                    if arm.yields is not None:
                        self.read((arm.yields[place],))
            case Loop():
                for group in (node.args, node.finals):
                    if value in group:
                        place = group.index(value)
                        self.read((node.args[place], node.nexts[place], node.inits[place]))
                if value in node.elements:
                    self.read((node.consumed[node.elements.index(value)],))
                if value in node.sequences:
                    self.read((node.collects[node.sequences.index(value)],))

    def driven(self, node: Loop) -> None:
        """Keep enough of a loop's drivers for it to end where it ends."""
        trips, drivers = self.lengths.trips[node], self.lengths.drivers(node)
        spaces = 0 if node.space is None else 1
        for place, element in enumerate(node.elements):
            if element in self.values:
                self.drives.add((node, place))
        if node.index in self.values:
            self.spaces.add(node)
        kept = {drivers[spaces + place] for loop, place in self.drives if loop is node}
        if node in self.spaces:
            kept.add(drivers[0])
        single = node.test is None and trips in drivers
        for place, driver in enumerate(drivers):
            if driver in kept or (single and driver != trips):
                continue
            kept.add(driver)
            if place < spaces:
                self.spaces.add(node)
            else:
                self.drives.add((node, place - spaces))
        if node in self.spaces and node.space is not None:
            self.read((node.space.start, node.space.stop, node.space.step))
        self.read(
            operand for place, operand in enumerate(node.consumed) if (node, place) in self.drives
        )


def _noticed(op: Op) -> bool:
    """Whether the user could tell that an operation was left out."""
    effect = effect_of(op)
    if effect is Effect.ACTS:
        return True
    return op.origin.order == 0 and (effect is Effect.RAISES or must_be_heard(op))


def _sweep(block: Block, marks: _Marks) -> Block:
    nodes = tuple(_kept(node, marks) for node in block.nodes if node in marks.nodes)
    same = len(nodes) == len(block.nodes) and all(
        a is b for a, b in zip(nodes, block.nodes, strict=True)
    )
    return block if same else Block(nodes, block.yields)


def _kept(node: Node, marks: _Marks) -> Node:
    """A needed node with only what is needed of it."""
    match node:
        case Op() | Call():
            return node
        case If():
            kept = [place for place, each in enumerate(node.results) if each in marks.values]
            arms = []
            for arm in (node.then, node.orelse):
                swept = _sweep(arm, marks)
                if swept.yields is not None and len(kept) < len(swept.yields):
                    swept = Block(swept.nodes, tuple(swept.yields[place] for place in kept))
                arms.append(swept)
            if arms[0] is node.then and arms[1] is node.orelse and len(kept) == len(node.results):
                return node
            results = tuple(node.results[place] for place in kept)
            return replace(node, then=arms[0], orelse=arms[1], results=results)
        case Loop():
            return _kept_loop(node, marks)


def _kept_loop(node: Loop, marks: _Marks) -> Loop:
    carried = [
        place
        for place, (arg, final) in enumerate(zip(node.args, node.finals, strict=True))
        if arg in marks.values or final in marks.values
    ]
    drives = [place for place in range(len(node.consumed)) if (node, place) in marks.drives]
    gathered = [place for place, each in enumerate(node.sequences) if each in marks.values]
    body = _sweep(Block(node.body, ()), marks)
    test = node.test and _sweep(node.test, marks)
    index = node.index if node.index in marks.values else None
    space = node.space if node in marks.spaces else None
    trips = node.trips if node.trips in marks.values else None
    if (
        len(carried) == len(node.args)
        and len(drives) == len(node.consumed)
        and len(gathered) == len(node.sequences)
        and (body.nodes is node.body or body.nodes == node.body)
        and test is node.test
        and index is node.index
        and space is node.space
        and trips is node.trips
    ):
        return node
    return replace(
        node,
        inits=tuple(node.inits[place] for place in carried),
        args=tuple(node.args[place] for place in carried),
        nexts=tuple(node.nexts[place] for place in carried),
        finals=tuple(node.finals[place] for place in carried),
        body=body.nodes,
        space=space,
        index=index,
        consumed=tuple(node.consumed[place] for place in drives),
        elements=tuple(node.elements[place] for place in drives),
        collects=tuple(node.collects[place] for place in gathered),
        sequences=tuple(node.sequences[place] for place in gathered),
        test=test,
        trips=trips,
    )
