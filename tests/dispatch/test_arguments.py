"""Signatures of argument values."""

from __future__ import annotations

import enum
import fractions
import math

import numpy as np
import pytest

from autodiff_compiler.dispatch.arguments import (
    as_differentiable,
    describe,
    differentiable,
    holds_float,
    key_of,
    key_of_described,
)
from autodiff_compiler.dispatch.compiler import Known
from autodiff_compiler.errors import SignatureError
from autodiff_compiler.ir.types import (
    BOOL,
    FLOAT,
    INT,
    NP_BOOL,
    NP_FLOAT,
    NP_INT,
    Kind,
    ScalarType,
    SequenceType,
    TupleType,
)

INT_OR_FLOAT = ScalarType(frozenset({Kind.INT, Kind.FLOAT}))


class Color(enum.Enum):
    RED = 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.0, FLOAT),
        (1, INT),
        (True, BOOL),
        (np.float64(1.0), NP_FLOAT),
        (np.int64(1), NP_INT),
        (np.bool_(True), NP_BOOL),
        ([], SequenceType(FLOAT)),
        ([1.0, 2.0], SequenceType(FLOAT)),
        ([1, 2], SequenceType(INT)),
        ([1, 2.0], SequenceType(INT_OR_FLOAT)),
        ((1.0, 2), TupleType((FLOAT, INT))),
        ([[1.0], [2.0, 3.0]], TupleType((SequenceType(FLOAT), SequenceType(FLOAT)), "list")),
        (([1.0], 2.0), TupleType((SequenceType(FLOAT), FLOAT))),
    ],
)
def test_numbers_and_their_containers_are_known_by_type(value: object, expected: object) -> None:
    described = describe("x", value, variable=False)
    assert described == expected
    assert not isinstance(described, Known)
    assert key_of_described(described) == key_of(value, variable=False)


def test_a_tuple_annotated_as_of_any_length_is_a_sequence() -> None:
    assert describe("x", (1.0, 2.0), variable=True) == SequenceType(FLOAT, "tuple")
    assert key_of((1.0,), variable=True) == key_of((1.0, 2.0), variable=True)
    assert key_of((1.0,), variable=False) != key_of((1.0, 2.0), variable=False)
    described = SequenceType(FLOAT, "tuple")
    assert key_of_described(described) == key_of((1.0,), variable=True)


@pytest.mark.parametrize(
    "value", [None, "text", math.sin, np.sin, float, math, Color.RED, lambda x: x, object()]
)
def test_everything_else_is_static(value: object) -> None:
    described = describe("x", value, variable=False)
    assert isinstance(described, Known)
    assert described.value is value
    assert key_of_described(described) == key_of(value, variable=False)


def test_equal_texts_have_one_signature_and_distinct_objects_have_two() -> None:
    part = "te"
    assert key_of(part + "xt", variable=False) == key_of("text", variable=False)
    first, second = object(), object()
    assert key_of(first, variable=False) != key_of(second, variable=False)


@pytest.mark.parametrize("value", [1.0, 1, True, np.float64(1.0), [1.0], [1], (1.0,), None, "1"])
def test_keys_tell_kinds_apart(value: object) -> None:
    others = [1.0, 1, True, np.float64(1.0), [1.0], [1], (1.0,), None, "1"]
    equal = [other for other in others if key_of(other, False) == key_of(value, False)]
    assert len(equal) == 1


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (np.float32(1.0), "argument 'x' is a np.float32: of NumPy's scalars"),
        (np.ones(2), "argument 'x' is a np.ndarray: arrays are not supported yet"),
        (1j, "argument 'x' is a complex: complex numbers"),
        (fractions.Fraction(1, 2), "argument 'x' is a fractions.Fraction"),
        ({"a": 1.0}, "argument 'x' is a dict"),
        ({1.0}, "argument 'x' is a set"),
        (range(3), "argument 'x' is a range: pass its bounds"),
        ([1.0, 1j], "argument 'x' is a list: its items may be"),
        ((object(),), "argument 'x' is a tuple: its items may be"),
    ],
)
def test_what_is_neither_is_refused_by_name(value: object, told: str) -> None:
    with pytest.raises(SignatureError) as caught:
        describe("argument 'x'", value, variable=False)
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.5, 1.5),
        (2, 2.0),
        ([], []),
        ((), ()),
        ([1, 2.5], [1.0, 2.5]),
        ((1, [2, 3.0]), (1.0, [2.0, 3.0])),
    ],
)
def test_ints_to_differentiate_by_become_floats(value: object, expected: object) -> None:
    converted = differentiable("x", value)
    assert repr(converted) == repr(expected)


def test_floats_are_handed_on_as_they_are() -> None:
    for value in (1.5, np.float64(1.5), [1.0, 2.0], (1.0, 2.0)):
        assert differentiable("x", value) is value


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (True, "argument 'x': it is a bool"),
        (None, "argument 'x': it is a NoneType"),
        ("1", "argument 'x': it is a str"),
        (np.int64(1), "argument 'x': it is a np.int64"),
        (np.float32(1), "argument 'x': it is a np.float32"),
        (np.ones(2), "arrays are not supported yet"),
        (1j, "argument 'x': it is a complex"),
        ([1.0, False], "item 1 of argument 'x': it is a bool"),
        ((1.0, [2.0, "3"]), "item 1 of item 1 of argument 'x': it is a str"),
    ],
)
def test_what_cannot_be_differentiated_by_is_refused_by_name(value: object, told: str) -> None:
    with pytest.raises(SignatureError, match="cannot differentiate with respect to") as caught:
        differentiable("argument 'x'", value)
    assert told in str(caught.value)


def test_declared_types_to_differentiate_by() -> None:
    assert as_differentiable("x", INT) == FLOAT
    assert as_differentiable("x", FLOAT) == FLOAT
    assert as_differentiable("x", INT_OR_FLOAT) == FLOAT
    assert as_differentiable("x", SequenceType(INT)) == SequenceType(FLOAT)
    assert as_differentiable("x", TupleType((INT, FLOAT))) == TupleType((FLOAT, FLOAT))
    for refused in (BOOL, Known("a"), TupleType((BOOL,)), SequenceType(BOOL)):
        with pytest.raises(SignatureError, match="cannot differentiate with respect to"):
            as_differentiable("x", refused)


def test_holds_float() -> None:
    assert all(map(holds_float, (FLOAT, NP_FLOAT, INT_OR_FLOAT, SequenceType(FLOAT))))
    assert holds_float(TupleType((INT, SequenceType(NP_FLOAT))))
    assert not any(map(holds_float, (INT, BOOL, SequenceType(INT), TupleType((INT,)))))
    assert not holds_float(Known(1.0))
