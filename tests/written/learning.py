"""Sequence models, training loops and optimizers with parameters in lists, dicts and arrays."""

import math
from collections import namedtuple

import numpy as np

from tests.written.program import Program

Batch = namedtuple("Batch", ["inputs", "targets"])
TARGETS = np.array([0.2, 0.8, 0.5])


def sigmoid(x):
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-x))


def recurrent_loss(params, sequence):
    """The loss of a recurrent cell with parameters in a dict over a list of inputs."""
    hidden = np.zeros(2)
    loss = 0.0
    for x, target in zip(sequence, TARGETS):
        hidden = np.tanh(params["w"] @ hidden + params["u"] * x + params["b"])
        loss += (params["v"] @ hidden - target) ** 2
    return loss


def lstm_cell_sequence(weights, sequence):
    """The last cell of an LSTM whose gates are slices of one product."""
    n = 2
    h = np.zeros(n)
    c = np.zeros(n)
    for x in sequence:
        gates = weights @ np.concatenate([h, [x, 1.0]])
        i, f, o = sigmoid(gates[:n]), sigmoid(gates[n : 2 * n]), sigmoid(gates[2 * n : 3 * n])
        g = np.tanh(gates[3 * n :])
        c *= f
        c += i * g
        h = o * np.tanh(c)
    return h @ c


def gated_unit_history(params, inputs):
    """The mean of a gated recurrent history written row by row."""
    wz, wr, wh = params
    history = np.zeros((len(inputs) + 1, 2))
    for t, x in enumerate(inputs):
        h = history[t]
        joined = np.array([h[0], h[1], x])
        z = sigmoid(wz @ joined)
        r = sigmoid(wr @ joined)
        joined[:2] *= r
        history[t + 1] = (1.0 - z) * h + z * np.tanh(wh @ joined)
    return np.mean(history[1:] ** 2) + history[-1, 0]


def adam_in_place(theta, rate):
    """A quartic loss after steps of Adam with moments written in place."""
    theta = theta.copy()
    m = np.zeros_like(theta)
    v = np.zeros_like(theta)
    for t in range(1, 6):
        g = 4.0 * (theta - 0.3) ** 3 + theta
        m *= 0.9
        m += 0.1 * g
        v *= 0.99
        v += 0.01 * g**2
        m_hat = m / (1.0 - 0.9**t)
        v_hat = v / (1.0 - 0.99**t)
        theta -= rate * m_hat / (np.sqrt(v_hat) + 1e-3)
    return np.sum((theta - 0.3) ** 4 + 0.5 * theta**2)


def layered_descent(layers, batch, rate):
    """The loss after training a small network by hand-written backpropagation over a list."""
    layers = [(w.copy(), b.copy()) for w, b in layers]
    for _ in range(2):
        signals = [batch.inputs]
        for w, b in layers:
            signals.append(np.tanh(w @ signals[-1] + b))
        delta = signals[-1] - batch.targets
        for k in reversed(range(len(layers))):
            w, b = layers[k]
            local = delta * (1.0 - signals[k + 1] ** 2)
            delta = w.T @ local
            w -= rate * np.outer(local, signals[k])
            b -= rate * local
    out = batch.inputs
    for w, b in layers:
        out = np.tanh(w @ out + b)
    return np.sum((out - batch.targets) ** 2)


def attention_heads(queries, heads):
    """The norm of attention outputs gathered from a list of heads of projections."""
    collected = []
    for project, mix in heads:
        keys = queries @ project
        scores = keys @ keys.T / math.sqrt(keys.shape[1])
        for row in scores:
            row -= np.max(row)
        weights = np.exp(scores)
        weights /= weights.sum(axis=1, keepdims=True)
        collected.append(weights @ keys @ mix)
    joined = np.hstack(collected)
    return np.sum(joined**2)


def embedding_bag(table, sentence):
    """The squared norm of an average of rows of a table looked up by words."""
    index = {"cat": 0, "sat": 1, "mat": 2, "the": 3}
    total = np.zeros(table.shape[1])
    count = 0
    for word in sentence.split():
        if word not in index:
            continue
        total += table[index[word]]
        count += 1
    total /= count
    total[0] *= 2.0
    return np.sum(total**2)


def batch_normalized(batch, gamma, momentum):
    """The output of batch normalization with running statistics kept in a dict."""
    running = {"mean": np.zeros(2), "var": np.ones(2)}
    total = 0.0
    for chunk in (batch[:3], batch[3:]):
        mean, var = chunk.mean(axis=0), chunk.var(axis=0)
        running["mean"] += momentum * (mean - running["mean"])
        running["var"] *= 1.0 - momentum
        running["var"] += momentum * var
        total += np.sum(np.tanh(gamma * (chunk - mean) / np.sqrt(var + 0.1)) ** 2)
    test = (batch - running["mean"]) / np.sqrt(running["var"])
    return total + np.sum(test**3)


def perceptron_list_network(weights, inputs):
    """The output of a network written with lists of lists of floats."""
    values = list(inputs)
    for layer in weights:
        values.append(1.0)
        values = [math.tanh(sum(w * v for w, v in zip(neuron, values))) for neuron in layer]
    return sum(v**2 for v in values)


def boosting_stumps(thresholds, gains, xs):
    """The loss of smooth stumps fitted one after another to an array of residuals."""
    residual = np.sin(xs)
    ensemble = []
    for threshold, gain in zip(thresholds, gains):
        side = sigmoid(4.0 * (xs - threshold))
        right = np.sum(residual * side) / np.sum(side)
        left = np.sum(residual * (1.0 - side)) / np.sum(1.0 - side)
        ensemble.append((threshold, left, right))
        residual -= gain * (left + (right - left) * side)
    assert len(ensemble) == len(gains)
    return np.sum(residual**2) + ensemble[-1][2]


def soft_kmeans(points, centers):
    """The distortion after rounds of soft clustering that write the rows of centers."""
    centers = centers.copy()
    for _ in range(3):
        gaps = points[:, None, :] - centers[None, :, :]
        weights = np.exp(-2.0 * np.sum(gaps**2, axis=2))
        weights /= weights.sum(axis=1, keepdims=True)
        for k in range(len(centers)):
            centers[k] = weights[:, k] @ points / weights[:, k].sum()
    return np.sum(weights * np.sum((points[:, None] - centers[None]) ** 2, axis=2))


def temporal_difference(rewards, discount, rate):
    """The value of a start state after TD(lambda) sweeps over a dict of values."""
    path = ["start", "hall", "door", "hall", "goal"]
    value = {name: 0.0 for name in path}
    for _ in range(3):
        trace = dict.fromkeys(value, 0.0)
        for here, there, reward in zip(path[:-1], path[1:], rewards):
            error = reward + discount * value[there] - value[here]
            trace[here] += 1.0
            for name in value:
                value[name] += rate * error * trace[name]
                trace[name] *= 0.7 * discount
    return value["start"] + 0.2 * value["hall"] ** 2


def radial_basis_fit(centers, targets, width):
    """A radial basis interpolant at two points, its kernel table filled by loops."""
    n = len(centers)
    kernel = np.eye(n)
    for i in range(n):
        for j in range(i + 1, n):
            kernel[i, j] = kernel[j, i] = np.exp(-(((centers[i] - centers[j]) / width) ** 2))
    weights = np.linalg.solve(kernel, targets)
    total = 0.0
    for at in (0.35, 1.15):
        total += np.sum(weights * np.exp(-(((at - centers) / width) ** 2))) ** 2
    return total


PROGRAMS = (
    Program(
        recurrent_loss,
        lambda: (
            {
                "w": np.array([[0.4, -0.3], [0.2, 0.6]]),
                "u": np.array([0.5, -0.7]),
                "b": np.array([0.1, 0.0]),
                "v": np.array([0.8, 0.3]),
            },
            [0.5, -1.0, 0.8],
        ),
        wrt=(0, 1),
        complex_step=True,
        features=("RNN", "dict of arrays", "module constant array", "zip"),
    ),
    Program(
        lstm_cell_sequence,
        lambda: (0.6 * np.sin(np.arange(32.0)).reshape(8, 4), [0.5, -1.0, 0.8]),
        wrt=(0, 1),
        features=("LSTM", "whole-array *=", "array slices", "list of floats"),
    ),
    Program(
        gated_unit_history,
        lambda: (
            [
                0.6 * np.cos(np.arange(6.0)).reshape(2, 3),
                0.6 * np.sin(np.arange(6.0)).reshape(2, 3),
                0.5 * np.cos(2.0 + np.arange(6.0)).reshape(2, 3),
            ],
            [0.5, -1.0, 0.8],
        ),
        wrt=(0, 1),
        features=("RNN", "row assignment", "list unpacking", "slice *=", "array of items"),
    ),
    Program(
        adam_in_place,
        lambda: (np.array([0.9, -0.5, 1.4]), 0.05),
        wrt=(0, 1),
        features=("Adam", "argument copied then written", "whole-array *=", "whole-array +="),
    ),
    Program(
        layered_descent,
        lambda: (
            [
                (np.array([[0.4, -0.3], [0.1, 0.8], [0.5, 0.5]]), np.array([0.1, 0.0, -0.2])),
                (np.array([[0.6, -0.2, 0.9]]), np.array([0.1])),
            ],
            Batch(np.array([0.7, -0.4]), np.array([-0.6])),
            0.2,
        ),
        wrt=(0, 1, 2),
        features=("list of tuples of arrays", "namedtuple parameter", "arrays in list written"),
    ),
    Program(
        attention_heads,
        lambda: (
            np.array([[0.4, -0.3], [0.1, 0.8], [0.5, 0.5]]),
            [
                (np.array([[0.9, 0.2], [0.1, 0.7]]), np.array([[0.5], [0.3]])),
                (np.array([[0.3], [-0.8]]), np.array([[0.6, 0.1]])),
            ],
        ),
        wrt=(0, 1),
        complex_step=True,
        features=("list of tuples of arrays", "append then hstack", "row -=", "attention"),
    ),
    Program(
        embedding_bag,
        lambda: (np.array([[0.4, -0.3], [0.1, 0.8], [0.5, 0.5], [0.2, 0.9]]), "the cat on the mat"),
        features=("strings", "not in", "continue", "row gather", "whole-array /="),
    ),
    Program(
        batch_normalized,
        lambda: (
            np.array([[0.4, -0.3], [0.1, 0.8], [0.5, 0.5], [1.2, 0.9], [0.3, -0.7]]),
            np.array([1.1, 0.8]),
            0.3,
        ),
        wrt=(0, 1, 2),
        features=("dict of arrays in place", "loop over tuple of slices"),
    ),
    Program(
        perceptron_list_network,
        lambda: (
            [[[0.4, -0.3, 0.2], [0.1, 0.8, -0.1]], [[0.7, -0.6, 0.3]]],
            [0.5, -1.0],
        ),
        wrt=(0, 1),
        features=("nested lists", "append", "list comprehension", "generator"),
    ),
    Program(
        boosting_stumps,
        lambda: ([0.4, 1.1], [0.5, 0.7], np.array([0.1, 0.5, 0.9, 1.6, 2.2])),
        wrt=(0, 1, 2),
        features=("append", "list of tuples", "whole-array -=", "assert"),
    ),
    Program(
        soft_kmeans,
        lambda: (
            np.array([[0.0, 0.1], [0.2, 0.9], [1.1, 0.4], [1.3, 1.2]]),
            np.array([[0.1, 0.4], [1.0, 0.9]]),
        ),
        wrt=(0, 1),
        features=("row assignment", "argument copied then written", "broadcasting"),
    ),
    Program(
        temporal_difference,
        lambda: ([0.1, -0.2, 0.4, 1.0], 0.9, 0.3),
        wrt=(0, 1, 2),
        complex_step=True,
        features=("dict comprehension", "dict.fromkeys", "dict item +=", "strings"),
    ),
    Program(
        radial_basis_fit,
        lambda: (np.array([0.0, 0.6, 1.3]), np.array([0.4, 1.1, 0.7]), 0.8),
        wrt=(0, 1, 2),
        features=("RBF", "chained assignment", "np.eye written", "linear solve"),
    ),
)
