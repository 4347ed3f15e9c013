"""Signatures of arrays, dicts and records, and the fast way in for them."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from autodiff_compiler.dispatch.active import as_differentiable, differentiable, is_active
from autodiff_compiler.dispatch.arguments import describe, key_of, key_of_described
from autodiff_compiler.dispatch.cache import Dispatcher
from autodiff_compiler.dispatch.calls import Fast, call_function
from autodiff_compiler.dispatch.compiler import Known, Step
from autodiff_compiler.dispatch.parameters import parameters_of
from autodiff_compiler.errors import SignatureError, StaticWanted
from autodiff_compiler.ir.types import (
    FLOAT,
    INT,
    NOTHING,
    NP_FLOAT32,
    ONE,
    TEXT,
    ArrayType,
    Dim,
    Fields,
    SequenceType,
    TupleType,
)


@dataclass
class Layer:
    w: Any
    b: Any = 0.0


Pair = namedtuple("Pair", "first second")


class Model:
    def __init__(self, **given: object) -> None:
        vars(self).update(given)


class Dicts(dict[str, float]): ...


def described(value: object) -> Any:
    return describe("argument 'x'", value, variable=False, path="x")


def long(name: str) -> Dim:
    return Dim(name, one=False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(1.0), NP_FLOAT32),
        (np.array(1.0), ArrayType("float64", ())),
        (np.ones(3), ArrayType("float64", (long("x.0"),))),
        (np.ones(1), ArrayType("float64", (ONE,))),
        (np.ones(0), ArrayType("float64", (long("x.0"),))),
        (np.ones((2, 1, 4), np.float32), ArrayType("float32", (long("x.0"), ONE, long("x.2")))),
        (np.ones((1, 2), bool), ArrayType("bool", (ONE, long("x.1")))),
        (np.ones(3, np.int8), ArrayType("int8", (long("x.0"),))),
        ([np.ones(3), 1.0], TupleType((ArrayType("float64", (long("x.0.0"),)), FLOAT), "list")),
        ((1, "a", None), TupleType((INT, TEXT, NOTHING))),
        (
            {"w": np.ones(3), "n": 2},
            TupleType((ArrayType("float64", (long("x.w.0"),)), INT), Fields("dict", ("w", "n"))),
        ),
        (
            {"a.b": np.ones(3)},
            TupleType((ArrayType("float64", (long("x.'a.b'.0"),)),), Fields("dict", ("a.b",))),
        ),
        (
            Layer([np.ones(2)]),
            TupleType(
                (
                    TupleType((ArrayType("float64", (long("x.w.0.0"),)),), "list"),
                    FLOAT,
                ),
                Fields("dataclass", ("w", "b"), Layer),
            ),
        ),
        (
            Pair(1.0, [1.0]),
            TupleType(
                (FLOAT, SequenceType(FLOAT)), Fields("namedtuple", ("first", "second"), Pair)
            ),
        ),
        (Model(k=1), TupleType((INT,), Fields("object", ("k",), Model))),
    ],
)
def test_arrays_and_containers_are_known_by_type(value: object, expected: object) -> None:
    assert described(value) == expected
    assert key_of_described(described(value)) == key_of(value, variable=False)
    hash(key_of(value, variable=False))


DISTINCT = [
    np.array(1.0),
    np.ones(3),
    np.ones(1),
    np.ones(3, np.float32),
    np.ones(3, int),
    np.ones((3, 3)),
    np.ones((3, 1)),
    np.ones((1, 3)),
    np.ones((1, 1)),
    [np.ones(3)],
    (np.ones(3),),
    {"a": np.ones(3)},
    {"b": np.ones(3)},
    {"a": np.ones(1)},
    {"a": 1.0},
    {"a": 1},
    {"a": "x"},
    {"a": None},
    {"a": {"a": 1.0}},
    {"a": 1.0, "b": 1.0},
    {},
    Pair(1.0, 2.0),
    (1.0, 2.0),
    Layer(1.0, 2.0),
    Model(w=1.0, b=2.0),
    Model(w=1.0),
    Model(),
]


def test_keys_tell_signatures_apart() -> None:
    assert len({key_of(value, variable=False) for value in DISTINCT}) == len(DISTINCT)
    assert len({key_of_described(described(value)) for value in DISTINCT}) == len(DISTINCT)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (np.ones(3), np.ones(5)),
        (np.ones((4, 6)), np.ones((6, 4)).T),
        (np.ones((4, 1)), np.ones((8, 1))[::2]),
        ({"a": np.ones(3), "s": "x"}, {"a": np.zeros(2), "s": "y"}),
        (Model(w=[np.ones(3)]), Model(w=[np.ones(2)])),
    ],
)
def test_sizes_strides_and_values_do_not_matter(a: object, b: object) -> None:
    assert key_of(a, variable=False) == key_of(b, variable=False)


def self_containing() -> list[object]:
    found: list[object] = []
    found.append(found)
    return found


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (np.ones(2, complex), "x' is an array of complex128: complex arrays"),
        (np.ones(2, np.float16), "x' is an array of float16: of float dtypes"),
        (np.ones(2, object), "x' is an array of object: arrays of objects"),
        (np.array(["a"]), "x' is an array of <U1: arrays hold floats"),
        (np.ones(2, np.dtype(float).newbyteorder()), "its bytes are in the other order"),
        (np.ma.array([1.0]), "x' is a numpy.ma.MaskedArray: masked arrays.*x.mask"),
        (np.ones((1, 1)).view(np.matrix), "x' is a np.matrix: .*np.asarray"),
        (np.ones(1).view(np.recarray), "recarray: subclasses of np.ndarray .*np.asarray"),
        ({"w": np.ones(2, complex)}, "item 'w' of argument 'x' is an array of complex128"),
        ([{"w": [1.0, 1j]}], "item 1 of item 'w' of item 0 of argument 'x' is a complex"),
        (Pair(1.0, {1.0}), "second of argument 'x' is a set"),
        ({"f": np.sin}, "item 'f' of argument 'x' is a np.ufunc: the items of a container"),
        ([OrderedDict(a=1.0)], "is a collections.OrderedDict: .*dict"),
        ([Dicts(a=1.0)], "Dicts: dictionaries"),
        (self_containing(), "argument 'x' is a list that contains itself"),
    ],
)
def test_what_has_no_type_is_refused_by_name(value: object, told: str) -> None:
    for call in (described, lambda value: differentiable("argument 'x'", value)):
        with pytest.raises(SignatureError, match="(?s)" + told):
            call(value)


def test_instances_that_hold_other_things_are_static() -> None:
    parent = Model()
    parent.child = Model(parent=parent)  # type: ignore[attr-defined]
    for value in (Model(f=np.sin), Layer(object()), Model(names={"a"}), parent):
        assert isinstance(described(value), Known)
        assert key_of_described(described(value)) == key_of(value, variable=False)
        with pytest.raises(SignatureError, match=r"of argument 'x' is|contains itself"):
            differentiable("argument 'x'", value)


def test_what_holds_a_float_can_be_differentiated_by() -> None:
    for value in (
        np.ones(3),
        np.array(1.0),
        np.float32(1.0),
        [np.ones(3), 1],
        {"a": [1.0], "n": 3},
        {"a": {"b": np.ones(1, np.float32)}, "s": "text", "m": np.ones(2, bool)},
        Layer(1, 2.0),
        Pair(None, (1, np.ones(2))),
        Model(w=np.ones(2), k=1),
    ):
        assert is_active(value)
        assert differentiable("x", value) is value
        assert as_differentiable("x", described(value)) == described(value)
    integers = np.ones(2, int)
    for value in (integers, np.ones(2, bool), {"a": 1}, {}, (), Layer(1, None), [integers]):
        assert not is_active(value)
        if type(value) is not tuple:  # there is nothing to be converted
            with pytest.raises(SignatureError, match="cannot differentiate with respect to x"):
                differentiable("x", value)
            with pytest.raises(SignatureError, match="cannot differentiate with respect to x"):
                as_differentiable("x", described(value))


# The fast way in.


def plain(a, b): ...


def fast_call(*entries: Fast) -> Callable[..., Any]:
    parameters = parameters_of(plain.__code__)
    last: list[object] = [None]
    return call_function(plain, parameters, lambda values: "general", entries, last)


@pytest.mark.parametrize("place", range(len(DISTINCT)))
def test_fast_entries_recognise_their_signature_and_no_other(place: int) -> None:
    call = fast_call(Fast((described(DISTINCT[place]), FLOAT), (), lambda a, b: "fast", 1))
    for k, value in enumerate(DISTINCT):
        assert call(value, 1.0) == ("fast" if k == place else "general")
    for value in (None, 1.0, "a", np.ones(3).view(np.recarray), np.ones(3, ">f4"), Dicts(a=1.0)):
        assert call(value, 1.0) == "general"


def test_hostile_names_are_data() -> None:
    name = "a'] or exit() or p0['"
    call = fast_call(Fast((described({name: 1.0}), FLOAT), (), lambda a, b: "fast", 1))
    assert call({name: 2.0}, 1.0) == "fast"
    assert call({"a": 2.0}, 1.0) == "general"


# Values that the code needs to know.


def summed(x, axis, other=2):
    return np.sum(np.sum(x, axis=axis) ** other)


def dispatcher(function: Any) -> Dispatcher:
    return Dispatcher(function, lambda active: (Step("grad", (0,), True),))


def test_values_that_are_wanted_become_part_of_the_signature() -> None:
    made = dispatcher(summed)
    x = np.arange(6.0).reshape(2, 3)
    first = made.specialise((), (x, 0, 2))
    assert made.static == {"axis"}
    assert made.specialise((), (x, 0, 3)) is first
    second = made.specialise((), (x, 1, 2))
    assert second is not first
    assert made.specialise((), (x, 0, 5)) is first
    assert made.compilations == 2
    assert np.array_equal(second.target(x, 1, 2), [[6.0] * 3, [24.0] * 3])
    both = made.specialise((), (x, (0, 1), 2))
    assert np.array_equal(both.target(x, (0, 1), 2), np.full((2, 3), 30.0))
    assert made.specialise((), (x, (0, 1), 2)) is both


def test_a_tuple_of_ints_may_be_wanted_first() -> None:
    made = dispatcher(summed)
    made.specialise((), (np.ones((2, 3)), (0, 1), 2))
    assert made.static == {"axis"}


def test_fast_entries_compare_values_that_are_known() -> None:
    entry = Fast((Known(1000), Known(True)), (), lambda a, b: "fast", 1)
    call = fast_call(entry)
    assert call(int("1000"), True) == "fast"
    for a, b in ((1001, True), (1000.0, True), (1000, 1), (1000, False)):
        assert call(a, b) == "general"


@pytest.mark.parametrize("axis", [1.0, np.ones(2), [0]])
def test_a_value_that_cannot_be_known_is_an_error(axis: object) -> None:
    with pytest.raises((StaticWanted, SignatureError, Exception), match="axis") as caught:
        dispatcher(summed).specialise((), (np.ones((2, 3)), axis, 2))
    assert "test_arrays.py" in str(caught.value)


def test_what_is_differentiated_by_is_never_known() -> None:
    made = Dispatcher(summed, lambda active: (Step("grad", (0, 1), False),))
    with pytest.raises(StaticWanted, match="axis must be known"):
        made.specialise((), (np.ones((2, 3)), 0, 2))
    assert made.static == frozenset()


def test_defaults_are_known_where_nothing_has_been_called() -> None:
    def f(x: float, axis: int = 0) -> float:
        return np.sum(np.outer(x, x), axis=axis).sum()  # type: ignore[no-any-return]

    made = dispatcher(f)
    arguments = {"x": described(np.ones(3)), "axis": INT}
    made.declared((), arguments)
    assert made.static == {"axis"}
    assert made.declared((), arguments).arguments["axis"].value == 0  # type: ignore[union-attr]
