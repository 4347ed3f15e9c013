"""Arrays that are made to be written stay the ones that the user made."""

from typing import Any

import numpy as np

from autodiff_compiler import grad


def test_two_arrays_of_zeros_are_not_copies_of_one() -> None:
    def f(x: Any) -> Any:
        n = len(x)
        first = np.zeros(n)
        second = np.zeros(n)
        for i in range(n):
            first[i] = x[i] * 2.0
            second[i] = first[i] * x[i]
        return np.sum(first * second)

    x = np.array([1.0, 2.0, 3.0])
    derivative = grad(f)
    assert np.allclose(derivative(x), 12.0 * x**2)
    assert derivative.source.count("np.zeros(n)") == 2
    assert "np.copy" not in derivative.source
