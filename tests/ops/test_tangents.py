"""Rules with a formula of their own for the tangent: it is Σ partial × tangent, for less."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from autodiff_compiler.ir.types import FLOAT
from autodiff_compiler.ir.values import Const
from autodiff_compiler.ops.record import Elementwise, Record
from autodiff_compiler.ops.terms import Leaf, Namespace
from tests.ops.evaluate import evaluate, partials_at
from tests.ops.test_partials import ELEMENTWISE, is_number

OWN = [
    record
    for record in ELEMENTWISE
    if isinstance(record.rule, Elementwise) and record.rule.tangent is not None
]


def tangent_at(record: Record, operands: tuple[Any, ...], tangents: list[float]) -> Any:
    rule = record.rule
    assert isinstance(rule, Elementwise) and rule.tangent is not None
    # NumPy's numbers, so that what a quotient is made of doesn't raise.
    given = [np.float64(x) if type(x) is float else x for x in operands]
    leaves = [Leaf(Const(x, FLOAT)) for x in (*given, record.evaluate(*given), *tangents)]
    return evaluate(rule.tangent(Namespace("np"), *leaves), {})


def points(record: Record) -> list[tuple[Any, ...]]:
    return [*record.samples, *(point.at for point in record.delicate)]


def test_there_are_some() -> None:
    names = {record.name for record in OWN}
    assert {"div", "ieee_div", "max", "min", "select", "np.where"} <= names
    assert {"np.maximum", "np.minimum", "np.fmax", "np.fmin", "np.clip"} <= names


@pytest.mark.parametrize("record", OWN, ids=lambda record: record.name)
def test_one_operand_varies(record: Record) -> None:
    """With unit tangents it gives the partials, nan for nan; a pole is for the partials to say."""
    with np.errstate(all="ignore"):
        for operands in points(record):
            numpy = [np.float64(x) if type(x) is float else x for x in operands]
            partials = partials_at(record, numpy, record.evaluate(*numpy))
            for place, partial in enumerate(partials):
                units = [float(other == place) for other in range(len(operands))]
                if is_number(record, place) and math.isfinite(sum(partials)):
                    found = tangent_at(record, operands, units)
                    assert found == pytest.approx(partial, rel=1e-15, abs=1e-300), operands


@pytest.mark.parametrize("record", OWN, ids=lambda record: record.name)
def test_all_operands_vary(record: Record) -> None:
    with np.errstate(all="ignore"):
        for operands in points(record):
            numpy = [np.float64(x) if type(x) is float else x for x in operands]
            partials = partials_at(record, numpy, record.evaluate(*numpy))
            tangents = [0.75, -1.3, 2.9][: len(operands)]
            terms = [p * t for p, t in zip(partials, tangents, strict=True)]
            if math.isfinite(sum(terms)):
                found = tangent_at(record, operands, tangents)
                scale = sum(map(abs, terms))
                assert abs(found - sum(terms)) <= 1e-15 * scale, operands
