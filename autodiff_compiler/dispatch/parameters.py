"""The parameters of a function, as its code object has them.

Read from the code and not through `inspect.signature`, which believes `__wrapped__` and
`__signature__`: what counts is how the function is really called.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import CodeType, FunctionType

from autodiff_compiler.errors import SignatureError


class Kind(Enum):
    """How a parameter may be passed, as in `inspect.Parameter`."""

    POSITIONAL_ONLY = "positional-only"
    POSITIONAL_OR_KEYWORD = "positional or keyword"
    KEYWORD_ONLY = "keyword-only"
    VAR_POSITIONAL = "*args"
    VAR_KEYWORD = "**kwargs"


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, and how it may be passed."""

    name: str
    kind: Kind

    @property
    def is_positional(self) -> bool:
        return self.kind in (Kind.POSITIONAL_ONLY, Kind.POSITIONAL_OR_KEYWORD)

    @property
    def is_variadic(self) -> bool:
        return self.kind in (Kind.VAR_POSITIONAL, Kind.VAR_KEYWORD)


class Missing:
    """Stands for an argument that the caller left to its default."""

    def __repr__(self) -> str:
        return "<default>"


MISSING = Missing()


def parameters_of(code: CodeType) -> tuple[Parameter, ...]:
    """The parameters in the order in which values for them are handed on.

    Positional ones, keyword-only ones, `*args`, `**kwargs`: the order of the code's variables.
    """
    names = iter(code.co_varnames)
    positional = code.co_argcount - code.co_posonlyargcount
    kinds = [Kind.POSITIONAL_ONLY] * code.co_posonlyargcount
    kinds += [Kind.POSITIONAL_OR_KEYWORD] * positional
    kinds += [Kind.KEYWORD_ONLY] * code.co_kwonlyargcount
    kinds += [Kind.VAR_POSITIONAL] if code.co_flags & inspect.CO_VARARGS else []
    kinds += [Kind.VAR_KEYWORD] if code.co_flags & inspect.CO_VARKEYWORDS else []
    return tuple(Parameter(next(names), kind) for kind in kinds)


def defaults_of(function: FunctionType, parameters: Sequence[Parameter]) -> Mapping[str, object]:
    """The defaults as they are now, by parameter name."""
    positional = [parameter.name for parameter in parameters if parameter.is_positional]
    defaults = function.__defaults__ or ()
    found: dict[str, object] = {}
    if defaults:
        found.update(zip(positional[-len(defaults) :], defaults, strict=False))
    return found | (function.__kwdefaults__ or {})


def completed(
    function: FunctionType, parameters: Sequence[Parameter], values: Sequence[object]
) -> tuple[object, ...]:
    """The values, with defaults in the place of those left out."""
    if MISSING not in map(_missing, values):
        return tuple(values)
    defaults = defaults_of(function, parameters)
    complete = []
    for parameter, value in zip(parameters, values, strict=True):
        if value is MISSING:
            if parameter.name not in defaults:
                name = function.__qualname__
                raise SignatureError(
                    f"parameter {parameter.name!r} of {name} has lost its default since {name} "
                    "was differentiated; differentiate it anew"
                )
            value = defaults[parameter.name]
        complete.append(value)
    return tuple(complete)


def _missing(value: object) -> object:
    """Keeps `in` from calling the `==` of a user's object."""
    return MISSING if value is MISSING else None
