"""Reports: their layout, and that the errors behave as exceptions should."""

from __future__ import annotations

import copy
import linecache
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autodiff_compiler.errors import (
    AutodiffError,
    EmissionError,
    InternalError,
    Problem,
    SignatureError,
    SourceError,
    Span,
    Statement,
    UnsupportedError,
    VerificationError,
    display_path,
    location,
    ordered,
    report,
    underlined,
)

Register = Callable[[str], str]


@pytest.fixture
def register() -> Iterator[Register]:
    """Makes a text known under a made-up file name, as a notebook does."""
    names: list[str] = []

    def add(text: str) -> str:
        name = f"<cell {len(names)}>"
        names.append(name)
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        return name

    yield add
    for name in names:
        del linecache.cache[name]


def one_line(file: str, column: int, end_column: int, line: int = 1) -> Span:
    return Span(file, line, column, line, end_column)


# --- carets -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "column", "end_column", "expected"),
    [
        ("x = a @ b", 4, 9, ("x = a @ b", "    ^^^^^")),
        ("    x = a @ b  ", 8, 13, ("x = a @ b", "    ^^^^^")),
        ("\tx = a", 5, 6, ("x = a", "    ^")),
        ("\tx\t= a", 5, 6, ("x   = a", "      ^")),
        ("x\t= a", 1, 4, ("x   = a", " ^^^^^")),
        ("é = ñ + 1", 4, 5, ("é = ñ + 1", "    ^")),
        ("s = '漢字' + y", 11, 12, ("s = '漢字' + y", "             ^")),
        ("s = '漢字' + y", 5, 7, ("s = '漢字' + y", "     ^^^^")),
        ("s = 'e\u0301' + y", 11, 12, ("s = 'e\u0301' + y", "          ^")),
        ("s = '\u202e' + y", 4, 7, ("s = '' + y", "    ^^")),
        ("x = 1\x01 + y", 9, 10, ("x = 1  + y", "         ^")),
        ("x = y", 4, 4, ("x = y", "    ^")),
        ("    x = y", 0, 0, ("x = y", "^")),
        ("x = y", 9, 12, ("x = y", "     ^")),
        ("\tx = y", 0, 1, ("x = y", "^")),
    ],
    ids=[
        "plain",
        "indented",
        "indented by a tab",
        "tab before",
        "tab inside",
        "accents",
        "wide before",
        "wide underlined",
        "combining before",
        "invisible",
        "control character",
        "empty",
        "empty, in the indentation",
        "past the end",
        "in the indentation",
    ],
)
def test_carets(
    register: Register,
    source: str,
    column: int,
    end_column: int,
    expected: tuple[str, str],
) -> None:
    assert underlined(one_line(register(source + "\n"), column, end_column)) == expected


def test_of_several_lines_the_first_is_underlined(register: Register) -> None:
    name = register("def f(x):\n    y = (x +  \n         1)\n")
    assert underlined(Span(name, 2, 8, 3, 11)) == ("y = (x +", "    ^^^^")


@pytest.mark.parametrize("span", [Span("<never seen>", 1, 0, 1, 3), Span("<cell 0>", 9, 0, 9, 1)])
def test_lines_that_cannot_be_read_are_left_out(register: Register, span: Span) -> None:
    register("x = 1\n\n")
    assert underlined(span) == ()
    assert report("f", [Problem(span, "global", "no")]).endswith("global: no")


def test_blank_lines_are_left_out(register: Register) -> None:
    assert underlined(one_line(register("x = 1\n   \n"), 0, 1, line=2)) == ()


# --- whole reports ----------------------------------------------------------------------------


def test_a_report(register: Register) -> None:
    name = register(
        "def walk(x):\n"
        "    global count\n"
        "    while x > 0:\n"
        "        x -= 1\n"
        "    else:\n"
        "        x = 2\n"
    )
    problems = [
        Problem(
            Span(name, 3, 4, 6, 13),
            "while-else",
            "the else of a loop is not supported",
            "test the condition after the loop",
            ((one_line(name, 8, 14, line=4), "x is written here"),),
        ),
        Problem(one_line(name, 4, 16, line=2), "global", "a global may not be written"),
    ]
    assert report("walk", problems) == (
        "cannot differentiate walk: 2 problems\n"
        "\n"
        "<cell 0>:2:5: global: a global may not be written\n"
        "    global count\n"
        "    ^^^^^^^^^^^^\n"
        "\n"
        "<cell 0>:3:5: while-else: the else of a loop is not supported\n"
        "    while x > 0:\n"
        "    ^^^^^^^^^^^^\n"
        "  hint: test the condition after the loop\n"
        "  note: <cell 0>:4:9: x is written here\n"
        "    x -= 1\n"
        "    ^^^^^^"
    )


def test_one_problem_is_counted_as_one(register: Register) -> None:
    problem = Problem(one_line(register("x\n"), 0, 1), "name", "no")
    assert report("f", [problem]).startswith("cannot differentiate f: 1 problem\n\n")


def test_problems_are_sorted_by_position_and_told_once() -> None:
    spans = [
        Span("a.py", 2, 0, 2, 5),
        Span("a.py", 2, 4, 2, 5),
        Span("a.py", 10, 0, 10, 1),
        Span("b.py", 1, 0, 1, 1),
    ]
    expected = tuple(Problem(span, "call", "no") for span in spans)
    shuffled = [expected[k] for k in (3, 1, 0, 2, 1, 3)]
    assert ordered(shuffled) == expected
    error = UnsupportedError("f", shuffled)
    assert error.problems == expected
    assert str(error).count("call: no") == 4


def test_two_problems_at_one_place_are_both_told() -> None:
    span = Span("a.py", 1, 0, 1, 1)
    problems = ordered([Problem(span, "b", "no"), Problem(span, "a", "no")])
    assert [problem.construct for problem in problems] == ["a", "b"]


def test_the_report_keeps_the_source_as_it_was(register: Register) -> None:
    name = register("x = 1\n")
    error = UnsupportedError("f", [Problem(one_line(name, 0, 1), "name", "no")])
    linecache.cache[name] = (6, None, ["y = 2\n"], name)
    assert "x = 1" in str(error)


def test_files_are_read_from_disk(tmp_path: Path) -> None:
    file = tmp_path / "walk.py"
    file.write_text("def walk(été):\n    return été\n", encoding="utf-8")
    assert underlined(one_line(str(file), 11, 14, line=2)) == ("return été", "       ^^^")


# --- locations --------------------------------------------------------------------------------


def test_columns_are_shown_from_one() -> None:
    assert location(Span("<cell 0>", 3, 0, 3, 2)) == "<cell 0>:3:1"


def test_paths_below_the_working_directory_are_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert display_path(str(tmp_path / "here" / "walk.py")) == "walk.py"
    assert display_path(str(tmp_path / "walk.py")) == str(tmp_path / "walk.py")
    assert display_path("<cell 0>") == "<cell 0>"


def test_paths_are_whole_where_there_is_no_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert display_path(str(tmp_path / "walk.py")) == str(tmp_path / "walk.py")


# --- as exceptions ----------------------------------------------------------------------------

ERRORS = [
    UnsupportedError("f", [Problem(Span("a.py", 1, 0, 1, 1), "global", "no", "don't")]),
    SourceError("f", "it is a class", "give a function"),
    SignatureError("argnums names z, which f hasn't"),
    VerificationError("%x is defined twice", "func @f() {}"),
    EmissionError("the text doesn't parse"),
]
IDS = [type(error).__name__ for error in ERRORS]


@pytest.mark.parametrize("error", ERRORS, ids=IDS)
def test_every_error_is_ours(error: Exception) -> None:
    assert isinstance(error, AutodiffError)


@pytest.mark.parametrize("error", ERRORS, ids=IDS)
@pytest.mark.parametrize(
    "copied", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy], ids=["pickle", "copy"]
)
def test_errors_travel(error: Exception, copied: Callable[[Exception], Exception]) -> None:
    twin = copied(error)
    assert type(twin) is type(error)
    assert str(twin) == str(error)
    assert vars(twin) == vars(error)


def test_bad_arguments_are_type_errors() -> None:
    assert issubclass(SignatureError, TypeError)


def test_a_source_error_says_what_to_do() -> None:
    assert str(SourceError("Net", "it is a class", "give a function")) == (
        "cannot read the source of Net: it is a class\n  hint: give a function"
    )
    assert str(SourceError("Net", "it is a class")) == (
        "cannot read the source of Net: it is a class"
    )


@pytest.mark.parametrize("kind", [VerificationError, EmissionError])
def test_internal_errors_say_whose_fault_it_is(kind: type[InternalError]) -> None:
    text = str(kind("%x is defined twice", "func @f() {}"))
    assert text.startswith("%x is defined twice\n\nfunc @f() {}\n\nThis is a bug in")
    assert str(kind("%x is defined twice")).startswith("%x is defined twice\n\nThis is a bug in")


def test_diagnostics_are_plain_data() -> None:
    span = Span("a.py", 1, 0, 1, 5)
    assert Problem(span, "call", "no") == Problem(span, "call", "no", "", ())
    assert len({Statement(span, "x = 1"), Statement(span, "x = 1")}) == 1
    with pytest.raises(AttributeError):
        span.line = 2  # type: ignore[misc]
