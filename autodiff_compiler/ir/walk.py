"""Walking and rewriting the IR: what a node reads and defines, substitution, copying."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

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
    Range,
    Value,
    results_of,
)


def operands_of(node: Node) -> tuple[Operand, ...]:
    """What a node reads in the block it stands in, in order; not what its regions read."""
    match node:
        case Op() | Call():
            return node.operands
        case If():
            return (node.condition,)
        case Loop():
            space = node.space
            bounds = () if space is None else (space.start, space.stop, space.step)
            return bounds + node.inits + node.consumed


def blocks_of(node: Node) -> tuple[Block, ...]:
    """The regions of a node, each as a block."""
    match node:
        case Op() | Call():
            return ()
        case If():
            return (node.then, node.orelse)
        case Loop():
            body = Block(node.body, node.nexts + node.collects)
            return (body,) if node.test is None else (node.test, body)


def arguments_of(node: Node) -> tuple[Value, ...]:
    """The values that a node defines inside its regions."""
    match node:
        case Op() | Call() | If():
            return ()
        case Loop():
            index = () if node.index is None else (node.index,)
            return index + node.args + node.elements


def depth_of(nodes: Iterable[Node]) -> int:
    """How many regions stand in one another, the outermost block included."""
    level, depth = list(nodes), 0
    while level:
        depth += 1
        level = [each for node in level for block in blocks_of(node) for each in block.nodes]
    return depth


def all_nodes(nodes: Iterable[Node]) -> Iterator[Node]:
    """Every node, regions included, in order of appearance (a region after its node)."""
    # Not by generators in one another, which hand every node on through all regions around it.
    open_regions = [iter(nodes)]
    while open_regions:
        for node in open_regions[-1]:
            yield node
            inside = [each for block in blocks_of(node) for each in block.nodes]
            if inside:
                open_regions.append(iter(inside))
                break
        else:
            open_regions.pop()


def values_read(nodes: Iterable[Node], yields: Iterable[Operand] = ()) -> list[Value]:
    """Every read of a value, regions included, once per read."""
    found: list[Value] = []
    _collect_reads(nodes, yields, found)
    return found


def _collect_reads(nodes: Iterable[Node], yields: Iterable[Operand], found: list[Value]) -> None:
    for node in nodes:
        found += [operand for operand in operands_of(node) if isinstance(operand, Value)]
        for block in blocks_of(node):
            _collect_reads(block.nodes, block.yields or (), found)
    found += [operand for operand in yields if isinstance(operand, Value)]


def values_defined(nodes: Iterable[Node]) -> Iterator[Value]:
    """Every value defined by these nodes or inside their regions."""
    for node in all_nodes(nodes):
        yield from results_of(node)
        yield from arguments_of(node)


def free_values(nodes: Iterable[Node], yields: Iterable[Operand] = ()) -> list[Value]:
    """The values read here and defined elsewhere, each once, in order of first reading."""
    nodes = tuple(nodes)
    defined = set(values_defined(nodes))
    return list(dict.fromkeys(v for v in values_read(nodes, yields) if v not in defined))


def map_blocks(node: Node, change: Callable[[Block], Block]) -> Node:
    """The node with each region changed; the same object where no region changed.

    A loop's body is handed over as one block that yields the nexts and then the collects.
    """
    match node:
        case Op() | Call():
            return node
        case If():
            then, orelse = change(node.then), change(node.orelse)
            if then is node.then and orelse is node.orelse:
                return node
            return replace(node, then=then, orelse=orelse)
        case Loop():
            test = node.test and change(node.test)
            old = Block(node.body, node.nexts + node.collects)
            new = change(old)
            if new is old and test is node.test:
                return node
            assert new.yields is not None
            carried = len(node.nexts)
            return replace(
                node,
                test=test,
                body=new.nodes,
                nexts=new.yields[:carried],
                collects=new.yields[carried:],
            )


def map_operands(node: Node, change: Callable[[Operand], Operand]) -> Node:
    """The node with each operand that it reads itself changed; regions are left alone."""
    old = operands_of(node)
    new = tuple(map(change, old))
    if all(a is b for a, b in zip(old, new, strict=True)):
        return node
    match node:
        case Op() | Call():
            return replace(node, operands=new)
        case If():
            return replace(node, condition=new[0])
        case Loop():
            space = node.space
            if space is not None:
                space, new = Range(*new[:3]), new[3:]
            carried = len(node.inits)
            return replace(node, space=space, inits=new[:carried], consumed=new[carried:])


def substitute(block: Block, mapping: Mapping[Value, Operand]) -> Block:
    """The block with every read of a mapped value replaced, regions included."""
    if not mapping:
        return block

    def change(operand: Operand) -> Operand:
        return mapping.get(operand, operand) if isinstance(operand, Value) else operand

    def walk(block: Block) -> Block:
        nodes = tuple(map_blocks(map_operands(node, change), walk) for node in block.nodes)
        yields = block.yields and tuple(map(change, block.yields))
        same = all(a is b for a, b in zip(nodes, block.nodes, strict=True))
        if same and all(a is b for a, b in zip(yields or (), block.yields or (), strict=True)):
            return block
        return Block(nodes, yields)

    return walk(block)


def copy_nodes(
    nodes: Iterable[Node], mapping: dict[Value, Operand], keep_names: bool = True
) -> tuple[Node, ...]:
    """The nodes once more, defining new values. `mapping` is read and extended with them."""

    def read(operand: Operand) -> Operand:
        return mapping.get(operand, operand) if isinstance(operand, Value) else operand

    def define(value: Value) -> Value:
        new = Value(value.type, value.name if keep_names else None, value.stem)
        mapping[value] = new
        return new

    def copy_block(block: Block) -> Block:
        nodes = tuple(map(copy, block.nodes))
        return Block(nodes, block.yields and tuple(map(read, block.yields)))

    def copy(node: Node) -> Node:
        node = map_operands(node, read)
        match node:
            case Op() | Call():
                return replace(node, result=define(node.result))
            case If():
                node = map_blocks(node, copy_block)
                assert isinstance(node, If)
                return replace(node, results=tuple(map(define, node.results)))
            case Loop():
                args = tuple(map(define, node.args))
                index = node.index and define(node.index)
                elements = tuple(map(define, node.elements))
                node = map_blocks(node, copy_block)
                assert isinstance(node, Loop)
                return replace(
                    node,
                    args=args,
                    index=index,
                    elements=elements,
                    finals=tuple(map(define, node.finals)),
                    sequences=tuple(map(define, node.sequences)),
                    trips=node.trips and define(node.trips),
                )

    return tuple(map(copy, nodes))


def callees(function: Function) -> list[Function]:
    """The IR functions that this one calls, directly or not, each once, callees first."""
    found: dict[Function, None] = {}

    def visit(current: Function) -> None:
        for node in all_nodes(current.body.nodes):
            if isinstance(node, Call) and node.callee not in found:
                visit(node.callee)
                found[node.callee] = None

    visit(function)
    return list(found)


def is_constant(operand: Operand, value: object) -> bool:
    """Whether the operand is this very number: 0.0 and -0.0 differ, 1 and 1.0 do too."""
    return (
        isinstance(operand, Const)
        and type(operand.value) is type(value)
        and repr(operand.value) == repr(value)
    )
