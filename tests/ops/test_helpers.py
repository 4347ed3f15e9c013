"""The helpers that generated code contains, against IEEE 754 (as NumPy has it) and mpmath."""

from __future__ import annotations

import ast
import itertools
import math
import random
from collections.abc import Iterator
from typing import Any

import mpmath as mp
import numpy as np
import pytest

from autodiff_compiler.ops import helpers
from autodiff_compiler.ops.helpers import compiled
from autodiff_compiler.ops.record import Helper

HELPERS = [each for each in vars(helpers).values() if isinstance(each, Helper)]
NUMBERS = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 2.0, -3.0, math.inf, -math.inf, math.nan),
    *(1e308, -1e308, 1e-308, 5e-324, -5e-324, 1e16, 1e155),
)


@pytest.fixture(autouse=True)
def forty_digits() -> Iterator[None]:
    with mp.workdps(40):
        yield


@pytest.mark.parametrize("helper", HELPERS, ids=lambda helper: helper.name)
def test_a_helper_is_one_documented_function_that_names_what_it_needs(helper: Helper) -> None:
    (function,) = ast.parse(helper.source).body
    assert isinstance(function, ast.FunctionDef)
    assert function.name == helper.name
    assert ast.get_docstring(function)
    assert all(len(line) <= 88 for line in helper.source.splitlines())
    called = {
        node.func.id
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    known = {each.name for each in HELPERS}
    assert called & known - {helper.name} == {needed.name for needed in helper.needs}


def same(a: Any, b: Any) -> bool:
    return math.isnan(a) and math.isnan(b) if a != b else math.copysign(1, a) == math.copysign(1, b)


@pytest.mark.parametrize("a", NUMBERS)
def test_division_is_ieee_division(a: float) -> None:
    for b in NUMBERS:
        with np.errstate(all="ignore"):
            expected = np.float64(a) / np.float64(b)
        found = compiled(helpers.IEEE_DIV)(a, b)
        assert type(found) is float
        assert same(found, expected), f"{a} / {b} = {found}"


@pytest.mark.parametrize("a", NUMBERS)
def test_powers_are_ieee_powers(a: float) -> None:
    for b in NUMBERS:
        with np.errstate(all="ignore"):
            expected = np.float64(a) ** np.float64(b)
        found = compiled(helpers.IEEE_POW)(a, b)
        assert type(found) is float
        assert same(found, expected), f"{a} ** {b} = {found}"


@pytest.mark.parametrize("x", [*NUMBERS, 3, 0, -2])
def test_logarithms_and_signs(x: float) -> None:
    with np.errstate(all="ignore"):
        logarithm, sign = np.log(np.float64(x)), np.sign(np.float64(x))
    found = compiled(helpers.IEEE_LOG)(x)
    assert type(found) is float
    assert same(found, logarithm) or math.isclose(found, logarithm, rel_tol=1e-15)
    found = compiled(helpers.SIGN)(x)
    assert type(found) is float
    assert same(found, sign) or found == sign == 0


def arguments(count: int) -> list[float]:
    """Of all sizes and both signs, none within 1e-7 of a pole."""
    choose = random.Random(20)
    found: list[float] = []
    while len(found) < count:
        x = choose.choice(
            [
                choose.uniform(0, 4),
                choose.uniform(0, 60),
                choose.uniform(-40, 0),
                10 ** choose.uniform(-8, 15),
                -(10 ** choose.uniform(-6, 1.6)),
            ]
        )
        if x > 0 or abs(x - round(x)) > 1e-7:
            found.append(x)
    return found


def test_digamma_against_mpmath() -> None:
    """1e-13 of the value, or 1e-15 near its zeros."""
    for x in arguments(2000):
        truth = mp.digamma(mp.mpf(x))
        error = abs(compiled(helpers.DIGAMMA)(x) - truth)
        assert error <= max(1e-13 * abs(truth), 1e-15), f"digamma({x!r})"


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_polygamma_against_mpmath(n: int) -> None:
    """1e-13 of the value, or of the terms that cancel between poles."""
    for x in arguments(400):
        truth = mp.polygamma(n, mp.mpf(x))
        error = abs(compiled(helpers.POLYGAMMA)(n, x) - truth)
        terms = abs(truth) if x > 0 else abs(mp.polygamma(n, 1 - mp.mpf(x))) + abs(truth)
        assert error <= 1e-13 * terms, f"polygamma({n}, {x!r})"


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_derivatives_of_sinc_against_mpmath(n: int) -> None:
    """1e-13 of π ** n, the size of sinc's n-th derivative; of the value near 0."""
    choose = random.Random(21)
    for x in (choose.choice([1, 1e-3, 10]) * choose.uniform(-3, 3) for _ in range(100)):
        with mp.workdps(60):
            truth = mp.diff(mp.sincpi, mp.mpf(x), n)
        error = abs(compiled(helpers.SINC_DERIVATIVE)(n, x) - truth)
        assert error <= 1e-13 * (abs(truth) if abs(x) < 0.01 else mp.pi**n), f"{n}, {x!r}"


@pytest.mark.parametrize(
    "helper",
    [helpers.DIGAMMA, helpers.POLYGAMMA, helpers.SINC_DERIVATIVE],
    ids=lambda helper: helper.name,
)
def test_special_functions_give_a_float_for_every_number(helper: Helper) -> None:
    orders: list[tuple[int, ...]] = [()] if helper is helpers.DIGAMMA else [(1,), (2,), (3,)]
    kinds = (float, np.float64)
    for kind, order, x in itertools.product(kinds, orders, [*NUMBERS, -1e15 - 0.5, -0.5]):
        assert type(compiled(helper)(*order, kind(x))) is float


def test_bound_raises_as_python_does() -> None:
    assert compiled(helpers.BOUND)(1.5, "x") == 1.5
    with pytest.raises(UnboundLocalError) as ours:
        compiled(helpers.BOUND)(None, "x")
    with pytest.raises(UnboundLocalError) as pythons:
        if False:
            x = 1.0
        print(x)
    assert str(ours.value) == str(pythons.value)
