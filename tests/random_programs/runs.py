"""Thousands of programs, graphs and expressions, in parallel, and what came of them."""

from __future__ import annotations

import importlib
import math
import multiprocessing
import statistics
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .generator import Program, seeded_program
from .graphs import Graph, seeded_expression, seeded_graph, whole_partials
from .harness import Mismatch, Refused, Report, check, sort_error
from .loading import TimeLimit, loaded, observe, same, time_limit
from .oracles import TOLERANCE
from .reduction import reduced

PROGRAM_SECONDS = 30.0
MEDIAN_LIMIT = 3.0
# Of programs that are plain Python of the supported kind, hardly any may be refused.
REFUSED_SHARE = 0.01

# Seeds of one run don't meet those of the next.
STRIDE = 10_000_000


@dataclass(frozen=True)
class Failure:
    """What failed: the kind of case, its seed, the check, the message, and the text."""

    kind: str
    seed: int
    check: str
    message: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind} of seed {self.seed}: {self.message}\n\n{self.text}"


@dataclass
class Outcome:
    """What came of some cases."""

    cases: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[int, str]] = field(default_factory=list)
    reverse: list[float] = field(default_factory=list)
    forward: list[float] = field(default_factory=list)
    measured: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, other: Outcome) -> None:
        self.cases += other.cases
        self.failures += other.failures
        self.refusals += other.refusals
        self.refused += other.refused
        self.reverse += other.reverse
        self.forward += other.forward
        self.measured += other.measured
        self.counts += other.counts

    def problems(self) -> list[str]:
        """Why the whole isn't good: failures, too many refusals, too high a median cost."""
        found = [f"{len(self.failures)} failures"] if self.failures else []
        programs = self.cases["program"]
        if len(self.refused) > math.ceil(REFUSED_SHARE * programs):
            found.append(f"{len(self.refused)} of {programs} programs were refused")
        if self.reverse and statistics.median(self.reverse) > MEDIAN_LIMIT:
            found.append(f"the median reverse cost is {statistics.median(self.reverse):.2f}")
        return found

    def summary(self) -> str:
        lines = [", ".join(f"{count} {kind}s" for kind, count in self.cases.items())]
        lines += [f"  {count:8d} {what}" for what, count in self.counts.most_common()]
        for name, costs in (
            ("reverse cost", self.reverse),
            ("forward cost", self.forward),
            ("reverse cost, measured", self.measured),
        ):
            if costs:
                lines.append(
                    f"  {name}: median {statistics.median(costs):.2f}, "
                    f"mean {statistics.fmean(costs):.2f}, max {max(costs):.2f}"
                )
        if self.refused:
            lines.append(f"  {len(self.refused)} refused, by construct:")
            lines += [f"  {count:8d} {name}" for name, count in self.refusals.most_common()]
        return "\n".join(lines)


def run_program(seed: int, **options: Any) -> Outcome:
    """The program of a seed, at all its points. Every third has its second derivative checked,
    every second is a file and not a text in memory."""
    program = seeded_program(seed)
    outcome = Outcome(cases=Counter(program=1))
    try:
        report = checked(program, seed, **options)
    except Exception as error:
        outcome.failures.append(failure_of("program", seed, error, repr(program)))
        return outcome
    if report.refused:
        outcome.refusals.update(report.refused)
        outcome.refused.append((seed, report.refusal))
        return outcome
    outcome.counts.update(
        {
            "points": report.points,
            "points at which the program raises": report.raised,
            "derivatives by the chain rule": report.derivatives,
            "derivatives by differences": report.certified,
            "second derivatives": report.second,
            "points with NaN beside an infinite partial": len(report.nan_points),
        }
    )
    for costs, ratio in (
        (outcome.reverse, report.reverse_ratio),
        (outcome.forward, report.forward_ratio),
        (outcome.measured, report.measured_ratio),
    ):
        if ratio is not None:
            costs.append(ratio)
    return outcome


def checked(program: Program, seed: int, **options: Any) -> Report:
    options.setdefault("second", seed % 3 == 0)
    with time_limit(PROGRAM_SECONDS):
        if seed % 2:
            return check(program, seed=seed, **options)
        with tempfile.TemporaryDirectory() as directory:
            return check(program, seed=seed, directory=Path(directory), **options)


def run_graph(seed: int, api: Any = None) -> Outcome:
    return _judged("graph", seed, seeded_graph(seed), Graph.partials, api)


def run_expression(seed: int, api: Any = None) -> Outcome:
    return _judged("expression", seed, seeded_expression(seed), None, api)


def _judged(
    kind: str, seed: int, graph: Graph, partials: Callable[[Graph], Any] | None, api: Any
) -> Outcome:
    outcome = Outcome(cases=Counter({kind: 1}))
    try:
        with time_limit(PROGRAM_SECONDS):
            check_graph(graph, whole=partials is None, api=api)
    except Refused as error:
        outcome.refusals.update(error.constructs)
        outcome.failures.append(failure_of(kind, seed, error, repr(graph)))
    except Exception as error:
        outcome.failures.append(failure_of(kind, seed, error, repr(graph)))
    return outcome


def check_graph(graph: Graph, *, whole: bool = False, api: Any = None) -> None:
    """Both modes against the chain rule node by node, or against sympy.diff of the whole."""
    if api is None:
        import autodiff_compiler as api
    derivatives = graph.partials()
    exact = whole_partials(graph) if whole else [d.value for d in derivatives]
    allowed = [float(TOLERANCE * d.absolute) + 1e-290 for d in derivatives]
    with loaded(graph.source, graph.name) as function:
        argnums = tuple(range(len(graph.args)))
        seen = observe(api.value_and_grad(function, argnums=argnums), graph.args, {})
        if seen.error is not None:
            sort_error("value_and_grad", seen.error)
            raise Mismatch("exception", f"value_and_grad raised {seen.error!r}") from seen.error
        value, gradient = seen.value
        if not same(value, graph.value):
            raise Mismatch("primal", f"{value!r}, the program computes {graph.value!r}")
        for index, (found, true, bound) in enumerate(zip(gradient, exact, allowed, strict=True)):
            if not abs(found - true) <= bound:
                raise Mismatch("reverse", f"input {index}: {found!r}, not {float(true)!r}")
        for index, (true, bound) in enumerate(zip(exact, allowed, strict=True)):
            tangents = tuple(float(index == k) for k in argnums)
            value, tangent = api.jvp(function, graph.args, tangents)
            if not same(value, graph.value):
                raise Mismatch("primal", f"jvp: {value!r}, the program has {graph.value!r}")
            if not abs(tangent - true) <= bound:
                raise Mismatch("forward", f"input {index}: {tangent!r}, not {float(true)!r}")


def shrunk(failure: Failure, seconds: float = 60.0, **options: Any) -> Failure:
    """The failure with the smallest program found that fails the same check."""
    if failure.kind != "program":
        return failure
    return shrunk_program(seeded_program(failure.seed), failure, seconds, **options)


def shrunk_program(program: Program, failure: Failure, seconds: float, **options: Any) -> Failure:
    """The same for any program. What raises nothing in plain Python is kept so: a deletion that
    leaves a name unbound is no smaller instance of the same failure."""
    message = failure.message
    raises = _raised(program)

    def fails(candidate: Program) -> bool:
        nonlocal message
        try:
            with time_limit(5.0):
                if not _raised(candidate) <= raises:
                    return False
                checked(candidate, failure.seed, **options)
        except Exception as error:
            if check_name(error) == failure.check:
                message = str(error)
                return True
        return False

    smaller = reduced(program, fails, seconds)
    return Failure(failure.kind, failure.seed, failure.check, message, repr(smaller))


def _raised(program: Program) -> set[str]:
    """The exceptions that the points of a program raise in plain Python."""
    with loaded(program.source, program.name) as function:
        seen = [observe(function, point.args, point.kwargs).error for point in program.points]
    return {type(error).__name__ for error in seen if error is not None}


def failure_of(kind: str, seed: int, error: Exception, text: str) -> Failure:
    message = str(error)
    if not isinstance(error, Mismatch | Refused | TimeLimit):
        message = "".join(traceback.format_exception(error)[-4:])
    return Failure(kind, seed, check_name(error), message, text)


def check_name(error: BaseException) -> str:
    return error.check if isinstance(error, Mismatch) else type(error).__name__


# Many of them


@dataclass(frozen=True)
class Plan:
    programs: int
    graphs: int
    expressions: int
    seed: int = 0

    def cases(self) -> list[tuple[str, int]]:
        start = self.seed * STRIDE
        counts = (
            ("expression", self.expressions),
            ("graph", self.graphs),
            ("program", self.programs),
        )
        return [(kind, start + k) for kind, count in counts for k in range(count)]


_RUNNERS: dict[str, Callable[[int], Outcome]] = {
    "program": run_program,
    "graph": run_graph,
    "expression": run_expression,
}


def run_case(case: tuple[str, int]) -> Outcome:
    kind, seed = case
    return _RUNNERS[kind](seed)


def run(plan: Plan, jobs: int) -> Iterator[Outcome]:
    """The outcome of each case, as they come."""
    cases = plan.cases()
    if jobs == 1:
        yield from map(run_case, cases)
        return
    # Fresh processes now and then: what one case leaves behind is not to help the next.
    context = multiprocessing.get_context("spawn")
    with context.Pool(jobs, maxtasksperchild=20) as pool:
        yield from pool.imap_unordered(run_case, cases, chunksize=25)


def main(plan: Plan, jobs: int, shown: int, echo: Callable[[str], None] = print) -> int:
    """Run the plan, print what came of it, and return the exit code."""
    importlib.import_module("autodiff_compiler")  # so that its absence isn't every case's fault
    started = time.monotonic()
    total = Outcome()
    cases = len(plan.cases())
    reported = started
    for done, outcome in enumerate(run(plan, jobs), start=1):
        total.add(outcome)
        for failure in outcome.failures:
            echo(f"FAILED {failure.kind} {failure.seed}: {failure.check}")
        now = time.monotonic()
        if now - reported > 15 or done == cases:
            reported = now
            echo(
                f"{done}/{cases} in {now - started:.0f} s, {len(total.failures)} failures, "
                f"{len(total.refused)} refused"
            )
    for failure in representative(total.failures, shown):
        echo(f"\n{'=' * 96}\n{shrunk(failure)}")
    for seed, message in total.refused[:shown]:
        echo(f"\n{'-' * 96}\nrefused program of seed {seed}: {message}")
    echo(f"\n{total.summary()}")
    problems = total.problems()
    echo("\n" + ("; ".join(problems) if problems else "all checks hold"))
    return 1 if problems else 0


def representative(failures: Sequence[Failure], count: int) -> list[Failure]:
    """Some failures: of each check one before a second of any."""
    rank: Counter[tuple[str, str]] = Counter()
    ranked = []
    for failure in failures:
        key = (failure.kind, failure.check)
        ranked.append((rank[key], failure))
        rank[key] += 1
    return [failure for _, failure in sorted(ranked, key=lambda pair: pair[0])[:count]]
