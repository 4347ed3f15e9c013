"""Nodes are pointed at and quoted as people see them."""

from __future__ import annotations

import argparse
import ast
import asyncio
import fractions
import inspect
import statistics
import textwrap
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autodiff_compiler.errors import Span
from autodiff_compiler.source import FunctionSource, find, span_of, statement_of

Load = Callable[[str], types.ModuleType]
Run = Callable[..., dict[str, Any]]


# --- quoting statements -----------------------------------------------------------------------


def first_statement(run: Run, text: str) -> tuple[ast.stmt, FunctionSource]:
    source = find(run("def f():\n" + textwrap.indent(text, "    "))["f"])
    assert isinstance(source.tree, ast.FunctionDef)
    return source.tree.body[0], source


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("x = 1  # one\n", "x = 1"),
        ("x   =  1; y = 2\n", "x   =  1"),
        ("x = (1 +  # one\n     2)\n", "x = 1 + 2"),
        ("x = '''a\nb'''\n", "x = 'a\\n    b'"),
        ("x = 1 + \\\n    2\n", "x = 1 + 2"),
        ("x = 'é' + \\\n  'ü'\n", "x = 'é' + 'ü'"),
        ("x = 'tab\there'\n", "x = 'tab here'"),
        ("x = '\u202e'\n", "x = ' '"),
        ("return\n", "return"),
        ("if x > 0:\n    y = 1\n", "if x > 0:"),
        ("if x > 0: y = 1\n", "if x > 0:"),
        ("if (x > 0) :  # so: there\n    y = 1\nelse:\n    y = 2\n", "if (x > 0) :"),
        ("if (x  # a: b\n    > 0):\n    y = 1\n", "if x > 0:"),
        ("if (x > 0\n    # a: b\n    ):\n    y = 1\n", "if x > 0:"),
        ("if x[1:2]:\n    y = 1\n", "if x[1:2]:"),
        ("if 'ü:' in x:\n    y = 1\n", "if 'ü:' in x:"),
        ("while (lambda: 1)():\n    pass\n", "while (lambda: 1)():"),
        ("for i in range(3):\n    pass\nelse:\n    pass\n", "for i in range(3):"),
        ("for i in (\n    1,\n    2,\n):\n    pass\n", "for i in (1, 2):"),
        ("with a() as b, c() as (d, e):\n    pass\n", "with a() as b, c() as (d, e):"),
        ("with (\n  a() as b,\n  c() as d,\n):\n    pass\n", "with a() as b, c() as d:"),
        ("try:\n    x = 1\nfinally:\n    x = 2\n", "try:"),
        ("match x:\n    case 1:\n        pass\n", "match x:"),
        ("def g():\n    pass\n", "def g():"),
        ("def g(x=1, *, y: 'a:b' = {}) -> a:\n    pass\n", "def g(x=1, *, y: 'a:b' = {}) -> a:"),
        ("@d\ndef g(\n    x,\n):\n    pass\n", "def g(x):"),
        ("async def g(x): pass\n", "async def g(x):"),
        ("class A(B, metaclass=C):\n    pass\n", "class A(B, metaclass=C):"),
        ("x = " + " + ".join(["y"] * 40) + "\n", "x = " + " + ".join(["y"] * 19) + " +…"),
        ("x = '" + "a" * 74 + "'\n", "x = '" + "a" * 74 + "'"),
        ("x = '" + "a" * 75 + "'\n", "x = '" + "a" * 74 + "…"),
    ],
)  # fmt: skip
def test_quoting(run: Run, text: str, quoted: str) -> None:
    statement = statement_of(*first_statement(run, text))
    assert statement.text == quoted
    assert statement.span.line == 3 if text.startswith("@") else 2
    assert statement.span.column == 4


def test_the_span_of_a_compound_statement_is_its_header(run: Run) -> None:
    node, source = first_statement(run, "if 'é' in x:\n    y = 1\n")
    assert statement_of(node, source).span == Span(source.file, 2, 4, 2, 16)
    assert span_of(node, source) == Span(source.file, 2, 4, 3, 13)


def test_elif_and_except_are_quoted_as_written(run: Run) -> None:
    node, source = first_statement(run, "if a:\n    pass\nelif b:\n    pass\n")
    assert isinstance(node, ast.If)
    assert statement_of(node.orelse[0], source).text == "elif b:"
    node, source = first_statement(run, "try:\n    pass\nexcept (A, B) as c:\n    pass\n")
    assert isinstance(node, ast.Try)
    assert statement_of(node.handlers[0], source).text == "except (A, B) as c:"


def test_the_body_of_a_lambda_is_quoted_as_a_statement(run: Run) -> None:
    source = find(run("f = lambda x: (x +\n    1)\n")["f"])
    assert isinstance(source.tree, ast.Lambda)
    statement = statement_of(source.tree.body, source)
    assert statement.text == "x + 1"
    assert statement.span == Span(source.file, 1, 15, 2, 5)


def test_nodes_without_positions(run: Run) -> None:
    source = find(run("def f(x, y=1):\n    return [z + 1 for z in x if z]\n")["f"])
    assert isinstance(source.tree, ast.FunctionDef)
    assert span_of(source.tree.args, source) == Span(source.file, 1, 6, 1, 12)
    (comprehension,) = (n for n in ast.walk(source.tree) if isinstance(n, ast.comprehension))
    assert span_of(comprehension, source) == Span(source.file, 2, 22, 2, 33)
    assert span_of(ast.Add(), source) == Span(source.file, 1, 0, 1, 14)
    empty = find(run("f = lambda: 1\n")["f"])
    assert span_of(empty.tree.args, empty) == Span(empty.file, 1, 4, 1, 13)


# --- much code that others wrote --------------------------------------------------------------

LIBRARY = [argparse, ast, asyncio.events, fractions, inspect, statistics, textwrap]


def functions_of(holder: object) -> Iterator[types.FunctionType]:
    for value in vars(holder).values():
        if isinstance(value, types.FunctionType):
            yield value
        elif isinstance(value, type) and value.__module__ == getattr(holder, "__name__", None):
            yield from functions_of(value)


@pytest.mark.parametrize("module", LIBRARY, ids=lambda module: module.__name__)
def test_the_standard_library(module: types.ModuleType) -> None:
    functions = [f for f in functions_of(module) if f.__code__.co_filename == module.__file__]
    assert len(functions) > 3
    for function in functions:
        source = find(function)
        assert source.first_line == function.__code__.co_firstlineno
        for node in ast.walk(source.tree):
            check_place(node, source)


def check_place(node: ast.AST, source: FunctionSource) -> None:
    span = span_of(node, source)
    assert 1 <= span.line <= span.end_line <= len(source.lines)
    assert (span.line, span.column) <= (span.end_line, span.end_column)
    if isinstance(node, ast.Name):
        assert source.lines[span.line - 1][span.column : span.end_column] == node.id
    if isinstance(node, ast.stmt):
        statement = statement_of(node, source)
        assert statement.text.isprintable()
        assert 0 < len(statement.text) <= 80
        if hasattr(node, "body") and not statement.text.endswith("…"):
            assert statement.text.endswith(":")
            assert source.lines[statement.span.end_line - 1][statement.span.end_column - 1] == ":"
