"""Statistics, signals and fitting, with arrays in helpers, branches, loops and errors."""

import math
import operator
from functools import partial, wraps

import numpy as np

from tests.written.program import Program


def irls(x, y, steps=6):
    """Slope by iteratively reweighted least squares with a robust weight."""
    weights = np.ones(len(x))
    for step in range(steps):
        sw = weights.sum()
        xm, ym = (weights * x).sum() / sw, (weights * y).sum() / sw
        slope = (weights * (x - xm) * (y - ym)).sum() / (weights * (x - xm) ** 2).sum()
        residual = y - ym - slope * (x - xm)
        weights = 1.0 / (1.0 + residual**2)
    return slope + 0.1 * residual[-1]


def em_two_coins(heads, guess):
    """Difference of two coins' biases by expectation and maximisation."""
    a, b = guess
    for _ in range(8):
        ha = hb = na = nb = 0.0
        for h in heads:
            la = a**h * (1.0 - a) ** (5.0 - h)
            lb = b**h * (1.0 - b) ** (5.0 - h)
            share = la / (la + lb)
            ha += share * h
            na += share * 5.0
            hb += (1.0 - share) * h
            nb += (1.0 - share) * 5.0
        a, b = ha / na, hb / nb
    return a - b


def autocorrelation_time(x):
    """Integrated correlation time, its sum ended at the first small lag."""
    centred = x - x.mean()
    variance = centred @ centred
    total = 1.0
    for lag in range(1, len(x)):
        rho = centred[:-lag] @ centred[lag:] / variance
        if rho < 0.05:
            break
        total += 2.0 * rho
    return total + 0.1 * rho


def logistic_fit(features, labels, ridge):
    """Penalised loss of a logistic regression after Newton steps."""
    w = np.zeros(features.shape[1])

    def parts(w):
        p = 1.0 / (1.0 + np.exp(-(features @ w)))
        gradient = features.T @ (p - labels) + ridge * w
        hessian = (features.T * (p * (1.0 - p))) @ features + ridge * np.eye(len(w))
        return p, gradient, hessian

    for _ in range(5):
        _, gradient, hessian = parts(w)
        w = w - np.linalg.solve(hessian, gradient)
    p, *_ = parts(w)
    return -np.sum(labels * np.log(p) + (1.0 - labels) * np.log(1.0 - p))


def weighted_median_distance(values, weights):
    """Interpolated weighted median, by a scan that ends at half the weight."""
    order = np.argsort(values)
    half = 0.5 * weights.sum()
    below = 0.0
    for k in order:
        if below + weights[k] > half:
            break
        below += weights[k]
        last = k
    return values[last] + (half - below) / weights[k] * (values[k] - values[last])


def windowed_spectrum(signal, window="hann"):
    """Power at one frequency under a window chosen by its name."""
    n = len(signal)
    t = np.arange(n)
    match window:
        case "hann":
            w = 0.5 - 0.5 * np.cos(2.0 * np.pi * t / (n - 1))
        case "bartlett":
            w = 1.0 - np.abs(2.0 * t / (n - 1) - 1.0)
        case _:
            w = np.ones(n)
    c = np.sum(w * signal * np.cos(1.1 * t))
    s = np.sum(w * signal * np.sin(1.1 * t))
    return (c * c + s * s) / w.sum()


def spectra(signal):
    """Sum of powers under three windows."""
    return sum(windowed_spectrum(signal, w) for w in ("hann", "none", "bartlett"))


def standardise(function):
    """A decorator that centres and scales an array before it is used."""

    @wraps(function)
    def wrapper(x, *args, **kwargs):
        z = (x - x.mean()) / x.std()
        return function(z, *args, **kwargs)

    return wrapper


@standardise
def moment_of(z, order=3):
    """A standardised moment."""
    return np.mean(z**order)


def jarque_bera(x):
    """Skewness and excess kurtosis in one number."""
    return len(x) / 6.0 * (moment_of(x) ** 2 + 0.25 * (moment_of(x, order=4) - 3.0) ** 2)


def bootstrap_spread(data, draws):
    """Spread of means of resamples drawn by fixed indices."""
    means = []
    for indices in draws:
        try:
            means.append(sum(data[i] for i in indices) / len(indices))
        except IndexError:
            means.append(data.mean())
    spread = np.array(means)
    return spread.std() + spread.max() ** 2


def cumulative_hazard(times, events, rate):
    """Survival from steps at events, discounted, over a set at risk that shrinks."""
    at_risk = len(times)
    survival = 1.0
    score = 0.0
    for time, event in zip(times, events):
        if event:
            survival *= 1.0 - 1.0 / (at_risk + 1.0)
            score += survival * math.exp(-rate * time)
        at_risk -= 1
    return score


def ridge_path(x, y, penalties):
    """Sum of squared norms of ridge solutions over a dict of penalties."""
    total = 0.0
    gram, target = x.T @ x, x.T @ y
    for name, penalty in penalties.items():
        solution = np.linalg.solve(gram + penalty * np.eye(len(target)), target)
        if name != "none":
            total += solution @ solution
        else:
            total += 0.1 * np.abs(solution).sum()
    return total


def median_filter(signal, width):
    """Energy of a signal behind a moving median."""
    energy = 0.0
    for i in range(len(signal) - width + 1):
        ordered = sorted(signal[i : i + width])
        energy += ordered[width // 2] ** 2
    return energy


def changepoint(series):
    """Least cost of a split of a series in two, with its place kept from the scan."""
    best, where = None, 0

    def cost(part):
        return ((part - part.mean()) ** 2).sum()

    for k in range(1, len(series)):
        value = cost(series[:k]) + cost(series[k:])
        if best is None or value < best:
            best, where = value, k
    return best + series[where:].mean() - series[:where].mean()


def hmm_forward(start, transition, emission, symbols):
    """Log likelihood of a hidden Markov model with scaling, its symbols a string."""
    alpha = start * emission["ab".index(symbols[0])]
    log_likelihood = 0.0
    for symbol in symbols[1:]:
        scale = alpha.sum()
        log_likelihood += np.log(scale)
        alpha = (alpha / scale) @ transition * emission["ab".index(symbol)]
    return log_likelihood + np.log(alpha.sum())


def distance_sum(points, metric, power=None):
    """Sum of distances of neighbours by a metric from a table of partial functions."""

    def minkowski(a, b, p):
        return np.sum(np.abs(a - b) ** p) ** (1.0 / p)

    metrics = {
        "manhattan": partial(minkowski, p=1.0),
        "euclid": partial(minkowski, p=2.0),
        "other": partial(minkowski, p=power or 3.0),
    }
    try:
        distance = metrics[metric]
    except KeyError:
        distance = metrics["other"]
    return sum(map(distance, points[:-1], points[1:]))


def metric_mix(points, power):
    """Distances by three metrics, one of them unknown to the table."""
    return (
        distance_sum(points, "manhattan")
        + distance_sum(points, "euclid")
        + distance_sum(points, "unknown", power)
    )


def particle_filter(noise, observations):
    """Log likelihood from weighted particles that move deterministically."""
    particles = np.linspace(-1.0, 1.0, 5)
    total = 0.0
    for y in observations:
        particles = 0.9 * particles + 0.2
        weights = np.exp(-0.5 * ((y - particles) / noise) ** 2) / noise
        mean = weights.mean()
        total += np.log(mean)
        weights = weights / weights.sum()
        if 1.0 / np.sum(weights**2) < 2.0:
            continue
        particles = particles + 0.3 * (weights @ particles - particles)
    return total


def rank_products(matrix):
    """Sum over rows of the product of their positive entries."""
    total = 0.0
    for row in matrix:
        kept = [v for v in row if v > 0.0]
        product = 1.0
        for v in kept:
            product = operator.mul(product, v)
        total += product if kept else 0.0
    return total


PROGRAMS = (
    Program(
        irls,
        lambda: (np.array([0.1, 0.5, 0.9, 1.6]), np.array([0.3, 0.4, 1.8, 1.9])),
        (0, 1),
        complex_step=True,
        features=("array", "default argument", "bound in loop", "tuple assignment"),
    ),
    Program(
        em_two_coins,
        lambda: ([4.0, 1.0, 3.0, 0.5], (0.7, 0.4)),
        (0, 1),
        complex_step=True,
        features=("nested loops", "chained assignment", "tuple argument", "tuple assignment"),
    ),
    Program(
        autocorrelation_time,
        lambda: (np.array([0.5, 0.9, 1.2, 0.8, 0.1, -0.4]),),
        complex_step=True,
        features=("array", "break", "negative index", "slice", "bound in loop"),
    ),
    Program(
        logistic_fit,
        lambda: (
            np.array([[1.0, 0.5], [1.0, -0.8], [1.0, 1.3], [1.0, 0.2]]),
            np.array([1.0, 0.0, 1.0, 0.0]),
            0.5,
        ),
        (0, 2),
        complex_step=True,
        features=(
            "array",
            "closure",
            "nested function",
            "tuple result of helper",
            "star unpacking",
            "np.linalg.solve",
            "matmul",
        ),
    ),
    Program(
        weighted_median_distance,
        lambda: (np.array([0.9, 0.2, 1.4, 0.5]), np.array([0.4, 0.7, 0.6, 0.5])),
        (0, 1),
        complex_step=True,
        features=("array", "np.argsort", "break", "loop variable after loop", "bound in branch"),
    ),
    Program(
        spectra,
        lambda: (np.array([0.5, 1.0, -0.3, 0.8, 1.1]),),
        complex_step=True,
        features=("array", "match str", "sum of generator", "helper function", "default argument"),
    ),
    Program(
        jarque_bera,
        lambda: (np.array([0.5, 1.0, -0.3, 0.8, 2.1]),),
        features=("array", "decorator", "functools.wraps", "keyword arguments", "**kwargs"),
    ),
    Program(
        bootstrap_spread,
        lambda: (np.array([0.5, 1.0, -0.3, 0.8]), [(0, 1, 1, 3), (2, 2, 7, 1), (3, 0, 3, 1)]),
        (0,),
        features=(
            "array",
            "try",
            "IndexError",
            "list append",
            "sum of generator",
            "np.array of scalars",
        ),
    ),
    Program(
        cumulative_hazard,
        lambda: ([0.3, 0.8, 1.4, 2.0], (1, 0, 1, 1), 0.4),
        (0, 2),
        features=("zip", "counter", "truth of int"),
    ),
    Program(
        ridge_path,
        lambda: (
            np.array([[0.5, 1.0], [-0.3, 0.8], [0.9, 0.2]]),
            np.array([0.6, 0.1, 1.2]),
            {"none": 0.1, "some": 0.5},
        ),
        (0, 1, 2),
        features=(
            "array",
            "dict items",
            "dict argument",
            "np.linalg.solve",
            "tuple assignment",
            "string comparison",
        ),
    ),
    Program(
        median_filter,
        lambda: (np.array([0.5, 1.2, -0.3, 0.8, 0.1, 0.9]), 3),
        (0,),
        complex_step=True,
        features=("array", "sorted", "slice", "integer division"),
    ),
    Program(
        changepoint,
        lambda: (np.array([0.1, 0.3, 0.2, 1.1, 0.9]),),
        complex_step=True,
        features=("array", "is None", "nested function", "slice", "and/or"),
    ),
    Program(
        hmm_forward,
        lambda: (
            np.array([0.6, 0.4]),
            np.array([[0.7, 0.3], [0.2, 0.8]]),
            np.array([[0.9, 0.3], [0.1, 0.7]]),
            "abba",
        ),
        (0, 1, 2),
        complex_step=True,
        features=(
            "array",
            "string iteration",
            "str method",
            "string argument",
            "sequence model",
            "matmul",
        ),
    ),
    Program(
        metric_mix,
        lambda: (np.array([[0.1, 0.5], [0.7, 0.2], [1.4, 1.1]]), 2.5),
        (0, 1),
        features=(
            "array",
            "functools.partial",
            "map",
            "try",
            "KeyError",
            "function in dict",
            "and/or",
        ),
    ),
    Program(
        particle_filter,
        lambda: (0.5, np.array([0.4, 0.1, 0.7])),
        (0, 1),
        complex_step=True,
        features=("array", "continue", "iteration over array", "matmul"),
    ),
    Program(
        rank_products,
        lambda: (np.array([[0.5, -1.0, 0.8], [1.2, 0.6, 0.9], [-0.4, -0.2, -0.7]]),),
        complex_step=True,
        features=(
            "array",
            "list comprehension",
            "operator",
            "iteration over rows",
            "truth of list",
            "zero-trip loop",
        ),
    ),
)
