"""The source found compiles to the code that runs, or is refused."""

from __future__ import annotations
import __future__

import ast
import asyncio
import linecache
import marshal
import os
import subprocess
import sys
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import autodiff_compiler
from autodiff_compiler.errors import SourceError, Span
from autodiff_compiler.source import find, span_of

ROOT = Path(autodiff_compiler.__file__).parents[1]

Load = Callable[[str], types.ModuleType]
Run = Callable[..., dict[str, Any]]


def edit(module: types.ModuleType, change: Callable[[str], str]) -> None:
    """Changes a module's file, as an editor would, after its import."""
    assert module.__file__ is not None
    file = Path(module.__file__)
    before = file.stat()
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns + 10**9))


def python(*arguments: str, cwd: Path) -> str:
    """What a fresh interpreter prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# --- what changes how text compiles -----------------------------------------------------------


def test_a_future_from_outside_the_text(run: Run) -> None:
    flag = __future__.annotations.compiler_flag
    names = run("def f(x: int):\n    def g(y: x): return y\n    return g\n", flag)
    assert find(names["f"]).text.startswith("def f(x: int):")
    assert find(names["f"](1)).text == "def g(y: x): return y\n"


def test_a_future_in_the_file(load: Load) -> None:
    module = load("from __future__ import annotations\ndef f(x: float): return x\n")
    assert find(module.f).text == "def f(x: float): return x\n"


def test_await_at_the_top_of_a_cell(run: Run) -> None:
    text = "import asyncio\nif 0:\n    await asyncio.sleep(0)\ndef f(x): return x\n"
    namespace = run("")
    name = "<awaiting cell>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    code = compile(text, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    asyncio.run(eval(code, namespace))
    assert find(namespace["f"]).text == "def f(x): return x\n"


def test_interactive_statements(run: Run) -> None:
    assert find(run("def f(x): return x\n", mode="single")["f"]).text == "def f(x): return x\n"


def test_calls_into_imported_modules_compile_differently(load: Load) -> None:
    module = load(
        "try:\n    import math\nexcept ImportError:\n    pass\n"
        "def f(x):\n    return math.sin(x)\n"
        "class C:\n    def g(self, x):\n        return math.cos(x)\n"
    )
    assert find(module.f).text == "def f(x):\n    return math.sin(x)\n"
    assert find(module.C.g).text == "def g(self, x):\n    return math.cos(x)\n"


def test_an_import_hidden_in_another_function_may_matter(load: Load) -> None:
    module = load(
        "def prepare():\n    global math\n    import math\n"
        "def f(x):\n    return math.sin(x)\n"
        "def super(): pass\n"
        "class C:\n    def g(self): return super().g()\n"
    )
    assert find(module.f).text == "def f(x):\n    return math.sin(x)\n"
    assert find(module.C.g).text == "def g(self): return super().g()\n"


@pytest.mark.parametrize(
    "constant", ["1e999 - 1e999", "-0.0", "(1, (2.0, -0.0))", "x in {0.0, 'a'}"]
)
def test_constants(run: Run, constant: str) -> None:
    text = f"def f(x): return {constant}\n"
    assert find(run(text)["f"]).text == text


@pytest.mark.parametrize(
    ("before", "after"), [("0.0", "-0.0"), ("1", "1.0"), ("1", "True"), ("x in {1}", "x in {1.0}")]
)
def test_constants_that_compare_equal_are_not_the_same(load: Load, before: str, after: str) -> None:
    module = load(f"def f(x): return {before}\n")
    edit(module, lambda text: text.replace(before, after))
    with pytest.raises(SourceError, match="does not compile"):
        find(module.f)


def test_warnings_of_the_compiler_are_not_repeated(load: Load) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = load("def f(x):\n    return x is 1, '\\d'\n")
    filters = list(warnings.filters)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        find(module.f)
    assert warnings.filters == filters


def test_tabs_and_unicode(load: Load) -> None:
    module = load("class A:\n\tdef größe(self, ζ):\n\t\treturn ζ * 2  # ζζ\n")
    source = find(module.A.größe)
    assert source.text == "def größe(self, ζ):\n\treturn ζ * 2  # ζζ\n"
    assert isinstance(source.tree, ast.FunctionDef)
    (statement,) = source.tree.body
    assert span_of(statement, source) == Span(source.file, 3, 2, 3, 14)


@pytest.mark.parametrize("options", [["-OO"], ["-O"], ["-X", "no_debug_ranges"]], ids=" ".join)
def test_interpreter_options(tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "example.py").write_text(
        "from autodiff_compiler.source import find\n"
        "def f(x):\n    'doc'\n    assert x\n    return x\n"
        "g, h = lambda x: x + 1, lambda x: x - 1\n"
        "print(find(f).text, find(g).text, find(h).text)\n"
    )
    printed = python(*options, "example.py", cwd=tmp_path)
    assert printed == (
        "def f(x):\n    'doc'\n    assert x\n    return x\n lambda x: x + 1 lambda x: x - 1\n"
    )


def test_code_cached_without_columns(run: Run, tmp_path: Path) -> None:
    text = "def f(x):\n    return [lambda: x, x * 2]\n"
    names = run(text)
    name = names["f"].__code__.co_filename
    compile_it = f"import marshal; print(marshal.dumps(compile({text!r}, {name!r}, 'exec')).hex())"
    dumped = python("-X", "no_debug_ranges", "-c", compile_it, cwd=tmp_path)
    namespace: dict[str, Any] = {}
    exec(marshal.loads(bytes.fromhex(dumped)), namespace)
    assert list(namespace["f"].__code__.co_positions())[0][2] is None
    assert find(namespace["f"]).text == text


# --- edited files -----------------------------------------------------------------------------

FILE = "import math\n\ndef f(x):\n    return math.sin(x)\n\ndef g(x):\n    return x\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sin", "cos"),
        ("math.sin(x)", "math.sin( x)"),
        ("def f(x)", "def f(x, y=1)"),
        ("def f(x)", "def h(x)"),
        ("    return math", "    '''Doc.'''\n    return math"),
        ("def f(x):", "def f(x):\n"),
        ("def f(x):\n    return math.sin(x)\n", ""),
        ("def g(x):\n    return x\n", "def g(x:\n"),
        ("import math", "import math\n\0"),
    ],
    ids=[
        "another call",
        "columns",
        "parameters",
        "name",
        "docstring",
        "lines within",
        "removed",
        "does not parse",
        "null byte",
    ],
)
def test_an_edited_function_is_refused(load: Load, old: str, new: str) -> None:
    module = load(FILE)
    edit(module, lambda text: text.replace(old, new))
    with pytest.raises(SourceError, match=r"does not compile|no longer compiles") as caught:
        find(module.f)
    assert "import" in caught.value.hint


def test_a_file_that_parses_but_does_not_compile_is_refused(load: Load) -> None:
    module = load(FILE)
    edit(module, lambda text: "\n" + text + "continue\n")
    with pytest.raises(SourceError, match="no longer compiles"):
        find(module.f)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "# the end\n",
        lambda text: text.replace("return x\n", "return -x\n"),
        lambda text: text + "def f(x):\n    return 1\n",
    ],
    ids=["comment at the end", "another function", "another of the name"],
)
def test_edits_elsewhere_do_no_harm(load: Load, change: Callable[[str], str]) -> None:
    module = load(FILE)
    edit(module, change)
    assert find(module.f).text == "def f(x):\n    return math.sin(x)\n"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("import math\n", "import math\nimport os\n# and more\n", 5),
        ("import math\n\n", "import math\n", 2),
        ("\ndef f", "\ndef f(x):\n    return 2\n\ndef f", 6),
    ],
    ids=["down", "up", "below another of the name"],
)
def test_a_function_that_only_moved_is_found(load: Load, old: str, new: str, line: int) -> None:
    module = load(FILE)
    edit(module, lambda text: text.replace(old, new, 1))
    source = find(module.f)
    assert source.first_line == line
    assert source.text == "def f(x):\n    return math.sin(x)\n"
    assert span_of(source.tree, source).line == line


def test_lambdas_that_moved_together(load: Load) -> None:
    module = load("f, g = lambda: 1, lambda: 2\n")
    edit(module, lambda text: "\n" + text)
    assert find(module.f).text == "lambda: 1"
    assert find(module.g).text == "lambda: 2"


def test_of_equal_functions_that_moved_the_nearest_is_taken(load: Load) -> None:
    text = "def f(x):\n    return x\n"
    module = load(text)
    edit(module, lambda text: "\n" + text + "\n" * 5 + text)
    assert find(module.f).first_line == 2


def test_what_is_found_once_stays_found(load: Load) -> None:
    module = load(FILE)
    before = find(module.f)
    edit(module, lambda text: text.replace("sin", "cos"))
    assert find(module.f) == before


def test_found_functions_can_be_forgotten(run: Run) -> None:
    from autodiff_compiler.source import locate

    names = run("def f(x): return x\n")
    find(names["f"])
    key = id(names["f"].__code__)
    assert key in locate._known
    # The module's own code holds the function's too, so both must go.
    names.clear()
    assert key not in locate._known


def test_the_text_is_read_once_it_changes(load: Load) -> None:
    module = load(FILE)
    find(module.g)
    edit(module, lambda text: text.replace("sin", "cos"))
    with pytest.raises(SourceError):
        find(module.f)


def test_code_that_a_decorator_rewrote_is_refused(load: Load) -> None:
    module = load(
        "def rewrite(f):\n"
        "    f.__code__ = f.__code__.replace(co_consts=(None, 3.0))\n"
        "    return f\n"
        "@rewrite\n"
        "def f(x):\n"
        "    return x * 2.0\n"
    )
    assert module.f(1) == 3
    with pytest.raises(SourceError, match="does not compile to the code that runs"):
        find(module.f)


# --- modules whose asserts pytest rewrote -----------------------------------------------------


def asserting(x):
    assert x > 0, "negative"
    square = lambda y: y * y
    return square(x)


def asserting_inside(x):
    def inner(y):
        assert y
        return y

    assert inner(x) == x
    return inner


def test_this_file_was_rewritten() -> None:
    assert "@py_assert1" in asserting.__code__.co_varnames


def test_functions_with_asserts() -> None:
    source = find(asserting)
    assert source.text.startswith('def asserting(x):\n    assert x > 0, "negative"\n')
    assert isinstance(source.tree, ast.FunctionDef)
    assert isinstance(source.tree.body[0], ast.Assert)
    assert find(asserting_inside).text.startswith("def asserting_inside(x):\n")
    assert find(asserting_inside(1)).text == "def inner(y):\n    assert y\n    return y\n"


def test_every_function_of_a_rewritten_module() -> None:
    functions = [f for f in globals().values() if isinstance(f, types.FunctionType)]
    own = [f for f in functions if f.__code__.co_filename == __file__]
    assert len(own) > 20
    for function in own:
        assert find(function).text.count(f"def {function.__code__.co_name}(") >= 1


TEST_MODULE = """\
from autodiff_compiler.errors import SourceError
from autodiff_compiler.source import find
from pathlib import Path
import os

def f(x):
    assert x > 0
    return x

def test_found():
    {marker}
    assert find(f).text == "def f(x):\\n    assert x > 0\\n    return x\\n"

def test_moved():
    copied = type(f)(f.__code__.replace(), globals())
    file = Path(__file__)
    file.write_text("\\n\\n" + file.read_text())
    assert find(copied).first_line == 8

def test_edited():
    copied = type(f)(f.__code__.replace(), globals())
    file = Path(__file__)
    file.write_text(file.read_text().replace("assert x > 0", "assert x >= 0"))
    try:
        find(copied)
    except SourceError:
        return
    raise RuntimeError("the edit went unnoticed")
"""


@pytest.mark.parametrize(
    ("marker", "options"),
    [
        ("assert '@py_assert1' in f.__code__.co_varnames", []),
        (
            "assert '@py_assert1' in f.__code__.co_varnames",
            ["-o", "enable_assertion_pass_hook=true", "--deselect", "test_it.py::test_moved"],
        ),
        ("assert f.__code__.co_varnames == ('x',)", ["--assert=plain"]),
    ],
    ids=["rewritten", "rewritten with the hook", "plain"],
)
def test_pytest_elsewhere(tmp_path: Path, marker: str, options: list[str]) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text(TEST_MODULE.format(marker=marker))
    arguments = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "test_it.py"]
    # With the hook line numbers are constants of the code, so there moving is an edit as well.
    passed = "2 passed" if "--deselect" in options else "3 passed"
    assert passed in python(*arguments, cwd=tmp_path)
