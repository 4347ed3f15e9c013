"""What a program's value and derivatives are, found without the compiler.

- `differences`: sixth-order central differences of the plain function, and whether the point is
  far enough from every kink and branch for them to mean something.
- `chain_rule`: forward accumulation along the executed path, with local partials from SymPy at the
  values the program computed, at 40 digits; beside it the same sum of absolute contributions,
  which is what rounding errors are measured against.
- `second_order`: the same for one input, to the second derivative.
- `complex_step`: for programs of analytic functions.
- `graph_partials`: a straight-line graph, node by node, in reverse.
"""

from __future__ import annotations

import contextlib
import io
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath

from .elementary import DIGITS, MP, Elementary, evaluator, magnitude, partial
from .instrument import Lifted, Semantics, run

EPS = 2.0**-52
TOLERANCE = 4500 * EPS  # of the sum of absolute contributions


@dataclass(frozen=True)
class Point:
    """Where a program is called: positional and keyword arguments."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


@dataclass(frozen=True)
class Leaf:
    """One float among the arguments: which argument, and which element of it."""

    argument: int
    element: int | None = None


def leaves(point: Point, argnums: Sequence[int]) -> list[Leaf]:
    """The floats of these arguments, in order."""
    found = []
    for argument in argnums:
        value = point.args[argument]
        if isinstance(value, list | tuple):
            found += [Leaf(argument, element) for element in range(len(value))]
        else:
            found.append(Leaf(argument))
    return found


def get(args: Sequence[Any], leaf: Leaf) -> Any:
    value = args[leaf.argument]
    return value if leaf.element is None else value[leaf.element]


def replaced(args: Sequence[Any], values: Mapping[Leaf, Any]) -> tuple[Any, ...]:
    """The arguments with some leaves replaced; the given ones are left as they are."""
    result = list(args)
    for leaf, value in values.items():
        if leaf.element is None:
            result[leaf.argument] = value
            continue
        old = result[leaf.argument]
        items = list(old)
        items[leaf.element] = value
        result[leaf.argument] = tuple(items) if isinstance(old, tuple) else items
    return tuple(result)


def flatten(value: Any) -> list[Any]:
    """The leaves of nested tuples and lists."""
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in flatten(item)]
    return [value]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No output and no warnings: an oracle runs a program many times."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def traced(source: str, name: str, point: Point) -> tuple[Any, list[object]]:
    """The plain value, and the log of everything that decided where the program went."""
    semantics = Semantics()
    with quiet():
        value = run(source, name, semantics)(*point.args, **point.kwargs)
    return value, semantics.trace


def executed_cost(source: str, name: str, point: Point) -> int:
    """The weighted count of floating-point operations that a call executes."""
    semantics = Semantics()
    with quiet():
        run(source, name, semantics)(*point.args, **point.kwargs)
    return semantics.cost


# Differences


@dataclass(frozen=True)
class Difference:
    """A derivative by differences, its estimated error, and whether it can be relied on."""

    value: float
    error: float
    certified: bool


_STEPS = tuple(2.0**-k for k in (4, 6, 8, 10, 12, 14))
# Too small to be accurate, small enough to see an oscillation that the others step over.
_PROBES = tuple(2.0**-k for k in (18, 22))
_SIXTH = ((1, 45 / 60), (2, -9 / 60), (3, 1 / 60))
_FOURTH = ((1, 8 / 12), (2, -1 / 12))
_UNKNOWN = Difference(math.nan, math.inf, False)


def differences(
    source: str, name: str, point: Point, argnums: Sequence[int], output: int = 0
) -> list[Difference]:
    """∂(output)/∂(each leaf) by central differences; certified where two steps agree, no smaller
    step disagrees, and the program goes the same way at every point used."""
    if not is_tame(point):
        return [_UNKNOWN for _ in leaves(point, argnums)]
    try:
        _, trace = traced(source, name, point)
    except Exception:
        return [_UNKNOWN for _ in leaves(point, argnums)]

    def along(leaf: Leaf) -> Callable[[float], float | None]:
        centre = float(get(point.args, leaf))

        def evaluate(offset: float) -> float | None:
            moved = replaced(point.args, {leaf: centre + offset})
            try:
                value, path = traced(source, name, Point(moved, point.kwargs))
            except Exception:
                return None
            result = flatten(value)[output]
            if path != trace or not isinstance(result, float | int):
                return None  # a root of a negative number is complex
            return float(result) if math.isfinite(result) else None

        return evaluate

    return [
        by_differences(along(leaf), float(get(point.args, leaf))) for leaf in leaves(point, argnums)
    ]


def is_tame(point: Point) -> bool:
    """Whether differences can see anything: beside huge arguments small steps are rounded away."""
    numbers = [*flatten(point.args), *flatten(list(point.kwargs.values()))]
    return all(abs(value) <= 1e4 for value in numbers)


def by_differences(evaluate: Callable[[float], float | None], centre: float) -> Difference:
    """The derivative at offset 0 of a function that gives None where it can't be used."""
    if not math.isfinite(centre):
        return _UNKNOWN
    estimates = [_estimate(evaluate, centre, relative) for relative in (*_STEPS, *_PROBES)]
    found = [
        (error, value, place)
        for place, (value, error) in enumerate(estimates[: len(_STEPS)])
        if math.isfinite(error)
    ]
    if not found:
        return _UNKNOWN
    (error, value, place), *others = sorted(found)

    def agrees(other: float, its_error: float) -> bool:
        return not math.isfinite(its_error) or abs(other - value) <= 4 * (error + its_error)

    # Where a step is long against an oscillation, its small error is an accident, and a second
    # accident may agree with it; steps short enough to follow the function don't.
    smaller = estimates[place + 1 :]
    agreed = bool(others) and agrees(others[0][1], others[0][0])
    return Difference(value, error, agreed and all(agrees(*each) for each in smaller))


def _estimate(
    evaluate: Callable[[float], float | None], centre: float, relative: float
) -> tuple[float, float]:
    """The difference quotient with one step and its error, which is infinite where it is none."""
    # A power of two, so that the offsets are exact wherever the centre allows.
    step = relative * 2.0 ** math.frexp(max(abs(centre), 0.5))[1]
    values = [(evaluate(k * step), evaluate(-k * step)) for k in (1, 2, 3)]
    if any(value is None for pair in values for value in pair):
        return math.nan, math.inf
    deltas = [pair[0] - pair[1] for pair in values]  # type: ignore[operator]
    largest = max(abs(value) for pair in values for value in pair)  # type: ignore[arg-type]
    sixth = sum(weight * deltas[k - 1] for k, weight in _SIXTH) / step
    fourth = sum(weight * deltas[k - 1] for k, weight in _FOURTH) / step
    offset_error = EPS * max(abs(centre), step) * abs(sixth) / step
    error = abs(sixth - fourth) + 100 * EPS * largest / step + offset_error
    return sixth, error


# The chain rule along the executed path


@dataclass(frozen=True)
class Derivative:
    """A derivative to many digits, and the sum of the absolute values of its contributions."""

    value: Any
    absolute: Any

    @property
    def tolerance(self) -> float:
        return float(TOLERANCE * self.absolute) + 1e-300

    @property
    def usable(self) -> bool:
        """Whether floats can be expected to come close: nothing infinite, huge, or undefined."""
        return bool(MP.isfinite(self.value) and MP.isfinite(self.absolute)) and (
            self.absolute < 1e200
        )


class Rows(list[list[Derivative]]):
    """For each output its derivatives by each leaf. `singular`: a local partial derivative met on
    the way is infinite or undefined, so that it may come out as 0 · inf where it plays no part."""

    singular = False


_NONE = Derivative(MP.mpf(0), MP.mpf(0))
Meaning = dict[int, tuple[Any, Any]]


class _ChainRule(Semantics):
    """A float's second meaning: leaf → (derivative, sum of absolute contributions)."""

    singular = False

    def lift(self, entry: Elementary, operands: Sequence[Any], result: Any) -> Any:
        if not any(isinstance(operand, Lifted) for operand in operands):
            return result
        raws = [self.raw(operand) for operand in operands]
        meaning: Meaning = {}
        for index, operand in enumerate(operands):
            if not isinstance(operand, Lifted):
                continue
            slope = partial(entry, raws, result, index)
            self.singular |= not MP.isfinite(slope)
            finite = all(MP.isfinite(value) for value, _ in operand.meaning.values())
            if slope == 0 and finite and not entry.absolute:
                continue
            size = magnitude(entry, slope)
            for leaf, (value, absolute) in operand.meaning.items():
                old = meaning.get(leaf, (0, 0))
                meaning[leaf] = (old[0] + slope * value, old[1] + size * absolute)
        return Lifted(result, meaning) if meaning else result


@mpmath.workdps(DIGITS)  # type: ignore[untyped-decorator]
def chain_rule(source: str, name: str, point: Point, argnums: Sequence[int]) -> Rows:
    """For each output, ∂/∂(each leaf) along the path that the program takes."""
    semantics = _ChainRule()
    targets = leaves(point, argnums)
    one = MP.mpf(1)
    seeded = {
        leaf: Lifted(get(point.args, leaf), {index: (one, one)})
        for index, leaf in enumerate(targets)
    }
    with quiet():
        outputs = run(source, name, semantics)(*replaced(point.args, seeded), **point.kwargs)
    rows = Rows()
    rows.singular = semantics.singular
    for output in flatten(outputs):
        meaning = output.meaning if isinstance(output, Lifted) else {}
        found = (meaning.get(index) for index in range(len(targets)))
        rows.append([_NONE if pair is None else Derivative(*pair) for pair in found])
    return rows


class _SecondOrder(Semantics):
    """A float's second meaning along one input: first and second derivative, and for each the
    sum of absolute contributions."""

    def lift(self, entry: Elementary, operands: Sequence[Any], result: Any) -> Any:
        active = [i for i, operand in enumerate(operands) if isinstance(operand, Lifted)]
        if not active:
            return result
        raws = [self.raw(operand) for operand in operands]
        first = second = first_absolute = second_absolute = MP.mpf(0)
        for i in active:
            slope = partial(entry, raws, result, i)
            u1, u2, a1, a2 = operands[i].meaning
            first += slope * u1
            first_absolute += magnitude(entry, slope) * a1
            second += slope * u2
            second_absolute += magnitude(entry, slope) * a2
            for j in active:
                curvature = partial(entry, raws, result, i, j)
                v1, _, b1, _ = operands[j].meaning
                second += curvature * u1 * v1
                second_absolute += magnitude(entry, curvature) * a1 * b1
        return Lifted(result, (first, second, first_absolute, second_absolute))


@mpmath.workdps(DIGITS)  # type: ignore[untyped-decorator]
def second_order(source: str, name: str, point: Point, argnum: int) -> Derivative:
    """∂²/∂x² of a scalar program along the path that it takes."""
    one, zero = MP.mpf(1), MP.mpf(0)
    seeded = {Leaf(argnum): Lifted(point.args[argnum], (one, zero, one, zero))}
    with quiet():
        function = run(source, name, _SecondOrder())
        output = function(*replaced(point.args, seeded), **point.kwargs)
    if not isinstance(output, Lifted):
        return _NONE
    _, second, _, absolute = output.meaning
    return Derivative(second, absolute)


class NotAnalytic(Exception):
    """A program uses what the complex step has no meaning for."""


class _ComplexStep(Semantics):
    """A float's second meaning: its value a tiny imaginary step aside, at many digits."""

    def lift(self, entry: Elementary, operands: Sequence[Any], result: Any) -> Any:
        if not any(isinstance(operand, Lifted) for operand in operands):
            return result
        if entry.slopes is not None:
            raws = [self.raw(operand) for operand in operands]
            slopes = entry.slopes(*raws, result)
            steps = (
                slope * operand.meaning.imag
                for slope, operand in zip(slopes, operands, strict=True)
                if isinstance(operand, Lifted)
            )
            return Lifted(result, MP.mpc(float(result), sum(steps)))
        if entry.name in ("math.atan2", "np.arctan2"):
            raise NotAnalytic(entry.name)
        exact = [
            operand.meaning if isinstance(operand, Lifted) else MP.mpf(float(operand))
            for operand in operands
        ]
        if entry.name in ("**", "math.pow", "np.power") and self.raw(operands[0]) <= 0:
            if isinstance(operands[1], Lifted) or not MP.isint(exact[1]):
                raise NotAnalytic(entry.name)
            return Lifted(result, MP.mpc(exact[0] ** int(exact[1])))
        return Lifted(result, MP.mpc(evaluator(entry)(*exact)))


@mpmath.workdps(DIGITS)  # type: ignore[untyped-decorator]
def complex_step(
    source: str, name: str, point: Point, argnums: Sequence[int], output: int = 0
) -> list[float] | None:
    """∂(output)/∂(each leaf), of the program in exact arithmetic; None where it isn't analytic."""
    step = MP.mpf(10) ** -25
    gradient = []
    for leaf in leaves(point, argnums):
        value = get(point.args, leaf)
        moved = replaced(point.args, {leaf: Lifted(value, MP.mpc(float(value), step))})
        try:
            with quiet():
                result = run(source, name, _ComplexStep())(*moved, **point.kwargs)
        except (NotAnalytic, ZeroDivisionError):
            return None
        found = flatten(result)[output]
        gradient.append(float(found.meaning.imag / step) if isinstance(found, Lifted) else 0.0)
    return gradient


# Expression graphs


@mpmath.workdps(DIGITS)  # type: ignore[untyped-decorator]
def graph_partials(
    operations: Sequence[tuple[Elementary, Sequence[int | None]]],
    values: Sequence[Sequence[float]],
    results: Sequence[float],
    inputs: int,
) -> list[Derivative]:
    """∂(last node)/∂(each input) by the chain rule from the last node back.

    Node k applies an operation to nodes (by index, inputs first) or constants (None), whose values
    are given with the node's result, all as the program computed them.
    """
    zero, one = MP.mpf(0), MP.mpf(1)
    cotangents = [zero] * (inputs + len(operations))
    absolutes = list(cotangents)
    cotangents[-1] = absolutes[-1] = one
    for k in reversed(range(len(operations))):
        entry, operands = operations[k]
        cotangent, absolute = cotangents[inputs + k], absolutes[inputs + k]
        for position, operand in enumerate(operands):
            if operand is None:
                continue
            slope = partial(entry, values[k], results[k], position)
            cotangents[operand] += cotangent * slope
            absolutes[operand] += absolute * magnitude(entry, slope)
    return [Derivative(cotangents[i], absolutes[i]) for i in range(inputs)]
