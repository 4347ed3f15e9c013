"""README: its Python blocks run, and the gradient it shows is right and is what comes out."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.document import Document
from sybil.parsers.markdown import PythonCodeBlockParser

import autodiff_compiler

README = Path(__file__).resolve().parent.parent / "README.md"

needs_grad = pytest.mark.skipif(
    not hasattr(autodiff_compiler, "grad"), reason="autodiff_compiler has no grad yet"
)


@pytest.fixture
def readme() -> Document:
    return Sybil(parsers=[PythonCodeBlockParser()]).parse(README)


@pytest.fixture
def shown(readme: Document) -> tuple[str, str]:
    """The function that README differentiates, and the derivative that it shows."""
    function, derivative, *_ = (str(example.parsed) for example in readme.examples())
    return function, derivative


def run(text: str, name: str) -> Callable[[float], float]:
    namespace: dict[str, Callable[[float], float]] = {}
    exec(text, namespace)
    return namespace[name]


def newton_derivative(a: float) -> float:
    """The derivative of five Newton steps, carried forward beside them."""
    x, x_dot = a, 1.0
    for _ in range(5):
        x, x_dot = 0.5 * (x + a / x), 0.5 * (x_dot + 1 / x - a * x_dot / (x * x))
    return x_dot


@needs_grad
def test_python_blocks_run(readme: Document) -> None:
    for example in readme.examples():
        example.evaluate()


@pytest.mark.parametrize("a", [0.3, 1.0, 2.0, 10.0])
def test_shown_derivative_is_right(shown: tuple[str, str], a: float) -> None:
    assert run(shown[1], "newton_grad")(a) == pytest.approx(newton_derivative(a), rel=1e-14)


@needs_grad
def test_shown_derivative_is_what_the_compiler_writes(
    shown: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    function, derivative = shown
    (tmp_path / "newton.py").write_text(function, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "newton", raising=False)
    newton = importlib.import_module("newton").newton
    assert newton.source == derivative
    assert newton(2.0) == run(derivative, "newton_grad")(2.0)
