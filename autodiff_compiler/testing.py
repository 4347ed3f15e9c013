"""Checking derivatives numerically, to any order, in both modes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff_compiler.api.core import Core
from autodiff_compiler.api.linear import entered
from autodiff_compiler.api.requests import Request
from autodiff_compiler.api.transformed import core_of
from autodiff_compiler.dispatch.cache import Dispatcher
from autodiff_compiler.dispatch.compiler import Step, Steps
from autodiff_compiler.errors import SignatureError

if TYPE_CHECKING:
    from random import Random

MODES = ("forward", "reverse")
STEPS = tuple(10.0**-k for k in range(1, 9))
RTOL, ATOL = 1e-6, 1e-9
# Of the sum of absolute terms of a dot product; the program's own cancellation comes on top of
# rounding.
ROUNDING = 1e-10

Values = tuple[object, ...]
Run = Callable[[Values], Any]


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: str | Sequence[str] = MODES,
    atol: float | None = None,
    rtol: float | None = None,
) -> None:
    """Check the derivatives of `f` at `args` up to an order; raise AssertionError if one is off.

    In "forward" mode the derivative in a random direction is compared with central differences,
    the best of several steps: to `rtol` (1e-6) relative to the value or the derivative, whichever
    is larger, plus `atol` (1e-9). In "reverse" mode a random cotangent is pulled back and compared
    with forward mode by a dot product, to rounding. For higher orders the derivatives are checked
    in the same way, so order 2 covers forward over forward, forward over reverse and so on. The
    value that comes with a derivative must be that of `f`, to the bit.

    Directions are random but the same every time. Ints, bools, strings and None among `args` are
    not differentiated.
    """
    from random import Random

    chosen = (modes,) if isinstance(modes, str) else tuple(modes)
    if not chosen or not set(chosen) <= set(MODES):
        raise SignatureError(f"check_grads: modes are {' and '.join(MODES)}, not {modes!r}")
    core, bound = core_of("check_grads", f, Request("jvp"))
    values, active = entered(core, bound, tuple(args), {})
    program = _Program(core, core.fixed, core.function.__qualname__)
    checker = _Checker(
        chosen, ATOL if atol is None else atol, RTOL if rtol is None else rtol, Random(0)
    )
    with np.errstate(all="ignore"):
        checker.check(program, values, active, order)


@dataclass(frozen=True)
class _Program:
    """A function or a derivative of it, called with plain values: the function's, then tangents."""

    core: Core
    chain: Steps
    name: str

    def then(self, kind: str, active: tuple[int, ...]) -> _Program:
        return _Program(self.core, (*self.chain, Step(kind, active)), f"{kind} of {self.name}")

    def compiled(self, values: Values) -> Run:
        """What runs the program on values of these types."""
        function, parameters = self.core.function, self.core.parameters
        if self.chain:
            dispatcher = Dispatcher(function, lambda active: self.chain)
            found = dispatcher.specialise((), values[: len(parameters)])
            return lambda values: found.target(*values)

        def plain(values: Values) -> Any:
            pairs = list(zip(parameters, values, strict=True))
            positional = [value for parameter, value in pairs if parameter.is_positional]
            named = {each.name: value for each, value in pairs if not each.is_positional}
            return function(*positional, **named)

        return plain


@dataclass(frozen=True)
class _Checker:
    modes: tuple[str, ...]
    atol: float
    rtol: float
    random: Random

    def check(self, program: _Program, values: Values, active: tuple[int, ...], order: int) -> None:
        """Check the derivatives of a program with respect to its active values."""
        run = program.compiled(values)
        forward = program.then("jvp", active)
        pushed = forward.compiled(values)
        tangents = tuple(self.like(values[place], relative=True) for place in active)
        value, tangent = pushed((*values, *tangents))
        self.same_value(forward.name, value, run(values), exact=not program.chain)
        if "forward" in self.modes:
            shift = _Shift(values, active, tangents)
            self.against_differences(forward.name, run, shift, value, tangent)
        if "reverse" in self.modes:
            pulled = program.then("vjp", active)
            value, pullback = pulled.compiled(values)(values)
            self.same_value(pulled.name, value, run(values), exact=not program.chain)
            cotangent = self.like(value, relative=False)
            self.against_forward(pulled.name, cotangent, tangent, pullback(cotangent), tangents)
        if order > 1:
            is_number = type(value) in (float, np.float64)
            if "reverse" in self.modes and is_number:
                self.check(program.then("grad", active), values, active, order - 1)
            if "forward" in self.modes or not is_number:
                count = len(values)
                more = tuple(range(count, count + len(tangents)))
                self.check(forward, (*values, *tangents), active + more, order - 1)

    def like(self, value: object, relative: bool) -> Any:
        """A random direction structured as a value; relative to each number's size, if asked."""
        match value:
            case float():
                size = abs(value) if relative and 0.0 < abs(value) < math.inf else 1.0
                return type(value)(
                    self.random.choice((-1.0, 1.0)) * self.random.uniform(0.5, 1.0) * size
                )
            case list() | tuple():
                items = [self.like(item, relative) for item in value]
                return items if type(value) is list else tuple(items)
            case int() if not relative:
                return 0.0  # a result that is an int here, though it may be a float elsewhere
            case _:
                return None

    def same_value(self, name: str, got: object, expected: object, exact: bool) -> None:
        ours, theirs = list(_floats(got)), list(_floats(expected))
        close = len(ours) == len(theirs) and all(
            a == b
            or (a != a and b != b)
            or (not exact and abs(a - b) <= self.rtol * max(abs(a), abs(b)) + self.atol)
            for a, b in zip(ours, theirs, strict=True)
        )
        if not close:
            raise AssertionError(f"{name}: its value is {got!r}, not {expected!r}")

    def against_differences(
        self, name: str, run: Run, shift: _Shift, value: object, tangent: object
    ) -> None:
        sizes, ours = list(map(abs, _floats(value))), list(_floats(tangent))
        best: tuple[float, float, list[float]] | None = None
        for step in STEPS:
            try:
                above, below = run(shift(step)), run(shift(-step))
            except Exception:  # out of the function's domain
                continue
            pairs = zip(_floats(above), _floats(below), strict=True)
            theirs = [(a - b) / (2.0 * step) for a, b in pairs]
            excess = max(map(self.excess, ours, theirs, sizes), default=0.0)
            if best is None or excess < best[0]:
                best = excess, step, theirs
        if best is None:
            raise AssertionError(f"{name}: the function can't be evaluated near its arguments")
        if not best[0] <= 1.0:
            raise AssertionError(
                f"{name} at {shift.values!r}, direction {shift.tangents!r}: the tangent is "
                f"{ours!r}, but central differences give {best[2]!r} (step {best[1]:.0e}); off by "
                f"{best[0]:.1e} times what is allowed"
            )

    def excess(self, ours: float, theirs: float, size: float) -> float:
        """How far two numbers are apart, in units of what is allowed."""
        if ours == theirs or (ours != ours and theirs != theirs):
            return 0.0
        found = abs(ours - theirs) / (self.atol + self.rtol * max(abs(ours), abs(theirs), size))
        return math.inf if found != found else found

    def against_forward(
        self, name: str, cotangent: object, tangent: object, pulled: object, tangents: object
    ) -> None:
        pairs = zip(_floats(cotangent), _floats(tangent), strict=True)
        forward = [a * b for a, b in pairs]
        reverse = [a * b for a, b in zip(_floats(pulled), _floats(tangents), strict=True)]
        left, right = sum(forward), sum(reverse)
        size = sum(map(abs, forward)) + sum(map(abs, reverse))
        same = left == right or (left != left and right != right)
        if not same and not abs(left - right) <= ROUNDING * size:
            raise AssertionError(
                f"{name}: reverse and forward mode disagree; cotangent · tangent is {left!r} by "
                f"forward mode and {right!r} by reverse mode, for the cotangent {cotangent!r}, "
                f"the direction {tangents!r} and the arguments' cotangents {pulled!r}"
            )


@dataclass(frozen=True)
class _Shift:
    """Values moved along tangents of the active ones."""

    values: Values
    active: tuple[int, ...]
    tangents: Values

    def __call__(self, step: float) -> Values:
        moved = list(self.values)
        for place, tangent in zip(self.active, self.tangents, strict=True):
            moved[place] = _moved(moved[place], tangent, step)
        return tuple(moved)


def _moved(value: Any, tangent: Any, step: float) -> Any:
    if isinstance(value, list | tuple):
        pairs = zip(value, tangent, strict=True)
        items = [_moved(item, direction, step) for item, direction in pairs]
        return items if type(value) is list else tuple(items)
    return type(value)(value + step * tangent)


def _floats(value: object) -> Iterator[float]:
    """The floats in a value, in order."""
    match value:
        case float():
            yield float(value)
        case list() | tuple():
            for item in value:
                yield from _floats(item)
