"""What the compiler writes for functions of arrays, beside what a person wrote.

The golden files are to be read; the counts say that ours is no longer. As in
`test_generated_beside_hand`, helpers and statements for their error alone don't count; nor does the
line `with np.errstate(...)`, which a person leaves out, and then gets warnings that the function
itself doesn't give.
"""

import ast
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autodiff_compiler import grad
from tests.hand import array_derivatives, array_functions
from tests.hand.counting import count_statements
from tests.hand.test_array_derivatives import CASES, examples
from tests.hand.test_generated_beside_hand import without_helpers

EPS = np.finfo(float).eps
# Where ours is longer, and by how many statements: a helper that is called four times is written
# out four times, where a person calls a pullback of it; a maximum's ties share its cotangent
# evenly, which a person leaves to the first of them.
LONGER = {"rk4_step": 98, "cross_entropy": 3}
HELPERS = {"rk4_step": array_derivatives.lotka_volterra_vjp}
EXAMPLES = {name: values[0] for name, values in examples().items()}


@pytest.fixture(params=sorted(array_functions.WRT))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def gradient(name: str) -> Any:
    wanted = array_functions.WRT[name]
    function = getattr(array_functions, name)
    return grad(function, argnums=wanted if len(wanted) > 1 else wanted[0])


def by_hand(name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(array_derivatives, f"{name}_grad")
    return found


def test_no_more_statements_than_by_hand(name: str, golden: Any) -> None:
    source = gradient(name).lower(*EXAMPLES[name]).source
    golden(f"hand/goldens/array_{name}_grad.txt", source)
    function = without_helpers(source, f"{name}_grad")
    silences = sum(isinstance(node, ast.With) for node in ast.walk(function))
    ours = count_statements(ast.unparse(function)) - silences
    theirs = count_statements(inspect.getsource(by_hand(name)))
    if name in HELPERS:
        theirs += count_statements(inspect.getsource(HELPERS[name]))
    assert ours <= theirs + LONGER.get(name, 0)


def test_no_shape_or_type_helpers(name: str) -> None:
    source = gradient(name).lower(*EXAMPLES[name]).source
    for helper in ("unbroadcast", "broadcast_to", "astype"):
        assert helper not in source


@pytest.mark.parametrize(("name", "args"), CASES)
def test_same_numbers_as_by_hand(name: str, args: tuple[Any, ...]) -> None:
    ours, theirs = gradient(name)(*args), by_hand(name)(*args)
    if len(array_functions.WRT[name]) == 1:
        ours, theirs = (ours,), (theirs,)
    for a, b in zip(ours, theirs, strict=True):
        size = np.max(np.abs(b), initial=0.0)
        assert np.shape(a) == np.shape(b)
        assert np.all(np.abs(np.asarray(a) - b) <= 4500 * EPS * size)
