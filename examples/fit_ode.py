"""Fit the hare and lynx populations of Canada by differentiating an ODE solver.

Hares breed and are eaten; lynxes starve unless they eat hares (Lotka and Volterra):

    d hares  / dt = ( alpha - beta * lynxes) * hares
    d lynxes / dt = (-gamma + delta * hares) * lynxes

`misfit` follows these equations from 1900 to 1920 by the Runge-Kutta method and compares
the logarithms of what it meets on the way with the pelts that the Hudson's Bay Company
collected. Its derivative runs the solver backwards, and with it `scipy.optimize.minimize`
finds the four rates and the two populations of 1900: first from the pelts of one decade,
since over two a wrong period lands in a poor local minimum, then from all of them.

    python examples/fit_ode.py [--out DIRECTORY]

prints the misfit before and after, the fitted numbers beside published ones, and how often
the derivative was called; a picture of data and fit goes to DIRECTORY, or else pictures/.

The data, in thousands of pelts a year, are the file hudson-bay-lynx-hare.csv of Bob
Carpenter, "Predator-Prey Population Dynamics: the Lotka-Volterra model in Stan" (2018),
https://mc-stan.org/users/documentation/case-studies/lotka-volterra-predator-prey.html
(github.com/stan-dev/example-models, knitr/lotka-volterra), which has them from P. Howard,
"Modeling Basics" (2009), and he from J. Mahaffy's lecture notes at San Diego State
University. The published fits are Howard's and Carpenter's, as the case study gives them;
the starting point is the mean of the case study's priors, with the pelts of 1900.
"""

import argparse
import math
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import minimize

from autodiff_compiler import value_and_grad

YEARS = range(1900, 1921)
HARES = np.array(
    [30.0, 47.2, 70.2, 77.4, 36.3, 20.6, 18.1, 21.4, 22.0, 25.4, 27.1]
    + [40.3, 57.0, 76.6, 52.3, 19.5, 11.2, 7.6, 14.6, 16.2, 24.7]
)
LYNXES = np.array(
    [4.0, 6.1, 9.8, 35.2, 59.4, 41.7, 19.0, 13.0, 8.3, 9.1, 7.4]
    + [8.0, 12.3, 19.5, 45.7, 51.1, 29.7, 15.8, 9.7, 10.1, 8.6]
)

NAMES = ("alpha", "beta", "gamma", "delta", "hares in 1900", "lynxes in 1900")
START = np.array([1.0, 0.05, 1.0, 0.05, 30.0, 4.0])
HOWARD = ("0.55", "0.028", "0.84", "0.026", "", "")  # by optimization
CARPENTER = ("0.55", "0.028", "0.80", "0.024", "", "")  # posterior means

STEPS = 10  # Runge-Kutta steps a year
SPANS = (11, 21)  # years fitted, first and then


def rates(hares, lynxes, alpha, beta, gamma, delta):
    """How fast both populations grow, in thousands a year."""
    return (alpha - beta * lynxes) * hares, (delta * hares - gamma) * lynxes


def runge_kutta_step(h, hares, lynxes, alpha, beta, gamma, delta):
    """Both populations a time h later, by the classical fourth-order method."""
    dh1, dl1 = rates(hares, lynxes, alpha, beta, gamma, delta)
    dh2, dl2 = rates(hares + h / 2 * dh1, lynxes + h / 2 * dl1, alpha, beta, gamma, delta)
    dh3, dl3 = rates(hares + h / 2 * dh2, lynxes + h / 2 * dl2, alpha, beta, gamma, delta)
    dh4, dl4 = rates(hares + h * dh3, lynxes + h * dl3, alpha, beta, gamma, delta)
    hares = hares + h / 6 * (dh1 + 2 * dh2 + 2 * dh3 + dh4)
    lynxes = lynxes + h / 6 * (dl1 + 2 * dl2 + 2 * dl3 + dl4)
    return hares, lynxes


def misfit(log_parameters, seen_hares, seen_lynxes):
    """Mean square of log(model / data); the parameters are logarithms, so stay positive."""
    alpha, beta, gamma, delta, hares, lynxes = np.exp(log_parameters)
    total = 0.0
    for year in range(len(seen_hares)):
        if year > 0:
            for _ in range(STEPS):
                hares, lynxes = runge_kutta_step(
                    1.0 / STEPS, hares, lynxes, alpha, beta, gamma, delta
                )
        total += np.log(hares / seen_hares[year]) ** 2 + np.log(lynxes / seen_lynxes[year]) ** 2
    return total / (2 * len(seen_hares))


misfit_and_slopes = value_and_grad(misfit)


def simulate(parameters: np.ndarray, years: int) -> np.ndarray:
    """Hares and lynxes after each Runge-Kutta step, two rows."""
    *constants, hares, lynxes = parameters
    path = [(hares, lynxes)]
    for _ in range(years * STEPS):
        path.append(runge_kutta_step(1.0 / STEPS, *path[-1], *constants))
    return np.transpose(path)


def check_slopes(log_parameters: np.ndarray) -> None:
    """Compare the generated slopes with differences of the misfit."""
    _, slopes = misfit_and_slopes(log_parameters, HARES, LYNXES)
    h = 1e-6
    for name, slope, unit in zip(NAMES, slopes, np.eye(6), strict=True):
        ahead = misfit(log_parameters + h * unit, HARES, LYNXES)
        behind = misfit(log_parameters - h * unit, HARES, LYNXES)
        difference = (ahead - behind) / (2.0 * h)
        print(f"    log({name}){'':<{15 - len(name)}}{slope:>+14.8f}{difference:>+16.8f}")
        if not math.isclose(slope, difference, rel_tol=1e-5):
            raise SystemExit(f"the slopes in {name} disagree")


def draw(start: np.ndarray, fitted: np.ndarray, path: Path) -> None:
    figure = Figure(figsize=(10.0, 4.2), layout="constrained")
    over_time, orbit = figure.subplots(1, 2, width_ratios=(3, 2))
    before, after = simulate(start, 20), simulate(fitted, 20)
    times = np.linspace(YEARS[0], YEARS[-1], after.shape[1])
    kinds = (("hares", HARES, "#b35806"), ("lynxes", LYNXES, "#542788"))
    for (name, seen, colour), first, last in zip(kinds, before, after, strict=True):
        over_time.plot(times, first, color=colour, linewidth=1, linestyle=":", alpha=0.6)
        over_time.plot(times, last, color=colour, label=f"{name}, fit")
        over_time.plot(YEARS, seen, "o", color=colour, markersize=5, label=f"{name}, pelts")
    over_time.plot([], [], ":", color="gray", label="before fitting")
    over_time.set(xlabel="year", ylabel="thousands", title="Hares and lynxes, 1900 to 1920")
    over_time.set_xticks(range(1900, 1921, 5))
    over_time.set_ylim(0, 95)
    over_time.legend(ncols=3, fontsize=8, loc="upper center")

    orbit.plot(*after, color="#1b7837", label="fit")
    orbit.plot(HARES, LYNXES, "o", color="gray", markersize=4, label="pelts, by year")
    orbit.plot(HARES, LYNXES, color="gray", linewidth=0.6)
    orbit.set(
        xlabel="hares, thousands",
        ylabel="lynxes, thousands",
        title="The same, one against the other",
    )
    orbit.legend(fontsize=8)
    for axes in (over_time, orbit):
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("pictures"), metavar="DIRECTORY")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)

    print(f"{len(HARES)} years of pelts; {20 * STEPS} Runge-Kutta steps from 1900 to 1920")
    print()
    print("Slopes of the misfit at the start")
    print(f"    {'in':<20}{'generated':>14}{'differences':>16}")
    check_slopes(np.log(START))
    print()

    logs, calls = np.log(START), 0
    for years in SPANS:
        seen = (HARES[:years], LYNXES[:years])
        found = minimize(misfit_and_slopes, logs, args=seen, jac=True, method="BFGS")
        if not found.success:
            raise SystemExit(f"the fit failed: {found.message}")
        logs, calls = found.x, calls + found.njev
        last = YEARS[years - 1]
        print(f"Fit of 1900 to {last}: misfit {found.fun:.5f} after {found.nit} steps of BFGS")
    fitted = np.exp(logs)
    print()

    for when, value in (
        ("before", misfit(np.log(START), HARES, LYNXES)),
        ("after", misfit(logs, HARES, LYNXES)),
    ):
        factor = math.exp(math.sqrt(value))
        print(f"misfit {when:<6}{value:8.5f}: model and pelts differ by a factor of {factor:.2f}")
    print(f"calls of the derivative: {calls}")
    print()

    print(f"{'':<16}{'start':>9}{'fitted':>9}{'Howard':>9}{'Carpenter':>11}")
    for row in zip(NAMES, START, fitted, HOWARD, CARPENTER, strict=True):
        name, start, value, howard, carpenter = row
        print(f"{name:<16}{start:>9.3f}{value:>9.3f}{howard:>9}{carpenter:>11}".rstrip())
    print()

    path = options.out / "fit_ode.png"
    draw(START, fitted, path)
    print("Picture:", path)


if __name__ == "__main__":
    main()
