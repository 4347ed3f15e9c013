"""The derivative functions: parameters, seeds and results around a forward or backward sweep."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from autodiff_compiler.errors import Problem, SignatureError, report
from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.lengths import lengths_of
from autodiff_compiler.ir.types import (
    INT,
    ArrayType,
    Container,
    Fields,
    Kind,
    NothingType,
    ScalarType,
    SequenceType,
    TextType,
    TupleType,
    Type,
    may_hold,
    plain,
)
from autodiff_compiler.ir.values import (
    Block,
    Function,
    Loop,
    Node,
    Op,
    Operand,
    Origin,
    Range,
    Value,
)
from autodiff_compiler.ir.walk import (
    all_nodes,
    blocks_of,
    copy_nodes,
    map_blocks,
    values_defined,
    values_read,
)
from autodiff_compiler.ops import OPS
from autodiff_compiler.ops.stems import stems_of
from autodiff_compiler.transforms.activity import active_values, differentiable
from autodiff_compiler.transforms.cotangents import Cotangents, add, assembled, bar, item, zero_of
from autodiff_compiler.transforms.fitting import in_dtype, in_full
from autodiff_compiler.transforms.jvp import Forward, dot
from autodiff_compiler.transforms.residuals import as_repeated
from autodiff_compiler.transforms.structures import take_apart_first
from autodiff_compiler.transforms.terms import ONE, ZERO
from autodiff_compiler.transforms.vjp import Clean, Reverse


@dataclass(frozen=True)
class Wanted:
    """What a gradient function returns: with respect to which parameters, and in what form."""

    argnums: tuple[int, ...]
    bare: bool  # one argument asked for by itself: its gradient, not a 1-tuple
    with_value: bool = False


def reverse_gradient(function: Function, wanted: Wanted, clean: Clean) -> Function:
    """The gradient by one forward and one backward sweep."""
    if raises_as_called(function):
        return _gradient_function(function, wanted, (), Builder(), (), "reverse")
    function = take_apart_first(function)
    result = _scalar_result(function)
    build, sweep = Builder(Origin(order=order_of(function))), Backward(function, wanted, clean)
    cotangents = sweep.run(build, result, ONE if differentiable(result.type) else None)
    gradients = [sweep.gradient(build, cotangents, param) for param in sweep.inputs]
    return _gradient_function(function, wanted, sweep.forward, build, gradients, "reverse")


def vjp(function: Function, argnums: tuple[int, ...], clean: Clean) -> Function:
    """Value and pullback: parameters, then the cotangent of the result, which comes late."""
    if raises_as_called(function):
        named = sentence(function, argnums, "Value and pullback", "reverse")
        return replace(function, name=f"{function.name}_vjp", documentation=named)
    function = take_apart_first(function)
    result = result_of(function)
    order = order_of(function)
    sweep = Backward(function, Wanted(argnums, False), clean)
    build = Builder(Origin(order=order))
    seed_type = _exact(result.type, sweep.walk.cotangent_type(result.type))
    seed = Value(seed_type, _free_name("out_bar", function))
    cotangents = sweep.run(build, result, seed if differentiable(result.type) else None)
    gradients = [sweep.gradient(build, cotangents, param) for param in sweep.inputs]
    both = pack(build, [result, pack(build, gradients)])
    return replace(
        function,
        name=f"{function.name}_vjp",
        params=(*function.params, seed),
        body=Block((*sweep.forward, *build.nodes), (both,)),
        late=1,
        documentation=sentence(function, argnums, "Value and pullback", "reverse"),
    )


def jvp(
    function: Function, argnums: tuple[int, ...], product_of: Function | None = None
) -> Function:
    """Value and tangent: parameters, then one tangent for each of `argnums`.

    The tangent alone is the product of a vector and the Hessian of another function, `product_of`,
    if the function is the gradient of that one.
    """
    inputs = [function.params[place] for place in argnums]
    walk = forward_walk(function, [inputs], order_of(function))
    seeds: list[Value] = []
    for param in inputs:
        name = _free_name(dot(param.name), function, seeds)
        seeds.append(Value(_exact(param.type, walk.tangent_type(param.type)), name))
        walk.tangents[0][param] = seeds[-1]
    build = Builder(Origin(order=walk.order))
    body = function.body
    if not raises_as_called(function):
        result = result_of(function)
        walk.sweep(function.body.nodes, build)
        tangent = walk.whole(build, 0, result)
        if _has_form(result.type):
            tangent = conform(build, tangent, result)
        body = build.block(tangent if product_of else pack(build, [result, tangent]))
    return replace(
        function,
        name=f"{product_of.name}_hvp" if product_of else f"{function.name}_jvp",
        params=(*function.params, *seeds),
        body=body,
        keyword_only=frozenset(),
        defaults={},
        documentation=sentence(
            product_of, argnums, "Product with the Hessian", "forward over reverse"
        )
        if product_of
        else sentence(function, argnums, "Value and tangent", "forward"),
    )


def forward_gradient(function: Function, wanted: Wanted) -> Function:
    """The gradient by forward mode: a direction per number asked about.

    The scalars go through one sweep together. A sequence has as many directions as elements, known
    at run time only: the sweep is repeated in a loop over them.
    """
    if raises_as_called(function):
        return _gradient_function(function, wanted, (), Builder(), (), "forward")
    result = _scalar_result(function)
    inputs = [function.params[place] for place in wanted.argnums]
    for param in inputs:
        if isinstance(param.type, TupleType) and not _is_flat(param.type):
            said = f"{param.name} of {function.name} holds arrays or lists"
            raise SignatureError(
                f'mode="forward" is not supported where {said}', "use reverse mode, or jvp"
            )
    start = Builder(Origin(order=order_of(function)))
    leaves = [leaf for param in inputs for leaf in _scalar_leaves(param)]
    varied = [_varied_by(function, *leaf) for leaf in leaves]
    walk = forward_walk(function, varied, start.origin.order)
    for tangents, leaf, values in zip(walk.tangents, leaves, varied, strict=True):
        for value in values:
            tangents[value] = ONE if isinstance(value.type, ScalarType) else _unit(start, *leaf)
    build = Builder(start.origin, start.nodes)
    walk.sweep(function.body.nodes, build)
    found = iter([walk.whole(build, direction, result) for direction in walk.directions])
    gradients: list[Operand] = []
    for param in inputs:
        match param.type:
            case SequenceType() | ArrayType():
                gradient: Operand = _sweep_per_element(function, param, build)
            case TupleType():
                parts = [next(found) if differentiable(kind) else ZERO for kind in param.type.items]
                gradient = pack(build, parts, plain(param.type.container))
            case _:
                gradient = next(found)
        gradients.append(conform(build, gradient, param))
    return _gradient_function(function, wanted, (), build, gradients, "forward")


# ---------------------------------------------------------------------- backward


class Backward:
    """A backward sweep over a whole function."""

    def __init__(self, function: Function, wanted: Wanted, clean: Clean) -> None:
        self.function = function
        self.inputs = [function.params[place] for place in wanted.argnums]
        self.forward: tuple[Node, ...] = ()
        self.walk = Reverse(
            active=active_values(function.body, self.inputs),
            order=order_of(function),
            cotangent=_tangent_type(function),
            lengths=lengths_of(function.body.nodes),
            stems=stems_of(all_nodes(function.body.nodes)),
            clean=clean,
            inputs=self.inputs,
        )

    def run(self, build: Builder, result: Operand, seed: Operand | None) -> Cotangents:
        cotangents = Cotangents(self.walk.active)
        cotangents.add(build, result, seed)
        self.forward = self.walk.sweep(self.function.body.nodes, cotangents, build)
        return cotangents

    def gradient(self, build: Builder, cotangents: Cotangents, param: Value) -> Operand:
        """The cotangent of a parameter, in the parameter's structure and type."""
        found = cotangents.of.get(param)
        parts = self.walk.parts.get(param)
        if parts is None:
            return conform(build, zero_of(build, param) if found is None else found, param)
        whole = assembled(build, param, parts)
        if found is not None:
            whole = add(build, whole, found)
        return conform(build, whole, param)


# ---------------------------------------------------------------------- forward


def forward_walk(function: Function, directions: Sequence[Sequence[Value]], order: int) -> Forward:
    """A walk in some directions, given for each the values that vary to begin with."""
    return Forward(
        active=[active_values(function.body, inputs) for inputs in directions],
        order=order,
        tangent=_tangent_type(function),
        tangents=[{} for _ in directions],
    )


def _scalar_leaves(param: Value) -> list[tuple[Value, int | None]]:
    """The numbers of a parameter, as (parameter, position in it); none for a sequence."""
    match param.type:
        case SequenceType() | ArrayType():
            return []
        case TupleType(items=items):
            return [(param, place) for place, kind in enumerate(items) if differentiable(kind)]
    return [(param, None)]


def _varied_by(function: Function, param: Value, place: int | None) -> list[Value]:
    """What varies with one number of a parameter: the parameter, or just that item of it."""
    reads = [
        node
        for node in all_nodes(function.body.nodes)
        if isinstance(node, Op) and node.operation.name == "item" and param in node.operands
    ]
    every = list(values_read(function.body.nodes, function.body.yields or ())).count(param)
    if not isinstance(param.type, TupleType) or every > len(reads):
        return [param]
    same = (place, place - len(param.type.items)) if place is not None else ()
    return [node.result for node in reads if node.attributes["index"] in same]


def _unit(build: Builder, param: Value, place: int | None) -> Operand:
    """The unit tangent for one item of a structure."""
    assert isinstance(param.type, TupleType)
    parts = [ONE if each == place else ZERO for each in range(len(param.type.items))]
    return pack(build, parts, plain(param.type.container))


def _sweep_per_element(function: Function, param: Value, build: Builder) -> Value:
    """A loop over the elements of a sequence or array: in each iteration a whole forward sweep."""
    index, inside = Value(INT, "k"), Builder(build.origin)
    mapping: dict[Value, Operand] = {}
    order = build.origin.order
    nodes = as_repeated(copy_nodes(without_actions(function.body.nodes), mapping), order)
    results = function.body.yields or ()
    copied = [mapping.get(r, r) if isinstance(r, Value) else r for r in results]
    once_more = replace(function, body=Block(nodes, tuple(copied)))
    walk = forward_walk(once_more, [[param]], order)
    is_array = isinstance(param.type, ArrayType)
    if is_array:
        unit = inside.op(OPS["unit_like"], param, index, name=dot(param.name))
    else:
        zeros = inside.op(OPS["zeros_like"], param)
        unit = inside.op(OPS["index_add"], zeros, index, ONE, name=dot(param.name))
    walk.tangents[0][param] = unit
    walk.sweep(nodes, inside)
    tangent = walk.whole(inside, 0, copied[0])
    length = build.op(OPS["size" if is_array else "len"], param)
    gradient = Value(SequenceType(tangent.type), bar(param.name))
    build.add(
        Loop(
            inits=(),
            args=(),
            nexts=(),
            finals=(),
            body=tuple(inside.nodes),
            space=Range(const(0), length, const(1)),
            index=index,
            collects=(tangent,),
            sequences=(gradient,),
            origin=build.origin,
        )
    )
    return build.op(OPS["from_rows"], gradient, param) if is_array else gradient


def without_actions(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """The nodes but for those that print or check: they have acted once already."""

    def inside(block: Block) -> Block:
        return Block(without_actions(block.nodes), block.yields)

    return tuple(
        node if not blocks_of(node) else map_blocks(node, inside)
        for node in nodes
        if not (isinstance(node, Op) and node.operation.name in ("print", "assert", "apart"))
    )


# ---------------------------------------------------------------------- shared


def order_of(function: Function) -> int:
    """Which differentiation this is: 1 for a function of the user's, 2 for its derivative."""
    return 1 + max((node.origin.order for node in all_nodes(function.body.nodes)), default=0)


def conform(build: Builder, gradient: Operand, like: Operand) -> Operand:
    """A gradient as the type of what it belongs to: float for float, np.float64 for np.float64,
    an array of its own of the same shape and dtype for an array."""
    wanted = like.type
    match wanted, gradient.type:
        case ScalarType(), ArrayType():
            return conform(build, build.op(OPS["get"], gradient, attributes={"index": ()}), like)
        case ScalarType(), ScalarType(kinds=kinds):
            floats = {kind for kind in wanted.kinds if kind.is_float}
            if kinds <= floats or len(floats) != 1:
                return gradient
            if Kind.NP_FLOAT32 in floats:
                return build.op(OPS["astype"], gradient, attributes={"dtype": "float32"})
            return build.op(OPS["float" if Kind.FLOAT in floats else "np.float64"], gradient)
        case ArrayType(), (ArrayType() | ScalarType()) if differentiable(wanted):
            fitted = in_full(build, in_dtype(build, gradient, wanted), like)
            return build.op(
                OPS["own"], fitted, name=bar(like.name) if isinstance(like, Value) else None
            )
        case SequenceType(element=kind), SequenceType(element=ScalarType() as found):
            element, inside = Value(found), Builder(build.origin)
            converted = conform(inside, element, Value(kind))
            if converted is not element:
                (gradient,) = build.collect(inside, (converted,), (None,), ((element, gradient),))
            if wanted.container == "tuple":
                return build.op(OPS["as_tuple"], gradient)
        case TupleType(items=kinds), TupleType():
            parts = [
                conform(build, item(build, gradient, place), item(build, like, place))
                if differentiable(kind)
                else const(None)
                for place, kind in enumerate(kinds)
            ]
            if isinstance(wanted.container, Fields) and wanted.container.kind != "dict":
                record = {"container": wanted.container}
                return build.op(OPS["record_like"], like, *parts, attributes=record)
            return pack(build, parts, wanted.container)
    return gradient


def _is_flat(found: TupleType) -> bool:
    """Whether a structure holds nothing but numbers, and what has no derivative."""
    return all(isinstance(item, ScalarType) or not differentiable(item) for item in found.items)


def _exact(primal: Type, derivative: Type) -> Type:
    """The type of a tangent or cotangent that a caller gives: that of a float or float32 itself.

    If it might be one of several, a product with a float32 array might be of either dtype.
    """
    match primal, derivative:
        case ScalarType(kinds), ScalarType() if kinds in ({Kind.FLOAT}, {Kind.NP_FLOAT32}):
            return primal
        case TupleType(items), TupleType(parts, container):
            return TupleType(tuple(map(_exact, items, parts)), container)
    return derivative


def _has_form(found: Type) -> bool:
    """Whether a tangent must be brought into the form of its primal: an array, or fields."""
    match found:
        case ArrayType():
            return True
        case TupleType(items, container):
            return isinstance(container, Fields) or any(map(_has_form, items))
    return False


def _free_name(name: str | None, function: Function, others: Sequence[Value] = ()) -> str | None:
    """A name for a new parameter that no other parameter has."""
    taken = {param.name for param in (*function.params, *others)}
    free, count = name, 1
    while free in taken:
        count += 1
        free = f"{name}_{count}"
    return free


def _is_numpy(kind: Kind) -> bool:
    return kind.is_numpy


def _is_float32(kind: Kind) -> bool:
    return kind is Kind.NP_FLOAT32


def _tangent_type(function: Function) -> ScalarType:
    """The type of scalar cotangents: Python floats, unless NumPy scalars may get into them."""
    values = [*function.params, *values_defined(function.body.nodes)]
    kinds = {Kind.FLOAT}
    if any(may_hold(value.type, _is_numpy) for value in values):
        kinds.add(Kind.NP_FLOAT)
    if any(may_hold(value.type, _is_float32) for value in values):
        kinds.add(Kind.NP_FLOAT32)
    return ScalarType(frozenset(kinds))


def result_of(function: Function) -> Operand:
    if not function.body.yields:
        raise SignatureError(
            f"{function.name} never returns: it always raises",
            "let it return a number for some arguments at least",
        )
    return function.body.yields[0]


def raises_as_called(function: Function) -> bool:
    """Whether the function always raises, for its static arguments: so does its derivative then.

    Other arguments may well lead to a number. Where there are none, there is nothing to derive.
    """
    return bool(function.fixed) and not function.body.yields


def _scalar_result(function: Function) -> Operand:
    result = result_of(function)
    if isinstance(result.type, ScalarType):
        return result
    said = "grad needs a function that returns one number; "
    said += f"{function.name} returns {_in_words(result.type)}"
    hint = "jvp and vjp take any result"
    if order_of(function) == 1:  # else it is a derivative, and returns what it must
        single = "its sum or mean" if isinstance(result.type, ArrayType) else "a single number"
        hint = f"return {single}; {hint}"
    made = (node for node in function.body.nodes if isinstance(node, Op) and node.result is result)
    place = next((node.origin.span for node in made), None) or function.origin.span
    if place is None:
        raise SignatureError(said, hint)
    raise SignatureError(report(function.name, [Problem(place, "return", said, hint)]))


def _in_words(kind: Type) -> str:
    match kind:
        case NothingType():
            return "None"
        case TextType():
            return "a string"
        case TupleType(_, Fields() as fields):
            return f"a {fields}"
        case TupleType(items, container):
            return f"a {container} of {len(items)}"
        case SequenceType(_, container):
            return f"a {container}"
        case ArrayType(dims=dims):
            return f"an array of {len(dims)} dimension{'s' * (len(dims) != 1)}"
    return f"a value of type {kind}"


def pack(build: Builder, parts: Sequence[Operand], container: Container = "tuple") -> Operand:
    return build.op(OPS["tuple"], *parts, attributes={"container": container})


def _gradient_function(
    function: Function,
    wanted: Wanted,
    forward: Sequence[Node],
    build: Builder,
    gradients: Sequence[Operand],
    mode: str,
) -> Function:
    kind = "value_and_grad" if wanted.with_value else "grad"
    what = "Value and derivative" if wanted.with_value else "Derivative"
    named = replace(
        function,
        name=f"{function.name}_{kind}",
        documentation=sentence(function, wanted.argnums, what, mode),
    )
    if raises_as_called(function):
        return named
    result = result_of(function)
    gradient = gradients[0] if wanted.bare else pack(build, gradients)
    returned = pack(build, [result, gradient]) if wanted.with_value else gradient
    return replace(named, body=Block((*forward, *build.nodes), (returned,)))


WIDTH = 78  # of a docstring's text, so that its line fits 88 columns


def sentence(function: Function, argnums: Sequence[int], what: str, mode: str) -> str:
    """The docstring of a derivative: on one line where it fits, else the origin below."""
    names = [function.params[place].name or "an argument" for place in argnums]
    listed = ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)
    text = f"{what} of {function.name} with respect to {listed}, by {mode} mode."
    span = function.origin.span
    if span is None:
        return textwrap.fill(text, WIDTH)
    source = f"Generated from {span.file.replace(chr(92), '/').rsplit('/', 1)[-1]}:{span.line}."
    if len(text) + len(source) < WIDTH + 2:
        return f"{text} {source}"
    return f"{textwrap.fill(text, WIDTH)}\n\n{source}\n"
