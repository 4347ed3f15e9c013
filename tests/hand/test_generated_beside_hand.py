"""What the compiler writes for the eight functions, beside what a person wrote.

The golden files are to be read; the counts say that ours is no longer. Two things don't count: a
helper, which a person would call from a library, and a statement that stands there for its error
alone (`math.log(total)` where the gradient doesn't need the logarithm): a person leaves it out, and
then gets a gradient where the function itself has no value.
"""

import ast
import importlib
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from autodiff_compiler import grad, jvp
from tests.hand.counting import count_statements

NAMES = ("newton", "pendulum", "agm", "bisect", "horner", "neuron", "huber", "log_density")


@pytest.fixture(params=NAMES)
def module(request: pytest.FixtureRequest) -> ModuleType:
    return importlib.import_module(f"tests.hand.{request.param}")


def parts(module: ModuleType) -> tuple[str, Callable[..., Any], Callable[..., Any]]:
    name = module.__name__.rpartition(".")[2]
    return name, getattr(module, name), getattr(module, f"{name}_grad")


def gradient(module: ModuleType) -> Any:
    wanted = module.WRT if len(module.WRT) > 1 else module.WRT[0]
    return grad(parts(module)[1], argnums=wanted)


def without_helpers(source: str, name: str) -> ast.FunctionDef:
    """The derivative itself, without what stands there for its error alone."""
    tree = ast.parse(source)
    (function,) = (
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name
    )
    docstring, *body = function.body
    for_errors = [
        each for each in body if isinstance(each, ast.Expr) and not _is_method_call(each.value)
    ]
    function.body = [docstring, *(each for each in body if each not in for_errors)]
    return function


def _is_method_call(node: ast.expr) -> bool:
    """`x_saved.append(x)`, `xs_bar.reverse()`: done for what they do."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("append", "reverse")
    )


def test_no_more_statements_than_by_hand(module: ModuleType, golden: Any) -> None:
    name, _, by_hand = parts(module)
    source = gradient(module).lower(*module.EXAMPLES[0]).source
    golden(f"hand/goldens/{name}_grad.txt", source)
    ours = count_statements(ast.unparse(without_helpers(source, f"{name}_grad")))
    assert ours <= count_statements(inspect.getsource(by_hand))


def test_fits_the_page(module: ModuleType) -> None:
    source = gradient(module).lower(*module.EXAMPLES[0]).source
    assert max(map(len, source.splitlines())) <= 88


def test_same_numbers_as_by_hand(module: ModuleType) -> None:
    _, _, by_hand = parts(module)
    ours = gradient(module)
    for example in module.EXAMPLES:
        expected = pytest.approx(_flat(by_hand(*example)), rel=1e-13, abs=1e-300)
        assert _flat(ours(*example)) == expected


def test_costs_little_more_than_the_function(module: ModuleType) -> None:
    """At most 4 × the function and one operation per input; a forward sweep at most 4 ×."""
    _, function, _ = parts(module)
    for example in module.EXAMPLES:
        cost = gradient(module).lower(*example).cost
        inputs = sum(len(each) if isinstance(each, list) else 1 for each in example)
        assert cost.derivative <= 4 * cost.primal + inputs
        tangents = tuple(_unit(each) for each in example)
        forward = jvp(function).lower(example, tangents).cost
        assert forward.derivative <= 4 * forward.primal


def _flat(gradient: object) -> list[object]:
    if isinstance(gradient, tuple | list):
        return [number for each in gradient for number in _flat(each)]
    return [gradient]


def _unit(argument: object) -> object:
    match argument:
        case float():
            return 1.0
        case list():
            return [1.0] * len(argument)
    return None
