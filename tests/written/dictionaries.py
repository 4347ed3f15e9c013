"""Programs on dicts, defaultdicts, counters and sets."""

import math
from collections import Counter, defaultdict

import numpy as np

from tests.written.program import Program

ATOMIC_RADII = {"H": 0.31, "C": 0.76, "O": 0.66}
MOLAR_MASS = {"H": 1.008, "C": 12.011, "O": 15.999, "N": 14.007}
EDGES = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("b", "d")]
EXCITED = {"b", "d"}


def harmonic_oscillator(parameters, steps):
    """The energy of a damped oscillator stepped from a dict of parameters."""
    state = {"x": parameters["x"], "v": 0.0}
    dt = 0.1
    for _ in range(steps):
        force = -parameters["stiffness"] * state["x"] - parameters["damping"] * state["v"]
        state["v"] += dt * force
        state["x"] += dt * state["v"]
    return 0.5 * parameters["stiffness"] * state["x"] ** 2 + 0.5 * state["v"] ** 2


def reaction_network(rates, initial):
    """The product of a chain A -> B -> C after Euler steps, concentrations in a dict."""
    conc = dict(initial)
    for _ in range(12):
        forward = rates["ab"] * conc["A"]
        onward = rates["bc"] * conc["B"] ** 2
        back = rates.get("ba", 0.05) * conc["B"]
        change = {"A": back - forward, "B": forward - back - onward, "C": onward}
        for species, speed in change.items():
            conc[species] = conc[species] + 0.1 * speed
    return conc["C"] + 0.1 * conc["B"]


def graph_diffusion(heat, coupling):
    """Heat after a few rounds of diffusion over the edges of a graph kept in dicts."""
    temperature = dict(heat)
    for _ in range(4):
        flow = {node: 0.0 for node in temperature}
        for u, v in EDGES:
            q = coupling * (temperature[u] - temperature[v])
            flow[u] -= q
            flow[v] += q
        temperature = {node: temperature[node] + flow[node] for node in temperature}
    return sum(t**3 for node, t in temperature.items() if node in EXCITED)


def group_variances(values, labels):
    """The sum of the variances within groups gathered in a defaultdict of lists."""
    groups = defaultdict(list)
    for value, label in zip(values, labels):
        groups[label].append(value)
    total = 0.0
    for label in sorted(groups):
        members = groups[label]
        mean = sum(members) / len(members)
        total += sum((m - mean) ** 2 for m in members) / len(members)
    return total


def bag_of_words_logit(weights, text, bias):
    """The probability of a class from weights of counted words."""
    counts = Counter(text.split())
    score = bias
    for word, count in counts.items():
        if word in weights:
            score += weights[word] * math.log1p(count)
    return 1.0 / (1.0 + math.exp(-score))


def expression_tree(tree, env):
    """The value of a nested tuple expression with variables in a dict."""

    def evaluate(node):
        if isinstance(node, str):
            return env[node]
        if isinstance(node, float):
            return node
        op, left, right = node
        a = evaluate(left)
        b = evaluate(right)
        if op == "+":
            return a + b
        if op == "*":
            return a * b
        if op == "/":
            return a / b
        raise ValueError(op)

    return evaluate(tree)


def portfolio_by_sector(prices, holdings, sectors):
    """The concentration of a portfolio over sectors summed with dict.get."""
    exposure = {}
    for name, count in holdings.items():
        sector = sectors[name]
        exposure[sector] = exposure.get(sector, 0.0) + count * prices[name]
    total = sum(exposure.values())
    return sum((e / total) ** 2 for e in exposure.values())


def sparse_quadratic(matrix, x):
    """A quadratic form of a sparse matrix whose entries are keyed by index pairs."""
    total = 0.0
    for (i, j), entry in matrix.items():
        total += entry * x[i] * x[j]
    return total


def layer_parameters(params, inputs):
    """The loss of a small network with arrays in a dict of dicts."""
    hidden = np.tanh(params["first"]["w"] @ inputs + params["first"]["b"])
    out = params["second"]["w"] @ hidden + params["second"]["b"]
    return np.sum(out**2) + 0.01 * sum(np.sum(layer["w"] ** 2) for layer in params.values())


def momentum_descent(params, data):
    """The loss after momentum steps on a dict of parameters, updated with dict.update."""
    state = {"slope": params["slope"], "offset": params["offset"]}
    velocity = dict.fromkeys(state, 0.0)
    for _ in range(5):
        grads = {"slope": 0.0, "offset": 0.0}
        for x, y in data:
            r = state["slope"] * x + state["offset"] - y
            grads["slope"] += 2.0 * r * x / len(data)
            grads["offset"] += 2.0 * r / len(data)
        for key in state:
            velocity[key] = 0.8 * velocity[key] - params["rate"] * grads[key]
        state.update({key: state[key] + velocity[key] for key in state})
    return sum((state["slope"] * x + state["offset"] - y) ** 2 for x, y in data)


def memo_recurrence(a, b):
    """A three-term recurrence with results kept in a memo dict."""
    memo = {0: 1.0, 1: a}

    def term(n):
        if n not in memo:
            memo[n] = a * term(n - 1) - b * term(n - 2)
        return memo[n]

    return term(6) + 0.5 * term(3)


def bond_strain(coords, stretch):
    """The strain of bonds against covalent radii, atoms and bonds in dicts."""
    kinds = {"o": "O", "h1": "H", "h2": "H"}
    total = 0.0
    for other in ("h1", "h2"):
        rest = stretch * (ATOMIC_RADII[kinds["o"]] + ATOMIC_RADII[kinds[other]])
        distance = np.linalg.norm(coords["o"] - coords[other])
        total += (distance - rest) ** 2
    return total


def mass_fraction(moles, element):
    """The mass fraction of an element in a mixture of formulas given as dicts."""
    formulas = {"water": {"H": 2, "O": 1}, "glycine": {"C": 2, "H": 5, "N": 1, "O": 2}}
    masses = defaultdict(float)
    for substance, amount in moles.items():
        for symbol, count in formulas[substance].items():
            masses[symbol] += amount * count * MOLAR_MASS[symbol]
    return masses[element] / sum(masses.values())


def inventory_ledger(cost, demand):
    """The cost left after sales from a ledger of lots that are popped when used up."""
    ledger = {"old": 1.0 * cost, "new": 1.5 * cost, "spare": cost**2}
    sold = ledger.pop("old") * demand
    ledger.setdefault("spare", 3.0)
    ledger.setdefault("rush", 0.25 * demand)
    ledger["new"] *= 1.0 - 0.3 * demand
    return sold + sum(v * v for v in ledger.values())


def statistics_by_name(samples):
    """A few statistics of a sample as a dict of arrays and floats."""
    mean = np.mean(samples)
    centered = samples - mean
    result = {"mean": mean, "centered": centered}
    result["skew"] = np.mean(centered**3) / np.mean(centered**2) ** 1.5
    return result


PROGRAMS = (
    Program(
        harmonic_oscillator,
        lambda: ({"x": 1.0, "stiffness": 2.0, "damping": 0.3}, 12),
        complex_step=True,
        features=("dict parameter", "dict item assignment", "time loop"),
    ),
    Program(
        reaction_network,
        lambda: ({"ab": 0.8, "bc": 0.5}, {"A": 1.0, "B": 0.2, "C": 0.0}),
        wrt=(0, 1),
        complex_step=True,
        features=("dict.get", "dict.items", "dict item assignment", "dict copy"),
    ),
    Program(
        graph_diffusion,
        lambda: ({"a": 1.0, "b": 0.2, "c": 0.5, "d": 0.1}, 0.15),
        wrt=(0, 1),
        complex_step=True,
        features=("dict comprehension", "set of strings", "in", "module constant list"),
    ),
    Program(
        group_variances,
        lambda: ([0.2, 0.9, 0.5, 1.4, 0.7, 0.1], ["u", "v", "u", "v", "w", "w"]),
        complex_step=True,
        features=("defaultdict", "append", "sorted", "generator"),
    ),
    Program(
        bag_of_words_logit,
        lambda: ({"good": 0.8, "bad": -1.1, "fair": 0.2}, "good fair good film bad good", 0.1),
        wrt=(0, 2),
        features=("Counter", "in", "dict parameter", "strings"),
    ),
    Program(
        expression_tree,
        lambda: (("+", ("*", "x", "y"), ("/", "x", ("+", "y", 2.0))), {"x": 0.7, "y": 1.3}),
        wrt=(1,),
        complex_step=True,
        features=("interpreter", "isinstance", "recursion", "nested tuples", "closure"),
    ),
    Program(
        portfolio_by_sector,
        lambda: (
            {"acme": 1.2, "bolt": 0.7, "core": 2.0},
            {"acme": 1.0, "bolt": 3.0, "core": 0.5},
            {"acme": "industry", "bolt": "industry", "core": "energy"},
        ),
        wrt=(0, 1),
        complex_step=True,
        features=("dict.get", "dict.values", "dict.items", "dict item assignment"),
    ),
    Program(
        sparse_quadratic,
        lambda: ({(0, 0): 2.0, (0, 2): -0.5, (1, 1): 1.0, (2, 1): 0.3}, [0.4, 1.1, -0.6]),
        wrt=(0, 1),
        complex_step=True,
        features=("dict keyed by tuples", "dict.items", "list parameter"),
    ),
    Program(
        layer_parameters,
        lambda: (
            {
                "first": {"w": np.array([[0.3, -0.2], [0.5, 0.1]]), "b": np.array([0.1, -0.3])},
                "second": {"w": np.array([[0.7, 0.4]]), "b": np.array([0.2])},
            },
            np.array([0.6, -1.0]),
        ),
        wrt=(0, 1),
        complex_step=True,
        features=("dict of dicts", "dict of arrays", "dict.values", "generator"),
    ),
    Program(
        momentum_descent,
        lambda: (
            {"slope": 0.2, "offset": 0.1, "rate": 0.1},
            [(0.0, 0.5), (1.0, 1.4), (2.0, 2.2)],
        ),
        complex_step=True,
        features=("dict.update", "dict.fromkeys", "dict comprehension", "dict item assignment"),
    ),
    Program(
        memo_recurrence,
        lambda: (0.9, 0.4),
        wrt=(0, 1),
        complex_step=True,
        features=("memo dict", "not in", "recursion", "closure"),
    ),
    Program(
        bond_strain,
        lambda: (
            {
                "o": np.array([0.0, 0.0, 0.1]),
                "h1": np.array([0.8, 0.1, 0.6]),
                "h2": np.array([-0.7, 0.0, 0.5]),
            },
            1.05,
        ),
        wrt=(0, 1),
        features=("dict of arrays", "module constant dict", "strings"),
    ),
    Program(
        mass_fraction,
        lambda: ({"water": 1.0, "glycine": 0.4}, "O"),
        complex_step=True,
        features=("defaultdict", "nested dicts", "module constant dict", "dict.values"),
    ),
    Program(
        inventory_ledger,
        lambda: (0.8, 0.6),
        wrt=(0, 1),
        complex_step=True,
        features=("dict.pop", "dict.setdefault", "dict item assignment"),
    ),
    Program(
        statistics_by_name,
        lambda: (np.array([0.2, 1.1, 0.7, 2.0]),),
        complex_step=True,
        features=("result: dict", "dict of arrays"),
    ),
)
