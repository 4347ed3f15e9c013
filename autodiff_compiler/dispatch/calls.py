"""The function behind a derivative's `__call__`: one of fixed arity, written for its function.

It takes the very parameters of the user's function, so that a wrong call is answered by Python
itself, in Python's words. Where the arguments are those of a recent signature and its guards
hold, it calls the compiled function at once:

    def call(p0, p1):
        target = general
        try:
            if (
                type(p0) is kind0
                and type(p1) is kind1
                and holder2[key2] is expected2
            ):
                target = target3
                last[0] = mark3
        except Exception:
            target = general
        if target is general:
            return general((p0, p1))
        return target(p0, p1)

Only such a template is ever written as text. The user's names enter the finished code object as
data, and every object that it compares with is bound under a fixed name in its globals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import TYPE_CHECKING

import numpy as np

from autodiff_compiler.dispatch.arguments import PYTHON_TYPES
from autodiff_compiler.dispatch.compiler import Described, Known
from autodiff_compiler.dispatch.parameters import MISSING, Kind, Parameter
from autodiff_compiler.ir.types import (
    ArrayType,
    Fields,
    NothingType,
    ScalarType,
    SequenceType,
    TextType,
    TupleType,
    Type,
    accepts,
)

if TYPE_CHECKING:
    from autodiff_compiler.frontend import Guard

FILE = "<autodiff_compiler.dispatch>"
CONTAINERS: dict[str, type] = {"list": list, "tuple": tuple}
LEAVES = 64  # of containers with more the template would be long
# Attributes that guards often name, written out because that is faster than getattr.
COMMON = frozenset({"__code__", "__defaults__", "__kwdefaults__"})


@dataclass(frozen=True)
class Fast:
    """A signature to be recognised at once: its arguments, its guards, and what to call then.

    `mark` is what `last[0]` is set to when it is called.
    """

    arguments: Sequence[Described]
    guards: Sequence[Guard]
    target: Callable[..., object]
    mark: object


def call_function(
    function: FunctionType,
    parameters: Sequence[Parameter],
    general: Callable[[tuple[object, ...]], object],
    fast: Iterable[Fast] = (),
    last: list[object] | None = None,
) -> FunctionType:
    """A function with the parameters of `function` that calls a fast target, or else `general`.

    `general` gets one value per parameter; MISSING where the default applies.
    """
    places = [f"p{k}" for k in range(len(parameters))]
    template = _Template({"general": general, "last": last})
    branches: list[str] = []
    for entry in fast:
        conditions = template.conditions(entry, places)
        if conditions is None:
            continue
        target = template.bind("target", entry.target)
        mark = template.bind("mark", entry.mark)
        branches += [
            f"        {'elif' if branches else 'if'} {' and '.join(conditions)}:",
            f"            target = {target}",
            f"            last[0] = {mark}",
        ]
    lines = [f"def call({_header(parameters, places)}):", "    target = general"]
    if branches:
        lines += ["    try:", *branches]
        lines += ["    except Exception:", "        target = general"]
    lines += [
        "    if target is general:",
        f"        return general(({''.join(place + ', ' for place in places)}))",
        f"    return target({', '.join(places)})",
    ]
    exec(compile("\n".join(lines), FILE, "exec", dont_inherit=True), template.bound)
    call = template.bound["call"]
    assert isinstance(call, FunctionType)
    return _dressed(call, function, parameters)


@dataclass
class _Template:
    """Conditions as text, and what the names in them are bound to."""

    bound: dict[str, object]
    count: int = field(default=0)

    def __post_init__(self) -> None:
        named = (type, set, map, len, getattr, Exception)
        self.bound |= {each.__name__: each for each in named}
        self.bound["__builtins__"] = {}

    def bind(self, stem: str, value: object) -> str:
        name = f"{stem}{self.count}"
        self.count += 1
        self.bound[name] = value
        return name

    def conditions(self, entry: Fast, places: Sequence[str]) -> list[str] | None:
        """What must hold for the entry to apply; None where that can't be seen at a glance."""
        found: list[str] = []
        for place, argument in zip(places, entry.arguments, strict=True):
            if sum(1 for _ in leaves_of(argument)) > LEAVES:
                return None
            if isinstance(argument, Known):
                found += self.value(argument.value, place)
                continue
            tests = self.type(argument, place)
            if tests is None:
                return None
            found += tests
        return [*found, *map(self.guard, entry.guards)] or ["1"]

    def value(self, value: object, place: str) -> list[str]:
        """What a static argument is told by: an int by its value, all else by identity."""
        if type(value) is int or type(value) is bool:
            kind = f"type({place}) is {self.bind('kind', type(value))}"
            return [kind, f"{place} == {self.bind('value', value)}"]
        return [f"{place} is {self.bind('value', value)}"]

    def type(self, described: Type, place: str) -> list[str] | None:
        """What tells values of a type; None where that can't be seen at a glance."""
        match described:
            case ScalarType() if described in PYTHON_TYPES:
                return [f"type({place}) is {self.bind('kind', PYTHON_TYPES[described])}"]
            case ArrayType():
                return self.array(described, place)
            case SequenceType(element, container) if element in PYTHON_TYPES:
                kind = self.bind("kind", CONTAINERS[container])
                kinds = self.bind("kinds", {PYTHON_TYPES[element]})
                return [f"type({place}) is {kind}", f"set(map(type, {place})) == {kinds}"]
            case TupleType():
                return self.structure(described, place)
            case TextType():
                return [f"type({place}) is {self.bind('kind', str)}"]
            case NothingType():
                return [f"{place} is None"]
        return None

    def structure(self, described: TupleType, place: str) -> list[str] | None:
        """What tells a container: its own type and size or names, then each of its items."""
        items, container = described.items, described.container
        if isinstance(container, Fields):
            found = [f"type({place}) is {self.bind('kind', container.cls or dict)}"]
            names = self.bind("names", list(container.names))
            if container.kind == "dict":
                found.append(f"[*{place}] == {names}")
                reads = [f"{place}[{self.bind('name', name)}]" for name in container.names]
            else:
                if container.kind == "object":
                    found.append(f"[*{place}.__dict__] == {names}")
                reads = [f"getattr({place}, {self.bind('name', name)})" for name in container.names]
        else:
            found = [f"type({place}) is {self.bind('kind', CONTAINERS[container])}"]
            found.append(f"len({place}) == {len(items)}")
            reads = [f"{place}[{k}]" for k in range(len(items))]
        for item, read in zip(items, reads, strict=True):
            name = f"item{self.count}"
            self.count += 1
            tests = self.type(item, name)
            if tests is None:
                return None
            first, *others = tests or ["1"]
            found.append(first.replace(name, f"({name} := {read})", 1))
            found += others
        return found

    def array(self, described: ArrayType, place: str) -> list[str]:
        """What an array is told by: its dtype, its rank, and which sizes are 1."""
        found = [
            f"type({place}) is {self.bind('kind', np.ndarray)}",
            f"{place}.dtype is {self.bind('dtype', np.dtype(described.dtype))}",
        ]
        ones = [bool(dim.one) for dim in described.dims]
        if all(ones):
            return [*found, f"{place}.shape == {self.bind('shape', (1,) * len(ones))}"]
        found.append(f"{place}.ndim == {len(ones)}")
        if len(ones) == 1:
            return [*found, f"len({place}) != 1"]
        if not any(ones):
            return [*found, f"1 not in {place}.shape"]
        tests = (f"{place}.shape[{k}] {'==' if one else '!='} 1" for k, one in enumerate(ones))
        return [*found, *tests]

    def guard(self, guard: Guard) -> str:
        holder = self.bind("holder", guard.holder)
        if guard.access == "attribute" and guard.key in COMMON:
            return f"{holder}.{guard.key} is {self.bind('expected', guard.expected)}"
        if guard.access == "cell":
            return f"{holder}.cell_contents is {self.bind('expected', guard.expected)}"
        if guard.access == "type":
            self.bound["accepts"] = accepts
            return f"accepts({self.bind('expected', guard.expected)}, {holder})"
        key = self.bind("key", guard.key)
        if guard.access == "absent":
            return f"{key} not in {holder}"
        read = f"getattr({holder}, {key})" if guard.access == "attribute" else f"{holder}[{key}]"
        return f"{read} is {self.bind('expected', guard.expected)}"


def leaves_of(described: Described) -> Iterator[Described]:
    """What a description is of, container by container."""
    if isinstance(described, TupleType):
        for item in described.items:
            yield from leaves_of(item)
    else:
        yield described


def positional(generated: Callable[..., object]) -> Callable[..., object]:
    """The same function with its keyword-only parameters taken by position, after the others."""
    if not isinstance(generated, FunctionType) or not generated.__code__.co_kwonlyargcount:
        return generated
    code = generated.__code__
    count = code.co_argcount + code.co_kwonlyargcount
    code = code.replace(co_argcount=count, co_kwonlyargcount=0)
    return FunctionType(code, generated.__globals__, generated.__name__)


def holds(guard: Guard) -> bool:
    """Whether what a compilation relied on is still so."""
    holder: object = guard.holder
    try:
        match guard.access:
            case "absent":
                return guard.key not in holder  # type: ignore[operator]
            case "type":
                return isinstance(guard.expected, Type) and accepts(guard.expected, holder)
            case "cell":
                found = holder.cell_contents  # type: ignore[attr-defined]
            case "attribute":
                found = getattr(holder, str(guard.key))
            case _:
                found = holder[guard.key]  # type: ignore[index]
    except Exception:  # gone: a deleted name, an emptied cell
        return False
    return found is guard.expected


def _header(parameters: Sequence[Parameter], places: Sequence[str]) -> str:
    """The template's parameter list; a parameter's default is set on the finished function."""
    by_kind: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    for parameter, place in zip(parameters, places, strict=True):
        by_kind[parameter.kind].append(place)
    first, named = by_kind[Kind.POSITIONAL_ONLY], by_kind[Kind.KEYWORD_ONLY]
    star = [f"*{place}" for place in by_kind[Kind.VAR_POSITIONAL]]
    return ", ".join(
        (
            *first,
            *(["/"] if first else []),
            *by_kind[Kind.POSITIONAL_OR_KEYWORD],
            *(star or (["*"] if named else [])),
            *named,
            *(f"**{place}" for place in by_kind[Kind.VAR_KEYWORD]),
        )
    )


def _dressed(
    call: FunctionType, function: FunctionType, parameters: Sequence[Parameter]
) -> FunctionType:
    """The call function under the user's names, as errors show them, with defaults left open."""
    names = tuple(parameter.name for parameter in parameters)
    call.__code__ = call.__code__.replace(
        co_varnames=(*names, *call.__code__.co_varnames[len(names) :]),
        co_name=function.__name__,
        co_qualname=function.__qualname__,
    )
    call.__name__, call.__qualname__ = function.__name__, function.__qualname__
    call.__defaults__ = (MISSING,) * len(function.__defaults__ or ()) or None
    call.__kwdefaults__ = dict.fromkeys(function.__kwdefaults__ or {}, MISSING)
    return call
