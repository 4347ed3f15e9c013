"""Signatures from parameter annotations, for whoever asks for a derivative before calling it."""

from __future__ import annotations

import inspect
import types
import typing
from collections import abc
from collections.abc import Mapping, Sequence
from types import FunctionType

import numpy as np

from autodiff_compiler.dispatch.arguments import SCALARS, describe
from autodiff_compiler.dispatch.compiler import Described, Known
from autodiff_compiler.dispatch.parameters import Parameter, defaults_of
from autodiff_compiler.errors import SignatureError
from autodiff_compiler.ir.types import FLOAT, SequenceType, TupleType, Type

NUMBERS: dict[type, Type] = dict(SCALARS.items())
NUMBERS[np.floating] = SCALARS[np.float64]
LISTS = (list, abc.Sequence, abc.Iterable, abc.Collection, abc.MutableSequence)


def declared(
    function: FunctionType,
    parameters: Sequence[Parameter],
    known: Mapping[str, Described],
) -> dict[str, Described]:
    """What the annotations say of each parameter; where one says nothing, its default does.

    A parameter with neither is a float. A static one (a string, a function, None) is its default.
    What is `known` of some comes first. Raises SignatureError for an annotation that says too
    little, such as `str` without a default.
    """
    annotations = inspect.get_annotations(function)
    defaults = defaults_of(function, parameters)
    found: dict[str, Described] = {}
    for parameter in parameters:
        name = parameter.name
        annotation = annotations.get(name, inspect.Parameter.empty)
        meant = _type(_resolved(function, annotation), name in defaults)
        if name in known:
            meant = known[name]
        elif parameter.is_variadic:
            meant = Known(())  # refused by whoever reads the function, with its place
        elif name in defaults and (meant is None or defaults[name] is None):
            meant = describe(f"the default of {name!r}", defaults[name], variable=False, path=name)
        elif annotation is inspect.Parameter.empty:
            meant = FLOAT
        if meant is None:
            shown = isinstance(annotation, str)
            text = annotation if shown else inspect.formatannotation(annotation)
            raise SignatureError(
                f"the annotation {text!r} of {name!r} in {function.__qualname__} does not say "
                "what an argument will be; use .lower(*args) with example arguments"
            )
        found[name] = meant
    return found


def variable_tuples(function: FunctionType) -> frozenset[str]:
    """The parameters annotated as a tuple of any length, `tuple[float, ...]`."""
    return frozenset(
        name
        for name, annotation in inspect.get_annotations(function).items()
        if name != "return" and _is_variable_tuple(_resolved(function, annotation))
    )


def _resolved(function: FunctionType, annotation: object) -> object:
    return _evaluated(function, annotation) if isinstance(annotation, str) else annotation


def _evaluated(function: FunctionType, annotation: str) -> object:
    """The value of an annotation kept as text; an ellipsis if it has none."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    try:
        local = {name: cell.cell_contents for name, cell in cells}
        return typing.get_type_hints(
            types.SimpleNamespace(__annotations__={"it": annotation}),
            function.__globals__,
            local,
            include_extras=True,
        )["it"]
    except Exception:  # whatever evaluating a user's expression raises
        return ...


def _is_variable_tuple(annotation: object) -> bool:
    arguments = typing.get_args(annotation)
    return typing.get_origin(annotation) is tuple and arguments[1:] == (Ellipsis,)


def _type(annotation: object, optional: bool) -> Described | None:
    """The type that an annotation means; None where it doesn't say.

    `optional` allows a union with None: there the default decides.
    """
    if annotation is None or annotation is type(None):
        return Known(None)
    if annotation is typing.Any:
        return FLOAT
    if isinstance(annotation, type) and annotation in NUMBERS:
        return NUMBERS[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in (list, tuple):
        return SequenceType(FLOAT, "list" if annotation is list else "tuple")
    if origin is typing.Annotated:
        return _type(arguments[0], optional)
    if origin in (typing.Union, types.UnionType):
        return _union(arguments, optional)
    if origin is np.floating or origin in LISTS or _is_variable_tuple(annotation):
        element = _type(arguments[0], optional=False)
        if origin is np.floating:
            return SCALARS[np.float64]
        if element is None or isinstance(element, Known):
            return None
        return SequenceType(element, "tuple" if origin is tuple else "list")
    if origin is tuple:
        items = [_type(argument, optional=False) for argument in arguments]
        known = [item for item in items if item is not None and not isinstance(item, Known)]
        return TupleType(tuple(known)) if len(known) == len(items) else None
    return None


def _union(members: Mapping[int, object] | Sequence[object], optional: bool) -> Described | None:
    """float, where the union has it (`int | float`); else the one member besides None."""
    some = [member for member in members if member is not type(None)]
    if len(some) < len(members) and not optional:
        return None
    if float in some:
        return FLOAT
    return _type(some[0], optional) if len(some) == 1 else None
