"""Forward or reverse mode? The full gradient of n-input functions, both ways.

Forward mode gives one directional derivative a sweep, so a gradient takes n sweeps,
one for each unit vector. Reverse mode gives the whole gradient in one sweep. For
each function and each n the table has the exact number of operations of both ways,
counted by the compiler, and their measured times.

    python examples/benchmark_modes.py [--quick] [--csv PATH]

`--quick` stops at n = 200 and takes seconds.
"""

import argparse
import csv
import math
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from itertools import groupby
from pathlib import Path

from autodiff_compiler import grad, jvp

QUICK_SIZES = (1, 2, 3, 5, 10, 20, 50, 100, 200)
FULL_SIZES = (*QUICK_SIZES, 500, 1000)


def chained_product(xs: list[float]) -> float:
    """Sum of log(1 + p**2) over the running products p of cosines."""
    p = 1.0
    total = 0.0
    for x in xs:
        p = p * math.cos(0.1 * x)
        total += math.log(1.0 + p * p)
    return total


def rosenbrock(xs: list[float]) -> float:
    """The chained Rosenbrock function, its chain starting from 1."""
    previous = 1.0
    total = 0.0
    for x in xs:
        bend = x - previous * previous
        slope = 1.0 - previous
        total += 100.0 * bend * bend + slope * slope
        previous = x
    return total


def acceleration(angle: float, speed: float, push: float) -> float:
    return push - math.sin(angle) - 0.2 * speed


def steered_pendulum(xs: list[float]) -> float:
    """Squared distance from upright after one Runge-Kutta step for each push in xs."""
    h = 0.1
    q, v = 0.0, 0.0
    for push in xs:
        q1 = v
        v1 = acceleration(q, v, push)
        q2 = v + 0.5 * h * v1
        v2 = acceleration(q + 0.5 * h * q1, q2, push)
        q3 = v + 0.5 * h * v2
        v3 = acceleration(q + 0.5 * h * q2, q3, push)
        q4 = v + h * v3
        v4 = acceleration(q + h * q3, q4, push)
        q += h / 6.0 * (q1 + 2.0 * q2 + 2.0 * q3 + q4)
        v += h / 6.0 * (v1 + 2.0 * v2 + 2.0 * v3 + v4)
    miss = q - math.pi
    return miss * miss + v * v


def neuron_chain(xs: list[float]) -> float:
    """Squared output of neurons in a row, one weight each."""
    signal = 0.5
    for weight in xs:
        signal = math.tanh(weight * signal + 0.1)
    return signal * signal


FAMILIES: list[Callable[[list[float]], float]] = [
    chained_product,
    rosenbrock,
    steered_pendulum,
    neuron_chain,
]


@dataclass(frozen=True)
class Row:
    """One function at one size; operations in the compiler's units, times in seconds.

    `forward_*` is for all n sweeps, `reverse_*` for the one; both include computing
    the value. `disagreement` is the largest difference between the two gradients over
    the largest entry.
    """

    function: str
    n: int
    primal_operations: float
    forward_operations: float
    reverse_operations: float
    forward_seconds: float
    reverse_seconds: float
    disagreement: float


def inputs(n: int) -> list[float]:
    """Fixed, unequal values between 0.5 and 1.5."""
    return [1.0 + 0.5 * math.sin(1.0 + 2.0 * k) for k in range(n)]


def unit(n: int, k: int) -> list[float]:
    return [1.0 if j == k else 0.0 for j in range(n)]


def best_time(run: Callable[[], object], seconds: float) -> float:
    """The shortest of the runs that fit into `seconds`, and of one at least."""
    best = math.inf
    deadline = time.perf_counter() + seconds
    while True:
        start = time.perf_counter()
        run()
        end = time.perf_counter()
        best = min(best, end - start)
        if end >= deadline:
            return best


def measure(function: Callable[[list[float]], float], n: int, seconds: float) -> Row:
    xs = inputs(n)
    units = [unit(n, k) for k in range(n)]
    sweep = jvp(function)
    gradient = grad(function)

    def forward() -> list[float]:
        return [sweep((xs,), (tangent,))[1] for tangent in units]

    def reverse() -> list[float]:
        return gradient(xs)

    # The first calls compile; their results are compared and not timed.
    by_forward, by_reverse = forward(), reverse()
    size = max(map(abs, by_forward))
    pairs = zip(by_forward, by_reverse, strict=True)
    disagreement = max(abs(a - b) for a, b in pairs) / size

    # No function here branches, so every sweep costs what the first one does.
    forward_cost = sweep.lower((xs,), (units[0],)).cost
    reverse_cost = gradient.lower(xs).cost
    return Row(
        function=function.__name__,
        n=n,
        primal_operations=reverse_cost.primal,
        forward_operations=n * forward_cost.derivative,
        reverse_operations=reverse_cost.derivative,
        forward_seconds=best_time(forward, seconds),
        reverse_seconds=best_time(reverse, seconds),
        disagreement=disagreement,
    )


GROUPS = f"{'':<22}{'operations':^38}{'microseconds':^30}".rstrip()
HEADINGS = (
    f"{'function':<17}{'n':>5}"
    f"{'value':>8}{'n forward':>13}{'1 reverse':>10}{'ratio':>8}"
    f"{'n forward':>13}{'1 reverse':>10}{'ratio':>8}"
)


def line(row: Row) -> str:
    return (
        f"{row.function:<17}{row.n:>5}"
        f"{row.primal_operations:>8,.0f}"
        f"{row.forward_operations:>13,.0f}"
        f"{row.reverse_operations:>10,.0f}"
        f"{operation_ratio(row):>8.2f}"
        f"{1e6 * row.forward_seconds:>13,.1f}"
        f"{1e6 * row.reverse_seconds:>10,.1f}"
        f"{time_ratio(row):>8.2f}"
    )


def operation_ratio(row: Row) -> float:
    return row.forward_operations / row.reverse_operations


def time_ratio(row: Row) -> float:
    return row.forward_seconds / row.reverse_seconds


def crossover(rows: list[Row], ratio: Callable[[Row], float]) -> int | None:
    """The smallest n from which on reverse mode wins in every row; None if never."""
    first = None
    for row in sorted(rows, key=lambda row: row.n, reverse=True):
        if ratio(row) <= 1.0:
            break
        first = row.n
    return first


def spread(values: list[float]) -> str:
    low, high = f"{min(values):,.1f}", f"{max(values):,.1f}"
    return low if low == high else f"{low} to {high}"


def crossing(rows: list[Row], ratio: Callable[[Row], float], what: str) -> str:
    by_function = groupby(rows, key=lambda row: row.function)
    firsts = [crossover(list(group), ratio) for _, group in by_function]
    found = [first for first in firsts if first is not None]
    if not found:
        return f"{what} for no function"
    every = len(found) == len(firsts)
    where = "every function" if every else f"{len(found)} of {len(firsts)} functions"
    return f"{what} from n = {max(found)} on for {where}"


def verdict(rows: list[Row]) -> str:
    """What the numbers say, in one sentence."""
    largest = max(row.n for row in rows)
    last = [row for row in rows if row.n == largest]
    overhead = spread([row.reverse_operations / row.primal_operations for row in rows])
    operations = spread([operation_ratio(row) for row in last])
    seconds = spread([time_ratio(row) for row in last])
    return (
        "Verdict: one reverse sweep takes "
        f"{crossing(rows, operation_ratio, 'fewer operations')} and "
        f"{crossing(rows, time_ratio, 'less time')}; at n = {largest} the n forward "
        f"sweeps take {operations} times its operations and {seconds} times its time, "
        f"while it costs {overhead} times the operations of the value alone."
    )


def write_csv(rows: list[Row], path: Path) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([field.name for field in fields(Row)])
        writer.writerows(astuple(row) for row in rows)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="stop at n = 200")
    parser.add_argument("--csv", type=Path, metavar="PATH", help="write the rows there")
    options = parser.parse_args(arguments)

    print("The gradient by n forward sweeps against one reverse sweep")
    print("ratio: forward / reverse, so above 1 reverse mode wins")
    print()
    print(GROUPS)
    print(HEADINGS)
    rows = []
    for function in FAMILIES:
        for n in QUICK_SIZES if options.quick else FULL_SIZES:
            row = measure(function, n, seconds=0.05 if options.quick else 0.5)
            rows.append(row)
            print(line(row), flush=True)
        print()

    worst = max(row.disagreement for row in rows)
    print(f"Largest relative difference between the two gradients: {worst:.1e}")
    if worst > 1e-9:
        raise SystemExit("the two modes disagree")
    if options.csv is not None:
        write_csv(rows, options.csv)
    print(verdict(rows))


if __name__ == "__main__":
    main()
