"""The long run: thousands of random programs, graphs and expressions against the oracles.

    python tests/random_programs/long_run.py --programs 5000 --graphs 2000 --expressions 200

Prints progress, what failed as the smallest program found, refusals by construct and costs; exits
with 1 if anything failed. `--only SEED` runs one program and shows it.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--programs", type=int, default=5000)
    parser.add_argument("--graphs", type=int, default=2000)
    parser.add_argument("--expressions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0, help="another seed, other cases")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--shown", type=int, default=10, help="failures to reduce and show")
    parser.add_argument("--only", type=int, metavar="SEED", help="one program, shown")
    options = parser.parse_args()
    here = Path(__file__).resolve()
    sys.path[:0] = [str(here.parents[1]), str(here.parents[2])]
    runs = importlib.import_module("random_programs.runs")
    if options.only is not None:
        generator = importlib.import_module("random_programs.generator")
        print(generator.seeded_program(options.only))
        outcome = runs.run_program(options.only)
        print(*outcome.failures, outcome.summary(), *outcome.refused, sep="\n")
        return 1 if outcome.failures else 0
    plan = runs.Plan(options.programs, options.graphs, options.expressions, options.seed)
    return int(runs.main(plan, options.jobs, options.shown, lambda text: print(text, flush=True)))


if __name__ == "__main__":
    sys.exit(main())
