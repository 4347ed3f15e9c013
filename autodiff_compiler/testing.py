"""Checking derivatives numerically, to any order, in both modes."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff_compiler.api.core import Core
from autodiff_compiler.api.linear import entered
from autodiff_compiler.api.requests import Request
from autodiff_compiler.api.transformed import core_of
from autodiff_compiler.dispatch.active import FLOAT_TYPES, is_active
from autodiff_compiler.dispatch.arguments import container_of, rebuilt
from autodiff_compiler.dispatch.cache import Dispatcher
from autodiff_compiler.dispatch.compiler import Step, Steps
from autodiff_compiler.errors import SignatureError
from autodiff_compiler.ir.types import items_of

if TYPE_CHECKING:
    from random import Random

MODES = ("forward", "reverse")
STEPS = tuple(10.0**-k for k in range(1, 9))
RTOL, ATOL = 1e-6, 1e-9
# Of the sum of absolute terms of a dot product; the program's own cancellation comes on top of
# rounding.
ROUNDING = 1e-10
# What takes the place of these where float32 takes part.
SINGLE = {"rtol": 2e-3, "atol": 1e-5, "rounding": 1e-4}

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
    is larger, plus `atol` (1e-9); 2e-3 and 1e-5 where float32 takes part. In "reverse" mode a
    random cotangent is pulled back and compared with forward mode by a dot product, to rounding.
    For higher orders the derivatives are checked in the same way, so order 2 covers forward over
    forward, forward over reverse and so on. The value that comes with a derivative must be that of
    `f`, to the bit.

    Directions are random but the same every time. `args` and results are numbers, arrays and
    containers of them. Ints, bools, strings, None and arrays of integers among `args` are not
    differentiated.
    """
    from random import Random

    chosen = (modes,) if isinstance(modes, str) else tuple(modes)
    if not chosen or not set(chosen) <= set(MODES):
        raise SignatureError(f"check_grads: modes are {' and '.join(MODES)}, not {modes!r}")
    core, bound = core_of("check_grads", f, Request("jvp"))
    values, active = entered(core, bound, tuple(args), {})
    program = _Program(core, core.fixed, core.function.__qualname__)
    with np.errstate(all="ignore"):
        single = _holds_single((values, program.compiled(values)(values)))
        checker = _Checker(
            chosen,
            (SINGLE["atol"] if single else ATOL) if atol is None else atol,
            (SINGLE["rtol"] if single else RTOL) if rtol is None else rtol,
            SINGLE["rounding"] if single else ROUNDING,
            Random(0),
        )
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
            # The function itself may write into its arguments.
            pairs = list(zip(parameters, map(copied, values), strict=True))
            positional = [value for parameter, value in pairs if parameter.is_positional]
            named = {each.name: value for each, value in pairs if not each.is_positional}
            return function(*positional, **named)

        return plain


@dataclass(frozen=True)
class _Checker:
    modes: tuple[str, ...]
    atol: float
    rtol: float
    rounding: float
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
            primals = tuple(values[place] for place in active)
            sides = (
                _Side(cotangent, tangent, value),
                _Side(pullback(cotangent), tangents, primals),
            )
            self.against_forward(pulled.name, *sides)
        if order > 1:
            is_number = type(value) in FLOAT_TYPES
            if "reverse" in self.modes and is_number:
                self.check(program.then("grad", active), values, active, order - 1)
            if "forward" in self.modes or not is_number:
                count = len(values)
                more = tuple(range(count, count + len(tangents)))
                self.check(forward, (*values, *tangents), active + more, order - 1)

    def like(self, value: object, relative: bool) -> Any:
        """A random direction for a value, in the form that compiled functions take: a tuple for
        a dict or record. Relative to each number's size, if asked."""
        kind = type(value)
        if kind in FLOAT_TYPES:
            return FLOAT_TYPES[kind](self.number(float(value), relative))  # type: ignore[arg-type]
        if kind is np.ndarray:
            assert isinstance(value, np.ndarray)
            if not is_active(value):
                return None
            numbers = [self.number(each, relative) for each in value.ravel().tolist()]
            return np.array(numbers, value.dtype).reshape(value.shape)
        container = container_of(value)
        if container is not None:
            items = [self.like(item, relative) for item in items_of(value, container)]
            return items if kind is list else tuple(items)
        # A result that is an int here may be a float elsewhere.
        return 0.0 if isinstance(value, int) and not relative else None

    def number(self, value: float, relative: bool) -> float:
        size = abs(value) if relative and 0.0 < abs(value) < math.inf else 1.0
        return self.random.choice((-1.0, 1.0)) * self.random.uniform(0.5, 1.0) * size

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
        sizes, ours = list(map(abs, _floats(value))), list(_along(value, tangent, name))
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

    def against_forward(self, name: str, forward: _Side, reverse: _Side) -> None:
        ours, theirs = forward.terms(name), reverse.terms(name)
        left, right = sum(ours), sum(theirs)
        size = sum(map(abs, ours)) + sum(map(abs, theirs))
        same = left == right or (left != left and right != right)
        if not same and not abs(left - right) <= self.rounding * size:
            raise AssertionError(
                f"{name}: reverse and forward mode disagree; cotangent · tangent is {left!r} by "
                f"forward mode and {right!r} by reverse mode, for the cotangent "
                f"{forward.cotangent!r}, the direction {reverse.tangent!r} and the arguments' "
                f"cotangents {reverse.cotangent!r}"
            )


@dataclass(frozen=True)
class _Side:
    """A cotangent and a tangent of one value."""

    cotangent: object
    tangent: object
    primal: object

    def terms(self, name: str) -> list[float]:
        """Their products, number by number."""
        pairs = zip(
            _along(self.primal, self.cotangent, name),
            _along(self.primal, self.tangent, name),
            strict=True,
        )
        return [a * b for a, b in pairs]


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


def copied(value: Any) -> Any:
    """A value whose arrays and containers are others; functions and the like are not copied."""
    if isinstance(value, np.ndarray):
        return value.copy()
    return value if callable(value) else copy.deepcopy(value)


def _moved(value: Any, tangent: Any, step: float) -> Any:
    if tangent is None or not is_active(value):
        return value
    if type(value) is np.ndarray:
        return (value + step * tangent).astype(value.dtype)
    container = container_of(value)
    if container is not None:
        directions = iter(tangent)
        return rebuilt(value, container, lambda item: _moved(item, next(directions), step))
    return type(value)(value + step * tangent)


def _floats(value: object) -> Iterator[float]:
    """The floats in a value, in order."""
    yield from _along(value, value, "")


def _along(value: object, other: Any, name: str) -> Iterator[float]:
    """The floats of a tangent or cotangent of a value, in order; those of the value itself too."""
    kind = type(value)
    if kind in FLOAT_TYPES:
        yield float(other)
        return
    if kind is np.ndarray:
        assert isinstance(value, np.ndarray)
        if not is_active(value):
            return
        form = (value.shape, value.dtype)
        if type(other) is not np.ndarray or (other.shape, other.dtype) != form:
            raise AssertionError(
                f"{name}: the derivative that belongs to an array of shape {value.shape} and dtype "
                f"{value.dtype} is {other!r}"
            )
        yield from other.ravel().tolist()
        return
    container = container_of(value)
    if container is not None and is_active(value):
        inside = container_of(other)
        parts = () if inside is None else items_of(other, inside)
        for item, part in zip(items_of(value, container), parts, strict=True):
            yield from _along(item, part, name)


def _holds_single(value: object) -> bool:
    """Whether a value is or holds a float32."""
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype == np.float32
    container = container_of(value)
    return container is not None and any(map(_holds_single, items_of(value, container)))
