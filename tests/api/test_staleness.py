"""Never stale: what changed since compilation is noticed at the next call; threads don't matter."""

from __future__ import annotations

import math
import threading
import types
from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest

from autodiff_compiler import grad, jvp, vjp

RATE = 2.0
REMOVED = 2.0


def helper(x):
    return x * x


config = types.ModuleType("config")
config.RATE = 2.0  # type: ignore[attr-defined]
config.helper = helper  # type: ignore[attr-defined]
functions = math


def constant(x):
    return RATE * x


def removed(x):
    return REMOVED * x


def helped(x):
    return helper(x)


def attribute(x):
    return config.RATE * config.helper(x)


def aliased(x):
    return functions.sin(x)


def compilations(derivative: Any) -> int:
    count = derivative._core.dispatcher.compilations
    assert isinstance(count, int)
    return count


def test_global_constant(monkeypatch: pytest.MonkeyPatch) -> None:
    slope, sweep, back = grad(constant), jvp(constant), vjp(constant)
    for rate in (2.0, 3.0, 3.0, 2.0):
        monkeypatch.setitem(globals(), "RATE", rate)
        assert slope(1.0) == rate
        assert sweep((1.0,), (1.0,)) == (rate, rate)
        assert back(1.0)[1](1.0) == (rate,)
        assert f"{rate}" in slope.source
    assert compilations(slope) == 3


def test_source_follows_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    slope = grad(constant)
    slope(1.0)
    monkeypatch.setitem(globals(), "RATE", 7.0)
    assert "7.0" in slope.source
    assert slope(1.0) == 7.0


def test_removed_global(monkeypatch: pytest.MonkeyPatch) -> None:
    slope = grad(removed)
    assert slope(1.0) == 2.0
    monkeypatch.delitem(globals(), "REMOVED")
    with pytest.raises(Exception, match="REMOVED"):
        slope(1.0)


def test_replaced_helper(monkeypatch: pytest.MonkeyPatch) -> None:
    slope = grad(helped)
    assert slope(3.0) == 6.0
    monkeypatch.setitem(globals(), "helper", lambda x: x * x * x)
    assert slope(3.0) == 27.0


def test_changed_code_of_a_helper(monkeypatch: pytest.MonkeyPatch) -> None:
    def cube(x):
        return x * x * x

    slope = grad(helped)
    assert slope(3.0) == 6.0
    monkeypatch.setattr(helper, "__code__", cube.__code__)
    assert slope(3.0) == 27.0


def test_changed_code() -> None:
    def f(x):
        return x * x

    def cube(x):
        return x * x * x

    slope = grad(f)
    assert slope(3.0) == 6.0
    f.__code__ = cube.__code__
    assert slope(3.0) == 27.0


def test_default_of_a_helper() -> None:
    def scaled(x, by=2.0):
        return x * by

    def f(x):
        return scaled(x)

    slope = grad(f)
    assert slope(1.0) == 2.0
    scaled.__defaults__ = (5.0,)
    assert slope(1.0) == 5.0


def test_default() -> None:
    def f(x, by=2.0, *, power=2):
        return by * x**power

    slope = grad(f)
    assert slope(3.0) == 12.0
    f.__defaults__ = (5.0,)
    assert slope(3.0) == 30.0
    f.__kwdefaults__["power"] = 1
    assert slope(3.0) == 5.0


def test_closure_cell() -> None:
    def make() -> tuple[Callable[[float], float], Callable[[float], None]]:
        rate = 2.0

        def f(x):
            return rate * x

        def change(to: float) -> None:
            nonlocal rate
            rate = to

        return f, change

    f, change = make()
    slope = grad(f)
    assert slope(1.0) == 2.0
    change(3.0)
    assert slope(1.0) == 3.0


def test_module_attribute(monkeypatch: pytest.MonkeyPatch) -> None:
    slope = grad(attribute)
    assert slope(3.0) == 12.0
    monkeypatch.setattr(config, "RATE", 5.0)
    assert slope(3.0) == 30.0
    monkeypatch.setattr(config, "helper", lambda x: x)
    assert slope(3.0) == 5.0


def test_module_alias(monkeypatch: pytest.MonkeyPatch) -> None:
    slope = grad(aliased)
    assert slope(0.0) == 1.0
    other = types.ModuleType("other")
    other.sin = lambda x: 3.0 * x  # type: ignore[attr-defined]
    monkeypatch.setitem(globals(), "functions", other)
    assert slope(0.0) == 3.0


def test_shadowed_builtin(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x):
        return abs(x)

    slope = grad(f)
    assert slope(-2.0) == -1.0
    monkeypatch.setitem(globals(), "abs", lambda x: x * x)
    assert slope(-2.0) == -4.0


def test_static_argument() -> None:
    def f(x, g, mode):
        return g(x) if mode == "apply" else x

    def square(x):
        return x * x

    slope = grad(f)
    assert slope(3.0, square, "apply") == 6.0
    assert slope(3.0, math.exp, "apply") == pytest.approx(math.exp(3.0), rel=1e-15)
    assert slope(3.0, square, "leave") == 1.0
    assert compilations(slope) == 3
    slope(4.0, square, "apply")
    assert compilations(slope) == 3


def test_an_edited_copy_is_another_function() -> None:
    copies = [FunctionType(constant.__code__, {"RATE": rate}, "constant") for rate in (2.0, 3.0)]
    assert [grad(copy)(1.0) for copy in copies] == [2.0, 3.0]


def test_threads_compile_each_signature_once() -> None:
    def f(x, y, mode="plain"):
        s = 0.0
        for _ in range(3):
            s += x * y if mode == "plain" else x * x * y
        return s

    slope = grad(f)
    signatures: list[tuple[Any, ...]] = [
        (2.0, 3.0),
        (2.0, 3),
        (2.0, 3.0, "square"),
        (2.0, 3, "square"),
    ]
    expected = [9.0, 9.0, 36.0, 36.0]
    wrong: list[object] = []
    ready = threading.Barrier(16)

    def work(number: int) -> None:
        ready.wait()
        for turn in range(200):
            place = (number + turn) % len(signatures)
            try:
                found = slope(*signatures[place])
            except Exception as error:
                wrong.append(error)
                return
            if found != expected[place]:
                wrong.append((place, found))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert compilations(slope) == len(signatures)
