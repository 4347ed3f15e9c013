"""What users are told when something goes wrong, as data first and text last.

Every layer may raise these, so this module imports nothing of ours. Whoever finds a problem
builds a `Problem`; how it is laid out (source line, caret, hint) is decided here alone, which
keeps every message in one shape and lets tests check wording without running the compiler.
"""

from __future__ import annotations

import linecache
import os
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

TAB_WIDTH = 4

BUG = (
    "This is a bug in autodiff_compiler, not in your program. Please report it together with "
    "the text above and the function being differentiated."
)


@dataclass(frozen=True)
class Span:
    """A stretch of a source file: 1-based lines, 0-based columns counted in characters.

    `end_column` is exclusive, as in `ast`, but not counted in UTF-8 bytes as there.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Statement:
    """A statement of the user's program: where it stands and how to quote it on one line."""

    span: Span
    text: str


@dataclass(frozen=True)
class Problem:
    """One thing a function may not do: where, its name, why not, what to write instead.

    `construct` names the language construct ("global", "list.sort"); `notes` point at other
    places that explain this one. An empty `hint` is left out of the report.
    """

    span: Span
    construct: str
    message: str
    hint: str = ""
    notes: tuple[tuple[Span, str], ...] = ()


class AutodiffError(Exception):
    """The base of every error this package raises on purpose."""


class UnsupportedError(AutodiffError):
    """A function uses something that can't be differentiated; `problems` lists all of it.

    The problems are sorted by position and free of repeats. `str()` is the full report, laid
    out when the error is made, while the source is still what it was.
    """

    def __init__(self, function: str, problems: Iterable[Problem]) -> None:
        self.function = function
        self.problems = ordered(problems)
        self._report = report(function, self.problems)
        super().__init__(function, self.problems)  # what pickle and copy rebuild it from

    def __str__(self) -> str:
        return self._report


class StaticWanted(AutodiffError):
    """The code needs the values of parameters, not just their types: an axis, a fixed shape.

    Whoever called the compiler makes those of `names` that are ints part of the signature and
    compiles again. Where that can't be done this is the user's error, and `problems` say where
    the values are needed.
    """

    def __init__(
        self, names: Iterable[str], function: str = "", problems: Iterable[Problem] = ()
    ) -> None:
        self.names = frozenset(names)
        self.function = function
        self.problems = ordered(problems)
        if self.problems:
            self._report = report(function, self.problems)
        else:
            listed = " and ".join(sorted(self.names))
            self._report = f"the code depends on the value of {listed}, which must be an int"
        super().__init__(self.names, function, self.problems)

    def __str__(self) -> str:
        return self._report


class SourceError(AutodiffError):
    """The source of a function isn't available, or isn't the source of the code that runs."""

    def __init__(self, function: str, reason: str, hint: str = "") -> None:
        self.function = function
        self.reason = reason
        self.hint = hint
        super().__init__(function, reason, hint)

    def __str__(self) -> str:
        hint = f"\n  hint: {self.hint}" if self.hint else ""
        return f"cannot read the source of {self.function}: {self.reason}{hint}"


class SignatureError(AutodiffError, TypeError):
    """The arguments, or the request itself, don't fit the function: argnums, counts, dtypes."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(message, hint)

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}" if self.hint else self.message


class InternalError(AutodiffError):
    """The compiler broke one of its own rules. Never the user's fault, and the text says so."""

    def __init__(self, message: str, context: str = "") -> None:
        self.message = message
        self.context = context
        super().__init__(message, context)

    def __str__(self) -> str:
        return "\n\n".join(part for part in (self.message, self.context, BUG) if part)


class VerificationError(InternalError):
    """An IR function is malformed; the context is its printed form."""


class NestingError(AutodiffError):
    """Generated text is nested more deeply than Python reads; users are told of their function."""


class EmissionError(InternalError):
    """Generated text doesn't mean what it was written to mean; the context is that text."""


def ordered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems by position, each once."""
    return tuple(sorted(dict.fromkeys(problems), key=_position))


def report(function: str, problems: Iterable[Problem]) -> str:
    """The text shown for all problems of one function."""
    listed = ordered(problems)
    count = "1 problem" if len(listed) == 1 else f"{len(listed)} problems"
    header = f"cannot differentiate {function}: {count}"
    return "\n\n".join((header, *("\n".join(_problem_lines(problem)) for problem in listed)))


def location(span: Span) -> str:
    """`file:line:column` as editors and terminals understand it, the column counted from 1."""
    return f"{display_path(span.file)}:{span.line}:{span.column + 1}"


def display_path(file: str) -> str:
    """A file's path, relative where it lies in the working directory."""
    if not os.path.isabs(file):
        return file
    try:
        relative = os.path.relpath(file)
    except (OSError, ValueError):  # the working directory is gone, or on another Windows drive
        return file
    return file if relative.startswith(os.pardir) else relative


def underlined(span: Span) -> tuple[str, ...]:
    """The span's first source line and its carets; nothing where the line can't be read.

    Both are dedented and free of tabs, and line up in a terminal: wide characters get two
    carets, combining ones none.
    """
    line = linecache.getline(span.file, span.line).rstrip()
    indent = len(line) - len(line.lstrip())
    if indent == len(line):
        return ()
    end = span.end_column if span.end_line == span.line else len(line)
    shown = carets = ""
    width = 0
    for index, character in enumerate(line[indent:], start=indent):
        cells = _cells(character, width)
        shown += " " * cells if character == "\t" else _visible(character)
        carets += ("^" if span.column <= index < end else " ") * cells
        width += cells
    if "^" not in carets:  # an empty span, or one past the end of the line
        carets = carets[: _width(line[indent : span.column])] + "^"
    return shown, carets.rstrip()


def _problem_lines(problem: Problem) -> Iterator[str]:
    yield f"{location(problem.span)}: {problem.construct}: {problem.message}"
    yield from _quoted(problem.span)
    if problem.hint:
        yield f"  hint: {problem.hint}"
    for span, text in problem.notes:
        yield f"  note: {location(span)}: {text}"
        yield from _quoted(span)


def _quoted(span: Span) -> Iterator[str]:
    return (f"    {line}" for line in underlined(span))


def _position(problem: Problem) -> tuple[str, int, int, int, int, str, str]:
    span = problem.span
    ends = (span.end_line, span.end_column)
    return (span.file, span.line, span.column, *ends, problem.construct, problem.message)


def _width(text: str) -> int:
    width = 0
    for character in text:
        width += _cells(character, width)
    return width


def _cells(character: str, width: int) -> int:
    """How many terminal cells a character takes when `width` cells stand before it."""
    if character == "\t":
        return TAB_WIDTH - width % TAB_WIDTH
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _visible(character: str) -> str:
    """The character, or nothing or a space where it would disturb the terminal.

    Invisible format characters can reorder a line (bidirectional overrides), so the report
    would show another program than the one that runs.
    """
    match unicodedata.category(character):
        case "Cf":
            return ""
        case "Cc":
            return " "
        case _:
            return character
