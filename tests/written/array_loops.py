"""Arrays filled, scanned and updated in loops that branch, break, skip and fail."""

import math

import numpy as np

from tests.written.program import Program


def lu_log_determinant(matrix):
    """Log determinant by in-place elimination with row exchanges."""
    a = matrix.copy()
    n = a.shape[0]
    for k in range(n - 1):
        pivot = k + int(np.argmax(np.abs(a[k:, k])))
        if pivot != k:
            a[[k, pivot]] = a[[pivot, k]]
        for i in range(k + 1, n):
            factor = a[i, k] / a[k, k]
            if factor == 0.0:
                continue
            a[i, k:] -= factor * a[k, k:]
    return np.sum(np.log(np.abs(np.diag(a))))


def thomas(lower, diagonal, upper, rhs):
    """Middle of the solution of a tridiagonal system by Thomas's sweep."""
    n = len(diagonal)
    d = diagonal.copy()
    b = rhs.copy()
    for i in range(1, n):
        w = lower[i - 1] / d[i - 1]
        d[i] -= w * upper[i - 1]
        b[i] -= w * b[i - 1]
    x = np.zeros(n)
    x[-1] = b[-1] / d[-1]
    for i in reversed(range(n - 1)):
        x[i] = (b[i] - upper[i] * x[i + 1]) / d[i]
    return x[n // 2] + x[0] ** 2


def gram_schmidt(matrix):
    """Weighted sum of an orthonormal basis, with dependent columns left out."""
    basis = []
    for j in range(matrix.shape[1]):
        v = matrix[:, j]
        for q in basis:
            v = v - (q @ v) * q
        length = np.sqrt(v @ v)
        if length < 1e-6:
            continue
        basis.append(v / length)
    weights = np.array([0.5, 1.0, -0.4])
    return sum((k + 1) * (weights @ q) for k, q in enumerate(basis))


def conjugate_gradient(a, b):
    """Energy at the solution by conjugate gradients, left when the residual is small."""
    x = np.zeros_like(b)
    r = b - a @ x
    p = r
    rho = r @ r
    for iteration in range(10):
        ap = a @ p
        alpha = rho / (p @ ap)
        x = x + alpha * p
        r = r - alpha * ap
        new = r @ r
        if new < 1e-26:
            break
        p = r + new / rho * p
        rho = new
    else:
        raise RuntimeError("no convergence")
    return x @ b


def knapsack(values, weights, capacity):
    """Best value of a knapsack by dynamic programming over whole weights."""
    best = np.zeros(capacity + 1)
    for value, weight in zip(values, weights):
        for room in range(capacity, weight - 1, -1):
            candidate = best[room - weight] + value
            if candidate > best[room]:
                best[room] = candidate
    return best[capacity] ** 2


def viterbi(transition, emission, observations):
    """Log probability of the best path of a hidden Markov model."""
    score = np.log(emission[:, observations[0]] / 2.0)
    for o in observations[1:]:
        new = np.empty(2)
        for state in range(2):
            new[state] = max(
                score[0] + np.log(transition[0, state]), score[1] + np.log(transition[1, state])
            )
            new[state] += np.log(emission[state, o])
        score = new
    return score.max()


def dynamic_time_warping(a, b):
    """Squared warping distance between two short series."""
    n, m = len(a), len(b)
    cost = np.full((n + 1, m + 1), np.inf)
    cost[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            step = min(cost[i - 1, j], cost[i, j - 1], cost[i - 1, j - 1])
            cost[i, j] = (a[i - 1] - b[j - 1]) ** 2 + step
    return cost[n, m]


def american_put(spot, strike, vol, rate):
    """American put on a tree whose layers are arrays."""
    steps = 5
    dt = 1.0 / steps
    up = np.exp(vol * np.sqrt(dt))
    growth = np.exp(rate * dt)
    p = (growth - 1.0 / up) / (up - 1.0 / up)
    prices = spot * up ** np.arange(-steps, steps + 1, 2)
    values = np.maximum(strike - prices, 0.0)
    while len(values) > 1:
        values = (p * values[1:] + (1.0 - p) * values[:-1]) / growth
        prices = prices[1:] / up
        exercise = strike - prices
        for i in range(len(values)):
            if exercise[i] > values[i]:
                values[i] = exercise[i]
    return values[0]


def limited_advection(u, speed):
    """Total variation of a profile after upwind steps, the side chosen by the wind."""
    u = u.copy()
    n = len(u)
    for step in range(4):
        old = u.copy()
        for i in range(n):
            if speed > 0:
                u[i] = old[i] - speed * (old[i] - old[i - 1])
            else:
                u[i] = old[i] - speed * (old[(i + 1) % n] - old[i])
    return np.sum((u - np.roll(u, 1)) ** 2)


def peak_areas(signal, threshold):
    """Areas of runs above a threshold, each weighted by its number."""
    areas = []
    inside = False
    for s in signal:
        if s > threshold:
            if not inside:
                areas.append(0.0)
                inside = True
            areas[-1] += s - threshold
        else:
            inside = False
    total = 0.0
    for number, area in enumerate(areas, start=1):
        total += number * area**2
    return total


def row_scaled(matrix):
    """Sum of rows divided by their sums, where a row that sums to nothing is left."""
    total = 0.0
    for row in matrix:
        try:
            total += math.sqrt(row[0] ** 2 + 1.0) / float_or_zero(row)
        except ZeroDivisionError:
            total += row[0] * row[1]
    return total


def float_or_zero(row):
    """Sum of a row, with an error where it is nothing."""
    s = row.sum()
    if s == 0.0:
        raise ZeroDivisionError
    return s


def softmax_attention(queries, keys, values):
    """Causal attention, row by row, the later keys left out."""
    outputs = np.zeros((len(queries), values.shape[1]))
    for i, q in enumerate(queries):
        scores = np.array([q @ keys[j] for j in range(i + 1)])
        scores = np.exp(scores - scores.max())
        outputs[i] = (scores / scores.sum()) @ values[: i + 1]
    return (outputs**2).sum()


def backtracking_descent(center, x):
    """Value after descent steps on a bowl whose step is halved until it helps enough."""
    scale = np.array([1.0, 4.0])

    def f(p):
        return np.sum(scale * (p - center) ** 2) + 0.1 * np.sum(p**4)

    for _ in range(3):
        slope = 2.0 * scale * (x - center) + 0.4 * x**3
        step = 1.0
        while f(x - step * slope) > f(x) - 0.3 * step * (slope @ slope):
            step *= 0.5
            if step < 1e-4:
                break
        else:
            x = x - step * slope
    return f(x) + x[0]


def life_expectancy(mortality, discount):
    """Discounted life expectancy, the table ended by the first year that few survive."""
    alive = 1.0
    total = 0.0
    year = 0
    while year < mortality.size and (alive := alive * (1.0 - mortality[year])) > 0.2:
        total += alive * discount**year
        year += 1
    else:
        total += 0.5 * alive
    return total


def masked_regression(x, y):
    """Slope of a line through those points whose weights aren't nothing."""
    sx = sy = sxx = sxy = n = 0.0
    for xi, yi in zip(x, y):
        if np.isnan(yi):
            continue
        n += 1.0
        sx += xi
        sy += yi
        sxx += xi * xi
        sxy += xi * yi
    return (n * sxy - sx * sy) / (n * sxx - sx**2)


def sandpile(heights, limit):
    """Squares of heights after piles above a limit have toppled to their neighbours."""
    h = heights.copy()
    while True:
        for i in range(len(h)):
            if h[i] > limit:
                excess = h[i] - 0.5 * limit
                h[i] -= excess
                if i > 0:
                    h[i - 1] += 0.4 * excess
                if i < len(h) - 1:
                    h[i + 1] += 0.4 * excess
                break
        else:
            return (h**2).sum()


PROGRAMS = (
    Program(
        lu_log_determinant,
        lambda: (np.array([[0.2, 1.5, 0.3], [1.1, 0.4, -0.6], [0.5, 0.9, 2.0]]),),
        features=(
            "array",
            "fancy row swap",
            "slice augmented assignment",
            "continue",
            "nested loops",
        ),
    ),
    Program(
        thomas,
        lambda: (
            np.array([0.3, -0.4, 0.2]),
            np.array([2.0, 1.8, 2.2, 1.5]),
            np.array([0.5, 0.1, -0.3]),
            np.array([1.0, 0.5, -0.7, 0.9]),
        ),
        (0, 1, 2, 3),
        features=("array", "item assignment", "reversed", "negative index"),
    ),
    Program(
        gram_schmidt,
        lambda: (np.array([[1.0, 0.5, 0.2], [0.3, 1.2, -0.4], [0.1, 0.6, 0.9]]),),
        complex_step=True,
        features=("array", "continue", "list append", "list of arrays", "column slice", "matmul"),
    ),
    Program(
        conjugate_gradient,
        lambda: (
            np.array([[2.0, 0.3, 0.1], [0.3, 1.5, -0.2], [0.1, -0.2, 1.0]]),
            np.array([0.5, 1.0, -0.3]),
        ),
        (1,),
        complex_step=True,
        features=("array", "for-else", "break", "matmul", "convergence exit", "raise"),
    ),
    Program(
        knapsack,
        lambda: ([1.2, 0.9, 1.7, 0.4], [2, 1, 3, 1], 5),
        (0,),
        features=(
            "array",
            "dynamic programming",
            "range negative step",
            "zip",
            "nested loops",
            "item assignment",
        ),
    ),
    Program(
        viterbi,
        lambda: (
            np.array([[0.7, 0.3], [0.4, 0.6]]),
            np.array([[0.8, 0.2], [0.3, 0.7]]),
            [0, 1, 1, 0],
        ),
        (0, 1),
        features=(
            "array",
            "dynamic programming",
            "max",
            "np.empty",
            "item assignment",
            "sequence model",
        ),
    ),
    Program(
        dynamic_time_warping,
        lambda: (np.array([0.1, 0.9, 0.5, 1.4]), np.array([0.3, 1.1, 1.6])),
        (0, 1),
        features=("array", "dynamic programming", "min", "nested loops", "np.full"),
    ),
    Program(
        american_put,
        lambda: (1.0, 1.07, 0.3, 0.04),
        (0, 1, 2, 3),
        complex_step=True,
        features=("array", "while", "slice", "item assignment", "np.maximum", "pricing tree"),
    ),
    Program(
        limited_advection,
        lambda: (np.array([0.1, 0.8, 1.2, 0.4, -0.2]), 0.3),
        (0, 1),
        features=("array", "if-elif-else", "copy", "item assignment", "integer modulo"),
    ),
    Program(
        peak_areas,
        lambda: (np.array([0.1, 0.9, 1.4, 0.2, 0.8, 0.3, 1.1]), 0.5),
        (0, 1),
        complex_step=True,
        features=("array", "flag", "list append", "enumerate start", "list item assignment"),
    ),
    Program(
        row_scaled,
        lambda: (np.array([[0.5, 1.2], [0.8, 0.3], [0.9, 0.6]]),),
        features=("array", "try", "ZeroDivisionError", "iteration over rows", "raise in helper"),
    ),
    Program(
        softmax_attention,
        lambda: (
            np.array([[0.5, 1.0], [-0.3, 0.8], [0.9, 0.2]]),
            np.array([[0.2, -0.6], [0.7, 0.4], [-0.5, 0.3]]),
            np.array([[1.0, 0.5], [0.3, -0.8], [0.6, 0.9]]),
        ),
        (0, 1, 2),
        features=(
            "array",
            "list comprehension",
            "enumerate",
            "row assignment",
            "slice",
            "sequence model",
        ),
    ),
    Program(
        backtracking_descent,
        lambda: (np.array([0.5, -0.3]), np.array([1.2, 0.8])),
        (0, 1),
        complex_step=True,
        features=("array", "while-else", "break", "closure", "nested function"),
    ),
    Program(
        life_expectancy,
        lambda: (np.array([0.05, 0.1, 0.2, 0.4, 0.6, 0.8]), 0.95),
        (0, 1),
        complex_step=True,
        features=("array", "while-else", "walrus", "and/or"),
    ),
    Program(
        masked_regression,
        lambda: (np.array([0.1, 0.5, 0.9, 1.6]), np.array([0.3, np.nan, 0.8, 1.9])),
        (0,),
        complex_step=True,
        features=("array", "continue", "chained assignment", "nan"),
    ),
    Program(
        sandpile,
        lambda: (np.array([0.4, 1.6, 0.9, 1.3]), 1.2),
        (0, 1),
        features=("array", "while True", "for-else", "break", "return in loop", "item assignment"),
    ),
)
