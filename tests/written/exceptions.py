"""Errors that happen, or don't, while a computation runs, and what is done about them."""

import math

import numpy as np

from tests.written.program import Program


class NotConverged(Exception):
    """Raised by a solver that has run out of steps."""


class OutOfRange(ValueError):
    """Raised for a value that a model doesn't cover."""

    def __init__(self, value, limit):
        super().__init__(f"value beyond {limit}")
        self.value = value
        self.limit = limit


def mean_ratio(numerators, denominators):
    """Mean of ratios, with one replaced where its denominator is zero."""
    total = 0.0
    for a, b in zip(numerators, denominators):
        try:
            ratio = a / b
        except ZeroDivisionError:
            ratio = 2.0 * a
        total += ratio
    return total / len(numerators)


def real_or_damped(a, b, c):
    """Root of a quadratic, or its decay rate where it has no real root."""
    try:
        return (-b + math.sqrt(b * b - 4.0 * a * c)) / (2.0 * a)
    except ValueError:
        return -b / (2.0 * a)


def log_likelihood(probabilities, floor):
    """Log likelihood with a floor in place of zero probabilities."""
    total = 0.0
    for p in probabilities:
        try:
            total += math.log(p)
        except ValueError:
            total += math.log(floor)
    return total


def saturated_exp(exponents, cap):
    """Sum of exponentials, with a cap where one overflows."""
    total = 0.0
    for e in exponents:
        try:
            total += math.exp(e)
        except OverflowError:
            total += cap
    return total


def parameters_with_defaults(params, x):
    """A reaction rate whose missing parameters fall back to defaults."""
    try:
        activation = params["activation"]
    except KeyError:
        activation = 0.8
    try:
        prefactor = params["prefactor"]
    except KeyError:
        prefactor = 1.0
    return prefactor * math.exp(-activation / x)


def neighbour_laplacian(values):
    """Smoothness of a series, with a missing right neighbour taken as the left one."""
    total = 0.0
    for i in range(1, len(values)):
        try:
            right = values[i + 1]
        except IndexError:
            right = values[i - 1]
        total += (values[i - 1] - 2.0 * values[i] + right) ** 2
    return total


def solve_or_least_squares(a, b):
    """Solution norm of a system, by least squares on the normal equations if it is singular."""
    try:
        x = np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        x = np.linalg.solve(a.T @ a + 0.1 * np.eye(a.shape[1]), a.T @ b)
    return np.sum(x**2)


def newton_or_raise(f, df, x, steps):
    """Newton's method for a few steps, with an error if that isn't enough."""
    for _ in range(steps):
        change = f(x) / df(x)
        x = x - change
        if abs(change) < 1e-12:
            return x
    raise NotConverged


def robust_cube_root(c):
    """Cube root from two starts: the first of them has too few steps."""
    try:
        root = newton_or_raise(lambda x: x**3 - c, lambda x: 3.0 * x**2, 100.0, 3)
    except NotConverged:
        root = newton_or_raise(lambda x: x**3 - c, lambda x: 3.0 * x**2, 1.0, 40)
    return root


def density(altitude):
    """Air density by altitude, for the lower layers only."""
    if altitude > 1.0:
        raise OutOfRange(altitude, 1.0)
    return math.exp(-altitude) * (1.0 - 0.1 * altitude)


def column_density(altitudes):
    """Sum of densities, extrapolated beyond the model by what its error carries."""
    total = 0.0
    for altitude in altitudes:
        try:
            total += density(altitude)
        except OutOfRange as error:
            total += 0.3 / (error.value - 0.5 * error.limit)
    return total


def accounting(entries, fee):
    """Balance of an account where every entry costs a fee, even a refused one."""
    balance = 1.0
    for entry in entries:
        try:
            if balance + entry < 0.0:
                raise ValueError("overdrawn")
            balance += entry
        except ValueError:
            balance *= 0.9
        else:
            balance += 0.05 * entry**2
        finally:
            balance -= fee
    return balance


def calibrated(reading, table):
    """A reading by its table entry, where `else` does the rest of the work."""
    try:
        gain = table[1]
        offset = table[2]
    except IndexError:
        scaled = reading
    else:
        scaled = gain * reading + offset
    finally:
        reading = reading * 0.5
    return scaled * reading


def cholesky_with_jitter(matrix):
    """Log determinant by Cholesky, with more jitter until the matrix is positive definite."""
    matrix = 0.5 * (matrix + matrix.T)
    jitter = 0.0
    while True:
        try:
            factor = np.linalg.cholesky(matrix + jitter * np.eye(len(matrix)))
            break
        except np.linalg.LinAlgError:
            jitter = 0.3 if jitter == 0.0 else 2.0 * jitter
    return 2.0 * np.sum(np.log(np.diag(factor)))


def first_success(functions, x):
    """Value of the first of several formulas that is defined at x."""
    for function in functions:
        try:
            value = function(x)
        except (ValueError, ZeroDivisionError):
            continue
        return value
    return x


def attempts(c):
    """A formula with two fallbacks, tried in order."""
    return first_success(
        [lambda x: math.log(-x), lambda x: math.sqrt(x - 5.0), lambda x: math.atan(x) / x], c
    )


def early_return_with_finally(samples, weight):
    """A weighted sum whose last bookkeeping runs however the loop is left."""
    ledger = []
    try:
        total = 0.0
        for s in samples:
            if s < 0.0:
                return total * weight
            total += s**1.5
        return total
    finally:
        ledger.append(weight)


PROGRAMS = (
    Program(
        mean_ratio,
        lambda: ([0.5, 1.2, 0.8], [2.0, 0.0, 0.7]),
        (0,),
        complex_step=True,
        features=("try", "ZeroDivisionError", "zip", "bound in branch"),
    ),
    Program(
        real_or_damped,
        lambda: (1.0, 0.8, 2.0),
        (0, 1),
        features=("try", "ValueError", "return in try", "math"),
    ),
    Program(
        log_likelihood,
        lambda: ([0.5, 0.0, 0.3], 0.2),
        (1,),
        features=("try", "ValueError", "augmented assignment in try"),
    ),
    Program(
        saturated_exp, lambda: ([0.5, 1000.0, -0.3], 2.0), (0, 1), features=("try", "OverflowError")
    ),
    Program(
        parameters_with_defaults,
        lambda: ({"prefactor": 1.4}, 0.9),
        (0, 1),
        features=("try", "KeyError", "dict argument"),
    ),
    Program(
        neighbour_laplacian,
        lambda: ([0.3, 0.9, 0.4, 1.2],),
        complex_step=True,
        features=("try", "IndexError", "list argument"),
    ),
    Program(
        solve_or_least_squares,
        lambda: (np.array([[1.0, 2.0], [2.0, 4.0]]), np.array([1.0, 0.5])),
        (1,),
        complex_step=True,
        features=("try", "LinAlgError", "array", "np.linalg.solve"),
    ),
    Program(
        robust_cube_root,
        lambda: (2.3,),
        complex_step=True,
        features=("try", "raise own exception", "lambda", "function argument", "return in loop"),
    ),
    Program(
        column_density,
        lambda: ([0.3, 0.8, 1.4, 2.0],),
        features=("try", "raise own exception", "exception attributes", "except as"),
    ),
    Program(
        accounting,
        lambda: ([0.5, -3.0, 0.4, -0.2], 0.05),
        (0, 1),
        features=("try-else", "finally", "raise", "ValueError"),
    ),
    Program(
        calibrated,
        lambda: (0.8, [0.0, 1.3, 0.2]),
        (0, 1),
        features=("try-else", "finally", "IndexError"),
    ),
    Program(
        cholesky_with_jitter,
        lambda: (np.array([[1.0, 1.1], [1.1, 1.0]]),),
        features=(
            "try",
            "LinAlgError",
            "while True",
            "break in try",
            "array",
            "np.linalg.cholesky",
        ),
    ),
    Program(
        attempts,
        lambda: (0.7,),
        features=("try", "tuple of exceptions", "continue", "list of functions", "return in loop"),
    ),
    Program(
        early_return_with_finally,
        lambda: ([0.5, 1.2, -0.3, 0.8], 1.7),
        (0, 1),
        features=("finally", "return in try", "return in loop"),
    ),
)
