"""Scopes and liveness, read off the tree."""

from __future__ import annotations

import ast
import textwrap

import pytest

from autodiff_compiler.frontend.names import Code, analyse, assigned, contains
from autodiff_compiler.source import FunctionSource


def code_of(text: str) -> Code:
    """The names of the function in a text; its source is of no interest here."""
    (node,) = ast.parse(textwrap.dedent(text)).body
    assert isinstance(node, ast.FunctionDef)
    return analyse(node, FunctionSource(code_of, "<text>", node, ()))  # type: ignore[arg-type]


def after(text: str) -> dict[str, set[str]]:
    """What may be read after each statement, by the first line of the statement."""
    code = code_of(text)
    return {ast.unparse(node).partition("\n")[0]: set(found) for node, found in code.after.items()}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a = b = 1; c, (d, [e, *f]) = x", "a b c d e f"),
        ("a += 1; b: int; c: int = 2", "a b c"),
        ("for i, j in x:\n    k = 1\nelse:\n    m = 2", "i j k m"),
        ("with x as a, y as (b, c): d = 1", "a b c d"),
        ("try: a = 1\nexcept E as b: c = 1\nelse: d = 1\nfinally: e = 1", "a b c d e"),
        ("match x:\n  case [a, *b]: c = 1\n  case {1: e, **d}: 1\n  case f: 1", "a b c d e f"),
        ("import a, b.c, d as e\nfrom f import g as h, i", "a b e h i"),
        ("def a(b=(c := 1)): d = 2", "a c"),
        ("class a:\n    b = 1", "a"),
        ("a = lambda b: b", "a"),
        ("a = [b for b in x if (c := b)]", "a c"),
        ("global a; nonlocal b; del c", "a b c"),
        ("x[a] = 1; x.b = 2", ""),
    ],
)  # fmt: skip
def test_assigned(text: str, names: str) -> None:
    assert assigned(ast.parse(text).body) == tuple(names.split())


def test_contains_looks_into_no_function() -> None:
    tree = ast.parse("def f():\n    return 1\nwhile x:\n    g = lambda: (yield)")
    assert contains(tree.body, ast.While)
    assert not contains(tree.body, ast.Return, ast.Yield)


def test_locals_and_captured() -> None:
    code = code_of(
        """
        def f(a, *b, c=1, **d):
            e = a + g
            h = lambda t: t + e + g
            def i(j):
                k = a + j
                return lambda: k
        """
    )
    assert code.locals == {"a", "b", "c", "d", "e", "h", "i"}
    assert code.captured == {"e", "a"}


def test_straight_line() -> None:
    assert after("def f(a):\n    b = a\n    c = b + a\n    d = b\n    return c") == {
        "b = a": {"a", "b"},
        "c = b + a": {"b", "c"},
        "d = b": {"c"},
        "return c": set(),
        "return": set(),
    }


def test_branches() -> None:
    found = after(
        """
        def f(a, b, c):
            if a:
                d = b
                return d
            elif b:
                e = c
            else:
                e = 1
            f = e
        """
    )
    assert found["if a:"] == {"e"}
    assert found["if b:"] == {"e"}
    assert found["d = b"] == {"d"}
    assert found["e = c"] == {"e"}


def test_loops() -> None:
    text = """
        def f(n, x):
            s = 0
            while n:
                t = x
                s = s + t + p
                p = t
                n = n - 1
            for i in s:
                q = i
            return q
        """
    code = code_of(text)
    (loop, other) = (node for node in code.head)
    if isinstance(loop, ast.For):
        loop, other = other, loop
    assert code.head[loop] == {"n", "x", "s", "p"} | {"q"}
    assert code.start[loop] == {"n", "x", "s", "p"} | {"q"}
    assert code.head[other] == {"q"}
    assert code.start[other] == set()
    assert after(text)["n = n - 1"] == {"n", "x", "s", "p", "q"}


def test_refused_statements_keep_everything() -> None:
    found = after("def f(a):\n    try:\n        b = a\n    finally:\n        c = b\n    return c")
    assert found["b = a"] >= {"a", "b", "c"}
