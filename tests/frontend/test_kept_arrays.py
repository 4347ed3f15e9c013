"""Arrays that a list holds: a write into what may be one of them is refused."""

from typing import Any

import numpy as np
import pytest

from autodiff_compiler import grad
from autodiff_compiler.errors import UnsupportedError


def appended(x: Any) -> Any:
    y = x.copy()
    kept = []
    for t in range(3):
        kept.append(y if t == 1 else y.copy())
        y *= 2.0
    return np.sum(kept[0] * kept[1])


def written_first(x: Any) -> Any:
    y = x.copy()
    kept = []
    for t in range(3):
        y *= 2.0
        kept.append(y if t == 1 else y.copy())
    return np.sum(kept[0] * kept[1])


def listed(x: Any) -> Any:
    y = x.copy()
    kept = [y if t == 1 else y.copy() for t in range(3)]
    y *= 2.0
    return np.sum(kept[0] * kept[1])


def one_of_two(x: Any) -> Any:
    y, z = x.copy(), 3.0 * x
    kept = []
    for t in range(3):
        kept.append(z if t == 1 else y)
        z *= 2.0
    return np.sum(kept[0] * kept[1])


@pytest.mark.parametrize("f", [appended, written_first, listed, one_of_two])
def test_perhaps_held(f: Any) -> None:
    with pytest.raises(UnsupportedError, match="one that a list holds"):
        grad(f)(np.array([1.0, 2.0]))


def item_written(x: Any) -> Any:
    a = x * 1.0
    rows = [a[i : i + 1] for i in range(3)]
    rows[0][0] = rows[1][0] * 4.0
    return np.sum(a * a)


def item_of_a_loop_written(x: Any) -> Any:
    a = x * 1.0
    for row in [a[i : i + 1] for i in range(3)]:
        row[0] *= 2.0
    return np.sum(a * a)


def item_of_a_piece_written(x: Any) -> Any:
    a = x * 1.0
    pair = [a[i : i + 1] for i in range(3)][1:]
    pair[0] += 1.0
    return np.sum(a * a)


@pytest.mark.parametrize("f", [item_written, item_of_a_loop_written, item_of_a_piece_written])
def test_what_comes_out_of_a_list_is_not_written(f: Any) -> None:
    with pytest.raises(UnsupportedError):
        grad(f)(np.array([0.5, -1.0, 2.0]))


def test_a_condition_that_writes_is_refused() -> None:
    def f(x: Any) -> Any:
        a = x * 1.0

        def step() -> Any:
            a[0] += 0.4
            return a[0]

        while step() < 2.0:
            a[1] *= 1.1
        return a[0] * a[1]

    with pytest.raises(UnsupportedError, match="the condition of this loop writes"):
        grad(f)(np.array([0.5, -1.0]))


def test_a_condition_may_write_its_own_arrays() -> None:
    def size(v: Any) -> Any:
        own = np.zeros(2)
        own[0] = v
        return np.sum(own)

    def f(x: Any) -> Any:
        y = x[0] * 1.0
        while size(y) < 10.0:
            y = y * 2.0 + x[1]
        return y

    assert np.allclose(grad(f)(np.array([1.5, 0.5])), [8.0, 7.0])
