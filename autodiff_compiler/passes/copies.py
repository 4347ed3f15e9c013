"""Results are arrays of their own: copied where they would be somebody else's, and only there.

%a = mul 2.0, %x        →  %a = mul 2.0, %x
%b = own %a                return %a
return %b

%b = own %x             →  %b = own %x        (x is an argument)
return %b                  return %b
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from autodiff_compiler.ir.types import ArrayType
from autodiff_compiler.ir.values import Block, If, Loop, Node, Op, Operand, Value, results_of
from autodiff_compiler.ir.walk import all_nodes, map_blocks, substitute, values_read
from autodiff_compiler.ops import may_share_memory


def drop_needless_copies(body: Block) -> Block:
    """Drop the copies of arrays that are new, and those that are not returned."""
    nodes = list(all_nodes(body.nodes))
    copies = [node for node in nodes if isinstance(node, Op) and node.operation.name == "own"]
    if not copies:
        return body
    made = {result: node for node in nodes for result in results_of(node)}
    uses = Counter(values_read(body.nodes, body.yields or ()))
    returned = set(_returned(body, made))
    handed = Counter(copy.operands[0] for copy in copies if copy.result in returned)
    handed.update(value for value in returned if isinstance(value, Value))
    instead: dict[Value, Operand] = {}
    for copy in copies:
        source = copy.operands[0]
        alone = handed[source] == 1 and is_new(source, made, uses, set())
        if copy.result not in returned or alone:
            instead[copy.result] = source
    if not instead:
        return body
    dropped = set(instead)
    # A copy of a copy: follow to the source.
    for result in instead:
        while instead[result] in dropped:
            instead[result] = instead[instead[result]]  # type: ignore[index]
    return substitute(_without(body, dropped), instead)


_RESHAPED = frozenset(
    {"np.transpose", "np.swapaxes", "np.moveaxis", "np.reshape", "reshape_like", "np.squeeze"}
    | {"np.expand_dims", "np.ravel"}
)


def _without(block: Block, dropped: set[Value]) -> Block:
    nodes: list[Node] = []
    for node in block.nodes:
        if isinstance(node, Op) and node.result in dropped:
            continue
        nodes.append(map_blocks(node, lambda inside: _without(inside, dropped)))
    return replace(block, nodes=tuple(nodes))


def _returned(body: Block, made: dict[Value, Node]) -> Iterable[Operand]:
    """What a function returns: its result, or the items of a structure that it returns."""
    waiting = list(body.yields or ())
    while waiting:
        operand = waiting.pop()
        yield operand
        node = made.get(operand) if isinstance(operand, Value) else None
        if isinstance(node, Op) and node.operation.name == "tuple":
            waiting += node.operands


def is_new(
    operand: Operand, made: dict[Value, Node], uses: Counter[Value], seen: set[Value]
) -> bool:
    """Whether a value is an array that was made here, and is part of nothing else."""
    if not isinstance(operand, Value) or not isinstance(operand.type, ArrayType):
        return False
    if operand in seen:
        return True  # a loop's own carried value: as new as what it starts from
    seen.add(operand)
    match made.get(operand):
        case Op() as op:
            if not may_share_memory(op):
                return True
            # An array that nobody else looks at, in another shape, is as good.
            base = op.operands[0] if op.operation.name in _RESHAPED else None
            alone = isinstance(base, Value) and uses[base] == 1
            return alone and base is not None and is_new(base, made, uses, seen)
        case If() as node:
            place = node.results.index(operand)
            arms = [arm.yields for arm in (node.then, node.orelse) if arm.yields is not None]
            return all(_hands_over(yields[place], made, uses, seen) for yields in arms)
        case Loop() as node if operand in node.finals:
            place = node.finals.index(operand)
            seen.add(node.args[place])
            parts = (node.inits[place], node.nexts[place])
            return all(_hands_over(each, made, uses, seen) for each in parts)
    return False


def _hands_over(
    operand: Operand, made: dict[Value, Node], uses: Counter[Value], seen: set[Value]
) -> bool:
    """Whether a region hands on a new array that it hands to one place only."""
    if operand in seen:
        return True
    return isinstance(operand, Value) and uses[operand] == 1 and is_new(operand, made, uses, seen)
