"""Every pass on random functions: valid IR stays valid and means the same, to the last bit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from autodiff_compiler.ir import verify
from autodiff_compiler.ir.operation import Effect
from autodiff_compiler.ir.values import Block, Function, Op
from autodiff_compiler.ir.walk import all_nodes
from autodiff_compiler.ops import effect_of
from autodiff_compiler.passes import (
    clean,
    drop_dead,
    drop_repeated_errors,
    finish,
    inline_calls,
    optimise,
    settle_signs,
    share_common,
    simplify_algebra,
    simplify_control,
    sink_sums,
)
from autodiff_compiler.transforms import Wanted, reverse_gradient
from tests.random_ir import (
    Recipe,
    float_params,
    random_arguments,
    random_function,
    seeds,
)
from tests.running import outcome

PASSES: tuple[Callable[[Block], Block], ...] = (
    inline_calls,
    simplify_algebra,
    share_common,
    simplify_control,
    drop_dead,
    sink_sums,
    clean,
    settle_signs,
    drop_repeated_errors,
)


def changed(function: Function, apply: Callable[[Block], Block]) -> Function:
    made = replace(function, body=apply(function.body))
    verify(made)
    return made


def eventful(seed: int) -> Function:
    """A function that may raise and print anywhere."""
    return random_function(
        seed, Recipe(4, 2 + seed % 2, numpy=seed % 3 == 0, raising=True, printing=True)
    )


@pytest.mark.parametrize("seed", seeds())
@pytest.mark.parametrize("make", [random_function, eventful])
def test_the_users_code_means_the_same(seed: int, make: Callable[[int], Function]) -> None:
    function = make(seed)
    verify(function)
    for point in range(3):
        arguments = random_arguments(function.params, seed + point)
        plain = outcome(function, arguments)
        for apply in PASSES:
            assert outcome(changed(function, apply), arguments).bits == plain.bits, apply.__name__
        after = function
        for apply in PASSES:
            after = changed(after, apply)
        assert outcome(after, arguments).bits == plain.bits


@pytest.mark.parametrize("seed", seeds())
def test_what_is_simple_comes_back_as_the_same_object(seed: int) -> None:
    once = finish(optimise(random_function(seed)))
    assert finish(optimise(once)) is once
    for apply in PASSES:
        assert apply(once.body) is once.body, apply.__name__


@pytest.mark.parametrize("seed", seeds(0.5))
def test_a_derivative_that_is_simple_comes_back_as_the_same_object(seed: int) -> None:
    function = optimise(random_function(seed))
    wanted = Wanted(float_params(function), bare=False)
    once = optimise(reverse_gradient(function, wanted, clean))
    assert optimise(once) is once
    finished = finish(once)
    assert finish(finished) is finished


@pytest.mark.parametrize("seed", seeds())
def test_nothing_that_may_be_noticed_is_dropped(seed: int) -> None:
    function = eventful(seed)

    def noticed(body: Block) -> Counter[str]:
        return Counter(
            node.operation.name
            for node in all_nodes(body.nodes)
            if isinstance(node, Op) and effect_of(node) is not Effect.PURE
        )

    assert noticed(drop_dead(function.body)) == noticed(function.body)
