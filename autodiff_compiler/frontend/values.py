"""What a name or an expression means while its function is being lowered.

Numbers, and sequences whose length varies, are operands of the graph. Everything else is known at
compile time: tuples item by item, functions, modules, strings, None. A `Poison` stands where no
single meaning fits; it is an error only for whoever reads it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import FunctionType, ModuleType

from autodiff_compiler.errors import Span
from autodiff_compiler.frontend.names import LAMBDA, Code
from autodiff_compiler.ir.types import (
    UNBOUND,
    ArrayType,
    Container,
    Fields,
    Kind,
    NothingType,
    ScalarType,
    SequenceType,
    TextType,
    TupleType,
    Type,
)
from autodiff_compiler.ir.values import Const, Operand, Value

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True, eq=False)
class Static:
    """An object known at compile time that the graph never computes with.

    None, a string, a module, a class, a function that is not written in Python.
    """

    value: object


@dataclass(frozen=True, eq=False)
class Structure:
    """A tuple or list whose items are known one by one."""

    items: tuple[Meaning, ...]
    container: Container = "tuple"


@dataclass(frozen=True, eq=False)
class Closure:
    """A function of the user's.

    `frame` is the frame it was made in, if that is being lowered too; else `function` is the
    object. `defaults` are the values its parameters take when nothing is passed.
    """

    code: Code
    frame: Frame | None
    function: FunctionType | None
    defaults: Mapping[str, Meaning]


@dataclass(frozen=True, eq=False)
class Partial:
    """Something to call with some of its arguments given: a method of an instance, a partial."""

    callee: Meaning
    arguments: tuple[Meaning, ...]
    keywords: Mapping[str, Meaning]


@dataclass(frozen=True, eq=False)
class Super:
    """`super()`: the attributes of an instance, or class, looked up after one of its classes."""

    after: type
    instance: Meaning


@dataclass(frozen=True, eq=False)
class Making:
    """An instance whose `__init__` runs: what it holds so far is kept in the state, under a key."""

    cls: type
    key: tuple[Frame, str]
    depth: int  # how many regions there were around it when it was begun


@dataclass(frozen=True, eq=False)
class Counting:
    """A `range`."""

    start: Operand
    stop: Operand
    step: Operand


@dataclass(frozen=True, eq=False)
class Zipped:
    """A `zip`, to be looped over at once."""

    parts: tuple[Meaning, ...]
    strict: bool = False


@dataclass(frozen=True, eq=False)
class Numbered:
    """An `enumerate`, to be looped over at once."""

    inner: Meaning
    start: Operand


@dataclass(frozen=True, eq=False)
class Reversed:
    """A `reversed`, to be looped over at once."""

    inner: Meaning


@dataclass(frozen=True, eq=False)
class Generating:
    """A generator expression, to be gone through at once.

    It was made in `frame`, where its first iterable has been evaluated already.
    """

    node: Comprehension
    frame: Frame
    first: Meaning


@dataclass(frozen=True, eq=False)
class Poison:
    """No single meaning, and why. With an empty reason the problem has been reported already.

    `hint` says how to get a single one.
    """

    reason: str
    hint: str = ""
    notes: tuple[tuple[Span, str], ...] = ()


@dataclass(frozen=True, eq=False)
class Method:
    """A method of an array or a dict, to be called at once."""

    array: Meaning
    name: str


@dataclass(frozen=True, eq=False)
class Element:
    """What one iteration of a loop over an array sees of it: the row at a position."""

    array: Operand
    index: Value


Iterating = Zipped | Numbered | Reversed | Generating
Meaning = (
    Value
    | Const
    | Static
    | Structure
    | Closure
    | Partial
    | Super
    | Making
    | Counting
    | Iterating
    | Method
    | Element
    | Poison
)

KINDS: dict[Kind, str] = {kind: f"a {kind.value}" for kind in Kind} | {
    Kind.BOOL: "a bool",
    Kind.INT: "an int",
    Kind.FLOAT: "a float",
    Kind.UNBOUND: "not assigned",
}

SILENCED = Poison("")
NONE = Static(None)
NO_RETURN = Static(None)  # what a function gives that ends without a return


@dataclass(eq=False)
class Frame:
    """One execution of a function: where its local names live."""

    code: Code
    closure: Closure
    gives_up: bool = False  # one of its returns has been refused
    loops: int = 0  # around where it stands
    outer: Frame | None = None  # that of a comprehension: where := in it binds names
    last_return: ast.Return | None = None


@dataclass(frozen=True, eq=False)
class Binding:
    """What a name means, and where it was given that meaning."""

    meaning: Meaning
    span: Span


State = dict[tuple[Frame, str], Binding]


def is_function(meaning: Meaning) -> bool:
    """Whether it is something with a name that can be called."""
    value = meaning.value if isinstance(meaning, Static) else None
    if isinstance(meaning, Closure | Partial):
        return True
    return callable(value) and hasattr(value, "__name__")


def is_unbound(meaning: Meaning) -> bool:
    """Whether the name has certainly not been bound."""
    return isinstance(meaning, Value | Const) and meaning.type == UNBOUND


def may_be_unbound(meaning: Meaning) -> bool:
    match meaning:
        case Value() | Const():
            found = meaning.type
            return isinstance(found, ScalarType | ArrayType) and found.may_be_unbound
        case Structure(items):
            return any(map(may_be_unbound, items))
    return False


def leaves(meaning: Meaning) -> Iterator[Operand]:
    """The operands that a meaning is made of."""
    match meaning:
        case Value() | Const():
            yield meaning
        case Structure(items):
            for item in items:
                yield from leaves(item)
        case Counting(start, stop, step):
            yield from (start, stop, step)
        case Closure():
            for default in meaning.defaults.values():
                yield from leaves(default)
        case Partial() | Super():
            for part in parts_of(meaning):
                yield from leaves(part)


def map_leaves(meaning: Meaning, change: Callable[[Operand], Operand]) -> Meaning:
    """The meaning with every operand in it changed."""
    match meaning:
        case Value() | Const():
            return change(meaning)
        case Structure(items, container):
            return Structure(tuple(map_leaves(item, change) for item in items), container)
        case Counting(start, stop, step):
            return Counting(change(start), change(stop), change(step))
        case Closure(code, frame, function, defaults):
            changed = {name: map_leaves(default, change) for name, default in defaults.items()}
            return Closure(code, frame, function, changed)
        case Partial() | Super():
            return with_parts(meaning, [map_leaves(part, change) for part in parts_of(meaning)])
    return meaning


def parts_of(meaning: Partial | Super) -> list[Meaning]:
    """The meanings that it is made of, in order."""
    if isinstance(meaning, Super):
        return [meaning.instance]
    return [meaning.callee, *meaning.arguments, *meaning.keywords.values()]


def with_parts(meaning: Partial | Super, parts: list[Meaning]) -> Partial | Super:
    """The like of it, made of other meanings."""
    if isinstance(meaning, Super):
        return Super(meaning.after, parts[0])
    count = 1 + len(meaning.arguments)
    keywords = dict(zip(meaning.keywords, parts[count:], strict=True))
    return Partial(parts[0], tuple(parts[1:count]), keywords)


def describe(meaning: Meaning) -> str:
    """What it is, in a few words, to fill in "x is ..."."""
    match meaning:
        case Value() | Const():
            return describe_type(meaning.type)
        case Structure(items, container):
            return _describe_items(len(items), container)
        case Closure(code):
            return "a lambda" if code.name == LAMBDA else f"the function {code.name}"
        case Partial(callee):
            return describe(callee)
        case Super():
            return "a super()"
        case Making(cls):
            return f"{_article(cls.__name__)} {cls.__name__}"
        case Counting():
            return "a range"
        case Zipped():
            return "a zip"
        case Numbered():
            return "an enumerate"
        case Reversed():
            return "a reversed"
        case Generating():
            return "a generator"
        case Static(None):
            return "None (no return)" if meaning is NO_RETURN else "None"
        case Static(str()):
            return "a string"
        case Static(value):
            return describe_object(value)
        case Method(_, name):
            return f"the method {name}"
        case Element(array, _):
            return f"an element of {describe(array)}"
        case Poison():
            return "not known"


def describe_object(value: object) -> str:
    name = getattr(value, "__name__", None)
    match value:
        case ModuleType():
            return f"the module {name}"
        case type():
            return f"the class {name}"
    if callable(value) and isinstance(name, str):
        return f"the function {name}"
    kind = type(value).__name__
    return f"{_article(kind)} {kind}"


def _article(name: str) -> str:
    return "an" if name[:1].lower() in "aeiou" else "a"


def _describe_items(count: int, container: Container) -> str:
    if isinstance(container, Fields) and container.cls is not None:
        name = container.cls.__name__
        return f"{_article(name)} {name}"
    return f"a {container} of {count}"


def describe_type(found: Type) -> str:
    match found:
        case ScalarType(kinds):
            return " or ".join(KINDS[kind] for kind in Kind if kind in kinds)
        case ArrayType(dtype, dims):
            return f"an array of {dtype} with {len(dims)} dimension{'s' * (len(dims) != 1)}"
        case SequenceType(_, container):
            return f"a {container} of any length"
        case TupleType(items, container):
            return _describe_items(len(items), container)
        case TextType():
            return "a string"
        case NothingType():
            return "None"
    return str(found)


def instead_of(meaning: Meaning) -> str:
    """What to do with something that stands where a number is needed."""
    match meaning:
        case Structure(_, Fields() as fields) | Value(type=TupleType(_, Fields() as fields)):
            return (
                f"take one of its items: {', '.join(fields.names)}" if fields.names else "fill it"
            )
        case Structure() | Value(type=SequenceType() | TupleType()):
            return "take its items one by one"
        case Static(None):
            return "use a number, or ask with is None beforehand"
        case Static(str()) | Value(type=TextType()):
            return "strings can be printed and put into f-strings, but not computed with"
        case Closure() if meaning.code.name != LAMBDA:
            return f"call it: {meaning.code.name}(...)"
        case Counting() | Zipped() | Numbered() | Reversed() | Generating():
            return "loop over it"
        case Static(ModuleType()):
            return "name what is wanted of it, as in math.pi"
        case _ if is_function(meaning):
            return "call it, and use what it returns"
    return "use numbers, and pass those that are kept in objects as arguments"
