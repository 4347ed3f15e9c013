"""The command line, run as users run it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from autodiff_compiler import cli

PROGRAM = '''\
import math

print("loading")


def loss(w: float, x: float, xs: list[float]) -> float:
    """A loss."""
    s = 0.0
    for each in xs:
        s += math.sin(w * each) * x
    return s


def bad(x):
    while True:
        global Y
        Y = x


def words(text: str, x: float) -> float:
    return x


class Model:
    def energy(self, x):
        return x

    @staticmethod
    def fixed(x: float) -> float:
        return x * x


not_a_function = 3
'''

DECORATED = """\
from autodiff_compiler import grad
from helper import scale


@grad
def f(x):
    return scale(x * x)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "helper.py").write_text("def scale(x):\n    return 3.0 * x\n", encoding="utf-8")
    (tmp_path / "decorated.py").write_text(DECORATED, encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def leave_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.setattr(sys, "modules", sys.modules.copy())


def run(*arguments: object) -> int:
    try:
        return cli.main([str(argument) for argument in arguments])
    except SystemExit as stopped:
        assert isinstance(stopped.code, int)
        return stopped.code


def shown(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert run(*arguments) == 0
    return capsys.readouterr().out


def test_show(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "show", f"{program}:loss", "--wrt", "w")
    namespace: dict[str, object] = {}
    exec(text, namespace)
    assert namespace["loss_grad"](0.0, 2.0, [3.0, 4.0]) == 14.0  # type: ignore[operator]
    assert "loading" not in text


def test_show_several_and_forward(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    several = shown(capsys, "show", f"{program}:loss", "--wrt", "w,x")
    spaced = shown(capsys, "show", f"{program}:loss", "--wrt", "w, x", "--mode", "reverse")
    assert several == spaced
    forward = shown(capsys, "show", f"{program}:loss", "--wrt", "w", "--mode", "forward")
    assert "_dot" in forward
    assert "_bar" not in forward


def test_show_a_static_method(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "def fixed_grad" in shown(capsys, "show", f"{program}:Model.fixed", "--wrt", "x")


def test_a_decorated_function_needs_no_wrt(
    program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = f"{program.with_name('decorated.py')}:f"
    text = shown(capsys, "show", target)
    assert "def f_grad(x)" in text
    assert shown(capsys, "show", target, "--wrt", "x") == text


def test_emit(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = program.parent / "made" / "loss_grad.py"
    assert run("emit", f"{program}:loss", "--wrt", "w", "-o", out) == 0
    text = out.read_text(encoding="utf-8")
    said = ast.get_docstring(ast.parse(text))
    assert said is not None
    assert said.startswith("grad of loss with respect to w.")
    assert "from program.py:6." in said
    capsys.readouterr()
    assert shown(capsys, "show", f"{program}:loss", "--wrt", "w") in text
    assert run("emit", f"{program}:loss", "--wrt", "x", "-o", out) == 2
    assert "exists and is left alone" in capsys.readouterr().err
    assert out.read_text(encoding="utf-8") == text
    assert run("emit", f"{program}:loss", "--wrt", "x", "-o", out, "--force") == 0
    assert out.read_text(encoding="utf-8") != text


@pytest.mark.parametrize(
    ("name", "wrt", "told"),
    [
        ("bad", "x", "global"),
        ("words", "x", "the annotation 'str' of 'text' in words does not say"),
    ],
)
def test_refused(
    program: Path, capsys: pytest.CaptureFixture[str], name: str, wrt: str, told: str
) -> None:
    assert run("show", f"{program}:{name}", "--wrt", wrt) == 1
    caught = capsys.readouterr()
    assert caught.out == ""
    assert told in caught.err
    assert "Traceback" not in caught.err


@pytest.mark.parametrize(
    ("target", "more", "told"),
    [
        ("{}:loss", (), "--wrt is needed"),
        ("{}:loss", ("--wrt", "q"), "no parameter 'q'; its parameters are w, x, xs"),
        ("{}:loss", ("--wrt", "w,w"), "names a parameter twice"),
        ("{}:loss", ("--wrt", ""), "no parameter ''"),
        ("{}:loss", ("--wrt", "w", "--mode", "sideways"), "invalid choice: 'sideways'"),
        ("{}:lost", ("--wrt", "w"), "has no function 'lost'"),
        ("{}:not_a_function", ("--wrt", "w"), "has no function 'not_a_function'"),
        ("{}:__import__('os')", ("--wrt", "w"), "has no function"),
        ("{}", ("--wrt", "w"), "there is no file" if ":" in str(Path.cwd()) else "FILE:FUNCTION"),
        ("{}.none:f", ("--wrt", "w"), "there is no file"),
    ],
)
def test_wrong_usage(
    program: Path,
    capsys: pytest.CaptureFixture[str],
    target: str,
    more: tuple[str, ...],
    told: str,
) -> None:
    assert run("show", target.format(program), *more) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert told in caught.err


@pytest.mark.parametrize("text", ["raise ValueError('broken')", "import sys; sys.exit(0)", "def"])
def test_a_file_that_cannot_be_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    path = tmp_path / "broken.py"
    path.write_text(text, encoding="utf-8")
    assert run("show", f"{path}:f", "--wrt", "x") == 2
    assert "broken.py can't be loaded" in capsys.readouterr().err


def test_a_file_named_like_a_module_that_is_in_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ast.py"
    path.write_text("def f(x):\n    return x * x\n", encoding="utf-8")
    assert "def f_grad" in shown(capsys, "show", f"{path}:f", "--wrt", "x")
    assert sys.modules["ast"] is ast


def test_as_a_program(program: Path) -> None:
    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "autodiff_compiler", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = call("show", f"{program}:loss", "--wrt", "w")
    assert done.returncode == 0
    assert "def loss_grad(" in done.stdout
    assert done.stderr == "loading\n"
    assert call("show", f"{program}:bad", "--wrt", "x").returncode == 1
    assert call("show").returncode == 2
    helped = call("--help")
    assert helped.returncode == 0
    assert "examples:" in helped.stdout
    for word in ("show", "emit"):
        assert "--wrt" in call(word, "--help").stdout
