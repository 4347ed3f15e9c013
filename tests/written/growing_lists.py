"""Programs with lists, stacks, queues, deques and heaps that grow and shrink."""

import heapq
import math
from collections import deque

import numpy as np

from tests.written.program import Program


def postfix_machine(tokens, x, y):
    """The value of a postfix program on a stack machine."""
    stack = []
    for token in tokens:
        if token == "x":
            stack.append(x)
        elif token == "y":
            stack.append(y)
        elif token in ("+", "-", "*"):
            right = stack.pop()
            left = stack.pop()
            if token == "+":
                stack.append(left + right)
            elif token == "-":
                stack.append(left - right)
            else:
                stack.append(left * right)
        elif token == "sin":
            stack.append(math.sin(stack.pop()))
        elif token == "dup":
            stack.append(stack[-1])
        else:
            stack.append(float(token))
    return stack[-1]


def delay_line_echo(signal, feedback):
    """The energy of a signal through a delay line kept in a deque."""
    line = deque([0.0, 0.0, 0.0])
    energy = 0.0
    for sample in signal:
        out = sample + feedback * line.popleft()
        line.append(out)
        energy += out**2
    return energy


def windowed_average(values):
    """The sum of products of values with the mean of the last three in a bounded deque."""
    window = deque(maxlen=3)
    total = 0.0
    for v in values:
        window.append(v)
        total += v * sum(window) / len(window)
    return total


def huffman_cost(masses):
    """The cost of merging masses two smallest at a time from a heap."""
    heap = list(masses)
    heapq.heapify(heap)
    cost = 0.0
    while len(heap) > 1:
        merged = heapq.heappop(heap) + heapq.heappop(heap)
        cost += merged**2
        heapq.heappush(heap, merged)
    return cost


def single_server_queue(arrivals, services):
    """The mean waiting time of a queue from gaps between arrivals and service times."""
    waits = []
    clock = 0.0
    free_at = 0.0
    for gap, service in zip(arrivals, services):
        clock += gap
        start = max(clock, free_at)
        waits.append(start - clock)
        free_at = start + service
    return sum(waits) / len(waits) + 0.1 * max(waits) + 0.05 * waits[-1] ** 2


def trajectory_curvature(speed, angle):
    """The total squared second difference of a ballistic path grown by append and stacked."""
    position = np.array([0.0, 0.0])
    velocity = np.array([speed * np.cos(angle), speed * np.sin(angle)])
    path = [position]
    for _ in range(8):
        drag = 0.2 * np.sqrt(velocity @ velocity)
        velocity = velocity + 0.1 * (np.array([0.0, -1.0]) - drag * velocity)
        position = position + 0.1 * velocity
        path.append(position)
    path = np.stack(path)
    bend = path[2:] - 2.0 * path[1:-1] + path[:-2]
    return 100.0 * np.sum(bend**2) + path[-1, 0]


def adaptive_midpoint(a, b):
    """The integral of sqrt(1 + x^4) over intervals taken off a work list."""
    work = [(a, b, 0)]
    total = 0.0
    while work:
        left, right, depth = work.pop()
        middle = 0.5 * (left + right)
        if depth < 3:
            work.extend([(left, middle, depth + 1), (middle, right, depth + 1)])
        else:
            total += (right - left) * math.sqrt(1.0 + middle**4)
    return total


def fifo_inventory(lots, orders, prices):
    """The profit of orders served first in first out from lots [quantity, unit cost]."""
    shelf = [[quantity, cost] for quantity, cost in lots]
    profit = 0.0
    for order, price in zip(orders, prices):
        need = order
        while shelf and need > shelf[0][0]:
            quantity, cost = shelf.pop(0)
            profit += quantity * (price - cost)
            need -= quantity
        if shelf:
            profit += need * (price - shelf[0][1])
            shelf[0][0] -= need
    return profit


def insertion_order_statistics(samples, weights):
    """A weighted sum of the order statistics of a list built by insertion."""
    ordered = []
    for s in samples:
        k = 0
        while k < len(ordered) and ordered[k] < s:
            k += 1
        ordered.insert(k, s)
    return sum(w * s**2 for w, s in zip(weights, ordered))


def continued_fraction(coefficients):
    """A continued fraction collapsed from the end of a list with pop."""
    terms = list(coefficients)
    value = terms.pop()
    while terms:
        value = terms.pop() + 1.0 / value
    return value


def breadth_first_decay(tree, leak, source):
    """The signal at the leaves of a tree that a queue visits breadth first."""
    queue = deque([("root", source)])
    collected = 0.0
    while queue:
        node, level = queue.popleft()
        children = tree.get(node, [])
        if not children:
            collected += level**2
        for child in children:
            queue.append((child, level * (1.0 - leak) / len(children)))
    return collected


def spectrum_of_segments(signal, segment):
    """The summed squared means of the segments of a signal, collected and concatenated."""
    pieces = []
    start = 0
    while start < len(signal):
        piece = signal[start : start + segment]
        pieces.append(piece - np.mean(piece))
        start += segment
    joined = np.concatenate(pieces)
    return np.sum(joined**2) + joined[0] * joined[-1]


def chebyshev_terms(x, coefficients):
    """A Chebyshev series with its polynomials in a list that grows by recurrence."""
    terms = [1.0, x]
    while len(terms) < len(coefficients):
        terms.append(2.0 * x * terms[-1] - terms[-2])
    return sum(c * t for c, t in zip(coefficients, terms))


def undo_history(gain, offset):
    """The state of an editor of affine steps with an undo stack."""
    state = [1.0, 0.5]
    history = []
    for command in ["scale", "shift", "swap", "undo", "scale", "undo", "shift"]:
        if command == "undo":
            state = history.pop()
            continue
        history.append(state[:])
        if command == "scale":
            state[0] *= gain
        elif command == "shift":
            state[1] += offset * state[0]
        else:
            state[0], state[1] = state[1], state[0]
    return state[0] ** 2 + state[0] * state[1]


PROGRAMS = (
    Program(
        postfix_machine,
        lambda: (["x", "y", "*", "dup", "sin", "+", "2.5", "x", "-", "*"], 0.7, 1.2),
        wrt=(1, 2),
        features=("stack", "append/pop", "strings", "interpreter", "float()", "in"),
    ),
    Program(
        delay_line_echo,
        lambda: ([0.5, -0.3, 0.8, 0.1, 0.6], 0.4),
        wrt=(0, 1),
        complex_step=True,
        features=("deque", "popleft", "queue"),
    ),
    Program(
        windowed_average,
        lambda: ([0.3, 1.1, 0.7, -0.4, 0.9],),
        complex_step=True,
        features=("deque maxlen", "append then sum"),
    ),
    Program(
        huffman_cost,
        lambda: ([0.9, 0.2, 0.35, 0.6, 0.15],),
        features=("heapq", "while"),
    ),
    Program(
        single_server_queue,
        lambda: ([0.2, 0.5, 0.3, 1.0, 0.1], [0.6, 0.4, 0.9, 0.3, 0.5]),
        wrt=(0, 1),
        features=("append then sum", "max of list", "queue", "zip"),
    ),
    Program(
        trajectory_curvature,
        lambda: (2.0, 0.8),
        wrt=(0, 1),
        complex_step=True,
        features=("list of arrays", "append then stack", "array slices"),
    ),
    Program(
        adaptive_midpoint,
        lambda: (0.1, 1.3),
        wrt=(0, 1),
        features=("stack", "extend", "append/pop", "while", "tuple unpacking"),
    ),
    Program(
        fifo_inventory,
        lambda: ([(1.0, 0.4), (2.0, 0.6), (1.5, 0.5)], [0.7, 1.2, 1.6], [1.0, 1.1, 0.9]),
        wrt=(0, 1, 2),
        features=("queue", "pop(0)", "list of lists", "list item assignment"),
    ),
    Program(
        insertion_order_statistics,
        lambda: ([0.8, 0.1, 1.4, 0.5], [1.0, 0.5, -0.3, 0.8]),
        wrt=(0, 1),
        features=("insert", "while", "insertion sort"),
    ),
    Program(
        continued_fraction,
        lambda: ([0.9, 1.5, 2.2, 1.1],),
        complex_step=True,
        features=("append/pop", "while", "list copy"),
    ),
    Program(
        breadth_first_decay,
        lambda: ({"root": ["a", "b"], "a": ["c", "d", "e"], "b": ["f"]}, 0.2, 1.5),
        wrt=(1, 2),
        complex_step=True,
        features=("deque", "popleft", "dict.get", "queue", "tuple unpacking"),
    ),
    Program(
        spectrum_of_segments,
        lambda: (np.array([0.2, 0.9, -0.4, 0.7, 1.3, 0.1, 0.6]), 3),
        complex_step=True,
        features=("append then concatenate", "list of arrays", "while", "array slices"),
    ),
    Program(
        chebyshev_terms,
        lambda: (0.4, [0.5, 1.0, -0.3, 0.2, 0.7]),
        wrt=(0, 1),
        complex_step=True,
        features=("append", "while", "negative index"),
    ),
    Program(
        undo_history,
        lambda: (1.3, 0.4),
        wrt=(0, 1),
        complex_step=True,
        features=("stack", "list copy", "list item assignment", "swap", "string mode"),
    ),
)
