"""The cases of a record made into calls: arguments drawn, bound, laid out in memory."""

from __future__ import annotations

import inspect
import operator
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.special

from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.types import (
    ONE,
    ArrayType,
    Dim,
    ScalarType,
    SequenceType,
    TupleType,
    Type,
    accepts,
    dim_of,
    type_of,
)
from autodiff_compiler.ir.values import Function, Op, Value
from autodiff_compiler.ops.calling import Signature, bind
from autodiff_compiler.ops.cases import Case, Draw
from autodiff_compiler.ops.record import Record

_MATRICES = frozenset({"definite", "symmetric", "regular"})


@contextmanager
def silent() -> Iterator[None]:
    """Without NumPy's warnings: means of nothing, overflow to inf. What it is about to take no
    longer is refused."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", DeprecationWarning)
        yield


# ---------------------------------------------------------------------- drawing


def draw(wanted: Draw, rng: np.random.Generator, dtype: str = "float64") -> Any:
    """What a draw stands for. A whole number without a shape is the greatest below `high`."""
    shape = () if wanted.shape is None else wanted.shape
    if wanted.kind == "int":
        return wanted.high - 1 if wanted.shape is None else _integers(wanted.high, shape, rng)
    if wanted.kind == "bool":
        return True if wanted.shape is None else _mask(shape, rng)
    found = _floats(wanted.kind, shape, rng)
    return float(found) if wanted.shape is None else np.asarray(found, dtype)


def _integers(high: int, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    return np.asarray(rng.integers(0, high, shape), np.int64)


def _mask(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Two thirds of it hold."""
    places = np.arange(int(np.prod(shape, dtype=int)))
    return np.reshape(rng.permutation(places) % 3 < 2, shape)


def _floats(kind: str, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    match kind:
        case "positive":
            return rng.uniform(0.5, 2.0, shape)
        case "unit":
            return rng.uniform(-0.9, 0.9, shape)
        case "above":
            return rng.uniform(1.1, 3.0, shape)
        case "distinct":
            count = int(np.prod(shape, dtype=int))
            spread = rng.permutation(count) * 0.3 + rng.uniform(0.0, 0.1, count)
            return np.reshape(spread - 0.15 * count, shape)
        case "ordered":
            return np.cumsum(rng.uniform(0.3, 0.6, shape), axis=-1) - 0.2 * (shape or (0,))[-1]
    normal = rng.standard_normal(shape)
    match kind:
        case "symmetric":
            return (normal + np.swapaxes(normal, -1, -2)) / 2
        case "definite":
            return normal @ np.swapaxes(normal, -1, -2) + 2.0 * np.eye(shape[-1])
        case "regular":
            return 0.4 * normal + (1.0 + np.sqrt(shape[-1])) * np.eye(*shape[-2:])
    assert kind == "real", kind
    return normal


def direction(wanted: Draw, value: Any, rng: np.random.Generator) -> Any:
    """A tangent for a drawn value: symmetric for symmetric matrices; None for what has none."""
    if wanted.kind in ("int", "bool"):
        return None
    found = rng.standard_normal(np.shape(value))
    if wanted.kind in ("definite", "symmetric"):
        found = (found + np.swapaxes(found, -1, -2)) / 2
    return float(found) if isinstance(value, float) else np.asarray(found, value.dtype)


def strided(value: Any) -> Any:
    """The same elements in an array with gaps between them, backwards along the first axis."""
    if not isinstance(value, np.ndarray) or value.ndim == 0:
        return value
    base = np.empty([2 * n for n in value.shape], value.dtype)
    base.fill(1 if value.dtype == bool else 77)
    view = base[(slice(None, None, -2), *[slice(None, None, 2)] * (value.ndim - 1))]
    view[...] = value
    return view


LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "C": lambda value: value,
    "F": lambda value: np.asfortranarray(value) if np.ndim(value) > 1 else value,
    "strided": strided,
}


@dataclass(frozen=True)
class Variation:
    dtype: str = "float64"
    layout: str = "C"
    numbers: str = "Python"  # whose the numbers are: Python's or NumPy's

    def __str__(self) -> str:
        layout = "" if self.layout == "C" else f", {self.layout}"
        return f"{self.dtype}{layout}{'' if self.numbers == 'Python' else ', NumPy numbers'}"


PLAIN = Variation()
VARIATIONS = (
    PLAIN,
    Variation("float32"),
    Variation(layout="F"),
    Variation(layout="strided"),
)
NUMPY_NUMBERS = Variation(numbers="NumPy")


# ---------------------------------------------------------------------- calls


def draws_in(template: object) -> list[Draw]:
    """The draws in an argument, in order."""
    match template:
        case Draw():
            return [template]
        case tuple() | list():
            return [found for each in template for found in draws_in(each)]
    return []


def put_in(template: object, values: Iterator[Any]) -> Any:
    """The argument with values in the place of its draws."""
    match template:
        case Draw():
            return next(values)
        case tuple() | list():
            return type(template)(put_in(each, values) for each in template)
    return template


def replaced(template: object, draws: Iterator[Draw]) -> Any:
    """The argument with other draws."""
    return put_in(template, draws)


@dataclass(frozen=True)
class Call:
    """One case of a record."""

    record: Record
    case: Case

    @cached_property
    def draws(self) -> list[Draw]:
        return draws_in((*self.case.arguments, *self.case.keywords.values()))

    @cached_property
    def takes(self) -> Signature:
        assert self.record.takes is not None, self.record.name
        return self.record.takes

    def __str__(self) -> str:
        parts = [_shown(each) for each in self.case.arguments]
        parts += [f"{name}={_shown(each)}" for name, each in self.case.keywords.items()]
        return f"{self.record.name}({', '.join(parts)})"

    @cached_property
    def given(self) -> list[tuple[str, object]]:
        """The parameter that each argument is for; one that is spread takes all that follow."""
        found: list[tuple[str, object]] = []
        for place, template in enumerate(self.case.arguments):
            spread = next((p for p in self.takes.params[:place] if getattr(p, "spread", 0)), None)
            param = spread or self.takes.params[place]
            found.append((param.name, template))
        return [*found, *self.case.keywords.items()]

    @cached_property
    def names(self) -> list[str]:
        """A name for each draw, after its parameter."""
        count: dict[str, int] = {}
        for name, template in self.given:
            count[name] = count.get(name, 0) + len(draws_in(template))
        found = [
            name if many == 1 else f"{name}_{k}"
            for name, many in count.items()
            for k in range(many)
        ]
        assert len(set(found)) == len(found) == len(self.draws), found
        return found

    def values(self, variation: Variation = PLAIN) -> list[Any]:
        rng = np.random.default_rng(zlib.crc32(self.record.name.encode()))
        lay_out = LAYOUTS[variation.layout]
        found = [lay_out(draw(each, rng, variation.dtype)) for each in self.draws]
        if variation.numbers == "NumPy":
            found = [np.float64(each) if type(each) is float else each for each in found]
        return found

    def directions(self, values: Sequence[Any], seed: int = 0) -> list[Any]:
        rng = np.random.default_rng([seed, zlib.crc32(self.record.name.encode())])
        return [direction(d, v, rng) for d, v in zip(self.draws, values, strict=True)]

    def with_draws(self, draws: Sequence[Draw]) -> Call:
        waiting = iter(draws)
        arguments = tuple(put_in(each, waiting) for each in self.case.arguments)
        keywords = {name: put_in(each, waiting) for name, each in self.case.keywords.items()}
        return Call(self.record, replace(self.case, arguments=arguments, keywords=keywords))

    def of(
        self, function: Callable[..., Any], values: Sequence[Any], dtype: type | None = None
    ) -> Any:
        """The call of a function with the case's arguments, or with another dtype for them."""
        waiting = iter(values)
        given = [(name, put_in(each, waiting)) for name, each in self.given]
        if dtype is not None:
            given = [(name, dtype if name == "dtype" else each) for name, each in given]
        arguments = [each for _, each in given[: len(self.case.arguments)]]
        keywords = dict(given[len(self.case.arguments) :])
        params = parameters_of(function)
        if params and params[0].kind is inspect.Parameter.VAR_POSITIONAL and arguments:
            if isinstance(arguments[0], tuple | list):  # one list stands for several arrays
                arguments = [*arguments[0], *arguments[1:]]
        return function(*arguments, **keywords)

    def numpy(self, values: Sequence[Any]) -> Any:
        """What NumPy gives."""
        function = numpy_function(self.record)
        assert function is not None, f"{self.record.name} is no function of NumPy's"
        with silent():
            return self.of(function, values)

    def function(self, types: Sequence[Type]) -> Function:
        """A function of the draws that makes the call, and nothing else. Raises OperandError."""
        params = [Value(found, name) for found, name in zip(types, self.names, strict=True)]
        waiting = iter(params)
        positional = [operands(put_in(each, waiting)) for each in self.case.arguments]
        keywords = {
            name: operands(put_in(each, waiting)) for name, each in self.case.keywords.items()
        }
        bound = bind(self.takes, positional, keywords)
        build = Builder()
        result = build.op(self.record, *bound.operands, attributes=bound.attributes)
        return Function("f", tuple(params), build.block(result))


def _shown(template: object) -> str:
    match template:
        case Draw(kind, None):
            return kind
        case Draw(kind, shape):
            return f"{kind}{list(shape)}"
        case tuple() | list():
            inside = ", ".join(map(_shown, template))
            return f"[{inside}]" if isinstance(template, list) else f"({inside})"
        case type():
            return template.__name__
    return repr(template)


def operands(template: object) -> Any:
    """Numbers as constants, as the frontend hands them over."""
    match template:
        case tuple() | list():
            return [operands(each) for each in template]
        case bool() | int() | float() | np.generic():
            return const(template)
    return template


def numpy_function(record: Record) -> Callable[..., Any] | None:
    """NumPy's (or SciPy's) function of the record's name, if it is called after one."""
    library, _, path = record.name.partition(".")
    if library not in ("np", "scipy"):
        return None
    try:
        return operator.attrgetter(path)(np if library == "np" else scipy)
    except AttributeError:
        return None


def parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters of a function; none where Python doesn't know them (older NumPy)."""
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def calls_of(record: Record) -> list[Call]:
    return [Call(record, each) for each in record.cases]


def variations_of(call: Call) -> Sequence[Variation]:
    """How a case is run: more than once, if it is to be varied."""
    if not call.case.varied:
        return (PLAIN,)
    numbers = any(each.kind not in ("int", "bool") and each.shape is None for each in call.draws)
    return (*VARIATIONS, NUMPY_NUMBERS) if numbers else VARIATIONS


def truth_of(call: Call, values: Sequence[Any]) -> Any:
    """What NumPy gives; for an operation of the compiler's own, what it is defined to be."""
    if numpy_function(call.record) is not None:
        return call.numpy(values)
    with silent():
        return interpret(call.function(known_types(values)), values)


def only_op(function: Function) -> Op:
    (op,) = function.body.nodes
    assert isinstance(op, Op)
    return op


# ---------------------------------------------------------------------- types


def known_types(values: Sequence[Any]) -> list[Type]:
    """The types that values have where a call is looked at: only which sizes are 1 is known."""
    return [found for found in map(type_of, values) if found is not None]


def unknown_types(names: Sequence[str], values: Sequence[Any]) -> list[Type]:
    """Types that say nothing of sizes, but that each is one."""
    return [_renamed(*pair, lambda n: None) for pair in zip(names, values, strict=True)]


def named_types(names: Sequence[str], values: Sequence[Any]) -> list[Type]:
    """Types that name each size, and say which are 1."""
    return [_renamed(*pair, lambda n: n == 1) for pair in zip(names, values, strict=True)]


def constant_types(values: Sequence[Any]) -> list[Type]:
    """Types that know every size."""
    return [
        ArrayType(found.dtype, tuple(map(dim_of, value.shape)))
        if isinstance(found, ArrayType)
        else found
        for value, found in zip(values, known_types(values), strict=True)
    ]


def _renamed(name: str, value: Any, one: Callable[[int], bool | None]) -> Type:
    found = type_of(value)
    assert found is not None
    if not isinstance(found, ArrayType):
        return found
    dims = [
        ONE if one(n) else Dim(f"{name}.{place}", one=one(n)) for place, n in enumerate(value.shape)
    ]
    return ArrayType(found.dtype, tuple(dims))


def sizes_of(names: Sequence[str], values: Sequence[Any]) -> dict[str, int]:
    return {
        f"{name}.{place}": n
        for name, value in zip(names, values, strict=True)
        for place, n in enumerate(np.shape(value))
    }


def wrong_in(declared: Type, value: Any, sizes: dict[str, int]) -> str | None:
    """What a type says of a value that isn't so."""
    match declared:
        case ArrayType(dtype, dims):
            if type(value) is not np.ndarray:
                return f"{declared} for a {type(value).__name__}"
            if (value.dtype.name, value.ndim) != (dtype, len(dims)):
                return f"{declared} for {value.dtype.name}{list(value.shape)}"
            for dim, n in zip(dims, value.shape, strict=True):
                size = sizes.get(dim.size, n) if isinstance(dim.size, str) else dim.size
                if size is not None and max(size - dim.less, 0) != n:
                    return f"{declared} for {list(value.shape)}"
                if dim.one is not None and dim.one != (n == 1):
                    said = "one" if dim.one else "not one"
                    return f"{declared} ({dim} is {said}) for {list(value.shape)}"
            return None
        case TupleType(items, container):
            if not isinstance(value, list if container == "list" else tuple):
                return f"{declared} for a {type(value).__name__}"
            if len(value) != len(items):
                return f"{declared} for {len(value)} items"
            found = (wrong_in(*pair, sizes) for pair in zip(items, value, strict=True))
            return next((each for each in found if each), None)
        case SequenceType(element, container):
            if not isinstance(value, list if container == "list" else tuple):
                return f"{declared} for a {type(value).__name__}"
            found = (wrong_in(element, each, sizes) for each in value)
            return next((each for each in found if each), None)
        case ScalarType():
            right = value is not None and accepts(declared, value)
            return None if right else f"{declared} for a {type(value).__name__}"
    return None if accepts(declared, value) else f"{declared} for {value!r}"


# ---------------------------------------------------------------------- sizes


# What NumPy raises where it takes no such sizes.
REFUSALS = (
    ValueError,
    IndexError,
    TypeError,
    ZeroDivisionError,
    DeprecationWarning,
    np.linalg.LinAlgError,
)


def resized(call: Call) -> Iterator[Call]:
    """The call with sizes 0, 1 and 2: everywhere where a size occurs, or in one place only."""
    if not call.case.resized:
        return
    shapes = [each.shape for each in call.draws]
    flat = sorted({n for shape in shapes if shape for n in shape})
    seen = {tuple(shapes)}

    def changed(change: Callable[[int, int, int], int]) -> Iterator[Call]:
        new = [
            None if shape is None else tuple(change(k, axis, n) for axis, n in enumerate(shape))
            for k, shape in enumerate(shapes)
        ]
        if tuple(new) not in seen:
            seen.add(tuple(new))
            draws = [replace(d, shape=shape) for d, shape in zip(call.draws, new, strict=True)]
            yield call.with_draws(draws)

    for size in (1, 0, 2):
        yield from changed(lambda k, axis, n: size)
        for old in flat:
            yield from changed(lambda k, axis, n: size if n == old else n)
        for place, wanted in enumerate(call.draws):
            if wanted.shape is None or wanted.kind in _MATRICES:
                continue
            for at, length in enumerate(wanted.shape):
                if wanted.shape.count(length) > 1:
                    continue  # perhaps a square, which it had better stay
                yield from changed(lambda k, axis, n: size if (k, axis) == (place, at) else n)


# ---------------------------------------------------------------------- comparing


def unlike(a: Any, b: Any) -> str | None:
    """How a value differs from another: its type, dtype, shape, a bit; nan is nan."""
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        if isinstance(a, list) != isinstance(b, list) or len(a) != len(b):
            return f"{type(a).__name__} of {len(a)}, not {type(b).__name__} of {len(b)}"
        found = (unlike(*pair) for pair in zip(a, b, strict=True))
        return next((each for each in found if each), None)
    if type(a) is not type(b):
        return f"{type(a).__name__}, not {type(b).__name__}"
    if not isinstance(a, np.ndarray | np.generic | float):
        return None if a == b else f"{a!r}, not {b!r}"
    x, y = np.asarray(a), np.asarray(b)
    if (x.dtype, x.shape) != (y.dtype, y.shape):
        return f"{x.dtype}{list(x.shape)}, not {y.dtype}{list(y.shape)}"
    if x.tobytes() == y.tobytes():
        return None
    same = x == y
    if x.dtype.kind == "f":
        same = (same & (np.signbit(x) == np.signbit(y))) | (np.isnan(x) & np.isnan(y))
    return None if np.all(same) else f"{a!r}, not {b!r}"


def leaves(value: Any) -> list[np.ndarray]:
    """The floats in a structure, array by array."""
    if value is None:
        return []
    if isinstance(value, list | tuple):
        return [found for each in value for found in leaves(each)]
    found = np.asarray(value)
    return [found] if found.dtype.kind in "fc" else []
