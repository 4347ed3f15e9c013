"""Functions as arguments and as results: integrators, optimisers, combinators."""

import math

import numpy as np

from tests.written.program import Program


def rk4(rhs, t, y, h, steps):
    """Classical Runge–Kutta steps of a right-hand side."""
    for _ in range(steps):
        k1 = rhs(t, y)
        k2 = rhs(t + 0.5 * h, y + 0.5 * h * k1)
        k3 = rhs(t + 0.5 * h, y + 0.5 * h * k2)
        k4 = rhs(t + h, y + h * k3)
        y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        t += h
    return y


def logistic_growth(rate, capacity):
    """Population after five time units of logistic growth."""
    return rk4(lambda t, y: rate * y * (1.0 - y / capacity), 0.0, 0.1, 0.5, 10)


def pendulum_energy(theta, damping):
    """Energy of a damped pendulum after some steps, its state an array."""

    def rhs(t, state):
        angle, speed = state
        return np.array([speed, -math.sin(angle) - damping * speed])

    final = rk4(rhs, 0.0, np.array([theta, 0.0]), 0.2, 12)
    return 0.5 * final[1] ** 2 + 1.0 - np.cos(final[0])


def sir_peak(beta, gamma):
    """Largest number of infected in a SIR epidemic, smoothed over the steps."""

    def rhs(t, y):
        infection = beta * y[0] * y[1]
        recovery = gamma * y[1]
        return np.array([-infection, infection - recovery, recovery])

    y = np.array([0.97, 0.03, 0.0])
    sharp = 0.0
    for _ in range(15):
        y = rk4(rhs, 0.0, y, 0.5, 1)
        sharp += np.exp(30.0 * y[1])
    return np.log(sharp) / 30.0


def derivative_of(f, h=1e-3):
    """The central difference of a function, as a function."""

    def df(x):
        return (f(x + h) - f(x - h)) / (2.0 * h)

    return df


def curvature(a, x):
    """Curvature of a damped cosine, by differences of differences."""

    def curve(u):
        return math.exp(-a * u) * math.cos(u)

    slope = derivative_of(curve)
    bend = derivative_of(slope)
    return bend(x) / (1.0 + slope(x) ** 2) ** 1.5


def compose(*functions):
    """The composition of functions, the last of them applied first."""

    def composed(x):
        for f in reversed(functions):
            x = f(x)
        return x

    return composed


def composed_wave(x, k):
    """A composition of builtin and written functions."""
    wave = compose(math.exp, lambda u: k * u, math.sin)
    return wave(x) + compose(math.sqrt, wave)(0.5 * x)


def fixed_point(g, x, tolerance=1e-13, limit=200):
    """Fixed point of a map by plain iteration."""
    for _ in range(limit):
        new = g(x)
        if abs(new - x) < tolerance:
            return new
        x = new
    return x


def dottie(scale):
    """Fixed point of a scaled cosine."""
    return fixed_point(lambda x: math.cos(scale * x), 0.5)


def colebrook(reynolds, roughness):
    """Friction factor of a pipe by fixed point, scaled up."""

    def g(root):
        return -2.0 * math.log10(roughness / 3.7 + 2.51 * root / (reynolds * 1e4))

    inverse_root = fixed_point(g, 6.0)
    return 10.0 / inverse_root**2


def dispatch_table(names, x):
    """Sum of named functions from a table of lambdas."""
    table = {
        "square": lambda v: v * v,
        "damp": lambda v: math.exp(-v),
        "wave": math.sin,
        "shift": lambda v, by=0.5: v + by,
    }
    total = 0.0
    for name in names:
        total += table[name](x) * (1 + len(name) / 10)
    return total


def reverse_polish(tokens, x):
    """Value of a postfix program whose operators come from dicts of lambdas."""
    binary = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "/": lambda a, b: a / b}
    unary = {"exp": math.exp, "neg": lambda a: -a}
    stack = []
    for token in tokens:
        if token in binary:
            b = stack.pop()
            a = stack.pop()
            stack.append(binary[token](a, b))
        elif token in unary:
            stack.append(unary[token](stack.pop()))
        else:
            stack.append(x if token == "x" else float(token))
    return stack[0]


def choose_model(kind):
    """A decay model by its kind, as a function."""
    if kind == "exponential":
        return lambda t, rate: math.exp(-rate * t)
    if kind == "hyperbolic":

        def model(t, rate):
            return 1.0 / (1.0 + rate * t)

        return model
    return lambda t, rate: 1.0 - rate * t / 10.0


def discount_curves(kinds, rate):
    """Sum of discounts over kinds of models and times."""
    total = 0.0
    for kind in kinds:
        model = choose_model(kind)
        for t in (0.5, 1.0, 2.0):
            total += model(t, rate)
    return total


def gradient_descent(loss_gradient, start, rate, steps):
    """Plain gradient descent on a gradient function."""
    point = start
    for _ in range(steps):
        point = point - rate * loss_gradient(point)
    return point


def unrolled_training(rate, data):
    """Loss of a linear fit after some unrolled steps."""
    x = np.linspace(0.0, 1.0, len(data))

    def gradient(w):
        residual = w[0] + w[1] * x - data
        return np.array([residual.sum(), (residual * x).sum()])

    w = gradient_descent(gradient, np.zeros(2), rate, 8)
    return np.sum((w[0] + w[1] * x - data) ** 2)


def apply_twice(f, x):
    """A function of its own value."""
    return f(f(x))


def iterated_logistic(r, x):
    """Logistic map applied four times by a function on functions."""

    def step(v):
        return r * v * (1.0 - v)

    return apply_twice(lambda v: apply_twice(step, v), x)


def gauss_quadrature(f, a, b):
    """Three-point Gauss–Legendre rule."""
    nodes = (-math.sqrt(0.6), 0.0, math.sqrt(0.6))
    weights = (5.0 / 9.0, 8.0 / 9.0, 5.0 / 9.0)
    middle, half = 0.5 * (a + b), 0.5 * (b - a)
    return half * sum(w * f(middle + half * node) for node, w in zip(nodes, weights))


def double_integral(a, b):
    """Integral over a region whose inner limit depends on the outer variable."""

    def outer(y):
        return gauss_quadrature(lambda x: math.exp(-a * x * y), 0.0, y * b)

    return gauss_quadrature(outer, 0.0, 1.0)


def user_supplied(profile, position, width):
    """A line profile given by the caller, convolved with a box."""
    total = 0.0
    for i in range(-2, 3):
        total += profile(position + 0.25 * i * width, width)
    return total / 5.0


def lorentzian(x, width):
    """A Lorentz line."""
    return width / (math.pi * (x * x + width * width))


PROGRAMS = (
    Program(
        logistic_growth,
        lambda: (0.9, 1.5),
        (0, 1),
        complex_step=True,
        features=("function argument", "lambda", "closure"),
    ),
    Program(
        pendulum_energy,
        lambda: (0.9, 0.15),
        (0, 1),
        features=(
            "function argument",
            "closure",
            "array",
            "np.array of scalars",
            "unpacking array",
        ),
    ),
    Program(
        sir_peak,
        lambda: (1.2, 0.4),
        (0, 1),
        complex_step=True,
        features=("function argument", "closure", "array", "np.array of scalars"),
    ),
    Program(
        curvature,
        lambda: (0.3, 0.8),
        (0, 1),
        features=("function result", "closure", "function argument", "default argument"),
    ),
    Program(
        composed_wave,
        lambda: (0.7, 1.3),
        (0, 1),
        features=("function result", "*args", "reversed", "builtin function argument", "lambda"),
    ),
    Program(
        dottie,
        lambda: (1.1,),
        features=("function argument", "lambda", "return in loop", "convergence exit"),
    ),
    Program(
        colebrook,
        lambda: (0.5, 0.04),
        (0, 1),
        features=("function argument", "closure", "convergence exit"),
    ),
    Program(
        dispatch_table,
        lambda: (["wave", "shift", "damp", "square"], 0.8),
        (1,),
        features=("lambda in dict", "builtin function argument", "lambda default"),
    ),
    Program(
        reverse_polish,
        lambda: (["x", "exp", "2.5", "x", "-", "/", "neg", "x", "+"], 0.6),
        (1,),
        features=("lambda in dict", "list append", "list pop", "in"),
    ),
    Program(
        discount_curves,
        lambda: (["hyperbolic", "linear", "exponential"], 0.4),
        (1,),
        features=("function result", "lambda", "nested function", "nested loops"),
    ),
    Program(
        unrolled_training,
        lambda: (0.2, np.array([0.5, 0.9, 1.1, 1.6])),
        (0, 1),
        complex_step=True,
        features=("function argument", "closure", "array", "np.array of scalars"),
    ),
    Program(
        iterated_logistic,
        lambda: (2.7, 0.3),
        (0, 1),
        complex_step=True,
        features=("function argument", "lambda", "closure", "nested function"),
    ),
    Program(
        double_integral,
        lambda: (1.2, 0.8),
        (0, 1),
        features=("function argument", "lambda", "closure", "sum of generator", "zip"),
    ),
    Program(
        user_supplied,
        lambda: (lorentzian, 0.4, 0.7),
        (1, 2),
        complex_step=True,
        features=("function argument of the program", "range negative start"),
    ),
)
