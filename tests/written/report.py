"""What becomes of the written programs, as a table.

    python -m tests.written.report [--only NAME] [--topic TOPIC] [--jobs 1]

Programs by topic and by feature, what was refused in how many, and what is wrong or crashes.
"""

from __future__ import annotations

import argparse
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from fnmatch import fnmatch

from tests.written.checks import VERDICTS, Outcome, check_named, programs

WIDEST = 28  # columns for the name of a topic or feature


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="*", help="a program's name, or a pattern of names")
    parser.add_argument("--topic", help="a module's name")
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args(arguments)
    names = [
        name
        for name in programs()
        if fnmatch(name, given.only) and given.topic in (None, topic_of(name))
    ]
    outcomes = run(names, given.jobs)
    print("\n".join(table(outcomes)))
    return int(any(each.verdict != "right" for each in outcomes))


def run(names: Sequence[str], jobs: int) -> list[Outcome]:
    warnings.simplefilter("ignore")
    if jobs == 1:
        return list(map(check_named, names))
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(check_named, names, chunksize=8))


def topic_of(name: str) -> str:
    return name.split("-")[0]


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The lines of the whole report."""
    yield from _counts("topic", [((topic_of(each.name),), each) for each in outcomes])
    yield ""
    features = programs()
    by_feature = [(features[each.name].features, each) for each in outcomes]
    yield from _counts("feature", by_feature)
    yield from _refused(outcomes)
    for verdict in ("crashed", "wrong"):
        for each in outcomes:
            if each.verdict == verdict:
                yield f"\n{verdict}: {each.name}"
                yield from (f"    {check}: {told}" for check, told in each.details)


def _counts(title: str, groups: Sequence[tuple[Sequence[str], Outcome]]) -> Iterator[str]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for names, outcome in groups:
        for name in names:
            counts[name][outcome.verdict] += 1
    yield f"{title:{WIDEST}}" + "".join(f"{verdict:>9}" for verdict in VERDICTS)
    for name, found in sorted(counts.items(), key=lambda item: (-item[1].total(), item[0])):
        yield f"{name[:WIDEST]:{WIDEST}}" + "".join(f"{found[verdict]:9}" for verdict in VERDICTS)
    if title == "topic":
        total = Counter(outcome.verdict for _, outcome in groups)
        yield f"{'all':{WIDEST}}" + "".join(f"{total[verdict]:9}" for verdict in VERDICTS)


def _refused(outcomes: Sequence[Outcome]) -> Iterator[str]:
    names: dict[str, list[str]] = defaultdict(list)
    for each in outcomes:
        for construct in each.constructs:
            names[construct].append(each.name)
    if names:
        yield "\nrefused"
    for construct, found in sorted(names.items(), key=lambda item: (-len(item[1]), item[0])):
        yield f"{len(found):5} {construct}: {' '.join(found)}"


if __name__ == "__main__":
    raise SystemExit(main())
