"""Random functions: the primal is untouched, both modes agree with each other and with plain
differences, to every order."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from autodiff_compiler.ir.values import Function
from autodiff_compiler.passes import clean, optimise
from autodiff_compiler.transforms import Wanted, jvp, reverse_gradient, vjp
from tests.contributions import TOLERANCE, Pair, with_magnitudes
from tests.random_ir import Recipe, float_params, seeds
from tests.random_programs.oracles import Difference, by_differences
from tests.running import bits, numbers, outcome, path
from tests.transforms.cases import (
    Case,
    along,
    case,
    check_close,
    check_dot_product,
    derivatives,
    direction,
    finished,
    simplified,
    smooth_cases,
    verified,
    with_extra,
)


@pytest.mark.parametrize("seed", seeds())
@pytest.mark.parametrize("prepared", ["as it is", "optimised"])
def test_the_primal_is_untouched(seed: int, prepared: str) -> None:
    """Its value to the last bit, or its exception; what it prints, once. By every transform."""
    this = case(seed)
    source = this.function if prepared == "as it is" else optimise(this.function)
    for derivative in derivatives(source, this.wanted).values():
        for made in (verified(derivative), finished(derivative)):
            count = len(made.params) - len(this.arguments) - made.late
            tangents = [direction(this.arguments[k], Random(k)) for k in this.wanted.argnums]
            extra = [*tangents[:count], *[0.7] * made.late]
            found = outcome(made, with_extra(made, this.arguments, extra))
            assert found.raised == this.plain.raised
            assert found.printed == this.plain.printed
            if not found.raised:
                assert bits(found.value[0]) == bits(this.plain.value)  # type: ignore[index]


@pytest.mark.parametrize("seed", seeds())
def test_forward_mode_is_reverse_mode(seed: int) -> None:
    this = case(seed)
    if not this.smooth:
        return
    source = optimise(this.function)
    made = derivatives(source, this.wanted)
    (_, forward), _ = with_magnitudes(finished(made["forward gradient"]), this.arguments)  # type: ignore[misc]
    for each in (verified(made["reverse gradient"]), finished(made["reverse gradient"])):
        (_, reverse), (_, sizes) = with_magnitudes(each, this.arguments)  # type: ignore[misc]
        for a, b, size in zip(*map(numbers, (forward, reverse, sizes)), strict=True):
            check_close((a, size), (b, size))
    check_dot_product(source, this.wanted.argnums, this.arguments, seed)


@pytest.mark.parametrize("seed", seeds(0.25))
def test_structures_as_results(seed: int) -> None:
    this = case(seed, Recipe(structured=True, numpy=seed % 3 == 0))
    if not this.smooth:
        return
    source = optimise(verified(this.function))
    check_dot_product(source, this.wanted.argnums, this.arguments, seed)


@pytest.mark.parametrize("seed", seeds(0.4))
def test_second_order(seed: int) -> None:
    """Reverse over reverse, forward over reverse, reverse over forward, forward over forward."""
    this = case(seed)
    if not this.smooth:
        return
    source, argnums = optimise(this.function), float_params(this.function)
    gradient = simplified(reverse_gradient(source, Wanted(argnums, False), clean))
    check_dot_product(gradient, argnums, this.arguments, seed)

    random = Random(f"second {seed}")
    u, v = ([direction(this.arguments[k], random) for k in argnums] for _ in range(2))
    tangent = simplified(jvp(source, argnums))
    inputs = with_extra(tangent, this.arguments, u)

    def second(made: Function, inputs: Sequence[object], extra: Sequence[object]) -> Pair:
        made = finished(made)
        return with_magnitudes(made, with_extra(made, inputs, extra))

    forward_over_reverse = along(u, second(jvp(gradient, argnums), this.arguments, v))
    reverse_over_forward = along(v, second(vjp(tangent, argnums, clean), inputs, [(0.0, 1.0)]))
    forward_twice = along((0.0, 1.0), second(jvp(tangent, argnums), inputs, v))
    check_close(forward_over_reverse, reverse_over_forward)
    check_close(forward_over_reverse, forward_twice)


@pytest.mark.parametrize("seed", seeds(0.05))
def test_third_order(seed: int) -> None:
    """The second derivative by reverse mode twice, differentiated once more in both modes."""
    this = case(seed, Recipe(statements=3, depth=2))
    if not this.smooth:
        return
    argnums = float_params(this.function)
    gradient = optimise(reverse_gradient(optimise(this.function), Wanted(argnums, False), clean))
    again = simplified(vjp(gradient, argnums, clean))
    value = outcome(gradient, this.arguments).value
    inputs = with_extra(again, this.arguments, [direction(value, Random(seed))])
    check_dot_product(again, argnums, inputs, seed)


@pytest.mark.slow
def test_differences() -> None:
    """Sixth-order differences along a random direction, where they can be relied on."""
    certified = 0
    cases = list(smooth_cases(seeds(0.5)))
    for this in cases:
        argnums = this.wanted.argnums
        tangents = [direction(this.arguments[k], Random(this.seed)) for k in argnums]
        found = differences(this, argnums, tangents)
        if not found.certified:
            continue
        certified += 1
        gradient = finished(reverse_gradient(optimise(this.function), this.wanted, clean))
        slope, size = along(tangents, with_magnitudes(gradient, this.arguments))
        allowed = 10 * found.error + TOLERANCE * size
        assert abs(slope - found.value) <= allowed, f"seed {this.seed}"
    assert certified >= 0.7 * len(cases)


def differences(this: Case, argnums: Sequence[int], tangents: Sequence[object]) -> Difference:
    _, decided = path(this.function, this.arguments)

    def at(offset: float) -> float | None:
        moved = list(this.arguments)
        for place, tangent in zip(argnums, tangents, strict=True):
            moved[place] = shifted(moved[place], tangent, offset)
        value, way = path(this.function, moved)
        return float(value) if way == decided else None  # type: ignore[arg-type]

    return by_differences(at, 0.0)


def shifted(value: object, tangent: object, offset: float) -> object:
    if isinstance(value, list | tuple):
        assert isinstance(tangent, list | tuple)
        return type(value)(shifted(*pair, offset) for pair in zip(value, tangent, strict=True))
    return value + offset * tangent  # type: ignore[operator]
