"""Checks that a function is valid IR; says what was expected, what was found, and where.

Single definition, definition before use, region arity and types, each operation's type rule.
Every stage of the compiler is verified in tests, so that a broken pass is found where it broke.
"""

from __future__ import annotations

from collections.abc import Sequence

from autodiff_compiler.errors import VerificationError
from autodiff_compiler.ir.operation import Effect, OperandError
from autodiff_compiler.ir.types import BOOL, INT, NP_BOOL, ScalarType, SequenceType, Type, fits
from autodiff_compiler.ir.values import (
    Block,
    Call,
    Const,
    Function,
    If,
    Loop,
    Node,
    Op,
    Operand,
    Value,
    results_of,
)


def verify(function: Function) -> None:
    """Raise VerificationError if the function is not valid IR."""
    checker = _Checker(function.name)
    scope: set[Value] = set()
    for param in function.params:
        checker.define(param, scope)
    checker.expect(0 <= function.late <= len(function.params), "late exceeds the parameters")
    checker.block(function.body, scope)
    yields = function.body.yields
    checker.expect(yields is None or len(yields) == 1, "a function returns one operand")


class _Checker:
    """Walks one function; remembers every value ever defined, to find double definitions."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.defined: set[Value] = set()

    def fail(self, message: str) -> None:
        raise VerificationError(f"invalid IR in @{self.name}: {message}")

    def expect(self, condition: bool, message: str) -> None:
        if not condition:
            self.fail(message)

    def define(self, value: Value, scope: set[Value]) -> None:
        self.expect(value not in self.defined, f"{value!r} is defined twice")
        self.defined.add(value)
        scope.add(value)

    def read(self, operand: Operand, scope: set[Value], reader: str) -> None:
        if isinstance(operand, Value):
            why = "defined in another region" if operand in self.defined else "not defined"
            self.expect(operand in scope, f"{reader} reads {operand!r}, which is {why} here")
        else:
            self.expect(isinstance(operand, Const), f"{reader} reads a {type(operand)}")

    def block(self, block: Block, outer: set[Value]) -> set[Value]:
        scope = set(outer)
        for node in block.nodes:
            self.node(node, scope)
            for result in results_of(node):
                self.define(result, scope)
        if block.yields is None:
            last = block.nodes[-1] if block.nodes else None
            self.expect(last is not None and _never_ends(last), "a block without yields goes on")
        for operand in block.yields or ():
            self.read(operand, scope, "a yield")
        return scope

    def holds(self, what: str, expected: Sequence[Type], got: Sequence[Operand]) -> None:
        """Operands handed over by a region fit the values that receive them."""
        self.expect(
            len(expected) == len(got),
            f"{what}: expected {len(expected)} operands, got {len(got)}",
        )
        for place, (want, operand) in enumerate(zip(expected, got, strict=True)):
            self.expect(
                fits(operand.type, want),
                f"{what} {place}: expected {want}, got {operand!r} of type {operand.type}",
            )

    def condition(self, operand: Operand, what: str) -> None:
        self.expect(
            isinstance(operand.type, ScalarType)
            and operand.type.kinds <= BOOL.kinds | NP_BOOL.kinds,
            f"{what}: expected a bool, got {operand!r} of type {operand.type}",
        )

    def node(self, node: Node, scope: set[Value]) -> None:
        match node:
            case Op():
                for operand in node.operands:
                    self.read(operand, scope, node.operation.name)
                types = [operand.type for operand in node.operands]
                try:
                    expected = node.operation.infer(types, node.attributes)
                except OperandError as error:
                    self.fail(f"{node.operation.name}: {error}")
                # A result may be typed wider than its rule says: a pass that replaces a carried
                # value by its start narrows operands without touching what was built on them.
                self.expect(
                    fits(expected, node.result.type),
                    f"{node.operation.name}: its rule says {expected}, not {node.result!r}",
                )
            case Call():
                for operand in node.operands:
                    self.read(operand, scope, f"call @{node.callee.name}")
                params = [param.type for param in node.callee.params]
                self.holds(f"call @{node.callee.name}", params, node.operands)
            case If():
                self.read(node.condition, scope, "if")
                self.condition(node.condition, "if")
                wanted = [result.type for result in node.results]
                for word, arm in (("then", node.then), ("else", node.orelse)):
                    self.block(arm, scope)
                    if arm.yields is not None:
                        self.holds(f"if, {word}", wanted, arm.yields)
            case Loop():
                self.loop(node, scope)

    def loop(self, node: Loop, scope: set[Value]) -> None:
        driven = node.space is not None or bool(node.consumed) or node.test is not None
        self.expect(driven, "loop: neither a space, a consumed sequence nor a test ends it")
        self.expect(not (node.backwards and node.test), "loop: backwards excludes a test")
        self.expect((node.index is None) or (node.space is not None), "loop: index without space")
        if node.space is not None:
            for operand in (node.space.start, node.space.stop, node.space.step):
                self.read(operand, scope, "range")
                self.expect(operand.type == INT, f"range: expected int, got {operand!r}")
        for operand in (*node.inits, *node.consumed):
            self.read(operand, scope, "loop")
        carried = [arg.type for arg in node.args]
        self.holds("loop, init", carried, node.inits)
        inside = set(scope)
        for arg in node.args:
            self.define(arg, inside)
        if node.test is not None:
            self.block(node.test, inside)
            self.expect(
                node.test.yields is not None and len(node.test.yields) == 1,
                "loop: a test yields one bool",
            )
            self.condition((node.test.yields or ())[0], "loop, test")
        if node.index is not None:
            self.expect(node.index.type == INT, "loop: the index is an int")
            self.define(node.index, inside)
        self.expect(len(node.elements) == len(node.consumed), "loop: one element per sequence")
        for element, sequence in zip(node.elements, node.consumed, strict=True):
            kind = sequence.type
            if not isinstance(kind, SequenceType):
                self.fail(f"loop: consumes {sequence!r}, which is no sequence")
            else:
                self.expect(
                    fits(kind.element, element.type), f"loop: {element!r} from {sequence!r}"
                )
            self.define(element, inside)
        self.block(Block(node.body, node.nexts + node.collects), inside)
        self.holds("loop, next", carried, node.nexts)
        self.expect(
            [final.type for final in node.finals] == carried, "loop: finals typed as carried"
        )
        self.expect(len(node.sequences) == len(node.collects), "loop: one sequence per collect")
        for sequence, collected in zip(node.sequences, node.collects, strict=True):
            kind = sequence.type
            self.expect(
                isinstance(kind, SequenceType) and fits(collected.type, kind.element),
                f"loop: collects {collected!r} into {sequence!r}",
            )
        self.expect(node.trips is None or node.trips.type == INT, "loop: trips is an int")


def _never_ends(node: Node) -> bool:
    """Whether control never passes this node: it raises, or both its arms do."""
    match node:
        case Op():
            types = [operand.type for operand in node.operands]
            return node.operation.name == "raise" and node.operation.effect(types) is Effect.ACTS
        case If():
            return node.then.yields is None and node.orelse.yields is None
        case Loop() | Call():
            return False
