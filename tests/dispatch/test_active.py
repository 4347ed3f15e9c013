"""What can be differentiated with respect to."""

from __future__ import annotations

import numpy as np
import pytest

from autodiff_compiler.dispatch.active import as_differentiable, differentiable, holds_float
from autodiff_compiler.dispatch.compiler import Known
from autodiff_compiler.errors import SignatureError
from autodiff_compiler.ir.types import (
    BOOL,
    FLOAT,
    INT,
    NP_FLOAT,
    Kind,
    ScalarType,
    SequenceType,
    TupleType,
)

INT_OR_FLOAT = ScalarType(frozenset({Kind.INT, Kind.FLOAT}))


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
    for value in (1.5, np.float64(1.5), np.float32(1.5), [1.0, 2.0], (1.0, 2.0)):
        assert differentiable("x", value) is value


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (True, "argument 'x': it is a bool"),
        (None, "argument 'x': it is a NoneType"),
        ("1", "argument 'x': it is a str"),
        (np.int64(1), "argument 'x': it is a np.int64"),
        (np.ones(2, int), "argument 'x': it is an array of int64"),
        (np.ones(2, bool), "convert it with x.astype(float)"),
        (1j, "argument 'x': it is a complex"),
        ([1.0, False], "item 1 of argument 'x': it is a bool"),
        ((1.0, [2.0, True]), "item 1 of item 1 of argument 'x': it is a bool"),
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
