"""Arrays: attributes, methods, subscripts, and calls of functions that take them."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping, Sequence

import numpy as np

from autodiff_compiler.frontend import hints
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.known_calls import Call
from autodiff_compiler.frontend.misfits import DTYPES
from autodiff_compiler.frontend.values import (
    SILENCED,
    Meaning,
    Method,
    Poison,
    Ref,
    Static,
    Step,
    Structure,
    describe,
    instead_of,
)
from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import (
    FLOAT,
    KIND_OF_DTYPE,
    ArrayType,
    Fields,
    Kind,
    ScalarType,
    SequenceType,
    TupleType,
)
from autodiff_compiler.ir.values import Const, Op, Operand, Value
from autodiff_compiler.ops import OPS, decompositions, linalg
from autodiff_compiler.ops.calling import HOLE, CallError, Mark, NotStatic, Role, Signature, bind
from autodiff_compiler.ops.subscripts import Slice

METHODS: dict[str, str] = {
    method: record.name for record in OPS.values() for method in record.methods
}
RESULT_NAMES = linalg.RESULT_NAMES | decompositions.RESULT_NAMES
# Methods that change their array, or give something that isn't a number.
WRITERS = {
    "put": "assign to {0}[...]",
    "partition": "write {0} = np.partition({0}, ...)",
    "resize": "write {0} = np.resize({0}, ...)",
    "itemset": "assign to {0}[...]",
    "setflags": "leave it out",
}
# What attributes give, done otherwise.
INSTEAD = {
    "imag": "leave it out: the numbers are real",
    "itemsize": "leave it out",
    "nbytes": "write {0}.size",
    "nonzero": "use a mask, as in {0}[{0} > 0]",
    "conj": "leave it out: the numbers are real",
    "conjugate": "leave it out: the numbers are real",
}


def is_array(meaning: Meaning) -> bool:
    return isinstance(meaning, Value | Const) and isinstance(meaning.type, ArrayType)


def is_numpy_number(meaning: Meaning) -> bool:
    """Whether it certainly is one of NumPy's scalars, which have the methods of arrays."""
    return (
        isinstance(meaning, Value | Const)
        and isinstance(meaning.type, ScalarType)
        and all(kind.is_numpy for kind in meaning.type.kinds)
    )


# Attributes and methods.


def attribute(ctx: Context, array: Operand, name: str, node: ast.AST) -> Meaning:
    """An attribute of an array, or of one of NumPy's scalars."""
    rank = array.type.rank if isinstance(array.type, ArrayType) else 0
    match name:
        case "shape":
            return shape(ctx, array, node)
        case "ndim":
            return const(rank)
        case "size":
            return ctx.op(node, "size", array) if isinstance(array.type, ArrayType) else const(1)
        case "dtype":
            return Static(_dtype_of(array))
        case "T" | "mT" if rank < 2 and name == "T":
            return array
        case "T":
            return ctx.op(node, "np.transpose", array, method="T", property=True, label=".T")
        case "mT" if rank >= 2:
            axes = {"axis1": -1, "axis2": -2, "method": "mT", "property": True}
            return ctx.op(node, "np.swapaxes", array, label=".mT", **axes)
        case "real":
            return array
        case "flat" if isinstance(array, Value):
            return _flat(ctx, array, node)
    if name in METHODS or name in ("astype", "item", "tolist", "copy", "fill", "sort"):
        return Method(array, name)
    construct = f"attribute {name}"
    shown = hints.shown(node.value) if isinstance(node, ast.Attribute) else "a"
    if name in WRITERS:
        hint = WRITERS[name].format(shown)
        return ctx.refuse(node, construct, "changing an array by a method is not supported", hint)
    if not hasattr(np.ndarray, name):
        close = difflib.get_close_matches(name, dir(np.ndarray), n=1)
        hint = f"did you mean {shown}.{close[0]}?" if close else "see dir(np.ndarray)"
        return ctx.refuse(node, construct, f"an array has no {name}", hint)
    said = f"{name} of an array is not supported"
    hint = INSTEAD.get(name, "use a function of NumPy's, or an operator").format(shown)
    return ctx.refuse(node, construct, said, hint)


def _flat(ctx: Context, array: Value, node: ast.AST) -> Meaning:
    """All elements in a row: those of the array itself, however they stand in memory."""
    now = ctx.current(array, node)
    if not isinstance(now, Value):
        return SILENCED
    found = ctx.made(node, "np.reshape", now, shape=(-1,), label=".flat")
    if isinstance(found, Value):
        base = ctx.facts.ref(now)
        step = Step("np.reshape", (), {"shape": (-1,)})
        ctx.facts.refs[found] = Ref(base.thing, (*base.path, step), base.contents)
    return found


def _dtype_of(array: Operand) -> np.dtype[np.generic]:
    if isinstance(array.type, ArrayType):
        return np.dtype(array.type.dtype)
    assert isinstance(array.type, ScalarType)
    return np.dtype(next(iter(array.type.kinds)).value.removeprefix("np."))


def shape(ctx: Context, array: Operand, node: ast.AST) -> Meaning:
    """The shape: numbers where they are known."""
    dims = array.type.dims if isinstance(array.type, ArrayType) else ()
    if all(isinstance(dim.size, int) and not dim.less for dim in dims):
        return Structure(tuple(const(dim.size) for dim in dims))
    return ctx.op(node, "shape", array)


def call_method(ctx: Context, made: Call, method: Method) -> Meaning:
    """A call of a method of an array."""
    array, name = method.array, method.name
    assert isinstance(array, Value | Const)
    if SILENCED in made.arguments or SILENCED in made.keywords.values():
        return SILENCED
    match name:
        case "astype":
            return _astype(ctx, made, array)
        case "item" if not made.arguments and not made.keywords:
            return _item(ctx, made, array)
        case "tolist" if not isinstance(array.type, ArrayType):
            return _item(ctx, made, array)
        case "copy" if "copy" not in METHODS and isinstance(array.type, ArrayType):
            return ctx.op(made.node, "own", array)
        case "item" | "tolist":
            said = f"{name} is supported for single numbers only"
            hint = "use the array itself"
            if name == "item":
                hint = "index the array instead"
            return ctx.refuse(made.node, f"call of {made.name}", said, hint)
    record = OPS[METHODS[name]]
    if record.takes is None:  # elementwise
        operands = [array, *made.arguments]
        known = [each for each in operands if isinstance(each, Value | Const)]
        if len(known) < len(operands) or made.keywords:
            said = "this form of the method is not supported"
            return ctx.refuse(made.node, f"call of {made.name}", said, f"write {record.name}(...)")
        return ctx.op(made.node, record.name, *known, label=f"call of {made.name}")
    for keyword in made.node.keywords:
        param = record.takes.named(keyword.arg or "")
        if param is not None and param.of_function:
            said = f"the method takes no {param.name} by name"
            return ctx.refuse(keyword, f"call of {made.name}", said, f"write {record.name}(...)")
    arguments = _spread_sizes(record.takes, made.arguments)
    return call_record(ctx, made, record.name, (array, *arguments), {"method": name})


def _spread_sizes(takes: Signature, arguments: Sequence[Meaning]) -> Sequence[Meaning]:
    """`x.reshape(2, 3)` and `x.transpose(1, 0)` mean one tuple."""
    if len(takes.params) > 1 and len(arguments) > 1:
        second = takes.params[1]
        if second.role is Role.SIZES or second.name == "axes":
            return (Structure(tuple(arguments)),)
    return arguments


def _astype(ctx: Context, made: Call, array: Operand) -> Meaning:
    given = [*made.arguments, *(m for key, m in made.keywords.items() if key == "dtype")]
    others = [key for key in made.keywords if key not in ("dtype", "copy")]
    if len(given) != 1 or others:
        said = "it takes one dtype"
        return ctx.refuse(made.node, f"call of {made.name}", said, "write .astype(float)")
    dtype = dtype_named(ctx, given[0], made.node)
    return SILENCED if dtype is None else ctx.op(made.node, "astype", array, dtype=dtype)


def dtype_named(ctx: Context, meaning: Meaning, node: ast.AST) -> str | None:
    """The name of a dtype that stands in a program; None, with a problem reported, for others."""
    if isinstance(meaning, Static):
        try:
            name = np.dtype(meaning.value).name  # type: ignore[call-overload]
        except TypeError:
            name = ""
        if name in KIND_OF_DTYPE and meaning.value is not None:
            return str(name)
        if name:
            said = f"numbers and arrays of {name} are not supported"
            ctx.refuse(node, "dtype", said, DTYPES)
            return None
    said = f"expected a dtype, got {describe(meaning)}"
    ctx.refuse(node, "dtype", said, "write float, np.float32, int or bool")
    return None


def _item(ctx: Context, made: Call, array: Operand) -> Meaning:
    """`.item()`: the number as one of Python's own."""
    kinds = KIND_OF_DTYPE[array.type.dtype] if isinstance(array.type, ArrayType) else array.type
    assert isinstance(kinds, ScalarType)
    kind = next(iter(kinds.kinds))
    name = "float" if kind.is_float else "bool" if kind in (Kind.BOOL, Kind.NP_BOOL) else "int"
    return ctx.op(made.node, name, array, label=f"call of {made.name}")


# Calls of functions that have a signature.


def call_record(
    ctx: Context,
    made: Call,
    name: str,
    arguments: Sequence[Meaning],
    form: Mapping[str, object] | None = None,
) -> Meaning:
    """A call of a function of arrays: an operation with operands and attributes."""
    record = OPS[name]
    takes = record.takes
    assert takes is not None
    label = f"call of {made.name}"
    spread = next((k for k, each in enumerate(takes.params) if each.spread), None)
    if spread is not None and len(arguments) > spread:
        arguments = (*arguments[:spread], Structure(tuple(arguments[spread:])))
    given: dict[str, Meaning] = dict(
        zip((each.name for each in takes.params), arguments, strict=False)
    )
    if len(arguments) > len(takes.params):
        said = f"expected at most {len(takes.params)} arguments, got {len(arguments)}"
        return ctx.refuse(made.node, label, said, "leave the others out")
    for key, meaning in made.keywords.items():
        if key in given:
            return ctx.refuse(made.node, label, f"it gets {key} twice", f"pass {key} once")
        given[key] = meaning
    ready: dict[str, object] = {}
    for key, meaning in given.items():
        param = takes.named(key)
        role = Role.STATIC if param is None else param.role
        found = _given(ctx, made, meaning, role, key)
        if found is SILENCED:
            return SILENCED
        ready[key] = found
    try:
        rest: list[object] = []
        if spread is not None:
            first = [ready.pop(each.name) for each in takes.params[: spread + 1]]
            items = first.pop()
            rest = [*first, *(items if isinstance(items, list) else [items])]
        bound = bind(takes, rest, ready)
    except NotStatic as error:
        return _not_static(ctx, made, error)
    except CallError as error:
        at: ast.AST = made.node
        for keyword in made.node.keywords:
            if keyword.arg == error.param:
                at = keyword
        construct = f"{made.name}({error.param}=)" if at is not made.node else label
        return ctx.refuse(at, construct, error.message, error.hint)
    attributes = {**bound.attributes, **(form or {})}
    found = ctx.op(made.node, name, *bound.operands, label=label, **attributes)
    names = RESULT_NAMES.get(name)
    if names is None or not isinstance(found, Value) or not isinstance(found.type, TupleType):
        return found
    structure = ctx.structure(found, made.node)
    assert structure is not None
    return Structure(structure.items, Fields("namedtuple", names))


def _not_static(ctx: Context, made: Call, error: NotStatic) -> Meaning:
    """A value that must be known: if it is an argument of the function, it can be."""
    before = len(ctx.problems)
    refused = ctx.refuse(made.node, f"call of {made.name}", error.message, error.hint)
    root = _read_from(ctx, error.operand)
    if root is not None and root in ctx.params and root.name is not None:
        # Put aside: it is a problem only if the value can't be known.
        for problem in ctx.problems[before:]:
            ctx.wanted_static.setdefault(root.name, problem)
        del ctx.problems[before:]
    return refused


def _read_from(ctx: Context, operand: object) -> Value | None:
    """The structure that a value is an item of, at the outermost; the value itself if of none."""
    if not isinstance(operand, Value):
        return None
    for node in (node for region in ctx.stack for node in region.nodes):
        if isinstance(node, Op) and node.result is operand and node.operation.name == "item":
            return _read_from(ctx, node.operands[0])
    return operand


def _given(ctx: Context, made: Call, meaning: Meaning, role: Role, key: str) -> object:
    """What is handed to a parameter, in the form in which `bind` takes it."""
    if role is Role.OPERAND:
        return as_array(ctx, meaning, made.node, f"call of {made.name}")
    if role is Role.ARRAYS and is_array(meaning):
        said = "one array instead of a tuple or list of arrays is not supported"
        return ctx.refuse(made.node, f"call of {made.name}", said, "pass a tuple of arrays")
    return _plain(ctx, made, meaning, key)


def _plain(ctx: Context, made: Call, meaning: Meaning, key: str) -> object:
    match meaning:
        case Value() if isinstance(meaning.type, TupleType):
            structure = ctx.structure(meaning, made.node)
            assert structure is not None
            return _plain(ctx, made, structure, key)
        case Value() | Const():
            known = ctx.facts.value(meaning)
            return const(known) if isinstance(known, int) else meaning
        case Structure(items):
            found = [_plain(ctx, made, item, key) for item in items]
            return SILENCED if any(each is SILENCED for each in found) else found
        case Static(value):
            return value
        case Poison():
            return SILENCED
    said = f"{describe(meaning)} can't be passed as {key}"
    return ctx.refuse(made.node, f"call of {made.name}", said, instead_of(meaning))


def as_array(ctx: Context, meaning: Meaning, node: ast.AST, what: str) -> Meaning | None:
    """An operand for a function of arrays: lists and tuples of numbers become arrays."""
    match meaning:
        case Static(None):
            return None
        case Value() | Const() if not isinstance(meaning.type, SequenceType | TupleType):
            return meaning
        case Structure() | Value():
            made = Call(ast.Call(ast.Name("np.array", ast.Load()), [], []), "np.array", (), {})
            call = ast.copy_location(made.node, node)
            return call_record(ctx, Call(call, "np.array", (), {}), "np.array", (meaning,))
        case Poison():
            return SILENCED
    said = f"expected an array or a number, got {describe(meaning)}"
    return ctx.refuse(node, what, said, instead_of(meaning))


# Subscripts.


def subscript(ctx: Context, node: ast.Subscript, array: Operand) -> Meaning:
    """`a[...]`."""
    found = read_index(ctx, node)
    if found is None:
        return SILENCED
    index, fillers = found
    attributes: dict[str, object] = {"index": index}
    if ctx.facts.no_place_twice(fillers):
        attributes["unique"] = True
    if _is_inside(ctx, array, index, fillers):
        attributes["inside"] = True
    return ctx.op(node, "get", array, *fillers, label="index", **attributes)


def _is_inside(
    ctx: Context, array: Operand, index: tuple[object, ...], fillers: tuple[Operand, ...]
) -> bool:
    """Whether positions computed at run time certainly are in the array."""
    assert isinstance(array.type, ArrayType)
    waiting = iter(fillers)
    if len(index) > array.type.rank or not fillers:
        return False
    for entry, dim in zip(index, array.type.dims, strict=False):
        if entry is HOLE:
            if not ctx.facts.is_inside(next(waiting), dim):
                return False
        elif not isinstance(entry, Slice) or HOLE in entry.parts:
            return False
    return True


def read_index(
    ctx: Context, node: ast.Subscript
) -> tuple[tuple[object, ...], tuple[Operand, ...]] | None:
    """A subscript as an attribute, and the operands that fill its holes."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    index: list[object] = []
    fillers: list[Operand] = []
    for part in parts:
        if isinstance(part, ast.Slice):
            bounds = []
            for bound in (part.lower, part.upper, part.step):
                entry = None if bound is None else _entry(ctx, bound, fillers, is_bound=True)
                if entry is SILENCED:
                    return None
                bounds.append(entry)
            index.append(Slice(*bounds))
            continue
        entry = _entry(ctx, part, fillers, is_bound=False)
        if entry is SILENCED:
            return None
        if isinstance(entry, list):
            index += entry
        else:
            index.append(entry)
    return tuple(index), tuple(fillers)


def index_of(
    ctx: Context, node: ast.expr, meaning: Meaning
) -> tuple[tuple[object, ...], tuple[Operand, ...]] | None:
    """What is passed as a subscript, as `read_index` has one."""
    parts = [meaning]
    if isinstance(meaning, Structure) and meaning.container == "tuple":
        parts = list(meaning.items)
    fillers: list[Operand] = []
    index = [_index_part(ctx, node, part, fillers, False) for part in parts]
    return None if SILENCED in index else (tuple(index), tuple(fillers))


def _entry(ctx: Context, node: ast.expr, fillers: list[Operand], is_bound: bool) -> object:
    """One part of a subscript: static, or a hole with its filler."""
    if isinstance(node, ast.Constant) and node.value is ...:
        return Mark.REST
    meaning = ctx.evaluate(ctx, node)
    return _index_part(ctx, node, meaning, fillers, is_bound)


def _index_part(
    ctx: Context, node: ast.expr, meaning: Meaning, fillers: list[Operand], is_bound: bool
) -> object:
    match meaning:
        case Static(None):
            return None if is_bound else Mark.NEWAXIS
        case Static(value) if value is ...:
            return Mark.REST
        case Static(slice() as cut):
            return Slice(cut.start, cut.stop, cut.step)
        case Structure(items, "tuple") if not is_bound:
            return [_index_part(ctx, node, item, fillers, False) for item in items]
        case Structure() if not is_bound:
            found = as_array(ctx, meaning, node, "index")
            if isinstance(found, Value):
                fillers.append(found)
                return HOLE
            return SILENCED
        case Value() | Const():
            known = ctx.facts.value(meaning)
            if type(known) is int:
                return known
            if not isinstance(meaning, Value):
                if type(known) is bool:
                    hint = "use an int, a slice, or a mask of the array's own shape"
                else:
                    hint = f"write int({hints.shown(node)})"
                said = f"expected an int, got {describe(meaning)}"
                return ctx.refuse(node, "index", said, hint)
            if meaning.type == FLOAT or ctx.facts.is_int(meaning):
                return _converted(ctx, node, meaning, fillers)
            fillers.append(meaning)
            return HOLE
        case Poison():
            return SILENCED
    said = f"arrays are not indexed with {describe(meaning)}"
    return ctx.refuse(node, "index", said, "use an int, a slice, or an array of ints or bools")


def _converted(ctx: Context, node: ast.expr, meaning: Value, fillers: list[Operand]) -> object:
    if not ctx.facts.is_int(meaning):
        said = f"expected an int, got {describe(meaning)}"
        return ctx.refuse(node, "index", said, f"write int({hints.shown(node)})")
    made = ctx.op(node, "int", meaning)
    if isinstance(made, Poison):
        return SILENCED
    fillers.append(made)
    return HOLE


def length(ctx: Context, array: Operand, node: ast.AST) -> Meaning:
    """`len(a)`."""
    dims = array.type.dims if isinstance(array.type, ArrayType) else ()
    if dims and isinstance(dims[0].size, int) and not dims[0].less:
        return const(dims[0].size)
    return ctx.op(node, "len", array, label="call of len")
