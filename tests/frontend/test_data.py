# ruff: noqa: RUF007
"""Lists and tuples: joined, repeated, sliced, compared, asked for members; strings as switches."""

from pathlib import Path
from typing import Any

import pytest

from tests.frontend.agreement import agrees, refused, same_values

XS = [0.5, -1.25, 2.0, 0.75]


def zeros_and_one(x: Any, n: Any) -> Any:
    xs = [0.0] * n
    ys = xs + [x]
    return ys[-1] * x


def slices(xs: Any) -> Any:
    return sum(xs[1:]) * xs[-1] + sum(xs[::-1][:2]) * sum(xs[-2:])


def neighbours(xs: Any) -> Any:
    return sum(a * b for a, b in zip(xs, xs[1:]))


def windows(xs: Any, k: Any) -> Any:
    total = 0.0
    for i in range(len(xs) - k + 1):
        total += max(xs[i : i + k]) * sum(xs[i : i + k])
    return total


def halves(xs: Any) -> Any:
    h = len(xs) // 2
    first, second = xs[:h], xs[h:]
    return sum(first) * sum(second) + len(second)


def every_other(xs: Any, k: Any) -> Any:
    return sum(a * b for a, b in zip(xs[::k], xs[1::k]))


def repeated(xs: Any) -> Any:
    ys = xs * 2 + [1.0]
    return ys[4] * ys[1] * len(ys)


def repeated_known(x: Any) -> Any:
    return ((x,) * 3)[1] * x + sum([x, 1.0] * 3)


def reversed_beside(xs: Any) -> Any:
    return sum(a * b for a, b in zip(xs, reversed(xs)))


def reversed_numbered(xs: Any) -> Any:
    total = 0.0
    for k, x in enumerate(reversed(xs)):
        total += k * x * x
    return total


def known_and_unknown(xs: Any) -> Any:
    return [1.0, 2.0][0] * xs[0] + ([3.0] + xs)[0] * xs[1] + ((1.0,) + tuple(xs))[2]


def table(x: Any, n: Any) -> Any:
    grid = [[0.0] * n for _ in range(n)]
    return x * x + grid[0][n - 1]


def member(xs: Any) -> Any:
    return xs[1] * 2 if xs[0] in xs[1:] or 3.0 in (xs[0], xs[1]) else xs[1]


def mode(x: Any, how: Any) -> Any:
    if how in ("fast", "slow") and how not in {"q"} and "a" in how and how[:1] == "f":
        return x * x
    return x


def kinds(x: Any, n: Any) -> Any:
    return x * x if n in (1, 2, 3) and n not in {4, 5} else x


def ordered(x: Any, y: Any) -> Any:
    if (x, y) < (1.0, 2.0) or (y, x) >= (9.0, x):
        return x
    return y * x


def padded_inside_a_loop(xs: Any) -> Any:
    total = 1.0
    for k in range(2):
        ys = [total] + xs + [total * k]
        total = sum(a * b for a, b in zip(ys[1:], ys[:-1]))
    return total


@pytest.mark.parametrize(
    ("f", "arguments"),
    [
        (zeros_and_one, (1.5, 3)),
        (slices, (XS,)),
        (neighbours, (XS,)),
        (windows, (XS, 2)),
        (halves, (XS,)),
        (every_other, (XS, 2)),
        (repeated, (XS,)),
        (repeated_known, (1.5,)),
        (reversed_beside, (XS,)),
        (reversed_numbered, (XS,)),
        (known_and_unknown, (XS,)),
        (table, (1.5, 3)),
        (member, (XS,)),
        (mode, (1.5, "fast")),
        (mode, (1.5, "slow")),
        (kinds, (1.5, 2)),
        (kinds, (1.5, 5)),
        (ordered, (1.5, 2.5)),
        (ordered, (0.5, 2.5)),
        (padded_inside_a_loop, (XS,)),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_program(f: Any, arguments: Any, tmp_path: Path) -> None:
    agrees(f, *arguments, file=tmp_path / "saved.py")


@pytest.mark.parametrize("xs", [[], [1.0], [1.0, 2.0, 3.0]])
def test_slices_of_few(xs: Any) -> None:
    same_values(lambda xs: (xs[1:], xs[:-1], xs[-2:], xs[::-1], xs[5:2], xs * 2, xs + xs), xs)


@pytest.mark.parametrize("pair", [(1.0, 2.0), (1.0, 1.0), (0.5, 9.0), (float("nan"), 1.0)])
def test_order_of_tuples(pair: Any) -> None:
    def f(p: Any) -> Any:
        q = (1.0, 1.0)
        return p < q, p <= q, p > q, p >= q, p == q, p != q, p < (1.0,), (1.0,) <= p, () < p

    same_values(f, pair)


def test_rows_that_are_one_list() -> None:
    def f(x: Any) -> Any:
        rows = [[x] * 2] * 3
        return rows[0][0]

    assert "one and the same object" in refused(f, 1.5)
