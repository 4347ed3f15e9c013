"""Derivatives by running the program itself on numbers that carry theirs.

Arrays become object arrays of `Lifted` numbers, so that NumPy decides what is a view of what, and
`np` becomes a module that keeps them so. A number carries its derivative by each float of the
arguments and, beside it, the sum of the absolute values of the contributions to it.
"""

from __future__ import annotations

import builtins
import contextlib
import math
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


class Unknown(Exception):
    """The program uses what this oracle doesn't know."""


def _scalar(method: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """An operator that leaves arrays to NumPy, which does it element by element."""

    def operator(self: Any, other: Any) -> Any:
        return NotImplemented if isinstance(other, np.ndarray) else method(self, other)

    return operator


class Lifted:
    """A float with its derivative by each input and the sum of absolute contributions to it."""

    __slots__ = ("absolute", "slope", "value")
    __hash__ = None  # type: ignore[assignment]
    kinks = 0  # comparisons of numbers that are equal but move apart
    nudge: Callable[[], float] = staticmethod(lambda: 1.0)  # a factor for each result, near 1

    def __init__(self, value: float, slope: Any = 0.0, absolute: Any = 0.0) -> None:
        self.value, self.slope, self.absolute = value, slope, absolute

    def _map(self, value: float, slope: float) -> Lifted:
        return Lifted(value * Lifted.nudge(), slope * self.slope, abs(slope) * self.absolute)

    def _join(self, other: Any, value: float, left: float, right: float) -> Lifted:
        return Lifted(
            value * Lifted.nudge(),
            left * self.slope + right * other.slope,
            abs(left) * self.absolute + abs(right) * other.absolute,
        )

    @_scalar
    def __add__(self, other: Any) -> Any:
        other = lifted(other)
        return self._join(other, self.value + other.value, 1.0, 1.0)

    @_scalar
    def __radd__(self, other: Any) -> Any:
        return lifted(other) + self

    @_scalar
    def __sub__(self, other: Any) -> Any:
        other = lifted(other)
        return self._join(other, self.value - other.value, 1.0, -1.0)

    @_scalar
    def __rsub__(self, other: Any) -> Any:
        return lifted(other) - self

    @_scalar
    def __mul__(self, other: Any) -> Any:
        other = lifted(other)
        return self._join(other, self.value * other.value, other.value, self.value)

    @_scalar
    def __rmul__(self, other: Any) -> Any:
        return lifted(other) * self

    @_scalar
    def __truediv__(self, other: Any) -> Any:
        other = lifted(other)
        value = self.value / other.value
        return self._join(other, value, 1.0 / other.value, -value / other.value)

    @_scalar
    def __rtruediv__(self, other: Any) -> Any:
        return lifted(other) / self

    @_scalar
    def __pow__(self, other: Any) -> Any:
        other = lifted(other)
        if np.any(other.slope):
            raise Unknown("a varying exponent")
        power = float(other.value)
        slope = power * self.value ** (power - 1.0) if power else np.float64(0.0)
        return self._map(self.value**power, slope)

    def __neg__(self) -> Lifted:
        return self._map(-self.value, -1.0)

    def __pos__(self) -> Lifted:
        return self

    def __abs__(self) -> Lifted:
        self._compare(0.0)
        return self._map(abs(self.value), np.sign(self.value))

    def _compare(self, other: Any) -> tuple[float, float]:
        other = lifted(other)
        if self.value == other.value and np.any(self.slope - other.slope):
            Lifted.kinks += 1
        return self.value, other.value

    @_scalar
    def __lt__(self, other: Any) -> Any:
        left, right = self._compare(other)
        return bool(left < right)

    @_scalar
    def __le__(self, other: Any) -> Any:
        left, right = self._compare(other)
        return bool(left <= right)

    @_scalar
    def __gt__(self, other: Any) -> Any:
        left, right = self._compare(other)
        return bool(left > right)

    @_scalar
    def __ge__(self, other: Any) -> Any:
        left, right = self._compare(other)
        return bool(left >= right)

    @_scalar
    def __eq__(self, other: Any) -> Any:
        left, right = self._compare(other)
        return bool(left == right)

    @_scalar
    def __ne__(self, other: Any) -> Any:
        left, right = self._compare(other)
        return bool(left != right)

    def __bool__(self) -> bool:
        return bool(self.value != 0)

    def sin(self) -> Lifted:
        return self._map(np.sin(self.value), np.cos(self.value))

    def cos(self) -> Lifted:
        return self._map(np.cos(self.value), -np.sin(self.value))

    def tanh(self) -> Lifted:
        return self._map(np.tanh(self.value), 1.0 / np.cosh(self.value) ** 2)

    def exp(self) -> Lifted:
        return self._map(np.exp(self.value), np.exp(self.value))

    def expm1(self) -> Lifted:
        return self._map(np.expm1(self.value), np.exp(self.value))

    def log(self) -> Lifted:
        return self._map(np.log(self.value), 1.0 / self.value)

    def log1p(self) -> Lifted:
        return self._map(np.log1p(self.value), 1.0 / (1.0 + self.value))

    def sqrt(self) -> Lifted:
        return self._map(np.sqrt(self.value), 0.5 / np.sqrt(self.value))

    def sinh(self) -> Lifted:
        return self._map(np.sinh(self.value), np.cosh(self.value))

    def arctan(self) -> Lifted:
        return self._map(np.arctan(self.value), 1.0 / (1.0 + self.value**2))

    def sum(self, *args: Any, **kwargs: Any) -> Lifted:
        return self

    mean = max = min = conjugate = sum

    @property
    def size(self) -> int:
        return 1


def lifted(value: Any) -> Lifted:
    if isinstance(value, Lifted):
        return value
    if value is None or isinstance(value, np.ndarray):
        raise Unknown("no number")
    return Lifted(np.float64(value))


def _objects(value: Any) -> Any:
    """Float arrays as arrays of Lifted in the same layout; object arrays are completed in place."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "f":
            made = np.empty_like(value, dtype=object)
            for place in np.ndindex(value.shape):
                made[place] = Lifted(np.float64(value[place]))
            return made
        if value.dtype == object:
            for place in np.ndindex(value.shape):
                element = value[place]
                if not isinstance(element, Lifted):
                    if not value.flags.writeable:
                        raise Unknown("a read-only array")
                    value[place] = lifted(0.0 if element is None else element)
        return value
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, np.ndarray):
                value[index] = _objects(item)
    return value


_MAKERS = frozenset({"zeros", "ones", "full", "empty"})
_LIKE = frozenset({"zeros_like", "ones_like", "empty_like", "full_like"})


class _Numpy(types.ModuleType):
    """What a program takes for numpy."""

    def __getattr__(self, name: str) -> Any:
        real = getattr(np, name)
        if not callable(real) or isinstance(real, type):
            return real

        def call(*args: Any, **kwargs: Any) -> Any:
            if name in _LIKE:
                return _objects(getattr(np, name)(np.empty_like(args[0], dtype=float), *args[1:]))
            if kwargs.get("dtype") in (np.float32, np.float64, float) and name in _MAKERS:
                del kwargs["dtype"]
            if name == "full" and isinstance(args[1], Lifted):
                made = np.empty(args[0], dtype=object)
                made[...] = args[1]
                return made
            if name in ("argsort", "linspace"):
                raise Unknown(name)
            args = tuple(_objects(arg) for arg in args)
            result = real(*args, **kwargs)
            if result is None and name in ("dot", "inner", "matmul", "einsum"):
                return Lifted(np.float64(0.0))
            return _objects(result)

        return call

    def clip(self, a: Any, low: Any, high: Any) -> Any:
        return self.minimum(self.maximum(a, low), high)

    def square(self, a: Any) -> Any:
        return a * a

    def copy(self, a: Any) -> Any:
        return _objects(a).copy("K")

    def prod(self, a: Any, **kwargs: Any) -> Any:
        return np.prod(a, **kwargs)

    def abs(self, a: Any) -> Any:
        return np.abs(_objects(a))

    def heaviside(self, a: Any, half: float) -> Any:
        return np.where(_objects(a) > 0, 1.0, np.where(a < 0, 0.0, half))

    def vdot(self, a: Any, b: Any) -> Any:
        return np.sum(_objects(a).ravel() * _objects(b).ravel())

    def average(self, a: Any, axis: int | None = None) -> Any:
        return _objects(np.mean(a, axis=axis))

    def diff(self, a: Any) -> Any:
        return a[1:] - a[:-1]

    def float64(self, value: Any) -> Any:
        return lifted(value)

    @property
    def linalg(self) -> Any:
        return types.SimpleNamespace(norm=_norm)


def _norm(a: Any, axis: int | None = None) -> Any:
    if axis is not None:
        return np.sqrt(_objects(np.sum(_objects(a) ** 2, axis=axis)))
    total = lifted(np.sum(_objects(a) ** 2))
    if total.value == 0:
        return Lifted(np.float64(0.0))
    return total.sqrt()


NUMPY = _Numpy("numpy")


class _Texts(types.SimpleNamespace):
    """`np` for the texts of arguments: float32 is rounded to before it is lifted."""

    float32, float64 = np.float32, staticmethod(np.float64)

    @staticmethod
    def array(values: Any, dtype: Any = None) -> Any:
        return _objects(np.array(values, dtype=dtype))

    @staticmethod
    def zeros(shape: Any, dtype: Any = None) -> Any:
        return _objects(np.zeros(shape, dtype=dtype))


def _import(name: str, *rest: Any) -> Any:
    return NUMPY if name == "numpy" else builtins.__import__(name, *rest)


def _float(value: Any = 0.0) -> Any:
    return value if isinstance(value, Lifted) else float(value)


@dataclass(frozen=True)
class Jacobian:
    """Per output float: derivatives by each input float, and sums of absolute contributions.
    `absolute` is None where there is a kink at the point itself: only magnitudes hold there."""

    values: list[float]
    slopes: np.ndarray
    absolutes: np.ndarray
    kink: bool

    @property
    def usable(self) -> bool:
        finite = np.all(np.isfinite(self.slopes)) and np.all(self.absolutes < 1e100)
        return bool(finite and np.all(np.isfinite(self.values)) and not self.kink)


def jacobian(
    source: str, name: str, texts: Sequence[str], nudge: Callable[[], float] = lambda: 1.0
) -> Jacobian:
    """The derivatives of a program's outputs by all floats of its arguments, in order; what is
    part of two arguments counts with the first. `nudge` gives a factor, near 1, for each number
    that is computed.
    """
    with quiet():
        arguments: list[Any] = []
        for text in texts:
            arguments.append(eval(text, {"np": _Texts(), "args": arguments}))
        count = len(list(floats(arguments)))
        eye = np.eye(count)
        numbers = iter(range(count))
        arguments = [_seeded(argument, lambda: eye[next(numbers)]) for argument in arguments]
        Lifted.kinks = 0
        Lifted.nudge = staticmethod(nudge)
        namespace: dict[str, Any] = {"__builtins__": dict(vars(builtins))}
        namespace["__builtins__"] |= {"__import__": _import, "float": _float}
        exec(compile(source, "<oracle>", "exec"), namespace)
        outputs = [lifted(each) for each in floats(namespace[name](*arguments))]
        values = [float(each.value) for each in outputs]
        slopes = np.array([np.zeros(count) + each.slope for each in outputs])
        absolutes = np.array([np.zeros(count) + each.absolute for each in outputs])
        shape = (len(outputs), count)
        return Jacobian(values, slopes.reshape(shape), absolutes.reshape(shape), Lifted.kinks > 0)


def _seeded(value: Any, slope: Callable[[], Any]) -> Any:
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            for place in np.ndindex(value.shape):
                one = slope()
                if np.ndim(value[place].slope) == 0:  # else it is part of an earlier argument
                    value[place] = Lifted(value[place].value, one, one)
        return value
    if isinstance(value, dict):
        return {key: _seeded(item, slope) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_seeded(item, slope) for item in value)
    if isinstance(value, float):
        one = slope()
        return Lifted(np.float64(value), one, one)
    return value


def floats(value: Any) -> Iterator[Any]:
    """The floats of a structure, in order; ints count only beside floats, in object arrays."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind in "fO":
            yield from value.ravel().tolist()
    elif isinstance(value, dict):
        for item in value.values():
            yield from floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from floats(item)
    elif isinstance(value, float | Lifted):
        yield value
    elif isinstance(value, np.floating):
        yield float(value)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


_STEPS = tuple(2.0**-k for k in (10, 12, 14, 16, 18))


def along(evaluate: Callable[[float], Sequence[float] | None]) -> tuple[list[float], float] | None:
    """The derivative at 0 by central differences and how far it may be off, from several step
    sizes that agree; None where they don't, as at a kink."""
    found, largest = [], 0.0
    for step in _STEPS:
        values = [evaluate(k * step) for k in (1, -1, 2, -2)]
        if any(each is None for each in values):
            return None
        a, b, c, d = (np.array(each) for each in values)
        if len({len(each) for each in (a, b, c, d)}) > 1 or not np.all(np.isfinite([a, b, c, d])):
            return None
        found.append((8 * (a - b) - (c - d)) / (12 * step))
        largest = max(largest, float(np.max(np.abs([a, b, c, d]), initial=0.0)))
    estimates = np.array(found)
    middle = np.median(estimates[1:4], axis=0)
    spread = np.abs(estimates - middle)
    if not np.all(spread <= 1e-6 * (1.0 + np.abs(middle))):
        return None
    rounding = 100 * 2.0**-52 * largest / _STEPS[-1]
    return middle.tolist(), float(np.max(spread, initial=0.0)) + rounding


def is_close(found: float, true: float, scale: float, tolerance: float) -> bool:
    return math.isfinite(found) and abs(found - true) <= tolerance * scale + 1e-290
