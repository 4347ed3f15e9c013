"""Specialisations: made once per signature, and again when something they relied on changed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

import pytest

from autodiff_compiler import pipeline
from autodiff_compiler.dispatch import cache
from autodiff_compiler.dispatch.cache import Dispatcher
from autodiff_compiler.dispatch.compiler import Known, Step
from autodiff_compiler.errors import SignatureError
from autodiff_compiler.frontend import Guard, Static
from autodiff_compiler.ir.types import FLOAT, SequenceType, Type
from autodiff_compiler.ir.values import Block, Function
from autodiff_compiler.pipeline import Compiled, Differentiation

GRAD = (Step("grad", (0,), bare=True),)


class Compiler:
    """Stands for the compiler: the function itself is its derivative, guarded by its globals."""

    def __init__(self) -> None:
        self.seen: list[Mapping[str, Type | Static]] = []
        self.pause = 0.0

    def __call__(
        self,
        function: FunctionType,
        differentiations: tuple[Differentiation, ...],
        arguments: Mapping[str, Type | Static],
    ) -> Compiled:
        assert differentiations == (Differentiation("grad", (0,), bare=True),)
        time.sleep(self.pause)
        self.seen.append(arguments)
        names = [name for name in function.__code__.co_names if name in function.__globals__]
        guards = [
            Guard("global", function.__globals__, name, function.__globals__[name])
            for name in names
        ]
        code = Guard("attribute", function, "__code__", function.__code__)
        ir = Function(function.__name__, (), Block((), ()))
        return Compiled(function.__name__, ir, ir, "", {}, function, (*guards, code))


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> Compiler:
    compiler = Compiler()
    monkeypatch.setattr(pipeline, "compile_function", compiler)
    return compiler


def dispatcher_of(function: Callable[..., Any]) -> Dispatcher:
    assert isinstance(function, FunctionType)
    return Dispatcher(function, lambda active: GRAD)


def test_each_signature_is_compiled_once(compiler: Compiler) -> None:
    def f(x, y): ...

    dispatcher = dispatcher_of(f)
    first = dispatcher.specialise((), (1.0, 2.0))
    assert dispatcher.specialise((), (3.0, 4.0)) is first
    assert len(compiler.seen) == dispatcher.compilations == 1
    other = dispatcher.specialise((), (1.0, 2))
    assert other is not first
    assert dispatcher.specialise((), (1.0, 2.0)) is first
    assert dispatcher.specialise((), (1.0, 5)) is other
    assert len(compiler.seen) == 2
    assert dispatcher.specialise((1,), (1.0, 2.0)) is not first
    assert len(compiler.seen) == 3


def test_arguments_are_described_in_order(compiler: Compiler) -> None:
    def f(x, mode, xs: tuple[float, ...]): ...

    dispatcher_of(f).specialise((), (1.0, "fast", (1.0, 2.0)))
    [arguments] = compiler.seen
    assert list(arguments) == ["x", "mode", "xs"]
    assert arguments["x"] == FLOAT
    assert isinstance(arguments["mode"], Static)
    assert arguments["mode"].value == "fast"
    assert arguments["xs"] == SequenceType(FLOAT, "tuple")


def test_declared_and_called_signatures_are_one(compiler: Compiler) -> None:
    def f(x, mode, xs): ...

    dispatcher = dispatcher_of(f)
    arguments = {"x": FLOAT, "mode": Known("fast"), "xs": SequenceType(FLOAT)}
    declared = dispatcher.declared((), arguments)
    assert dispatcher.declared((), arguments) is declared
    assert dispatcher.specialise((), (1.0, "fast", [1.0])) is declared
    assert dispatcher.specialise((), (1.0, "fast", [])) is declared
    assert dispatcher.specialise((), (1.0, "slow", [1.0])) is not declared


def test_a_list_of_another_length_is_no_new_signature(compiler: Compiler) -> None:
    def f(xs): ...

    dispatcher = dispatcher_of(f)
    for count in range(5):
        dispatcher.specialise((), ([1.0] * count,))
    assert len(compiler.seen) == 1
    for count in range(5):
        dispatcher.specialise((), ((1.0,) * count,))
    assert len(compiler.seen) == 6


def test_a_broken_guard_compiles_anew(compiler: Compiler) -> None:
    namespace: dict[str, Any] = {"RATE": 1.0}
    exec("def f(x): return RATE * x", namespace)
    dispatcher = dispatcher_of(namespace["f"])
    first = dispatcher.specialise((), (1.0,))
    namespace["RATE"] = 2.0
    second = dispatcher.specialise((), (1.0,))
    assert second is not first
    assert dispatcher.renewed(first) is second
    assert dispatcher.renewed(second) is second
    assert dispatcher.compilations == 2
    del namespace["RATE"]
    assert dispatcher.specialise((), (1.0,)) is not second


def test_new_code_of_the_same_parameters_compiles_anew(compiler: Compiler) -> None:
    def f(x): ...
    def other(x):
        return x

    def renamed(y): ...

    dispatcher = dispatcher_of(f)
    first = dispatcher.specialise((), (1.0,))
    assert sum(guard.key == "__code__" for guard in first.guards) == 1
    f.__code__ = other.__code__
    assert dispatcher.specialise((), (1.0,)) is not first
    f.__code__ = renamed.__code__
    with pytest.raises(SignatureError, match=r"parameters of .*f have changed"):
        dispatcher.specialise((), (1.0,))


def test_any_number_of_arguments_is_refused(compiler: Compiler) -> None:
    def f(x, *rest): ...

    with pytest.raises(SignatureError, match="f takes any number of arguments as 'rest'"):
        dispatcher_of(f).specialise((), (1.0, (2.0,)))


def test_arguments_that_cannot_be_described_are_named(compiler: Compiler) -> None:
    def f(x, y): ...

    for _ in range(2):
        with pytest.raises(SignatureError, match=r"argument 'y' of .*f is a complex"):
            dispatcher_of(f).specialise((), (1.0, 1j))
    assert not compiler.seen


def test_static_objects_do_not_pile_up(compiler: Compiler, monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x, model): ...

    monkeypatch.setattr(cache, "LIMIT", 8)
    dispatcher = dispatcher_of(f)
    kept = object()
    for _ in range(50):
        dispatcher.specialise((), (1.0, object()))
        last = dispatcher.specialise((), (1.0, kept))
    assert len(dispatcher._made) == 8
    assert len(compiler.seen) < 60
    argument = last.arguments["model"]
    assert isinstance(argument, Known)
    assert argument.value is kept


def test_the_fast_way_gets_the_latest_signatures(compiler: Compiler) -> None:
    def f(x, mode): ...

    dispatcher = dispatcher_of(f)
    made = [dispatcher.specialise((), (1.0, mode)) for mode in "abcdef"]
    assert [entry.mark for entry in dispatcher.fast()] == made[: -cache.FAST - 1 : -1]


def test_many_threads_compile_each_signature_once(compiler: Compiler) -> None:
    def f(x, y): ...

    compiler.pause = 0.01
    dispatcher = dispatcher_of(f)
    signatures: list[tuple[Any, Any]] = [(1.0, 2.0), (1.0, 2), ([1.0], 2.0), (1.0, "a")]
    found: dict[int, set[object]] = {place: set() for place in range(len(signatures))}
    ready = threading.Barrier(16)

    def work(number: int) -> None:
        ready.wait()
        for turn in range(40):
            place = (number + turn) % len(signatures)
            found[place].add(dispatcher.specialise((), signatures[place]))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(compiler.seen) == len(signatures)
    assert all(len(specialisations) == 1 for specialisations in found.values())


def test_the_compiler_is_imported_when_something_is_compiled() -> None:
    script = """
import sys
from autodiff_compiler import check_grads, grad, jvp, value_and_grad, vjp

def f(x):
    return x * x

derivatives = grad(f), value_and_grad(f, "x"), grad(grad(f)), jvp(f), vjp(f)
print(*sorted(name for name in sys.modules if name.startswith("autodiff_compiler.")))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[1] for name in done.stdout.split()}
    assert loaded == {"api", "dispatch", "errors", "ir", "testing"}
