"""Programs that write into the arrays, lists, dicts and records that they are given."""

import math
from dataclasses import dataclass

import numpy as np

from tests.written.program import Program


@dataclass
class Account:
    """An account with a balance and the fees it has paid."""

    balance: float
    fees: float = 0.0


@dataclass
class Filter:
    """A filter with coefficients and a memory array."""

    taps: np.ndarray
    memory: np.ndarray


def standardize(x):
    """The kurtosis of samples that are centered and scaled where they are."""
    x -= x.mean()
    x /= np.sqrt(np.mean(x**2))
    x **= 2
    return np.mean(x**2)


def relax_in_place(field, source):
    """The residual of a Poisson problem relaxed in the caller's field."""
    for _ in range(3):
        for i in range(1, field.size - 1):
            field[i] = 0.5 * (field[i - 1] + field[i + 1] + source[i])
    residual = field[2:] - 2.0 * field[1:-1] + field[:-2] + source[1:-1]
    return np.sum(residual**2) + field[1] * field[-2]


def forward_substitution(lower, rhs):
    """The product of the unknowns of a triangular system that replace its right-hand side."""
    for i in range(len(rhs)):
        for j in range(i):
            rhs[i] -= lower[i, j] * rhs[j]
        rhs[i] /= lower[i, i]
    return np.prod(rhs) + np.sum(rhs)


def prefix_sums_in_list(values):
    """A mean of squares of the prefix sums that replace the items of a list."""
    for i in range(1, len(values)):
        values[i] += values[i - 1]
    values.append(values[-1] * 0.5)
    return sum(v**2 for v in values) / len(values)


def settle_accounts(accounts, transfers):
    """The spread of balances after transfers with fees between records of the caller."""
    for payer, payee, amount in transfers:
        fee = 0.02 * amount**2
        accounts[payer].balance -= amount + fee
        accounts[payer].fees += fee
        accounts[payee].balance += amount
    mean = sum(a.balance for a in accounts) / len(accounts)
    return sum((a.balance - mean) ** 2 + 10.0 * a.fees for a in accounts)


def decayed_traces(traces, decay):
    """The sum of traces in a dict of the caller after rounds of decay and one deletion."""
    for _ in range(2):
        for name in traces:
            traces[name] *= decay
            traces[name] += 0.1 * traces["base"]
    spare = traces.pop("spare")
    traces["sum"] = sum(traces.values())
    return traces["sum"] ** 2 + math.sin(spare)


def consumed_queue(jobs, speed):
    """The flow time of jobs that are popped off the list of the caller."""
    clock = 0.0
    total = 0.0
    while jobs:
        weight, length = jobs.pop(0)
        clock += length / speed
        total += weight * clock
    return total


def streaming_filter(taps, signal):
    """The power of a signal through a filter record whose memory is shifted in place."""
    record = Filter(taps, np.zeros_like(taps))
    total = 0.0
    for sample in signal:
        record.memory[1:] = record.memory[:-1].copy()
        record.memory[0] = sample
        total += (record.taps @ record.memory) ** 2
        record.taps *= 0.95
    return total + np.sum(taps)


def row_echelon(matrix):
    """The product of pivots of a matrix reduced where it is, with two rows swapped first."""
    matrix[[0, 1]] = matrix[[1, 0]]
    for k in range(matrix.shape[0] - 1):
        below = matrix[k + 1 :]
        below -= np.outer(matrix[k + 1 :, k] / matrix[k, k], matrix[k])
    return np.prod(np.diag(matrix)) + matrix[0, -1]


def two_of_caller(x, y):
    """A distance after two arrays of the caller pull each other in place."""
    for _ in range(3):
        x += 0.2 * np.sin(y - x)
        y -= 0.1 * np.sin(y - x)
    x[0], y[0] = y[0], x[0]
    return np.sum((x - y) ** 2) + x[0] * y[-1]


def argument_as_scratch(weights, signal):
    """A score that reads a signal, then uses its array as a scratch for something else."""
    score = weights @ signal
    signal[:] = np.cumsum(weights)
    signal[0] = score
    return np.sum(signal**2) + score


def layers_written(layers, x):
    """The output of layers in the list of the caller, each normalized before it is used."""
    for layer in layers:
        layer["w"] /= np.sqrt(np.sum(layer["w"] ** 2, axis=1, keepdims=True))
        layer["b"] = layer["b"] * 0.5
        x = np.tanh(layer["w"] @ x + layer["b"])
    return np.sum(x) + layers[0]["w"][0, 0] * layers[-1]["b"][0]


PROGRAMS = (
    Program(
        standardize,
        lambda: (np.array([0.4, 1.3, -0.7, 0.9, 2.1]),),
        complex_step=True,
        features=("caller's array written", "whole-array -=", "whole-array /=", "whole-array **="),
    ),
    Program(
        relax_in_place,
        lambda: (np.array([0.4, 0.0, 0.3, 0.1, 0.9]), np.array([0.0, 0.3, -0.5, 0.8, 0.0])),
        wrt=(0, 1),
        features=("caller's array written", "a[i] = v", "Gauss-Seidel"),
    ),
    Program(
        forward_substitution,
        lambda: (
            np.array([[1.2, 0.0, 0.0], [0.4, 0.9, 0.0], [-0.3, 0.5, 1.5]]),
            np.array([0.8, -0.6, 1.1]),
        ),
        wrt=(0, 1),
        features=("caller's array written", "a[i] -= v", "a[i] /= v"),
    ),
    Program(
        prefix_sums_in_list,
        lambda: ([0.4, 1.3, -0.7, 0.9],),
        complex_step=True,
        features=("caller's list written", "list item +=", "append", "prefix sums"),
    ),
    Program(
        settle_accounts,
        lambda: (
            [Account(1.0), Account(0.4, 0.1), Account(0.7)],
            [(0, 1, 0.3), (2, 0, 0.2), (1, 2, 0.5)],
        ),
        wrt=(0, 1),
        complex_step=True,
        features=("caller's records written", "list of dataclasses", "attribute writes"),
    ),
    Program(
        decayed_traces,
        lambda: ({"base": 0.6, "long": 1.1, "spare": 0.8}, 0.7),
        wrt=(0, 1),
        features=("caller's dict written", "dict.pop", "dict item +=", "dict.values"),
    ),
    Program(
        consumed_queue,
        lambda: ([(0.5, 0.8), (1.0, 0.3), (0.2, 1.4)], 1.3),
        wrt=(0, 1),
        complex_step=True,
        features=("caller's list written", "pop(0)", "while", "queue"),
    ),
    Program(
        streaming_filter,
        lambda: (np.array([0.5, 0.3, 0.2]), [1.0, -0.4, 0.7, 0.9]),
        wrt=(0, 1),
        features=("caller's array written", "arrays in records written", "shift register"),
    ),
    Program(
        row_echelon,
        lambda: (np.array([[0.4, 1.2, 0.5], [1.1, 0.3, -0.6], [0.7, 0.9, 1.8]]),),
        complex_step=True,
        features=("caller's array written", "fancy row swap", "write through view", "block -="),
    ),
    Program(
        two_of_caller,
        lambda: (np.array([0.4, 1.3]), np.array([1.1, -0.2])),
        wrt=(0, 1),
        features=("caller's array written", "whole-array +=", "swap of items of two arrays"),
    ),
    Program(
        argument_as_scratch,
        lambda: (np.array([0.4, 1.3, -0.7]), np.array([1.1, -0.2, 0.6])),
        wrt=(0, 1),
        features=("caller's array written", "overwritten after use", "b[:] = v"),
    ),
    Program(
        layers_written,
        lambda: (
            [
                {"w": np.array([[0.4, -0.3], [0.1, 0.8], [0.5, 0.5]]), "b": np.full(3, 0.2)},
                {"w": np.array([[0.6, -0.2, 0.9]]), "b": np.array([0.4])},
            ],
            np.array([0.7, -0.4]),
        ),
        wrt=(0, 1),
        complex_step=True,
        features=("caller's dict written", "list of dicts", "layers of different shapes"),
    ),
)
