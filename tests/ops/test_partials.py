"""The partials of every elementwise operation, against SymPy and mpmath, to second order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import sympy as sp

from autodiff_compiler.ir.values import Value
from autodiff_compiler.ops import OPS
from autodiff_compiler.ops.record import Elementwise, Record
from tests.ops.evaluate import (
    derivative,
    digits,
    evaluate,
    is_order,
    partial_terms,
    partials_at,
)

ELEMENTWISE = [
    record
    for record in OPS.values()
    if isinstance(record.rule, Elementwise) and record.name != "bound"
]
TOLERANCE = 1e-12
NOISE = 1e-60  # what numerical differentiation leaves of 0
# The slope of each is the same everywhere but at jumps: no point is delicate.
LINEAR = {
    *("pos", "neg", "add", "sub", "float", "np.float64", "select", "math.fma"),
    *("np.positive", "np.negative", "np.add", "np.subtract", "np.real", "np.conj"),
    *("math.radians", "np.radians", "np.deg2rad", "math.degrees", "np.degrees", "np.rad2deg"),
    *("mul", "np.multiply"),  # partials are the operands themselves
}


def named(records: list[Record]) -> Any:
    return pytest.mark.parametrize("record", records, ids=lambda record: record.name)


@pytest.fixture(autouse=True)
def forty_digits() -> Iterator[None]:
    with mp.workdps(40):
        yield


def is_number(record: Record, at: int) -> bool:
    """Whether an operand is a real number that may vary."""
    return not is_order(record, at) and (record.name, at) not in {
        ("select", 0),
        ("np.where", 0),
        ("math.ldexp", 1),
    }


def exact(record: Record, operands: tuple[Any, ...]) -> list[Any]:
    return [mp.mpf(x) if is_number(record, at) else x for at, x in enumerate(operands)]


@named(ELEMENTWISE)
def test_a_rule_comes_with_samples_oracles_and_its_delicate_points(record: Record) -> None:
    assert record.samples, "no samples"
    assert record.mpmath is not None, "no mpmath oracle"
    assert record.delicate or record.name in LINEAR, "no delicate points"
    assert record.bound in ("relative", "absolute")
    for operands in record.samples:
        for point in (operands, tuple(map(np.float64, operands))):
            if all(is_number(record, at) for at in range(len(point))):
                assert np.isfinite(record.evaluate(*point)), f"no number at {point}"


WITHOUT_SYMPY = {"mod", "np.mod", "math.fmod", "np.fmod", "math.remainder"} | {
    *("select", "np.where", "np.heaviside")
}
# Their partials contain log 2, 1 / log 10, 2 / √π and the like as floats.
FLOAT_CONSTANTS = {
    name: 15
    for name in (
        *("math.exp2", "np.exp2", "math.log2", "np.log2", "math.log10", "np.log10"),
        *("math.erf", "math.erfc"),
        *(f"scipy.special.{name}" for name in "erf erfc erfcx erfi erfinv erfcinv".split()),
        *(f"scipy.special.{name}" for name in "ndtr log_ndtr ndtri exp2 exp10".split()),
        *("math.radians", "np.radians", "np.deg2rad", "math.degrees", "np.degrees", "np.rad2deg"),
    )
} | {
    "np.logaddexp2": 13,  # log 2 stands in an exponent of up to 60
    "scipy.special.erfcx": 12,  # 2 / √π is what the difference leaves little of
}


@named([record for record in ELEMENTWISE if record.name not in WITHOUT_SYMPY])
def test_partials_are_sympys_derivatives(record: Record) -> None:
    """To 30 digits, but for constants such as log 2, which are floats."""
    assert record.sympy is not None
    for operands in record.samples:
        symbols = [
            sp.Symbol(f"x{at}", real=True) if is_number(record, at) else sp.Integer(x)
            for at, x in enumerate(operands)
        ]
        expression = record.sympy(sp, *symbols)
        point = exact(record, operands)
        terms, environment = partial_terms(record, point, digits(record.name, *point))
        at_point = {
            symbol: sp.Float(x, 60)
            for symbol, x in zip(symbols, operands, strict=True)
            if symbol.is_Symbol
        }
        for symbol, partial in zip(symbols, terms, strict=True):
            if not symbol.is_Symbol:
                continue
            truth = sp.diff(expression, symbol).subs(at_point).doit().evalf(40)
            found = 0 if partial is None else evaluate(partial, environment, digits)
            digits_of_constants = FLOAT_CONSTANTS.get(record.name, 30)
            assert mp.almosteq(
                found, mp.mpmathify(truth), mp.mpf(10) ** -digits_of_constants, NOISE
            ), f"∂{record.name}/∂{symbol} at {operands}: {found}, not {truth}"


@named(ELEMENTWISE)
@pytest.mark.parametrize("kind", [float, np.float64])
@pytest.mark.parametrize("constant", [False, True], ids=["variables", "constants"])
def test_partials_against_mpmath(record: Record, kind: type, constant: bool) -> None:
    """In floating point, against the numerical derivative of an oracle."""
    for sample in record.samples:
        operands = [kind(x) if is_number(record, at) else x for at, x in enumerate(sample)]
        with np.errstate(all="ignore"):
            found = partials_at(record, operands, record.evaluate(*operands), constant)
        point = exact(record, sample)
        for at, value in enumerate(found):
            if not is_number(record, at):
                assert value == 0.0
                continue
            truth = slope(record, point, at)
            unit = max(abs(truth), 1) if record.bound == "absolute" else abs(truth)
            assert abs(value - truth) <= TOLERANCE * unit + NOISE, (
                f"∂{record.name}/∂{at} at {sample}: {value!r}, not {mp.nstr(truth, 17)}"
            )


def slope(record: Record, point: list[Any], at: int, order: int = 1) -> Any:
    """The derivative of the oracle along one operand."""

    def along(x: Any) -> Any:
        return digits(record.name, *point[:at], x, *point[at + 1 :])

    # A step well below the operand, but well above the error of differences at this precision.
    with mp.workdps(80):
        step = mp.mpf(10) ** -20 * (abs(point[at]) or 1)
        return mp.diff(along, point[at], order, h=step)


@named(ELEMENTWISE)
def test_second_partials_against_mpmath(record: Record) -> None:
    """Partials differentiated once more, by the rules of the operations they consist of."""
    for sample in record.samples:
        operands = [float(x) if is_number(record, at) else x for at, x in enumerate(sample)]
        result = record.evaluate(*operands)
        terms, environment = partial_terms(record, operands, result)
        first = partials_at(record, operands, result)
        leaves: list[Value] = list(environment)
        point = exact(record, sample)
        varying = [at for at in range(len(operands)) if is_number(record, at)]
        for at in varying:
            if terms[at] is None:
                continue
            # Along operand `at`, the result moves too: it is the last leaf.
            tangents = {leaves[-1]: first[at], leaves[at - len(operands) - 1]: 1.0}
            _, found, size = derivative(terms[at], environment, tangents)
            truth = slope(record, point, at, order=2)
            unit = max(size, 1) if record.bound == "absolute" else max(size, abs(truth))
            assert abs(found - truth) <= TOLERANCE * unit + NOISE, (
                f"∂²{record.name}/∂{at}² at {sample}: {found!r}, not {mp.nstr(truth, 17)}"
            )
