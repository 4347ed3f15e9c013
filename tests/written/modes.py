"""Programs steered by strings, None, flags, sets and types, with printed and converted values."""

import math

import numpy as np

from tests.written.program import Program

GRAVITY = 9.81
RATES = {"low": 0.02, "high": 0.06}
LINEAR = {"identity", "none"}
NODES = np.array([-0.8611363116, -0.3399810436, 0.3399810436, 0.8611363116])
WEIGHTS = np.array([0.3478548451, 0.6521451549, 0.6521451549, 0.3478548451])
SCHEDULE = (("warm", 3), ("hold", 2), ("cool", 4))


def activation_chain(x, names):
    """A value through a chain of activations named by strings."""
    for name in names:
        if name == "tanh":
            x = np.tanh(x)
        elif name == "relu":
            x = np.maximum(x, 0.0)
        elif name == "sigmoid":
            x = 1.0 / (1.0 + np.exp(-x))
        elif name in LINEAR:
            continue
        else:
            raise ValueError(f"unknown activation {name!r}")
        x = 1.5 * x + 0.1
    return x


def best_of_starts(starts, target):
    """The smallest residual that a few Newton steps reach from several starts."""
    best = None
    best_start = None
    for start in starts:
        x = start
        for _ in range(2):
            x = x - (x**3 - target) / (3.0 * x**2)
        residual = (x**3 - target) ** 2 + 0.1 * abs(start)
        if best is None or residual < best:
            best = residual
            best_start = start
    return best + 0.5 * best_start


def loan_payment(principal, rate=None, months=24, extra=None):
    """The monthly payment of a loan with an optional rate and an optional extra."""
    if rate is None:
        rate = RATES["low"]
    monthly = rate / 12.0
    payment = principal * monthly / (1.0 - (1.0 + monthly) ** (-months))
    if extra is not None:
        payment += extra
    return payment * 12.0


def thermostat_cycle(heat, loss):
    """The temperature after a schedule of named phases of the given lengths."""
    temperature = 0.5
    for phase, count in SCHEDULE:
        for _ in range(count):
            if phase == "warm":
                power = heat
            elif phase == "hold":
                power = loss * temperature
            else:
                power = 0.0
            temperature += 0.2 * (power - loss * temperature)
    return temperature


def printed_newton_root(a):
    """A cube root by Newton's method that prints its iterates."""
    x = 1.0
    for k in range(5):
        x = x - (x**3 - a) / (3.0 * x**2)
        print(f"step {k}: x = {x:.6f}")
    print("root", x, "cube", x**3)
    return x


def quantized_dither(signal, levels):
    """The error of a signal against its rounding to a number of levels."""
    error = 0.0
    for s in signal:
        level = int(s * levels)
        center = (float(level) + 0.5) / levels
        nearest = round(s * levels) / levels
        error += (s - center) ** 2 + 0.3 * (s - nearest) ** 2
    return error


def converted_statistics(values):
    """A mean and a spread computed in plain floats got from an array."""
    numbers = values.tolist()
    mean = float(np.mean(values))
    spread = sum((v - mean) ** 2 for v in numbers) / len(numbers)
    top = values.max().item()
    return math.sqrt(spread) + 0.2 * top


def mixed_record_total(record):
    """A bill over a list that mixes names, counts and prices."""
    total = 0.0
    count = 1
    for entry in record:
        if isinstance(entry, str):
            count = 1
        elif isinstance(entry, int):
            count = entry
        elif isinstance(entry, float):
            total += count * entry**2
    return total


def pendulum_period(length, order):
    """The period of a pendulum at half a radian by the named order of approximation."""
    base = 2.0 * math.pi * math.sqrt(length / GRAVITY)
    amplitude = 0.5 * length
    if order == "small":
        return base
    factor = 1.0 + amplitude**2 / 16.0
    if order == "fourth":
        factor += 11.0 * amplitude**4 / 3072.0
    return base * factor


def quadrature_choice(a, b, rule):
    """The integral of exp(-x^2) by a rule chosen from a dict of functions."""

    def f(x):
        return np.exp(-(x**2))

    def midpoint():
        return (b - a) * f(0.5 * (a + b))

    def trapezoid():
        return 0.5 * (b - a) * (f(a) + f(b))

    def gauss():
        half = 0.5 * (b - a)
        return half * np.sum(WEIGHTS * f(half * NODES + 0.5 * (a + b)))

    rules = {"midpoint": midpoint, "trapezoid": trapezoid, "gauss": gauss}
    return rules[rule]()


def guarded_log_likelihood(rates, counts):
    """A Poisson likelihood that checks its inputs with all and any first."""
    if not all(r > 0.0 for r in rates):
        return 0.0
    scale = 2.0 if any(c > 4 for c in counts) else 1.0
    return scale * sum(c * math.log(r) - r - math.lgamma(c + 1) for r, c in zip(rates, counts))


def tape_machine(program, x):
    """Registers after a small program of instructions in tuples."""
    registers = {"a": x, "b": 1.0, "c": 0.5}
    pointer = 0
    loops = 0
    while pointer < len(program):
        instruction, *operands = program[pointer]
        match instruction:
            case "mul":
                target, source = operands
                registers[target] *= registers[source]
            case "add":
                target, source = operands
                registers[target] += registers[source]
            case "set":
                target, value = operands
                registers[target] = value
            case "jump":
                loops += 1
                if loops < operands[1]:
                    pointer = operands[0]
                    continue
        pointer += 1
    return registers["a"] + 2.0 * registers["b"]


def penalty_by_kind(weights, kind="l2", strength=0.1):
    """A penalty on weights by its kind, with a warm default."""
    kinds = {"l1", "l2", "huber"}
    assert kind in kinds, f"kind must be one of {sorted(kinds)}"
    if kind == "l2":
        return strength * np.sum(weights**2)
    if kind == "l1":
        return strength * np.sum(np.abs(weights))
    small = np.abs(weights) < 0.5
    return strength * np.sum(np.where(small, weights**2, np.abs(weights) - 0.25))


def traffic_light(flow, green):
    """The cars left at a light that goes through states of a little machine."""
    following = {"red": "green", "green": "yellow", "yellow": "red"}
    lengths = {"red": 3, "green": 4, "yellow": 1}
    state, left, waiting = "red", 2, 0.2
    report = []
    for _ in range(11):
        waiting += flow
        if state == "green":
            waiting -= green * math.tanh(waiting)
        elif state == "yellow":
            waiting -= 0.5 * green * math.tanh(waiting)
        left -= 1
        if left == 0:
            state = following[state]
            left = lengths[state]
        report.append(f"{state[:1]}{waiting:.2f}")
    assert len(" ".join(report)) > 11
    return waiting


PROGRAMS = (
    Program(
        activation_chain,
        lambda: (np.array(0.6), ["tanh", "identity", "relu", "sigmoid"]),
        complex_step=True,
        features=("string mode", "module constant set", "continue", "raise", "f-string"),
    ),
    Program(
        best_of_starts,
        lambda: ([1.3, 0.7, 2.0], 1.5),
        wrt=(0, 1),
        features=("None best", "is None or", "list parameter"),
    ),
    Program(
        loan_payment,
        lambda: (1.2, None, 24, 0.01),
        wrt=(0, 3),
        complex_step=True,
        features=("None default", "module constant dict", "keyword defaults"),
    ),
    Program(
        loan_payment,
        lambda: (1.2, 0.05, 36),
        wrt=(0, 1),
        features=("None default", "keyword defaults"),
    ),
    Program(
        thermostat_cycle,
        lambda: (1.1, 0.7),
        wrt=(0, 1),
        complex_step=True,
        features=("module constant tuple", "string mode", "state machine", "tuple unpacking"),
    ),
    Program(
        printed_newton_root,
        lambda: (1.7,),
        complex_step=True,
        features=("print", "f-string"),
    ),
    Program(
        quantized_dither,
        lambda: ([0.31, 0.77, 0.12, 0.58], 5),
        features=("int()", "float()", "round"),
    ),
    Program(
        converted_statistics,
        lambda: (np.array([0.4, 1.3, 0.9, 0.2]),),
        features=(".tolist()", ".item()", "float()", "generator"),
    ),
    Program(
        mixed_record_total,
        lambda: (["tea", 3, 0.7, "milk", 1.2, "oats", 2, 0.4],),
        features=("isinstance", "heterogeneous list", "strings"),
    ),
    Program(
        pendulum_period,
        lambda: (0.9, "fourth"),
        features=("string mode", "module constant float", "early return"),
    ),
    Program(
        quadrature_choice,
        lambda: (0.1, 1.4, "gauss"),
        wrt=(0, 1),
        complex_step=True,
        features=("dict of functions", "module constant array", "closure", "string mode"),
    ),
    Program(
        guarded_log_likelihood,
        lambda: ([0.8, 2.1, 1.4], [1, 5, 2]),
        features=("any/all with generators", "conditional expression", "zip"),
    ),
    Program(
        tape_machine,
        lambda: (
            [
                ("mul", "b", "c"),
                ("add", "a", "b"),
                ("mul", "a", "a"),
                ("jump", 1, 3),
                ("set", "c", 0.3),
                ("add", "b", "c"),
                ("mul", "b", "a"),
            ],
            0.4,
        ),
        wrt=(1,),
        complex_step=True,
        features=("interpreter", "match", "starred unpacking", "dict item assignment", "while"),
    ),
    Program(
        penalty_by_kind,
        lambda: (np.array([0.2, -0.9, 1.4, -0.3]), "huber"),
        features=("set of strings", "in", "assert", "f-string", "np.where"),
    ),
    Program(
        traffic_light,
        lambda: (0.3, 0.8),
        wrt=(0, 1),
        features=("state machine", "dict of strings", "f-string", "chained assignment"),
    ),
)
