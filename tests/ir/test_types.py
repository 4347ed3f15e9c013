"""Types as sets of kinds: joining, fitting, and what a run-time value is."""

from __future__ import annotations

import numpy as np
import pytest

from autodiff_compiler.ir.types import (
    BOOL,
    FLOAT,
    INT,
    NOTHING,
    NP_BOOL,
    NP_FLOAT,
    NP_INT,
    OPAQUE,
    TEXT,
    UNBOUND,
    ScalarType,
    SequenceType,
    TupleType,
    Type,
    accepts,
    fits,
    join,
    type_of,
)

EITHER = ScalarType(INT.kinds | FLOAT.kinds)
FLOATS, EITHERS = SequenceType(FLOAT), SequenceType(EITHER)


@pytest.mark.parametrize(
    ("a", "b", "joined"),
    [
        (FLOAT, FLOAT, FLOAT),
        (INT, FLOAT, EITHER),
        (EITHER, FLOAT, EITHER),
        (SequenceType(INT), FLOATS, EITHERS),
        (FLOATS, SequenceType(FLOAT, "tuple"), None),
        (FLOATS, FLOAT, None),
        (SequenceType(FLOATS), SequenceType(EITHERS), SequenceType(EITHERS)),
        (TupleType((INT, FLOATS)), TupleType((FLOAT, FLOATS)), TupleType((EITHER, FLOATS))),
        (TupleType((INT,)), TupleType((INT, INT)), None),
        (TupleType((INT,)), TupleType((FLOATS,)), None),
        (TupleType((INT,)), TupleType((FLOAT,), "list"), None),
        (TEXT, TEXT, TEXT),
        (TEXT, FLOAT, None),
    ],
)
def test_join(a: Type, b: Type, joined: Type | None) -> None:
    assert join(a, b) == joined
    assert join(b, a) == joined


@pytest.mark.parametrize(
    ("actual", "expected", "fit"),
    [
        (INT, EITHER, True),
        (EITHER, INT, False),
        (FLOATS, EITHERS, True),
        (EITHERS, FLOATS, False),
        (TupleType((INT, FLOAT)), TupleType((EITHER, FLOAT)), True),
        (TupleType((EITHER, FLOAT)), TupleType((INT, FLOAT)), False),
        (UNBOUND, FLOATS, True),
        (FLOATS, FLOAT, False),
    ],
)
def test_fits(actual: Type, expected: Type, fit: bool) -> None:
    assert fits(actual, expected) is fit


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (True, BOOL, "bool"),
        (3, INT, "int"),
        (3.0, FLOAT, "float"),
        (np.bool_(1), NP_BOOL, "np.bool"),
        (np.int64(3), NP_INT, "np.int64"),
        (np.float64(3.0), NP_FLOAT, "np.float64"),
        ("text", TEXT, "str"),
        (None, NOTHING, "None"),
        ([1.0, 2.0], FLOATS, "list[float]"),
        ([], FLOATS, "list[float]"),
        ((1.0, 2), TupleType((FLOAT, INT)), "(float, int)"),
        ([1.0, 2], TupleType((FLOAT, INT), "list"), "[float, int]"),
    ],
)
def test_type_of_a_value(value: object, kind: Type, text: str) -> None:
    assert type_of(value) == kind
    assert str(kind) == text
    assert accepts(kind, value)


@pytest.mark.parametrize("value", [1j, np.float16(1.0), {1: 1.0}, [1.0, 1j], object()])
def test_what_has_no_type(value: object) -> None:
    assert type_of(value) is None
    assert accepts(OPAQUE, value)


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        (FLOAT, 1),
        (FLOAT, np.float64(1.0)),
        (INT, True),
        (FLOATS, (1.0,)),
        (FLOATS, [1.0, 2]),
        (TupleType((FLOAT, FLOAT)), (1.0,)),
        (TupleType((FLOAT, FLOAT)), [1.0, 2.0]),
        (TEXT, 1.0),
        (NOTHING, 1.0),
    ],
)
def test_what_a_type_does_not_accept(declared: Type, value: object) -> None:
    assert not accepts(declared, value)


def test_text_of_unions() -> None:
    assert str(ScalarType(FLOAT.kinds | UNBOUND.kinds | BOOL.kinds)) == "bool|float|unbound"
    assert str(SequenceType(NP_FLOAT, "tuple")) == "tuple[np.float64, ...]"
