"""The call function: Python's own answers to wrong calls, and the fast way in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autodiff_compiler.dispatch.calls import Fast, call_function, holds, positional
from autodiff_compiler.dispatch.compiler import Known
from autodiff_compiler.dispatch.parameters import MISSING, completed, parameters_of
from autodiff_compiler.errors import SignatureError
from autodiff_compiler.frontend import Guard
from autodiff_compiler.ir.types import (
    BOOL,
    FLOAT,
    INT,
    NP_FLOAT,
    Kind,
    ScalarType,
    SequenceType,
    TupleType,
)


def plain(a, b): ...
def defaults(a, b=2, c=3): ...
def slashed(a, b=2, /, c=3): ...
def only_positional(a, /): ...
def keywords(a, *, b, c=3): ...
def variadic(a, *rest, b=2, **more): ...
def nothing(): ...


anonymous = lambda a, b=1: None


class Box:
    def method(self, a): ...


FUNCTIONS = [
    plain,
    defaults,
    slashed,
    only_positional,
    keywords,
    variadic,
    nothing,
    anonymous,
    Box.method,
]
CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    ((1,), {}),
    ((1, 2), {}),
    ((1, 2, 3), {}),
    ((1, 2, 3, 4), {}),
    ((), {"a": 1}),
    ((1,), {"a": 1}),
    ((1,), {"b": 1}),
    ((1,), {"c": 1}),
    ((1, 2), {"c": 1}),
    ((1,), {"z": 1}),
    ((1, 2), {"z": 1}),
    ((), {"a": 1, "b": 2}),
    ((), {"self": 1, "a": 2}),
]


def bound_by(function: FunctionType) -> Callable[..., Any]:
    return call_function(function, parameters_of(function.__code__), lambda values: values)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__qualname__)
@pytest.mark.parametrize(("args", "kwargs"), CALLS)
def test_calls_are_bound_and_refused_as_python_does(
    function: FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    bound, refused = outcome(bound_by(function), args, kwargs)
    _, expected = outcome(function, args, kwargs)
    assert refused == expected
    if refused is not None:
        return
    parameters = parameters_of(function.__code__)
    values = completed(function, parameters, bound)
    names = [parameter.name for parameter in parameters]
    assert dict(zip(names, values, strict=True)) == python_binds(function, args, kwargs)


def outcome(function: Callable[..., Any], args: Any, kwargs: Any) -> tuple[Any, str | None]:
    try:
        return function(*args, **kwargs), None
    except TypeError as error:
        return None, str(error)


def python_binds(function: FunctionType, args: Any, kwargs: Any) -> dict[str, Any]:
    """The arguments as the function's own body sees them."""
    seen: dict[str, Any] = {}

    def profile(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code is function.__code__:
            seen.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        function(*args, **kwargs)
    finally:
        sys.setprofile(before)
    return seen


def test_defaults_are_those_of_the_moment() -> None:
    def f(a, b=2, *, c=3): ...

    parameters = parameters_of(f.__code__)
    call = bound_by(f)
    assert call(1) == (1, MISSING, MISSING)
    assert completed(f, parameters, call(1)) == (1, 2, 3)
    f.__defaults__ = (20,)
    f.__kwdefaults__["c"] = 30
    assert completed(f, parameters, call(1)) == (1, 20, 30)
    f.__defaults__ = None
    with pytest.raises(SignatureError, match=r"'b' of .* has lost its default"):
        completed(f, parameters, call(1))


def test_names_are_data() -> None:
    hostile = "x=print('run'):\n    pass\ndef g("
    code = plain.__code__.replace(co_varnames=(hostile, "b"), co_name=hostile)
    function = FunctionType(code, {}, hostile)
    assert bound_by(function)(1, 2) == (1, 2)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'b'"):
        bound_by(function)(1)


class Never:
    """Compares equal to everything, raises when asked for its truth: must not be asked."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared")

    __hash__ = None  # type: ignore[assignment]


def fast_call(function: FunctionType, *entries: Fast) -> tuple[Callable[..., Any], list[object]]:
    last: list[object] = [None]
    parameters = parameters_of(function.__code__)
    call = call_function(function, parameters, lambda values: ("general", values), entries, last)
    return call, last


@pytest.mark.parametrize(
    ("described", "accepted", "others"),
    [
        (FLOAT, [1.0], [1, True, np.float64(1.0), None, "a", [1.0]]),
        (INT, [1], [1.0, True, np.int64(1)]),
        (BOOL, [True], [1, np.bool_(True)]),
        (NP_FLOAT, [np.float64(1.0)], [1.0]),
        (SequenceType(FLOAT), [[1.0], [1.0, 2.0]], [[], (1.0,), [1], [1.0, 2], 1.0]),
        (SequenceType(FLOAT, "tuple"), [(1.0,)], [[1.0], (1,), ()]),
        (Known(None), [None], [1.0, "a"]),
        (Known(len), [len], [abs, None]),
    ],
)
def test_fast_entry_recognises_its_signature(
    described: Any, accepted: list[Any], others: list[Any]
) -> None:
    entry = Fast((described, FLOAT), (), lambda a, b: ("fast", a, b), "mark")
    call, last = fast_call(plain, entry)
    for value in accepted:
        last[0] = None
        assert call(value, 2.0) == ("fast", value, 2.0)
        assert last == ["mark"]
    last[0] = None
    for value in [*others, Never()]:
        kind, values = call(value, 2.0)
        assert kind == "general"
        assert values[0] is value
        assert last == [None]


def test_a_signature_that_needs_a_closer_look_is_left_to_the_general_path() -> None:
    mixed = SequenceType(ScalarType(frozenset({Kind.INT, Kind.FLOAT})))
    for described, value in ((mixed, [1, 2.0]), (TupleType((FLOAT,) * 100), (1.0,) * 100)):
        entry = Fast((described, FLOAT), (), lambda a, b: "fast", "mark")
        call, _ = fast_call(plain, entry)
        assert call(value, 2.0) == ("general", (value, 2.0))


def test_several_signatures() -> None:
    floats = Fast((FLOAT, FLOAT), (), lambda a, b: "floats", 1)
    ints = Fast((INT, INT), (), lambda a, b: "ints", 2)
    call, last = fast_call(plain, floats, ints)
    assert [call(1, 1), last[0], call(1.0, 1.0), last[0]] == ["ints", 2, "floats", 1]
    assert call(1, 1.0) == ("general", (1, 1.0))


def test_keyword_calls_are_fast_too() -> None:
    call, _ = fast_call(keywords, Fast((FLOAT, FLOAT, INT), (), lambda *each: each, 1))
    assert call(1.0, c=3, b=2.0) == (1.0, 2.0, 3)
    assert call(1.0, b=2.0) == ("general", (1.0, 2.0, MISSING))


def test_a_function_without_parameters() -> None:
    call, _ = fast_call(nothing, Fast((), (), lambda: "fast", 1))
    assert call() == "fast"


def a_cell() -> Any:
    value = 1

    def inner() -> int:
        return value

    return inner.__closure__[0]  # type: ignore[index]


def guards() -> list[tuple[Guard, Callable[[], None]]]:
    """Each kind of guard that holds, and what breaks it."""
    value = object()
    cell, namespace, emptied = a_cell(), {"key": value, "gone": value}, a_cell()
    holder = SimpleNamespace(key=value, gone=value)

    def f(a=value, *, b=value): ...

    def break_defaults() -> None:
        f.__defaults__ = (value, value)

    def break_code() -> None:
        f.__code__ = (lambda a: None).__code__

    def break_cell() -> None:
        cell.cell_contents = 2

    def empty_cell() -> None:
        del emptied.cell_contents

    return [
        (Guard("global", namespace, "key", value), lambda: namespace.update(key=object())),
        (Guard("global", namespace, "gone", value), lambda: namespace.__delitem__("gone")),
        (Guard("absent", namespace, "new", None), lambda: namespace.update(new=1)),
        (Guard("cell", cell, "value", cell.cell_contents), break_cell),
        (Guard("cell", emptied, "value", emptied.cell_contents), empty_cell),
        (Guard("attribute", holder, "key", value), lambda: setattr(holder, "key", object())),
        (Guard("attribute", holder, "gone", value), lambda: delattr(holder, "gone")),
        (Guard("attribute", f, "__defaults__", f.__defaults__), break_defaults),
        (Guard("attribute", f, "__code__", f.__code__), break_code),
    ]


@pytest.mark.parametrize("place", range(len(guards())))
def test_guards(place: int) -> None:
    guard, break_it = guards()[place]
    call, _ = fast_call(plain, Fast((FLOAT, FLOAT), (guard,), lambda a, b: "fast", 1))
    assert holds(guard)
    assert call(1.0, 2.0) == "fast"
    break_it()
    assert not holds(guard)
    assert call(1.0, 2.0) == ("general", (1.0, 2.0))


def test_hostile_guard_keys_are_data() -> None:
    key = "k'] is None or exit() or x['"
    namespace: dict[str, object] = {key: 1}
    guard = Guard("global", namespace, key, namespace[key])
    call, _ = fast_call(plain, Fast((FLOAT, FLOAT), (guard,), lambda a, b: "fast", 1))
    assert call(1.0, 2.0) == "fast"


def test_errors_of_the_target_propagate() -> None:
    def target(a: float, b: float) -> None:
        raise KeyError("mine")

    call, _ = fast_call(plain, Fast((FLOAT, FLOAT), (), target, 1))
    with pytest.raises(KeyError, match="mine") as caught:
        call(1.0, 2.0)
    assert caught.value.__context__ is None
    assert caught.traceback[-1].name == "target"


def test_keyword_only_parameters_by_position() -> None:
    def f(a, b=2, *, c=3, d):
        return a, b, c, d

    assert positional(f)(1, 2, 3, 4) == (1, 2, 3, 4)
    with pytest.raises(TypeError):
        positional(f)(1, 2, 3)
    assert positional(plain) is plain
    assert positional(abs) is abs
