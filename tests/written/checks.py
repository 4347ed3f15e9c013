"""Everything that must hold between a written program and its derivatives.

    outcome = check("mechanics-pendulum", program)

Each check stands by itself: what one finds doesn't keep another from running.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import itertools
import pkgutil
import random
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

import tests.written
from autodiff_compiler import Derivative, grad, jvp, value_and_grad, vjp
from autodiff_compiler.errors import AutodiffError, InternalError
from autodiff_compiler.ir.interpreter import interpret
from tests.contributions import EPS, TOLERANCE
from tests.random_programs.harness import standalone
from tests.written.leaves import along, bits, held_by, like, moved, numbers, numbers_inside
from tests.written.program import Program

# Forward and reverse may differ by TOLERANCE of the sum of absolute contributions. The terms of the
# dot product, which are smaller where contributions cancel, stand in for it; programs that lose
# more than that by what they compute are named, with how many times more.
LOSING = {
    "curvature": 100,  # divides differences of differences by 1e-6
}
STEPS = (1e-3, 1e-4, 1e-5)
DIFFERENCE = 1e-7
COMPLEX_STEP = 1e-12
SECOND_ORDER = 1e-6
EVERY = 3  # one program in so many is differentiated twice
MOST = 24  # numbers of the arguments that are moved one by one


VERDICTS = ("right", "refused", "crashed", "wrong")  # each outweighs those before it


class Mismatch(AssertionError):
    """A check that doesn't hold."""


class Crash(Exception):
    """The compiler, or code it generated, raised something that no user should see."""


@dataclass(frozen=True)
class Outcome:
    """What became of a program: "right", "refused", "wrong" or "crashed".

    `constructs` are those that were refused; `details` pair the check with what it found.
    """

    name: str
    verdict: str
    constructs: tuple[str, ...] = ()
    details: tuple[tuple[str, str], ...] = ()


@cache
def programs() -> dict[str, Program]:
    """All programs by name: their module and function, and a number if it is the second."""
    found: dict[str, Program] = {}
    for module in sorted(each.name for each in pkgutil.iter_modules(tests.written.__path__)):
        with contextlib.redirect_stdout(io.StringIO()):
            imported = importlib.import_module(f"tests.written.{module}")
        for program in getattr(imported, "PROGRAMS", ()):
            name = f"{module}-{program.function.__name__}"
            count = sum(each == name or each.startswith(f"{name}-") for each in found)
            found[f"{name}-{count + 1}" if count else name] = program
    return found


def check_named(name: str) -> Outcome:
    """Run all checks on the program of this name; every third is differentiated twice."""
    known = programs()
    return check(name, known[name], second=list(known).index(name) % EVERY == 0)


def check(name: str, program: Program, second: bool) -> Outcome:
    """Run all checks on a program; `second` order is one of them if asked."""
    checker = _Checker(program)
    checks: list[Callable[[], None]] = [
        checker.primal, checker.gradient, checker.complex_step, checker.forward, checker.again,
        checker.interpreter, checker.saved_file,
    ]  # fmt: skip
    if second:
        checks.append(checker.second_order)
    refused: list[str] = []
    details: list[tuple[str, str]] = []
    verdicts: set[str] = set()
    for each in checks:
        what = each.__name__.replace("_", " ")
        try:
            each()
        except Mismatch as mismatch:
            verdicts.add("wrong")
            details.append((what, str(mismatch)))
        except InternalError as error:
            verdicts.add("crashed")
            details.append((what, _told(error)))
        except AutodiffError as error:
            verdicts.add("refused")
            problems = getattr(error, "problems", ())
            refused += [problem.construct for problem in problems] or [type(error).__name__]
            details.append((what, str(error)))
        except Exception as error:
            verdicts.add("crashed")
            details.append((what, _told(error)))
    verdict = max(verdicts, key=VERDICTS.index, default="right")
    said = {told: what for what, told in reversed(details)}  # what several checks found, once
    told = tuple((what, told) for told, what in reversed(said.items()))
    return Outcome(name, verdict, tuple(dict.fromkeys(refused)), told)


def _told(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames[:-5:-1])
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {' '.join(lines[:3])[:400]}  [{where}]"


@dataclass(frozen=True)
class Call:
    """What a call returned, printed and warned of."""

    value: Any
    printed: str
    warned: tuple[str, ...]


def observed(function: Callable[..., Any], arguments: Sequence[Any]) -> Call:
    """Call a function, and see that it leaves its arguments alone."""
    printed = io.StringIO()
    with (
        warnings.catch_warnings(record=True) as caught,
        contextlib.redirect_stdout(printed),
    ):
        warnings.simplefilter("always")
        value = function(*arguments)
    warned = tuple(sorted(f"{each.category.__name__}: {each.message}" for each in caught))
    return Call(value, printed.getvalue(), warned)


def undisturbed(function: Callable[..., Any], arguments: Sequence[Any]) -> Call:
    """Call what must not write to its arguments."""
    before = bits(arguments)
    found = observed(function, arguments)
    _require(bits(arguments) == before, f"the arguments become {arguments!r}")
    return found


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise Mismatch(message)


class _Checker:
    def __init__(self, program: Program) -> None:
        self.program, self.function = program, program.function
        self.draws = random.Random(program.function.__name__)

    @cached_property
    def value_and_grad(self) -> Derivative:
        return value_and_grad(self.function, argnums=self.program.wrt)

    @cached_property
    def plain(self) -> Call:
        return observed(self.function, self.program.arguments())

    @cached_property
    def active(self) -> tuple[Any, ...]:
        """The arguments to differentiate by."""
        arguments = self.program.arguments()
        return tuple(arguments[place] for place in self.program.wrt)

    @cached_property
    def is_number(self) -> bool:
        return isinstance(self.plain.value, float | np.floating)

    @cached_property
    def cotangent(self) -> Any:
        """Weights for the numbers of the result; 1 for a single one."""
        return like(self.plain.value, (lambda: 1.0) if self.is_number else self._draw)

    @cached_property
    def derived(self) -> tuple[Call, tuple[Any, ...]]:
        """The value by the forward sweep, and the gradient of the weighted result."""
        if self.is_number:
            seen = undisturbed(self.value_and_grad, self.program.arguments())
            value, gradient = seen.value
        else:
            seen = undisturbed(lambda *given: vjp(self.function, *given), self.program.arguments())
            value, pullback = seen.value
            pulled = pullback(self.cotangent)
            gradient = tuple(pulled[place] for place in self.program.wrt)
        return Call(value, seen.printed, seen.warned), gradient

    @cached_property
    def flat(self) -> np.ndarray:
        """The numbers of the gradient, those of the arguments' floats."""
        gradient = self.derived[1]
        _require(type(gradient) is tuple, f"the gradient is {gradient!r}")
        try:
            found = list(itertools.chain(*map(along, self.active, gradient)))
        except ValueError as error:
            raise Mismatch(str(error)) from None
        return np.array(found, dtype=float)

    @cached_property
    def directions(self) -> tuple[Any, ...]:
        """A tangent for each argument, zero for what isn't differentiated."""
        return tuple(
            like(argument, self._draw if place in self.program.wrt else lambda: 0.0)
            for place, argument in enumerate(self.program.arguments())
        )

    def _draw(self) -> float:
        return self.draws.choice((-1, 1)) * self.draws.uniform(0.25, 1.5)

    # The checks

    def primal(self) -> None:
        """The forward sweep gives what plain Python gives, to the bit, and says what it says."""
        self._as_plain(self.derived[0])

    def _as_plain(self, seen: Call) -> None:
        told = f"{seen.value!r}, plain Python {self.plain.value!r}"
        _require(bits(seen.value) == bits(self.plain.value), told)
        said = f"prints {seen.printed!r}, plain Python {self.plain.printed!r}"
        _require(seen.printed == self.plain.printed, said)
        warned = f"warns {seen.warned}, plain Python {self.plain.warned}"
        _require(seen.warned == self.plain.warned, warned)

    def gradient(self) -> None:
        """The gradient is what central differences give, at the best of three step sizes."""
        found = self.flat
        _require(bool(np.all(np.isfinite(found))), f"the gradient is {found}")
        count = len(found)
        if count <= MOST:
            axes = list(np.eye(count))
        else:
            axes = [np.array([self._draw() for _ in range(count)]) for _ in range(4)]
            axes += [np.eye(count)[k] for k in range(0, count, count // 8)]
        for axis in axes:
            self._slope(axis, float(found @ axis))

    def _slope(self, axis: np.ndarray, ours: float) -> None:
        here = abs(self._weighted(np.zeros_like(axis)))
        size = max(1.0, float(np.max(np.abs(axis * self._points)))) if axis.size else 1.0
        tried = []
        for step in STEPS:
            h = step * size
            try:
                with np.errstate(all="ignore"):
                    near = self._weighted(h * axis) - self._weighted(-h * axis)
                    far = self._weighted(2 * h * axis) - self._weighted(-2 * h * axis)
            except Exception:  # out of the function's domain
                continue
            theirs = (8 * near - far) / (12 * h)
            tried.append(theirs)
            if abs(ours - theirs) <= DIFFERENCE * max(abs(theirs), 1e-2 * here / size):
                return
        raise Mismatch(f"{ours!r} along {axis.tolist()}, by differences {tried}")

    @cached_property
    def _points(self) -> np.ndarray:
        return np.array(numbers(self.active))

    def _weighted(self, deltas: np.ndarray) -> float:
        """The weighted result with the numbers of the active arguments moved."""
        value = observed(self.function, self._moved(deltas.tolist())).value
        weights = along(self.plain.value, self.cotangent)
        return sum(a * b for a, b in zip(numbers(value), weights, strict=True))

    def _moved(self, deltas: Sequence[complex]) -> list[Any]:
        left = iter(deltas)
        return [
            moved(argument, left) if place in self.program.wrt else argument
            for place, argument in self._in_order()
        ]

    def _in_order(self) -> Iterator[tuple[int, Any]]:
        return iter(enumerate(self.program.arguments()))

    def complex_step(self) -> None:
        """Where the program can be run on complex numbers, they give the gradient exactly."""
        if not self.program.complex_step:
            return
        found = self.flat
        scale = float(np.max(np.abs(found), initial=0.0))
        weights = list(along(self.plain.value, self.cotangent))
        for place in range(len(found)):
            deltas = [0j] * len(found)
            deltas[place] = 1e-30j
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = observed(self.function, self._moved(deltas)).value
            theirs = sum(a.imag * b for a, b in zip(_complexes(value), weights, strict=True))
            off = abs(found[place] - theirs / 1e-30)
            told = f"number {place} is {found[place]!r}, by complex step {theirs / 1e-30!r}"
            _require(off <= COMPLEX_STEP * max(abs(theirs) / 1e-30, scale), told)

    def forward(self) -> None:
        """Forward mode gives the same value, and the same derivative by the dot product."""
        arguments = self.program.arguments()
        if not numbers_inside(arguments):
            return
        seen = undisturbed(lambda *a: jvp(self.function, a, self.directions), arguments)
        value, tangent = seen.value
        self._as_plain(Call(value, seen.printed, seen.warned))
        try:
            pushed = list(along(self.plain.value, tangent))
        except ValueError as error:
            raise Mismatch(str(error)) from None
        weights = list(along(self.plain.value, self.cotangent))
        active = tuple(self.directions[place] for place in self.program.wrt)
        steps = list(itertools.chain(*map(along, self.active, active)))
        left = [a * b for a, b in zip(weights, pushed, strict=True)]
        right = [a * b for a, b in zip(self.flat.tolist(), steps, strict=True)]
        size = sum(map(abs, left)) + sum(map(abs, right))
        off = abs(sum(left) - sum(right))
        told = f"forward {sum(left)!r}, reverse {sum(right)!r}: {off / (EPS * size or 1.0):.0f} eps"
        slack = TOLERANCE * LOSING.get(self.function.__name__, 1)
        _require(off <= slack * size, told)

    def again(self) -> None:
        """A second call gives the same, and leaves what the first one gave as it was."""
        first = self.derived
        before = bits((first[0].value, first[1]))
        del self.__dict__["derived"]
        second = self.derived
        same = bits((second[0].value, second[1])) == before
        _require(same, f"{first[0].value!r}, {first[1]!r}, then {second[0].value!r}, {second[1]!r}")
        _require(bits((first[0].value, first[1])) == before, "the first result changed")

    def interpreter(self) -> None:
        """The graphs mean what the generated code does."""
        if not self.is_number:
            return
        arguments = self.program.arguments()
        lowered = self.value_and_grad.lower(*arguments)
        wanted = (self.derived[0].value, self.derived[1])
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            primal = interpret(lowered.primal_ir, lowered.values)
            found = interpret(lowered.ir, lowered.values)
        told = f"the primal graph gives {primal!r}, the function {self.plain.value!r}"
        _require(bits(primal) == bits(self.plain.value), told)
        _require(bits(found) == bits(wanted), f"the graph gives {found!r}, the code {wanted!r}")

    def saved_file(self) -> None:
        """The file that `.save` writes gives the same bits where the compiler isn't installed."""
        if not self.is_number:
            return
        wanted = (self.derived[0].value, self.derived[1])
        with tempfile.TemporaryDirectory() as directory:
            path = self.value_and_grad.save(Path(directory) / "saved.py")
            text = path.read_text(encoding="utf-8")
        alone = standalone(text, f"{self.function.__name__}_value_and_grad")
        seen = undisturbed(alone, self.program.arguments())
        _require(bits(seen.value) == bits(wanted), f"it gives {seen.value!r}, not {wanted!r}")
        _require(seen.printed == self.plain.printed, f"it prints {seen.printed!r}")

    def second_order(self) -> None:
        """Forward over reverse against differences of the gradient."""
        if not self.is_number:
            return
        gradient = grad(self.function, argnums=self.program.wrt)
        arguments, directions = self.program.arguments(), self.directions
        seen = undisturbed(lambda *given: jvp(gradient, given, directions), arguments)
        value, tangent = seen.value
        told = f"the gradient is {value!r}, not {self.derived[1]!r}"
        ours = np.array(list(itertools.chain(*map(along, self.active, tangent))))
        first = np.array(list(itertools.chain(*map(along, self.active, value))))
        scale = float(np.max(np.abs(self.flat), initial=0.0))
        _require(np.allclose(first, self.flat, rtol=1e-12, atol=1e-12 * scale), told)
        active = tuple(directions[place] for place in self.program.wrt)
        axis = np.array(list(itertools.chain(*map(along, self.active, active))))

        def there(step: float) -> np.ndarray:
            found = observed(gradient, self._moved((step * axis).tolist())).value
            return np.array(list(itertools.chain(*map(along, self.active, found))))

        tried = []
        for h in STEPS:
            try:
                theirs = (8 * (there(h) - there(-h)) - (there(2 * h) - there(-2 * h))) / (12 * h)
            except (ArithmeticError, ValueError):
                continue
            tried.append(theirs)
            size = np.maximum(np.abs(theirs), max(1e-2 * scale, np.max(np.abs(theirs))))
            if np.all(np.abs(ours - theirs) <= SECOND_ORDER * size):
                return
        raise Mismatch(f"{ours} along {axis}, by differences of the gradient {tried}")


def _complexes(value: Any) -> list[complex]:
    if isinstance(value, np.ndarray):
        return value.ravel().tolist()
    if isinstance(value, complex | float | np.number):
        return [complex(value)]
    return [each for _, item in held_by(value) or () for each in _complexes(item)]
