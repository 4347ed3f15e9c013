"""Instances made inside the differentiated function: what `__init__` makes of an empty one.

While `__init__` runs, what the instance holds is kept in the state under a key of its own, so that
methods, helpers and base classes all write into the one instance. Afterwards it is a structure.
"""

from __future__ import annotations

import abc
import ast
import dataclasses
from collections.abc import Sequence
from types import FunctionType
from typing import Any, Generic

from autodiff_compiler.frontend import classes, objects
from autodiff_compiler.frontend.context import Context
from autodiff_compiler.frontend.known_calls import Call
from autodiff_compiler.frontend.refuse import ATTRIBUTE_WRITE
from autodiff_compiler.frontend.values import (
    SILENCED,
    Binding,
    Frame,
    Making,
    Meaning,
    Partial,
    Structure,
)
from autodiff_compiler.ir.types import NO_RECORDS, Fields

METACLASSES = (type, abc.ABCMeta)


def make(ctx: Context, made: Call, cls: type) -> Meaning | None:
    """A call of a class; None for those that are not written in Python."""
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return _named_tuple(ctx, made, cls)
    if not classes.is_ordinary(cls) or issubclass(cls, NO_RECORDS):
        return None
    if (why := _unusual(cls)) is not None:
        return ctx.refuse(made.node, f"call of {made.name}", *why)
    if SILENCED in (*made.arguments, *made.keywords.values()):
        return SILENCED
    ctx.instances += 1
    key = ctx.heap, f"<{cls.__name__} {ctx.instances}>"
    instance = Making(cls, key, len(ctx.stack))
    kind = "dataclass" if dataclasses.is_dataclass(cls) else "object"
    empty = Structure((), Fields(kind, (), cls))
    ctx.state[instance.key] = Binding(empty, ctx.span(made.node))
    problems = len(ctx.problems)
    _initialise(ctx, made, instance)
    ctx.finished.add(key)
    if ctx.region.closed or len(ctx.problems) > problems or instance.key not in ctx.state:
        return SILENCED
    return _finished(ctx, made, cls, ctx.state[instance.key].meaning)


def _unusual(cls: type) -> tuple[str, str] | None:
    """Why a class can't be made as others are, and what to do about it."""
    if type(cls) not in METACLASSES:
        return f"{cls.__name__} has a metaclass, which is not supported", "leave it out"
    missing = sorted(getattr(cls, "__abstractmethods__", ()))
    if missing:
        said = f"{cls.__name__} is abstract: it lacks {', '.join(missing)}"
        return said, "make one of a class that has them"
    owner, _ = classes.lookup(cls, "__new__")
    if owner not in (object, Generic):
        return f"the __new__ of {cls.__name__} is not supported", "write an __init__ instead"
    if classes.lookup(cls, "__setattr__")[0] is not object and not _is_frozen(cls):
        said = f"{cls.__name__} sets attributes by __setattr__, which is not supported"
        return said, "leave it out"
    return None


def _is_frozen(cls: type) -> bool:
    params = getattr(cls, "__dataclass_params__", None)
    raw = classes.lookup(cls, "__setattr__")[1]
    generated = isinstance(raw, FunctionType) and _is_generated(raw)
    return bool(params is not None and params.frozen and generated)


def _is_generated(function: FunctionType) -> bool:
    """Whether a method was written by `dataclasses` or `collections`, and so has no text."""
    return function.__code__.co_filename.startswith("<string>") or (
        function.__globals__.get("__name__", "").startswith(("dataclasses", "namedtuple_"))
    )


def _initialise(ctx: Context, made: Call, instance: Making) -> None:
    owner, raw = classes.lookup(instance.cls, "__init__")
    if owner is object:
        if made.arguments or made.keywords:
            said = f"{instance.cls.__name__} takes no arguments"
            ctx.refuse(made.node, f"call of {made.name}", said, "write an __init__")
        return
    if isinstance(raw, FunctionType) and _is_generated(raw):
        _initialise_data(ctx, made, instance, raw)
        return
    method = classes.method(ctx, instance, "__init__", made.node)
    if isinstance(method, Partial):
        ctx.apply(ctx, made.node, method, made.arguments, made.keywords)
    elif method is not SILENCED:
        said = f"the __init__ of {instance.cls.__name__} is not supported"
        ctx.refuse(made.node, f"call of {made.name}", said, "write it as a function")


def _initialise_data(ctx: Context, made: Call, instance: Making, init: FunctionType) -> None:
    """The `__init__` that `dataclasses` writes."""
    cls = instance.cls
    ctx.guard("attribute", cls, "__init__", init)
    fields = _fields_of_init(cls)
    parameters = [each for each in fields if each.init]
    positional = [each.name for each in parameters if not each.kw_only]
    names = [each.name for each in parameters]
    given = dict(zip(positional, made.arguments, strict=False))
    what = f"call of {made.name}"
    hint = f"its fields are {cls.__name__}({', '.join(names)})"
    if len(made.arguments) > len(positional):
        said = f"{cls.__name__} takes {len(positional)} arguments, got {len(made.arguments)}"
        ctx.refuse(made.node, what, said, hint)
        return
    for name, meaning in made.keywords.items():
        if name not in names or name in given:
            said = "twice" if name in given else "which it doesn't take"
            ctx.refuse(made.node, what, f"{cls.__name__} gets {name} {said}", hint)
            return
        given[name] = meaning
    handed: list[Meaning] = []
    for each in fields:
        value = given.get(each.name) or _default(ctx, made, cls, each)
        if value is None:
            if not each.init:
                continue  # to be set in __post_init__
            ctx.refuse(made.node, what, f"missing a required argument: {each.name!r}", hint)
            return
        if _is_pseudo(each):
            handed.append(value)
        else:
            set_field(ctx, instance, each.name, value, made.node)
    after = classes.method(ctx, instance, "__post_init__", made.node)
    if after is not None:
        ctx.call(made.node, after, *handed)


def _fields_of_init(cls: type) -> list[dataclasses.Field[Any]]:
    """The fields, and those that are only handed on to `__post_init__`, in order."""
    every: dict[str, dataclasses.Field[Any]] = classes.lookup(cls, "__dataclass_fields__")[1]  # type: ignore[assignment]
    return [each for each in every.values() if not _is(each, "_FIELD_CLASSVAR")]


def _is(field: dataclasses.Field[Any], kind: str) -> bool:
    """Whether a field is of a kind that `dataclasses` marks with an object of its own."""
    return vars(dataclasses)[kind] is field.__getattribute__("_field_type")


def _is_pseudo(field: dataclasses.Field[Any]) -> bool:
    return _is(field, "_FIELD_INITVAR")


def _default(ctx: Context, made: Call, cls: type, field: dataclasses.Field[Any]) -> Meaning | None:
    """What a field holds that isn't given; None if it must be."""
    if field.default is not dataclasses.MISSING:
        ctx.guard("attribute", field, "default", field.default)
        return objects.meaning_of(ctx, field.default, field.name, made.node)
    if field.default_factory is dataclasses.MISSING:
        return None
    ctx.guard("attribute", field, "default_factory", field.default_factory)
    factory = objects.meaning_of(ctx, field.default_factory, field.name, made.node)
    return ctx.call(made.node, factory)


def set_field(ctx: Context, instance: Making, name: str, value: Meaning, node: ast.AST) -> Meaning:
    """`self.name = value`, while the instance is being made; the value under that name."""
    before = ctx.state[instance.key].meaning
    if not isinstance(before, Structure) or not isinstance(before.container, Fields):
        return SILENCED  # refused already
    held = dict(zip(before.container.names, before.items, strict=True))
    if not isinstance(value, Making):
        value = ctx.named(value, name)
    held[name] = value
    fields = dataclasses.replace(before.container, names=tuple(held))
    ctx.state[instance.key] = Binding(Structure(tuple(held.values()), fields), ctx.span(node))
    return value


def _finished(ctx: Context, made: Call, cls: type, meaning: Meaning) -> Meaning:
    """The instance, with its fields in the order in which Python has them."""
    if not isinstance(meaning, Structure):
        said = f"what {cls.__name__} holds depends on the path through its __init__"
        return ctx.refuse(made.node, f"call of {made.name}", said, "set each attribute once")
    fields = meaning.container
    assert isinstance(fields, Fields)
    if fields.kind != "dataclass":
        return meaning
    held = dict(zip(fields.names, meaning.items, strict=True))
    declared = [each.name for each in dataclasses.fields(cls)]
    missing = [name for name in declared if name not in held]
    if missing:
        said = f"{cls.__name__} is made without its field {missing[0]}"
        return ctx.refuse(made.node, f"call of {made.name}", said, "set it in __post_init__")
    order = dict.fromkeys((*declared, *held))
    names = dataclasses.replace(fields, names=tuple(order))
    return Structure(tuple(held[name] for name in order), names)


def _named_tuple(ctx: Context, made: Call, cls: type) -> Meaning | None:
    owner, raw = classes.lookup(cls, "__new__")
    code = getattr(getattr(raw, "__func__", None), "__code__", None)
    own_init = classes.lookup(cls, "__init__")[0] is not object
    if owner is None or code is None or not code.co_filename.startswith("<") or own_init:
        said = f"the __new__ of {cls.__name__} is not supported"
        return ctx.refuse(made.node, f"call of {made.name}", said, "leave it out")
    names: Sequence[str] = classes.lookup(cls, "_fields")[1]  # type: ignore[assignment]
    defaults: dict[str, object] = getattr(cls, "_field_defaults", {})
    what, hint = f"call of {made.name}", f"its fields are {cls.__name__}({', '.join(names)})"
    given = dict(zip(names, made.arguments, strict=False))
    if len(made.arguments) > len(names):
        said = f"{cls.__name__} takes {len(names)} arguments, got {len(made.arguments)}"
        return ctx.refuse(made.node, what, said, hint)
    for name, meaning in made.keywords.items():
        if name not in names or name in given:
            said = "twice" if name in given else "which it doesn't take"
            return ctx.refuse(made.node, what, f"{cls.__name__} gets {name} {said}", hint)
        given[name] = meaning
    for name in names:
        if name in given:
            continue
        if name not in defaults:
            said = f"missing a required argument: {name!r}"
            return ctx.refuse(made.node, what, said, hint)
        given[name] = objects.meaning_of(ctx, defaults[name], name, made.node)
    return Structure(tuple(given[name] for name in names), Fields("namedtuple", tuple(names), cls))


def being_made(ctx: Context, target: ast.expr) -> Making | None:
    """The instance that an attribute is set of, if it is one whose `__init__` runs."""
    if not isinstance(target, ast.Attribute) or not isinstance(target.value, ast.Name):
        return None
    frame: Frame | None = ctx.frame
    while frame is not None:
        if target.value.id in frame.code.locals:
            binding = ctx.state.get((frame, target.value.id))
            meaning = binding.meaning if binding is not None else None
            return meaning if isinstance(meaning, Making) else None
        frame = frame.closure.frame
    return None


def write_attribute(
    ctx: Context, target: ast.Attribute, base: Making, name: str, value: Meaning
) -> Meaning:
    """`self.name = value` in `__init__`, or in what it calls."""
    _, raw = classes.lookup(base.cls, name)
    if isinstance(raw, property):
        if isinstance(raw.fset, FunctionType):
            ctx.call(target, objects.meaning_of(ctx, raw.fset, name, target), base, value)
            return value
        return ctx.refuse(target, f"attribute {name}", f"{name} is a property", "give it a setter")
    if _is_frozen(base.cls):
        hint = f'write object.__setattr__(self, "{name}", ...)'
        return ctx.refuse(target, f"attribute {name}", f"{base.cls.__name__} is frozen", hint)
    if hasattr(type(raw), "__set__") and not hasattr(type(raw), "__objclass__"):
        said = f"{name} is set by a descriptor, which is not supported"
        return ctx.refuse(target, f"attribute {name}", said, "use a property")
    if base.key in ctx.finished:
        return ctx.refuse_as(target, ATTRIBUTE_WRITE)
    if any(region.repeats for region in ctx.stack[base.depth :]):
        said = "setting an attribute in a loop, while its object is being made, is not supported"
        hint = "compute it in a variable, and set the attribute after the loop"
        return ctx.refuse(target, f"attribute {name}", said, hint)
    return set_field(ctx, base, name, value, target)
