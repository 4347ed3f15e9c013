"""Elementwise operations on arrays: values, types, texts and partials, generated from the records.

What an operation does with numbers is tested elsewhere: here it is done to arrays of them.
"""

from __future__ import annotations

import ast
import importlib
import itertools
import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.special

from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.operation import Effect, OperandError
from autodiff_compiler.ir.types import Type, accepts, type_of
from autodiff_compiler.ir.values import Block, Function, Op, Operand, Value
from autodiff_compiler.ops import ARRAYS, OPS, effect_of
from autodiff_compiler.ops.helpers import compiled
from autodiff_compiler.ops.record import Elementwise, Record
from autodiff_compiler.transforms.jvp import Forward
from autodiff_compiler.transforms.terms import partials_of, scale
from tests.ops.evaluate import is_order, partials_at, types_of
from tests.ops.test_partials import ELEMENTWISE, is_number

NO_NUMBERS = {"sequences", "list_parts", "structures", "captured", "jacobians", "overlap"}
OTHERS = {
    record.name
    for name in NO_NUMBERS
    for record in importlib.import_module(f"autodiff_compiler.ops.{name}").RECORDS
}
OF_NUMBERS = {"max", "min", "round", "round_to", "float", "int", "bool", "digamma", "polygamma"}
RECORDS = [
    record
    for record in OPS.values()
    if record.name not in OTHERS | ARRAYS | OF_NUMBERS | {"np.where"}
    and not record.name.startswith("math.")
]
# The condition of a choice must be one; who asks for a power of bools gets another answer from
# NumPy for every exponent; these are asked for floats only.
STRICTER = {"select", "pow", "ieee_pow", "sinc_derivative", "not", "np.round"}
COUNTS = {
    record.name: [len(sample) for sample in record.samples[:1]]
    for record in RECORDS
    if record.samples
}

SHAPES: dict[int, list[tuple[Any, ...]]] = {
    1: [((3,),), ((2, 3),), ((),), ((0,),), ((0, 3),), ((1,),), ((1, 1),)],
    2: [
        *(((2, 3), None), (None, (2, 3)), ((3,), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3))),
        *(((), ()), ((), None), (None, ()), ((3,), ()), ((0, 3), (3,)), ((0,), (1,)), ((0,), None)),
        *(((1,), (1,)), ((1,), (3,)), ((3, 1), (2,)), ((2, 2), (2, 2))),
    ],
    3: [
        *(((2, 3), None, None), ((3,), (2, 3), (2, 1)), ((2, 3), (3,), None), ((), (), None)),
        *((None, (2,), None), ((0, 3), (3,), None), ((1,), (1,), (1,)), (None, None, (2,))),
    ],
}
POOL = {
    "float64": (0.5, -1.5, 2.0, 0.0, math.inf, -math.inf, math.nan, 0.25, -0.0, 3.0, 1e155),
    "float32": (0.5, -1.5, 2.0, 0.0, math.inf, -math.inf, math.nan, 0.25, -0.0, 3.0, 1e25),
    "int64": (1, 0, 3, 2, 5),
    "int32": (1, 0, 3, 2, 5),
    "bool": (True, False, True),
}
# One operand varies in dtype at a time, beside float64, float32 and Python's own numbers.
DTYPES = tuple(POOL)
PYTHON = (0.5, 2, True)


def named(records: list[Record]) -> Any:
    return pytest.mark.parametrize("record", records, ids=lambda record: record.name)


def filled(dtype: str, shape: tuple[int, ...], start: int) -> np.ndarray[Any, Any]:
    """An array from the pool, every other element of a larger one."""
    pool = POOL[dtype]
    doubled = (*shape[:-1], 2 * shape[-1]) if shape else ()
    values = [pool[(start + k) % len(pool)] for k in range(math.prod(doubled))]
    array = np.array(values, dtype).reshape(doubled)
    return array[..., ::2] if shape and start % 2 else array[..., : shape[-1]] if shape else array


def operands_of(count: int) -> Iterator[tuple[Any, ...]]:
    for start, shapes in enumerate(SHAPES[count]):
        arrays = [place for place, shape in enumerate(shapes) if shape is not None]
        for dtypes in itertools.product(DTYPES, repeat=len(arrays)):
            if count == 3 and len(set(dtypes)) > 2:
                continue
            chosen = iter(dtypes)
            for number in PYTHON if len(arrays) < count else PYTHON[:1]:
                yield tuple(
                    number if shape is None else filled(next(chosen), shape, start + place)
                    for place, shape in enumerate(shapes)
                )
                chosen = iter(dtypes)


def calls(record: Record) -> Iterator[tuple[list[Any], list[Type]]]:
    """Operands that the record is asked about."""
    for count in COUNTS.get(record.name) or (1, 2, 3):
        for operands in operands_of(count):
            given: list[Any] = list(operands)
            if is_order(record, 0):
                given[0] = 1
            if record.name == "select":
                chosen = np.asarray(given[0]) > 0
                given[0] = chosen if isinstance(given[0], np.ndarray) else bool(chosen)
            if any(isinstance(each, np.ndarray) for each in given):
                yield given, types_of(given)


def run(function: Any, operands: list[Any]) -> Any:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        return function(*operands)


def own_function(record: Record) -> Any:
    """The function of NumPy or SciPy that the record is of."""
    library, _, path = record.name.partition(".")
    found: Any = {"np": np, "scipy": scipy}.get(library)
    for part in path.split(".") if found is not None else ():
        found = getattr(found, part)
    return found or record.evaluate


def text_of(record: Record, types: list[Type]) -> Any:
    """The operation's text as a function."""
    names: list[ast.expr] = [ast.Name(name, ast.Load()) for name in "abcd"[: len(types)]]
    written = record.spelling.write(names, types, {})
    assert isinstance(written, ast.expr)
    namespace: dict[str, Any] = {"math": math, "np": np, "scipy": scipy}
    helper = record.spelling.helper(types)
    if helper is not None:
        namespace[helper.name] = compiled(helper)
    arguments = ", ".join("abcd"[: len(types)])
    return eval(f"lambda {arguments}: {ast.unparse(written)}", namespace)


def identical(a: Any, b: Any) -> bool:
    return (
        type(a) is type(b)
        and np.asarray(a).dtype == np.asarray(b).dtype
        and np.shape(a) == np.shape(b)
        and np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind == "f")
        and np.array_equal(np.signbit(a), np.signbit(b))
        if np.asarray(a).dtype.kind == "f"
        else np.array_equal(a, b)
    )


@named(RECORDS)
def test_values_types_and_texts(record: Record) -> None:
    """The inferred type is that of what NumPy gives, and the text gives just that."""
    function, texts, taken = own_function(record), {}, 0
    for operands, types in calls(record):
        try:
            inferred = record.infer(types, {})
        except OperandError as error:
            if record.name not in STRICTER and " operand" not in str(error):
                try:
                    result = run(function, operands)
                except (TypeError, ValueError, DeprecationWarning):
                    continue
                assert type_of(result) is None, f"{types} refused: {result!r}"
            continue
        taken += 1
        try:
            result = run(record.evaluate, operands)
        except ValueError:
            assert record.effect(types) is Effect.RAISES
            continue
        assert accepts(inferred, result), f"{types}: {inferred}, but {result!r}"
        assert identical(result, run(function, operands)), f"{operands}"
        key = tuple(types)
        if key not in texts:
            texts[key] = text_of(record, types)
        assert identical(result, run(texts[key], operands)), f"{operands}"
    assert taken > 5


def test_a_refused_operation_says_what_to_use() -> None:
    array = types_of([np.ones(3)])
    for name, instead in (
        ("math.sin", "np.sin"),
        ("math.asin", "np.arcsin"),
        ("math.erf", "scipy.special.erf"),
        ("math.lgamma", "scipy.special.gammaln"),
        ("math.floor", "np.floor"),
        ("math.isnan", "np.isnan"),
        ("float", "x.item()"),
        ("int", "x.astype(int)"),
        ("round", "np.round"),
    ):
        with pytest.raises(OperandError) as raised:
            OPS[name].infer(array, {})
        assert str(raised.value).endswith(f"use {instead}") or instead in str(raised.value)
    for name, instead in (("max", "np.maximum"), ("min", "np.minimum"), ("math.pow", "np.power")):
        with pytest.raises(OperandError, match=instead):
            OPS[name].infer(array * 2, {})


@named([record for record in OPS.values() if record.name.startswith("math.")])
def test_functions_of_math_refuse_arrays(record: Record) -> None:
    for count in (1, 2, 3):
        with pytest.raises(OperandError):
            record.infer(types_of([np.ones(3)] * count), {})
        with pytest.raises(OperandError):
            record.infer(types_of([np.ones(())] * count), {})


def test_numbers_of_arrays_without_dimensions() -> None:
    for array in (np.array(2.5), np.array(2.5, np.float32), np.array(3)):
        for name in ("float", "int"):
            inferred = OPS[name].infer(types_of([array]), {})
            assert accepts(inferred, OPS[name].evaluate(array))
    assert OPS["int"].effect(types_of([np.array(1.5)])) is Effect.RAISES
    assert OPS["int"].effect(types_of([np.array(1)])) is Effect.PURE


def test_powers_of_integers_raise_for_negative_exponents() -> None:
    base = Value(types_of([np.ones(3, int)])[0])
    for name in ("pow", "np.power"):
        for exponent, effect in ((2, Effect.PURE), (-1, Effect.RAISES)):
            built = Builder()
            built.op(OPS[name], base, const(exponent))
            (op,) = built.nodes
            assert isinstance(op, Op) and effect_of(op) is effect
        assert OPS[name].effect([base.type, base.type]) is Effect.RAISES
        assert OPS[name].effect(types_of([np.ones(3), np.ones(3, int)])) is Effect.PURE


@named([record for record in RECORDS if record.name in COUNTS])
def test_weights_count_elements(record: Record) -> None:
    for sample in record.samples[:1]:
        numbers = [np.float64(x) if is_number(record, at) else x for at, x in enumerate(sample)]
        arrays = [
            np.full((2, 3), x) if is_number(record, at) else x for at, x in enumerate(numbers)
        ]
        assert record.weight(arrays) == 6 * record.weight(numbers)


# Partials.

POWERS = {"pow", "ieee_pow", "np.power", "np.float_power"}

ON_ARRAYS = [record for record in ELEMENTWISE if record in RECORDS]


def contributions(
    record: Record, operands: list[Any], cotangent: Any
) -> list[tuple[Any, Type] | None]:
    """Cotangent × partial for each operand, as the transforms build it, and its type."""
    params: list[Operand] = [
        const(x) if is_order(record, at) else Value(t, f"x{at}")
        for at, (x, t) in enumerate(zip(operands, types_of(operands), strict=True))
    ]
    values = [each for each in params if isinstance(each, Value)]
    forward = Builder()
    result = forward.op(record, *params)
    (op,) = forward.nodes
    assert isinstance(op, Op) and isinstance(record.rule, Elementwise)
    assert accepts(result.type, run(record.evaluate, operands))
    (cotangent_type,) = types_of([cotangent])
    ct = Value(cotangent_type, "ct")
    found: list[tuple[Any, Type] | None] = []
    given = [x for x, each in zip(operands, params, strict=True) if isinstance(each, Value)]
    for partial in partials_of(op, record.rule):
        inside = Builder()
        scaled = scale(inside, ct, partial)
        if scaled is None:
            found.append(None)
            continue
        body = Block((*forward.nodes, *inside.nodes), (scaled,))
        function = Function("f", (*values, ct), body)
        with np.errstate(all="ignore"):
            found.append((interpret(function, [*given, cotangent]), scaled.type))
    return found


def columns(record: Record, dtype: str = "float64") -> Iterator[list[np.ndarray[Any, Any]]]:
    """The samples and the delicate points of a record, operand by operand; orders one by one."""
    points = [*record.samples, *(each.at for each in record.delicate)]
    groups: dict[Any, list[Any]] = {}
    for point in points:
        key = (len(point), point[0] if is_order(record, 0) else None)
        groups.setdefault(key, []).append(point)
    for group in groups.values():
        with np.errstate(all="ignore"):
            yield [
                np.array(each, dtype if is_number(record, at) else None)
                for at, each in enumerate(zip(*group, strict=True))
            ]


def agree(found: Any, expected: Any, tolerance: float, absolute: float = 1e-300) -> bool:
    with np.errstate(all="ignore"):
        return bool(np.allclose(found, expected, tolerance, absolute, equal_nan=True))


@named(ON_ARRAYS)
@pytest.mark.parametrize("constant", [False, True], ids=["arrays", "one number"])
def test_partials_are_those_of_numbers(record: Record, constant: bool) -> None:
    """Element by element, at samples and delicate points; with one operand a number, too."""
    for arrays in columns(record):
        points = [list(map(np.float64, point)) for point in zip(*arrays, strict=True)]
        if is_order(record, 0):
            arrays[0] = int(arrays[0][0])  # type: ignore[call-overload]
        choices: list[list[Any]] = [list(arrays)]
        if constant and len(arrays) > 1 and not is_order(record, 0):
            choices = [
                [*arrays[:at], kind(arrays[at][row]), *arrays[at + 1 :]]
                for at in range(len(arrays))
                for row in range(len(arrays[at]))
                for kind in (float, np.float64)
                if is_number(record, at)
            ]
        for operands in choices:
            check_against_numbers(record, operands, len(points))


def check_against_numbers(record: Record, operands: list[Any], count: int) -> None:
    result = run(record.evaluate, operands)
    assert result.shape == (count,)
    cotangent = np.linspace(0.5, 2.0, count)
    found = contributions(record, operands, cotangent)
    for row in range(count):
        point = [each[row] if isinstance(each, np.ndarray) else each for each in operands]
        point = [x if is_order(record, at) else type_like(x) for at, x in enumerate(point)]
        if record.name in POWERS and point[0] == -math.inf:
            continue  # NumPy takes x ** 0.5 of an array as its square root, that is nan there
        value = run(record.evaluate, point)
        with np.errstate(all="ignore"):
            expected = partials_at(record, point, value)
        for at, partial in enumerate(expected):
            each = found[at]
            scaled = 0.0 if each is None else each[0]
            scaled = np.broadcast_to(scaled, (count,))[row]
            with np.errstate(all="ignore"):
                truth = cotangent[row] * partial
            assert agree(scaled, truth, 1e-12), f"∂{at} at {point}: {scaled}, not {truth}"


def type_like(x: Any) -> Any:
    return bool(x) if isinstance(x, np.bool_) else x


@named(ON_ARRAYS)
def test_partials_in_float32(record: Record) -> None:
    """They are in the precision of the result, and near those in float64."""
    for arrays in columns(record, "float32"):
        exact = [each.astype("float64") if each.dtype == "float32" else each for each in arrays]
        if is_order(record, 0):
            arrays[0] = exact[0] = int(arrays[0][0])  # type: ignore[call-overload]
        numbers = [
            [*arrays[:at], float(arrays[at][0]), *arrays[at + 1 :]]
            for at in range(len(arrays))
            if len(arrays) > 1 and is_number(record, at) and not is_order(record, 0)
        ]
        for operands in (list(arrays), *numbers):
            result = run(record.evaluate, operands)
            cotangent = np.ones_like(result)
            for each in contributions(record, operands, cotangent):
                if each is not None:
                    assert each[0].dtype == result.dtype, f"{each[0].dtype}, not {result.dtype}"
                    assert accepts(each[1], each[0])
        found = contributions(record, list(arrays), np.ones_like(run(record.evaluate, arrays)))
        double = contributions(record, exact, np.ones_like(run(record.evaluate, exact)))
        for single, truth in zip(found, double, strict=True):
            if single is not None and truth is not None:
                check_float32(record, single[0], truth[0])


def check_float32(record: Record, single: Any, truth: Any) -> None:
    """For samples, where both are numbers that float32 has."""
    count = len(record.samples)
    size = np.abs(truth[:count])
    ordinary = (size > 1e-30) & (size < 1e30) & np.isfinite(single[:count])
    unit = np.maximum(size, 1.0) if record.bound == "absolute" else size
    with np.errstate(all="ignore"):
        error = np.abs(single[:count] - truth[:count])[ordinary] / unit[ordinary]
    assert np.median(error) < 1e-5 if error.size else True


@named(ON_ARRAYS)
@pytest.mark.parametrize("shape", [(), (1,), (0,), (2, 2)], ids=str)
def test_partials_of_every_shape(record: Record, shape: tuple[int, ...]) -> None:
    """They broadcast to the result's shape, and are numbers where it is one."""
    sample = record.samples[0]
    operands = [(np.full(shape, x) if is_number(record, at) else x) for at, x in enumerate(sample)]
    result = run(record.evaluate, operands)
    for each in contributions(record, operands, np.ones_like(result)[()]):
        if each is not None:
            assert accepts(each[1], each[0])
            assert np.broadcast_shapes(np.shape(each[0]), shape) == shape


@named(ON_ARRAYS)
def test_second_partials_are_those_of_numbers(record: Record) -> None:
    """The tangents of the partials, by the rules of what they are made of."""
    for arrays in columns(record):
        rows = len(record.samples) if len(arrays[0]) > len(record.samples) else len(arrays[0])
        arrays = [each[:rows] for each in arrays]
        order = int(arrays[0][0]) if is_order(record, 0) else None
        many = second(record, [order, *arrays[1:]] if order else list(arrays))
        for row in range(rows):
            point = [type_like(each[row]) for each in arrays]
            single = second(record, [order, *point[1:]] if order else point)
            for a, b in zip(many, single, strict=True):
                place = np.broadcast_to(a, (rows,))[row]
                assert agree(place, b, 1e-10, 1e-14), f"at {point}: {place}, not {b}"


def second(record: Record, operands: list[Any]) -> list[Any]:
    """The derivative of each operand's contribution, in the direction of ones."""
    params: list[Operand] = [
        const(x) if is_order(record, at) else Value(t, f"x{at}")
        for at, (x, t) in enumerate(zip(operands, types_of(operands), strict=True))
    ]
    values = [each for each in params if isinstance(each, Value)]
    given = [x for x, each in zip(operands, params, strict=True) if isinstance(each, Value)]
    forward = Builder()
    forward.op(record, *params)
    (op,) = forward.nodes
    assert isinstance(op, Op) and isinstance(record.rule, Elementwise)
    made: list[Any] = []
    result = run(record.evaluate, operands)
    one = np.ones_like(result) if isinstance(result, np.ndarray) else np.float64(1.0)
    ct = Value(types_of([one])[0], "ct")
    for partial in partials_of(op, record.rule):
        inside = Builder()
        inside.nodes.append(op)
        scaled = scale(inside, ct, partial)
        if not isinstance(scaled, Value) or scaled is ct:
            continue
        dots = {
            param: Value(param.type)
            for at, param in enumerate(params)
            if isinstance(param, Value) and is_number(record, at)
        }
        active = {*dots, *(node.result for node in inside.nodes if isinstance(node, Op))}
        sweep = Forward([active], 1, types_of([1.0])[0], [dict(dots)])  # type: ignore[arg-type]
        swept = Builder()
        sweep.sweep(inside.nodes, swept)
        tangent = sweep.tangents[0].get(scaled)
        if tangent is None:
            continue
        body = Block(tuple(swept.nodes), (tangent,))
        function = Function("f", (*values, ct, *dots.values()), body)
        ones = [np.ones_like(x) if isinstance(x, np.ndarray) else type(x)(1.0) for x in given]
        tangents = [one for one, param in zip(ones, values, strict=True) if param in dots]
        with np.errstate(all="ignore"):
            made.append(interpret(function, [*given, one, *tangents]))
    return made
