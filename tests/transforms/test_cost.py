"""What derivatives cost, in elementary operations: the bound of the cheap-gradient principle."""

from __future__ import annotations

from random import Random
from statistics import median

import pytest

from autodiff_compiler.passes import clean, optimise
from autodiff_compiler.transforms import Wanted, jvp, reverse_gradient
from tests.random_ir import Recipe, seeds
from tests.running import cost, numbers
from tests.transforms.cases import case, direction, with_extra


@pytest.mark.slow
@pytest.mark.parametrize("cheap", [False, True])
def test_random_functions_stay_within_the_bound(cheap: bool) -> None:
    """Reverse mode at most 5 × the primal and 3 × in the median, forward mode 4 ×."""
    ratios = []
    for seed in seeds():
        this = case(seed, Recipe(2 + seed % 7, seed % 4, cheap=True) if cheap else None)
        if not this.smooth:
            continue
        source, argnums = optimise(this.function), this.wanted.argnums
        inputs = [this.arguments[k] for k in argnums]
        gradient = optimise(reverse_gradient(source, Wanted(argnums, False), clean))
        tangent = optimise(jvp(source, argnums))
        directions = [direction(value, Random(seed)) for value in inputs]
        primal = cost(source, this.arguments)
        reverse = cost(gradient, this.arguments)
        forward = cost(tangent, with_extra(tangent, this.arguments, directions))
        if primal == 0:  # moves only: their cotangents are summed all the same
            assert reverse <= len(numbers(inputs)), f"seed {seed}"
            continue
        assert reverse <= 5 * primal, f"seed {seed}: {reverse} / {primal}"
        assert forward <= 4 * primal, f"seed {seed}: {forward} / {primal}"
        ratios.append(reverse / primal)
    assert median(ratios) <= 3
