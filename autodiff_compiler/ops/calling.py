"""How a call of a library function becomes an operation: operands, and attributes.

    np.sum(x, axis=0, keepdims=True)     →   np.sum %x  {axis = 0, keepdims = True}
    np.reshape(x, (n, -1))               →   np.reshape %x, %n  {shape = (·, -1)}
    np.max(x, initial=y)                 →   np.max %x, %y  {optional = ("initial",)}
    np.array([[x, 1.0], [y, z]])         →   np.array %x, 1.0, %y, %z  {layout = ((·, ·), (·, ·))}

Arrays and numbers are operands. What must be known at compile time (an axis) is an attribute. Sizes
are attributes too, with a hole for each that is computed at run time; the operands that fill the
holes follow those of the signature, and operands that may be left out come last.
"""

from __future__ import annotations

import ast
import difflib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import SequenceType, Type
from autodiff_compiler.ir.values import Const, Operand, Value
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.record import Spelling


class Mark(Enum):
    """What stands in an attribute for something that is no constant."""

    HOLE = "·"  # filled by an operand
    NEWAXIS = "newaxis"
    REST = "..."

    def __repr__(self) -> str:
        return self.value


HOLE = Mark.HOLE


class Role(Enum):
    """What a parameter is to the operation."""

    OPERAND = "operand"
    ARRAYS = "arrays"  # a tuple or list of operands
    NESTED = "nested"  # an operand, or tuples and lists of them in one another
    STATIC = "static"  # known at compile time
    SIZES = "sizes"  # ints, or a tuple of them, some perhaps known at run time only
    REFUSED = "refused"


REQUIRED = object()


@dataclass(frozen=True)
class Param:
    """A parameter of a library function. `hint` says what to write instead of a refused one.

    One that is `spread` takes all arguments that follow by position, as `*xs` does. One that is
    `of_function` the methods don't take, at least not by name.
    """

    name: str
    role: Role
    default: object = REQUIRED
    hint: str = ""
    spread: bool = False
    of_function: bool = False

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


@dataclass(frozen=True)
class Signature:
    """The parameters of a library function, in the order in which they are taken by position."""

    params: tuple[Param, ...]

    def named(self, name: str) -> Param | None:
        return next((each for each in self.params if each.name == name), None)


@dataclass(frozen=True)
class Refused:
    """The default of a parameter that is not supported, and what to write instead."""

    hint: str = "leave it out"


@dataclass(frozen=True)
class OfFunction:
    """The default of a parameter that the methods don't take, at least not by name."""

    default: object


@dataclass(frozen=True)
class Sizes:
    """The default of a parameter of sizes."""

    default: object


OPTIONAL = object()  # the default of an operand that may be left out


def signature(*required: str, **more: object) -> Signature:
    """`signature("a", axis=None, out=Refused("…"), initial=OPTIONAL)`.

    Required parameters are operands; `*name` is a tuple or list of operands, `[name` operands
    nested in lists, `#name` sizes, `:name` something known at compile time; `**name` are operands
    one by one, `**#name` sizes one by one. Others have their default, which says what they are.
    """
    roles = {"*": Role.ARRAYS, "#": Role.SIZES, ":": Role.STATIC, "[": Role.NESTED}
    params = []
    for each in required:
        name = each.lstrip("*#:[")
        spread = each.startswith("**")
        mark = each.removeprefix("**") if each.startswith("**#") else each
        params.append(Param(name, roles.get(mark[0], Role.OPERAND), spread=spread))
    for name, default in more.items():
        if default is OPTIONAL:
            params.append(Param(name, Role.OPERAND, None))
        elif isinstance(default, Refused):
            params.append(Param(name, Role.REFUSED, None, default.hint))
        elif isinstance(default, Sizes):
            params.append(Param(name, Role.SIZES, default.default))
        elif isinstance(default, OfFunction):
            params.append(Param(name, Role.STATIC, default.default, of_function=True))
        else:
            params.append(Param(name, Role.STATIC, default))
    return Signature(tuple(params))


class CallError(TypeError):
    """A call that doesn't fit a signature; `param` is the parameter it is about, if any."""

    def __init__(self, message: str, hint: str, param: str | None = None) -> None:
        super().__init__(message)
        self.message, self.hint, self.param = message, hint, param


class NotStatic(CallError):
    """A value that must be known at compile time, but is computed at run time."""

    def __init__(self, param: str, operand: Operand) -> None:
        super().__init__(
            f"{param} must be known before the function runs",
            f"write {param} as a constant, or pass it as an argument",
            param,
        )
        self.operand = operand


@dataclass(frozen=True)
class Bound:
    """A call as an operation takes it."""

    operands: tuple[Operand, ...]
    attributes: Mapping[str, object]


Given = Operand | object  # an operand, something static, or a tuple or list of such


def bind(takes: Signature, positional: Sequence[Given], keywords: Mapping[str, Given]) -> Bound:
    """What a call gives to each parameter, as operands and attributes. Raises CallError."""
    positional = _gathered(takes, positional)
    if len(positional) > len(takes.params):
        said = f"expected at most {len(takes.params)} arguments, got {len(positional)}"
        raise CallError(said, "leave the others out")
    given = dict(zip((each.name for each in takes.params), positional, strict=False))
    for name, value in keywords.items():
        if name in given:
            raise CallError(f"it gets {name} twice", f"pass {name} once", name)
        given[name] = value
    known = {each.name for each in takes.params if not each.spread}
    for name in keywords.keys() - known:
        taken = [each.name for each in takes.params if each.role is not Role.REFUSED]
        close = difflib.get_close_matches(name, taken, n=1)
        hint = f"did you mean {close[0]}=?" if close else f"it takes {', '.join(taken)}"
        raise CallError("this keyword is not supported", hint, name)
    for param in takes.params:
        if param.role is Role.REFUSED and not _is_none(given.get(param.name)):
            raise CallError("this keyword is not supported", param.hint, param.name)
    operands: list[Operand] = []
    holes: list[Operand] = []
    last: list[Operand] = []
    attributes: dict[str, object] = {}
    optional: list[str] = []
    for param in takes.params:
        if param.name not in given:
            if param.required:
                listed = ", ".join(each.name for each in takes.params if each.required)
                raise CallError(f"it is called without {param.name}", f"it needs {listed}")
            continue
        value = given[param.name]
        match param.role:
            case Role.OPERAND if param.required:
                operands.append(_operand(param, value))
            case Role.OPERAND:
                if not _is_none(value):
                    last.append(_operand(param, value))
                    optional.append(param.name)
            case Role.ARRAYS:
                operands += [_operand(param, item) for item in _several(param, value)]
            case Role.NESTED:
                if isinstance(value, tuple | list):
                    attributes["layout"] = _laid_out(param, value, operands)
                else:
                    operands.append(_operand(param, value))
            case Role.STATIC:
                constant = _static(param, value)
                if constant != param.default or type(constant) is not type(param.default):
                    attributes[param.name] = constant
            case Role.SIZES:
                attributes[param.name] = _sizes(param, value, holes)
    if optional:
        attributes["optional"] = tuple(optional)
    return Bound((*operands, *holes, *last), attributes)


def _gathered(takes: Signature, positional: Sequence[Given]) -> Sequence[Given]:
    """The arguments by position, those of a spread parameter as one tuple."""
    for place, param in enumerate(takes.params[: len(positional)]):
        if param.spread:
            return [*positional[:place], tuple(positional[place:])]
    return positional


def _several(param: Param, value: Given) -> Sequence[Given]:
    """The operands that a tuple or list of them stands for; a list of varying length is one."""
    if isinstance(value, tuple | list):
        return value
    if isinstance(value, Value | Const) and not isinstance(value.type, SequenceType):
        raise CallError(
            f"expected a tuple or list of arrays as {param.name}, got {value.type}",
            "write the arrays one by one, in a tuple or list",
            param.name,
        )
    return (value,)


def _laid_out(param: Param, value: Given, operands: list[Operand]) -> object:
    """Where the operands stand in nested lists: a hole for each."""
    if isinstance(value, tuple | list):
        return tuple(_laid_out(param, item, operands) for item in value)
    operands.append(_operand(param, value))
    return HOLE


def _is_none(value: Given) -> bool:
    return value is None or (isinstance(value, Const) and value.value is None)


def _operand(param: Param, value: Given) -> Operand:
    if isinstance(value, bool | int | float):
        return const(value)
    if not isinstance(value, Value | Const):
        hint = "pass an array or a number"
        raise CallError(f"expected an array or a number as {param.name}", hint, param.name)
    return value


def _static(param: Param, value: Given) -> object:
    match value:
        case Value():
            raise NotStatic(param.name, value)
        case Const():
            return _static(param, value.value)
        case tuple() | list():
            return tuple(_static(param, item) for item in value)
        case type() | np.dtype() | str() if param.name == "dtype":
            return _dtype_name(value)
    return value


def _dtype_name(value: type | np.dtype | str) -> str:
    try:
        return str(np.dtype(value).name)
    except TypeError as error:
        raise CallError(str(error), "name a dtype of NumPy", "dtype") from None


def _sizes(param: Param, value: Given, holes: list[Operand]) -> object:
    match value:
        case Value():
            holes.append(value)
            return HOLE
        case Const():
            return value.value
        case tuple() | list():
            return tuple(_sizes(param, item, holes) for item in value)
    return value


def holes_in(value: object) -> int:
    """How many holes an attribute has."""
    if isinstance(value, tuple):
        return sum(map(holes_in, value))
    return int(value is HOLE)


def filled(value: object, fillers: Iterator[object]) -> object:
    """The attribute with its holes filled, from left to right."""
    if isinstance(value, tuple):
        return tuple(filled(item, fillers) for item in value)
    return next(fillers) if value is HOLE else value


# From an operation back to the call.


@dataclass(frozen=True)
class Arguments:
    """What an operation's call is made of, parameter by parameter, in values or in text."""

    positional: dict[str, object] = field(default_factory=dict)
    keywords: dict[str, object] = field(default_factory=dict)


def arguments(
    takes: Signature, operands: Sequence[object], attributes: Mapping[str, object]
) -> Arguments:
    """The arguments of the call that an operation stands for."""
    optional = attributes.get("optional", ())
    assert isinstance(optional, tuple)
    sizes = [each.name for each in takes.params if each.role is Role.SIZES]
    count = sum(holes_in(attributes[name]) for name in sizes if name in attributes)
    split = len(operands) - count - len(optional)
    own, fillers = list(operands[:split]), iter(operands[split : split + count])
    extra = dict(zip(optional, operands[split + count :], strict=True))
    required = sum(each.required and each.role is Role.OPERAND for each in takes.params)
    found = Arguments()
    for param in takes.params:
        place = found.positional if param.required else found.keywords
        if param.role is Role.ARRAYS:
            many = len(own) - required
            place[param.name] = own[:many]
            del own[:many]
        elif param.role is Role.NESTED:
            layout = attributes.get("layout", HOLE)
            many = holes_in(layout)
            place[param.name] = filled(layout, iter(own[:many]))
            del own[:many]
        elif param.role is Role.OPERAND and param.required:
            place[param.name] = own.pop(0)
            required -= 1
        elif param.role is Role.OPERAND and param.name in extra:
            place[param.name] = extra[param.name]
        elif param.name in attributes and param.role is not Role.OPERAND:
            value = attributes[param.name]
            place[param.name] = filled(value, fillers) if param.role is Role.SIZES else value
    return found


def evaluating(function: Callable[..., object], takes: Signature) -> Callable[..., object]:
    """Runs the function as the operation's call does."""

    def evaluate(*operands: object, **attributes: object) -> object:
        found = arguments(takes, operands, attributes)
        positional = [
            each
            for name, value in found.positional.items()
            for each in _spread(takes, name, _unwrapped(value))
        ]
        return function(*positional, **found.keywords)

    return evaluate


def _spread(takes: Signature, name: str, value: object) -> Sequence[object]:
    """The arguments by position that a parameter takes."""
    param = takes.named(name)
    if param is not None and param.spread:
        assert isinstance(value, tuple | list)
        return value
    return (value,)


def _unwrapped(value: object) -> object:
    """The list itself, where one list stands for several arrays."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list | tuple):
        return value[0]
    return value


def written(function: str, takes: Signature) -> Spelling:
    """The call as text: of the function, or of the method where the user wrote one."""

    def write(
        operands: spell.Expressions, types: Sequence[Type], attributes: Mapping[str, object]
    ) -> ast.expr:
        found = arguments(takes, operands, attributes)
        if any(isinstance(each, SequenceType) for each in types):
            found = Arguments(_of_sequence(found.positional), found.keywords)
        nested = {each.name for each in takes.params if each.role is Role.NESTED}
        positional = [
            _list_text(each) if name in nested else _text(each, name)
            for name, value in found.positional.items()
            for each in _spread(takes, name, value)
        ]
        keywords = [ast.keyword(name, _text(value, name)) for name, value in found.keywords.items()]
        method = attributes.get("method")
        of_function = any(each.of_function for each in takes.params if each.name in found.keywords)
        if not isinstance(method, str) or of_function:
            return ast.Call(spell.name(function), positional, keywords)
        attribute = ast.Attribute(positional[0], method, ast.Load())
        if attributes.get("property"):
            return attribute
        return ast.Call(attribute, positional[1:], keywords)

    return Spelling(write)


def _of_sequence(positional: Mapping[str, object]) -> dict[str, object]:
    """The arguments where a list is what stands for several arrays."""
    return {
        name: value[0] if isinstance(value, list) else value for name, value in positional.items()
    }


def _text(value: object, name: str = "") -> ast.expr:
    match value:
        case ast.expr():
            return value
        case tuple() | list():
            return ast.Tuple([_text(item) for item in value], ast.Load())
        case str() if name == "dtype":
            return spell.name("bool" if value == "bool" else f"np.{value}")
        case float() if math.isinf(value):
            infinity = spell.name("np.inf")
            return infinity if value > 0 else ast.UnaryOp(ast.USub(), infinity)
        case int() | float() if value < 0:
            return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    assert value is None or isinstance(value, bool | int | float | str)
    return ast.Constant(value)


def _list_text(value: object) -> ast.expr:
    if isinstance(value, tuple):
        return ast.List([_list_text(item) for item in value], ast.Load())
    return _text(value)


def own_operands(takes: Signature, count: int, attributes: Mapping[str, object]) -> list[str]:
    """The name of the parameter that each operand belongs to; "" for what fills a hole."""
    placeholders = [object() for _ in range(count)]
    found = arguments(takes, placeholders, attributes)
    names: dict[int, str] = {}
    sizes = {each.name for each in takes.params if each.role is Role.SIZES}
    for name, value in (found.positional | found.keywords).items():
        if name not in sizes:
            names |= {id(item): name for item in _flat(value)}
    return [names.get(id(each), "") for each in placeholders]


def _flat(value: object) -> Iterator[object]:
    if isinstance(value, tuple | list):
        for item in value:
            yield from _flat(item)
    else:
        yield value
