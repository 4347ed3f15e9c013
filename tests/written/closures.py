"""Closures: captured loop variables, nonlocal state, counters and functions that keep records."""

import math

import numpy as np

from tests.written.program import Program


def basis_fit(coefficients, x):
    """Sum of basis functions made in a loop, each keeping its own order by a default."""
    basis = []
    for k in range(len(coefficients)):
        basis.append(lambda u, k=k: math.cos(k * u))
    total = 0.0
    for c, f in zip(coefficients, basis):
        total += c * f(x)
    return total


def late_binding(x):
    """Powers from closures that all see the last value of the loop variable."""
    functions = []
    for power in (1, 2, 3):
        functions.append(lambda u: u**power)
    return sum(f(x) for f in functions) / 3.0 + functions[0](0.5 * x)


def make_integrator(gain):
    """A running integral with its state in a nonlocal name."""
    state = 0.0

    def push(value):
        nonlocal state
        state = 0.9 * state + gain * value
        return state

    return push


def leaky_integration(gain, inputs):
    """Sum of squared outputs of two leaky integrators."""
    fast = make_integrator(gain)
    slow = make_integrator(0.3 * gain)
    total = 0.0
    for u in inputs:
        total += fast(u) ** 2 - slow(u)
    return total


def counted_evaluations(a, b):
    """An integral divided by how often its integrand has been called."""
    calls = 0

    def f(x):
        nonlocal calls
        calls += 1
        return math.exp(-a * x * x)

    h = b / 6
    total = f(0.0) + f(b)
    for i in range(1, 6):
        total += (4 if i % 2 else 2) * f(i * h)
    return total * h / 3.0 / calls * 7


def pid_controller(kp, ki, kd):
    """Tracking error of a plant under a PID controller built from closures."""
    integral = 0.0
    previous = None

    def control(error, dt):
        nonlocal integral, previous
        integral += error * dt
        slope = 0.0 if previous is None else (error - previous) / dt
        previous = error
        return kp * error + ki * integral + kd * slope

    y = 0.0
    cost = 0.0
    for _ in range(12):
        error = 1.0 - y
        y += 0.2 * (control(error, 0.2) - y)
        cost += error * error * 0.2
    return cost


def recorder(x, rate):
    """Sum of the values that a closure has recorded in a list."""
    history = []

    def step(value):
        value = value + rate * (1.0 - value**2)
        history.append(value)
        return value

    for _ in range(5):
        x = step(x)
    return sum(h * h for h in history) / len(history)


def ledger_dict(deposits, rate):
    """Total interest booked by a closure into a dict by account."""
    book = {}

    def deposit(account, amount):
        book[account] = book.get(account, 0.0) * (1.0 + rate) + amount

    for i, amount in enumerate(deposits):
        deposit("even" if i % 2 == 0 else "odd", amount)
    return book["even"] ** 2 + book["odd"]


def polynomial(coefficients):
    """A polynomial and its derivative as two closures on the same coefficients."""

    def value(x):
        total = 0.0
        for c in reversed(coefficients):
            total = total * x + c
        return total

    def slope(x):
        total = 0.0
        for k in range(len(coefficients) - 1, 0, -1):
            total = total * x + k * coefficients[k]
        return total

    return value, slope


def newton_on_polynomial(coefficients, start):
    """Two Newton steps on a polynomial given as a pair of closures."""
    value, slope = polynomial(coefficients)
    x = start
    for _ in range(2):
        x -= value(x) / slope(x)
    return x


def rotating_frame(angles, vector):
    """A vector turned by a chain of closures, the matrices made beforehand."""

    def rotation(angle):
        matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])

        def turn(v):
            return matrix @ v

        return turn

    turns = [rotation(a) for a in angles]
    for turn in turns:
        vector = turn(vector) + 0.1
    return vector[0] * vector[1]


def kalman_scalar(process, noise, observations):
    """Log likelihood from a scalar Kalman filter whose state a closure keeps."""
    mean, variance = 0.0, 1.0

    def update(y):
        nonlocal mean, variance
        variance += process
        innovation = y - mean
        spread = variance + noise
        gain = variance / spread
        mean += gain * innovation
        variance *= 1.0 - gain
        return -0.5 * (np.log(spread) + innovation**2 / spread)

    total = 0.0
    for y in observations:
        total += update(y)
    return total


def rebinding_after_definition(x):
    """A closure that sees the value its name has when it is called."""
    scale = x

    def f(u):
        return scale * u**2

    before = f(1.5)
    scale = math.sin(x)
    return before + f(0.7) * scale


def lcg_noise(sigma, n):
    """Mean of squares of pseudo-random noise from a generator closure's integer state."""
    seed = 12345

    def uniform():
        nonlocal seed
        seed = (1103515245 * seed + 12345) % 2**31
        return seed / 2**31

    total = 0.0
    for _ in range(n):
        u = uniform()
        v = uniform()
        z = math.sqrt(-2.0 * math.log(u + 1e-6)) * math.cos(2.0 * math.pi * v)
        total += (1.0 + sigma * z) ** 2
    return total / n


def momentum_optimizer(rate, momentum):
    """Loss after steps of a momentum optimizer whose velocity lives in a closure."""
    target = np.array([0.5, -0.3, 0.8])
    stiffness = np.array([1.0, 2.0, 0.5])

    def optimizer():
        velocity = np.zeros(3)

        def step(w, gradient):
            nonlocal velocity
            velocity = momentum * velocity - rate * gradient
            return w + velocity

        return step

    step = optimizer()
    w = np.ones(3)
    for _ in range(6):
        w = step(w, stiffness * (w - target))
    return (stiffness * (w - target) ** 2).sum()


PROGRAMS = (
    Program(
        basis_fit,
        lambda: ([0.5, 0.8, -0.3, 0.2], 0.6),
        (0, 1),
        features=("closure in loop", "lambda default", "list of functions"),
    ),
    Program(
        late_binding,
        lambda: (0.9,),
        complex_step=True,
        features=("closure in loop", "late binding", "list of functions"),
    ),
    Program(
        leaky_integration,
        lambda: (0.8, [0.5, 1.0, -0.4, 0.7]),
        (0, 1),
        complex_step=True,
        features=("nonlocal", "function result", "mutable state"),
    ),
    Program(
        counted_evaluations,
        lambda: (0.7, 1.2),
        (0, 1),
        features=("nonlocal", "counter", "conditional expression"),
    ),
    Program(
        pid_controller,
        lambda: (1.2, 0.5, 0.1),
        (0, 1, 2),
        complex_step=True,
        features=("nonlocal", "is None", "mutable state"),
    ),
    Program(
        recorder,
        lambda: (0.3, 0.25),
        (0, 1),
        complex_step=True,
        features=("closure", "list append", "mutable state", "sum of generator"),
    ),
    Program(
        ledger_dict,
        lambda: ([0.5, 1.0, 0.3, 0.8, 0.6], 0.1),
        (0, 1),
        complex_step=True,
        features=("closure", "dict item assignment", "dict get", "mutable state"),
    ),
    Program(
        newton_on_polynomial,
        lambda: ([-1.0, 0.5, 0.3, 1.0], 0.9),
        (0, 1),
        complex_step=True,
        features=("closure", "function result", "tuple of functions", "range negative step"),
    ),
    Program(
        rotating_frame,
        lambda: ([0.3, -0.8, 1.1], np.array([1.0, 0.5])),
        (0, 1),
        complex_step=True,
        features=("closure", "list comprehension", "list of functions", "array", "matmul"),
    ),
    Program(
        kalman_scalar,
        lambda: (0.1, 0.3, np.array([0.4, 0.9, 0.7, 1.3])),
        (0, 1, 2),
        complex_step=True,
        features=("nonlocal", "array", "iteration over array", "mutable state"),
    ),
    Program(rebinding_after_definition, lambda: (0.8,), features=("closure", "late binding")),
    Program(
        lcg_noise,
        lambda: (0.4, 6),
        (0,),
        complex_step=True,
        features=("nonlocal", "integer state", "integer modulo"),
    ),
    Program(
        momentum_optimizer,
        lambda: (0.2, 0.6),
        (0, 1),
        complex_step=True,
        features=("nonlocal", "function result", "array", "nested function"),
    ),
)
