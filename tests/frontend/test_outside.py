"""Arrays, lists, dicts and records that a function finds outside of itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autodiff_compiler import grad, jvp, value_and_grad, vjp
from autodiff_compiler.errors import AutodiffError

X = np.array([1.0, 2.0])
WEIGHTS = np.array([[1.0, 2.0], [3.0, 4.0]])
LEVELS = [0.5, 1.5]
OPTIONS: dict[str, Any] = {"rate": 0.5, "mode": "fast", "power": 3, "scale": np.array([1.0, 3.0])}
LARGE = np.arange(2000.0)
PAIR = (np.array([1.0, -1.0]), 2.0)


@dataclass
class Settings:
    damping: float
    kind: str
    offsets: np.ndarray


SETTINGS = Settings(0.25, "linear", np.array([1.0, 5.0]))


def layered(x: Any) -> Any:
    y = WEIGHTS @ x
    total = 0.0
    for level in LEVELS:
        total += level * x[0]
    if OPTIONS["mode"] == "fast":
        total = total * OPTIONS["rate"] ** OPTIONS["power"]
    y = y * OPTIONS["scale"] + PAIR[0] * PAIR[1]
    if SETTINGS.kind == "linear":
        y = y * SETTINGS.damping + SETTINGS.offsets
    return np.sum(y * y) + total


def differences(f: Any, x: np.ndarray) -> np.ndarray:
    steps = 1e-6 * np.eye(len(x))
    return np.array([(f(x + step) - f(x - step)) / 2e-6 for step in steps])


def test_it_is_read_as_it_is() -> None:
    value, gradient = value_and_grad(layered)(X)
    assert value == layered(X)
    assert np.allclose(gradient, differences(layered, X), rtol=1e-7)
    _, tangent = jvp(layered, (X,), (np.array([1.0, 0.5]),))
    assert np.isclose(tangent, gradient @ [1.0, 0.5], rtol=1e-14)


@pytest.mark.parametrize(
    "change",
    [
        lambda: WEIGHTS.__setitem__((0, 0), 7.0),
        lambda: LEVELS.append(2.5),
        lambda: OPTIONS.__setitem__("rate", 0.25),
        lambda: OPTIONS.__setitem__("mode", "slow"),
        lambda: OPTIONS.__setitem__("power", 2),
        lambda: OPTIONS.__setitem__("scale", np.array([2.0, 2.0])),
        lambda: PAIR[0].fill(4.0),
        lambda: setattr(SETTINGS, "damping", 0.5),
        lambda: setattr(SETTINGS, "kind", "none"),
        lambda: setattr(SETTINGS, "offsets", np.array([0.0, 1.0])),
    ],
)
def test_changes_are_seen(change: Any) -> None:
    derivative = grad(layered)
    derivative(X)
    change()
    assert np.allclose(derivative(X), differences(layered, X), rtol=1e-6)


def test_a_replaced_array_is_seen() -> None:
    weights = np.array([1.0, 2.0])

    def f(x: Any) -> Any:
        return np.sum(weights * x)

    derivative = grad(f)
    assert np.array_equal(derivative(X), [1.0, 2.0])
    weights = np.array([[3.0, 4.0], [5.0, 6.0]])
    assert np.array_equal(derivative(X), [8.0, 10.0])


def test_a_default_may_be_an_array() -> None:
    def f(x: Any, weights: Any = np.array([2.0, 3.0])) -> Any:
        return np.sum(weights * x)

    def g(x: Any) -> Any:
        return f(x) * f(x, np.ones(2))

    assert np.array_equal(grad(f)(X), [2.0, 3.0])
    assert np.array_equal(grad(g)(X), f(X) * np.ones(2) + 3.0 * np.array([2.0, 3.0]))


def test_the_gradient_is_not_the_array_itself() -> None:
    def f(x: Any) -> Any:
        return np.sum(LARGE * x)

    gradient = grad(f)(LARGE)
    gradient[0] = 99.0
    assert LARGE[0] == 0.0


def test_a_pullback_keeps_what_it_was_made_with() -> None:
    scale, levels = np.array([2.0, 3.0]), [1.0, 2.0]

    def f(x: Any) -> Any:
        total = 0.0
        for level in levels:
            total += level * x[0] * x[0]
        return np.sum(scale * x * x) + total

    _, pullback = vjp(f, X)
    (before,) = pullback(1.0)
    scale[0] = levels[0] = 100.0
    (after,) = pullback(1.0)
    assert np.array_equal(before, [10.0, 12.0])
    assert np.array_equal(before, after)


def test_a_module_of_its_own_has_copies(tmp_path: Path) -> None:
    def f(x: Any) -> Any:
        return np.sum(WEIGHTS @ x) + LEVELS[1] * np.sum(x * OPTIONS["scale"])

    derivative = grad(f)
    expected = derivative(X)
    path = derivative.save(tmp_path / "saved.py")
    space: dict[str, Any] = {}
    exec(path.read_text(), space)
    assert np.array_equal(space["f_grad"](X), expected)


def test_what_is_too_long_is_not_saved(tmp_path: Path) -> None:
    def f(x: Any) -> Any:
        return np.sum(LARGE * x)

    derivative = grad(f)
    derivative(LARGE)
    assert "# LARGE: the float64 array of shape (2000,)" in derivative.source
    with pytest.raises(AutodiffError, match="reads LARGE, which can't be written"):
        derivative.save(tmp_path / "saved.py")


def test_second_order() -> None:
    def f(x: Any) -> Any:
        return np.sum((WEIGHTS @ x) ** 3)

    _, reverse = jvp(grad(f), (X,), (np.array([1.0, 2.0]),))
    hessian = WEIGHTS.T @ np.diag(6 * (WEIGHTS @ X)) @ WEIGHTS
    assert np.allclose(reverse, hessian @ [1.0, 2.0], rtol=1e-13)


@pytest.mark.parametrize("write", ["WEIGHTS[0] = x", "WEIGHTS += x", "LEVELS.append(x[0])"])
def test_writing_outside_is_refused(write: str, tmp_path: Path) -> None:
    path = tmp_path / "writes.py"
    setting = "import numpy as np\nWEIGHTS = np.ones((2, 2))\nLEVELS = [1.0]\n"
    path.write_text(f"{setting}\ndef f(x):\n    {write}\n    return np.sum(x)\n")
    space: dict[str, Any] = {"__file__": str(path)}
    exec(compile(path.read_text(), str(path), "exec"), space)
    with pytest.raises(AutodiffError):
        grad(space["f"])(X)
