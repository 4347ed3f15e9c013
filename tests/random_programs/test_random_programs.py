"""Random programs, graphs and expressions, compiled and judged.

A seeded few hundred of each; `long_run.py` does thousands. What fails is shown as the smallest
program found that fails alike.
"""

from __future__ import annotations

import math

import pytest
from hypothesis import Phase, given, settings

from .generator import Program, programs
from .graphs import Graph, expression_graphs
from .harness import check_program
from .runs import (
    Outcome,
    check_graph,
    checked,
    failure_of,
    representative,
    run_expression,
    run_graph,
    run_program,
    shrunk,
    shrunk_program,
)

CHUNK = 30
EXAMPLES = settings().max_examples  # the profile's


def _require(outcome: Outcome) -> None:
    failures = "\n\n".join(str(shrunk(f, 30.0)) for f in representative(outcome.failures, 2))
    refusals = "\n".join(message for _, message in outcome.refused[:3])
    problems = outcome.problems()
    assert not problems, f"{'; '.join(problems)}\n\n{failures}\n{refusals}\n{outcome.summary()}"


@pytest.mark.parametrize("start", range(0, 300, CHUNK))
def test_programs(start: int) -> None:
    total = Outcome()
    for seed in range(start, start + CHUNK):
        total.add(run_program(seed))
    _require(total)


@pytest.mark.parametrize("start", range(0, 300, 100))
def test_graphs(start: int) -> None:
    total = Outcome()
    for seed in range(start, start + 100):
        total.add(run_graph(seed))
    _require(total)


def test_small_expressions_against_sympy() -> None:
    total = Outcome()
    for seed in range(60):
        total.add(run_expression(seed))
    _require(total)


# What long runs found, made small, with its seed and where it failed.
FOUND = {
    770002551: ("y - (x * np.tanh(y) != q) * q", (2.0, 1.0, 1.0)),
    770004617: ("math.sin(math.sin(np.sin(pow(q ** 2 + 1.0, 3)) ** 4))", (-2.2, 1.0, 1.0)),
    770004708: ("(lambda a, b: b)(np.sin(q), np.sin(q))", (-math.inf, 1.0, 1.0)),
}


@pytest.mark.parametrize("seed", FOUND)
def test_programs_that_failed_once(seed: int) -> None:
    result, args = FOUND[seed]
    source = f"import math\nimport numpy as np\n\ndef f(q, x, y):\n    return {result}\n"
    report = check_program(source, args, seed=seed)
    assert not report.refused, report.refusal


# Editing the program's tree makes it small much faster than drawing it anew does.
@settings(max_examples=EXAMPLES // 5, phases=set(Phase) - {Phase.shrink, Phase.explain})
@given(programs())
def test_drawn_programs(program: Program) -> None:
    try:
        report = checked(program, 0)
    except Exception as error:
        failure = failure_of("program", 0, error, repr(program))
        raise AssertionError(shrunk_program(program, failure, 30.0)) from error
    assert not report.refused, report.refusal


@settings(max_examples=EXAMPLES // 2)
@given(expression_graphs())
def test_drawn_graphs(graph: Graph) -> None:
    check_graph(graph)
