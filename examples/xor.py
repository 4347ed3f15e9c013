"""Six ways to walk downhill, on two small problems that need a hidden layer.

XOR has four points, two moons have two hundred; no straight line separates either. A
network of two inputs, four tanh units and one sigmoid learns both, each time from the
same start and with the same generated derivative: what differs is only how a step is made
of the slopes. Far too long steps may never get there; with the slopes clipped they do.

    python examples/xor.py [--out DIRECTORY]

prints a table of how far and how fast each method comes. The loss curves and the learned
boundaries are saved as pictures in DIRECTORY, or else in pictures/.
"""

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from autodiff_compiler import value_and_grad

HIDDEN = 4
STEPS = 1000
SEED = 3

Params = dict[str, np.ndarray]


def network(params, points):
    """The probability of each point to be of class 1."""
    hidden = np.tanh(points @ params["w1"] + params["b1"])
    scores = hidden @ params["w2"] + params["b2"]
    return 1 / (1 + np.exp(-scores))


def loss(params, points, classes):
    """Mean cross-entropy; the small number keeps the logarithm finite."""
    p = network(params, points)
    right = classes * p + (1 - classes) * (1 - p)
    return -np.mean(np.log(right + 1e-12))


loss_and_slopes = value_and_grad(loss)


# Each method makes a step of one array from its slope at time t = 1, 2, ... The two memories
# m and v have the array's shape, start from zero and are handed back for the next step.
Memories = tuple[np.ndarray, np.ndarray]
Method = Callable[[np.ndarray, np.ndarray, np.ndarray, int], tuple[np.ndarray, Memories]]


def sgd(slope, m, v, t):
    return -0.5 * slope, (m, v)


def momentum(slope, m, v, t):
    m = 0.9 * m + slope
    return -0.5 * m, (m, v)


def rmsprop(slope, m, v, t):
    v = 0.9 * v + 0.1 * slope**2
    return -0.02 * slope / (np.sqrt(v) + 1e-8), (m, v)


def adam(slope, m, v, t):
    m = 0.9 * m + 0.1 * slope
    v = 0.999 * v + 0.001 * slope**2
    return -0.05 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), (m, v)


def long_steps(slope, m, v, t):
    return -30.0 * slope, (m, v)


def clip(slopes: Params, limit: float) -> Params:
    """The slopes, scaled down together to a norm of at most `limit`."""
    norm = math.sqrt(sum(float(np.sum(slope**2)) for slope in slopes.values()))
    scale = min(1.0, limit / (norm + 1e-12))
    return {name: scale * slope for name, slope in slopes.items()}


@dataclass(frozen=True)
class Plan:
    name: str
    method: Method
    colour: str
    limit: float = math.inf  # of the norm of the slopes


PLANS = (
    Plan("SGD, rate 0.5", sgd, "#7f7f7f"),
    Plan("momentum", momentum, "#1f77b4"),
    Plan("RMSProp", rmsprop, "#2ca02c"),
    Plan("Adam", adam, "#d62728"),
    Plan("SGD, rate 30", long_steps, "#e0a800"),
    Plan("SGD, rate 30, clipped", long_steps, "#9467bd", limit=0.02),
)


@dataclass(frozen=True)
class Problem:
    name: str
    points: np.ndarray  # one row of two coordinates per point
    classes: np.ndarray  # a column of 0.0 and 1.0


@dataclass(frozen=True)
class Run:
    problem: Problem
    plan: Plan
    params: Params
    losses: np.ndarray  # before the first step and after each


def exclusive_or() -> Problem:
    points = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    return Problem("XOR", points, np.array([[0.0], [1.0], [1.0], [0.0]]))


def two_moons(rng: np.random.Generator, each: int = 100) -> Problem:
    """Half circles, one upside down and moved into the other, blurred a little."""
    angles = np.linspace(0.0, math.pi, each)
    upper = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    lower = np.stack([1.0 - np.cos(angles), 0.5 - np.sin(angles)], axis=1)
    points = np.concatenate([upper, lower]) + rng.normal(0.0, 0.12, (2 * each, 2))
    classes = np.repeat([[0.0], [1.0]], each, axis=0)
    return Problem("two moons", points - points.mean(axis=0), classes)


def initial_params(rng: np.random.Generator) -> Params:
    return {
        "w1": rng.normal(0.0, 1.0, (2, HIDDEN)),
        "b1": np.zeros(HIDDEN),
        "w2": rng.normal(0.0, 0.5, (HIDDEN, 1)),
        "b2": np.zeros(1),
    }


def check_slopes(params: Params, problem: Problem) -> float:
    """The largest difference between generated slopes and differences of the loss."""
    _, slopes = loss_and_slopes(params, problem.points, problem.classes)
    h = 1e-6
    worst = 0.0
    for name, array in params.items():
        for place in np.ndindex(array.shape):
            unit = np.zeros_like(array)
            unit[place] = h
            ahead = loss(params | {name: array + unit}, problem.points, problem.classes)
            behind = loss(params | {name: array - unit}, problem.points, problem.classes)
            worst = max(worst, abs(slopes[name][place] - (ahead - behind) / (2.0 * h)))
    return worst


def train(problem: Problem, plan: Plan, params: Params) -> Run:
    memories = {name: (np.zeros_like(p), np.zeros_like(p)) for name, p in params.items()}
    losses = []
    for t in range(1, STEPS + 1):
        value, slopes = loss_and_slopes(params, problem.points, problem.classes)
        losses.append(float(value))
        slopes = clip(slopes, plan.limit)
        moved = {}
        for name, array in params.items():
            step, memories[name] = plan.method(slopes[name], *memories[name], t)
            moved[name] = array + step
        params = moved
    losses.append(float(loss(params, problem.points, problem.classes)))
    return Run(problem, plan, params, np.array(losses))


def accuracy(run: Run) -> float:
    answers = network(run.params, run.problem.points) > 0.5
    return float(np.mean(answers == (run.problem.classes > 0.5)))


def line(run: Run) -> str:
    """A row of the table: losses on the way, steps until the loss stays below 0.1, accuracy."""
    above = np.flatnonzero(run.losses >= 0.1)
    first = int(above[-1]) + 1 if len(above) else 0
    steps = str(first) if first <= STEPS else "never"
    on_the_way = "".join(f"{run.losses[t]:>11.5f}" for t in (10, 100, STEPS))
    return f"    {run.plan.name:<23}{on_the_way}{steps:>10}{100 * accuracy(run):>9.1f} %"


def draw_losses(runs: list[list[Run]], path: Path) -> None:
    figure = Figure(figsize=(10.0, 4.4), layout="constrained")
    for axes, of_problem in zip(figure.subplots(1, len(runs)), runs, strict=True):
        for run in of_problem:
            axes.loglog(
                np.arange(1, STEPS + 1),
                run.losses[1:],
                color=run.plan.colour,
                linewidth=1.2,
                label=run.plan.name,
            )
        name = of_problem[0].problem.name
        axes.set(xlabel="step", ylabel="loss", title=name, xlim=(1, STEPS), ylim=(1e-4, 20))
        axes.grid(alpha=0.3)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(PLANS), fontsize=9)
    figure.savefig(path, dpi=120)


def draw_boundaries(runs: list[list[Run]], path: Path) -> None:
    """The probability over the plane, the boundary at one half, and the points."""
    figure = Figure(figsize=(12.0, 4.6), layout="constrained")
    grid = figure.subplots(len(runs), len(runs[0]))
    for row, of_problem in zip(grid, runs, strict=True):
        for axes, run in zip(row, of_problem, strict=True):
            shaded = draw_boundary(axes, run)
    bar = figure.colorbar(shaded, ax=grid, ticks=[0.0, 0.5, 1.0], aspect=40, pad=0.01)
    bar.set_label("probability of class 1")
    figure.savefig(path, dpi=120)


def draw_boundary(axes, run: Run):
    points, classes = run.problem.points, run.problem.classes
    x_bound, y_bound = 1.2 * np.abs(points).max(axis=0) + 0.2
    xs, ys = np.linspace(-x_bound, x_bound, 120), np.linspace(-y_bound, y_bound, 120)
    plane = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    p = network(run.params, plane).reshape(120, 120)
    shaded = axes.pcolormesh(xs, ys, p, cmap="RdBu_r", vmin=0.0, vmax=1.0, alpha=0.55)
    axes.contour(xs, ys, p, levels=[0.5], colors="black", linewidths=1.2)
    axes.scatter(
        *points.T,
        c=classes[:, 0],
        cmap=ListedColormap(["#08306b", "#67000d"]),
        s=60 if len(points) < 10 else 8,
        edgecolors="white",
        linewidths=0.5,
    )
    axes.set(xticks=[], yticks=[], title=f"{run.plan.name}\n{100 * accuracy(run):.1f} % right")
    axes.title.set_fontsize(10)
    if run.plan is PLANS[0]:
        axes.set_ylabel(run.problem.name)
    return shaded


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("pictures"), metavar="DIRECTORY")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)

    rng = np.random.default_rng(SEED)
    problems = [exclusive_or(), two_moons(rng)]
    params = initial_params(rng)
    worst = max(check_slopes(params, problem) for problem in problems)
    print(f"Generated slopes against differences of the loss: within {worst:.1e}")
    if worst > 1e-8:
        raise SystemExit("the slopes disagree")

    runs = []
    for problem in problems:
        print()
        print(f"{problem.name}: {len(problem.points)} points, {STEPS} steps of all points at once")
        print(f"{'':<27}{'loss after':^33}{'loss stays':>10}")
        print(f"    {'method':<23}{10:>11}{100:>11}{STEPS:>11}{'below 0.1':>10}{'right':>11}")
        runs.append([train(problem, plan, params) for plan in PLANS])
        for run in runs[-1]:
            print(line(run))

    paths = [options.out / f"xor_{what}.png" for what in ("losses", "boundaries")]
    draw_losses(runs, paths[0])
    draw_boundaries(runs, paths[1])
    print()
    print("Pictures:", *paths)


if __name__ == "__main__":
    main()
