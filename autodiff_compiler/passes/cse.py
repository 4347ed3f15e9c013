"""Common subexpressions: the same operation on the same operands is computed once.

    %a = mul %x, %y                     %a = mul %x, %y
    %b = mul %y, %x         →           %c = add %a, %a
    %c = add %a, %b

What stands in an outer block is known inside; what stands in an arm or a body is not known outside.
Two fresh objects are never one, and a derivative statement never stands in for one of the user's.
What the user wrote twice warns twice where it may warn; where it raises, it raises the first time.
"""

from __future__ import annotations

from collections.abc import Hashable

from autodiff_compiler.ir.operation import Effect
from autodiff_compiler.ir.types import SequenceType, fits
from autodiff_compiler.ir.values import Block, Node, Op, Operand, Value
from autodiff_compiler.ops import creation, effect_of
from autodiff_compiler.ops.estimate import estimated_weight
from autodiff_compiler.ops.raising import may_warn
from autodiff_compiler.passes.rewrite import Rewriter

_COMMUTE = frozenset({"add", "mul"})
# One of two equal arrays would have to be copied before it is written.
_MADE_TO_BE_WRITTEN = frozenset(creation.RECORDS)


def share_common(block: Block, known: tuple[Node, ...] = ()) -> Block:
    """Merge equal operations. `known` are nodes whose results the block may read."""
    return _Sharing(known).block(block)


class _Sharing(Rewriter):
    def __init__(self, known: tuple[Node, ...]) -> None:
        self.seen: dict[Hashable, Op] = {}
        super().__init__(known)

    def see(self, node: Node) -> None:
        if isinstance(node, Op) and (key := _key(node)) is not None:
            self.seen.setdefault(key, node)

    def region(self, block: Block) -> Block:
        outside = dict(self.seen)
        # A sign is written again rather than looked up in another region.
        self.seen = {key: op for key, op in outside.items() if op.operation.name != "neg"}
        block = self.block(block)
        self.seen = outside
        return block

    def op(self, op: Op) -> Op | Operand:
        key = _key(op)
        before = self.seen.get(key) if key is not None else None
        if before is None or before is op or _stays(op, before):
            return op
        return before.result if fits(before.result.type, op.result.type) else op


def _stays(op: Op, before: Op) -> bool:
    """Whether an operation is kept though an equal one stands before it.

    What the user wrote twice stays written twice unless it is dear and silent, and a sign is not
    worth a name.
    """
    if before.origin.order > op.origin.order:
        return True
    if op.origin.order == 0:
        return may_warn(op) or estimated_weight(op) <= 1
    return op.operation.name == "neg" and before.origin.order == 0


def _key(op: Op) -> Hashable:
    """What two operations must have in common to be one, or None for those that never are."""
    if op.operation.fresh or effect_of(op) is Effect.ACTS:
        return None
    if isinstance(op.result.type, SequenceType):
        # Sequences are objects: one may be written in place while the other is still read.
        return None
    if op.operation in _MADE_TO_BE_WRITTEN and op.origin.order == 0:
        return None
    operands: tuple[Operand, ...] = op.operands
    if op.operation.name in _COMMUTE:
        operands = tuple(sorted(operands, key=lambda each: (isinstance(each, Value), id(each))))
        if not isinstance(operands[0], Value):
            operands = tuple(sorted(op.operands, key=lambda each: isinstance(each, Value)))
    return op.operation, operands, tuple(sorted(op.attributes.items()))
