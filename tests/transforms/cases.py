"""What the tests of the transforms share: random functions with points and directions to take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from autodiff_compiler.ir.types import SequenceType, TupleType, Type
from autodiff_compiler.ir.values import Function
from autodiff_compiler.ir.verifier import verify
from autodiff_compiler.passes import clean, finish, optimise
from autodiff_compiler.transforms import Wanted, forward_gradient, jvp, reverse_gradient, vjp
from tests.contributions import TOLERANCE, with_magnitudes
from tests.random_ir import Recipe, float_params, random_arguments, random_function
from tests.running import Outcome, dot, numbers, outcome


@dataclass(frozen=True)
class Case:
    """A random function, where it is called, and what it does there."""

    seed: int
    function: Function
    arguments: tuple[object, ...]
    plain: Outcome

    @property
    def wanted(self) -> Wanted:
        return Wanted(float_params(self.function), bare=False, with_value=True)

    @property
    def smooth(self) -> bool:
        """Whether there is a finite number to differentiate."""
        return not self.plain.raised and all(map(np.isfinite, numbers(self.plain.value)))


def case(seed: int, recipe: Recipe | None = None) -> Case:
    function = random_function(seed, recipe)
    arguments = random_arguments(function.params, seed)
    return Case(seed, function, arguments, outcome(function, arguments))


def smooth_cases(seeds: Sequence[int]) -> Iterator[Case]:
    """The cases that have a derivative, of which the random functions must give plenty."""
    found = [each for each in map(case, seeds) if each.smooth]
    assert len(found) >= 0.8 * len(seeds)
    return iter(found)


def verified(function: Function) -> Function:
    verify(function)
    return function


def simplified(function: Function) -> Function:
    """Verified, simplified, and verified again."""
    return verified(optimise(verified(function)))


def finished(function: Function) -> Function:
    """As it is emitted, when nothing will be differentiated any more."""
    return verified(finish(simplified(function)))


def derivatives(function: Function, wanted: Wanted) -> dict[str, Function]:
    """Every transform of a function that returns a number; each gives (value, derivative)."""
    return {
        "reverse gradient": reverse_gradient(function, wanted, clean),
        "forward gradient": forward_gradient(function, wanted),
        "vjp": vjp(function, wanted.argnums, clean),
        "jvp": jvp(function, wanted.argnums),
    }


def direction(value: object, random: Random) -> object:
    """Random numbers in the structure of a value."""
    if isinstance(value, list | tuple):
        return type(value)(direction(item, random) for item in value)
    number = random.uniform(-1, 1)
    return np.float64(number) if isinstance(value, np.float64) else number


def shaped(value: object, kind: Type) -> object:
    """A value with its lists and tuples as a type has them."""
    match kind:
        case SequenceType(element, container):
            assert isinstance(value, list | tuple)
            items = [shaped(item, element) for item in value]
            return items if container == "list" else tuple(items)
        case TupleType(kinds, container):
            assert isinstance(value, list | tuple)
            items = [shaped(item, each) for item, each in zip(value, kinds, strict=True)]
            return items if container == "list" else tuple(items)
    return value


def with_extra(
    function: Function, arguments: Sequence[object], extra: Sequence[object]
) -> tuple[object, ...]:
    """Arguments, and after them tangents or cotangents as the function's parameters have them."""
    late = function.params[len(arguments) :]
    pairs = zip(extra, late, strict=True)
    return (*arguments, *(shaped(value, param.type) for value, param in pairs))


def check_dot_product(
    function: Function, argnums: tuple[int, ...], arguments: Sequence[object], seed: int
) -> None:
    """⟨ȳ, J ẋ⟩ = ⟨Jᵀ ȳ, ẋ⟩ for a random ȳ and ẋ, to rounding."""
    random = Random(f"directions {seed}")
    value = outcome(function, arguments).value
    tangents = [direction(arguments[place], random) for place in argnums]
    cotangent = direction(value, random)
    forward, backward = finished(jvp(function, argnums)), finished(vjp(function, argnums, clean))
    pushed = with_magnitudes(forward, with_extra(forward, arguments, tangents))
    pulled = with_magnitudes(backward, with_extra(backward, arguments, [cotangent]))
    check_close(along(cotangent, pushed), along(tangents, pulled))


def along(direction: object, found: tuple[object, object]) -> tuple[float, float]:
    """The component along a direction of the derivative in a (value, derivative), and its size."""
    (_, derivative), (_, sizes) = found  # type: ignore[misc]
    return dot(direction, derivative), dot(list(map(abs, numbers(direction))), sizes)


def check_close(a: tuple[float, float], b: tuple[float, float]) -> None:
    """Two numbers with magnitudes are the same but for rounding. Infinities aren't compared."""
    if np.isfinite(a[0]) and np.isfinite(b[0]):
        assert abs(a[0] - b[0]) <= TOLERANCE * max(a[1], b[1])
