"""Everything that must hold between an array program and its derivatives.

    report = check(program)

raises `Mismatch` at the first thing that doesn't hold, naming the check. A refusal by an error of
the compiler's own is no mismatch: the report lists the constructs it names.
"""

from __future__ import annotations

import random
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..harness import Mismatch, Refused, sort_error, standalone
from ..loading import loaded
from .generator import Program
from .oracle import Jacobian, along, floats, is_close, jacobian, quiet

TOLERANCE = 4500
# The slack of differences over what their step sizes disagree by.
DIFFERENCE = 1e-5


# The most dangerous first; whatever isn't listed crashes.
DANGERS = ("forward", "reverse", "gradient", "dot product", "differences", "primal", "saved file",
           "second call", "arguments unmodified", "shared memory", "structure")  # fmt: skip


def rank(check: str) -> int:
    """How dangerous the failure of a check is, 0 the most."""
    if check == "warnings":
        return len(DANGERS) + 1
    return DANGERS.index(check) if check in DANGERS else len(DANGERS)


@dataclass
class Report:
    """What was found out about a program beside that all checks hold."""

    refused: tuple[str, ...] = ()
    refusal: str = ""
    points: int = 0
    raised: int = 0
    exact: int = 0  # outputs by inputs compared with the oracle
    certified: int = 0  # points compared with differences
    unknown: int = 0  # points that the oracle couldn't follow
    saved: int = 0


@dataclass(frozen=True)
class Call:
    """What a call returned or raised, the arguments it was given, and whether it wrote to them."""

    value: Any
    error: Exception | None
    warned: tuple[str, ...]
    arguments: tuple[Any, ...]
    wrote: bool


def check(program: Program, *, seed: int = 0, saved: bool = False, api: Any = None) -> Report:
    """Check a program at all its points."""
    report = Report()
    if api is None:
        import autodiff_compiler as api
    with loaded(program.source, program.name) as function:
        checker = _Checker(program, function, api, report, random.Random(seed))
        try:
            for texts in program.points:
                checker.point(texts, saved)
        except Refused as refused:
            report.refused, report.refusal = refused.constructs, str(refused)
    return report


def arguments_of(texts: Sequence[str]) -> tuple[Any, ...]:
    found: list[Any] = []
    for text in texts:
        found.append(eval(text, {"np": np, "args": found}))
    return tuple(found)


def called(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Call:
    value, error = None, None
    before = bits(arguments)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = function(*arguments)
        except Exception as raised:
            error = raised
    warned = tuple(sorted(f"{each.category.__name__}: {each.message}" for each in caught))
    return Call(value, error, warned, arguments, bits(arguments) != before)


class _Checker:
    def __init__(
        self, program: Program, function: Any, api: Any, report: Report, rng: random.Random
    ) -> None:
        self.program, self.function, self.api = program, function, api
        self.report, self.random = report, rng
        self.scalar = False  # whether it returns a number, at the last point where it returns
        self.value_and_grad = api.value_and_grad(function, argnums=program.argnums)

    def point(self, texts: Sequence[str], saved: bool) -> None:
        self.texts, self.here = texts, f"f({', '.join(texts)})"
        self.report.points += 1
        plain = called(self.function, arguments_of(texts))
        value = plain.value
        scalar = plain.error is None and isinstance(value, float | np.floating)
        tangents = self._directions(texts)
        cotangent = self._like(value, zero=True)
        known = None
        if plain.error is None:
            try:
                known = jacobian(self.program.source, self.program.name, texts)
            except Exception:
                self.report.unknown += 1
            if known is not None and len(known.values) != len(list(floats(value))):
                known = None
        # Each operator on its own: what one of them does wrong is not to hide another's.
        found: list[Mismatch] = []

        def attempt(operator: Callable[..., Any], *given: Any) -> Any:
            try:
                return operator(*given)
            except Mismatch as mismatch:
                found.append(mismatch)
                return None

        gradient = None
        self.scalar = scalar if plain.error is None else self.scalar
        if self.scalar:
            gradient = attempt(self._gradient, plain, saved)
        tangent = attempt(self._forward, plain, tangents)
        cotangents = attempt(self._reverse, plain, cotangent)
        if plain.error is not None:
            self.report.raised += 1
        else:
            sides = (tangents, tangent, cotangent, cotangents, gradient)
            attempt(self._compare, plain, known, *sides)
        if found:
            raise min(found, key=lambda each: rank(each.check))

    def _directions(self, texts: Sequence[str]) -> tuple[Any, ...]:
        """Random tangents; arguments that share memory move together."""
        found: list[Any] = []
        for text, argument in zip(texts, arguments_of(texts), strict=True):
            shared = text.startswith("args[")
            moved = eval(text, {"args": found}).copy() if shared else self._like(argument)
            found.append(moved)
        return tuple(found)

    # One operator each

    def _call(self, what: str, function: Callable[..., Any], *arguments: Any) -> Call:
        seen = called(function, arguments)
        if seen.error is not None:
            sort_error(f"{what} at {self.here}", seen.error)
        self._require("arguments unmodified", not seen.wrote, what)
        return seen

    def _require(self, name: str, holds: bool, message: str) -> None:
        if not holds:
            raise Mismatch(name, f"{message} at {self.here}")

    def _as_plain(self, what: str, plain: Call, seen: Call, value: Any) -> None:
        if type(plain.error) is not type(seen.error) or str(plain.error) != str(seen.error):
            name = "exception" if plain.error else f"raises {type(seen.error).__name__}"
            message = f"{what} raised {seen.error!r}, plain Python {plain.error!r} at {self.here}"
            raise Mismatch(name, message) from seen.error
        if plain.error is None:
            self._require(
                "primal", bits(value) == bits(plain.value),
                f"{what} gives {value!r}, plain Python {plain.value!r}",
            )  # fmt: skip
        self._require(
            "warnings", seen.warned == plain.warned,
            f"{what} warned {seen.warned}, plain Python {plain.warned}",
        )  # fmt: skip

    def _gradient(self, plain: Call, saved: bool) -> Any:
        what = "value_and_grad"
        first = self._call(what, self.value_and_grad, *arguments_of(self.texts))
        value, gradient = first.value if first.error is None else (None, None)
        self._as_plain(what, plain, first, value)
        if first.error is not None:
            return None
        wanted = tuple(plain_arguments(first.arguments, self.program.argnums))
        self._require(
            "structure", fits(gradient, wanted), f"the gradient by {self.program.argnums} is "
            f"{gradient!r}",
        )  # fmt: skip
        self._unshared("gradients", gradient, first.arguments)
        before = bits(first.value)
        again = self._call(what, self.value_and_grad, *arguments_of(self.texts))
        self._require(
            "second call", bits(again.value) == before,
            f"{what} gives {first.value!r}, then {again.value!r}",
        )  # fmt: skip
        self._require("second call", bits(first.value) == before, "the first result changed")
        if saved:
            self._saved(first.value)
        return gradient

    def _saved(self, expected: Any) -> None:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "saved.py"
            self.value_and_grad.save(path)
            text = path.read_text(encoding="utf-8")
        try:
            alone = standalone(text, f"{self.program.name}_value_and_grad")
        except Exception as error:
            raise Mismatch("saved file", f"{error!r}\n{text}") from error
        with np.errstate(all="ignore"):
            seen = called(alone, arguments_of(self.texts))
        self.report.saved += 1
        self._require(
            "saved file", seen.error is None and bits(seen.value) == bits(expected),
            f"the saved file gives {seen.value!r} or {seen.error!r}, not {expected!r}",
        )  # fmt: skip

    def _forward(self, plain: Call, tangents: tuple[Any, ...]) -> Any:
        arguments = arguments_of(self.texts)
        before = bits(tangents)
        seen = self._call(
            "jvp", lambda *args: self.api.jvp(self.function, args, tangents), *arguments
        )
        value, tangent = seen.value if seen.error is None else (None, None)
        self._as_plain("jvp", plain, seen, value)
        self._require("arguments unmodified", bits(tangents) == before, "jvp wrote to a tangent")
        if seen.error is None:
            fit = fits(tangent, plain.value)
            self._require("structure", fit, f"jvp of {plain.value!r} has the tangent {tangent!r}")
        return tangent

    def _reverse(self, plain: Call, cotangent: Any) -> Any:
        arguments = arguments_of(self.texts)
        seen = self._call("vjp", lambda *args: self.api.vjp(self.function, *args), *arguments)
        value = seen.value[0] if seen.error is None else None
        self._as_plain("vjp", plain, seen, value)
        if seen.error is not None:
            return None
        pullback = seen.value[1]
        before = bits(cotangent)
        pulled = self._pull(pullback, cotangent)
        first = bits(pulled)
        self._require(
            "arguments unmodified", bits(cotangent) == before, "the pullback wrote to its cotangent"
        )
        self._require(
            "structure", isinstance(pulled, tuple) and len(pulled) == len(arguments)
            and all(map(fits_argument, pulled, arguments)), f"the pullback gives {pulled!r}",
        )  # fmt: skip
        self._unshared("cotangents", pulled, (arguments, cotangent))
        # What the caller does to arguments and value is no concern of the pullback's.
        kept = [np.array(each) for each in arrays(pulled)]
        for array in (*arrays(value), *arrays(arguments)):
            if array.flags.writeable and array.dtype.kind == "f":
                array[...] = 7.75
        again = self._pull(pullback, cotangent)
        self._require(
            "second call", bits(again) == first, f"the pullback gives {pulled!r}, then {again!r}"
        )
        unchanged = all(map(np.array_equal, kept, arrays(pulled), [True] * len(kept)))
        self._require("second call", unchanged or bits(pulled) == first, "cotangents changed")
        return pulled

    def _pull(self, pullback: Any, cotangent: Any) -> Any:
        seen = called(pullback, (cotangent,))
        if seen.error is not None:
            sort_error(f"the pullback at {self.here}", seen.error)
            raise Mismatch(
                "pullback", f"the pullback raised {seen.error!r} at {self.here}"
            ) from seen.error
        self._require("warnings", not seen.warned, f"the pullback warned {seen.warned}")
        return seen.value

    def _unshared(self, what: str, results: Any, others: Any) -> None:
        found = list(arrays(results))
        for index, array in enumerate(found):
            for other in (*found[index + 1 :], *arrays(others)):
                shared = np.shares_memory(array, other)
                self._require("shared memory", not shared, f"{what} share memory: {results!r}")

    # Numbers

    def _compare(
        self, plain: Call, known: Jacobian | None, tangents: Any, tangent: Any, cotangent: Any,
        cotangents: Any, gradient: Any,
    ) -> None:  # fmt: skip
        arguments = arguments_of(self.texts)
        single = has_single(arguments) or has_single(plain.value)
        eps = 2.0**-23 if single else 2.0**-52
        weights = numbers(cotangent, plain.value)
        directions = numbers(tangents, arguments)
        forward = None if tangent is None else numbers(tangent, plain.value)
        backward = None if cotangents is None else numbers(cotangents, arguments)
        if not np.all(np.isfinite(list(floats(plain.value)))):
            return
        # Partials themselves are rounded to float32.
        slack = eps * (TOLERANCE * 20 if single else TOLERANCE)
        told = f"{tangent!r} along {tangents!r}, {cotangents!r} from {cotangent!r}"
        shared = any(text.startswith("args[") for text in self.texts)
        if known is not None and known.usable:
            self.report.exact += known.slopes.size
            slopes, absolutes = known.slopes, known.absolutes
            pairs = []
            if forward is not None:
                parts = slopes @ directions, absolutes @ np.abs(directions)
                pairs.append(("forward", forward, *parts, lambda j: j @ np.abs(directions)))
            if backward is not None:
                parts = weights @ slopes, np.abs(weights) @ absolutes
                whole = merged(backward, self.texts, arguments)
                pairs.append(("reverse", whole, *parts, lambda j: np.abs(weights) @ j))
            if gradient is not None and not shared:
                places = owners(arguments)
                chosen = [k for i in self.program.argnums for k, at in enumerate(places) if at == i]
                found = numbers(gradient, list(plain_arguments(arguments, self.program.argnums)))
                parts = slopes[0, chosen], absolutes[0, chosen]
                pairs.append(("gradient", found, *parts, lambda j: j[0, chosen]))
            for name, found, exact, scale, of in pairs:
                self._all_close(name, found, exact, scale, slack, told, of)
        if forward is not None and backward is not None:
            self._dot_product(known, weights, forward, backward, directions, eps, told)
        if forward is not None and not single:
            self._differences(plain, known, tangents, forward)

    def _all_close(
        self, what: str, found: np.ndarray, exact: np.ndarray, scale: np.ndarray, slack: float,
        told: str, of: Callable[[np.ndarray], np.ndarray],
    ) -> None:  # fmt: skip
        allowed = slack * scale + 1e-290
        if not np.all(np.abs(found - exact) <= allowed):
            # Rounding of what a partial is taken at counts where the program is ill-conditioned.
            allowed = allowed + np.abs(of(self._sensitivity()))
        for index, (ours, true, most) in enumerate(zip(found, exact, allowed, strict=True)):
            self._require(
                what, bool(abs(ours - true) <= most),
                f"number {index} is {float(ours)!r}, not {float(true)!r}: {told}",
            )  # fmt: skip

    def _sensitivity(self) -> np.ndarray:
        """How far the derivatives move as every result moves by some roundings."""
        source, name = self.program.source, self.program.name
        eps = 2.0**-23 if has_single(arguments_of(self.texts)) else 2.0**-52
        here = jacobian(source, name, self.texts)
        moved = np.zeros_like(here.slopes)
        for _ in range(3):
            there = jacobian(
                source, name, self.texts, lambda: 1.0 + 30 * eps * self.random.choice((-1, 1))
            )
            if there.slopes.shape == here.slopes.shape:
                moved = np.maximum(moved, np.abs(there.slopes - here.slopes))
        return moved

    def _dot_product(
        self, known: Jacobian | None, weights: np.ndarray, forward: np.ndarray,
        backward: np.ndarray, directions: np.ndarray, eps: float, told: str,
    ) -> None:  # fmt: skip
        left, right = float(weights @ forward), float(backward @ directions)
        if not (np.isfinite(left) and np.isfinite(right)):
            # NaN where nothing explains it is found by the exact comparison.
            return
        size = float(np.abs(weights) @ np.abs(forward) + np.abs(backward) @ np.abs(directions))
        slack = 100 * TOLERANCE * eps
        if known is not None and np.all(np.isfinite(known.absolutes)):
            size = max(size, float(np.abs(weights) @ known.absolutes @ np.abs(directions)))
            slack = TOLERANCE * eps
        self._require(
            "dot product", is_close(left, right, size, slack),
            f"forward {left!r}, reverse {right!r}: {told}",
        )  # fmt: skip

    def _differences(
        self, plain: Call, known: Jacobian | None, tangents: Any, forward: np.ndarray
    ) -> None:
        """The tangent against differences, where several step sizes agree."""
        if known is not None and known.kink:
            return

        def evaluate(step: float) -> list[float] | None:
            moved = tuple(
                each if text.startswith("args[") else shifted(each, tangent, step)
                for text, each, tangent in zip(
                    self.texts, arguments_of(self.texts), tangents, strict=True
                )
            )
            try:
                with quiet():
                    return list(map(float, floats(self.function(*moved))))
            except Exception:
                return None

        found = along(evaluate)
        if found is None or len(found[0]) != len(forward):
            return
        values, error = found
        self.report.certified += 1
        for index, (ours, theirs) in enumerate(zip(forward, values, strict=True)):
            allowed = 10 * error + DIFFERENCE * (1.0 + abs(theirs))
            self._require(
                "differences", bool(abs(ours - theirs) <= allowed),
                f"output {index} along {tangents!r}: {ours!r}, by differences {theirs!r}",
            )  # fmt: skip

    def _like(self, value: Any, zero: bool = False) -> Any:
        """A random direction for a value; None for what isn't differentiated."""
        if isinstance(value, np.ndarray):
            if value.dtype.kind != "f":
                return None
            made = np.array([self._number() for _ in range(value.size)], dtype=value.dtype)
            return made.reshape(value.shape)
        if isinstance(value, dict):
            return {key: self._like(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self._like(item) for item in value)
        if isinstance(value, np.float32):
            return np.float32(self._number())
        if isinstance(value, float):
            return type(value)(self._number())
        return 0.0 if zero and isinstance(value, int) else None

    def _number(self) -> float:
        return self.random.choice((-1, 1)) * self.random.uniform(0.25, 1.5)


def shifted(value: Any, tangent: Any, step: float) -> Any:
    """A value moved along its tangent, arrays in the layout that they have."""
    if isinstance(value, np.ndarray):
        if tangent is not None:
            value[...] += step * tangent
        return value
    if isinstance(value, dict):
        return {key: shifted(item, tangent[key], step) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(shifted(a, b, step) for a, b in zip(value, tangent, strict=True))
    return value if tangent is None else type(value)(value + step * tangent)


def plain_arguments(arguments: Sequence[Any], argnums: Sequence[int]) -> Iterator[Any]:
    return (arguments[index] for index in argnums)


def owners(arguments: Sequence[Any]) -> list[int]:
    """For each float of the arguments, the position of the argument it is in."""
    return [index for index, each in enumerate(arguments) for _ in floats(each)]


def merged(found: np.ndarray, texts: Sequence[str], arguments: Sequence[Any]) -> np.ndarray:
    """The numbers of all cotangents, those of shared memory added up where it comes first."""
    result, places, start = found.copy(), [], 0
    for text, argument in zip(texts, arguments, strict=True):
        count = len(list(floats(argument)))
        own = np.arange(start, start + count)
        whole = isinstance(argument, np.ndarray) and count > 0
        places.append(own.reshape(argument.shape) if whole else own)
        if text.startswith("args["):
            first = eval(text, {"args": places})
            np.add.at(result, first.ravel(), found[own])
            result[own] = 0.0
            places[-1] = first
        start += count
    return result


def arrays(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from arrays(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from arrays(item)


def has_single(value: Any) -> bool:
    if isinstance(value, np.float32):
        return True
    return any(array.dtype == np.float32 for array in arrays(value))


def fits(found: Any, like: Any) -> bool:
    """A derivative has the structure, shapes and dtypes of what it belongs to."""
    if isinstance(like, np.ndarray):
        if like.dtype.kind != "f":
            return found is None or isinstance(found, np.ndarray)
        right = type(found) is np.ndarray and found.shape == like.shape
        return right and found.dtype == like.dtype
    if isinstance(like, dict):
        return type(found) is dict and list(found) == list(like) and all(
            fits(found[key], like[key]) for key in like
        )  # fmt: skip
    if isinstance(like, list | tuple):
        right = type(found) is type(like) and len(found) == len(like)
        return right and all(map(fits, found, like))
    if isinstance(like, np.float32):
        return isinstance(found, np.float32)
    if isinstance(like, float):
        return isinstance(found, float)
    return found is None or isinstance(found, float | int)


def fits_argument(found: Any, like: Any) -> bool:
    return fits(found, like)


def along_floats(found: Any, like: Any) -> Iterator[float]:
    """The numbers of a derivative that belong to floats, in their order."""
    if isinstance(like, np.ndarray):
        if like.dtype.kind == "f":
            yield from map(float, found.ravel().tolist())
    elif isinstance(like, dict):
        for key, item in like.items():
            yield from along_floats(found[key], item)
    elif isinstance(like, list | tuple):
        for part, item in zip(found, like, strict=True):
            yield from along_floats(part, item)
    elif isinstance(like, float | np.floating):
        yield float(found)


def numbers(found: Any, like: Any) -> np.ndarray:
    return np.array(list(along_floats(found, like)), dtype=float)


def bits(value: Any) -> object:
    """A value told apart from every other: by type, dtype, shape, sign of zero and last bit; NaN
    is NaN."""
    if isinstance(value, np.ndarray):
        flat = np.array(value, order="C")
        if flat.dtype.kind == "f":
            flat[np.isnan(flat)] = np.nan
        return type(value).__name__, value.dtype.str, value.shape, flat.tobytes()
    if isinstance(value, dict):
        return "dict", tuple((key, bits(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return type(value).__name__, tuple(map(bits, value))
    if isinstance(value, float | np.floating):
        return type(value).__name__, "nan" if value != value else float(value).hex()
    return type(value).__name__, repr(value)
