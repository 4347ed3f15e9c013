"""What can't be derived at all: functions that raise as called, and what is nested without end."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable
from typing import Any

import pytest

from autodiff_compiler import grad, jvp, value_and_grad, vjp
from autodiff_compiler.emit.python import Written
from autodiff_compiler.emit.text import Page, checked
from autodiff_compiler.errors import NestingError, SignatureError, UnsupportedError


def chosen(x, kind):
    if kind == "square":
        return x * x
    raise ValueError(f"unknown kind {kind} at {x}")


DERIVATIVES: list[Callable[..., Any]] = [
    grad(chosen),
    grad(chosen, mode="forward"),
    value_and_grad(chosen),
    grad(grad(chosen)),
    lambda x, kind: jvp(chosen, (x, kind), (1.0, None)),
    lambda x, kind: vjp(chosen, x, kind),
]


@pytest.mark.parametrize("derivative", DERIVATIVES)
def test_a_static_argument_that_leads_to_an_error(derivative: Callable[..., Any]) -> None:
    """The derivative for it raises as the function does."""
    derivative(3.0, "square")
    with pytest.raises(ValueError, match=r"^unknown kind cube at 3\.0$"):
        derivative(3.0, "cube")


def test_an_unbound_tuple_has_the_users_name() -> None:
    def last(x, n):
        for _ in range(n):
            pair = (x, x * 2.0)
        return pair[0] * pair[1]

    with pytest.raises(UnboundLocalError) as plain:
        last(1.0, 0)
    with pytest.raises(UnboundLocalError) as derived:
        grad(last)(1.0, 0)
    assert str(derived.value) == str(plain.value)


def early_returns(count: int) -> Callable[[float], float]:
    """A function with as many returns, each behind the last."""
    lines = ["def many(x):"]
    for place in range(count):
        lines += [
            f"    if x > {count - place}.0:",
            f"        return x * {place}.0",
            "    x = x * x",
        ]
    text = "\n".join([*lines, "    return x", ""])
    file = f"<{count} early returns>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {}
    exec(compile(text, file, "exec"), namespace)
    found = namespace["many"]
    assert callable(found)
    return found


def test_forty_early_returns() -> None:
    many = early_returns(40)
    derivative = value_and_grad(many)
    assert derivative(40.5) == (0.0, 0.0)
    assert derivative(39.5) == (39.5**2, 2 * 39.5)
    assert derivative(1.0) == (1.0, 2.0**40)


def test_more_than_python_can_nest() -> None:
    """Refused by name, not by whatever limit of Python's is met first."""
    with pytest.raises(UnsupportedError, match="put some of them into a function of their own"):
        grad(early_returns(400))(0.5)


def test_text_that_python_would_not_read() -> None:
    nested = ast.parse("x = 1").body
    for _ in range(120):
        nested = [ast.If(ast.Constant(True), nested, [])]
    page = Page(Written())
    page.add(nested[0])
    with pytest.raises(NestingError, match="too many"):
        checked(page)


def first(x, xs):
    return x * x


@pytest.mark.parametrize("argument", ["itself", "itself twice", "deep"])
def test_lists_without_an_end(argument: str) -> None:
    given: list[Any] = [1.0]
    if argument.startswith("itself"):
        given.extend([given] * (2 if argument.endswith("twice") else 1))
    else:
        for _ in range(5000):
            given = [given]
    said = "contains itself, or what is nested too deeply"
    with pytest.raises(SignatureError, match=f"argument 'xs' .*{said}"):
        grad(first)(2.0, given)
    with pytest.raises(SignatureError, match=f"argument 'xs' .*{said}"):
        grad(first, argnums=1)(2.0, given)
    with pytest.raises(SignatureError, match=said):
        vjp(first, 2.0, given)
    with pytest.raises(SignatureError, match=said):
        jvp(first, (2.0, given), (1.0, given))
