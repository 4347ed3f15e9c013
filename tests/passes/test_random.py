"""Every pass on random functions: valid IR stays valid and means the same, to the last bit."""

from __future__ import annotations

import contextlib
import io
import math
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

import pytest

from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.operation import Effect
from autodiff_compiler.ir.values import Block, Function, Node, Op, Value
from autodiff_compiler.ir.verifier import verify
from autodiff_compiler.ir.walk import all_nodes, map_blocks
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


def doubled(block: Block) -> Block:
    """The block with each operation but those that act done twice, the second time for nothing."""
    nodes: list[Node] = []
    for node in block.nodes:
        nodes.append(map_blocks(node, doubled))
        if isinstance(node, Op) and effect_of(node) is not Effect.ACTS:
            nodes.append(replace(node, result=Value(node.result.type)))
    return Block(tuple(nodes), block.yields)


def extreme(value: object, random: Random) -> object:
    """The same with every float one at which something warns."""
    if isinstance(value, list | tuple):
        return type(value)(extreme(item, random) for item in value)
    if isinstance(value, float):
        return type(value)(random.choice((0.0, math.inf, -math.inf, 1e200, -3.0)))
    return value


def heard(function: Function, arguments: Sequence[object]) -> list[str]:
    """The warnings of a call, in order, up to where it raises."""
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("always")
        with contextlib.suppress(Exception):
            interpret(function, arguments)
    return [str(each.message) for each in caught]


@pytest.mark.parametrize("seed", seeds())
def test_the_users_code_warns_as_often(seed: int) -> None:
    """What warns and stands twice warns twice, and what nobody reads warns all the same."""
    function = random_function(seed, Recipe(4, 2 + seed % 2, numpy=True, raising=seed % 2 == 1))
    function = changed(function, doubled)
    random = Random(seed)
    for point in range(3):
        arguments = extreme(random_arguments(function.params, seed + point), random)
        plain = heard(function, arguments)
        for apply in PASSES:
            assert heard(changed(function, apply), arguments) == plain, apply.__name__
        assert heard(finish(optimise(function)), arguments) == plain


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
