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
