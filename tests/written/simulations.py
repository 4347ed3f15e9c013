"""Whole small simulations in which loops, branches, errors, objects and closures meet."""

import math
from collections import deque
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from tests.written.program import Program


@dataclass
class Compartments:
    """Numbers of people in an epidemic."""

    susceptible: float
    infected: float
    recovered: float = 0.0


def epidemic(start, beta, gamma):
    """Recovered after an epidemic whose contacts fall when many are infected."""
    state = start
    locked = False
    for day in range(20):
        if not locked and state.infected > 0.2:
            locked = True
        contact = 0.5 * beta if locked else beta
        new = contact * state.susceptible * state.infected
        healed = gamma * state.infected
        state = replace(
            state,
            susceptible=state.susceptible - new,
            infected=state.infected + new - healed,
            recovered=state.recovered + healed,
        )
        if state.infected < 1e-3:
            break
    return state.recovered + 0.1 * state.infected


def rocket(thrust, burn_rate):
    """Height of a rocket at its top, interpolated between steps."""
    mass, height, speed = 1.0, 0.0, 0.0
    dt = 0.05
    while True:
        if mass > 0.4:
            force = thrust
            mass -= burn_rate * dt
        else:
            force = 0.0
        acceleration = force / mass - 1.0 - 0.05 * speed * abs(speed) / mass
        new_speed = speed + acceleration * dt
        if new_speed < 0.0:
            fraction = speed / (speed - new_speed)
            return height + 0.5 * speed * fraction * dt
        height += 0.5 * (speed + new_speed) * dt
        speed = new_speed


def adaptive_heun(rate, tolerance=1e-3):
    """End value of a stiff relaxation by Heun steps that are refused when too coarse."""

    def f(t, y):
        return -rate * (y - math.cos(t))

    t, y, h = 0.0, 0.2, 0.1
    accepted = refused = 0
    while t < 0.999999:
        if t + h > 1.0:
            h = 1.0 - t
        k1 = f(t, y)
        k2 = f(t + h, y + h * k1)
        error = 0.5 * h * abs(k2 - k1)
        if error > tolerance:
            h *= 0.5
            refused += 1
            continue
        y += 0.5 * h * (k1 + k2)
        t += h
        accepted += 1
        if error < 0.1 * tolerance:
            h *= 1.5
    return y + 0.001 * refused


def order_book(bids, orders):
    """Proceeds of market orders that walk down a book of bids."""
    book = [list(level) for level in bids]
    proceeds = 0.0
    for size in orders:
        left = size
        while left > 1e-9 and book:
            price, depth = book[0]
            taken = min(left, depth)
            proceeds += taken * price
            left -= taken
            if taken == depth:
                del book[0]
            else:
                book[0][1] = depth - taken
        else:
            if left > 1e-9:
                proceeds -= 0.5 * left
    return proceeds


def delay_line(signal, feedback, delay):
    """Energy of an echo with a buffer of delayed samples."""
    buffer = deque([0.0] * delay)
    energy = 0.0
    for s in signal:
        out = s + feedback * buffer.popleft()
        buffer.append(out)
        energy += out * out
    return energy


def traffic(speeds, gap):
    """Mean speed of cars that follow one another round a ring."""
    n = len(speeds)
    positions = gap * np.arange(n)
    v = speeds.copy()
    for _ in range(5):
        for i in range(n):
            ahead = positions[(i + 1) % n] - positions[i]
            if i == n - 1:
                ahead += gap * n
            v[i] += 0.3 * (np.tanh(ahead) - v[i])
        positions = positions + 0.1 * v
    return v.mean() + positions[0]


def genetic_drift(fitness, mutation):
    """Frequencies of types after selection and mutation between neighbours, as an array."""
    p = np.ones(len(fitness)) / len(fitness)
    for _ in range(4):
        p = p * fitness
        p /= p.sum()
        mixed = np.zeros_like(p)
        for i, share in enumerate(p):
            mixed[i] += (1.0 - mutation) * share
            mixed[(i + 1) % len(p)] += mutation * share
        p = mixed
    return p


def oscillator_report(stiffness, damping):
    """Position, speed and energy of a driven oscillator, as a tuple."""
    x, v = 1.0, 0.0
    for n in range(15):
        drive = 0.3 if n % 5 < 2 else -0.1
        v += 0.1 * (drive - stiffness * x - damping * v)
        x += 0.1 * v
    return x, v, 0.5 * v * v + 0.5 * stiffness * x * x


def plant_summary(light, water):
    """Final root, leaf and total mass of a plant, as a dict."""
    plant = {"root": 0.2, "leaf": 0.3}
    for week in range(6):
        growth = min(light * plant["leaf"], water * plant["root"]) * 0.5
        share = 0.7 if water * plant["root"] < light * plant["leaf"] else 0.3
        plant["root"] += share * growth
        plant["leaf"] += (1.0 - share) * growth
    plant["total"] = plant["root"] + plant["leaf"]
    return plant


def elevator(calls, speed):
    """Time that an elevator takes for its calls, run as a state machine."""
    floor, state, time = 0.0, "idle", 0.0
    for call in calls:
        while state != "open":
            match state:
                case "idle":
                    state = "up" if call > floor else "down"
                case "up" | "down":
                    time += abs(call - floor) / speed + 0.1 * speed
                    floor = call
                    state = "open"
        time += 0.5
        state = "idle"
    return time


def reactor(rates, temperature):
    """Yield of a reaction network whose species are in a dict."""
    species = {"A": 1.0, "B": 0.5, "C": 0.0, "D": 0.0}
    reactions = [("A", "B", "C", 0.5), ("C", "A", "D", 0.9)]
    for _ in range(10):
        change = dict.fromkeys(species, 0.0)
        for rate, (left, right, out, energy) in zip(rates, reactions):
            flow = rate * math.exp(-energy / temperature) * species[left] * species[right] * 0.2
            change[left] -= flow
            change[right] -= flow
            change[out] += flow
        for name in species.keys():
            species[name] += change[name]
    return species["D"] / (species["C"] + 0.1)


def inventory(demands, order_cost, holding):
    """Cost of a stock that is ordered anew when it falls below a level."""
    stock, cost = 1.0, 0.0

    def order(level):
        nonlocal stock, cost
        amount = level - stock
        cost += order_cost + 0.3 * amount
        stock = level

    for demand in demands:
        try:
            if demand > stock:
                raise LookupError("out of stock")
            stock -= demand
        except LookupError:
            cost += 2.0 * (demand - stock)
            stock = 0.0
        finally:
            cost += holding * stock
        if stock < 0.3:
            order(1.2 * demand + 0.5)
    return cost


def heat_exchanger(hot, cold, transfer):
    """Outlet temperature of a counter-flow exchanger, by sweeps until they agree."""
    n = 5
    h = np.full(n + 1, hot)
    c = np.full(n + 1, cold)
    for sweep in range(400):
        last = c[0]
        for i in range(n):
            h[i + 1] = h[i] - transfer * (h[i] - c[i])
        for i in range(n - 1, -1, -1):
            c[i] = c[i + 1] + transfer * (h[i] - c[i + 1])
        if abs(c[0] - last) < 1e-14:
            break
    return c[0] + 0.5 * h[-1]


def ensemble(parameters, steps):
    """Spread of a logistic model over an ensemble of its parameters."""

    def model(x, rate, capacity):
        for _ in range(steps):
            x += rate * x * (1.0 - x / capacity)
        return x

    members = [partial(model, rate=r, capacity=k) for r, k in parameters]
    results = np.array([member(0.2) for member in members])
    return results.std() + results.mean() ** 2


def billiard(angle, width, bounces):
    """Distance from a corner after reflections at the walls of a table."""
    x, y = 0.3, 0.2
    dx, dy = math.cos(angle), math.sin(angle)
    for _ in range(bounces):
        tx = (width - x) / dx if dx > 0 else -x / dx
        ty = (1.0 - y) / dy if dy > 0 else -y / dy
        t = tx if tx < ty else ty
        x, y = x + t * dx, y + t * dy
        if tx < ty:
            dx = -dx
        else:
            dy = -dy
    return math.hypot(x, y) + 0.3 * dx * t


PROGRAMS = (
    Program(
        epidemic,
        lambda: (Compartments(0.95, 0.05), 0.7, 0.25),
        (0, 1, 2),
        features=(
            "dataclass argument",
            "dataclasses.replace",
            "flag",
            "break",
            "conditional expression",
        ),
    ),
    Program(
        rocket,
        lambda: (2.5, 0.6),
        (0,),
        features=("while True", "return in loop", "bound in branch", "tuple assignment"),
    ),
    Program(
        adaptive_heun,
        lambda: (1.7,),
        complex_step=True,
        features=(
            "while",
            "continue",
            "nested function",
            "closure",
            "step refusal",
            "chained assignment",
        ),
    ),
    Program(
        order_book,
        lambda: ([(1.0, 0.5), (0.95, 0.8), (0.9, 0.4)], [0.3, 0.7, 0.2]),
        (0, 1),
        features=("while-else", "del", "list of lists", "list item assignment", "min", "and/or"),
    ),
    Program(
        delay_line,
        lambda: (np.array([1.0, 0.5, -0.3, 0.8, 0.4, -0.9]), 0.6, 2),
        (0, 1),
        complex_step=True,
        features=("deque", "list append", "array", "iteration over array", "list repetition"),
    ),
    Program(
        traffic,
        lambda: (np.array([0.5, 0.9, 0.7]), 0.8),
        (0, 1),
        features=("array", "item augmented assignment", "integer modulo", "nested loops"),
    ),
    Program(
        genetic_drift,
        lambda: (np.array([1.0, 1.2, 0.9]), 0.05),
        (0, 1),
        features=("result: array", "array", "item augmented assignment", "enumerate"),
    ),
    Program(
        oscillator_report,
        lambda: (1.4, 0.3),
        (0, 1),
        complex_step=True,
        features=("result: tuple", "conditional expression", "integer modulo"),
    ),
    Program(
        plant_summary,
        lambda: (0.9, 1.0),
        (0, 1),
        features=("result: dict", "dict item assignment", "min", "conditional expression"),
    ),
    Program(
        elevator,
        lambda: ([3.0, 1.0, 4.0], 1.3),
        (0, 1),
        features=(
            "match str",
            "match or-pattern",
            "state machine",
            "while",
            "conditional expression",
        ),
    ),
    Program(
        reactor,
        lambda: ([0.9, 1.4], 0.8),
        (0, 1),
        features=(
            "dict keys",
            "dict item assignment",
            "dict literal",
            "nested tuple unpacking in for",
            "zip",
        ),
    ),
    Program(
        inventory,
        lambda: ([0.4, 0.5, 1.5, 0.6], 0.2, 0.1),
        (0, 1, 2),
        features=("nonlocal", "try", "finally", "raise", "nested function"),
    ),
    Program(
        heat_exchanger,
        lambda: (1.5, 0.3, 0.2),
        (0, 1, 2),
        features=(
            "array",
            "np.full",
            "range negative step",
            "item assignment",
            "break",
            "convergence exit",
        ),
    ),
    Program(
        ensemble,
        lambda: ([(0.5, 1.0), (0.7, 1.2), (0.4, 0.9)], 6),
        (0,),
        features=(
            "functools.partial",
            "list comprehension",
            "list of functions",
            "np.array of scalars",
            "array",
        ),
    ),
    Program(
        billiard,
        lambda: (0.7, 1.6, 5),
        (0, 1),
        features=(
            "conditional expression",
            "bound in loop",
            "tuple assignment",
            "loop variable after loop",
        ),
    ),
)
