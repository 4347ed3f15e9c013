"""Every record of an array function, checked by calls made from its own cases."""

from __future__ import annotations

import pytest

from autodiff_compiler.ops import ARRAYS, OPS
from autodiff_compiler.ops.record import Record
from tests.ops.array_calls import calls_of
from tests.ops.array_records import CHECKS, RECORD_CHECKS, RECORDS, problems, record_problems
from tests.ops.array_signatures import classes_of


def named(record: Record) -> str:
    return record.name


@pytest.mark.parametrize("record", RECORDS, ids=named)
@pytest.mark.parametrize("check", CHECKS)
def test_calls(check: str, record: Record) -> None:
    wrong = [each for call in calls_of(record) for each in problems(check, call)]
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize("record", RECORDS, ids=named)
@pytest.mark.parametrize("check", RECORD_CHECKS)
def test_records(check: str, record: Record) -> None:
    wrong = record_problems(check, record)
    assert not wrong, "\n".join(["", *wrong])


def test_every_function_of_numpys_has_a_signature() -> None:
    without = [name for name in ARRAYS if name.startswith("np.") and OPS[name].takes is None]
    assert not without


def test_cases_cover_the_kinds_of_input() -> None:
    covered = {each for record in RECORDS for call in calls_of(record) for each in classes_of(call)}
    assert len(covered) >= 8, sorted(covered)
