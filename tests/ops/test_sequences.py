"""Operations on sequences: types, values, text, and their rules, run by the interpreter."""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.operation import Effect, OperandError
from autodiff_compiler.ir.types import (
    BOOL,
    FLOAT,
    INT,
    NP_FLOAT,
    Kind,
    ScalarType,
    SequenceType,
    Type,
    type_of,
)
from autodiff_compiler.ir.values import Const, Function, Op, Value
from autodiff_compiler.ir.verifier import verify
from autodiff_compiler.ops import OPS, list_parts, sequences
from autodiff_compiler.ops.record import AddAt, Custom

FLOATS = SequenceType(FLOAT)
FLOAT_TUPLE = SequenceType(FLOAT, "tuple")
INT_OR_FLOAT = ScalarType(INT.kinds | FLOAT.kinds)


def typed(value: Any) -> Type:
    """Tuples here are sequences, not structures."""
    if isinstance(value, tuple):
        return FLOAT_TUPLE
    found = type_of(value)
    assert found is not None
    return found


ZEROS = [0.0, 0.0, 0.0]  # only to pad with: nothing is differentiated with respect to it

# name, attributes, operands, value, text
CASES: list[tuple[str, dict[str, object], list[Any], Any, str]] = [
    ("len", {}, [[1.5, 2.5]], 2, "len(a)"),
    ("getitem", {}, [[1.5, 2.5, 3.5], -1], 3.5, "a[b]"),
    ("getitem", {}, [(1.5, 2.5, 3.5), 1], 2.5, "a[b]"),
    ("pack", {"container": "list"}, [1.5, 2.5], [1.5, 2.5], "[a, b]"),
    ("pack", {"container": "tuple"}, [1.5, 2.5], (1.5, 2.5), "(a, b)"),
    ("pack", {"container": "tuple"}, [1.5], (1.5,), "(a,)"),
    ("pack", {"container": "list"}, [], [], "[]"),
    ("sum", {}, [[1.5, 2.5, -4.25]], -0.25, "sum(a)"),
    ("sum", {}, [[]], 0, "sum(a)"),
    ("sum_from", {}, [(1.5, 2.5), 0.5], 4.5, "sum(a, b)"),
    ("math.fsum", {}, [[1.5, 2.5, -4.25]], -0.25, "math.fsum(a)"),
    ("min_of", {}, [[1.5, -2.5, 2.0]], -2.5, "min(a)"),
    ("max_of", {}, [(1.5, -2.5, 2.0)], 2.0, "max(a)"),
    ("index_of", {}, [[1.5, -2.5, 1.5], 1.5], 0, "a.index(b)"),
    ("zeros_like", {}, [(1.5, 2.5)], [0.0, 0.0], "[0.0] * len(a)"),
    ("empty", {"type": FLOATS}, [], [], "[]"),
    ("empty", {"type": FLOAT_TUPLE}, [], (), "()"),
    ("index_add", {}, [[1.5, 2.5], -1, 0.25], [1.5, 2.75], "a[b] += c"),
    ("seq_add", {}, [[1.5, 2.5], [0.5, -3.0]], [2.0, -0.5], "[a + b for a, b in zip(a, b)]"),
    ("fill", {}, [1.5, 3], [1.5, 1.5, 1.5], "[a] * b"),
    ("pad", {}, [[1.5, 2.5], 4], [1.5, 2.5, 0.0, 0.0], "a + [0.0] * (b - len(a))"),
    ("pad", {}, [[1.5, 2.5], 2], [1.5, 2.5], "a + [0.0] * (b - len(a))"),
    ("pad_with", {}, [[1.5, 2.5], ZEROS], [1.5, 2.5, 0.0], "a + b[len(a):]"),
    ("head", {}, [[1.5, 2.5, 3.5], 2], [1.5, 2.5], "a[:b]"),
    ("as_tuple", {}, [[1.5, 2.5]], (1.5, 2.5), "tuple(a)"),
    ("as_list", {}, [(1.5, 2.5)], [1.5, 2.5], "list(a)"),
    ("concat", {}, [[1.5], [2.5, 3.5]], [1.5, 2.5, 3.5], "a + b"),
    ("concat", {}, [(1.5, 0.5), (2.5,)], (1.5, 0.5, 2.5), "a + b"),
    ("repeat", {}, [[1.5, 2.5], 2], [1.5, 2.5, 1.5, 2.5], "a * b"),
    ("repeat", {}, [[1.5, 2.5], 0], [], "a * b"),
    ("slice", {"bounds": (True, True, False)}, [[1.5, 2.5, 3.5], 0, -1], [1.5, 2.5], "a[b:c]"),
    ("slice", {"bounds": (True, False, False)}, [(1.5, 2.5), 1], (2.5,), "a[b:]"),
    ("slice", {"bounds": (False, False, True)}, [[1.5, 2.5, 3.5], -2], [3.5, 1.5], "a[::b]"),
    ("contains", {}, [[1.5, 2.5], 2.5], True, "b in a"),
]
cases = pytest.mark.parametrize(
    ("name", "attributes", "operands", "value", "text"),
    CASES,
    ids=[f"{name}-{place}" for place, (name, *_) in enumerate(CASES)],
)


def test_every_operation_on_sequences_has_a_case() -> None:
    # What takes lists apart and together again is seen through programs, in tests/frontend.
    nested = {"flatten", "regroup", "fold", "slice_add"}
    records = {record.name for record in (*sequences.RECORDS, *list_parts.RECORDS)}
    assert {name for name, *_ in CASES} == records - nested


@cases
def test_value_text_and_type(
    name: str, attributes: dict[str, object], operands: list[Any], value: Any, text: str
) -> None:
    record = OPS[name]
    before = [list(each) if isinstance(each, list) else each for each in operands]
    result = record.evaluate(*operands, **attributes)
    assert result == value and type(result) is type(value)
    assert operands == before, "an operation may not change its operands"
    names: list[ast.expr] = [ast.Name(each, ast.Load()) for each in "abc"[: len(operands)]]
    types = [typed(each) for each in operands]
    written = ast.fix_missing_locations(record.spelling.write(names, types, attributes))
    assert ast.unparse(written) == text
    parsed = ast.parse(text).body[0]
    assert ast.dump(parsed.value if isinstance(parsed, ast.Expr) else parsed) == ast.dump(written)
    namespace = {"math": math, **dict(zip("abc", operands))}
    if record.spelling.updates:
        exec(text, namespace)
        assert namespace["a"] == value
    else:
        computed = eval(text, namespace)
        assert computed == value and type(computed) is type(value)
    function = apply(name, types, attributes)
    verify(function)
    if not record.spelling.updates:  # otherwise the operand has just been updated
        assert interpret(function, operands) == value


def apply(name: str, types: Sequence[Type], attributes: dict[str, object]) -> Function:
    """A function of one operation."""
    params = tuple(Value(each, "abc"[place]) for place, each in enumerate(types))
    build = Builder()
    result = build.op(OPS[name], *params, attributes=attributes)
    return Function("f", params, build.block(result))


def test_types() -> None:
    def infer(operation: str, *types: Type, **attributes: object) -> Type:
        return OPS[operation].infer(types, attributes)

    numpy_floats = SequenceType(NP_FLOAT)
    either = ScalarType(FLOAT.kinds | NP_FLOAT.kinds)
    assert infer("sum", FLOATS) == INT_OR_FLOAT
    assert infer("sum", SequenceType(BOOL)) == INT
    assert infer("sum", numpy_floats) == ScalarType(INT.kinds | NP_FLOAT.kinds)
    assert infer("sum_from", FLOATS, FLOAT) == FLOAT
    assert infer("sum_from", numpy_floats, FLOAT) == either
    assert infer("min_of", SequenceType(INT_OR_FLOAT)) == INT_OR_FLOAT
    assert infer("pack", FLOAT, INT, container="tuple") == SequenceType(INT_OR_FLOAT, "tuple")
    assert infer("getitem", SequenceType(NP_FLOAT, "tuple"), INT) == NP_FLOAT
    assert infer("index_add", FLOATS, INT, NP_FLOAT) == SequenceType(either)
    assert infer("seq_add", FLOATS, numpy_floats) == numpy_floats
    assert infer("pad", numpy_floats, INT) == SequenceType(either)
    assert infer("head", FLOAT_TUPLE, INT) == FLOAT_TUPLE
    assert infer("as_tuple", FLOATS) == FLOAT_TUPLE
    for bad in (
        lambda: infer("index_add", FLOAT_TUPLE, INT, FLOAT),
        lambda: infer("getitem", FLOATS, FLOAT),
        lambda: infer("getitem", FLOAT, INT),
        lambda: infer("len", FLOAT),
        lambda: infer("fill", FLOATS, INT),
        lambda: infer("sum", ScalarType(frozenset({Kind.FLOAT}))),
        lambda: infer("pack", FLOAT, FLOATS, container="list"),
    ):
        with pytest.raises(OperandError, match="expected"):
            bad()


def test_effects_and_freshness() -> None:
    raising = {"math.fsum", "getitem", "min_of", "max_of", "index_of", "index_add"}
    raising.add("slice")  # with a step of 0
    fresh = {"pack", "zeros_like", "empty", "index_add", "seq_add", "fill", "pad", "pad_with"}
    for name, *_ in CASES:
        effect = OPS[name].effect([FLOATS] * 3)
        assert effect is (Effect.RAISES if name in raising else Effect.PURE), name
        assert OPS[name].fresh == (
            name in fresh | {"head", "as_list", "concat", "repeat", "slice"}
        ), name
    for call in (
        lambda: OPS["getitem"].evaluate([1.5], 1),
        lambda: OPS["index_add"].evaluate([1.5], 1, 2.0),
        lambda: OPS["math.fsum"].evaluate([math.inf, -math.inf]),
        lambda: OPS["min_of"].evaluate([]),
        lambda: OPS["max_of"].evaluate([]),
        lambda: OPS["index_of"].evaluate([1.5], 2.5),
    ):
        with pytest.raises((IndexError, ValueError)):
            call()


# Rules, both modes.


def differentiable(operand: Any) -> bool:
    return not isinstance(operand, int) and operand is not ZEROS


def jvp_function(name: str, attributes: dict[str, object], operands: list[Any]) -> Function:
    """operands and tangents → tangent of the result; ints have no tangent."""
    build = Builder()
    params = [Value(typed(each)) for each in operands]
    tangents = [Value(typed(each)) if differentiable(each) else None for each in operands]
    result = build.op(OPS[name], *params, attributes=attributes)
    (node,) = build.nodes
    assert isinstance(node, Op)
    rule = OPS[name].rule
    assert isinstance(rule, Custom)
    tangent = rule.jvp(build, node, tangents)
    assert tangent is not None and result is node.result
    every = (*params, *(each for each in tangents if each is not None))
    return Function("f_jvp", every, build.block(tangent))


def vjp_function(
    name: str, attributes: dict[str, object], operands: list[Any], place: int
) -> Function:
    """operands and the result's cotangent → cotangent of one operand, as a list or number."""
    build = Builder()
    params = [Value(typed(each)) for each in operands]
    result = build.op(OPS[name], *params, attributes=attributes)
    (node,) = build.nodes
    assert isinstance(node, Op)
    kind = result.type
    cotangent = Value(SequenceType(FLOAT) if isinstance(kind, SequenceType) else FLOAT)
    rule = OPS[name].rule
    assert isinstance(rule, Custom)
    contributions = rule.vjp(build, node, cotangent)
    assert len(contributions) == len(operands)
    for operand, contribution in zip(operands, contributions, strict=True):
        assert differentiable(operand) or contribution is None
    found = contributions[place]
    if isinstance(found, AddAt):
        zeros = build.op(OPS["zeros_like"], params[place])
        places = *found.indices, found.cotangent
        found = build.op(found.update, zeros, *places, attributes=found.attributes)
    assert isinstance(found, Value | Const)
    return Function("f_vjp", (*params, cotangent), build.block(found))


def flat(value: Any) -> list[float]:
    return list(value) if isinstance(value, list | tuple) else [value]


def shaped(like: Any, start: float) -> Any:
    """Numbers in the shape of `like`: start, start + 1, …"""
    if isinstance(like, list | tuple):
        return type(like)(start + place for place in range(len(like)))
    return start


@pytest.mark.parametrize(
    ("name", "attributes", "operands"),
    [case[:3] for case in CASES if isinstance(OPS[case[0]].rule, Custom) and case[2] != [[]]],
    ids=[
        f"{name}-{place}"
        for place, (name, _, operands, *_) in enumerate(CASES)
        if isinstance(OPS[name].rule, Custom) and operands != [[]]
    ],
)
def test_rules_are_each_others_transpose_and_exact(
    name: str, attributes: dict[str, object], operands: list[Any]
) -> None:
    """All operations here are linear where they are smooth: differences are exact."""
    if not operands:
        return
    tangents = [shaped(each, 1.0 + 3 * k) for k, each in enumerate(operands)]
    active = [t for t, each in zip(tangents, operands) if differentiable(each)]
    forward = jvp_function(name, attributes, operands)
    verify(forward)
    tangent = interpret(forward, [*operands, *active])

    step = 2.0**-10
    moved = [
        each
        if not differentiable(each)
        else type(each)(a + step * b for a, b in zip(each, t))
        if isinstance(each, list | tuple)
        else each + step * t
        for each, t in zip(operands, tangents)
    ]
    value, beyond = (OPS[name].evaluate(*each, **attributes) for each in (operands, moved))
    difference = [(b - a) / step for a, b in zip(flat(value), flat(beyond), strict=True)]
    assert flat(tangent) == difference

    cotangent = [2.0 + k for k in range(len(flat(value)))]
    seed = cotangent if isinstance(value, list | tuple) else cotangent[0]
    products = []
    for place, each in enumerate(operands):
        if differentiable(each):
            backward = vjp_function(name, attributes, operands, place)
            verify(backward)
            found = flat(interpret(backward, [*operands, seed]))
            products.append(dot(found, flat(tangents[place])))
    assert sum(products) == dot(cotangent, flat(tangent))


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    assert len(a) == len(b)
    return sum(x * y for x, y in zip(a, b))


def run_jvp(name: str, operands: list[Any], given: list[Any], **attributes: object) -> Any:
    """The tangent where only some operands have one (None: none); a rule may give none at all."""
    build = Builder()
    params = [Value(typed(each)) for each in operands]
    tangents = [None if each is None else Value(typed(each)) for each in given]
    build.op(OPS[name], *params, attributes=attributes)
    (node,) = build.nodes
    rule = OPS[name].rule
    assert isinstance(node, Op) and isinstance(rule, Custom)
    tangent = rule.jvp(build, node, tangents)
    if tangent is None:
        return None
    every = (*params, *(each for each in tangents if each is not None))
    function = Function("f", every, build.block(tangent))
    verify(function)
    return interpret(function, [*operands, *(each for each in given if each is not None)])


def test_operands_without_a_tangent() -> None:
    xs, ys = [1.5, 2.5], [0.5, -3.0]
    assert run_jvp("pack", [1.5, 2.5], [None, 3.0], container="tuple") == (0.0, 3.0)
    assert run_jvp("pack", [1.5, 2.5], [None, None], container="tuple") is None
    assert run_jvp("sum_from", [xs, 0.5], [None, 2.0]) == 2.0
    assert run_jvp("sum_from", [xs, 0.5], [[1.0, 2.0], None]) == 3.0
    assert run_jvp("index_add", [xs, 1, 0.5], [None, None, 2.0]) == [0.0, 2.0]
    assert run_jvp("index_add", [xs, 1, 0.5], [[1.0, 2.0], None, None]) == [1.0, 2.0]
    assert run_jvp("seq_add", [xs, ys], [[1.0, 2.0], None]) == [1.0, 2.0]
    assert run_jvp("seq_add", [xs, ys], [None, [1.0, 2.0]]) == [1.0, 2.0]
    assert run_jvp("max_of", [xs], [None]) is None
    assert run_jvp("getitem", [xs, 0], [None, None]) is None


@pytest.mark.parametrize("name", ["min_of", "max_of"])
@pytest.mark.parametrize(
    "xs",
    [[2.0, 2.0, 2.0], [0.0, -0.0], [-0.0, 0.0], [math.nan, 1.0], [1.0, math.nan, 2.0]],
    ids=str,
)
def test_the_extreme_of_a_sequence_is_the_element_that_python_takes(
    name: str, xs: list[float]
) -> None:
    """The first of equals; nan compares as nothing, so it stays if it comes first."""
    chosen = OPS[name].evaluate(xs)
    place = next(k for k, x in enumerate(xs) if x is chosen)
    first = next(k for k, x in enumerate(xs) if x == chosen or x is chosen)
    assert place == first
    backward = vjp_function(name, {}, [xs], 0)
    expected = [0.0] * len(xs)
    expected[place] = 3.0
    assert interpret(backward, [xs, 3.0]) == expected


def test_cotangents_of_tuples_are_lists() -> None:
    for name, operands in (("as_tuple", [[1.5, 2.5]]), ("as_list", [(1.5, 2.5)])):
        backward = vjp_function(name, {}, operands, 0)
        assert interpret(backward, [*operands, [1.0, 2.0]]) == [1.0, 2.0]


def test_the_spelling_of_numpy_floats_in_sequences() -> None:
    """sum starts at the int 0, so NumPy's floats stay NumPy's."""
    total = OPS["sum"].evaluate([np.float64(1.5), np.float64(2.5)])
    assert type(total) is np.float64


def test_pullback_of_a_constant_index_reads_there() -> None:
    build = Builder()
    xs = Value(FLOATS)
    build.op(OPS["getitem"], xs, const(1))
    (node,) = build.nodes
    rule = OPS["getitem"].rule
    assert isinstance(node, Op) and isinstance(rule, Custom)
    at, nothing = rule.vjp(build, node, Value(FLOAT))
    assert isinstance(at, AddAt) and at.indices == (const(1),) and nothing is None
    assert len(build.nodes) == 1, "nothing is built for it"
