"""Checks of the records of array functions, generated from what each record says of itself.

    python tests/ops/array_records.py np.sum        what holds of one record, case by case
    python tests/ops/array_records.py --table       every callable and keyword that is supported

`test_array_records.py` runs the same checks on all records.
"""

from __future__ import annotations

import ast
import inspect
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import mpmath as mp
import numpy as np

from autodiff_compiler.emit.spelling import literal
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import ArrayType
from autodiff_compiler.ir.values import Const, Op
from autodiff_compiler.ops import ARRAYS, OPS
from autodiff_compiler.ops.calling import Role
from autodiff_compiler.ops.cases import Oracle
from autodiff_compiler.ops.helpers import compiled
from autodiff_compiler.ops.record import Record, Zero
from tests.ops.array_calls import (
    PLAIN,
    VARIATIONS,
    Call,
    Variation,
    calls_of,
    constant_types,
    known_types,
    leaves,
    named_types,
    numpy_function,
    only_op,
    parameters_of,
    resized,
    silent,
    sizes_of,
    unknown_types,
    unlike,
    wrong_in,
)
from tests.ops.array_rules import ByRules, is_float, zeros

RECORDS = [OPS[name] for name in sorted(ARRAYS) if OPS[name].takes is not None]
Problems = Iterator[str]

EPSILON = {name: float(np.finfo(name).eps) for name in ("float64", "float32")}
TOLERANCE = {"float64": 1e-10, "float32": 1e-4}  # of a tangent against its oracle
ROUNDINGS = 4500  # of an inner product, in units of the last place of its terms
H = 1e-30  # a complex step
STEP = 1e-4  # a step of a difference, for the second order
SECOND = 1e-6  # what such a difference is good for


class Broken(AssertionError):
    """Something that a record says, and isn't so."""


# ---------------------------------------------------------------------- what it gives


def check_values(call: Call) -> Problems:
    """NumPy's own value bit for bit, and a type that is true of it."""
    for variation in variations_of(call):
        values = call.values(variation)
        truth = truth_of(call, values)
        found = call.function(known_types(values))
        with silent():
            got = interpret(found, values)
        if difference := unlike(got, truth):
            yield f"[{variation}] gives {difference}"
        for types in (
            known_types(values),
            unknown_types(call.names, values),
            named_types(call.names, values),
            constant_types(values),
        ):
            sizes = sizes_of(call.names, values)
            try:
                declared = call.function(types).body.yields[0].type  # type: ignore[index]
            except OperandError as error:
                if types == known_types(values):
                    yield f"[{variation}] is refused: {error}"
                continue
            if wrong := wrong_in(declared, truth, sizes):
                yield f"[{variation}] {', '.join(map(str, types))}: typed {wrong}"


def check_sizes(call: Call) -> Problems:
    """The type holds of every size that the arguments may have, 0 and 1 included."""
    values = call.values()
    unknown = None
    try:
        unknown = call.function(unknown_types(call.names, values)).body.yields[0].type  # type: ignore[index]
    except OperandError:
        pass  # a refusal is no wrong claim
    for other in resized(call):
        try:
            changed = other.values()
            truth = truth_of(other, changed)
        except (ValueError, IndexError, TypeError, ZeroDivisionError, np.linalg.LinAlgError):
            continue  # NumPy takes no such sizes
        sizes = sizes_of(other.names, changed)
        if unknown is not None and (wrong := wrong_in(unknown, truth, sizes)):
            yield f"{other}: typed {wrong}, from unknown sizes"
        for of in (named_types, lambda names, values: constant_types(values)):
            types = of(other.names, changed)
            try:
                declared = other.function(types).body.yields[0].type  # type: ignore[index]
            except OperandError as error:
                yield f"{other}: refused for {', '.join(map(str, types))}: {error}"
                continue
            if wrong := wrong_in(declared, truth, sizes):
                yield f"{other}: typed {wrong}, from {', '.join(map(str, types))}"


def check_memory(call: Call) -> Problems:
    """The result shares memory with its operands as the record says."""
    for variation in variations_of(call):
        values = call.values(variation)
        result = truth_of(call, values)
        arrays = [each for each in values if isinstance(each, np.ndarray)]
        for found in result if isinstance(result, list | tuple) else [result]:
            if not isinstance(found, np.ndarray) or not arrays:
                continue
            shared = [np.shares_memory(found, each) for each in arrays]
            match call.record.holds:
                case "new" if any(shared) or any(found is each for each in arrays):
                    yield f"[{variation}] shares memory, though it is said to be new"
                case "same" if found is not arrays[0]:
                    yield f"[{variation}] is another object, though it is said to be the same"
                case "view" if found.size and not shared[0]:
                    yield f"[{variation}] is no view, though it is said to be one"


def check_text(call: Call) -> Problems:
    """What is written for it, as a function and as a method, gives the same bits."""
    values = call.values()
    truth = truth_of(call, values)
    function = call.function(known_types(values))
    op = only_op(function)
    forms: list[dict[str, object]] = [{}]
    if op.operands and isinstance(op.operands[0].type, ArrayType):
        forms += [{"method": method} for method in call.record.methods]
    for form in forms:
        text, namespace = written(call.record, op, {**op.attributes, **form})
        if text is None:
            continue
        named = {v.name: held for v, held in zip(function.params, values, strict=True)}
        try:
            with silent():
                got = eval(text, {**namespace, **named})
        except Exception as error:
            yield f"`{text}` raises {type(error).__name__}: {error}"
            continue
        if difference := unlike(got, truth):
            yield f"`{text}` gives {difference}"


def written(record: Record, op: Op, attributes: Any) -> tuple[str | None, dict[str, Any]]:
    """The text of an operation, None for a statement; and the names it needs."""
    types = [each.type for each in op.operands]
    names = [
        literal(each) if isinstance(each, Const) else ast.Name(each.name or "_", ast.Load())
        for each in op.operands
    ]
    found = record.spelling.write(names, types, attributes)
    namespace: dict[str, Any] = {"np": np}
    helper = record.spelling.helper(types)
    if helper is not None:
        namespace[helper.name] = compiled(helper)
    if isinstance(found, ast.stmt):
        return None, namespace
    return ast.unparse(ast.fix_missing_locations(ast.Expression(found))), namespace


# ---------------------------------------------------------------------- derivatives


def check_first_order(call: Call) -> Problems:
    """Tangents against the oracle, gradients by the identity <ct, J v> = <J^T ct, v>."""
    for variation in variations_of(call):
        values = call.values(variation)
        places = places_of(call, values)
        result = truth_of(call, values)
        if not is_float(result) or not places:
            continue
        for engine in engines(call, variation):
            yield from _first_order(call, variation, engine, values, places, result)


def _first_order(
    call: Call, variation: Variation, engine: Any, values: Any, places: list[int], result: Any
) -> Problems:
    where = f"[{variation}, {type(engine).__name__}]"
    directions = call.directions(values)
    dots = [directions[place] for place in places]
    with silent():
        tangent = engine.jvp(values, dots)
    oracle = call.record.oracle
    if oracle is not None:
        truth = directional(call, oracle, values, directions)
        scale = TOLERANCE[variation.dtype]
        if wrong := far(tangent, truth, scale, floor=EPSILON[variation.dtype], like=result):
            yield f"{where} tangent: {wrong}"
    ct = cotangent_for(result)
    with silent():
        gradients = engine.vjp(values, ct)
    for place, gradient in zip(places, gradients, strict=True):
        if wrong := unlike_in_kind(gradient, values[place]):
            yield f"{where} gradient of {call.names[place]}: {wrong}"
            return
    left, size = inner(ct, zeros(result) if tangent is None else tangent)
    right, other = inner(gradients, dots)
    bound = ROUNDINGS * EPSILON[variation.dtype] * (size + other)
    if not abs(left - right) <= bound:
        yield f"{where} <ct, J v> = {left:.17g}, but <J^T ct, v> = {right:.17g}"


def check_second_order(call: Call) -> Problems:
    """Forward over reverse and reverse over forward: alike, symmetric, and as differences of the
    oracle's first derivatives."""
    values = call.values()
    places = places_of(call, values)
    result = truth_of(call, values)
    if not is_float(result) or not places:
        return
    ct = cotangent_for(result)
    u, v = call.directions(values, 1), call.directions(values, 2)
    u_dots, v_dots = [u[k] for k in places], [v[k] for k in places]
    for engine in engines(call, PLAIN):
        where = f"[{type(engine).__name__}]"
        with silent():
            along_v = engine.forward_over_reverse(values, ct, v_dots)
            along_u = engine.forward_over_reverse(values, ct, u_dots)
            reverse = engine.reverse_over_forward(values, v_dots, ct)
        (left, size), (right, other) = inner(along_v, u_dots), inner(along_u, v_dots)
        bound = ROUNDINGS * EPSILON["float64"] * (size + other + 1e-3 * scale_of(ct))
        if not abs(left - right) <= bound:
            yield f"{where} <u, H v> = {left:.17g}, but <v, H u> = {right:.17g}"
        if wrong := far(reverse, along_v, 1e-11, floor=1e-12, like=ct):
            yield f"{where} reverse over forward against forward over reverse: {wrong}"
        oracle = call.record.oracle
        if oracle is None or oracle.kind == "zero":
            continue
        slopes = [
            inner(ct, directional(call, oracle, moved(values, u, step), v))[0]
            for step in (STEP, -STEP, 2 * STEP, -2 * STEP)
        ]
        truth = (8 * (slopes[0] - slopes[1]) - (slopes[2] - slopes[3])) / (12 * STEP)
        scale = abs(truth) + size + other + scale_of(ct) * 1e-3
        if not abs(left - truth) <= SECOND * scale:
            yield f"{where} <u, H v> = {left:.12g}, but {truth:.12g} by differences"


def places_of(call: Call, values: Sequence[Any]) -> list[int]:
    """Which draws have a derivative."""
    return [k for k, value in enumerate(values) if is_float(value)]


def moved(values: Sequence[Any], directions: Sequence[Any], step: float) -> list[Any]:
    return [
        value if dot is None else value + step * dot
        for value, dot in zip(values, directions, strict=True)
    ]


def directional(call: Call, oracle: Oracle, values: Sequence[Any], dots: Sequence[Any]) -> Any:
    """The true directional derivative, in float64; None where there is none."""
    wide = [_widened(each) for each in values]
    match oracle.kind:
        case "zero":
            return None
        case "complex" | "restated":
            function = oracle.restatement or numpy_function(call.record)
            assert function is not None, f"{call.record.name}: an oracle without a function"
            stepped = [
                value
                if dot is None
                else complex(value, H * dot)
                if isinstance(value, float)
                else value + 1j * H * dot.astype("float64")
                for value, dot in zip(wide, dots, strict=True)
            ]
            with silent():
                return _imaginary(call.of(function, stepped))
        case "mpmath":
            return _by_mpmath(call.record, wide, dots)
    raise AssertionError(oracle.kind)


def _widened(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype("float64")
    return value


def _imaginary(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_imaginary(each) for each in value]
    if np.asarray(value).dtype.kind not in "fc":
        return None
    return np.imag(value) / H


def _by_mpmath(record: Record, values: Sequence[Any], dots: Sequence[Any]) -> Any:
    function = record.mpmath
    assert function is not None, f"{record.name} has no mpmath"
    still = [0.0 if dot is None else dot for dot in dots]
    arrays = np.broadcast_arrays(*values, *still)
    points, slopes = arrays[: len(values)], arrays[len(values) :]
    found = np.empty(points[0].shape)
    with mp.workdps(40):
        for place in np.ndindex(found.shape):
            x = [mp.mpf(float(each[place])) for each in points]
            dx = [mp.mpf(float(each[place])) for each in slopes]
            along = lambda t: function(mp, *(a + t * b for a, b in zip(x, dx, strict=True)))
            found[place] = float(mp.diff(along, 0))
    return found


def cotangent_for(result: Any, seed: int = 3) -> Any:
    """A random cotangent in the structure of a result; zeros for what has no derivative."""
    rng = np.random.default_rng(seed)

    def one(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return tuple(map(one, value))
        if not is_float(value):
            return 0.0
        drawn = rng.standard_normal(np.shape(value))
        if isinstance(value, np.ndarray):
            return np.asarray(drawn, value.dtype)
        return type(value)(drawn)

    return one(result)


def inner(a: Any, b: Any) -> tuple[float, float]:
    """The inner product of two structures, and the sum of its terms' sizes."""
    if a is None or b is None:
        return 0.0, 0.0
    if isinstance(a, list | tuple):
        parts = [inner(*pair) for pair in zip(a, b, strict=True)]
        return sum(x for x, _ in parts), sum(y for _, y in parts)
    terms = np.asarray(a, "float64") * np.asarray(b, "float64")
    return float(np.sum(terms)), float(np.sum(np.abs(terms)))


def scale_of(value: Any) -> float:
    """The greatest size of a number in a structure."""
    return max((float(np.max(np.abs(each))) for each in leaves(value) if each.size), default=0.0)


def far(found: Any, truth: Any, relative: float, floor: float, like: Any) -> str | None:
    """How far a structure is from another, relative to the size of the truth."""
    if truth is None and found is None:
        return None
    a = leaves(zeros(like) if found is None else found)
    b = leaves(zeros(like) if truth is None else truth)
    if len(a) != len(b):
        # What has no derivative counts for nothing on either side.
        a, b = ([each for each in side if np.any(each)] for side in (a, b))
    if len(a) != len(b):
        return f"{len(a)} arrays, not {len(b)}"
    for one, other in zip(a, b, strict=True):
        if one.shape != other.shape:
            return f"shape {list(one.shape)}, not {list(other.shape)}"
        if not one.size:
            continue
        error = np.max(np.abs(one - other))
        bound = relative * np.max(np.abs(other)) + 100 * floor * (1 + scale_of(like))
        if not error <= bound:
            return f"off by {error:.3g} of {np.max(np.abs(other)):.3g} (bound {bound:.2g})"
    return None


def unlike_in_kind(gradient: Any, value: Any) -> str | None:
    """How a gradient differs from what it belongs to in shape or dtype."""
    if isinstance(value, np.ndarray):
        if type(gradient) is not np.ndarray:
            return f"a {type(gradient).__name__} for an array"
        if (gradient.dtype, gradient.shape) != (value.dtype, value.shape):
            mine = f"{gradient.dtype}{list(gradient.shape)}"
            return f"{mine} for {value.dtype}{list(value.shape)}"
    elif np.shape(gradient) != ():
        return f"shape {np.shape(gradient)} for a number"
    return None


# ---------------------------------------------------------------------- engines


def engines(call: Call, variation: Variation) -> list[Any]:
    """What differentiates: the rule by itself, and the compiler where it takes arrays."""
    values = call.values(variation)
    places = places_of(call, values)
    found: list[Any] = [_engine(ByRules, call, variation.dtype, tuple(places))]
    if COMPILES_ARRAYS:
        from tests.ops.array_compiled import Compiled

        found.append(_engine(Compiled, call, variation.dtype, tuple(places)))
    return found


def _compiles_arrays() -> bool:
    from importlib.util import find_spec

    return find_spec("autodiff_compiler.transforms.fitting") is not None


COMPILES_ARRAYS = _compiles_arrays()
_ENGINES: dict[Any, Any] = {}


def _engine(kind: Any, call: Call, dtype: str, places: tuple[int, ...]) -> Any:
    """One engine for all layouts of a case: types don't tell them apart."""
    key = (kind, call.record.name, id(call.case), dtype)
    if key not in _ENGINES:
        types = known_types(call.values(Variation(dtype)))
        _ENGINES[key] = kind(call.function(types), places)
    return _ENGINES[key]


def variations_of(call: Call) -> Sequence[Variation]:
    return VARIATIONS if call.case.varied else VARIATIONS[:1]


def truth_of(call: Call, values: Sequence[Any]) -> Any:
    """What NumPy gives; for an operation of the compiler's own, what it is defined to be."""
    if numpy_function(call.record) is not None:
        return call.numpy(values)
    with silent():
        return interpret(call.function(known_types(values)), values)


# ---------------------------------------------------------------------- the record itself


def check_complete(record: Record) -> Problems:
    """It says all that the checks need."""
    if record.takes is None:
        yield "it has no signature"
    if not record.cases:
        yield "it has no cases"
    if record.oracle is None and not isinstance(record.rule, Zero):
        yield "it has a derivative, but no oracle"
    if record.oracle is not None and record.oracle.kind == "mpmath" and record.mpmath is None:
        yield "its oracle is mpmath, of which it has nothing"
    if record.holds not in ("new", "same", "view", "maybe"):
        yield f"it holds {record.holds!r}"


# What stands for "not given" in NumPy's signatures, as what it then means.
_NOT_GIVEN = {"keepdims": (False,), "initial": (None,), "where": (None, True)}


def check_keywords(record: Record) -> Problems:
    """Every parameter of NumPy's function is supported, and in use in a case, or refused by name."""
    assert record.takes is not None
    known = {each.name: each for each in record.takes.params}
    function = numpy_function(record)
    if function is not None:
        yield from _against_signature(record, parameters_of(function))
    used: set[str] = set()
    for each in record.cases:
        used |= set([*known][: len(each.arguments)]) | set(each.keywords)
    for name, param in known.items():
        if param.role is not Role.REFUSED and name not in used:
            yield f"no case uses {name}"
        if param.role is Role.REFUSED and not param.hint:
            yield f"the refusal of {name} doesn't say what to write instead"
    for method in record.methods:
        for name in method_parameters(method) - known.keys():
            yield f"ndarray.{method} takes {name}, about which the record says nothing"


def _against_signature(record: Record, params: list[inspect.Parameter]) -> Problems:
    assert record.takes is not None
    known = {each.name: each for each in record.takes.params}
    many = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    plain = [each for each in params if each.kind not in many]
    only = inspect.Parameter.POSITIONAL_ONLY
    in_order = [each for each in plain if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    taken = [*known]
    for place, param in enumerate(in_order):
        if param.kind is only and place < len(taken):
            continue  # it has no name for users
        if param.name not in known:
            yield f"it says nothing of {param.name}"
        elif taken.index(param.name) != place and params[0].kind not in many:
            yield f"{param.name} is parameter {taken.index(param.name)}, in NumPy {place}"
    for param in plain:
        if param.kind is inspect.Parameter.KEYWORD_ONLY and param.name not in known:
            yield f"it says nothing of {param.name}"
    for param in plain:
        mine = known.get(param.name)
        if mine is None or mine.role not in (Role.STATIC, Role.SIZES) or mine.required:
            continue
        means = _NOT_GIVEN.get(param.name, ())
        if param.default is inspect.Parameter.empty:
            yield f"{param.name} may not be left out"
        elif param.default is np._NoValue:
            if mine.default not in (None, False, *means):
                yield f"{param.name} is {mine.default!r} by default, in NumPy it is not given"
        elif param.default != mine.default or type(param.default) is not type(mine.default):
            yield f"{param.name} is {mine.default!r} by default, in NumPy {param.default!r}"
    names = {each.name for each in plain}
    splat = any(each.kind in many for each in params)
    for place, mine in enumerate(record.takes.params):
        nameless = place < len(in_order) and in_order[place].kind is only
        if mine.name not in names and not nameless and not splat and names:
            yield f"NumPy's function takes no {mine.name}"


def method_parameters(method: str) -> set[str]:
    """What an ndarray method takes by name, but for `self`."""
    many = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    only = inspect.Parameter.POSITIONAL_ONLY
    found = getattr(np.ndarray, method, None)
    if not callable(found):
        return set()
    return {each.name for each in parameters_of(found) if each.kind not in (*many, only)}


def classes_of(call: Call) -> set[str]:
    """The kinds of input that a case stands for."""
    found: set[str] = set()
    shapes = [each.shape for each in call.draws if each.shape is not None]
    names = {0: "without dimensions", 1: "vector", 2: "matrix"}
    found |= {names.get(len(shape), "more dimensions") for shape in shapes}
    found |= {"size 0" for shape in shapes if 0 in shape}
    found |= {"size 1" for shape in shapes if 1 in shape}
    found |= {"Python number" for each in call.draws if each.shape is None}
    found |= {"integers" for each in call.draws if each.kind == "int" and each.shape}
    found |= {"booleans" for each in call.draws if each.kind == "bool"}
    found |= {"ties" for each in call.draws if each.kind == "int" and each.shape}
    if len(shapes) > 1 and len(set(shapes)) > 1:
        found.add("different shapes")
    axis = call.case.keywords.get("axis")
    if isinstance(axis, int) and axis < 0:
        found.add("negative axis")
    if isinstance(axis, tuple):
        found.add("several axes")
    if call.case.varied:
        found |= {"float32", "Fortran order", "strided"}
    return found


# ---------------------------------------------------------------------- all of it

CHECKS: dict[str, Callable[[Call], Problems]] = {
    "values": check_values,
    "sizes": check_sizes,
    "memory": check_memory,
    "text": check_text,
    "first": check_first_order,
    "second": check_second_order,
}
RECORD_CHECKS: dict[str, Callable[[Record], Problems]] = {
    "complete": check_complete,
    "keywords": check_keywords,
}


def problems(check: str, call: Call) -> list[str]:
    """What a check finds wrong with a case; an exception is a problem too."""
    try:
        return [f"{call} {each}" for each in CHECKS[check](call)]
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        return [f"{call} {type(error).__name__}: {error} ({place})"]


def record_problems(check: str, record: Record) -> list[str]:
    return [f"{record.name}: {each}" for each in RECORD_CHECKS[check](record)]


@cache
def supported(record: Record) -> list[str]:
    """The parameters that users may give, but for the operands that they must."""
    assert record.takes is not None
    return [
        each.name
        for each in record.takes.params
        if each.role is not Role.REFUSED
        and not (each.required and each.role in (Role.OPERAND, Role.ARRAYS))
    ]


def table() -> str:
    """Every callable that is supported, with its keywords, and how many they are."""
    lines, callables, pairs = [], 0, 0
    for record in RECORDS:
        names = [record.name, *(f"ndarray.{method}" for method in record.methods)]
        callables += len(names)
        pairs += len(names) * max(len(supported(record)), 1)
        classes = set().union(*map(classes_of, calls_of(record))) if record.cases else set()
        cells = [", ".join(names), ", ".join(supported(record)), str(len(record.cases))]
        lines.append((*cells, str(len(classes))))
    head = ("callable", "keywords", "cases", "classes of input")
    widths = [max(len(row[k]) for row in (head, *lines)) for k in range(4)]
    rows = [" | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in lines]
    top = " | ".join(c.ljust(w) for c, w in zip(head, widths, strict=True))
    total = f"{len(RECORDS)} functions, {callables} callables, {pairs} callables × keywords"
    return "\n".join([top, "-" * len(top), *rows, "", total])


def report(record: Record) -> bool:
    """Prints what holds of a record, case by case; whether all does."""
    found: list[str] = []
    for check in RECORD_CHECKS:
        wrong = record_problems(check, record)
        print(f"{check:<10}{'FAILS' if wrong else 'ok'}")
        found += wrong
    width = max((len(str(call)) for call in calls_of(record)), default=0)
    print("\n" + "case".ljust(width), *(check.ljust(7) for check in CHECKS))
    for call in calls_of(record):
        cells = []
        for check in CHECKS:
            wrong = problems(check, call)
            cells.append("FAILS" if wrong else "ok")
            found += [f"{check}: {each}" for each in wrong]
        print(str(call).ljust(width), *(cell.ljust(7) for cell in cells))
    print("", *found, sep="\n")
    return not found


def main(arguments: Sequence[str]) -> int:
    if list(arguments) == ["--table"]:
        print(table())
        return 0
    names = [record.name for record in RECORDS] if list(arguments) == ["--all"] else arguments
    if not names or any(name not in OPS for name in names):
        print(__doc__)
        return 2
    return 0 if all([report(OPS[name]) for name in names]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
