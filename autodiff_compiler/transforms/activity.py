"""Which values take part in a derivative.

*Varied* values depend on the inputs asked about, *useful* ones reach the output; both through
operations that have a derivative. A value is *active* if it is both, and only active values get
tangents or cotangents. Both are settled by dataflow, with a fixpoint at loops, before anything is
built.
"""

from __future__ import annotations

from collections.abc import Iterable

from autodiff_compiler.ir.types import ArrayType, ScalarType, SequenceType, TupleType, Type
from autodiff_compiler.ir.values import Block, Call, If, Loop, Node, Op, Operand, Value
from autodiff_compiler.ops.record import Record, Zero


def differentiable(kind: Type) -> bool:
    """Whether values of a type can have a derivative at all."""
    match kind:
        case ScalarType():
            return kind.may_be_float
        case ArrayType():
            return kind.is_float
        case SequenceType():
            return differentiable(kind.element)
        case TupleType():
            return any(map(differentiable, kind.items))
        case _:
            return False


def active_values(block: Block, inputs: Iterable[Value]) -> set[Value]:
    """The values of a function's body that are varied by `inputs` and useful to its result."""
    varied = _Varied(set(inputs))
    varied.block(block)
    useful = _Useful(varied.found)
    useful.add(block.yields or ())
    useful.block(block)
    return useful.found


def transmits(op: Op) -> bool:
    """Whether an operation passes derivatives on from its operands to its result."""
    record = op.operation
    assert isinstance(record, Record)
    return not isinstance(record.rule, Zero) and differentiable(op.result.type)


class _Varied:
    def __init__(self, found: set[Value]) -> None:
        self.found = found

    def has(self, operands: Iterable[Operand]) -> bool:
        return any(operand in self.found for operand in operands)

    def mark(self, pairs: Iterable[tuple[Value, Operand]]) -> bool:
        """Mark each target whose source is varied; say whether anything was new."""
        new = {
            target
            for target, source in pairs
            if source in self.found and target not in self.found and differentiable(target.type)
        }
        self.found |= new
        return bool(new)

    def block(self, block: Block) -> None:
        for node in block.nodes:
            self.node(node)

    def node(self, node: Node) -> None:
        match node:
            case Op():
                if transmits(node) and self.has(node.operands):
                    self.found.add(node.result)
            case If():
                for arm in (node.then, node.orelse):
                    self.block(arm)
                    if arm.yields is not None:
                        self.mark(zip(node.results, arm.yields, strict=True))
            case Loop():
                self.mark(zip(node.args, node.inits, strict=True))
                self.mark(zip(node.elements, node.consumed, strict=True))
                body = Block(node.body, node.nexts + node.collects)
                self.block(body)
                while self.mark(zip(node.args, node.nexts, strict=True)):
                    self.block(body)
                self.mark(zip(node.finals, node.args, strict=True))
                self.mark(zip(node.sequences, node.collects, strict=True))
            case Call():
                raise TypeError("calls are inlined before differentiation")


class _Useful:
    """Among the varied values, those that reach what is asked for."""

    def __init__(self, varied: set[Value]) -> None:
        self.varied = varied
        self.found: set[Value] = set()

    def add(self, operands: Iterable[Operand]) -> bool:
        new = {
            operand
            for operand in operands
            if isinstance(operand, Value) and operand in self.varied and operand not in self.found
        }
        self.found |= new
        return bool(new)

    def mark(self, pairs: Iterable[tuple[Operand, Value]]) -> bool:
        """Mark each source whose target is useful."""
        return self.add([source for source, target in pairs if target in self.found])

    def block(self, block: Block) -> None:
        for node in reversed(block.nodes):
            self.node(node)

    def node(self, node: Node) -> None:
        match node:
            case Op():
                if node.result in self.found:
                    self.add(node.operands)
            case If():
                for arm in (node.then, node.orelse):
                    if arm.yields is not None:
                        self.mark(zip(arm.yields, node.results, strict=True))
                    self.block(arm)
            case Loop():
                self.mark(zip(node.nexts, node.finals, strict=True))
                self.mark(zip(node.collects, node.sequences, strict=True))
                # A carried value is useful after the loop, or to the next iteration.
                self.mark(zip(node.args, node.finals, strict=True))
                body = Block(node.body, node.nexts + node.collects)
                self.block(body)
                while self.mark(zip(node.nexts, node.args, strict=True)):
                    self.block(body)
                self.mark(zip(node.inits, node.args, strict=True))
                self.mark(zip(node.consumed, node.elements, strict=True))
            case Call():
                raise TypeError("calls are inlined before differentiation")
