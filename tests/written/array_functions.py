"""Arrays through helpers: recursion, closures, partial functions, generators, objects, tables."""

import functools
import math
import operator
from collections import namedtuple
from itertools import accumulate, product

import numpy as np

from tests.written.program import Program

State = namedtuple("State", "position velocity")


def strassen(a, b):
    """Product of two matrices by recursive blocks."""
    n = a.shape[0]
    if n == 1:
        return a * b
    h = n // 2
    a11, a12, a21, a22 = a[:h, :h], a[:h, h:], a[h:, :h], a[h:, h:]
    b11, b12, b21, b22 = b[:h, :h], b[:h, h:], b[h:, :h], b[h:, h:]
    m1 = strassen(a11 + a22, b11 + b22)
    m2 = strassen(a21 + a22, b11)
    m3 = strassen(a11, b12 - b22)
    m4 = strassen(a22, b21 - b11)
    m5 = strassen(a11 + a12, b22)
    m6 = strassen(a21 - a11, b11 + b12)
    m7 = strassen(a12 - a22, b21 + b22)
    top = np.hstack([m1 + m4 - m5 + m7, m3 + m5])
    bottom = np.hstack([m2 + m4, m1 - m2 + m3 + m6])
    return np.vstack([top, bottom])


def product_norm(a, b):
    """Squared Frobenius norm of a product by recursive blocks."""
    return (strassen(a, b) ** 2).sum()


def matrix_power(matrix, n):
    """A whole power of a matrix by squaring."""
    if n == 0:
        return np.eye(matrix.shape[0])
    half = matrix_power(matrix, n // 2)
    return half @ half @ matrix if n % 2 else half @ half


def markov_chain(leave_a, leave_b):
    """Probability of the first state after eleven transitions, started in the second."""
    transition = np.array([[1.0 - leave_a, leave_a], [leave_b, 1.0 - leave_b]])
    return matrix_power(transition, 11)[1, 0]


def jacobian_by_columns(f, x, h=1e-4):
    """Jacobian by central differences, a column at a time."""
    columns = []
    for j in range(len(x)):
        e = np.zeros(len(x))
        e[j] = h
        columns.append((f(x + e) - f(x - e)) / (2.0 * h))
    return np.stack(columns, axis=1)


def newton_system(target):
    """Norm of the solution of two equations by Newton's method with a numeric Jacobian."""

    def residual(p):
        x, y = p
        return np.array([x * x + y - target[0], x - y * y + target[1]])

    p = np.array([1.0, 1.0])
    for _ in range(6):
        p = p - np.linalg.solve(jacobian_by_columns(residual, p), residual(p))
    return np.sqrt(p @ p)


def verlet(state, force, dt, steps=4):
    """Verlet steps of a state held in a namedtuple."""
    for _ in range(steps):
        half = state.velocity + 0.5 * dt * force(state.position)
        position = state.position + dt * half
        state = State(position, half + 0.5 * dt * force(position))
    return state


def orbit(position, velocity):
    """Angular momentum and distance of an orbit around a softened centre."""

    def attraction(x):
        return -x / (x @ x + 0.1) ** 1.5

    end = verlet(State(position, velocity), attraction, 0.1)
    x, v = end
    return x[0] * v[1] - x[1] * v[0] + np.linalg.norm(end.position)


def scan_states(weights, inputs):
    """Sum of the hidden states of a recurrent cell, run by accumulate."""

    def cell(state, value):
        return np.tanh(weights @ state + value)

    states = accumulate(inputs, cell, initial=np.zeros(2))
    return sum(s.sum() for s in states)


def kernel_matrix(points, kernel):
    """Matrix of a kernel over all pairs of points."""
    n = len(points)
    matrix = np.empty((n, n))
    for i, j in product(range(n), range(n)):
        matrix[i, j] = kernel(points[i], points[j])
    return matrix


def gaussian(a, b, length):
    """A Gaussian kernel."""
    return np.exp(-0.5 * ((a - b) / length) ** 2)


def gp_mean(points, values, length):
    """Prediction of a Gaussian process at one place."""
    kernel = functools.partial(gaussian, length=length)
    k = kernel_matrix(points, kernel) + 0.1 * np.eye(len(points))
    row = np.array([kernel(0.7, p) for p in points])
    return row @ np.linalg.solve(k, values)


def batches(data, size):
    """Pieces of data, the last of them shorter."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


def online_mean(data, rate):
    """An exponential mean over batches from a generator."""
    mean = 0.0
    for batch in batches(data, 3):
        mean = (1.0 - rate) * mean + rate * batch.mean() ** 2
    return mean


def layer_table(params, x):
    """Loss of a network whose layers' kinds are looked up in a table of functions."""
    kinds = {
        "dense": lambda p, v: p["w"] @ v + p["b"],
        "tanh": lambda p, v: np.tanh(v),
        "scale": lambda p, v: p["gain"] * v / np.sqrt(np.mean(v**2) + 0.1),
    }
    for layer in params:
        x = kinds[layer["kind"]](layer, x)
    return np.sum(x**2)


def horner_matrix(coefficients, matrix):
    """Trace of a matrix polynomial, folded from the highest coefficient."""
    eye = np.eye(len(matrix))
    value = functools.reduce(
        lambda acc, c: acc @ matrix + c * eye, reversed(coefficients), 0.0 * eye
    )
    return np.trace(value)


def weighted_norms(vectors):
    """Sum of norms of vectors in a dict, by their names' lengths."""
    norms = {name: np.sqrt(np.sum(v**2)) for name, v in vectors.items()}
    longest = max(norms, key=norms.get)
    return sum(len(name) * value for name, value in norms.items()) + norms[longest] ** 2


class ExtendedKalman:
    """A Kalman filter for position and speed."""

    def __init__(self, process, noise):
        self.x = np.zeros(2)
        self.p = np.eye(2)
        self.q = process * np.eye(2)
        self.r = noise
        self.log_likelihood = 0.0

    def predict(self, dt):
        """Move the state on."""
        f = np.array([[1.0, dt], [0.0, 1.0]])
        self.x = f @ self.x
        self.p = f @ self.p @ f.T + self.q

    def update(self, y):
        """Take a position in."""
        h = np.array([1.0, 0.0])
        spread = h @ self.p @ h + self.r
        gain = self.p @ h / spread
        innovation = y - h @ self.x
        self.x = self.x + gain * innovation
        self.p = self.p - np.outer(gain, h @ self.p)
        self.log_likelihood -= 0.5 * (np.log(spread) + innovation**2 / spread)


def tracking(process, noise, positions):
    """Log likelihood of a track by a Kalman filter."""
    tracker = ExtendedKalman(process, noise)
    for y in positions:
        tracker.predict(0.5)
        tracker.update(y)
    return tracker.log_likelihood


def forward_kinematics(angles, lengths):
    """Distance of an arm's tip from a target, its links multiplied as homogeneous matrices."""

    def link(angle, length):
        c, s = math.cos(angle), math.sin(angle)
        return np.array([[c, -s, length * c], [s, c, length * s], [0.0, 0.0, 1.0]])

    links = [link(a, n) for a, n in zip(angles, lengths)]
    tip = functools.reduce(operator.matmul, links) @ np.array([0.0, 0.0, 1.0])
    return np.hypot(tip[0] - 0.2, tip[1] - 0.3)


def quicksort_energy(values):
    """Weighted sum of values sorted by a recursive quicksort."""

    def quicksort(v):
        if len(v) <= 1:
            return v
        pivot = v[0]
        rest = v[1:]
        lower = quicksort(rest[rest < pivot])
        upper = quicksort(rest[rest >= pivot])
        return np.concatenate([lower, v[:1], upper])

    ordered = quicksort(values)
    return np.sum(ordered * np.arange(1, len(ordered) + 1)) + ordered[0] ** 2


def parsed_text(text, variables):
    """Value of an arithmetic text by functions that parse by one another."""
    position = 0

    def peek():
        return text[position] if position < len(text) else ""

    def expression():
        nonlocal position
        value = term()
        while peek() in ("+", "-") and peek():
            sign = peek()
            position += 1
            value = value + term() if sign == "+" else value - term()
        return value

    def term():
        nonlocal position
        value = factor()
        while peek() == "*":
            position += 1
            value = value * factor()
        return value

    def factor():
        nonlocal position
        if peek() == "(":
            position += 1
            value = expression()
            position += 1
            return value
        name = peek()
        position += 1
        return float(name) if name.isdigit() else variables[name]

    return np.sum(expression())


PROGRAMS = (
    Program(
        product_norm,
        lambda: (np.array([[0.5, 1.0], [-0.3, 0.8]]), np.array([[0.9, 0.2], [0.4, -0.6]])),
        (0, 1),
        complex_step=True,
        features=("array", "recursion", "slice", "np.hstack", "np.vstack", "tuple assignment"),
    ),
    Program(
        markov_chain,
        lambda: (0.2, 0.3),
        (0, 1),
        complex_step=True,
        features=("array", "recursion", "conditional expression", "matmul", "np.array of scalars"),
    ),
    Program(
        newton_system,
        lambda: (np.array([1.5, 0.4]),),
        complex_step=True,
        features=(
            "array",
            "function argument",
            "closure",
            "list append",
            "np.stack",
            "np.linalg.solve",
            "unpacking array",
        ),
    ),
    Program(
        orbit,
        lambda: (np.array([0.9, 0.2]), np.array([-0.3, 0.8])),
        (0, 1),
        features=(
            "array",
            "namedtuple",
            "function argument",
            "default argument",
            "namedtuple unpacking",
        ),
    ),
    Program(
        scan_states,
        lambda: (
            np.array([[0.5, -0.3], [0.8, 0.2]]),
            [np.array([0.1, 0.5]), np.array([-0.4, 0.9])],
        ),
        (0, 1),
        complex_step=True,
        features=("array", "itertools.accumulate", "closure", "sum of generator", "sequence model"),
    ),
    Program(
        gp_mean,
        lambda: (np.array([0.1, 0.6, 1.3]), np.array([0.5, 0.9, -0.2]), 0.5),
        (0, 1, 2),
        features=(
            "array",
            "functools.partial",
            "itertools.product",
            "function argument",
            "list comprehension",
            "np.linalg.solve",
        ),
    ),
    Program(
        online_mean,
        lambda: (np.array([0.5, 1.0, -0.3, 0.8, 1.1, 0.2, 0.6]), 0.4),
        (0, 1),
        complex_step=True,
        features=("array", "generator", "slice", "range step"),
    ),
    Program(
        layer_table,
        lambda: (
            [
                {
                    "kind": "dense",
                    "w": np.array([[0.5, -0.3], [0.8, 0.2]]),
                    "b": np.array([0.1, 0.4]),
                },
                {"kind": "tanh"},
                {"kind": "scale", "gain": 1.3},
            ],
            np.array([0.6, -0.9]),
        ),
        (0, 1),
        complex_step=True,
        features=("array", "lambda in dict", "list of dicts", "string in dict argument"),
    ),
    Program(
        horner_matrix,
        lambda: ([0.5, 1.2, -0.4], np.array([[0.3, 0.7], [-0.2, 0.9]])),
        (0, 1),
        complex_step=True,
        features=("array", "functools.reduce", "lambda", "reversed", "np.trace"),
    ),
    Program(
        weighted_norms,
        lambda: ({"u": np.array([0.5, 1.0]), "drag": np.array([-0.3, 0.8, 0.4])},),
        complex_step=True,
        features=("array", "dict comprehension", "dict items", "max with key"),
    ),
    Program(
        tracking,
        lambda: (0.1, 0.3, np.array([0.2, 0.5, 0.7])),
        (0, 1, 2),
        complex_step=True,
        features=(
            "array",
            "class",
            "attribute assignment",
            "np.outer",
            "matmul",
            "iteration over array",
        ),
    ),
    Program(
        forward_kinematics,
        lambda: (np.array([0.4, 0.7, -0.5]), [0.9, 0.6, 0.3]),
        (0, 1),
        features=(
            "array",
            "nested function",
            "functools.reduce",
            "operator",
            "list comprehension",
            "np.array of scalars",
        ),
    ),
    Program(
        quicksort_energy,
        lambda: (np.array([0.5, 1.2, -0.3, 0.8, 0.1]),),
        complex_step=True,
        features=("array", "recursion", "nested function", "boolean mask", "np.concatenate"),
    ),
    Program(
        parsed_text,
        lambda: ("2*x-(x+y*y)*x", {"x": np.array([0.5, 0.9]), "y": np.array([1.1, -0.3])}),
        (1,),
        complex_step=True,
        features=(
            "array",
            "mutual recursion",
            "nonlocal",
            "string argument",
            "dict argument",
            "nested function",
        ),
    ),
)
