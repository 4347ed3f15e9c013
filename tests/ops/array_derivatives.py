"""Derivatives of array records: against oracles, and against one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import mpmath as mp
import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ops.cases import NO_DERIVATIVE, Oracle
from autodiff_compiler.ops.record import Record, Zero
from tests.ops.array_calls import (
    PLAIN,
    REFUSALS,
    Call,
    Variation,
    known_types,
    leaves,
    numpy_function,
    resized,
    silent,
    truth_of,
    unknown_types,
    variations_of,
)
from tests.ops.array_compiled import Compiled
from tests.ops.array_rules import ByRules, is_float, zeros

Problems = Iterator[str]

EPSILON = {name: float(np.finfo(name).eps) for name in ("float64", "float32")}
TOLERANCE = {"float64": 1e-10, "float32": 1e-4}  # of a tangent against its oracle
ROUNDINGS = 4500  # of an inner product, in units of the last place of its terms
H = 1e-30  # a complex step
STEP = 1e-6  # a step of a difference of slopes, for the second order
SECOND = 1e-6  # what such a difference is good for


def check_first_order(call: Call) -> Problems:
    """Tangents against the oracle, gradients by the identity <ct, J v> = <J^T ct, v>."""
    for variation in variations_of(call):
        values = call.values(variation)
        places = places_of(values)
        result = truth_of(call, values)
        if not is_float(result) or not places:
            continue
        for engine in engines(call, variation):
            yield from _first_order(call, variation, engine, values, places, result)


def _first_order(
    call: Call, variation: Variation, engine: Any, values: Any, places: list[int], result: Any
) -> Problems:
    where = f"[{variation}, {type(engine).__name__}]"
    dtype = precision_of([values, result])
    directions = call.directions(values)
    dots = [directions[place] for place in places]
    with silent():
        tangent = engine.jvp(values, dots)
    if isinstance(result, np.ndarray) and tangent is not None:
        if wrong := unlike_in_kind(tangent, result):
            yield f"{where} tangent: {wrong}"
            return
    oracle = oracle_of(call.record)
    if oracle is not None:
        truth = directional(call, oracle, values, directions)
        if wrong := far(tangent, truth, TOLERANCE[dtype], floor=EPSILON[dtype], like=result):
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
    bound = ROUNDINGS * EPSILON[dtype] * (size + other)
    if not abs(left - right) <= bound:
        yield f"{where} <ct, J v> = {left:.17g}, but <J^T ct, v> = {right:.17g}"


RESIZED = 8  # as many calls of other sizes does a derivative have to get right; sizes 1 come first


def check_other_sizes(call: Call) -> Problems:
    """A derivative that knows nothing of sizes gets those right that it meets."""
    values = call.values()
    places = places_of(values)
    if not is_float(truth_of(call, values)) or not places:
        return
    try:
        function = call.function(unknown_types(call.names, values))
    except OperandError:
        return
    engine = Compiled(function, places, "nothing")
    others = [*resized(call)]
    empty = [other for other in others if any(0 in (d.shape or ()) for d in other.draws)]
    for other in [call, *others[:RESIZED], *empty[:1]]:
        changed = other.values()
        try:
            result = truth_of(other, changed)
        except REFUSALS:
            continue
        try:
            wrong = list(_identity(other, engine, changed, result))
        except np.linalg.LinAlgError:
            continue  # no derivative for such sizes, and it says so
        yield from (f"as {other}, {each}" for each in wrong)


def _identity(call: Call, engine: Any, values: Any, result: Any) -> Problems:
    """<ct, J v> = <J^T ct, v>, and gradients of the right kind."""
    places = places_of(values)
    directions = call.directions(values)
    dots = [directions[place] for place in places]
    ct = cotangent_for(result)
    with silent():
        tangent, gradients = engine.jvp(values, dots), engine.vjp(values, ct)
    pairs = [*zip(places, gradients, strict=True)]
    wrong = [unlike_in_kind(gradient, values[place]) for place, gradient in pairs]
    if any(wrong):
        yield f"of unknown sizes: gradient: {next(filter(None, wrong))}"
        return
    if isinstance(result, np.ndarray) and (wrong_tangent := unlike_in_kind(tangent, result)):
        yield f"of unknown sizes: tangent: {wrong_tangent}"
        return
    (left, size), (right, other) = inner(ct, tangent), inner(gradients, dots)
    bound = ROUNDINGS * EPSILON[precision_of([values, result])] * (size + other)
    if not abs(left - right) <= bound and np.all(np.isfinite([*_all(result), *_all(tangent)])):
        yield f"of unknown sizes: <ct, J v> = {left:.17g}, but <J^T ct, v> = {right:.17g}"


def _all(value: Any) -> list[float]:
    return [float(x) for each in leaves(value) for x in each.flat]


def check_second_order(call: Call) -> Problems:
    """Forward over reverse and reverse over forward: alike, symmetric, and as differences of the
    oracle's first derivatives."""
    values = call.values()
    places = places_of(values)
    result = truth_of(call, values)
    if not is_float(result) or not places:
        return
    ct = cotangent_for(result)
    u, v = call.directions(values, 1), call.directions(values, 2)
    u_dots, v_dots = [u[k] for k in places], [v[k] for k in places]
    dtype = precision_of([values, result])
    exact = dtype == "float64"
    for engine in engines(call, PLAIN):
        where = f"[{type(engine).__name__}]"
        with silent():
            along_v = engine.forward_over_reverse(values, ct, v_dots)
            along_u = engine.forward_over_reverse(values, ct, u_dots)
            reverse = engine.reverse_over_forward(values, v_dots, ct)
        (left, size), (right, other) = inner(along_v, u_dots), inner(along_u, v_dots)
        bound = ROUNDINGS * EPSILON[dtype] * (size + other + 1e-3 * scale_of(ct))
        if not abs(left - right) <= bound:
            yield f"{where} <u, H v> = {left:.17g}, but <v, H u> = {right:.17g}"
        if wrong := far(reverse, along_v, TOLERANCE[dtype], floor=50 * EPSILON[dtype], like=ct):
            yield f"{where} reverse over forward against forward over reverse: {wrong}"
        oracle = oracle_of(call.record)
        if not exact or oracle is None or oracle.kind == "zero":
            continue
        after, before = (
            inner(ct, directional(call, oracle, moved(values, u, step), v))[0]
            for step in (STEP, -STEP)
        )
        truth = (after - before) / (2 * STEP)
        scale = abs(truth) + size + other + scale_of(ct) * 1e-3
        if not abs(left - truth) <= SECOND * scale:
            yield f"{where} <u, H v> = {left:.12g}, but {truth:.12g} by differences"


def oracle_of(record: Record) -> Oracle | None:
    return NO_DERIVATIVE if isinstance(record.rule, Zero) else record.oracle


def places_of(values: Sequence[Any]) -> list[int]:
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
                else np.asarray(value + 1j * H * dot.astype("float64"))
                for value, dot in zip(wide, dots, strict=True)
            ]
            with silent():
                return _imaginary(call.of(function, stepped, complex))
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
        if isinstance(value, list):
            return [*map(one, value)]
        if isinstance(value, tuple):
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


def precision_of(value: Any) -> str:
    """The least precise dtype in a structure."""
    return "float32" if any(each.dtype == "float32" for each in leaves(value)) else "float64"


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
    elif type(gradient) is not type(value):
        return f"a {type(gradient).__name__} for a {type(value).__name__}"
    return None


# ---------------------------------------------------------------------- engines

_ENGINES: dict[Any, Any] = {}


def engines(call: Call, variation: Variation) -> list[Any]:
    """What differentiates: the rule by itself, and the compiler.

    A case has one for all its layouts in memory, which types don't tell apart."""
    key = call.record, id(call.case), variation.dtype, variation.numbers
    if key not in _ENGINES:
        values = call.values(variation)
        function, places = call.function(known_types(values)), places_of(values)
        # One case of each record is written in full; in float32 only that.
        written = "all" if call.case is call.record.cases[0] else "most"
        if written == "most" and variation.dtype == "float32":
            written = "nothing"
        made = [ByRules(function, places), Compiled(function, places, written)]
        _ENGINES[key] = call, made  # the call keeps the case alive, and its id its own
    return _ENGINES[key][1]
