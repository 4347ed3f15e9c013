"""The generator and the oracles on their own, and the harness on a stand-in for the compiler.

Three oracles that share little agree on every program; and a derivative with a planted fault is
caught, by the check that should catch it.
"""

from __future__ import annotations

import math
import warnings
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from .generator import Program, programs, seeded_program
from .graphs import Graph, expression_graphs, seeded_expression, seeded_graph, whole_partials
from .harness import Mismatch, check, check_program
from .loading import loaded, observe, same, same_error, time_limit
from .oracles import (
    EPS,
    Leaf,
    Point,
    by_differences,
    chain_rule,
    complex_step,
    differences,
    executed_cost,
    flatten,
    is_tame,
    quiet,
    replaced,
    second_order,
    traced,
)
from .reduction import reduced
from .runs import Failure, Outcome, Plan, check_graph, representative, run_graph
from .standin import StandIn

SEEDS = range(300)
EXAMPLES = settings().max_examples  # the profile's
NOT_SCALAR = {"tuple returned"}

# Every construct of the language, as the generator names it: at least so many in a hundred.
LEAST_PERCENT = 2
CONSTRUCTS = """
    abs / and / and/or as value / argument rebound / argument returned unchanged
    argument used twice / assert / augmented %= / augmented **= / augmented *= / augmented +=
    augmented -= / augmented /= / augmented //= / augmented int / bool as number / bool variable
    bound and read under one flag / bound in some branches / call of a helper
    chained assignment / chained comparison / closure over a local / comparison
    conditional expression / constant returned / dead code after return / default of a helper
    default parameter / default used / docstring / early return / early return in a helper
    early returns in sequence / elif / else / enumerate / enumerate of zip / f-string / float()
    floor division / floor to int / for / for over a literal / for over a sequence
    for over range / from math import / helper returning a tuple / idiom / if
    import under another name / indexing / int division / int parameter / int to join floats
    int with float / int() / keyword argument / keyword call / keyword-only parameter / lambda
    len / list parameter / local sequence / loop in a helper / loop variable bound before
    loop variable used after the loop / math constant / math function / min or max
    module constant / module-level helper / modulo / name like a generated one / nested def
    nested loop / not / np function / np.float64 argument / or / output independent of an input
    power / print / raise in an untaken branch / range downwards / range from a float
    range with start / range with step / rotation of three / round / shadowed name
    straight line / sum / swap / truth of a number / tuple parameter / tuple returned
    tuple unpacking / unary minus / unguarded / unused variable
    value changed by a loop used after it / value from before a loop used after it
    while / while on data / zero-trip loop / zip / zip of unequal lengths
"""


def _seeded() -> list[Program]:
    return [seeded_program(seed) for seed in SEEDS]


def test_every_construct_is_generated() -> None:
    generated = _seeded()
    counts = Counter(tag for program in generated for tag in program.tags)
    expected = {name.strip() for line in CONSTRUCTS.split("\n") for name in line.split(" / ")}
    expected.discard("")
    rare = {
        name: counts[name] for name in expected if counts[name] * 100 < LEAST_PERCENT * len(SEEDS)
    }
    assert not rare, f"in {len(SEEDS)} programs: {rare}"
    assert set(counts) == expected, "a construct is missing in the list above"


def test_programs_are_the_same_for_a_seed() -> None:
    assert repr(seeded_program(7)) == repr(seeded_program(7))
    assert repr(seeded_graph(7)) == repr(seeded_graph(7))
    assert len({program.source for program in _seeded()}) > 0.95 * len(SEEDS)


def test_most_programs_are_finite_and_depend_on_their_arguments() -> None:
    finite = raising = depending = 0
    for program in _seeded():
        with loaded(program.source, program.name) as function:
            for point in program.points:
                seen = observe(function, point.args, point.kwargs)
                raising += seen.error is not None
                assert not isinstance(seen.error, NameError | TypeError | IndexError), program
                if seen.error is None:
                    finite += all(math.isfinite(value) for value in flatten(seen.value))
        point = program.points[0]
        try:
            rows = chain_rule(program.source, program.name, point, program.argnums)
        except Exception:
            continue
        depending += any(derivative.value != 0 for row in rows for derivative in row)
    points = 3 * len(SEEDS)
    assert finite > 0.93 * points
    assert 0 < raising < 0.05 * points
    assert depending > 0.6 * len(SEEDS)


@pytest.mark.parametrize("start", range(0, len(SEEDS), 50))
def test_instrumented_programs_do_what_plain_ones_do(start: int) -> None:
    for seed in range(start, start + 50):
        program = seeded_program(seed)
        with loaded(program.source, program.name) as function:
            for point in program.points:
                plain = observe(function, point.args, point.kwargs)
                seen = observe(
                    lambda: traced(program.source, program.name, point)[0], (), {}
                )  # fmt: skip
                assert same_error(plain.error, seen.error), program
                assert same(plain.value, seen.value), program


@pytest.mark.parametrize("start", range(0, len(SEEDS), 50))
def test_oracles_agree(start: int) -> None:
    compared: Counter[str] = Counter()
    for seed in range(start, start + 50):
        program = seeded_program(seed)
        point = program.points[0]
        try:
            rows = chain_rule(program.source, program.name, point, program.argnums)
        except Exception:
            continue
        found = differences(program.source, program.name, point, program.argnums)
        stepped = complex_step(program.source, program.name, point, program.argnums)
        tame = is_tame(point)
        for index, (exact, difference) in enumerate(zip(rows[0], found, strict=True)):
            scale = float(exact.absolute)
            if exact.usable and difference.certified:
                compared["differences"] += 1
                allowed = 10 * difference.error + 1e-7 * scale + 1e-12
                assert abs(float(exact.value) - difference.value) <= allowed, program
            if exact.usable and stepped is not None and tame:
                compared["complex step"] += 1
                error = abs(float(exact.value) - stepped[index])
                assert error <= 1e-9 * scale + 1e-12, program
    assert compared["differences"] > 50
    assert compared["complex step"] > 50


@pytest.mark.parametrize("frequency", [3.0, 30.0, 300.0, 3e3, 3e4, 3e5, 3e6])
def test_differences_are_not_certified_of_an_oscillation_too_fast_for_them(
    frequency: float,
) -> None:
    certified = 0
    for k in range(400):
        centre = 0.7 + k / 277

        def evaluate(offset: float, centre: float = centre) -> float:
            return math.sin(math.sin(frequency * (centre + offset)) ** 2)

        found = by_differences(evaluate, centre)
        inside = math.sin(frequency * centre)
        true = math.cos(inside**2) * 2 * inside * math.cos(frequency * centre) * frequency
        if found.certified:
            certified += 1
            assert abs(found.value - true) <= 10 * found.error + 1e-7 * frequency, centre
    assert certified == 400 or frequency > 30


def test_a_program_that_oscillates_between_the_steps_is_no_mismatch() -> None:
    """Two steps agreed on a derivative of −0.2, where it is −244: seed 770004617, made small."""
    source = """
import math
import numpy

def main(theta):
    theta = numpy.sin(pow(theta ** 2 + 1.0, 3)) ** 2
    return math.sin(math.sin(theta * theta))
"""
    point = Point((-2.2,), {})
    ((exact,),) = chain_rule(source, "main", point, (0,))
    (found,) = differences(source, "main", point, (0,))
    assert not found.certified or abs(found.value - float(exact.value)) <= 10 * found.error
    (found,) = differences(source, "main", Point((0.2,), {}), (0,))
    assert found.certified


def test_second_order_agrees_with_differences_of_the_first() -> None:
    compared = 0
    for seed in SEEDS[:150]:
        program = seeded_program(seed)
        point = program.points[0]
        argnum = program.argnums[0]
        if not isinstance(point.args[argnum], float) or program.tags & NOT_SCALAR:
            continue
        source, name, leaf = program.source, program.name, Leaf(argnum)
        try:
            exact = second_order(source, name, point, argnum)
            path = traced(source, name, point)[1]
        except Exception:
            continue

        def first(offset: float) -> float | None:
            moved = Point(
                replaced(point.args, {leaf: point.args[argnum] + offset}), point.kwargs
            )  # fmt: skip
            try:
                if traced(source, name, moved)[1] != path:
                    return None
                return float(chain_rule(source, name, moved, (argnum,))[0][0].value)
            except Exception:
                return None

        difference = by_differences(first, float(point.args[argnum]))
        if exact.usable and difference.certified:
            compared += 1
            allowed = 10 * difference.error + 1e-7 * float(exact.absolute) + 1e-10
            assert abs(float(exact.value) - difference.value) <= allowed, program
    assert compared > 40


@settings(max_examples=EXAMPLES // 4)
@given(programs())
def test_drawn_programs_run(program: Program) -> None:
    with time_limit(10), loaded(program.source, program.name) as function:
        for point in program.points:
            seen = observe(function, point.args, point.kwargs)
            assert not isinstance(seen.error, NameError | TypeError | IndexError)


# Graphs


def test_graphs_are_judged_alike_node_by_node_and_along_the_path() -> None:
    for seed in range(150):
        graph = seeded_graph(seed)
        with loaded(graph.source, graph.name) as function, quiet():
            assert same(function(*graph.args), graph.value), graph
        point, argnums = Point(graph.args, {}), range(len(graph.args))
        backward = graph.partials()
        forward = chain_rule(graph.source, graph.name, point, argnums)[0]
        steps = differences(graph.source, graph.name, point, argnums)
        for one, other, difference in zip(backward, forward, steps, strict=True):
            assert abs(one.value - other.value) <= 1e-30 * one.absolute, graph
            assert abs(one.absolute - other.absolute) <= 1e-30 * one.absolute, graph
            if difference.certified:
                allowed = 10 * difference.error + 1e-8 * float(one.absolute)
                assert abs(float(one.value) - difference.value) <= allowed, graph


def test_graphs_share_nodes_and_use_most_functions() -> None:
    graphs = [seeded_graph(seed) for seed in range(300)]
    names = Counter(node.entry.name for graph in graphs for node in graph.nodes)
    assert len(names) > 75
    uses = [
        Counter(operand for node in graph.nodes for operand in node.operands)
        for graph in graphs
    ]  # fmt: skip
    assert sum(max(count.values()) > 1 for count in uses) > 250


def test_expressions_are_conditioned_well_enough_to_compare() -> None:
    for seed in range(40):
        graph = seeded_expression(seed)
        for exact, derivative in zip(whole_partials(graph), graph.partials(), strict=True):
            assert abs(exact - derivative.value) <= 1000 * EPS * derivative.absolute, graph


@settings(max_examples=EXAMPLES // 4)
@given(expression_graphs())
def test_drawn_graphs_are_finite(graph: Graph) -> None:
    assert math.isfinite(graph.value)
    assert all(derivative.usable for derivative in graph.partials())


# The oracles' own fine points


def test_a_branch_nearby_is_no_place_for_differences() -> None:
    source = "def f(x):\n    if x > 1.0:\n        return x * x\n    return x\n"
    assert not differences(source, "f", Point((1.0,), {}), (0,))[0].certified
    assert differences(source, "f", Point((1.5,), {}), (0,))[0].certified


def test_a_sum_of_absolute_contributions_sees_cancellation() -> None:
    source = "def f(x):\n    return 1000.0 * x - 1000.0 * x\n"
    derivative = chain_rule(source, "f", Point((0.3,), {}), (0,))[0][0]
    assert derivative.value == 0
    assert derivative.absolute == 2000


def test_costs_are_counted_as_they_run() -> None:
    source = """
import math
def f(x, n):
    s = 0
    for i in range(n):
        s += math.sin(x) * (i + 1)
    return s if s > 1.0 else max(s, x ** 2)
"""
    # Each trip: sin 4, product 1, sum 1. Then a comparison, and a power 8 and a maximum 1.
    assert executed_cost(source, "f", Point((1.0, 3), {})) == 3 * 6 + 1
    assert executed_cost(source, "f", Point((0.1, 2), {})) == 2 * 6 + 1 + 8 + 1


# The harness, on the stand-in

_PLAIN = Program(
    """
import math
def f(x, n, xs):
    s = 0
    for i in range(n):
        print(f"trip {i}")
        s += math.sin(x) * i
    for v in xs:
        s = s * x + v
    return s
""",
    "f",
    (Point((1.5, 3, [0.5, 2.0]), {}), Point((0.25, 0, [1.0]), {})),
    (0, 2),
    frozenset(),
)


def test_right_derivatives_pass() -> None:
    report = check(_PLAIN, api=StandIn({}), lowered=False, second=True)
    assert report.points == 2
    assert report.derivatives == 5
    assert report.certified == 5
    assert not report.raised


@pytest.mark.parametrize("start", range(0, 120, 40))
def test_right_derivatives_of_random_programs_pass(start: int) -> None:
    second = derivatives = 0
    for seed in range(start, start + 40):
        program = seeded_program(seed)
        report = check(program, api=StandIn({}), lowered=False, second=True)
        second += report.second
        derivatives += report.derivatives
    assert second > 5
    assert derivatives > 150


def _nudged(value: float) -> float:
    return math.nextafter(value, math.inf)


class _Unsteady:
    """Something else on the second call."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, found: Any) -> Any:
        self.calls += 1
        return found if self.calls == 1 else (_nudged(found[0]), *found[1:])


def _raising(*args: Any) -> None:
    raise ZeroDivisionError("float division by zero")


def _warning(*args: Any) -> None:
    warnings.warn("invalid value", RuntimeWarning, stacklevel=1)


FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "the value's last bit": ("primal", {"value": _nudged}),
    "the value's type": ("primal", {"value": np.float64}),
    "printed twice": ("output", {"call": lambda *args: print("trip 0")}),
    "an exception": ("raises ZeroDivisionError", {"call": _raising}),
    "a warning": ("warnings", {"call": _warning}),
    "an argument written": ("arguments unmodified", {"call": lambda *args: args[2].append(1.0)}),
    "a gradient off by 1e-10": ("chain rule", {"gradient": lambda g: (g[0] * (1 + 1e-10), g[1])}),
    "a gradient of another structure": ("structure", {"gradient": lambda g: (g[0], tuple(g[1]))}),
    "a gradient that is a NaN": ("chain rule", {"gradient": lambda g: (math.nan, g[1])}),
    "an unsteady gradient": ("second call", {"gradient": _Unsteady()}),
    "a tangent off by 1e-10": ("dot product", {"tangent": lambda t: t * (1 + 1e-10)}),
    "a cotangent left out": ("dot product", {"pulled": lambda p: [p[0], 0.0, *p[2:]]}),
    "a cotangent off by 1e-10": ("dot product", {"pulled": lambda p: [p[0] * (1 + 1e-10), *p[1:]]}),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught(fault: str) -> None:
    caught_by, faults = FAULTS[fault]
    with pytest.raises(Mismatch) as caught:
        check(_PLAIN, api=StandIn(faults), lowered=False)
    assert caught.value.check == caught_by


def test_a_wrong_second_derivative_is_caught() -> None:
    source = "import math\ndef f(x):\n    return math.sin(x) * x\n"
    faults = {"second": lambda value: value * (1 + 1e-9)}
    with pytest.raises(Mismatch, match="second order"):
        check_program(source, (1.25,), api=StandIn(faults), lowered=False, second=True)


def test_the_tolerance_can_be_given() -> None:
    source = "def f(x):\n    return 3.0 * x\n"
    faults = {"gradient": lambda gradient: (gradient[0] * (1 + 1e-9),)}

    def wide(args: Any, kwargs: Any) -> list[list[float]]:
        return [[1e5]]

    check_program(source, (2.5,), api=StandIn(faults), lowered=False, abs_contributions=wide)
    with pytest.raises(Mismatch, match="chain rule"):
        check_program(source, (2.5,), api=StandIn(faults), lowered=False)


class _Refusing(StandIn):
    def value_and_grad(self, function: Any, argnums: Any = (0,)) -> Any:
        class AutodiffError(Exception):
            pass

        def refuse(*args: Any, **kwargs: Any) -> Any:
            raise AutodiffError("not today")

        return refuse


def test_a_refusal_is_reported_and_no_failure() -> None:
    report = check(_PLAIN, api=_Refusing({}), lowered=False)
    assert report.refused == ("AutodiffError",)
    assert "not today" in report.refusal


def test_a_wrong_graph_is_caught() -> None:
    assert not run_graph(3, StandIn({})).failures
    graph = seeded_graph(3)
    with pytest.raises(Mismatch, match="reverse"):
        check_graph(graph, api=StandIn({"gradient": lambda g: tuple(v + 1e-8 for v in g)}))
    with pytest.raises(Mismatch, match="forward"):
        check_graph(graph, api=StandIn({"tangent": lambda t: t + 1e-8}))


# Reduction and the long run's bookkeeping


def test_a_failing_program_becomes_small() -> None:
    def wrong_exponential(program: Program) -> bool:
        """As if every exponential came out wrong."""
        with time_limit(5):
            point = program.points[0]
            try:
                traced(program.source, program.name, point)
            except Exception:
                return False
        return "math.exp(" in program.source

    seed = next(s for s in range(100) if wrong_exponential(seeded_program(s)))
    small = reduced(seeded_program(seed), wrong_exponential, seconds=20)
    assert len(small.source.split()) <= 12, small
    assert wrong_exponential(small)


def test_outcomes_add_up() -> None:
    total = Outcome()
    total.add(Outcome(cases=Counter(program=150), reverse=[2.0, 2.5], refusals=Counter(x=1)))
    total.add(Outcome(cases=Counter(program=50), reverse=[3.0], refused=[(1, "x")]))
    assert total.problems() == []
    total.add(Outcome(reverse=[4.0, 4.0, 4.0], refused=[(2, "x"), (3, "x")]))
    assert total.problems() == [
        "3 of 200 programs were refused",
        "the median reverse cost is 3.50",
    ]
    assert "median 3.50" in total.summary()


def test_failures_of_every_check_are_shown_first() -> None:
    failures = [Failure("program", k, "ab"[k > 2], "", "") for k in range(5)]
    assert [failure.seed for failure in representative(failures, 3)] == [0, 3, 1]


def test_a_plan_names_its_cases() -> None:
    cases = Plan(programs=2, graphs=1, expressions=1, seed=3).cases()
    assert cases == [
        ("expression", 30_000_000), ("graph", 30_000_000),
        ("program", 30_000_000), ("program", 30_000_001),
    ]  # fmt: skip
