"""Recursion over trees, expressions and graphs, and memo dictionaries made in the call."""

import math
from collections import namedtuple
from dataclasses import dataclass

import numpy as np

from tests.written.program import Program

Branch = namedtuple("Branch", ["left", "right", "length"])


@dataclass
class Node:
    """A node of a binary decision or expression tree."""

    value: float
    left: "Node | None" = None
    right: "Node | None" = None


def tree_potential(node, depth):
    """Sum over a tree of values, damped by their depth."""
    if node is None:
        return 0.0
    here = math.tanh(node.value) / depth
    return here + tree_potential(node.left, depth + 1.0) + tree_potential(node.right, depth + 1.0)


def whole_tree(root, scale):
    """Potential of a whole tree, scaled and squared."""
    return (scale * tree_potential(root, 1.0)) ** 2


def phylogenetic_length(tree, rate):
    """Expected substitutions on a tree of nested branches."""
    if tree is None:
        return 0.0
    below = phylogenetic_length(tree.left, rate) + phylogenetic_length(tree.right, rate)
    return 1.0 - math.exp(-rate * tree.length) + below


def nested_total(data, factor):
    """Sum of a nested list of numbers, damped at every level."""
    total = 0.0
    for item in data:
        if isinstance(item, list):
            total += factor * nested_total(item, factor)
        else:
            total += item
    return total


def resistor_network(network):
    """Resistance of a series and parallel network written as nested tuples."""
    if isinstance(network, float):
        return network
    kind, *parts = network
    if kind == "series":
        return sum(resistor_network(p) for p in parts)
    conductance = 0.0
    for p in parts:
        conductance += 1.0 / resistor_network(p)
    return 1.0 / conductance


def circuit_current(r1, r2, r3, voltage):
    """Current through a small resistor network."""
    network = ("series", r1, ("parallel", r2, ("series", r3, 0.5)))
    return voltage / resistor_network(network)


def edit_distance(a, b, gap, mismatch):
    """Alignment cost of two strings, by recursion with a memo."""
    memo = {}

    def cost(i, j):
        if i == 0 or j == 0:
            return (i + j) * gap
        if (i, j) not in memo:
            same = 0.0 if a[i - 1] == b[j - 1] else mismatch
            memo[i, j] = min(
                cost(i - 1, j - 1) + same, cost(i - 1, j) + gap, cost(i, j - 1) + 1.1 * gap
            )
        return memo[i, j]

    return cost(len(a), len(b))


def fibonacci_price(first, second, n):
    """A recurrence of Fibonacci's kind, by recursion with a memo dictionary."""
    memo = {0: first, 1: second}

    def price(k):
        if k in memo:
            return memo[k]
        result = 0.6 * price(k - 1) + 0.5 * price(k - 2)
        memo[k] = result
        return result

    return price(n) + 0.1 * price(n - 1) ** 2


def bernstein_coefficient(i, n, t, memo):
    """Bernstein polynomial by recurrence, with the memo passed along."""
    if i < 0 or i > n:
        return 0.0
    if n == 0:
        return 1.0
    key = (i, n)
    if key in memo:
        return memo[key]
    value = (1.0 - t) * bernstein_coefficient(i, n - 1, t, memo) + t * bernstein_coefficient(
        i - 1, n - 1, t, memo
    )
    memo[key] = value
    return value


def bernstein_series(coefficients, t):
    """Value of a polynomial from its Bernstein coefficients."""
    memo = {}
    n = len(coefficients) - 1
    return sum(c * bernstein_coefficient(i, n, t, memo) for i, c in enumerate(coefficients))


def longest_path(lengths):
    """Softened longest path through a small directed graph."""
    graph = {"a": ["b", "c"], "b": ["d"], "c": ["d", "e"], "d": ["e"], "e": []}

    def reach(node):
        following = graph[node]
        if not following:
            return 0.0
        total = 0.0
        for other in following:
            total += math.exp(lengths[node + other] + reach(other))
        return math.log(total)

    return reach("a")


def simplify_line(points, tolerance):
    """Length of a line simplified by Douglas and Peucker's recursion."""

    def keep(i, j):
        ax, ay = points[i]
        bx, by = points[j]
        chord = np.hypot(bx - ax, by - ay)
        worst, index = 0.0, None
        for k in range(i + 1, j):
            px, py = points[k]
            d = abs((bx - ax) * (ay - py) - (ax - px) * (by - ay)) / chord
            if d > worst:
                worst, index = d, k
        if worst > tolerance:
            return keep(i, index) + keep(index, j)
        return chord

    return keep(0, len(points) - 1)


def regression_tree(x, thresholds, leaves):
    """Prediction of a soft decision tree stored as a heap in lists."""

    def predict(node):
        if node >= len(thresholds):
            return leaves[node - len(thresholds)]
        gate = 1.0 / (1.0 + math.exp(-(x - thresholds[node])))
        return (1.0 - gate) * predict(2 * node + 1) + gate * predict(2 * node + 2)

    return predict(0)


def haar_energy(signal, shrink):
    """Energy of a signal's Haar coefficients, shrunk more at each level."""
    if len(signal) == 1:
        return signal[0] ** 2
    smooth = (signal[0::2] + signal[1::2]) / np.sqrt(2.0)
    detail = (signal[0::2] - signal[1::2]) / np.sqrt(2.0)
    return shrink * np.sum(detail**2) + haar_energy(smooth, shrink * 0.8)


def quadtree_mass(grid, level=0):
    """Sum over a grid's quarters of their squared means, to the last cell."""
    n = grid.shape[0]
    total = grid.mean() ** 2 / (1 + level)
    if n > 1:
        h = n // 2
        for quarter in (grid[:h, :h], grid[:h, h:], grid[h:, :h], grid[h:, h:]):
            total += 0.25 * quadtree_mass(quarter, level + 1)
    return total


def path_count_weight(grid):
    """Sum over monotone lattice paths of the products of their cells."""
    rows, cols = grid.shape
    memo = {}

    def walk(i, j):
        if i == rows or j == cols:
            return 0.0
        if i == rows - 1 and j == cols - 1:
            return grid[i, j]
        key = (i, j)
        if key not in memo:
            memo[key] = grid[i, j] * (walk(i + 1, j) + walk(i, j + 1))
        return memo[key]

    return walk(0, 0)


PROGRAMS = (
    Program(
        whole_tree,
        lambda: (Node(0.5, Node(0.3), Node(-0.8, Node(1.1), None)), 1.4),
        (0, 1),
        features=("recursion", "tree", "dataclass argument", "is None"),
    ),
    Program(
        phylogenetic_length,
        lambda: (
            Branch(Branch(None, None, 0.3), Branch(Branch(None, None, 0.2), None, 0.7), 0.5),
            1.2,
        ),
        (0, 1),
        features=("recursion", "tree", "namedtuple argument"),
    ),
    Program(
        nested_total,
        lambda: ([0.5, [1.2, -0.3, [0.8]], 0.1, [0.9]], 0.7),
        (0, 1),
        complex_step=True,
        features=("recursion", "isinstance", "nested lists"),
    ),
    Program(
        circuit_current,
        lambda: (1.2, 0.8, 0.6, 1.5),
        (0, 1, 2, 3),
        features=("recursion", "isinstance", "star unpacking", "sum of generator"),
    ),
    Program(
        edit_distance,
        lambda: ("kitten", "sitting", 0.7, 1.1),
        (2, 3),
        features=("recursion", "memo dictionary", "tuple key", "min", "string argument"),
    ),
    Program(
        fibonacci_price,
        lambda: (0.8, 1.1, 7),
        (0, 1),
        complex_step=True,
        features=("recursion", "memo dictionary", "nested function"),
    ),
    Program(
        bernstein_series,
        lambda: ([0.3, 1.1, -0.4, 0.8], 0.4),
        (0, 1),
        complex_step=True,
        features=("recursion", "memo dictionary", "sum of generator", "enumerate"),
    ),
    Program(
        longest_path,
        lambda: ({"ab": 0.5, "ac": 0.3, "bd": 0.7, "cd": 0.2, "ce": 1.1, "de": 0.4},),
        features=("recursion", "graph", "dict argument", "nested function", "string concatenation"),
    ),
    Program(
        simplify_line,
        lambda: (np.array([[0.0, 0.1], [0.5, 0.6], [1.0, 0.2], [1.6, 0.25], [2.0, 1.0]]), 0.3),
        (0,),
        features=("recursion", "nested function", "bound in loop", "array", "unpacking array"),
    ),
    Program(
        regression_tree,
        lambda: (0.4, [0.5, -0.2, 0.9], [0.1, 0.7, -0.4, 1.2]),
        (0, 1, 2),
        features=("recursion", "nested function", "closure"),
    ),
    Program(
        haar_energy,
        lambda: (np.array([0.5, 1.0, -0.3, 0.8, 1.1, 0.2, 0.6, -0.4]), 0.9),
        (0, 1),
        complex_step=True,
        features=("recursion", "array", "step slice"),
    ),
    Program(
        quadtree_mass,
        lambda: (
            np.array(
                [
                    [0.5, 1.0, 0.2, 0.4],
                    [0.8, -0.3, 0.6, 0.1],
                    [1.2, 0.7, 0.9, -0.5],
                    [0.3, 0.2, 0.8, 1.1],
                ]
            ),
        ),
        complex_step=True,
        features=("recursion", "array", "slice", "tuple of arrays in for", "default argument"),
    ),
    Program(
        path_count_weight,
        lambda: (np.array([[0.5, 1.0, 0.8], [0.9, 0.7, 1.1], [1.2, 0.6, 0.4]]),),
        complex_step=True,
        features=("recursion", "memo dictionary", "tuple key", "array"),
    ),
)
