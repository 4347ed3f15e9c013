"""Signatures of argument values."""

from __future__ import annotations

import enum
import fractions
import math

import numpy as np
import pytest

from autodiff_compiler.dispatch.arguments import describe, key_of, key_of_described
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
        (np.float16(1.0), "argument 'x' is a np.float16: of NumPy's scalars"),
        (1j, "argument 'x' is a complex: complex numbers"),
        (fractions.Fraction(1, 2), "argument 'x' is a fractions.Fraction"),
        ({1: 1.0}, "argument 'x' is a dict: dictionaries have string keys"),
        ({1.0}, "argument 'x' is a set"),
        (range(3), "argument 'x' is a range: pass its bounds"),
        ([1.0, 1j], "item 1 of argument 'x' is a complex: complex numbers"),
        ((object(),), "item 0 of argument 'x' is an object: the items of a container may be"),
    ],
)
def test_what_is_neither_is_refused_by_name(value: object, told: str) -> None:
    with pytest.raises(SignatureError) as caught:
        describe("argument 'x'", value, variable=False)
    assert str(caught.value).startswith(told)
