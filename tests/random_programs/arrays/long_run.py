"""The long run: thousands of random array programs.

    python tests/random_programs/arrays/long_run.py --programs 5000

Prints progress, what failed as the smallest program found, and refusals by construct; exits with 1
if anything failed. `--only SEED` runs one program and shows it.
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
    parser.add_argument("--seed", type=int, default=0, help="another seed, other programs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--shown", type=int, default=10, help="failures to reduce and show")
    parser.add_argument("--seconds", type=float, default=60.0, help="to reduce one failure in")
    parser.add_argument("--only", type=int, metavar="SEED", help="one program, shown")
    options = parser.parse_args()
    here = Path(__file__).resolve()
    sys.path[:0] = [str(here.parents[2]), str(here.parents[3])]
    runs = importlib.import_module("random_programs.arrays.runs")
    if options.only is not None:
        generator = importlib.import_module("random_programs.arrays.generator")
        print(generator.seeded_program(options.only))
        outcome = runs.run_program(options.only)
        print(*outcome.failures, outcome.summary(), *outcome.refused, sep="\n")
        return 1 if outcome.failures else 0
    start = options.seed * runs.STRIDE
    seeds = range(start, start + options.programs)
    echo = lambda text: print(text, flush=True)
    return int(runs.main(seeds, options.jobs, options.shown, echo, options.seconds))


if __name__ == "__main__":
    sys.exit(main())
