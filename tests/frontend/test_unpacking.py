"""Stars in targets and displays, `**` in dicts; loops over the keys of a dict and over strings."""

from pathlib import Path
from typing import Any

import pytest

from tests.frontend.agreement import agrees, refused, same_values

XS = [0.5, -1.25, 2.0, 0.75]


def head_and_rest(xs: Any) -> Any:
    first, *rest = xs
    return first * sum(rest)


def both_ends(xs: Any) -> Any:
    first, *middle, last = xs
    return first * sum(middle) * last + len(middle)


def of_known(x: Any, y: Any) -> Any:
    (a, b), *c = (x, y), x, 2.0
    return a * b * c[0] * c[1]


def nothing_left(x: Any, y: Any) -> Any:
    a, *none, b = x, y
    return a * b + len(none)


def of_array_rows(xs: Any) -> Any:
    first, *rest = [x * x for x in xs if x > 0]
    return first * sum(rest)


def displayed(xs: Any, x: Any) -> Any:
    return sum([*xs, x, *xs]) * x + (*xs, x)[0]


def displayed_range(x: Any) -> Any:
    _, b, c = [*range(3)]
    return x * b + c


def merged(d: Any, x: Any) -> Any:
    e = {"b": x, **d, "c": x}
    return e["a"] * e["c"] + e["b"]


def over_keys(d: Any) -> Any:
    total = 0.0
    for key in d:
        total += d[key] ** len(key)
    return total


def over_letters(x: Any) -> Any:
    total = 1.0
    for k, letter in enumerate("aba"):
        total = total * x if letter == "a" else total + x * k
    return total


@pytest.mark.parametrize(
    ("f", "arguments"),
    [
        (head_and_rest, (XS,)),
        (both_ends, (XS,)),
        (of_known, (1.5, 2.0)),
        (nothing_left, (1.5, 2.0)),
        (of_array_rows, (XS,)),
        (displayed, (XS, 1.5)),
        (displayed_range, (1.5,)),
        (merged, ({"a": 1.5, "b": 2.0}, -0.5)),
        (over_keys, ({"a": 1.5, "bb": 2.0},)),
        (over_letters, (1.5,)),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_program(f: Any, arguments: Any, tmp_path: Path) -> None:
    agrees(f, *arguments, file=tmp_path / "saved.py")


@pytest.mark.parametrize("xs", [[], [1.0], [1.0, 2.0], [1.0, 2.0, 3.0]])
def test_as_many_as_there_are(xs: Any) -> None:
    def f(xs: Any) -> Any:
        first, *middle, last = xs
        return first, middle, last

    same_values(f, xs)


def test_too_few_are_known() -> None:
    def f(x: Any) -> Any:
        a, *_, b = (x,)
        return a * b

    assert "at least 2 items" in refused(f, 1.5)


def test_a_number_has_no_items() -> None:
    def f(x: Any) -> Any:
        a, *rest = x
        return a + sum(rest)

    assert "making a list of a float" in refused(f, 1.5)
