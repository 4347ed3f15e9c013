"""Attributes of instances and classes, looked up as Python does: along the order of the classes.

Nothing of the user's is run: what an attribute is follows from the dictionaries of the classes. A
class attribute is guarded; a method is a function with its instance given, a property a call.
"""

from __future__ import annotations

import ast
import functools
from enum import Enum
from types import DynamicClassAttribute, FunctionType, GetSetDescriptorType, MemberDescriptorType

from autodiff_compiler.frontend import objects, records
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.refused_calls import is_of_library
from autodiff_compiler.frontend.values import (
    SILENCED,
    Making,
    Meaning,
    Partial,
    Static,
    Super,
    describe,
)

NOWHERE = object()


def class_of(meaning: Meaning) -> type | None:
    """The class written in Python that something is an instance of, if it is one."""
    if isinstance(meaning, Making):
        return meaning.cls
    fields = records.fields_of(meaning)
    if fields is not None:
        return fields.cls
    if isinstance(meaning, Super):
        return class_of(meaning.instance)
    if isinstance(meaning, Static) and not isinstance(meaning.value, type):
        cls = type(meaning.value)
        return cls if is_ordinary(cls) else None
    return None


def is_ordinary(cls: type) -> bool:
    """Whether instances of a class are looked up in as Python does, and hold what they are."""
    python = cls.__flags__ & _HEAP_TYPE and not is_of_library(cls.__module__)
    return bool(python) and lookup(cls, "__getattribute__")[1] is object.__getattribute__


_HEAP_TYPE = 1 << 9  # a class made by a class statement


def lookup(cls: type, name: str, after: type | None = None) -> tuple[type | None, object]:
    """The class that defines an attribute, and what stands in it; those up to `after` left out."""
    order = cls.__mro__
    for each in order[order.index(after) + 1 :] if after in order else order:
        if name in vars(each):
            return each, vars(each)[name]
    return None, NOWHERE


def method(ctx: Context, base: Meaning, name: str, node: ast.AST) -> Meaning | None:
    """A method of Python's own choosing, such as `__add__`; None if the class defines none."""
    cls = class_of(base)
    if cls is None:
        return None
    owner, raw = lookup(cls, name)
    if owner is None or owner.__module__ == "builtins" or raw is None:
        return None
    return _of_class(ctx, base, cls, name, node)


def attribute(ctx: Context, base: Meaning, name: str, node: ast.AST) -> Meaning | None:
    """An attribute of an instance; None for what is no instance of a class written in Python."""
    cls = class_of(base)
    if cls is None:
        return None
    if isinstance(base, Super):
        return _of_class(ctx, base.instance, cls, name, node, base.after)
    _, raw = lookup(cls, name)
    if isinstance(raw, DynamicClassAttribute) and issubclass(cls, Enum):
        name, raw = f"_{name}_", NOWHERE  # the name or value of a member
    if not isinstance(raw, property):
        if (found := _own(ctx, base, name, node)) is not None:
            return found
    return _of_class(ctx, base, cls, name, node)


def _own(ctx: Context, base: Meaning, name: str, node: ast.AST) -> Meaning | None:
    """What an instance holds itself under a name."""
    if not isinstance(base, Static):
        return records.field(ctx, base, name, node)
    _, raw = lookup(type(base.value), name)
    held = getattr(base.value, "__dict__", {})
    if isinstance(raw, MemberDescriptorType):
        value = getattr(base.value, name, NOWHERE)
    else:
        value = held.get(name, NOWHERE) if type(held) is dict else NOWHERE
    if value is NOWHERE:
        return None
    ctx.guard("attribute", base.value, name, value)
    return objects.meaning_of(ctx, value, name, node)


def of_class(ctx: Context, cls: type, name: str, node: ast.AST) -> Meaning | None:
    """An attribute of a class itself; None where Python's own `getattr` may be asked."""
    owner, raw = lookup(cls, name)
    if isinstance(raw, classmethod):
        return _guarded(ctx, Static(cls), cls, owner, name, node)
    return None


def _of_class(
    ctx: Context,
    base: Meaning,
    cls: type,
    name: str,
    node: ast.AST,
    after: type | None = None,
) -> Meaning:
    """What an instance finds in its class or one of those that it inherits from."""
    owner, raw = lookup(cls, name, after)
    if raw is NOWHERE or isinstance(raw, MemberDescriptorType | GetSetDescriptorType):
        return _missing(ctx, base, cls, name, node)
    return _guarded(ctx, base, cls, owner, name, node)


def _guarded(
    ctx: Context, base: Meaning, cls: type, owner: type | None, name: str, node: ast.AST
) -> Meaning:
    assert owner is not None
    raw = vars(owner)[name]
    holder = ctx.spaces.setdefault(owner, vars(owner))
    if owner.__module__ != "builtins":
        ctx.guard("global", holder, name, raw)
    match raw:
        case FunctionType():
            return Partial(objects.meaning_of(ctx, raw, name, node), (base,), {})
        case staticmethod():
            return objects.meaning_of(ctx, raw.__func__, name, node)
        case classmethod():
            inner = objects.meaning_of(ctx, raw.__func__, name, node)
            return Partial(inner, (base if _is_class(base) else Static(cls),), {})
        case property(fget=FunctionType() as getter):
            return _called(ctx, getter, base, node)
        case functools.cached_property(func=FunctionType() as getter):
            return _called(ctx, getter, base, node)
    if hasattr(type(raw), "__get__") and not isinstance(raw, type):
        said = f"{name} of {describe(base)} is not supported"
        return ctx.refuse(node, f"attribute {name}", said, "use a method, or a property")
    return objects.meaning_of(ctx, raw, name, node)


def _is_class(base: Meaning) -> bool:
    return isinstance(base, Static) and isinstance(base.value, type)


def _called(ctx: Context, getter: FunctionType, base: Meaning, node: ast.AST) -> Meaning:
    """What a property gives."""
    assert isinstance(node, ast.expr)
    return ctx.call(node, objects.meaning_of(ctx, getter, None, node), base)


def _missing(ctx: Context, base: Meaning, cls: type, name: str, node: ast.AST) -> Meaning:
    if lookup(cls, "__getattr__")[1] is not NOWHERE:
        said = f"{cls.__name__} makes up attributes by __getattr__, which is not supported"
        return ctx.refuse(node, f"attribute {name}", said, "write a method")
    fields = records.fields_of(base)
    said = f"{describe(base)} has no field {name}"
    names = fields.names if fields is not None else ()
    hint = f"its fields are {', '.join(names)}" if names else f"set {name} in its __init__"
    return ctx.refuse(node, f"attribute {name}", said, hint)


def make_super(ctx: Context, node: ast.Call, arguments: tuple[Meaning, ...]) -> Meaning:
    """`super()` in a method, and `super(Class, self)`."""
    if len(arguments) == 2:
        cls, instance = arguments
        if isinstance(cls, Static) and isinstance(cls.value, type):
            return Super(cls.value, instance)
    frame = ctx.frame
    function, parameters = frame.closure.function, frame.code.parameters
    names = [each.arg for each in (*parameters.posonlyargs, *parameters.args)]
    if not arguments and function is not None and names:
        free = function.__code__.co_freevars
        if "__class__" in free:
            cell = (function.__closure__ or ())[free.index("__class__")]
            instance = ctx.read_local(frame, names[0], node)
            if instance is not SILENCED:
                return Super(cell.cell_contents, instance)
    said = "super is supported in a method, without arguments"
    return ctx.refuse(node, "call of super", said, "call the method of the class by its full name")
