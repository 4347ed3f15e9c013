"""Whole Jacobians: one sweep for each number of the input, or of the output.

The forward sweep stands in the text once. What takes a sweep per element of an array or list is a
loop over unit vectors; numbers by themselves go without a loop. The result has the structure of the
output, with that of the inputs in the place of each of its leaves, and a leaf has the shape of the
output's followed by that of the input's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from autodiff_compiler.errors import SignatureError
from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.types import (
    INT,
    ArrayType,
    Dim,
    Fields,
    ScalarType,
    SequenceType,
    TupleType,
    Type,
    plain,
)
from autodiff_compiler.ir.values import Block, Function, Op, Operand, Origin, Range, Value
from autodiff_compiler.ir.walk import all_nodes, copy_nodes, values_read
from autodiff_compiler.ops import OPS
from autodiff_compiler.transforms.activity import differentiable
from autodiff_compiler.transforms.cotangents import bar, item, zero_of
from autodiff_compiler.transforms.derivative import (
    Backward,
    Wanted,
    conform,
    forward_walk,
    order_of,
    pack,
    raises_as_called,
    result_of,
    sentence,
    without_actions,
)
from autodiff_compiler.transforms.jvp import dot
from autodiff_compiler.transforms.residuals import as_repeated
from autodiff_compiler.transforms.structures import take_apart_first
from autodiff_compiler.transforms.terms import ONE
from autodiff_compiler.transforms.vjp import Clean

Path = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Leaf:
    """A number, array or list of numbers in the output or an input; `path` leads to it."""

    root: Operand
    path: Path
    type: Type

    @property
    def is_single(self) -> bool:
        return isinstance(self.type, ScalarType)

    def read(self, build: Builder) -> Operand:
        return _at(build, self.root, self.path)


# What was found for one leaf of the output and one of the inputs: a derivative, or a list of
# them, one for each unit vector.
Found = dict[tuple[Leaf, Leaf], Operand]


def reverse_jacobian(function: Function, wanted: Wanted, clean: Clean) -> Function:
    """The Jacobian by one forward sweep, and a backward sweep per number of the output."""
    if raises_as_called(function):
        return _named(function, wanted, "jacrev", function.body)
    function = take_apart_first(function)
    order = order_of(function)
    inputs = _inputs(function, wanted, "jacrev")
    outputs = _leaves(function, result_of(function), "the result", "jacrev")
    head = Builder(Origin(order=order), list(function.body.nodes))
    result = result_of(function)
    reads = tuple(each.read(head) for each in outputs)
    block = clean(Block(tuple(head.nodes), (*reads, result)), ())
    assert block.yields is not None
    reads, result = block.yields[:-1], block.yields[-1]
    nodes, build, found = block.nodes, Builder(Origin(order=order)), Found()
    for output, operand in zip(outputs, reads, strict=True):
        once = replace(function, body=Block(nodes, (operand,)))
        sweep = Backward(once, wanted, clean)
        inside = build if output.is_single else Builder(build.origin)
        index = Value(INT, "k")
        seed = ONE if output.is_single else _unit(inside, operand, index, bar)
        cotangents = sweep.run(inside, operand, seed)
        gradients = {each: sweep.gradient(inside, cotangents, each) for each in sweep.inputs}
        parts = [_at(inside, gradients[each.root], each.path) for each in inputs]  # type: ignore[index]
        if not output.is_single:
            names = [bar(_name(each)) for each in inputs]
            parts = list(_looped(build, inside, index, operand, parts, names))
        found |= {(output, each): part for each, part in zip(inputs, parts, strict=True)}
        nodes = sweep.forward
    whole = _assembled(build, function, wanted, result, (outputs, inputs, found), "rows")
    return _named(function, wanted, "jacrev", Block((*nodes, *build.nodes), (whole,)))


def forward_jacobian(function: Function, wanted: Wanted, of: Function | None = None) -> Function:
    """The Jacobian by a forward sweep per number of the inputs.

    It is the Hessian of another function, `of`, if the function is the Jacobian of that one.
    """
    if raises_as_called(function):
        return _named(of or function, wanted, "hessian" if of else "jacfwd", function.body)
    result, order = result_of(function), order_of(function)
    inputs = _inputs(function, wanted, "jacfwd")
    outputs = _leaves(function, result, "the result", "jacfwd")
    singles = [each for each in inputs if each.is_single]
    build, found = Builder(Origin(order=order)), Found()
    varied = [_varied_by(function, each) for each in singles]
    walk = forward_walk(function, varied, order)
    for tangents, leaf, values in zip(walk.tangents, singles, varied, strict=True):
        for value in values:
            tangents[value] = ONE if value is not leaf.root else _within(build, leaf, ONE)
    walk.sweep(function.body.nodes, build)
    for direction, leaf in enumerate(singles):
        tangent = walk.whole(build, direction, result)
        found |= {(each, leaf): _at(build, tangent, each.path) for each in outputs}
    for leaf in inputs:
        if not leaf.is_single:
            columns = _sweep_per_element(function, leaf, outputs, build)
            found |= {(o, leaf): each for o, each in zip(outputs, columns, strict=True)}
    whole = _assembled(build, function, wanted, result, (outputs, inputs, found), "columns")
    return _named(of or function, wanted, "hessian" if of else "jacfwd", build.block(whole))


def _sweep_per_element(
    function: Function, leaf: Leaf, outputs: Sequence[Leaf], build: Builder
) -> Iterator[Operand]:
    """A loop over the elements of a leaf of the inputs, and in it a forward sweep."""
    inside, order, mapping = Builder(build.origin), build.origin.order, dict[Value, Operand]()
    nodes = as_repeated(copy_nodes(without_actions(function.body.nodes), mapping), order)
    original = result_of(function)
    result = mapping.get(original, original) if isinstance(original, Value) else original
    once = replace(function, body=Block(nodes, (result,)))
    varied, index = _varied_by(once, leaf), Value(INT, "k")
    walk = forward_walk(once, [varied], order)
    operand = leaf.read(build)
    unit = _unit(inside, operand, index, dot)
    for value in varied:
        walk.tangents[0][value] = unit if value is not leaf.root else _within(inside, leaf, unit)
    walk.sweep(nodes, inside)
    tangent = walk.whole(inside, 0, result)
    parts = [
        conform(inside, _at(inside, tangent, each.path), _at(inside, result, each.path))
        for each in outputs
    ]
    names = [dot(_name(each) or "out") for each in outputs]
    return _looped(build, inside, index, operand, parts, names)


# ---------------------------------------------------------------------- leaves


def _inputs(function: Function, wanted: Wanted, kind: str) -> list[Leaf]:
    params = [function.params[place] for place in wanted.argnums]
    return [leaf for each in params for leaf in _leaves(function, each, each.name or "", kind)]


def _leaves(function: Function, root: Operand, what: str, kind: str) -> list[Leaf]:
    """The leaves that have a derivative."""

    def within(found: Type, path: Path) -> Iterator[Leaf]:
        match found:
            case TupleType(items):
                for place, each in enumerate(items):
                    yield from within(each, (*path, place))
            case SequenceType(element) if differentiable(found):
                if not isinstance(element, ScalarType):
                    raise SignatureError(
                        f"{kind}: {what} of {function.name} is or holds a list of {element}, "
                        "of as many as there happen to be",
                        "make it an array, by np.stack for example",
                    )
                yield Leaf(root, path, found)
            case _ if differentiable(found):
                yield Leaf(root, path, found)

    found = list(within(root.type, ()))
    if not found and what == "the result":
        raise SignatureError(f"{kind}: {what} of {function.name} holds no float")
    return found


def _at(build: Builder, root: Operand, path: Path) -> Operand:
    for place in path:
        root = item(build, root, place)
    return root


def _name(leaf: Leaf) -> str | None:
    return leaf.root.name if isinstance(leaf.root, Value) else None


def _varied_by(function: Function, leaf: Leaf) -> list[Value]:
    """What varies with a leaf of a parameter: the parameter, or just those items of it."""
    assert isinstance(leaf.root, Value)
    found = [leaf.root]
    for place in leaf.path:
        reads = [
            node
            for node in all_nodes(function.body.nodes)
            if isinstance(node, Op) and node.operation.name == "item" and node.operands[0] in found
        ]
        every = values_read(function.body.nodes, function.body.yields or ())
        if sum(value in found for value in every) > len(reads):
            return [leaf.root]
        found = [node.result for node in reads if node.attributes["index"] in _places(node, place)]
    return found


def _places(read: Op, place: int) -> tuple[int, int]:
    kind = read.operands[0].type
    assert isinstance(kind, TupleType)
    return place, place - len(kind.items)


def _unit(
    build: Builder, like: Operand, index: Value, named: Callable[[str | None], str | None]
) -> Operand:
    name = named(like.name if isinstance(like, Value) and like.name else "out")
    if isinstance(like.type, ArrayType):
        return build.op(OPS["unit_like"], like, index, name=name)
    zeros = build.op(OPS["zeros_like"], like)
    return build.op(OPS["index_add"], zeros, index, ONE, name=name)


def _within(build: Builder, leaf: Leaf, unit: Operand) -> Operand:
    """The tangent of a whole parameter of which one leaf has one."""

    def inside(operand: Operand, path: Path) -> Operand:
        if not path:
            return unit
        kind = operand.type
        assert isinstance(kind, TupleType)
        parts = [
            inside(item(build, operand, place), path[1:])
            if place == path[0]
            else zero_of(build, item(build, operand, place), dot)
            for place in range(len(kind.items))
        ]
        return pack(build, parts, plain(kind.container))

    return inside(leaf.root, leaf.path)


def _looped(
    build: Builder,
    inside: Builder,
    index: Value,
    like: Operand,
    parts: Sequence[Operand],
    names: Sequence[str | None],
) -> Iterator[Operand]:
    """A loop over the elements of `like` that collects `parts`."""
    length = build.op(OPS["size" if isinstance(like.type, ArrayType) else "len"], like)
    counted = index, Range(const(0), length, const(1))
    return iter(build.collect(inside, parts, names, counted=counted))


# ---------------------------------------------------------------------- results


def _assembled(
    build: Builder,
    function: Function,
    wanted: Wanted,
    result: Operand,
    known: tuple[Sequence[Leaf], Sequence[Leaf], Found],
    by: str,
) -> Operand:
    """The structure of the output, with that of the inputs in the place of each leaf."""
    outputs = {leaf.path: leaf for leaf in known[0]}
    inputs = {(leaf.root, leaf.path): leaf for leaf in known[1]}
    params = [function.params[place] for place in wanted.argnums]
    paths = {path for _, path in inputs}

    def for_inputs(build: Builder, parts: Callable[[Value, Operand, Path], Operand]) -> Operand:
        each = [_structured(build, param, partial(parts, param)) for param in params]
        return each[0] if wanted.bare else pack(build, each)

    def for_output(out: Operand, path: Path) -> Operand:
        output = outputs[path]
        parts: dict[tuple[Operand, Path], Operand] = {
            at: _fitted(build, known[2][output, leaf], out, leaf.read(build), by)
            for at, leaf in inputs.items()
        }
        if not isinstance(out.type, SequenceType) or (wanted.bare and () in paths):
            return for_inputs(build, lambda param, like, path: parts[param, path])
        # Each item of the list has the structure of the inputs.
        elements = {at: Value(_element(part)) for at, part in parts.items()}
        inside = Builder(build.origin)
        each = for_inputs(inside, lambda param, like, path: elements[param, path])
        consumed = [(elements[at], part) for at, part in parts.items()]
        (whole,) = build.collect(inside, (each,), ("rows",), consumed)
        return whole

    return _structured(build, result, for_output)


def _structured(
    build: Builder, like: Operand, leaf: Callable[[Operand, Path], Operand], path: Path = ()
) -> Operand:
    """A structure like another one, with something else for each leaf; None for what has none."""
    kind = like.type
    if not differentiable(kind):
        return const(None)
    if not isinstance(kind, TupleType):
        return leaf(like, path)
    parts = [
        _structured(build, item(build, like, place), leaf, (*path, place))
        for place in range(len(kind.items))
    ]
    if isinstance(kind.container, Fields) and kind.container.kind != "dict":
        record = {"container": kind.container}
        return build.op(OPS["record_like"], like, *parts, attributes=record)
    return pack(build, parts, kind.container)


def _fitted(build: Builder, found: Operand, out: Operand, like: Operand, by: str) -> Operand:
    """The derivative of one leaf by another, in its shape: `out` by `like`."""
    match out.type, like.type:
        case ScalarType(), ScalarType():
            return conform(build, found, like)
        case ArrayType(dims=dims), ArrayType(dims=others):
            if len(dims) == len(others) and all(map(Dim.is_as_long_as, dims, others)):
                out = like  # which is at hand, whether or not the output is computed
            return build.op(OPS["jacobian"], found, out, like, attributes={"by": by})
        case ArrayType(), ScalarType():
            if by == "rows":
                return build.op(OPS["from_rows"], found, out)
            return conform(build, found, out)
        case ScalarType(), ArrayType() if by == "columns":
            return build.op(OPS["from_rows"], found, like)
        case ArrayType(), SequenceType() if by == "rows":
            return _transposed(build, found, like, out)
        case SequenceType(), ArrayType() | SequenceType() if by == "columns":
            return _transposed(build, found, out, like)
    return found


def _transposed(build: Builder, rows: Operand, outer: Operand, inner: Operand) -> Operand:
    """A list of lists the other way round: of as many as `outer`, each with one per row; an array
    like `inner` in the place of each if that is one."""
    index, row, inside = Value(INT, "j"), Value(_element(rows), "row"), Builder(build.origin)
    within = Builder(build.origin)
    one = within.op(OPS["getitem"], row, index)
    (column,) = inside.collect(within, (one,), ("column",), ((row, rows),))
    part: Operand = column
    if isinstance(inner.type, ArrayType):
        part = inside.op(OPS["from_rows"], column, inner)
    return next(_looped(build, inside, index, outer, [part], ["columns"]))


def _element(rows: Operand) -> Type:
    assert isinstance(rows.type, SequenceType)
    return rows.type.element


def _named(function: Function, wanted: Wanted, kind: str, body: Block) -> Function:
    mode = {"jacfwd": "forward", "jacrev": "reverse", "hessian": "forward over reverse"}[kind]
    return replace(
        function,
        name=f"{function.name}_{kind}",
        body=body,
        documentation=sentence(
            function, wanted.argnums, "Hessian" if kind == "hessian" else "Jacobian", mode
        ),
    )
