"""What is said of programs that can't be differentiated: `cases/*.py` beside `goldens/*.txt`.

Each case is a file with a function `f`, whose first parameter is a float or an array. Its whole
report is compared, and beyond that every report has what any report must have.
"""

from __future__ import annotations

import importlib.util
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest

from autodiff_compiler import grad, value_and_grad
from autodiff_compiler.errors import (
    AutodiffError,
    InternalError,
    SignatureError,
    UnsupportedError,
    location,
    underlined,
)

HERE = Path(__file__).parent
CASES = sorted((HERE / "cases").glob("*.py"))
EXAMPLES: dict[object, object] = {
    "float": 1.5,
    "int": 3,
    "list[float]": [1.0, 2.0, 3.0],
    "dict": {"a": 1.0, "b": 2.0},
    "numpy.ndarray": np.array([0.5, 1.5, 2.5]),
}
MATRIX = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]]) / 3.0  # for a parameter called a
# Words of those who write compilers, and what a message about user code never shows.
JARGON = re.compile(r"\b(SSA|IR|AST|poison|silenced|operand|opaque|unbound|lower(ed|ing)?)\b", re.I)


def read(path: Path) -> FunctionType:
    """The function `f` of a file."""
    spec = importlib.util.spec_from_file_location(f"case_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert isinstance(module.f, FunctionType)
    return module.f


def arguments_of(function: FunctionType) -> list[Any]:
    """Examples of the parameters without a default, as their annotations ask for."""
    parameters = list(inspect.signature(function).parameters.values())
    plain = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty]
    return [
        MATRIX
        if parameter.name == "a"
        else EXAMPLES[inspect.formatannotation(parameter.annotation)]
        for parameter in plain
    ]


def refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> AutodiffError:
    """The error of a case, with paths relative to its folder."""
    monkeypatch.chdir(path.parent)
    function = read(path)
    arguments = arguments_of(function)
    assert type(arguments[0]) in (float, np.ndarray)
    with pytest.raises(AutodiffError) as caught:
        grad(function).lower(*arguments)
    return caught.value


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_report(
    path: Path, golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    error = refused(path, monkeypatch)
    golden(f"errors/goldens/{path.stem}.txt", f"{type(error).__name__}: {error}\n")


def test_there_is_a_report_for_each_case() -> None:
    assert [path.stem for path in sorted((HERE / "goldens").glob("*.txt"))] == [
        path.stem for path in CASES
    ]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_report_is_complete(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = refused(path, monkeypatch)
    text = str(error)
    assert not isinstance(error, InternalError)
    assert not JARGON.search(text)
    assert str(HERE) not in text
    header, *blocks = text.split("\n\n")
    count = "1 problem" if len(blocks) == 1 else f"{len(blocks)} problems"
    assert header == f"cannot differentiate f: {count}"
    for block in blocks:
        first, line, carets, *rest = block.splitlines()
        assert re.match(rf"{path.name}:\d+:\d+: \S.*: \S", first)
        assert line.strip()
        assert re.fullmatch(r" {4,}\^+", carets)
        assert len(carets) <= len(line) + line.count("零")  # which is two cells wide
        assert rest[0].startswith("  hint: ")
        assert max(map(len, (first, rest[0]))) < 160


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_problems_are_data_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = refused(path, monkeypatch)
    if isinstance(error, SignatureError):  # what it returns is the problem
        return
    assert isinstance(error, UnsupportedError)
    assert error.function == "f"
    for problem in error.problems:
        assert problem.construct
        assert problem.message
        assert problem.hint
        assert underlined(problem.span)
        assert f"{location(problem.span)}: {problem.construct}: {problem.message}" in str(error)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_calling_says_the_same_as_lowering(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = refused(path, monkeypatch)
    function = read(path)
    for mode in ("reverse", "forward"):
        with pytest.raises(type(error)) as caught:
            grad(function, mode=mode)(*arguments_of(function))
        assert str(caught.value) == str(error)


# What a problem is called, and how many there are: one for each thing to change. Where there are
# many (in cases called several_...) the reports themselves are all there is to compare.
SEVERAL = {
    "three_problems": ["global", "try", "list.pop"],
    "the_same_problem_twice": ["break", "break"],
    "derivative_inside": ["call of slope", "call of grad"],
}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_one_problem_for_each_thing_to_change(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = refused(path, monkeypatch)
    if isinstance(error, UnsupportedError):
        constructs = [problem.construct for problem in error.problems]
        several = path.stem.startswith("several_")
        assert constructs == SEVERAL.get(path.stem, constructs if several else constructs[:1])


SUPPORTED = sorted((HERE / "supported").glob("*.py"))


@pytest.mark.parametrize("path", SUPPORTED, ids=lambda path: path.stem)
def test_what_looks_hard_and_is_supported(path: Path) -> None:
    function = read(path)
    arguments = arguments_of(function)
    x = arguments[0]
    expected = np.empty(np.shape(x))
    for place in np.ndindex(expected.shape):
        step = np.zeros(expected.shape)
        step[place] = 1e-6
        ahead, behind = (
            function(type(x)(x + s) if isinstance(x, float) else x + s, *arguments[1:])
            for s in (step, -step)
        )
        expected[place] = (ahead - behind) / 2e-6
    value = function(*arguments)
    for mode in ("reverse", "forward"):
        found, gradient = value_and_grad(function, mode=mode)(*arguments)
        assert (found, type(found)) == (value, type(value))
        assert type(gradient) is type(x)
        np.testing.assert_allclose(gradient, expected, rtol=1e-7, atol=1e-9)
