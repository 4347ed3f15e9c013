"""What the compiler itself costs: importing it, compiling a function, calling a derivative.

Three figures, each beside the limit it is meant to keep:

- the time of `import autodiff_compiler` against that of `import numpy`;
- the time of the first call of a 30-line function, of which compiling is nearly all;
- the time that a call of a derivative takes beyond a call of the generated function
  itself, with as many global constants to be checked at each call as the function reads.

    python examples/benchmark_overhead.py

Times are processor times, the best of several runs; a busy machine still makes them worse.
"""

import math
import os
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Callable

from autodiff_compiler import Derivative, grad

IMPORT_LIMIT = 1.5  # times the import of numpy
COMPILE_LIMIT = 50.0  # milliseconds
CALL_LIMIT = 0.5  # microseconds

RATE, SHIFT, SCALE = 0.5, 1.5, 2.5


def no_constant(x: float, y: float) -> float:
    return x * y + x


def one_constant(x: float, y: float) -> float:
    return RATE * x * y + x


def two_constants(x: float, y: float) -> float:
    return RATE * x * y + x * SHIFT


def three_constants(x: float, y: float) -> float:
    return RATE * x * y + x * SHIFT + SCALE * y


def warm_up(x: float) -> float:
    """Compiled before anything is timed, so that what is imported once is imported."""
    for _ in range(2):
        x = math.sin(x) if x > 0.0 else x * x
    return x


def thirty_lines(x: float, y: float, weights: list[float]) -> float:
    """Steps of a driven pendulum, and what is left of its energy."""
    position, velocity = x, y
    damping = 0.1 * math.exp(-x * x)
    energy = 0.0
    steps = 0
    for weight in weights:
        push = weight * math.sin(2.0 * position)
        force = push - math.sin(position) - damping * velocity
        middle = velocity + 0.05 * force
        moved = position + 0.1 * middle
        if moved > math.pi:
            moved = moved - 2.0 * math.pi
        elif moved < -math.pi:
            moved = moved + 2.0 * math.pi
        slowed = force - 0.5 * math.tanh(middle)
        velocity = velocity + 0.1 * slowed
        position = moved
        kinetic = 0.5 * velocity * velocity
        potential = 1.0 - math.cos(position)
        total = kinetic + potential
        if total < 1e-3:
            total = 1e-3
        energy += math.log(total) * weight
        steps += 1
    while energy > 10.0:
        energy = energy / 2.0
    spread = math.hypot(position - x, velocity - y)
    ratio = energy / (1.0 + spread)
    result = ratio + math.sqrt(1.0 + spread * spread)
    return result / max(steps, 1)


IMPORT = "import time; start = time.process_time(); import {}; print(time.process_time() - start)"


def import_seconds(module: str, cache: str) -> float:
    """The best time of importing a module, its bytecode at hand, in a fresh interpreter."""
    environment = os.environ | {"PYTHONPYCACHEPREFIX": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", IMPORT.format(module)]
    times = []
    for _ in range(16):
        done = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
        times.append(float(done.stdout))
    return min(times)


def first_call_seconds(function: Callable[..., float], *args: object) -> tuple[float, float]:
    """The time of the very first call, and the best of first calls of further derivatives."""
    times = []
    for _ in range(10):
        derivative = grad(function)
        start = time.process_time()
        derivative(*args)
        times.append(time.process_time() - start)
    return times[0], min(times)


def generated(derivative: Derivative) -> Callable[..., float]:
    """The generated function, without anything around it."""
    namespace: dict[str, Callable[..., float]] = {}
    exec(derivative.source, namespace)
    return namespace[f"{derivative.__name__}_grad"]


def call_seconds(function: Callable[..., float]) -> float:
    """The best time of a call on two floats."""
    count = 100_000
    timer = timeit.Timer("f(1.25, 0.75)", timer=time.process_time, globals={"f": function})
    return min(timer.repeat(15, count)) / count


def line(what: str, figure: float, limit: float, unit: str) -> str:
    verdict = "" if figure <= limit else "   over the limit"
    return f"    {what:<44}{figure:>8.2f} {unit:<3} limit {limit:g}{verdict}"


def main() -> None:
    print("Importing, in a fresh interpreter")
    with tempfile.TemporaryDirectory() as cache:
        numpy, ours = (import_seconds(name, cache) for name in ("numpy", "autodiff_compiler"))
    print(f"    numpy alone: {1e3 * numpy:.0f} ms; autodiff_compiler with it: {1e3 * ours:.0f} ms")
    print(line("ratio", ours / numpy, IMPORT_LIMIT, ""))
    print()

    print("Compiling a function of 30 lines, imports aside")
    grad(warm_up)(1.0)
    first, best = first_call_seconds(thirty_lines, 0.3, 0.2, [0.5, 1.0, 1.5])
    print(line("first call", 1e3 * first, COMPILE_LIMIT, "ms"))
    print(line("best first call of another derivative", 1e3 * best, COMPILE_LIMIT, "ms"))
    print()

    print("Calling a derivative on two floats, beyond the generated function")
    for number, function in enumerate((no_constant, one_constant, two_constants, three_constants)):
        derivative = grad(function)
        derivative(1.25, 0.75)
        bare = generated(derivative)
        if bare(1.25, 0.75) != derivative(1.25, 0.75):
            raise SystemExit("the generated function and the derivative disagree")
        overhead = call_seconds(derivative) - call_seconds(bare)
        print(line(f"constants checked: {number}", 1e6 * overhead, CALL_LIMIT, "µs"))


if __name__ == "__main__":
    main()
