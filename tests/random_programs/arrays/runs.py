"""Many array programs, in parallel, and what came of them."""

from __future__ import annotations

import ast
import importlib
import multiprocessing
import re
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..harness import Mismatch, Refused
from ..loading import TimeLimit, loaded, time_limit
from .generator import Program, seeded_program
from .harness import arguments_of, bits, called, check

PROGRAM_SECONDS = 30.0
STRIDE = 10_000_000
# Every so many programs the saved file is run on its own.
SAVED = 4


@dataclass(frozen=True)
class Failure:
    """What failed: the seed, the check, the message, and the program's text."""

    seed: int
    check: str
    message: str
    program: Program

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.message}\n\n{self.program}"


@dataclass
class Outcome:
    """What came of some programs."""

    programs: int = 0
    invalid: int = 0
    failures: list[Failure] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[int, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)
    refused_tags: Counter[str] = field(default_factory=Counter)

    def add(self, other: Outcome) -> None:
        self.programs += other.programs
        self.invalid += other.invalid
        self.failures += other.failures
        self.refusals += other.refusals
        self.refused += other.refused
        self.counts += other.counts
        self.tags += other.tags
        self.refused_tags += other.refused_tags

    def summary(self) -> str:
        lines = [
            f"{self.programs} programs, {len(self.failures)} failures, "
            f"{len(self.refused)} refused, {self.invalid} more left out"
        ]
        lines += [f"  {count:8d} {what}" for what, count in self.counts.most_common()]
        if self.failures:
            lines.append("failures by check:")
            found = Counter(failure.check for failure in self.failures)
            lines += [f"  {count:8d} {name}" for name, count in found.most_common()]
        if self.refused:
            lines.append("refusals by construct:")
            lines += [f"  {count:8d} {name}" for name, count in self.refusals.most_common(60)]
            lines.append("refused, of programs with:")
            shares = sorted(
                ((self.refused_tags[tag] / count, tag, count) for tag, count in self.tags.items()),
                reverse=True,
            )
            lines += [f"  {share:6.0%} of {count:5d} {tag}" for share, tag, count in shares]
        return "\n".join(lines)


def reads_unset(program: Program) -> bool:
    """Whether what a program does depends on what an empty array holds."""
    if "empty_like" not in program.source:
        return False
    seen = []
    for made in ("zeros_like", "ones_like"):
        text = program.source.replace("empty_like", made)
        with loaded(text, program.name) as function:
            calls = [called(function, arguments_of(point)) for point in program.points]
        seen.append([(bits(call.value), repr(call.error)) for call in calls])
    return seen[0] != seen[1]


def is_valid(program: Program) -> bool:
    """Whether the program does something at its first point, in plain Python."""
    if reads_unset(program):
        return False
    with time_limit(10.0), loaded(program.source, program.name) as function:
        return called(function, arguments_of(program.points[0])).error is None


def run_program(seed: int, **options: Any) -> Outcome:
    program = seeded_program(seed)
    if not is_valid(program):
        return Outcome(invalid=1)
    outcome = Outcome(programs=1, tags=Counter(program.tags))
    try:
        report = checked(program, seed, **options)
    except Exception as error:
        outcome.failures.append(failure_of(seed, error, program))
        return outcome
    if report.refused:
        outcome.refusals.update(set(report.refused))
        outcome.refused.append((seed, report.refusal))
        outcome.refused_tags.update(program.tags)
        return outcome
    outcome.counts.update(
        {
            "points": report.points,
            "points at which the program raises": report.raised,
            "derivatives compared exactly": report.exact,
            "points compared with differences": report.certified,
            "points that the oracle can't follow": report.unknown,
            "saved files run": report.saved,
        }
    )
    return outcome


def checked(program: Program, seed: int, **options: Any) -> Any:
    options.setdefault("saved", seed % SAVED == 0)
    with time_limit(PROGRAM_SECONDS):
        return check(program, seed=seed, **options)


def failure_of(seed: int, error: Exception, program: Program) -> Failure:
    message = str(error)
    if not isinstance(error, Mismatch | TimeLimit):
        message = "".join(traceback.format_exception(error)[-4:])
    return Failure(seed, check_name(error), message, program)


def check_name(error: BaseException) -> str:
    return error.check if isinstance(error, Mismatch) else type(error).__name__


def shrunk(failure: Failure, seconds: float = 60.0, **options: Any) -> Failure:
    """The failure with the smallest program found that fails the same check."""
    from .reduction import reduced

    message = failure.message
    raises = _raised(failure.program)
    marks = cause(failure)

    def fails(candidate: Program) -> bool:
        nonlocal message
        try:
            with time_limit(10.0):
                if not _raised(candidate) <= raises or not _returns_floats(candidate):
                    return False
                if reads_unset(candidate):
                    return False
                checked(candidate, failure.seed, **options)
        except Refused:
            return False
        except Exception as error:
            again = failure_of(failure.seed, error, candidate)
            if again.check == failure.check and (not marks or cause(again) == marks):
                message = again.message
                return True
        return False

    smaller = reduced(failure.program, fails, seconds)
    return Failure(failure.seed, failure.check, message, smaller)


def cause(failure: Failure) -> str:
    """What tells crashes apart: the message without what varies."""
    if not failure.check.startswith(("raises", "internal", "pullback", "exception")):
        return ""
    first = failure.message.split(" at f(")[0]
    if failure.check == "internal error":
        first = re.sub(r".*?\): ", "", failure.message.split("\n")[0])
    return re.sub(r"[%@'`\"\w]*\d+[\w']*|\(.*?\)|%\w+", "", first)[:60]


def _raised(program: Program) -> set[str]:
    """The exceptions that the points of a program raise in plain Python."""
    with loaded(program.source, program.name) as function:
        seen = [called(function, arguments_of(point)).error for point in program.points]
    return {type(error).__name__ for error in seen if error is not None}


def _returns_floats(program: Program) -> bool:
    with loaded(program.source, program.name) as function:
        seen = [called(function, arguments_of(point)) for point in program.points]
    return all(each.error is not None or is_floats(each.value) for each in seen)


def is_floats(value: Any) -> bool:
    if isinstance(value, tuple):
        return bool(value) and all(map(is_floats, value))
    return isinstance(value, float) or getattr(getattr(value, "dtype", None), "kind", "") == "f"


def lines_of(program: Program) -> int:
    return len(ast.unparse(ast.parse(program.source)).splitlines())


def run(seeds: Sequence[int], jobs: int) -> Iterator[Outcome]:
    """The outcome of each program, as they come."""
    if jobs == 1:
        yield from map(run_program, seeds)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(jobs, maxtasksperchild=20) as pool:
        yield from pool.imap_unordered(run_program, seeds, chunksize=20)


def main(
    seeds: Sequence[int], jobs: int, shown: int, echo: Callable[[str], None] = print,
    seconds: float = 60.0,
) -> int:  # fmt: skip
    """Run the programs, print what came of them, and return the exit code."""
    importlib.import_module("autodiff_compiler")
    started = reported = time.monotonic()
    total = Outcome()
    for done, outcome in enumerate(run(seeds, jobs), start=1):
        total.add(outcome)
        for failure in outcome.failures:
            echo(f"FAILED {failure.seed}: {failure.check} {cause(failure)}")
        now = time.monotonic()
        if now - reported > 15 or done == len(seeds):
            reported = now
            echo(f"{done}/{len(seeds)} in {now - started:.0f} s, {len(total.failures)} failures, "
                 f"{len(total.refused)} refused")  # fmt: skip
    for failure in representative(total.failures, shown):
        echo(f"\n{'=' * 96}\n{shrunk(failure, seconds)}")
    echo(f"\n{total.summary()}")
    return 1 if total.failures else 0


def representative(failures: Sequence[Failure], count: int) -> list[Failure]:
    """Some failures, short programs first: of each kind one before a second of any."""
    rank: Counter[tuple[str, str]] = Counter()
    ranked = []
    for failure in sorted(failures, key=lambda each: lines_of(each.program)):
        key = (failure.check, cause(failure))
        ranked.append((rank[key], failure))
        rank[key] += 1
    return [failure for _, failure in sorted(ranked, key=lambda pair: pair[0])[:count]]
