"""Functions are found wherever they live, or it is said why not."""

from __future__ import annotations

import ast
import asyncio
import functools
import inspect
import linecache
import math
import threading
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autodiff_compiler.errors import SourceError
from autodiff_compiler.source import find

Load = Callable[[str], types.ModuleType]
Run = Callable[..., dict[str, Any]]


# --- where functions live ---------------------------------------------------------------------


def plain(x):
    """A docstring."""
    return x * x


def test_a_function_in_a_file() -> None:
    source = find(plain)
    assert source.function is plain
    assert source.file == plain.__code__.co_filename
    assert isinstance(source.tree, ast.FunctionDef)
    assert source.first_line == source.tree.lineno == plain.__code__.co_firstlineno
    assert source.text == 'def plain(x):\n    """A docstring."""\n    return x * x\n'
    assert source.lines[source.first_line - 1] == "def plain(x):\n"


def test_a_nested_function_and_its_closure() -> None:
    def outer(a):
        def inner(x):
            return a * x

        return inner

    assert find(outer(1)).text == "def inner(x):\n    return a * x\n"
    assert find(outer(1)).tree is find(outer(2)).tree
    assert find(outer).text.startswith("def outer(a):\n    def inner(x):\n")


class Model:
    rate = 2.0

    def step(self, x):
        return x * self.rate

    @staticmethod
    def double(x):
        return 2 * x

    @classmethod
    def make(cls, x):
        return cls.rate * x

    @property
    def half(self):
        return self.rate / 2

    def __hidden(self, x):
        return x

    class Inner:
        def step(self, x):
            return x + self.__rate

    def __call__(self, x):
        return x


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (Model.step, "def step(self, x):\n    return x * self.rate\n"),
        (Model().step, "def step(self, x):\n    return x * self.rate\n"),
        (Model.double, "@staticmethod\ndef double(x):\n    return 2 * x\n"),
        (Model.make, "@classmethod\ndef make(cls, x):\n    return cls.rate * x\n"),
        (Model.half.fget, "@property\ndef half(self):\n    return self.rate / 2\n"),
        (Model._Model__hidden, "def __hidden(self, x):\n    return x\n"),
        (Model.Inner.step, "def step(self, x):\n    return x + self.__rate\n"),
    ],
    ids=["function", "bound", "static", "class", "property", "private", "nested class"],
)
def test_methods(function: Callable[..., object], text: str) -> None:
    source = find(function)
    assert source.text == text
    assert source.function is inspect.unwrap(getattr(function, "__func__", function))


def test_coroutines_and_generators_are_found() -> None:
    async def wait(x):
        await asyncio.sleep(0)
        return x

    def count(x):
        yield x

    assert isinstance(find(wait).tree, ast.AsyncFunctionDef)
    assert find(count).text == "def count(x):\n    yield x\n"


def test_copies_made_by_hand() -> None:
    copied = types.FunctionType(plain.__code__, {}, "other", (1,))
    assert find(copied).tree is find(plain).tree
    assert find(copied).function is copied


def test_the_code_that_runs_counts_not_the_name() -> None:
    def other(x):
        return -x

    def changed(x):
        return x

    changed.__code__ = other.__code__
    assert find(changed).text == "def other(x):\n    return -x\n"


# --- decorators -------------------------------------------------------------------------------


def wrapping(function):
    @functools.wraps(function)
    def wrapper(*arguments):
        return function(*arguments) + 1

    return wrapper


def keeping(*_):
    return lambda function: function


@wrapping
def wrapped(x):
    return x


@keeping(lambda y: y)
@keeping(
    1,
)
def decorated(x=lambda z: -z):
    return x


def test_a_decorated_function_starts_at_its_decorators() -> None:
    source = find(decorated)
    assert source.text.startswith("@keeping(lambda y: y)\n@keeping(\n    1,\n)\ndef decorated(")
    assert source.lines[source.first_line - 1] == "@keeping(lambda y: y)\n"
    assert source.tree.lineno == source.first_line + 4


def test_wrappers_are_not_looked_through() -> None:
    assert find(wrapped).text.splitlines()[1] == "def wrapper(*arguments):"
    assert find(inspect.unwrap(wrapped)).text == "@wrapping\ndef wrapped(x):\n    return x\n"


def test_a_lambda_in_a_default_argument() -> None:
    (default,) = decorated.__defaults__
    assert find(default).text == "lambda z: -z"


def test_while_the_decorator_runs_the_module_is_not_finished(load: Load) -> None:
    module = load(
        "from autodiff_compiler.source import find\n@find\ndef f(x):\n    return x\nlater = 1\n"
    )
    assert module.f.text == "@find\ndef f(x):\n    return x\n"


# --- lambdas ----------------------------------------------------------------------------------

LAMBDAS = [
    "lambda: 1",
    "lambda: None",
    "lambda x: x",
    "lambda y: y",
    "lambda x: x + 1",
    "lambda x: x + 1.0",
    "lambda x: (x + 2)",
    "lambda: (lambda y: y)",
    "lambda: (lambda: 1)",
    "lambda x: (lambda: x)()",
    "lambda x=(lambda: 3): x",
    "lambda: (yield)",
    "lambda x: (y for y in x)",
    "lambda x: [y for y in x]",
    "lambda x: x and x",
    "lambda x: f'{x}'",
    "lambda x: (y := x)",
    "lambda *a, **k: a",
    "lambda é: 'é' + é",
    "lambda x: x if x else lambda: x",
]


@pytest.mark.parametrize("index", range(len(LAMBDAS)), ids=LAMBDAS)
def test_lambdas_on_one_line(run: Run, index: int) -> None:
    functions = run(f"s = 'ü'; all = [{', '.join(LAMBDAS)}]\n")["all"]
    assert find(functions[index]).text == LAMBDAS[index]


def test_a_lambda_inside_another_on_its_line(run: Run) -> None:
    outer = run("f = lambda x: lambda x: lambda x: x\n")["f"]
    assert find(outer).text == "lambda x: lambda x: lambda x: x"
    assert find(outer(1)).text == "lambda x: lambda x: x"
    assert find(outer(1)(2)).text == "lambda x: x"


def test_lambdas_over_several_lines(run: Run) -> None:
    names = run("f, g = (lambda x: (x +\n  1)), (lambda x:\n  x + 2)\n")
    assert find(names["f"]).text == "lambda x: (x +\n  1)"
    assert find(names["g"]).text == "lambda x:\n  x + 2"


def test_lambdas_in_statements_sharing_a_line(run: Run) -> None:
    names = run("f = lambda x: x; g = lambda x: x\n")
    f, g = find(names["f"]), find(names["g"])
    assert (f.tree.col_offset, g.tree.col_offset) == (4, 21)


# --- several functions of one name ------------------------------------------------------------


def test_functions_of_one_name_are_told_apart(load: Load) -> None:
    module = load(
        "import sys\n"
        "if sys:\n"
        "    def f(x):\n"
        "        return x + 1\n"
        "else:\n"
        "    def f(x):\n"
        "        return x + 2\n"
        "first = f\n"
        "def f(x):\n"
        "    return x + 1\n"
    )
    assert find(module.first).tree.lineno == 3
    assert find(module.f).tree.lineno == 9


def test_a_function_in_a_finally_block(load: Load) -> None:
    module = load("try:\n    pass\nfinally:\n    def f(x):\n        return x\n")
    assert find(module.f).tree.lineno == 4


def test_equal_functions_in_different_files(load: Load) -> None:
    one, two = load("def f(x):\n    return x\n").f, load("def f(x):\n    return x\n").f
    assert one.__code__ == two.__code__
    assert (find(one).file, find(two).file) == (one.__code__.co_filename, two.__code__.co_filename)


def test_a_name_defined_again_in_a_notebook(run: Run) -> None:
    one = run("def f(x):\n    return x\n")["f"]
    two = run("def f(x):\n    return -x\n")["f"]
    assert find(one).text == "def f(x):\n    return x\n"
    assert find(two).text == "def f(x):\n    return -x\n"


# --- examples in documents --------------------------------------------------------------------

DOCUMENT = """\
# How it's done

```python
def f(x):
    return x * 2
```

Or, in one line:

~~~ python
g = lambda x: x * 3
~~~
"""


def run_example(document: Path, first: int, last: int) -> dict[str, Any]:
    lines = document.read_text().splitlines(True)
    padded = "\n" * (first - 1) + "".join(lines[first - 1 : last])
    namespace: dict[str, Any] = {}
    exec(compile(padded, str(document), "exec", dont_inherit=True), namespace)
    return namespace


def test_fenced_examples(tmp_path: Path) -> None:
    document = tmp_path / "README.md"
    document.write_text(DOCUMENT)
    source = find(run_example(document, 4, 5)["f"])
    assert source.text == "def f(x):\n    return x * 2\n"
    assert source.first_line == 4
    assert source.lines[0] == "# How it's done\n"
    assert find(run_example(document, 11, 11)["g"]).text == "lambda x: x * 3"


def test_an_edited_document_is_refused(tmp_path: Path) -> None:
    document = tmp_path / "README.md"
    document.write_text(DOCUMENT)
    f = run_example(document, 4, 5)["f"]
    document.write_text(DOCUMENT.replace("x * 2", "x * 10"))
    with pytest.raises(SourceError, match="does not compile"):
        find(f)


def test_a_document_without_fences_is_refused(tmp_path: Path) -> None:
    document = tmp_path / "README.md"
    document.write_text("It's so:\ndef f(x): return x\n```\n")
    with pytest.raises(SourceError, match="no longer compiles"):
        find(run_example(document, 2, 2)["f"])


# --- no source --------------------------------------------------------------------------------


class Slotted:
    __slots__ = ()


@pytest.mark.parametrize(
    ("thing", "reason", "hint"),
    [
        (math.sin, "of sin: it is compiled code", "call it from a Python function"),
        ("".join, "of str.join: it is compiled code", "call it"),
        (str.join, "of str.join: it is compiled code", "call it"),
        (len, "of len: it is compiled code", "call it"),
        (functools.partial(plain, 1), "of plain: functools.partial", "lambda x: f(x"),
        (functools.partial(Model(), 1), "of a Model object: functools.partial", "lambda x"),
        (Model, "of Model: it is a class", "makes and uses an instance"),
        (Model(), "of a Model object: it is an object that can be called", "__call__"),
        (functools.lru_cache(plain), "of plain: it is an object of type", "__wrapped__"),
        (3, "of a int object: it is not a function", "give a function"),
        (Slotted(), "of a Slotted object: it is not a function", "give a function"),
        (None, "of a NoneType object: it is not a function", "give a function"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_things_without_source(thing: Any, reason: str, hint: str) -> None:
    with pytest.raises(SourceError) as caught:
        find(thing)
    assert reason in str(caught.value)
    assert hint in caught.value.hint


def test_numpy_functions_have_no_source() -> None:
    numpy = pytest.importorskip("numpy")
    with pytest.raises(SourceError, match="of sin: it is compiled code"):
        find(numpy.sin)


@pytest.mark.parametrize("name", ["<string>", "<made up>", "nowhere.py"])
def test_text_nobody_registered(name: str) -> None:
    namespace: dict[str, Any] = {}
    exec(compile("def f(x): return x\n", name, "exec"), namespace)
    linecache.cache.pop(name, None)
    with pytest.raises(SourceError, match=f"nothing is known of the text of {name}") as caught:
        find(namespace["f"])
    assert "linecache.cache[name]" in caught.value.hint


def test_the_hint_on_registering_works() -> None:
    name, text = "<registered by hand>", "def f(x): return x\n"
    linecache.cache[name] = len(text), None, text.splitlines(True), name
    namespace: dict[str, Any] = {}
    exec(compile(text, name, "exec"), namespace)
    assert find(namespace["f"]).text == text


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_line_breaks_are_those_of_the_compiler(run: Run, line_break: str) -> None:
    names = run(f"x = 1 \x0c + 2{line_break}def f(x):{line_break}    return x{line_break}")
    source = find(names["f"])
    assert source.lines == ("x = 1 \x0c + 2\n", "def f(x):\n", "    return x\n")
    assert source.text == "def f(x):\n    return x\n"


def test_text_registered_with_a_time_stamp(run: Run) -> None:
    names = run("def f(x): return x\n")
    name = names["f"].__code__.co_filename
    size, _, lines, _ = linecache.cache[name]  # type: ignore[misc]
    linecache.cache[name] = (size, 1.0, lines, name)
    assert find(names["f"]).text == "def f(x): return x\n"


def test_text_only_the_interpreter_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    namespace: dict[str, Any] = {}
    exec(compile("def f(x): return x\n", "<hidden>", "exec"), namespace)
    monkeypatch.setattr(inspect, "findsource", lambda _: (["def f(x): return x\n"], 0))
    assert find(namespace["f"]).text == "def f(x): return x\n"


def test_text_that_only_a_loader_has() -> None:
    class Loader:
        def get_source(self, name: str) -> str:
            return "def f(x):\n    return x\n"

    namespace: dict[str, Any] = {"__name__": "zipped", "__loader__": Loader()}
    exec(compile("def f(x):\n    return x\n", "archive.zip/zipped.py", "exec"), namespace)
    try:
        assert find(namespace["f"]).text == "def f(x):\n    return x\n"
    finally:
        linecache.cache.pop("archive.zip/zipped.py", None)


# --- in threads -------------------------------------------------------------------------------


def test_many_threads_at_once(load: Load) -> None:
    text = "".join(f"def f{n}(x):\n    return x + {n}\n" for n in range(40))
    module, filters = load(text), list(warnings.filters)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for n in range(40):
                assert find(getattr(module, f"f{n}")).first_line == 2 * n + 1
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert warnings.filters == filters
