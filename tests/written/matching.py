"""Structural matching on strings, numbers, and tuples, as small interpreters use it."""

import math

import numpy as np

from tests.written.program import Program


def stack_machine(program, x):
    """Value of a postfix program of numbers and operators at x."""
    stack = []
    for token in program:
        match token:
            case "x":
                stack.append(x)
            case "+":
                b, a = stack.pop(), stack.pop()
                stack.append(a + b)
            case "*":
                b, a = stack.pop(), stack.pop()
                stack.append(a * b)
            case "sin":
                stack.append(math.sin(stack.pop()))
            case number:
                stack.append(float(number))
    return stack.pop()


def turtle(commands, length, turn):
    """Distance from the origin after a walk of a drawing turtle."""
    x = y = heading = 0.0
    for command in commands:
        match command:
            case "F":
                x += length * math.cos(heading)
                y += length * math.sin(heading)
            case "+":
                heading += turn
            case "-":
                heading -= turn
            case _:
                length *= 0.8
    return math.hypot(x, y)


def optical_bench(elements, height):
    """Height of a ray behind a bench of gaps, lenses and flat interfaces."""
    angle = 0.1
    for element in elements:
        match element:
            case ("gap", distance):
                height = height + distance * angle
            case ("lens", focal):
                angle = angle - height / focal
            case ("interface", n1, n2):
                angle = angle * n1 / n2
            case _:
                raise ValueError("unknown element")
    return height + 0.5 * angle


def kernel_value(kind, r, scale):
    """A covariance kernel chosen by its name."""
    u = r / scale
    match kind:
        case "gaussian" | "rbf":
            return math.exp(-0.5 * u * u)
        case "exponential":
            return math.exp(-u)
        case "matern32":
            root = math.sqrt(3.0) * u
            return (1.0 + root) * math.exp(-root)
        case _:
            return 1.0 / (1.0 + u * u)


def covariance_sum(kinds, r, scale):
    """Sum of kernels of several kinds at one distance."""
    total = 0.0
    for kind in kinds:
        total += kernel_value(kind, r, scale)
    return total


def legendre_small(order, x):
    """A Legendre polynomial, low orders written out and the rest by recurrence."""
    match order:
        case 0:
            return 1.0
        case 1:
            return x
        case 2:
            return 1.5 * x * x - 0.5
        case n if n > 2:
            a, b = x, 1.5 * x * x - 0.5
            for k in range(2, n):
                a, b = b, ((2 * k + 1) * x * b - k * a) / (k + 1)
            return b
    return 0.0


def legendre_series(coefficients, x):
    """A Legendre series."""
    total = 0.0
    for order, c in enumerate(coefficients):
        total += c * legendre_small(order, x)
    return total


def day_count(year_fraction_rule, months, rate):
    """Interest for months under one of three conventions, picked by number."""
    match year_fraction_rule:
        case 0:
            fraction = months / 12.0
        case 1:
            fraction = months * 30.4 / 360.0
        case _:
            fraction = months * 30.4 / 365.0
    return rate * fraction + 0.5 * (rate * fraction) ** 2


def quadrant_field(points, strength):
    """Potential of points, with a rule for each pair of signs."""
    total = 0.0
    for x, y in points:
        match (x > 0, y > 0):
            case (True, True):
                total += strength * x * y
            case (True, False):
                total += x - y**2
            case (False, True):
                total += math.exp(x) * y
            case (False, False):
                total += math.cos(x + y)
    return total


def vending_machine(events, price, discount):
    """Takings of a machine run as a state machine on state and event."""
    state = "idle"
    takings = 0.0
    for event in events:
        match (state, event):
            case ("idle", "coin"):
                state = "ready"
                takings += 0.5 * price
            case ("ready", "coin"):
                takings += 0.5 * price * discount
            case ("ready", "push"):
                state = "idle"
                takings *= 1.0 + 0.1 * discount
            case ("idle", _):
                takings -= 0.01 * price**2
    return takings


def evaluate(node, env):
    """Value of an expression tree of nested tuples."""
    match node:
        case ("num", value):
            return value
        case ("var", name):
            return env[name]
        case ("add", left, right):
            return evaluate(left, env) + evaluate(right, env)
        case ("mul", left, right):
            return evaluate(left, env) * evaluate(right, env)
        case ("exp", inner):
            return math.exp(evaluate(inner, env))
    raise ValueError("bad node")


def expression_tree(env):
    """exp(x*y) + 2*x by walking its tree."""
    tree = (
        "add",
        ("exp", ("mul", ("var", "x"), ("var", "y"))),
        ("mul", ("num", 2.0), ("var", "x")),
    )
    return evaluate(tree, env)


def loss_by_dimension(values):
    """A penalty that depends on how many values are given."""
    match values:
        case []:
            return 0.0
        case [only]:
            return only**2
        case [first, second]:
            return first**2 + second**2 + first * second
        case [first, *rest]:
            return first**2 + math.sqrt(sum(v * v for v in rest))


def robot_arm(joints):
    """Reach of a planar arm whose joints are records of kind and values."""
    x, y, angle = 0.0, 0.0, 0.0
    for joint in joints:
        match joint:
            case {"kind": "revolute", "angle": turn, "length": length}:
                angle += turn
                x += length * math.cos(angle)
                y += length * math.sin(angle)
            case {"kind": "prismatic", "extension": extension}:
                x += extension * math.cos(angle)
                y += extension * math.sin(angle)
    return x * x + 0.5 * y


def apply_activation(name, z):
    """An activation of an array, by name."""
    match name:
        case "tanh":
            return np.tanh(z)
        case "sigmoid":
            return 1.0 / (1.0 + np.exp(-z))
        case "softplus":
            return np.log1p(np.exp(z))
        case "linear" | None:
            return z


def small_network(layers, x):
    """Output of a network whose layers name their activations."""
    for weight, activation in layers:
        x = apply_activation(activation, weight @ x)
    return x.sum()


PROGRAMS = (
    Program(
        stack_machine,
        lambda: (["x", "sin", "x", "2.5", "*", "+"], 0.8),
        (1,),
        features=("match str", "list append", "list pop", "string to float"),
    ),
    Program(
        turtle,
        lambda: ("F+FFs-F+F", 0.9, 0.5),
        (1, 2),
        features=("match str", "string iteration", "chained assignment"),
    ),
    Program(
        optical_bench,
        lambda: ([("gap", 0.5), ("lens", 1.2), ("interface", 1.0, 1.5), ("gap", 0.8)], 0.6),
        (0, 1),
        complex_step=True,
        features=("match tuple", "raise", "mixed tuples"),
    ),
    Program(
        covariance_sum,
        lambda: (["rbf", "matern32", "cauchy", "exponential"], 0.7, 1.3),
        (1, 2),
        features=("match str", "match or-pattern", "return in match", "helper function"),
    ),
    Program(
        legendre_series,
        lambda: ([0.5, 1.0, -0.3, 0.7, 0.2], 0.4),
        (0, 1),
        complex_step=True,
        features=("match int", "match guard", "tuple assignment", "enumerate"),
    ),
    Program(
        day_count,
        lambda: (1, 7.0, 0.5),
        (1, 2),
        complex_step=True,
        features=("match int", "bound in branch"),
    ),
    Program(
        quadrant_field,
        lambda: ([(0.5, 0.8), (0.3, -0.6), (-0.7, 0.4), (-0.2, -0.9)], 1.4),
        (0, 1),
        features=("match tuple", "match bool", "tuple unpacking in for"),
    ),
    Program(
        vending_machine,
        lambda: (["coin", "coin", "push", "push", "coin"], 1.3, 0.7),
        (1, 2),
        complex_step=True,
        features=("match tuple", "state machine", "match wildcard"),
    ),
    Program(
        expression_tree,
        lambda: ({"x": 0.6, "y": 0.9},),
        features=("match tuple", "recursion", "dict argument", "nested tuples"),
    ),
    Program(
        loss_by_dimension,
        lambda: ([0.5, 0.7, -1.1, 0.3],),
        features=("match sequence", "match star", "sum of generator"),
    ),
    Program(
        robot_arm,
        lambda: (
            [
                {"kind": "revolute", "angle": 0.4, "length": 1.0},
                {"kind": "prismatic", "extension": 0.5},
                {"kind": "revolute", "angle": -0.9, "length": 0.7},
            ],
        ),
        features=("match mapping", "list of dicts"),
    ),
    Program(
        small_network,
        lambda: (
            [
                (np.array([[0.5, -0.3], [0.8, 0.2]]), "tanh"),
                (np.array([[1.0, 0.4], [-0.6, 0.9]]), "softplus"),
                (np.array([[0.7, -0.2]]), None),
            ],
            np.array([0.6, -0.4]),
        ),
        (0, 1),
        complex_step=True,
        features=("match str", "match None", "array", "matmul", "list of tuples"),
    ),
)
