"""What is said of wrong requests, arguments, results, tangents: `goldens/signatures/*.txt`."""

from __future__ import annotations

import fractions
import functools
import importlib.util
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autodiff_compiler import grad, jvp, value_and_grad, vjp
from autodiff_compiler.errors import AutodiffError, InternalError, SignatureError
from tests.errors.functions import (
    Model,
    cached,
    constant,
    f,
    indexed,
    optional,
    pair,
    refuses,
    same,
    several,
    shows,
    strange,
    table,
    text,
    total,
)

HERE = Path(__file__).parent
Wrong = Callable[[], object]
unreadable: dict[str, Any] = {"__name__": "nowhere"}
endless: list[Any] = [1.0]
endless.append(endless)
exec(compile("def hidden(x):\n    return x * x\n", "<hidden>", "exec"), unreadable)


ARGUMENTS: dict[str, Wrong] = {
    "array": lambda: grad(f)(np.ones(3), 2.0),
    "array_elsewhere": lambda: grad(f)(1.0, np.ones(3)),
    "array_of_complex": lambda: grad(f)(np.ones(3, complex), 2.0),
    "array_of_complex_elsewhere": lambda: grad(f)(1.0, np.ones(3, complex)),
    "array_of_float16": lambda: grad(f)(np.ones(3, np.float16), 2.0),
    "array_of_ints": lambda: grad(f)(np.arange(3), 2.0),
    "array_of_bools": lambda: grad(f)(np.ones(3, bool), 2.0),
    "array_of_objects": lambda: grad(f)(np.array([1.0, None]), 2.0),
    "array_of_other_bytes": lambda: grad(f)(np.ones(3, ">f8"), 2.0),
    "array_of_strings": lambda: grad(f)(np.array(["a"]), 2.0),
    "array_masked": lambda: grad(f)(np.ma.array([1.0, 2.0], mask=[0, 1]), 2.0),
    "array_structured": lambda: grad(f)(np.zeros(2, [("u", float)]), 2.0),
    "bool": lambda: grad(f)(True, 2.0),
    "complex": lambda: grad(f)(1j, 2.0),
    "complex_elsewhere": lambda: grad(f)(1.0, 2j),
    "complex128_elsewhere": lambda: grad(f)(1.0, np.complex128(2j)),
    "dict": lambda: grad(f)({"a": 1.0}, 2.0),
    "dict_elsewhere": lambda: grad(f)(1.0, {"a": 1.0}),
    "dict_with_a_number_as_key": lambda: grad(f)({1: 1.0}, 2.0),
    "dict_with_ints_only": lambda: grad(f)({"a": 1, "b": np.arange(2)}, 2.0),
    "float16": lambda: grad(f)(np.float16(1.0), 2.0),
    "float16_elsewhere": lambda: grad(f)(1.0, np.float16(2.0)),
    "fraction": lambda: grad(f)(fractions.Fraction(1, 2), 2.0),
    "fraction_elsewhere": lambda: grad(f)(1.0, fractions.Fraction(1, 2)),
    "function": lambda: grad(f)(math.sin, 2.0),
    "int64": lambda: grad(f)(np.int64(1), 2.0),
    "list_with_a_bool": lambda: grad(total)([1.0, True]),
    "list_with_a_string": lambda: grad(total)([1.0, "2"]),
    "list_with_an_array": lambda: grad(total)([1.0, np.ones(2)]),
    "list_elsewhere_with_a_complex": lambda: grad(f)(1.0, [1.0, 2j]),
    "none": lambda: grad(f)(None, 2.0),
    "list_that_contains_itself": lambda: grad(f)(endless, 2.0),
    "set": lambda: grad(f)({1.0}, 2.0),
    "set_elsewhere": lambda: grad(f)(1.0, {1.0}),
    "object_elsewhere": lambda: grad(f)(1.0, Model(2.0)),
    "range_elsewhere": lambda: grad(f)(1.0, range(3)),
    "string": lambda: grad(f)("1.0", 2.0),
}
ARGNUMS: dict[str, Wrong] = {
    "argnums_bool": lambda: grad(f, True),
    "argnums_bool_among_others": lambda: grad(f, (0, False)),
    "argnums_empty": lambda: grad(f, ()),
    "argnums_float": lambda: grad(f, 1.0),  # type: ignore[call-overload]
    "argnums_keyword_only_by_position": lambda: grad(optional, 2),
    "argnums_none": lambda: grad(f, None),  # type: ignore[call-overload]
    "argnums_of_a_string": lambda: grad(optional, "kind")(1.0),
    "argnums_out_of_range": lambda: grad(f, 2),
    "argnums_out_of_range_below": lambda: grad(f, -3),
    "argnums_repeated": lambda: grad(f, (0, "x")),
    "argnums_set": lambda: grad(f, {0, 1}),  # type: ignore[call-overload]
    "argnums_unknown": lambda: grad(f, "z"),
    "argnums_without_parameters": lambda: grad(constant),
    "mode": lambda: grad(f, mode="backward"),
}
RESULTS: dict[str, Wrong] = {
    "result_list": lambda: grad(several)(1.0),
    "result_list_of_any_length": lambda: grad(same)([1.0]),
    "result_none": lambda: grad(shows)(1.0),
    "result_string": lambda: grad(text)(1.0),
    "result_tuple": lambda: grad(pair)(1.0),
    "result_tuple_forward": lambda: grad(pair, mode="forward")(1.0),
    "result_tuple_and_value": lambda: value_and_grad(pair)(1.0),
    "result_of_a_gradient": lambda: grad(grad(f, (0, 1)))(1.0, 2.0),
    "result_never": lambda: grad(refuses)(1.0),
}
TANGENTS: dict[str, Wrong] = {
    "cotangent_length": lambda: vjp(pair, 1.0)[1]((1.0,)),
    "cotangent_number": lambda: vjp(pair, 1.0)[1](1.0),
    "cotangent_list": lambda: vjp(f, 1.0, 2.0)[1]([1.0]),
    "cotangent_none": lambda: vjp(pair, 1.0)[1]((1.0, None)),
    "nothing_to_differentiate": lambda: vjp(f, 1, 2),
    "primals_bare": lambda: jvp(total, 1.0, (1.0,)),  # type: ignore[call-overload]
    "tangent_array": lambda: jvp(f, (1.0, 2.0), (1.0, np.ones(1))),
    "tangent_of_a_static_argument": lambda: jvp(optional, (1.0, 2), (1.0, 1.0)),
    "tangent_of_a_string": lambda: jvp(f, (1.0, "a"), (1.0, 1.0)),
    "tangent_length": lambda: jvp(total, ([1.0, 2.0],), ([1.0],)),
    "tangent_none": lambda: jvp(f, (1.0, 2.0), (1.0, None)),
    "tangent_tuple_for_a_list": lambda: jvp(total, ([1.0, 2.0],), ((1.0, 1.0),)),
    "tangents_bare": lambda: jvp(total, ([1.0],), 1.0),  # type: ignore[call-overload]
    "tangents_missing": lambda: jvp(f, (1.0, 2.0), (1.0,)),
}
TARGETS: dict[str, Wrong] = {
    "target_builtin": lambda: grad(math.sin),
    "target_called": lambda: grad(f(1.0, 2.0)),
    "target_class": lambda: grad(Model),
    "target_classmethod": lambda: grad(classmethod(f)),  # type: ignore[call-overload]
    "target_decorated": lambda: grad(cached),
    "target_instance": lambda: grad(Model(1.0)),
    "target_jvp": lambda: grad(jvp(f)),
    "target_number_to_vjp": lambda: vjp(1.0, 2.0),  # type: ignore[call-overload]
    "target_partial": lambda: grad(functools.partial(f, 1.0)),
    "target_string": lambda: grad("x"),  # type: ignore[call-overload]
    "target_unhashable": lambda: jvp([], (1.0,), (1.0,)),  # type: ignore[call-overload]
    "target_ufunc": lambda: vjp(np.sin, 1.0),
}
SOURCES: dict[str, Wrong] = {
    "source_hidden": lambda: grad(unreadable["hidden"])(1.0),
    "source_of_what_annotations_say_too_little_of": lambda: grad(table).source,
    "source_of_what_annotations_do_not_exist": lambda: grad(strange).source,
    "source_of_an_indexed_parameter": lambda: grad(indexed).source,
    "source_of_a_looped_parameter": lambda: grad(total).source,
    "source_of_a_method": lambda: LossOf.loss.source,
}
GROUPS = (ARGUMENTS, ARGNUMS, RESULTS, TANGENTS, TARGETS, SOURCES)
CASES = {name: wrong for group in GROUPS for name, wrong in group.items()}


class LossOf:
    @grad
    def loss(self, x):
        return x * x


def told(wrong: Wrong) -> str:
    """The error of a wrong request, with what has been added to it."""
    with pytest.raises(AutodiffError) as caught:
        wrong()
    error = caught.value
    assert not isinstance(error, InternalError)
    notes = getattr(error, "__notes__", ())
    return "\n".join((f"{type(error).__name__}: {error}", *notes)) + "\n"


@pytest.mark.parametrize("name", CASES)
def test_report(
    name: str, golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(HERE)
    said = told(CASES[name])
    assert str(HERE) not in said
    assert not re.search(r"\b(SSA|IR|AST|operand|opaque|lowered|lowering)\b", said)
    golden(f"errors/goldens/signatures/{name}.txt", said)


def test_names_are_distinct() -> None:
    assert len(CASES) == sum(map(len, GROUPS))
    stored = {path.stem for path in (HERE / "goldens" / "signatures").glob("*.txt")}
    assert stored == {*CASES, "edited", "edited_beyond_repair"}


# Where they are computed with there is a place to show.
COMPUTED_WITH = {"object_elsewhere", "dict", "dict_elsewhere", "list_with_a_string"}


@pytest.mark.parametrize("name", [*ARGUMENTS, *ARGNUMS, *RESULTS, *TANGENTS, *TARGETS])
def test_wrong_arguments_are_type_errors(name: str) -> None:
    if name in COMPUTED_WITH:
        return
    with pytest.raises(SignatureError) as caught:
        CASES[name]()
    assert isinstance(caught.value, TypeError)


def test_nothing_is_remembered_of_a_wrong_call() -> None:
    slope = grad(f)
    for _ in range(2):
        with pytest.raises(SignatureError):
            slope(np.ones(3), 2.0)
        assert slope(1.0, 2.0) == 2.0


# Files that change after they were imported.


def imported(path: Path, text: str) -> Any:
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "edited"),
    [
        ("edited", "def f(x):\n    return x * x * x\n"),
        ("edited_beyond_repair", "def f(x):\n    return x * x *\n"),
    ],
)
def test_an_edited_file(
    name: str,
    edited: str,
    golden: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    module = imported(tmp_path / "edited.py", "def f(x):\n    return x * x\n")
    (tmp_path / "edited.py").write_text(edited, encoding="utf-8")
    golden(f"errors/goldens/signatures/{name}.txt", told(lambda: grad(module.f)(1.0)))


# Wrong calls get Python's own answer.


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((), {}),
        ((1.0,), {}),
        ((1.0, 2.0, 3.0), {}),
        ((1.0,), {"x": 2.0}),
        ((1.0,), {"z": 2.0}),
    ],
)
def test_wrong_counts(args: Any, kwargs: Any) -> None:
    with pytest.raises(TypeError) as expected:
        f(*args, **kwargs)
    calls: tuple[Wrong, ...] = (
        lambda: grad(f)(*args, **kwargs),
        lambda: grad(f).lower(*args, **kwargs),
        lambda: value_and_grad(f)(*args, **kwargs),
        lambda: vjp(f)(*args, **kwargs),
        lambda: jvp(f, args, args, **kwargs),
    )
    for call in calls:
        with pytest.raises(TypeError) as caught:
            call()
        assert type(caught.value) is TypeError
        assert str(caught.value) == str(expected.value)


# What looks wrong and isn't.


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        (lambda: grad(total)([1, 2, 3]), [2.0, 4.0, 6.0]),
        (lambda: grad(total)([1, 2.0]), [2.0, 4.0]),
        (lambda: grad(total)(()), ()),
        (lambda: grad(f)(2, 5), 5.0),
        (lambda: grad(f, [0, 1])(2.0, 5.0), (5.0, 2.0)),
        (lambda: grad(f, -1)(2.0, 5.0), 2.0),
        (lambda: grad(f, np.int64(1))(2.0, 5.0), 2.0),  # type: ignore[call-overload]
        (lambda: grad(optional, "scale")(2.0), 4.0),
        (lambda: vjp(optional, 2.0, 3)[1](1.0), (3.0, None)),
        (lambda: jvp(optional, (2.0, 3), (1.0, None)), (6.0, 3.0)),
        (lambda: grad(cached.__wrapped__)(3.0), 6.0),
        (lambda: grad(lambda x: math.sin(x))(0.0), 1.0),
        (lambda: grad(f)(np.float32(3.0), np.float32(2.0)), np.float32(2.0)),
        (lambda: grad(f)(np.array(3.0), 2.0), np.array(2.0)),
        (lambda: grad(lambda p: p["a"] * p["b"])({"a": 2.0, "b": 5.0}), {"a": 5.0, "b": 2.0}),
    ],
)
def test_what_is_allowed(right: Wrong, expected: object) -> None:
    assert right() == expected
