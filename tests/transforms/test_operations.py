"""Every elementwise operation through the whole compiler, to second order, against mpmath.

The rules are tested by themselves in `tests/ops`; here each is differentiated, simplified, written
as Python and run: forward, reverse, and all four ways of doing both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import mpmath as mp
import numpy as np
import pytest

from autodiff_compiler.emit import write
from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import Kind, ScalarType, type_of
from autodiff_compiler.ir.values import Function, Value
from autodiff_compiler.ops.record import Record
from autodiff_compiler.passes import clean, finish, optimise
from autodiff_compiler.pipeline import load
from autodiff_compiler.transforms import Wanted, forward_gradient, reverse_gradient
from tests.ops.test_partials import ELEMENTWISE, TOLERANCE, exact, is_number, slope

UNDERFLOW = 1e-300  # what a product on the way may lose below the normal range
KINDS = {"float": float, "np.float64": np.float64}
Gradient = Callable[[Function, int], Function]


def reverse(function: Function, at: int) -> Function:
    return optimise(reverse_gradient(function, Wanted((at,), True), clean))


def forward(function: Function, at: int) -> Function:
    return optimise(forward_gradient(function, Wanted((at,), True)))


MODES: dict[str, Gradient] = {"reverse": reverse, "forward": forward}


@pytest.fixture(autouse=True)
def forty_digits() -> Iterator[None]:
    with mp.workdps(40):
        yield


def alone(record: Record, operands: list[Any]) -> Function:
    """A function that does nothing but this operation; what is no number is a constant."""
    params, given = [], []
    for at, operand in enumerate(operands):
        kind = type_of(operand)
        assert kind is not None
        value = Value(kind, f"x{at}")
        params.append(value)
        given.append(value if is_number(record, at) else const(operand))
    build = Builder()
    result = build.op(record, *given)
    return Function("alone", tuple(params), build.block(result))


def run(function: Function, operands: list[Any]) -> Any:
    emitted = write(finish(function))
    with np.errstate(all="ignore"):
        return load(emitted.text, emitted.name)(*operands)


def tolerance(record: Record, truth: Any, scale: Any) -> Any:
    unit = max(scale, 1) if record.bound == "absolute" else scale
    return TOLERANCE * (unit + abs(truth)) + UNDERFLOW


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("record", ELEMENTWISE, ids=lambda record: record.name)
def test_first_and_second_order(record: Record, kind: str) -> None:
    for sample in record.samples:
        numbers = [at for at in range(len(sample)) if is_number(record, at)]
        operands = [KINDS[kind](x) if at in numbers else x for at, x in enumerate(sample)]
        function = alone(record, operands)
        if not _gives_float(function):
            continue
        point = exact(record, sample)
        for at in numbers:
            first, second = slope(record, point, at), slope(record, point, at, order=2)
            # The second derivative is a sum of terms of about this size.
            scale = abs(second) + abs(first) / max(abs(point[at]), mp.mpf(10) ** -300)
            for once in MODES.values():
                gradient = once(function, at)
                found = run(gradient, operands)
                assert type(found) is KINDS[kind]
                assert abs(found - first) <= tolerance(record, first, abs(first))
                for twice in MODES.values():
                    found = run(twice(gradient, at), operands)
                    assert abs(found - second) <= tolerance(record, second, scale)


@pytest.mark.parametrize("record", ELEMENTWISE, ids=lambda record: record.name)
def test_np_bool_is_a_number_to_every_rule(record: Record) -> None:
    """Beside it the derivative by another operand, in every mode and order, is as beside a float.

    No operation that a rule applies is one that np.bool doesn't know.
    """
    for sample in record.samples[:3]:
        numbers = [at for at in range(len(sample)) if is_number(record, at)]
        for at, other in ((at, other) for at in numbers for other in numbers if at != other):
            for truth in (np.True_, np.False_):
                operands = [np.float64(x) if k in numbers else x for k, x in enumerate(sample)]
                plain = [*operands[:other], np.float64(truth), *operands[other + 1 :]]
                operands[other] = truth
                try:
                    function = alone(record, operands)
                    run(function, operands)
                except (OperandError, ArithmeticError, ValueError):
                    continue  # nothing to differentiate
                same = alone(record, plain)
                if _gives_float(function):
                    for found, wanted in zip(every(function, at), every(same, at), strict=True):
                        a, b = run(found, operands), run(wanted, plain)
                        assert type(a) is type(b)
                        assert a == pytest.approx(b, rel=TOLERANCE, abs=UNDERFLOW, nan_ok=True)


def every(function: Function, at: int) -> Iterator[Function]:
    """The gradients to first and second order, each way."""
    for once in MODES.values():
        gradient = once(function, at)
        yield gradient
        for twice in MODES.values():
            yield twice(gradient, at)


def _gives_float(function: Function) -> bool:
    assert function.body.yields is not None
    kind = function.body.yields[0].type
    return isinstance(kind, ScalarType) and kind.only(Kind.FLOAT, Kind.NP_FLOAT)
