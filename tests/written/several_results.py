"""Programs that return tuples, arrays, dicts, lists or records."""

from dataclasses import dataclass

import numpy as np

from tests.written.program import Program

ABSCISSAE = np.array([0.0, 0.5, 1.0, 1.5, 2.0])


@dataclass
class Fit:
    """The slope and the offset of a line with its residuals."""

    slope: float
    offset: float
    residuals: np.ndarray


def quadratic_roots(a, b, c):
    """Both roots of a quadratic."""
    root = np.sqrt(b * b - 4.0 * a * c)
    return (-b - root) / (2.0 * a), (-b + root) / (2.0 * a)


def predator_prey_path(rates, start):
    """The path of predators and prey, filled into an array."""
    path = np.zeros((6, 2))
    path[0] = start
    for t in range(5):
        prey, hunters = path[t]
        path[t + 1, 0] = prey + 0.2 * (rates[0] * prey - rates[1] * prey * hunters)
        path[t + 1, 1] = hunters + 0.2 * (rates[2] * prey * hunters - rates[3] * hunters)
    return path


def line_fit(values):
    """The least squares line through values at fixed abscissae, as a record."""
    x = ABSCISSAE - ABSCISSAE.mean()
    slope = np.sum(x * values) / np.sum(x**2)
    offset = values.mean() - slope * ABSCISSAE.mean()
    residuals = values.copy()
    residuals -= slope * ABSCISSAE + offset
    return Fit(slope, offset, residuals)


def cumulative_returns(returns):
    """The running wealth of returns as a list grown by append."""
    wealth = [1.0]
    for r in returns:
        wealth.append(wealth[-1] * (1.0 + r))
    return wealth[1:]


def softmax_rows(scores):
    """The softmax of each row, written back into a copy."""
    out = scores.copy()
    for i in range(out.shape[0]):
        out[i] -= out[i].max()
        out[i] = np.exp(out[i])
        out[i] /= out[i].sum()
    return out


def moments_and_quantile(samples):
    """The moments of a sample by name and its upper quartile."""
    ordered = np.sort(samples)
    moments = {f"m{k}": np.mean((samples - samples.mean()) ** k) for k in (2, 3, 4)}
    place = 0.75 * (len(samples) - 1)
    k = int(place)
    quartile = ordered[k] + (place - k) * (ordered[k + 1] - ordered[k])
    return moments, quartile


def lu_factors(matrix):
    """The lower and upper factors of a matrix as two arrays."""
    n = len(matrix)
    lower = np.eye(n)
    upper = matrix.copy()
    for k in range(n - 1):
        lower[k + 1 :, k] = upper[k + 1 :, k] / upper[k, k]
        upper[k + 1 :, k:] -= np.outer(lower[k + 1 :, k], upper[k, k:])
        upper[k + 1 :, k] = 0.0
    return lower, upper


def refracted_ray(angle, indices):
    """The sines of a ray through layers and its total shift, as a list and a float."""
    sines = [np.sin(angle)]
    shift = 0.0
    for before, after in zip(indices[:-1], indices[1:]):  # noqa: RUF007
        sines.append(sines[-1] * before / after)
        shift += sines[-1] / np.sqrt(1.0 - sines[-1] ** 2)
    return {"sines": sines, "shift": shift}


PROGRAMS = (
    Program(
        quadratic_roots,
        lambda: (0.8, -2.1, 0.9),
        wrt=(0, 1, 2),
        complex_step=True,
        features=("result: tuple",),
    ),
    Program(
        predator_prey_path,
        lambda: ([0.9, 0.6, 0.5, 0.4], (1.0, 0.5)),
        wrt=(0, 1),
        features=("result: array", "np.zeros filled", "row from tuple", "unpacking an array"),
    ),
    Program(
        line_fit,
        lambda: (np.array([0.2, 0.5, 1.1, 1.3, 1.9]),),
        complex_step=True,
        features=("result: dataclass", "module constant array", "whole-array -="),
    ),
    Program(
        cumulative_returns,
        lambda: ([0.1, -0.2, 0.15],),
        complex_step=True,
        features=("result: list", "append", "slicing lists"),
    ),
    Program(
        softmax_rows,
        lambda: (np.array([[0.4, 1.1, -0.2], [0.9, 0.3, 0.6]]),),
        complex_step=True,
        features=("result: array", "row -=", "row assignment", "row /="),
    ),
    Program(
        moments_and_quantile,
        lambda: (np.array([0.4, 1.1, -0.2, 0.9, 0.6]),),
        complex_step=True,
        features=("result: nested", "dict comprehension", "f-string", "int()"),
    ),
    Program(
        lu_factors,
        lambda: (np.array([[1.5, 0.3, 0.2], [0.4, 1.2, -0.5], [0.6, 0.7, 2.0]]),),
        features=("result: tuple", "LU", "block -=", "slice write 2-D"),
    ),
    Program(
        refracted_ray,
        lambda: (0.5, [1.0, 1.5, 1.3]),
        wrt=(0, 1),
        complex_step=True,
        features=("result: dict", "append", "zip"),
    ),
)
