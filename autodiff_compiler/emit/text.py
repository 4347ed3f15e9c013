"""Python text from Python's AST: one statement at a time, with comments, blank lines, a line map.

`astor` writes the statements. Whatever is written is parsed again and must be the tree that it was
written from.
"""

from __future__ import annotations

import ast
import functools
import itertools
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from autodiff_compiler.emit.copies import copied, described, quoted
from autodiff_compiler.emit.python import Written
from autodiff_compiler.errors import EmissionError, NestingError, Span, Statement
from autodiff_compiler.ir.values import UNKNOWN, Origin

INDENT = "    "
WIDTH = 88
SHORTEST = 30  # what a comment needs, to say anything


class Page:
    """The lines of a module while they are being written."""

    def __init__(self, written: Written) -> None:
        self.written = written
        self.lines: list[str] = []
        self.spans: dict[int, Span] = {}
        self.tree: list[ast.stmt] = []
        self.explained: Statement | None = None
        self.beside: set[ast.stmt] = set()
        self.excess = 0  # by how much the longest line that can be made shorter is too long

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def blank(self, count: int = 1) -> None:
        if self.lines:
            self.lines += [""] * count

    def add(self, code: ast.stmt) -> None:
        """Write a statement of the module."""
        self.tree.append(code)
        self.statement(code, "")

    def add_text(self, text: str) -> None:
        """Add statements that are text already."""
        self.tree += ast.parse(text).body
        self.lines += text.rstrip("\n").split("\n")

    def add_captured(self, name: str, value: object) -> None:
        """A copy of what a function finds outside, or a remark where that is too long."""
        copy = copied(name, value)
        if copy is None:
            self.lines.append(f"# {name}: {described(value)} that the function finds outside.")
        else:
            self.add_text(copy)

    def body(self, body: Sequence[ast.stmt], indent: str) -> None:
        self.explained = None
        self.beside |= self.beside_the_primal(body)
        for code in body:
            self.statement(code, indent)
        self.explained = None

    def beside_the_primal(self, body: Sequence[ast.stmt]) -> set[ast.stmt]:
        """The statements that stand right beside the primal statement whose derivative they are,
        as in forward mode. They need no comment."""
        found: set[ast.stmt] = set()
        run: list[ast.stmt] = []
        written = self.written
        for code in _flat(body):
            statement = self.origin(code).statement
            if not run or code in written.spaced or self.origin(run[-1]).statement != statement:
                run = []
            run.append(code)
            if any(self.origin(each).order == 0 for each in run):
                found.update(run)
        return found

    def origin(self, code: ast.stmt) -> Origin:
        return self.written.origins.get(code, UNKNOWN)

    def statement(self, code: ast.stmt, indent: str) -> None:
        if code in self.written.spaced:
            self.lines.append("")
        inside = indent + INDENT
        match code:
            case ast.FunctionDef() | ast.For() | ast.While() | ast.With():
                self.head(code, indent)
                self.body(code.body, inside)
            case ast.If():
                self.branch(code, indent)
            case ast.Expr(value=ast.Constant(value=str(text))):
                self.lines += _docstring(text, indent)
            case _:
                lines = source_of(code).split("\n")
                if code in self.written.explained and code not in self.beside:
                    self.explain(self.origin(code).statement, lines[0], indent)
                self.put(code, lines, indent)

    def put(self, code: ast.stmt, lines: Sequence[str], indent: str) -> None:
        """Add the lines of a statement, or of its head."""
        span = self.origin(code).span
        remark = self.written.remarks.get(code)
        for line in lines:
            whole = indent + line
            if remark is not None and len(lines) == 1:
                remarked = f"{whole}  # {remark}"
                whole = remarked if len(remarked) <= WIDTH else whole
            if len(whole) > WIDTH and code in self.written.foldable:
                self.excess = max(self.excess, len(whole) - WIDTH)
            for each in [whole] if len(whole) <= WIDTH else wrapped(whole, indent):
                self.lines.append(each)
                if span is not None:
                    self.spans[len(self.lines)] = span

    def explain(self, statement: Statement | None, code: str, indent: str) -> None:
        """A comment that quotes the source, unless it did so last, or the code is the quote."""
        if statement is None or statement == self.explained or statement.text.endswith(":"):
            return
        self.explained = statement
        if statement.text == code:
            return
        comment = f"{indent}# {statement.text}"
        limit = max(WIDTH, len(indent) + SHORTEST)  # far to the right there is room all the same
        self.lines.append(comment if len(comment) <= limit else comment[: limit - 1] + "…")

    def branch(self, code: ast.If, indent: str) -> None:
        word = ""
        while True:
            self.head(code, indent, word)
            self.body(code.body, indent + INDENT)
            rest = code.orelse
            if len(rest) == 1 and isinstance(rest[0], ast.If):
                word, code = "el", rest[0]
                continue
            if rest:
                self.lines.append(f"{indent}else:")
                self.body(rest, indent + INDENT)
            return

    def head(self, code: ast.stmt, indent: str, word: str = "") -> None:
        """The first line of a compound statement."""
        passing: list[ast.stmt] = [ast.Pass()]
        copied: ast.stmt
        match code:
            case ast.If():
                copied = ast.If(code.test, passing, [])
            case ast.While():
                copied = ast.While(code.test, passing, [])
            case ast.For():
                copied = ast.For(code.target, code.iter, passing, [], None)
            case ast.With():
                copied = ast.With(code.items, passing)
            case ast.FunctionDef():
                copied = ast.FunctionDef(code.name, code.args, passing, [], None)
            case _:
                raise AssertionError("no compound statement")
        lines = source_of(copied).split("\n")[:-1]
        lines[0] = word + lines[0]
        self.put(code, lines, indent)


def _flat(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements, with those under a `with` among them."""
    for code in body:
        if isinstance(code, ast.With):
            yield from code.body
        else:
            yield code


def checked(page: Page) -> str:
    """The text, once it has been read back and is the tree that was written."""
    text = page.text
    try:
        read = ast.parse(text)
    except SyntaxError as error:
        if "too many" in str(error):  # levels of indentation, nested parentheses or blocks
            raise NestingError(str(error)) from None
        raise EmissionError(f"the generated text does not parse: {error}", text) from None
    if not same(read.body, page.tree):
        raise EmissionError("the generated text is not the tree it was written from", text)
    return text


_IGNORED = frozenset({"ctx", "kind", "type_comment", "type_ignores"})


def same(a: object, b: object) -> bool:
    """Whether two trees are equal, positions aside."""
    pairs = [(a, b)]
    while pairs:
        a, b = map(_signed, pairs.pop())
        if type(a) is not type(b):
            return False
        if isinstance(a, ast.AST):
            for name in a._fields:
                if name not in _IGNORED:
                    pairs.append((getattr(a, name, None), getattr(b, name, None)))
        elif isinstance(a, list):
            assert isinstance(b, list)
            if len(a) != len(b):
                return False
            pairs += zip(a, b, strict=True)
        elif a != b:
            return False
    return True


def _signed(code: object) -> object:
    """A negative number as Python reads it: as the negation of a positive one."""
    value = code.value if isinstance(code, ast.Constant) else None
    if isinstance(value, int | float) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return code


def wrapped(line: str, indent: str) -> list[str]:
    """A line that is too long, with what its last outer brackets hold on lines of its own."""
    opened = closed = depth = start = 0
    quote = ""
    commas: list[int] = []
    inside: list[int] = []
    for place, character in enumerate(line):
        if quote:
            if character == quote and line[place - 1] != "\\":
                quote = ""
        elif character in "'\"":
            quote = character
        elif character in "([{":
            if depth == 0:
                start, inside = place, []
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0 and place > start + 1:
                opened, closed, commas = start, place, inside
        elif character == "," and depth == 1:
            inside.append(place)
    if not closed:
        return [line]
    head, body, tail = line[: opened + 1], line[opened + 1 : closed], indent + line[closed:]
    inner = indent + INDENT
    whole = not commas or " for " in body  # commas may be those of a comprehension's target
    if whole or len(inner) + len(body) <= WIDTH:
        return [head, inner + body, tail]
    cuts = [opened, *commas, closed]
    items = [line[a + 1 : b].strip() for a, b in itertools.pairwise(cuts)]
    return [head, *(f"{inner}{item}," for item in items if item), tail]


def source_of(code: ast.stmt) -> str:
    """The text of one statement, without its last line break."""
    generator = _astor()(INDENT)
    generator.visit(code)
    text = "".join(generator.result)
    return text.strip("\n")


@functools.cache
def _astor() -> Any:
    """astor's writer of statements, imported when first needed."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"ast\.\w+ is deprecated", DeprecationWarning)
        from astor.code_gen import Precedence, SourceGenerator, set_precedence

    class Generator(SourceGenerator):  # type: ignore[misc]
        """Strings as `repr` writes them, f-strings as `ast.unparse` does."""

        def visit_Tuple(self, node: ast.Tuple) -> None:
            """With parentheses around a single item, whose comma is easily overlooked."""
            if len(node.elts) != 1:
                super().visit_Tuple(node)
                return
            with self.delimit("()"):
                self.comma_list(node.elts, True)

        def visit_ListComp(self, node: ast.ListComp) -> None:
            set_precedence(Precedence.Comma, node.elt)
            super().visit_ListComp(node)

        def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
            self.write(ast.unparse(node))

        def _handle_string_constant(self, node: ast.Constant, value: str, *_: object) -> None:
            self.write(quoted(value))

    return Generator


def _docstring(text: str, indent: str) -> list[str]:
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if escaped.endswith('"'):
        escaped = escaped[:-1] + '\\"'
    lines = escaped.split("\n")
    return (
        [f'{indent}"""{lines[0]}', *lines[1:-1], lines[-1] + '"""']
        if len(lines) > 1
        else [f'{indent}"""{escaped}"""']
    )
