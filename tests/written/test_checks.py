"""Each check finds what it is there for: programs whose derivatives are tampered with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.written import checks
from tests.written.checks import check
from tests.written.leaves import bits, like, moved, numbers
from tests.written.program import Program
from tests.written.report import table


def energy(x: Any, scale: Any) -> Any:
    total = 0.0
    for v in x:
        total += scale * v * v * v
    print("energy")
    return total


PROGRAM = Program(energy, lambda: ([0.5, -1.25], 2.0), (0, 1), complex_step=True)
Tamper = Callable[[Any], Any]


def failing(monkeypatch: pytest.MonkeyPatch, name: str, tamper: Tamper) -> set[str]:
    """The checks that fail when what an operator makes of a function is tampered with."""
    original = getattr(checks, name)
    monkeypatch.setattr(checks, name, lambda *a, **k: tamper(original(*a, **k)))
    outcome = check("energy", PROGRAM, second=True)
    assert outcome.verdict == "wrong"
    return {what for what, _ in outcome.details}


class Tampered:
    """A derivative whose results go through a function."""

    def __init__(self, inner: Any, change: Callable[[Any, tuple[Any, ...]], Any]) -> None:
        self.inner, self.change = inner, change

    def __call__(self, *arguments: Any) -> Any:
        return self.change(self.inner(*arguments), arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def test_a_right_program_is_right() -> None:
    assert check("energy", PROGRAM, second=True).verdict == "right"


def test_the_last_bit_of_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(found: Any, _: Any) -> Any:
        return np.nextafter(found[0], 9.0).item(), found[1]

    found = failing(monkeypatch, "value_and_grad", lambda d: Tampered(d, change))
    assert {"primal", "interpreter", "saved file"} <= found


@pytest.mark.parametrize("off", [1e-6, 1e-9])
def test_the_gradient(monkeypatch: pytest.MonkeyPatch, off: float) -> None:
    def change(found: Any, _: Any) -> Any:
        return found[0], (found[1][0], found[1][1] * (1.0 + off))

    found = failing(monkeypatch, "value_and_grad", lambda d: Tampered(d, change))
    assert {"complex step", "forward", "interpreter", "saved file"} <= found
    assert ("gradient" in found) == (off > checks.DIFFERENCE)


def test_the_tangent(monkeypatch: pytest.MonkeyPatch) -> None:
    def tamper(pair: Any) -> Any:
        value, tangent = pair
        return pair if isinstance(tangent, tuple) else (value, tangent * (1.0 + 1e-11))

    assert failing(monkeypatch, "jvp", tamper) == {"forward"}


def test_written_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(found: Any, arguments: tuple[Any, ...]) -> Any:
        arguments[0][0] += 1.0
        return found

    found = failing(monkeypatch, "value_and_grad", lambda d: Tampered(d, change))
    assert "primal" in found


def test_a_second_call(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = iter(range(100))

    def change(found: Any, _: Any) -> Any:
        return found[0], (found[1][0], found[1][1] + next(calls) * 1e-13)

    assert "again" in failing(monkeypatch, "value_and_grad", lambda d: Tampered(d, change))


def test_second_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def tamper(pair: Any) -> Any:
        value, tangent = pair
        return (value, (tangent[0], tangent[1] + 1e-3)) if isinstance(tangent, tuple) else pair

    assert failing(monkeypatch, "jvp", tamper) == {"second order"}


def test_refused_and_crashed(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(x: Any) -> Any:
        return eval("x")

    outcome = check("unsupported", Program(unsupported, lambda: (1.0,)), second=False)
    assert outcome.verdict == "refused" and outcome.constructs == ("call of eval",)
    assert "    1 call of eval: unsupported" in "\n".join(checks_table(outcome))

    def broken(*_: Any, **__: Any) -> Any:
        raise KeyError("lost")

    monkeypatch.setattr(checks, "value_and_grad", broken)
    outcome = check("energy", PROGRAM, second=False)
    assert outcome.verdict == "crashed" and "lost" in outcome.details[0][1]


def checks_table(outcome: checks.Outcome) -> list[str]:
    """The report on one outcome under the name of a program that there is."""
    name = next(iter(checks.programs()))
    named = checks.Outcome(name, outcome.verdict, outcome.constructs, outcome.details)
    return [line.replace(name, outcome.name) for line in table([named])]


def test_leaves() -> None:
    value = {"a": [1.0, 2], "b": (np.array([3.0, 4.0]), None), "c": np.float64(5.0)}
    assert numbers(value) == [1.0, 3.0, 4.0, 5.0]
    assert like(value, lambda: 7.0)["a"] == [7.0, 0.0]
    changed = moved(value, iter([0.5, 0.0, 1.0, 2.0]))
    assert numbers(changed) == [1.5, 3.0, 5.0, 7.0]
    assert bits(0.0) != bits(-0.0) and bits(1.0) != bits(np.float64(1.0))
    assert bits(np.float64("nan")) == bits(-np.float64("nan"))
