"""`isinstance`, answered from types alone where they leave no doubt."""

from __future__ import annotations

import numpy as np

from autodiff_compiler.frontend.values import Closure, Counting, Meaning, Static, Structure
from autodiff_compiler.ir.types import (
    ArrayType,
    Container,
    Fields,
    Kind,
    ScalarType,
    SequenceType,
    TextType,
    TupleType,
)
from autodiff_compiler.ir.values import Const, Value

CLASSES: dict[Kind, type] = {Kind.BOOL: bool, Kind.INT: int, Kind.FLOAT: float} | {
    kind: np.dtype(kind.value.removeprefix("np.")).type for kind in Kind if kind.is_numpy
}
CONTAINERS = {"tuple": tuple, "list": list, "dict": dict}


def class_of(container: Container) -> type:
    """The class of what holds items."""
    if not isinstance(container, Fields):
        return CONTAINERS[container]
    return CONTAINERS[container.kind] if container.cls is None else container.cls


def is_instance(meaning: Meaning, asked: Meaning) -> bool | None:
    """Whether it is an instance of a class, or of one of several; None if that isn't certain."""
    wanted = _classes(asked)
    actual = _classes_of(meaning)
    if wanted is None or not actual:
        return None
    answers = {issubclass(each, wanted) for each in actual}
    return answers.pop() if len(answers) == 1 else None


def _classes(asked: Meaning) -> tuple[type, ...] | None:
    if isinstance(asked, Static) and isinstance(asked.value, type):
        return (asked.value,)
    if isinstance(asked, Structure):
        found = [_classes(item) for item in asked.items]
        if all(found):
            return tuple(kind for each in found for kind in each or ())
    return None


def _classes_of(meaning: Meaning) -> list[type]:
    """The classes that the value may be of; nothing where that isn't known."""
    match meaning:
        case Value() | Const():
            match meaning.type:
                case ScalarType(kinds):
                    return [CLASSES[kind] for kind in kinds]
                case SequenceType(_, container) | TupleType(_, container):
                    return [class_of(container)]
                case TextType():
                    return [str]
                case ArrayType():
                    return [np.ndarray]
        case Structure(_, container):
            return [class_of(container)]
        case Counting():
            return [range]
        case Static(value):
            return [type(value)]
        case Closure(function=function) if function is not None:
            return [type(function)]
    return []
