"""The derivatives written by hand are right, whatever the compiler says.

Two oracles that use no derivative rule: central differences of the function run in
60-digit arithmetic, which leave the rounding of the gradient itself, and central
differences in double precision with the best of several steps.
"""

import importlib.util
import inspect
import math
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mpmath
import pytest

HERE = Path(__file__).parent
NAMES = [
    "agm",
    "bisect",
    "horner",
    "huber",
    "log_density",
    "neuron",
    "newton",
    "pendulum",
]
DIGITS = 60
STEP = "1e-20"


def load(name: str) -> types.ModuleType:
    """The module `name` of this folder, under a name that clashes with no other."""
    spec = importlib.util.spec_from_file_location(f"hand_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MODULES = {name: load(name) for name in NAMES}
count_statements = load("counting").count_statements

CASES = [
    pytest.param(name, args, id=f"{name}-{k}")
    for name, module in MODULES.items()
    for k, args in enumerate(module.EXAMPLES)
]


def in_mpmath(module: types.ModuleType, name: str) -> Callable[..., Any]:
    """The function with its `math` replaced by mpmath, and so its helpers."""
    scope = dict(vars(module))
    if "math" in scope:
        scope["math"] = mpmath.mp
    for key, value in vars(module).items():
        if isinstance(value, types.FunctionType):
            scope[key] = types.FunctionType(value.__code__, scope, key)
    return scope[name]  # type: ignore[no-any-return]


def positions(function: Callable[..., Any], wrt: tuple[str, ...]) -> list[int]:
    parameters = list(inspect.signature(function).parameters)
    return [parameters.index(name) for name in wrt]


def convert(value: Any, real: Callable[[float], Any]) -> Any:
    if isinstance(value, list):
        return [convert(item, real) for item in value]
    return real(value) if isinstance(value, float) else value


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def shifted(args: tuple[Any, ...], where: tuple[int, ...], step: Any) -> list[Any]:
    """The arguments with `step` added to the float at the path `where`."""
    moved = convert(list(args), lambda leaf: leaf)
    if len(where) == 1:
        moved[where[0]] = args[where[0]] + step
    else:
        moved[where[0]] = list(args[where[0]])
        moved[where[0]][where[1]] = args[where[0]][where[1]] + step
    return moved  # type: ignore[no-any-return]


def paths(args: tuple[Any, ...], argnums: list[int]) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = []
    for k in argnums:
        if isinstance(args[k], list):
            found += [(k, i) for i in range(len(args[k]))]
        else:
            found.append((k,))
    return found


@pytest.mark.parametrize(("name", "args"), CASES)
def test_gradient_has_the_structure_of_the_arguments(
    name: str, args: tuple[Any, ...]
) -> None:
    module = MODULES[name]
    gradient = getattr(module, f"{name}_grad")(*args)
    if len(module.WRT) == 1:
        gradient = (gradient,)
    chosen = tuple(args[k] for k in positions(getattr(module, name), module.WRT))
    assert convert(list(gradient), lambda _: 0.0) == convert(
        list(chosen), lambda _: 0.0
    )
    assert all(type(leaf) is float for leaf in leaves(gradient))


@pytest.mark.parametrize(("name", "args"), CASES)
def test_gradient_against_differences_in_sixty_digits(
    name: str, args: tuple[Any, ...]
) -> None:
    module = MODULES[name]
    gradient = list(leaves(getattr(module, f"{name}_grad")(*args)))
    with mpmath.workdps(DIGITS):
        function = in_mpmath(module, name)
        exact_args = tuple(convert(list(args), mpmath.mpf))
        step = mpmath.mpf(STEP)
        truth = [
            (function(*shifted(exact_args, where, step)) / 2 / step)
            - (function(*shifted(exact_args, where, -step)) / 2 / step)
            for where in paths(args, positions(getattr(module, name), module.WRT))
        ]
        expected = [float(value) for value in truth]
    size = max(abs(value) for value in expected)
    assert gradient == pytest.approx(expected, rel=1e-12, abs=1e-12 * size)


@pytest.mark.parametrize(("name", "args"), CASES)
def test_gradient_against_differences_in_double_precision(
    name: str, args: tuple[Any, ...]
) -> None:
    module = MODULES[name]
    function = getattr(module, name)
    gradient = list(leaves(getattr(module, f"{name}_grad")(*args)))
    where_each = paths(args, positions(function, module.WRT))
    for got, where in zip(gradient, where_each, strict=True):
        errors = []
        for step in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7):
            above = function(*shifted(args, where, step))
            below = function(*shifted(args, where, -step))
            errors.append(abs((above - below) / (2 * step) - got))
        assert min(errors) <= 1e-7 * max(1.0, abs(got))


@pytest.mark.parametrize(("name", "args"), CASES)
def test_arguments_are_left_alone(name: str, args: tuple[Any, ...]) -> None:
    before = convert(list(args), lambda leaf: leaf)
    getattr(MODULES[name], f"{name}_grad")(*args)
    assert list(args) == before


def test_neuron_keeps_its_digits_where_the_sigmoid_saturates() -> None:
    w_bar, b_bar = MODULES["neuron"].neuron_grad(3.0, 10.0, 6.0, 0.5)
    expected = math.exp(-36.0)
    assert b_bar == pytest.approx(expected, rel=1e-13)
    assert w_bar == pytest.approx(10.0 * expected, rel=1e-13)


BRANCHES = """
def f(x):
    '''A docstring.'''
    if x > 0:
        y = 1
    elif x < 0:  # one more `if`
        y = 2
    else:
        y = 3
    return y
"""

LOOP = """
import math

A = 1


@grad
def f(x):
    for _ in range(3):
        x = x * x; x = math.sin(x)
    return x
"""

INNER = """
    def f(x):
        def g(t):
            'A docstring.'
            return t

        return g(x)
"""

HELPER = """
def h(x):
    return x


def f(x):
    y = h(x)
    return y
"""


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("def f(x): return x", 1),
        (BRANCHES, 6),
        (LOOP, 4),
        (INNER, 3),
        (HELPER, 3),
    ],
)
def test_count_statements(source: str, count: int) -> None:
    assert count_statements(source) == count


def test_count_statements_needs_a_function() -> None:
    with pytest.raises(ValueError, match="no function"):
        count_statements("x = 1")
