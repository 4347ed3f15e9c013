"""The points where derivatives are delicate: 0, ±inf, nan, kinks, ends of domains.

Each record tabulates its own. Here: what the partials are there, and that computing them neither
raises nor warns where the operation itself doesn't raise, for Python's floats and NumPy's.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from autodiff_compiler.ops import OPS
from autodiff_compiler.ops.record import Delicate, Record
from tests.ops.evaluate import derivative, partial_terms, partials_at
from tests.ops.test_partials import ELEMENTWISE, is_number, named

TABLE = [(record, point) for record in ELEMENTWISE for point in record.delicate]
KINDS = (float, np.float64)


def of_kind(record: Record, operands: tuple[Any, ...], kinds: tuple[type, ...]) -> list[Any]:
    return [
        kind(x) if is_number(record, at) else x
        for at, (kind, x) in enumerate(zip(kinds, operands, strict=True))
    ]


def result_of(record: Record, operands: list[Any]) -> Any:
    """What the operation gives, or None where it raises or gives a complex number."""
    with np.errstate(all="ignore"):
        try:
            result = record.evaluate(*operands)
        except (ArithmeticError, ValueError):
            return None
    return None if isinstance(result, complex) else result


def agrees(found: float, expected: float) -> bool:
    if math.isnan(expected) or math.isinf(expected) or expected == 0:
        return bool(np.array_equal(found, expected, equal_nan=True))
    return math.isclose(found, expected, rel_tol=1e-12)


@pytest.mark.parametrize(
    ("record", "point"), TABLE, ids=[f"{record.name}{point.at}" for record, point in TABLE]
)
def test_partials_at_delicate_points(record: Record, point: Delicate) -> None:
    assert len(point.at) == len(point.partials)
    reached = False
    for kind, constant in itertools.product(KINDS, (False, True)):
        operands = of_kind(record, point.at, (kind,) * len(point.at))
        result = result_of(record, operands)
        if result is None:
            continue
        reached = True
        with np.errstate(all="ignore"):
            found = partials_at(record, operands, result, constant)
        assert all(map(agrees, found, point.partials)), (
            f"{kind.__name__}, {'constants' if constant else 'variables'}: partials {found},"
            f" not {point.partials}: {point.why}"
        )
    for_numpy = record.name.startswith("math.") and "for NumPy" in point.why
    assert reached or for_numpy, "the operation itself raises there, for either kind"


# Every second stands for pairs of operands, every fourth for three.
NASTY = (
    *(0.0, 1.0, -0.0, -1.0, 0.5, -0.5, 2.0, 1.5, -2.0, 3.0, math.inf, -2.5, -math.inf, 1 - 2**-53),
    *(math.nan, 1 + 2**-52, 1e308, 1e155, -1e308, -1e155, 1e-308, -1e-308, 5e-324, 1e-200),
    *(1e155, -1e-200, 171.6, -170.5, -37.0, 37.0, 709.782712893384, 710.4758600739439),
    *(-745.1, math.nextafter(709.782712893384, 0), 1e15, math.nextafter(710.4758600739439, 0)),
    *(-1074.0, 1023.9999999999999, math.pi / 2, math.pi),
)


def nasty(record: Record, count: int) -> Any:
    axes: list[tuple[Any, ...]] = [NASTY if count == 1 else NASTY[:: 2 * count - 2]] * count
    for at in range(count):
        if not is_number(record, at):
            axes[at] = (1, 2, 3) if record.name != "math.ldexp" else (-2000, -1, 0, 1, 2000)
            if record.name in ("select", "np.where"):
                axes[at] = (True, False)
    return itertools.product(*axes)


@named(ELEMENTWISE)
def test_a_derivative_never_raises_where_the_operation_does_not(record: Record) -> None:
    """Partials, and their derivatives, on every combination of nasty operands and kinds."""
    for count in sorted({len(sample) for sample in record.samples}):
        for kinds in itertools.product(KINDS, repeat=count) if count <= 2 else [KINDS[:1] * count]:
            for point in nasty(record, count):
                operands = of_kind(record, point, kinds)
                result = result_of(record, operands)
                if result is None:
                    continue
                with np.errstate(all="ignore"):
                    check_partials(record, operands, result)


def check_partials(record: Record, operands: list[Any], result: Any) -> None:
    try:
        for constant in (False, True):
            found = partials_at(record, operands, result, constant)
            assert all(isinstance(each, int | float) for each in found), found
        terms, environment = partial_terms(record, operands, result)
        everything = dict.fromkeys(environment, 1.0)
        for partial in terms:
            if partial is not None:
                derivative(partial, environment, everything)
    except (ArithmeticError, ValueError) as error:
        raise AssertionError(f"at {operands}") from error


def test_what_the_design_says_of_kinks() -> None:
    def at(name: str, *operands: float) -> list[float]:
        with np.errstate(all="ignore"):
            return partials_at(OPS[name], operands, OPS[name].evaluate(*operands))

    assert at("abs", 0.0) == [0.0]
    assert at("math.fabs", 0.0) == [0.0]
    assert at("max", 2.0, 2.0) == [1.0, 0.0]
    assert at("min", 2.0, 2.0) == [1.0, 0.0]
    assert at("np.maximum", 2.0, 2.0) == [0.5, 0.5]
    assert at("np.minimum", 2.0, 2.0) == [0.5, 0.5]
    assert at("np.clip", 2.0, 0.0, 2.0) == [0.5, 0.0, 0.5]
    assert at("math.sqrt", 0.0) == [math.inf]
    assert at("math.hypot", 0.0, 0.0) == [0.0, 0.0]
    assert at("pow", 0.0, 0.0)[0] == 0.0
