"""Comprehensions and generator expressions: lists, dicts, and what goes through them at once."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.frontend.agreement import agrees, refused, same_values

XS = [0.5, -1.25, 2.0, 0.75]
PAIR = {"a": 1.5, "b": -0.5}


def sum_of_squares(xs: Any) -> Any:
    return sum(x * x for x in xs)


def sum_of_some(xs: Any) -> Any:
    return sum(math.sin(x) for x in xs if x > 0)


def sum_of_some_of_pairs(xs: Any) -> Any:
    return sum(a * b for a in xs if a > 0 for b in xs if b > a)


def filtered(xs: Any) -> Any:
    ys = [x * x for x in xs if x > 0]
    return sum(ys) + len(ys)


def filtered_twice(xs: Any) -> Any:
    return sum([x**3 for x in xs if x > 0 if x < 1])


def every_pair(xs: Any) -> Any:
    ys = [a * b for a in xs for b in xs]
    return ys[1] * ys[-1]


def triangle(xs: Any) -> Any:
    n = len(xs)
    return sum(xs[i] * xs[j] for i in range(n) for j in range(i))


def rows(xs: Any) -> Any:
    table = [[x * y for y in xs] for x in xs]
    return sum(sum(row) for row in table)


def rows_by_index(xs: Any) -> Any:
    table = [[x * y + x for y in xs] for x in xs]
    total = 0.0
    for i in range(len(xs)):
        total += table[i][0] * table[0][i]
    return total


def of_tuples(xs: Any) -> Any:
    pairs = [(x, x * x) for x in xs]
    return sum(a * b for a, b in pairs)


def of_tuples_by_index(xs: Any) -> Any:
    pairs = [(x, x * x) for x in xs]
    return pairs[0][1] * pairs[1][0]


def unpacked(x: Any, y: Any) -> Any:
    u, v = [t * t for t in (x, y)]
    return u * v


def of_functions(xs: Any) -> Any:
    return sum([f(x) for f in (math.sin, math.cos) for x in xs])


def some_of_known(x: Any, y: Any) -> Any:
    found = [t * t for t in (x, y, x * y) if t > 0]
    return sum(found) + len(found)


def largest_of_some(xs: Any) -> Any:
    return max(x * x for x in xs if x < 1.0) * min([x for x in xs])


def into_array(xs: Any) -> Any:
    return np.sum(np.array([x * x for x in xs]) ** 2)


def of_arrays(x: Any) -> Any:
    parts = [np.array([x, k * x]) for k in range(3)]
    return sum(np.sum(part * part) for part in parts)


def over_dict(d: Any) -> Any:
    return sum(v * 2 for k, v in d.items() if k != "b")


def made_dict(d: Any) -> Any:
    e = {k: v * v for k, v in d.items() if k in ("a", "b")}
    return e["a"] * e["b"]


def own_scope(xs: Any) -> Any:
    x = 3.0
    ys = [x * x for x in xs]
    return ys[0] * x


def scopes_inside(xs: Any) -> Any:
    return sum(sum(x * y for x in xs) for y in [x + 1 for x in xs] if y > 0)


def first_iterable_outside(xs: Any) -> Any:
    xs = [x * y for x in xs for y in (x, 1.0)]
    return sum(xs)


def weighted(xs: Any) -> Any:
    return sum(w * x for w, x in zip([1.0, 2.0, 3.0], xs))


def numbered(xs: Any) -> Any:
    return sum((k + 0.5) * x for k, x in enumerate(xs, 1))


def backwards(xs: Any) -> Any:
    ys = [x * y for x, y in zip(xs, [x for x in reversed([x for x in xs])])]
    return ys[1] * ys[2]


def series(x: Any) -> Any:
    return sum(x**k / math.factorial(k) for k in range(6))


def with_start(xs: Any) -> Any:
    return sum((x * x for x in xs), 1.5)


def matrix_times_vector(a: Any, x: Any) -> Any:
    y = [sum(p * q for p, q in zip(row, x)) for row in a]
    return sum(v * v for v in y)


def in_loop(xs: Any) -> Any:
    total = 0.0
    for k in range(3):
        total += sum(x * k for x in xs if x > k - 1) * total + 1.0
    return total


def closures(xs: Any) -> Any:
    return sum((lambda t: t * x)(x) for x in xs)


def as_tuple(xs: Any) -> Any:
    found = tuple(x * x for x in xs)
    return found[0] * found[1]


def product(xs: Any) -> Any:
    return math.prod(x + 2.0 for x in xs)


ON_LISTS = [
    sum_of_squares,
    sum_of_some,
    sum_of_some_of_pairs,
    filtered,
    filtered_twice,
    every_pair,
    triangle,
    rows,
    rows_by_index,
    of_tuples,
    of_tuples_by_index,
    of_functions,
    largest_of_some,
    into_array,
    own_scope,
    first_iterable_outside,
    weighted,
    numbered,
    backwards,
    with_start,
    scopes_inside,
    in_loop,
    closures,
    as_tuple,
]


@pytest.mark.parametrize("f", ON_LISTS, ids=lambda f: f.__name__)
def test_of_a_list(f: Any, tmp_path: Path) -> None:
    agrees(f, XS, file=tmp_path / "saved.py")


@pytest.mark.parametrize("f", [sum_of_squares, sum_of_some, filtered, triangle, into_array])
def test_of_an_empty_list(f: Any) -> None:
    same_values(f, [])


OTHERS = [
    (unpacked, (1.5, 2.0)),
    (some_of_known, (1.5, -2.0)),
    (of_arrays, (1.25,)),
    (over_dict, (PAIR,)),
    (made_dict, (PAIR,)),
    (series, (1.25,)),
    (matrix_times_vector, ([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [0.5, 2.0, -1.0])),
]


@pytest.mark.parametrize(("f", "arguments"), OTHERS, ids=lambda x: getattr(x, "__name__", ""))
def test_of_others(f: Any, arguments: Any, tmp_path: Path) -> None:
    agrees(f, *arguments, file=tmp_path / "saved.py")


def test_none_passes() -> None:
    """The sum of nothing is the int 0."""
    same_values(lambda xs: sum(x for x in xs if x > 9), XS)


def test_text_reads_as_written() -> None:
    def f(xs: Any) -> Any:
        return sum([x * x for x in xs if x > 0])

    assert "[[x_2 * x_2] if x_2 > 0 else [] for x_2 in xs]" in agrees(f, XS)


def test_a_key_that_is_computed() -> None:
    def f(x: Any) -> Any:
        d = {k: x * k for k in range(3)}
        return d[1]

    assert "dict comprehension" in refused(f, 1.5)


def test_numpy_takes_no_generator() -> None:
    def f(xs: Any) -> Any:
        return np.sum(x for x in xs)

    assert "a generator" in refused(f, XS)


def test_a_start_of_minus_zero() -> None:
    """Nothing is added to it, not even 0."""
    same_values(lambda xs: sum((x for x in xs if x > 9), -0.0), XS)
    same_values(lambda xs: sum([x for x in xs if x > 9], start=-0.0), XS)


def test_arrays_are_not_summed_by_the_builtin() -> None:
    def f(a: Any) -> Any:
        return np.sum(sum(a * k for k in range(3)))

    assert "call of sum" in refused(f, np.array(XS))


def test_one_problem_is_reported_once() -> None:
    def f(xs: Any) -> Any:
        return sum(y for x in xs if (y := x * x) > 1)

    assert "1 problem" in refused(f, XS)
