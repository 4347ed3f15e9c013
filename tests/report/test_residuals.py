"""What is saved for the backward sweep."""

from __future__ import annotations

import math
import sys

from autodiff_compiler import grad, jvp, value_and_grad, vjp
from autodiff_compiler.report.residuals import Residual, Residuals


def newton(a):
    x = a
    for _ in range(5):
        x = 0.5 * (x + a / x)
    return x


def linear(a, xs):
    s = 0.0
    for x in xs:
        s = s + 2.0 * a
    return s


def straight(x):
    y = math.exp(x)
    return math.sin(y)


def nested(a, n):
    s = a
    for _ in range(n):
        for _ in range(3):
            s = s * s
    return s


def line_of(function, text):  # type: ignore[no-untyped-def]
    first = function.__code__.co_firstlineno
    with open(__file__, encoding="utf-8") as file:
        lines = file.read().splitlines()
    return next(n for n in range(first, len(lines)) if text in lines[n - 1])


def test_a_loop_saves_a_sequence() -> None:
    found = grad(newton).lower(2.0).residuals
    [row] = found.rows
    assert row.kind == "sequence"
    assert row.name == "x"
    assert row.numbers == found.numbers == 5
    assert row.bytes == found.bytes >= 5 * sys.getsizeof(1.0)
    assert row.line in (None, line_of(newton, "for _"), line_of(newton, "x = 0.5"))


def test_a_linear_loop_saves_nothing() -> None:
    found = grad(linear).lower(2.0, [1.0, 2.0]).residuals
    assert found.rows == ()
    assert str(found) == "nothing is saved"


def test_straight_lines_save_scalars() -> None:
    found = grad(straight).lower(0.5).residuals
    assert [row.name for row in found.rows] == ["y"]
    assert [row.kind for row in found.rows] == ["scalar"]
    assert found.rows[0].line == line_of(straight, "math.exp")
    assert found.rows[0].statement == "y = math.exp(x)"
    assert found.rows[0].bytes == sys.getsizeof(1.0)


def test_sizes_are_those_of_the_inputs() -> None:
    slope = grad(nested)
    small, large = (slope.lower(0.5, n).residuals.numbers for n in (2, 20))
    assert large == 10 * small > 0


def test_forward_mode_saves_nothing() -> None:
    assert jvp(newton).lower((2.0,)).residuals.rows == ()
    assert grad(newton, mode="forward").lower(2.0).residuals.rows == ()


def test_every_way_to_a_reverse_sweep() -> None:
    for low in (value_and_grad(newton).lower(2.0), vjp(newton).lower(2.0)):
        assert [row.numbers for row in low.residuals.rows] == [5]
    assert grad(grad(newton)).lower(2.0).residuals.numbers >= 5
    assert jvp(grad(newton)).lower((2.0,)).residuals.numbers >= 5


def test_table() -> None:
    rows = (
        Residual("x", 12, "sequence", 5, 240, "x = 0.5 * (x + a / x)"),
        Residual("exp", None, "scalar", 1, 24),
    )
    assert str(Residuals(rows)) == (
        "saved   line  kind      numbers  bytes  statement\n"
        "x         12  sequence        5    240  x = 0.5 * (x + a / x)\n"
        "exp           scalar          1     24\n"
        "in all                        6    264"
    )
