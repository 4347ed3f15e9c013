"""Signatures from annotations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Optional, Union

import numpy as np
import pytest

from autodiff_compiler.dispatch.annotations import declared, variable_tuples
from autodiff_compiler.dispatch.compiler import Known
from autodiff_compiler.dispatch.parameters import parameters_of
from autodiff_compiler.errors import SignatureError
from autodiff_compiler.ir.types import (
    BOOL,
    FLOAT,
    INT,
    NP_FLOAT,
    SequenceType,
    TupleType,
    Type,
)

Function = Callable[..., Any]


def types_of(function: Function, known: dict[str, Type | Known] | None = None) -> list[object]:
    """The declared types, static values in angle brackets."""
    code = function.__code__
    found = declared(function, parameters_of(code), known or {})  # type: ignore[arg-type]
    assert list(found) == list(code.co_varnames[: len(found)])
    return [f"<{each.value!r}>" if isinstance(each, Known) else each for each in found.values()]


def test_numbers() -> None:
    def f(a: float, b: int, c: bool, d: np.float64, e): ...  # type: ignore[no-untyped-def]

    assert types_of(f) == [FLOAT, INT, BOOL, NP_FLOAT, FLOAT]


def test_numbers_without_text() -> None:
    namespace: dict[str, Any] = {"np": np}
    exec("def f(a: float, b: np.float64, c: list[int]): ...", namespace)
    assert types_of(namespace["f"]) == [FLOAT, NP_FLOAT, SequenceType(INT)]


def test_containers() -> None:
    def f(
        a: list[float],
        b: tuple[float, ...],
        c: tuple[float, int],
        d: list,  # type: ignore[type-arg]
        e: Sequence[float],
        g: tuple[list[float], float],
    ) -> None: ...

    floats = SequenceType(FLOAT)
    assert types_of(f) == [
        floats,
        SequenceType(FLOAT, "tuple"),
        TupleType((FLOAT, INT)),
        floats,
        floats,
        TupleType((floats, FLOAT)),
    ]
    assert variable_tuples(f) == {"b"}  # type: ignore[arg-type]


def test_unions_and_the_like() -> None:
    def f(
        a: int | float,
        b: Union[float, int],
        c: Annotated[float, "metres"],
        d: Any,
        e: Optional[float] = 1.0,
        g: float | None = None,
    ) -> None: ...

    assert types_of(f) == [FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, "<None>"]


def test_defaults_speak_where_annotations_do_not() -> None:
    def f(a, b=3, c="fast", *, d: str = "slow", e: Callable[..., Any] = math.sin, g: float = 1):  # type: ignore[no-untyped-def]
        ...

    assert types_of(f) == [FLOAT, INT, "<'fast'>", "<'slow'>", f"<{math.sin!r}>", FLOAT]


def test_names_known_only_inside_a_function() -> None:
    Number = float

    def f(a: Number, b: list[Number]) -> float:
        return Number(a)

    assert types_of(f) == [FLOAT, SequenceType(FLOAT)]


def test_what_is_known_comes_first() -> None:
    def f(self, w: float): ...  # type: ignore[no-untyped-def]

    assert types_of(f, {"self": Known(None)}) == ["<None>", FLOAT]


def unknown(a: Missing) -> None: ...  # type: ignore[name-defined]  # noqa: F821
def text(a: str) -> None: ...
def maybe(a: float | None) -> None: ...
def array(a: np.ndarray) -> None: ...  # type: ignore[type-arg]
def function(a: Callable[[float], float]) -> None: ...
def texts(a: list[str]) -> None: ...


@pytest.mark.parametrize("f", [unknown, text, maybe, array, function, texts])
def test_an_annotation_that_says_too_little_is_refused(f: Function) -> None:
    annotation = f.__annotations__["a"]
    with pytest.raises(SignatureError) as caught:
        types_of(f)
    assert str(caught.value) == (
        f"the annotation {annotation!r} of 'a' in {f.__name__} does not say what an argument "
        "will be; use .lower(*args) with example arguments"
    )
