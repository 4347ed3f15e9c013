"""Decides what becomes a statement and what is part of the expression that reads it.

    %t = add %x, %y
    %u = mul 0.5, %t     →    u = 0.5 * (x + y)

A value may be written where it is read if that is its only read, in the same block. Pure operations
may be evaluated later than they stand; those that may raise or act keep their order exactly. Each
block is scanned from its end, with a cursor on the last effect that no statement has taken yet: an
operation with an effect becomes part of a statement only if the cursor is on it, going through the
statement's operands in the reverse of the order in which Python evaluates them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from autodiff_compiler.emit.carried import deferred
from autodiff_compiler.emit.counting import Facts
from autodiff_compiler.emit.shape import Part, returns_in_arms
from autodiff_compiler.emit.spelling import (
    Shape,
    Use,
    literal,
    read,
    record_of,
    shape_of,
)
from autodiff_compiler.ir.operation import Effect
from autodiff_compiler.ir.types import ScalarType, SequenceType, holds_array
from autodiff_compiler.ir.values import (
    UNKNOWN,
    Call,
    Const,
    If,
    Loop,
    Node,
    Op,
    Operand,
    Origin,
    Value,
    results_of,
)
from autodiff_compiler.ir.walk import all_nodes, values_defined, values_read
from autodiff_compiler.ops import effect_of, may_share_memory
from autodiff_compiler.ops.captured import is_captured
from autodiff_compiler.ops.raising import raises_late

WIDTH = 88
INDENT = 4


@dataclass
class Schedule:
    """What was decided.

    `folded` values are written where they are read. `choices` are branches written as
    expressions, `tests` loops whose test is one, `comprehensions` loops that are. `shapes` say
    how the operations are written.
    """

    facts: Facts
    folded: set[Value] = field(default_factory=set)
    choices: set[If] = field(default_factory=set)
    tests: set[Loop] = field(default_factory=set)
    comprehensions: set[Loop] = field(default_factory=set)
    shapes: dict[Op, Shape] = field(default_factory=dict)


def schedule(parts: Sequence[Part], facts: Facts, width: int) -> Schedule:
    """Decide for all parts of a function; no line should be wider than `width`."""
    made = Schedule(facts)
    scheduler = _Scheduler(made, width)
    for op in respelled(parts, facts):
        made.folded.add(op.result)
        scheduler.shape(op)
    for depth, part in enumerate(parts, start=1):
        yields = () if part.result is None else (part.result,)
        # What comes before a pullback does not return on its own: the pullback is still to come.
        end = _End.RETURN if part is parts[-1] else _End.EXPRESSION
        scheduler.block(part.nodes, yields, INDENT * depth, end)
    return made


def respelled(parts: Sequence[Part], facts: Facts) -> list[Op]:
    """Parts and views of arguments, written again wherever they are read: `x[i]`, `x.T`, `p["w"]`.

    Arguments never change, nor does what is found outside of the function, so these may be read at
    any time; they cost nothing. Nor does `i + 1` of a loop's index.
    """
    found: dict[Value, Op] = {}
    indices: set[Value] = set()
    defined = {value for part in parts for value in values_defined(part.nodes)}
    for part in parts:
        for node in all_nodes(part.nodes):
            if isinstance(node, Loop) and node.index is not None:
                indices.add(node.index)
            if not isinstance(node, Op) or node in facts.dead or node.result.name is not None:
                continue
            if _counts_on(node, indices) and facts.uses[node.result] > 0:
                found[node.result] = node
                continue
            if is_captured(node):
                found[node.result] = node
                continue
            source, *places = node.operands or (None,)
            if not isinstance(source, Value) or (source in defined and source not in found):
                continue
            if not all(place in indices or place in found for place in places):
                continue
            if reads_argument(node) and facts.uses[node.result] > 0:
                found[node.result] = node
    return list(found.values())


def _counts_on(op: Op, indices: set[Value]) -> bool:
    """Whether it is a loop's index and a small number, added."""
    if op.operation.name not in ("add", "sub") or op.operands[0] not in indices:
        return False
    return isinstance(op.operands[1], Const) and type(op.operands[1].value) is int


def reads_argument(op: Op) -> bool:
    """Whether an operation only names a part of its operand, or looks at it in another way."""
    name = op.operation.name
    if name == "item":
        return holds_array(op.result.type)
    if name == "get":
        number = isinstance(op.result.type, ScalarType)
        return (number or may_share_memory(op)) and effect_of(op) is Effect.PURE
    return name in ("np.transpose", "np.swapaxes") and "property" in op.attributes


def repeats_condition(node: If) -> bool:
    """`c and a` and `c or a`: the condition is also what one arm gives."""
    arm = {"and": node.orelse, "or": node.then}.get(node.form)
    return (
        arm is not None
        and not arm.nodes
        and arm.yields == (node.condition,)
        and isinstance(node.condition, Value)
    )


class _End(Enum):
    """What happens to a block's yields."""

    RETURN = "return a"
    MOVE = "x = a"
    EXPRESSION = "the block is an expression"


@dataclass
class _Mood:
    """Whether a statement has an operation whose warnings must be heard, or must not: it cannot
    have both."""

    loud: bool = False
    quiet: bool = False


@dataclass
class _Root:
    """What takes up values: a node, or the block's yields, one by one. Where it stands, how much
    room it has left, and the mood of the statement that it is part of."""

    position: int
    room: int
    mood: _Mood
    origin: Origin = UNKNOWN
    end: _End | None = None
    sums: bool = False  # a sum of contributions to a cotangent


class _Scheduler:
    """Schedules the blocks of one function, inner ones first."""

    def __init__(self, made: Schedule, width: int) -> None:
        self.made = made
        self.facts = made.facts
        self.width = width
        self.shapes = made.shapes

    def block(
        self, nodes: Sequence[Node], yields: Sequence[Operand], indent: int, end: _End
    ) -> bool:
        """Schedule a block and the regions in it. Whether all of it became its yields."""
        last = returns_in_arms(nodes, yields[0]) if end is _End.RETURN and yields else None
        self.regions(nodes, indent, last)
        return _Scan(self, nodes, () if last else yields, indent, end).run()

    def regions(self, nodes: Sequence[Node], indent: int, returning: If | None = None) -> None:
        """Schedule the regions of the nodes; each once."""
        for node in nodes:
            if node not in self.facts.dead:
                self.regions_of(node, indent, node is returning)

    def regions_of(self, node: Node, indent: int, returning: bool) -> None:
        inside = indent + INDENT
        match node:
            case If():
                self.branch(node, inside, returning)
            case Loop():
                if node.test is not None:
                    yields = node.test.yields or ()
                    if self.block(node.test.nodes, yields, inside, _End.EXPRESSION):
                        self.made.tests.add(node)
                self.regions(node.body, inside)
                if not self.comprehension(node, indent):
                    _Scan(self, node.body, node.nexts, inside, _End.MOVE, node.args).run()
            case Op() | Call():
                pass

    def branch(self, node: If, indent: int, returning: bool) -> None:
        end = _End.RETURN if returning else _End.MOVE
        simple = not returning and node.form != "if" and len(node.results) == 1
        if simple:
            end = _End.EXPRESSION
        for arm in (node.then, node.orelse):
            yields = self.facts.handed(arm.yields, node.results) if arm.yields else ()
            simple &= self.block(arm.nodes, yields, indent, end) and bool(yields)
        if simple and self.choice_width(node) <= self.width - indent:
            self.made.choices.add(node)
            if repeats_condition(node):
                assert isinstance(node.condition, Value)
                self.facts.uses[node.condition] -= 1

    def comprehension(self, node: Loop, indent: int) -> bool:
        """Whether the loop does nothing but collect one expression, so that it is written as a
        list comprehension. The direction of such a loop doesn't matter, if it has no effect."""
        counts = node.trips is not None and self.facts.uses[node.trips] > 0
        if node.args or node.test is not None or counts or len(node.sequences) != 1:
            return False
        collected = self.facts.handed(node.collects, node.sequences)
        if not collected or (node.backwards and node in self.facts.effects):
            return False
        before = set(self.made.folded)
        if _Scan(self, node.body, collected, indent + INDENT, _End.EXPRESSION).run():
            self.made.comprehensions.add(node)
            return True
        self.made.folded.clear()
        self.made.folded.update(before)
        return False

    def is_barrier(self, node: Node) -> bool:
        """A statement with a body, past which expressions are not moved."""
        match node:
            case If():
                return node not in self.made.choices
            case Loop():
                return node not in self.made.comprehensions
            case Op() | Call():
                return False

    def has_text(self, node: Node) -> bool:
        """Whether there is a string in a node's text, or in that of a node inside it."""
        ops = (each for each in all_nodes([node]) if isinstance(each, Op))
        return any(self.shape(op).has_text for op in ops)

    # ------------------------------------------------------------------ widths

    def shape(self, op: Op) -> Shape:
        found = self.shapes.get(op)
        if found is None:
            names = [
                literal(each) if isinstance(each, Const) else read("x") for each in op.operands
            ]
            found = self.shapes[op] = shape_of(op, names)
        return found

    def node_width(self, node: Node) -> int:
        """How wide a node's own text is, its operands being names or constants."""
        match node:
            case Op():
                shape = self.shape(node)
                return shape.width + sum(width_of(node.operands[place]) for place in shape.order)
            case Call():
                return len(node.callee.name) + sum(width_of(each) + 2 for each in node.operands)
            case If():
                return self.choice_width(node)
            case Loop():
                return 20 + sum(map(width_of, (*self.facts.headers[node].operands, *node.collects)))

    def choice_width(self, node: If) -> int:
        width = 9 + width_of(node.condition)
        for arm in (node.then, node.orelse):
            width += sum(map(width_of, arm.yields or ()))
            for each in arm.nodes:
                if results_of(each)[0] in self.made.folded:
                    width += self.node_width(each) - width_of(results_of(each)[0])
        return width


def width_of(operand: Operand) -> int:
    """How wide an operand is, as long as its variable has no name."""
    if isinstance(operand, Const):
        return len(operand.name or repr(operand.value))
    return len(operand.name or "pq")


class _Scan:
    """The scan of one block, from its end."""

    def __init__(
        self,
        scheduler: _Scheduler,
        nodes: Sequence[Node],
        yields: Sequence[Operand],
        indent: int,
        end: _End,
        args: Sequence[Value] = (),
    ) -> None:
        self.scheduler = scheduler
        self.facts = scheduler.facts
        self.folded = scheduler.made.folded
        self.nodes = [node for node in nodes if node not in self.facts.dead]
        self.yields = yields
        self.room = scheduler.width - indent
        self.end = end
        self.where = {
            result: place for place, node in enumerate(self.nodes) for result in results_of(node)
        }
        self.effects = [
            place for place, node in enumerate(self.nodes) if node in self.facts.effects
        ]
        self.barriers = [
            place for place, node in enumerate(self.nodes) if scheduler.is_barrier(node)
        ]
        self.args = args
        self.deferred = deferred(self.nodes, args, yields, self.facts.uses) if args else set()

    def run(self) -> bool:
        self.take_yields()
        whole = True
        for place in range(len(self.nodes) - 1, -1, -1):
            node = self.nodes[place]
            results = results_of(node)
            if results and results[0] in self.folded:
                continue
            whole = False
            if self.effects and self.effects[-1] == place:
                self.effects.pop()
            self.take_operands(node, self.root_at(place, node), Use.ONCE)
        return whole

    def root_at(self, place: int, node: Node) -> _Root:
        if self.scheduler.is_barrier(node):
            room = self.room - 10 - sum(map(width_of, self.facts.reads_of(node)))
        else:
            results = results_of(node)
            room = self.room - self.scheduler.node_width(node) - 3 - sum(map(width_of, results))
        sums = node.origin.order > 0 and isinstance(node, Op) and node.operation.name == "add"
        mood = _Mood(node in self.facts.loud, node in self.facts.quiet)
        return _Root(place, room, mood, node.origin, sums=sums)

    def take_yields(self) -> None:
        position = len(self.nodes)
        mood = _Mood()
        room = self.room - sum(map(width_of, self.yields)) - 8
        shared = _Root(position, room, mood, end=self.end)
        for operand in reversed(self.yields):
            root = shared
            if self.args and operand not in self.deferred:
                continue  # it is assigned where it stands
            if self.end is _End.MOVE:
                room = self.room - width_of(operand) - 10
                root = _Root(position, room, mood, end=self.end)
            self.take(operand, root, Use.ONCE)

    def take_operands(self, node: Node, root: _Root, use: Use) -> None:
        """Take what can be taken of a node's operands, last evaluated first."""
        if isinstance(node, Op):
            shape = self.scheduler.shape(node)
            for place in reversed(shape.order):
                self.take(node.operands[place], root, use | shape.uses[place])
            return
        for operand in reversed(self.facts.reads_of(node)):
            self.take(operand, root, use)

    def take(self, operand: Operand, root: _Root, use: Use) -> None:
        """Make the operand part of the root's statement, if that is allowed and reads well."""
        place = self.where.get(operand) if isinstance(operand, Value) else None
        if place is None or operand in self.folded:
            return
        assert isinstance(operand, Value)
        node = self.nodes[place]
        if (
            self.facts.uses[operand] != 1
            or Use.REPEATED in use
            or not self.may_move(node, place, root, use)
            or not self.should_move(node, place, operand, root)
        ):
            return
        grown = self.scheduler.node_width(node) - width_of(operand)
        if grown > max(root.room, 0):
            return
        root.room -= grown
        root.mood.loud |= node in self.facts.loud
        root.mood.quiet |= node in self.facts.quiet
        self.folded.add(operand)
        if self.effects and self.effects[-1] == place:
            self.effects.pop()
        self.take_operands(node, root, use)

    def may_move(self, node: Node, place: int, root: _Root, use: Use) -> bool:
        """Whether evaluating the node where the root stands means the same."""
        if self.scheduler.is_barrier(node):
            return False
        if isinstance(node, Op):
            shape = self.scheduler.shape(node)
            if record_of(node).spelling.updates or shape.is_statement:
                return False
        if Use.IN_TEXT in use and self.scheduler.has_text(node):
            return False
        loud, quiet = node in self.facts.loud, node in self.facts.quiet
        if (root.mood.quiet and loud) or (root.mood.loud and quiet):
            return False
        if self.changed_between(node, place, root.position):
            return False
        if node in self.facts.effects:
            if self.raises_instead(node, place, root.position):
                return False
            return Use.SOMETIMES not in use and bool(self.effects) and self.effects[-1] == place
        return True

    def changed_between(self, node: Node, place: int, end: int) -> bool:
        """Whether a sequence, or an array, that the node reads may be changed before the root
        reads it."""
        read = values_read([node])
        sequences = {v for v in read if isinstance(v.type, SequenceType) or holds_array(v.type)}
        if not sequences:
            return False
        for between in self.nodes[place + 1 : end]:
            if self.scheduler.is_barrier(between):
                return True
            if isinstance(between, Op) and record_of(between).spelling.updates:
                written = between.operands[0]
                if written in sequences or self.facts.memory.overlap(written, sequences):
                    return True
        return False

    def raises_instead(self, node: Node, place: int, end: int) -> bool:
        """Whether a derivative's operation between might raise what the node should have."""
        between = set(all_nodes(self.nodes[place + 1 : end]))
        derived = [each for each in self.facts.derived if each in between]
        primals = [each for each in all_nodes([node]) if isinstance(each, Op)] if derived else []
        makers = self.facts.makers
        return any(raises_late(each, primal, makers) for each in derived for primal in primals)

    def should_move(self, node: Node, place: int, value: Value, root: _Root) -> bool:
        """Whether the text reads better with the node inside the root's statement."""
        if value in self.deferred:
            return True
        if any(place < barrier < root.position for barrier in self.barriers):
            return False
        if value.name is None:
            return True
        if node.origin.order == 0:
            return False
        same = node.origin.statement == root.origin.statement
        return root.end in (_End.RETURN, _End.EXPRESSION) or (root.sums and same)
