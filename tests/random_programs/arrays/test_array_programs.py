"""Random array programs, compiled and judged: a seeded few hundred; `long_run.py` does thousands.

What fails is shown as the smallest program found that fails alike. A refusal by an error of the
compiler's own is allowed, where arrays may share memory; whatever isn't refused must be right.
"""

from __future__ import annotations

import numpy as np
import pytest

from ..harness import Mismatch
from .generator import Program, seeded_program
from .harness import check
from .oracle import jacobian
from .runs import Outcome, is_valid, representative, run_program, shrunk

PROGRAMS, CHUNK = 200, 20

# Seeds of programs that fail now, by what fails; each is to be removed with its cause.
KNOWN = dict.fromkeys((4, 151), "a mean or variance of nothing warns more often than it does")


@pytest.mark.parametrize("start", range(0, PROGRAMS, CHUNK))
def test_programs(start: int) -> None:
    total = Outcome()
    for seed in range(start, start + CHUNK):
        if seed not in KNOWN:
            total.add(run_program(seed))
    failures = "\n\n".join(str(shrunk(f, 20.0)) for f in representative(total.failures, 2))
    assert not total.failures, f"{failures}\n{total.summary()}"


def test_programs_are_the_same_everywhere_and_mostly_valid() -> None:
    programs = [seeded_program(seed) for seed in range(60)]
    assert programs == [seeded_program(seed) for seed in range(60)]
    assert sum(map(is_valid, programs)) >= 50


# The oracle against derivatives known by hand.


def _program(body: str, *points: tuple[str, ...], argnums: tuple[int, ...] = (0,)) -> Program:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return Program(f"import numpy as np\n\ndef f(x, s):\n{lines}\n", "f", points, argnums)


POINT = ("np.array([1.0, 2.0, 3.0])", "0.5")


@pytest.mark.parametrize(
    ("body", "slopes"),
    [
        ("return np.sum(x ** 2) * s", [1.0, 2.0, 3.0, 14.0]),
        ("b = x\nb += s\nreturn x[0] * x[1]", [2.5, 1.5, 0.0, 4.0]),
        ("b = x[1:]\nb[0] = s\nreturn x.sum()", [1.0, 0.0, 1.0, 1.0]),
        ("b = x.copy()\nb[0] = s\nreturn x.sum()", [1.0, 1.0, 1.0, 0.0]),
        ("x[1:] += x[:-1]\nreturn x[2] * s", [0.0, 0.5, 0.5, 5.0]),
        ("out = np.zeros(3)\nfor i in range(3):\n    out[i] = x[i] * i\nreturn np.sum(out)",
         [0.0, 1.0, 2.0, 0.0]),
        ("return np.einsum('i,i->', x, x[::-1])", [6.0, 4.0, 2.0, 0.0]),
    ],
)  # fmt: skip
def test_oracle_sees_through_views(body: str, slopes: list[float]) -> None:
    found = jacobian(_program(body).source, "f", POINT)
    assert found.usable
    np.testing.assert_allclose(found.slopes, [slopes], rtol=1e-15)


# A stand-in for the compiler, by differences, and what each check makes of a wrong one.


class _StandIn:
    """Derivatives by the oracle, of the program that it is told."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def _jacobian(self, args: tuple[object, ...]) -> np.ndarray:
        texts = [f"np.array({a.tolist()})" if isinstance(a, np.ndarray) else repr(a) for a in args]
        return jacobian(self.program.source, "f", texts).slopes

    def _split(self, numbers: np.ndarray, args: tuple[object, ...]) -> tuple[object, ...]:
        x, _ = args
        return np.array(numbers[: x.size]), float(numbers[x.size])

    def value_and_grad(self, function, argnums):
        def run(*args):
            value = function(*self._copies(args))
            parts = self._split(self._jacobian(args)[0], args)
            return value, tuple(parts[i] for i in argnums)

        return run

    def _copies(self, args):
        return [a.copy() if isinstance(a, np.ndarray) else a for a in args]

    def jvp(self, function, args, tangents):
        value = function(*self._copies(args))
        flat = np.concatenate([tangents[0], [tangents[1]]])
        return value, np.float64(self._jacobian(args)[0] @ flat)

    def vjp(self, function, *args):
        value = function(*self._copies(args))
        slopes = self._jacobian(args)[0]
        kept = self._copies(args)
        return value, lambda ct: self._split(ct * slopes, tuple(kept))


RIGHT = _program("b = x[1:]\nb += s\nreturn np.sum(x ** 2) * s", POINT)


def test_a_right_derivative_passes() -> None:
    report = check(RIGHT, api=_StandIn(RIGHT))
    assert (report.exact, report.certified, report.unknown) == (4, 1, 0)


def _wrong(check_name: str, **changes: object) -> None:
    api = _StandIn(RIGHT)
    for name, change in changes.items():
        setattr(api, name, change(getattr(api, name)))
    with pytest.raises(Mismatch) as caught:
        check(RIGHT, api=api)
    assert caught.value.check == check_name


def test_a_wrong_tangent_is_found() -> None:
    def off(jvp):
        return lambda f, args, tangents: (lambda v, t: (v, t * (1 + 1e-9)))(*jvp(f, args, tangents))

    _wrong("forward", jvp=off)


def test_a_wrong_cotangent_is_found() -> None:
    def off(vjp):
        def run(f, *args):
            value, pullback = vjp(f, *args)
            return value, lambda ct: (pullback(ct)[0][::-1].copy(), pullback(ct)[1])

        return run

    _wrong("reverse", vjp=off)


def test_written_arguments_are_found() -> None:
    def writing(jvp):
        def run(f, args, tangents):
            result = jvp(f, args, tangents)
            args[0][0] = 9.0
            return result

        return run

    _wrong("arguments unmodified", jvp=writing)


def test_shared_memory_is_found() -> None:
    def sharing(vjp):
        def run(f, *args):
            value, pullback = vjp(f, *args)

            def pulled(ct):
                args[0][...] = pullback(ct)[0]
                return args[0], pullback(ct)[1]

            return value, pulled

        return run

    _wrong("shared memory", vjp=sharing)


def test_another_value_is_found() -> None:
    def same_tangent(jvp):
        def run(f, args, tangents):
            value, tangent = jvp(f, args, tangents)
            return np.nextafter(value, 9e9), tangent

        return run

    _wrong("primal", jvp=same_tangent)


def test_a_pullback_that_can_be_called_once_is_found() -> None:
    def once(vjp):
        def run(f, *args):
            value, pullback = vjp(f, *args)
            calls = []

            def pulled(ct):
                calls.append(ct)
                first, second = pullback(ct)
                return first * len(calls), second

            return value, pulled

        return run

    _wrong("second call", vjp=once)
