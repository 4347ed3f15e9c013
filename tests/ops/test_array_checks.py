"""The checks of array records find what they are for: each is run on records with one fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autodiff_compiler.ir.operation import Effect
from autodiff_compiler.ir.types import ArrayType, Dim
from autodiff_compiler.ops import OPS
from autodiff_compiler.ops import spell as spelled
from autodiff_compiler.ops.building import bilinear, custom, linear
from autodiff_compiler.ops.calling import Refused, signature
from autodiff_compiler.ops.cases import case, real
from autodiff_compiler.ops.record import Custom, Record, Spelling, Zero
from tests.ops.array_calls import calls_of, unlike
from tests.ops.array_records import CHECKS, RECORD_CHECKS, problems, record_problems

OUTER = replace(
    OPS["np.outer"],
    takes=signature("a", "b", out=Refused("assign the result")),
    rule=bilinear(lambda m, ct, c: {"a": ct @ c.b, "b": ct.T @ c.a}),
    cases=(case(real(3), real(4)), case(real(0), real(2))),
)
SUM = replace(
    OPS["np.sum"],
    takes=signature(
        "a",
        axis=None,
        dtype=Refused("use astype"),
        out=Refused("assign the result"),
        keepdims=False,
        initial=Refused("add it"),
        where=Refused("use np.where"),
    ),
    cases=(case(real(3, 4), axis=0), case(real(3), keepdims=True)),
)
TRANSPOSE = replace(OPS["np.transpose"], cases=(case(real(3, 4), axes=(1, 0)),), methods=())
SOUND = [OUTER, SUM, TRANSPOSE]


def wrong_with(record: Record) -> set[str]:
    """The checks that find a fault."""
    calls = calls_of(record)
    found = {check for check in CHECKS for call in calls if problems(check, call)}
    return found | {check for check in RECORD_CHECKS if record_problems(check, record)}


@pytest.mark.parametrize("record", SOUND, ids=lambda record: record.name)
def test_sound_records_pass(record: Record) -> None:
    found = [
        each for call in calls_of(record) for check in CHECKS for each in problems(check, call)
    ]
    found += [each for check in RECORD_CHECKS for each in record_problems(check, record)]
    assert not found


def typed_with(record: Record, dim: Dim) -> Record:
    """The record with another first dimension of its results."""

    def infer(types: Any, attributes: Any) -> Any:
        found = record.infer(types, attributes)
        assert isinstance(found, ArrayType)
        return ArrayType(found.dtype, (dim, *found.dims[1:]))

    return replace(record, infer=infer)


def outer_with(a: Callable[..., Any], b: Callable[..., Any]) -> Record:
    return replace(OUTER, rule=bilinear(lambda m, ct, c: {"a": a(m, ct, c), "b": b(m, ct, c)}))


def right_a(m: Any, ct: Any, c: Any) -> Any:
    return ct @ c.b


def right_b(m: Any, ct: Any, c: Any) -> Any:
    return ct.T @ c.a


# Its gradients are right, but don't change with what they are computed from.
STOPPED = Record(
    name="stopped",
    infer=lambda types, attributes: types[0],
    evaluate=lambda a: a,
    effect=lambda types: Effect.PURE,
    weight=lambda operands: 0,
    rule=Zero("stopped"),
    spelling=Spelling(lambda operands, types, attributes: operands[0]),
)


def stopped(x: Any) -> Any:
    return x.m.traced(x.m.build.op(STOPPED, x.operand))


FAULTS: dict[str, tuple[Record, str]] = {
    "another value": (replace(OUTER, evaluate=lambda a, b: np.outer(a, b) * (1 + 1e-15)), "values"),
    "another dtype": (replace(SUM, evaluate=lambda a, **_: np.sum(a) + 0j), "values"),
    "a size that isn't so": (typed_with(OUTER, Dim(7)), "values"),
    "never 1": (typed_with(OUTER, Dim(one=False)), "sizes"),
    "as long as the other": (typed_with(OUTER, Dim("b.0")), "values"),
    "no view": (replace(OUTER, holds="view"), "memory"),
    "no new array": (replace(TRANSPOSE, holds="new"), "memory"),
    "not the same": (replace(TRANSPOSE, holds="same"), "memory"),
    "misspelled": (replace(OUTER, spelling=spelled.calling("np.kron")), "text"),
    "no such method": (replace(SUM, methods=("std",)), "text"),
    "a scaled gradient": (outer_with(lambda m, ct, c: ct @ c.b * 2.0, right_b), "first"),
    "no gradient": (outer_with(lambda m, ct, c: None, right_b), "first"),
    "exchanged gradients": (outer_with(right_b, right_a), "first"),
    "a rounded gradient": (
        outer_with(lambda m, ct, c: ct @ c.b * (1 + 1e-10), right_b),
        "first",
    ),
    "a scaled tangent": (
        replace(
            SUM,
            rule=custom(
                jvp=lambda m, dots, c: m("np.sum", dots.a, axis=c.axis) * 2.0,
                vjp=lambda m, ct, c: {"a": ct * 2.0},
            ),
            cases=(case(real(3, 4), axis=0),),
        ),
        "first",
    ),
    "not differentiable again": (
        outer_with(lambda m, ct, c: ct @ stopped(c.b), right_b),
        "second",
    ),
    "no oracle": (replace(OUTER, oracle=None), "complete"),
    "no cases": (replace(OUTER, cases=()), "complete"),
    "silent about a keyword": (replace(OUTER, takes=signature("a", "b")), "keywords"),
    "unused keyword": (replace(SUM, cases=(case(real(3), axis=0),)), "keywords"),
    "another order": (
        replace(TRANSPOSE, takes=signature("a", copy=Refused("-"), axes=None)),
        "keywords",
    ),
    "another default": (replace(TRANSPOSE, takes=signature("a", axes=(1, 0))), "keywords"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_found(fault: str) -> None:
    record, check = FAULTS[fault]
    assert check in wrong_with(record)


def test_a_rule_that_forgets_an_operand_is_found() -> None:
    def jvp(build: Any, op: Any, tangents: Any) -> Any:
        return build.op(op.operation, tangents[0], op.operands[1])

    rule = OUTER.rule
    assert isinstance(rule, Custom)
    assert "first" in wrong_with(replace(OUTER, rule=Custom(jvp, rule.vjp)))


def test_a_linear_rule_whose_transpose_moves_elements_is_found() -> None:
    rule = linear(lambda m, ct, c: {"a": m("np.transpose", ct, (0, 1))})
    square = case(real(3, 3), axes=(1, 0))
    assert "first" in wrong_with(replace(TRANSPOSE, rule=rule, cases=(square,)))


@pytest.mark.parametrize(
    "pair",
    [(0.0, -0.0), (1.0, np.float64(1.0)), (np.float64(1.0), np.asarray(1.0)), ((1,), [1])],
    ids=repr,
)
def test_values_that_compare_equal_are_told_apart(pair: tuple[Any, Any]) -> None:
    assert unlike(*pair) is not None


def test_values_are_like_themselves() -> None:
    for value in (np.array([np.nan, -0.0]), 1.0, [np.float32(2.0)], (True, 3)):
        assert unlike(value, value) is None
