"""A function's source, and how its nodes are pointed at and quoted.

`ast` counts columns in UTF-8 bytes and knows where whole statements end, not their headers.
People count characters and want to be shown `while x > 0:`, not the forty lines below it. Here
one becomes the other.
"""

from __future__ import annotations

import ast
import copy
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FunctionType
from typing import TypeAlias

from autodiff_compiler.errors import Span, Statement

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Place: TypeAlias = tuple[int, int]  # line and byte column, as in ast
Extent: TypeAlias = tuple[Place, Place]

STATEMENT_WIDTH = 80

# The fields of a compound statement that aren't in its header line.
BLOCKS = {"body", "orelse", "finalbody", "handlers", "cases", "decorator_list"}


@dataclass(frozen=True)
class FunctionSource:
    """A function and the source it was compiled from.

    `tree` carries the line numbers and byte columns of `file`; it is shared between calls and
    must not be changed. `lines` is the whole file with line breaks, line n at index n - 1.
    """

    function: FunctionType
    file: str
    tree: FunctionNode
    lines: tuple[str, ...] = field(repr=False)

    @property
    def first_line(self) -> int:
        """Where the text begins: at the first decorator, else at the `def` or `lambda`."""
        return first_line(self.tree)

    @property
    def text(self) -> str:
        """The function's own text, dedented, with decorators; of a lambda just the lambda."""
        extent = extent_of(self.tree)
        if isinstance(self.tree, ast.Lambda):
            return _cut(_span(self.file, extent, self.lines), self.lines)
        _, (last_line, _) = extent
        return textwrap.dedent("".join(self.lines[self.first_line - 1 : last_line]))


def span_of(node: ast.AST, source: FunctionSource) -> Span:
    """Where a node of the function's tree stands, in characters.

    Nodes without a position of their own (arguments, comprehension clauses) get that of their
    parts, those without parts (operators, empty argument lists) the function's header.
    """
    extent = _extent(node) or _header(source.tree, source.lines)
    return _span(source.file, extent, source.lines)


def statement_of(
    node: ast.stmt | ast.expr | ast.ExceptHandler, source: FunctionSource
) -> Statement:
    """A statement as one printable line: a simple one whole, of a compound one its header.

    An expression is accepted for the sake of lambdas, whose body is all the statement they
    have. What spreads over several lines is rewritten on one, without its comments. The text is
    for showing and never for compiling: it may be cut short.
    """
    compound = isinstance(node, ast.stmt | ast.ExceptHandler) and not BLOCKS.isdisjoint(
        node._fields
    )
    extent = _header(node, source.lines) if compound else extent_of(node)
    span = _span(source.file, extent, source.lines)
    if span.line == span.end_line:
        text = _cut(span, source.lines)
    elif compound:
        text = ast.unparse(_without_blocks(node)).strip().partition("\n")[0]
    else:
        text = ast.unparse(node)
    # No line break may survive, however it is spelt: the text goes into comments.
    printable = "".join(c if c.isprintable() else " " for c in text)
    if len(printable) > STATEMENT_WIDTH:
        printable = printable[: STATEMENT_WIDTH - 1].rstrip() + "…"
    return Statement(span, printable)


def first_line(node: ast.AST) -> int:
    """The line a statement or function begins on for the compiler: its first decorator's."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return decorators[0].lineno if decorators else getattr(node, "lineno", 0)


def extent_of(node: ast.AST) -> Extent:
    """The extent of a node that has one, as parsed statements and expressions do."""
    extent = _extent(node)
    assert extent is not None, f"{type(node).__name__} without a position"
    return extent


def _extent(node: ast.AST) -> Extent | None:
    line = getattr(node, "lineno", None)
    if line is None:
        return _covering(ast.iter_child_nodes(node))
    column, end_line, end_column = (
        getattr(node, name) for name in ("col_offset", "end_lineno", "end_col_offset")
    )
    return (line, column), (end_line, end_column)


def _covering(nodes: Iterator[ast.AST]) -> Extent | None:
    extents = [extent for node in nodes if (extent := _extent(node))]
    if not extents:
        return None
    return min(start for start, _ in extents), max(end for _, end in extents)


def _header(node: ast.AST, lines: tuple[str, ...]) -> Extent:
    """A compound statement up to its colon; a lambda whole."""
    start, end = extent_of(node)
    if isinstance(node, ast.Lambda):
        return start, end
    heading = _covering(ast.iter_child_nodes(_without_blocks(node)))
    line, column = after = heading[1] if heading else start
    # After the last expression come only brackets, comments and the colon.
    for number in range(line, end[0] + 1):
        mark = re.search(rb"[:#]", lines[number - 1].encode()[column:])
        if mark and mark[0] == b":":
            return start, (number, column + mark.end())
        column = 0
    return start, after


def _without_blocks(node: ast.AST) -> ast.AST:
    """The statement with its blocks empty, for looking at its header alone."""
    header = copy.copy(node)
    for name in BLOCKS.intersection(node._fields):
        setattr(header, name, [])
    return header


def _span(file: str, extent: Extent, lines: tuple[str, ...]) -> Span:
    (line, column), (end_line, end_column) = extent
    return Span(
        file,
        line,
        _characters(lines[line - 1], column),
        end_line,
        _characters(lines[end_line - 1], end_column),
    )


def _characters(line: str, column: int) -> int:
    """A byte column as a character column."""
    if line.isascii():
        return column
    return len(line.encode()[:column].decode(errors="replace"))


def _cut(span: Span, lines: tuple[str, ...]) -> str:
    """The text of a span."""
    text = "".join(lines[span.line - 1 : span.end_line])
    after = len(lines[span.end_line - 1]) - span.end_column
    return text[span.column : len(text) - after]
