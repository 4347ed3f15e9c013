"""Probability models: Kalman filters, hidden Markov models, trees, particles and queues."""

import math
from dataclasses import dataclass

import numpy as np

from tests.written.program import Program

DRAWS = np.array([[0.3, -1.1, 0.7], [-0.4, 0.2, 1.5], [1.2, 0.5, -0.6], [-0.9, 1.0, 0.1]])
EMISSIONS = {"walk": 0.5, "shop": 0.3, "clean": 0.2}


@dataclass
class Belief:
    """A Gaussian belief with a mean array and a covariance array."""

    mean: np.ndarray
    cov: np.ndarray


def kalman_tracking(measurements, process, noise):
    """The log likelihood of a track under a Kalman filter with its state written in place."""
    x = np.zeros(2)
    p = np.eye(2)
    f = np.array([[1.0, 0.5], [0.0, 1.0]])
    loglik = 0.0
    for z in measurements:
        x[:] = f @ x
        p[:, :] = f @ p @ f.T
        p[1, 1] += process
        s = p[0, 0] + noise
        r = z - x[0]
        loglik -= 0.5 * (r**2 / s + np.log(s))
        k = p[:, 0] / s
        x += k * r
        p -= np.outer(k, p[0, :].copy())
    return loglik


def belief_filter(readings, belief, noise):
    """The uncertainty left after readings folded into a dataclass of arrays."""
    mean = belief.mean.copy()
    cov = belief.cov.copy()
    state = Belief(mean, cov)
    for axis, reading in readings:
        gain = state.cov[:, axis] / (state.cov[axis, axis] + noise)
        state.mean += gain * (reading - state.mean[axis])
        state.cov = state.cov - np.outer(gain, state.cov[axis])
    return np.trace(state.cov) + mean @ mean


def hmm_forward(transition, emission, start):
    """The log likelihood of observations by the scaled forward recursion in a table."""
    observed = [0, 1, 1, 0]
    alpha = np.zeros((len(observed), 2))
    alpha[0] = start * emission[:, observed[0]]
    loglik = 0.0
    for t, symbol in enumerate(observed):
        if t > 0:
            alpha[t] = (alpha[t - 1] @ transition) * emission[:, symbol]
        scale = np.sum(alpha[t])
        alpha[t] /= scale
        loglik += np.log(scale)
    return loglik


def viterbi_score(log_transition, log_emission):
    """The score of the best path of states by a table of back pointers."""
    symbols = [0, 2, 1, 0]
    states = range(len(log_transition))
    score = [log_emission[s][symbols[0]] for s in states]
    pointers = []
    for symbol in symbols[1:]:
        new = []
        back = []
        for s in states:
            candidates = [score[r] + log_transition[r][s] for r in states]
            best = max(states, key=lambda r: candidates[r])
            back.append(best)
            new.append(candidates[best] + log_emission[s][symbol])
        score = new
        pointers.append(back)
    last = max(states, key=lambda s: score[s])
    path = [last]
    for back in reversed(pointers):
        path.insert(0, back[path[0]])
    return sum((t + 1) * log_emission[s][symbols[t]] for t, s in enumerate(path)) + score[last]


def least_squares_monte_carlo(spot, sigma):
    """The value of an American put by regression on a few fixed paths."""
    dt = 0.3
    paths = np.empty((4, 4))
    paths[:, 0] = spot
    for t in range(3):
        paths[:, t + 1] = paths[:, t] * np.exp(
            (0.03 - 0.5 * sigma**2) * dt + sigma * math.sqrt(dt) * DRAWS[:, t]
        )
    cash = np.maximum(1.1 - paths[:, -1], 0.0)
    for t in (2, 1):
        cash *= math.exp(-0.03 * dt)
        x = paths[:, t]
        slope = np.sum((x - x.mean()) * cash) / np.sum((x - x.mean()) ** 2)
        hold = cash.mean() + slope * (x - x.mean())
        exercise = 1.1 - x
        stop = exercise > np.maximum(hold, 0.0)
        cash[stop] = exercise[stop]
    return cash.mean() * math.exp(-0.03 * dt)


def particle_weights(observations, spread, drift):
    """The log evidence of a particle filter with fixed noise and soft weights in place."""
    particles = DRAWS[:, 0].copy()
    weights = np.full(4, 0.25)
    evidence = 0.0
    for t, z in enumerate(observations):
        particles *= 0.8
        particles += drift + 0.3 * DRAWS[:, t]
        weights *= np.exp(-0.5 * ((z - particles) / spread) ** 2) / spread
        total = weights.sum()
        evidence += np.log(total)
        weights /= total
    return evidence


def mixture_em(samples, means):
    """The log likelihood of a mixture after EM steps on a list of components."""
    components = [{"weight": 0.5, "mean": m, "scale": 1.0} for m in means]
    for _ in range(2):
        table = []
        for x in samples:
            row = [
                c["weight"] * math.exp(-0.5 * ((x - c["mean"]) / c["scale"]) ** 2) / c["scale"]
                for c in components
            ]
            total = sum(row)
            table.append([r / total for r in row])
        for c, column in zip(components, zip(*table)):
            mass = sum(column)
            c["weight"] = mass / len(samples)
            c["mean"] = sum(r * x for r, x in zip(column, samples)) / mass
            var = sum(r * (x - c["mean"]) ** 2 for r, x in zip(column, samples)) / mass
            c["scale"] = math.sqrt(var + 0.05)
    return sum(c["weight"] * c["mean"] ** 2 + c["scale"] for c in components)


def naive_bayes_margin(priors, words):
    """The margin of one class in a model with nested dicts of word probabilities."""
    tables = {"calm": EMISSIONS, "wild": {"walk": 0.2, "shop": 0.2, "clean": 0.6}}
    scores = {}
    for name, prior in priors.items():
        score = math.log(prior)
        for word, weight in words:
            score += weight * math.log(tables[name][word])
        scores[name] = score
    top = max(scores.values())
    total = sum(math.exp(s - top) for s in scores.values())
    return math.exp(scores["calm"] - top) / total


def birth_death_transient(birth, death):
    """The mean length of a queue by Euler steps of its master equation in place."""
    p = np.zeros(6)
    p[0] = 1.0
    for _ in range(10):
        flow = birth * p[:-1] - death * np.arange(1.0, 6.0) * p[1:]
        p[:-1] -= 0.1 * flow
        p[1:] += 0.1 * flow
    return np.arange(6.0) @ p + p[0] ** 2


def garch_likelihood(returns, omega, alpha, beta):
    """The likelihood of returns under a GARCH recursion filled into an array."""
    variance = np.empty_like(returns)
    variance[0] = omega / (1.0 - alpha - beta)
    for t in range(1, returns.size):
        variance[t] = omega + alpha * returns[t - 1] ** 2 + beta * variance[t - 1]
    return -0.5 * np.sum(np.log(variance) + returns**2 / variance)


def branching_offspring(mean, steps):
    """The probability of extinction of a branching process, iterated into a list."""
    chance = [0.0]
    for _ in range(steps):
        chance.append(math.exp(mean * (chance[-1] - 1.0)))
    return chance[-1] + sum(b - a for a, b in zip(chance[:-2], chance[2:])) ** 2


def decision_tree_soft(features, tree):
    """The prediction of a soft decision tree in nested dicts, walked with a stack."""
    stack = [(tree, 1.0)]
    value = 0.0
    while stack:
        node, weight = stack.pop()
        if "leaf" in node:
            value += weight * node["leaf"]
        else:
            gate = 1.0 / (1.0 + math.exp(-3.0 * (features[node["on"]] - node["cut"])))
            stack.append((node["low"], weight * (1.0 - gate)))
            stack.append((node["high"], weight * gate))
    return value


PROGRAMS = (
    Program(
        kalman_tracking,
        lambda: ([0.3, 0.7, 1.2, 1.4], 0.2, 0.5),
        wrt=(0, 1, 2),
        features=("Kalman filter", "a[:] = v", "a[i, j] += v", "whole-array -="),
    ),
    Program(
        belief_filter,
        lambda: (
            [(0, 0.4), (1, -0.3), (0, 0.9)],
            Belief(np.array([0.1, 0.2]), np.array([[1.0, 0.3], [0.3, 0.8]])),
            0.5,
        ),
        wrt=(0, 1, 2),
        features=("dataclass of arrays", "Kalman filter", "attribute writes", "alias"),
    ),
    Program(
        hmm_forward,
        lambda: (
            np.array([[0.7, 0.3], [0.4, 0.6]]),
            np.array([[0.9, 0.1], [0.2, 0.8]]),
            np.array([0.6, 0.4]),
        ),
        wrt=(0, 1, 2),
        features=("HMM forward", "row assignment", "row /=", "np.zeros filled"),
    ),
    Program(
        viterbi_score,
        lambda: (
            [[-0.3, -1.4], [-0.9, -0.5]],
            [[-0.2, -1.8, -2.1], [-1.6, -0.7, -0.6]],
        ),
        wrt=(0, 1),
        features=("Viterbi", "list of lists", "insert", "max with key", "lambda"),
    ),
    Program(
        least_squares_monte_carlo,
        lambda: (1.0, 0.3),
        wrt=(0, 1),
        features=("LSMC", "module constant array", "a[:, j] = v", "a[mask] = v"),
    ),
    Program(
        particle_weights,
        lambda: ([0.4, 0.1, 0.6], 0.8, 0.2),
        wrt=(0, 1, 2),
        features=("whole-array *=", "module constant array", "enumerate"),
    ),
    Program(
        mixture_em,
        lambda: ([0.1, 0.4, 1.8, 2.3, 0.9], [0.0, 2.0]),
        wrt=(0, 1),
        features=("list of dicts", "zip(*rows)", "dict item assignment", "nested comprehension"),
    ),
    Program(
        naive_bayes_margin,
        lambda: ({"calm": 0.6, "wild": 0.4}, [("walk", 1.2), ("clean", 0.7)]),
        wrt=(0, 1),
        features=("nested dicts", "module constant dict", "dict.items", "dict.values"),
    ),
    Program(
        birth_death_transient,
        lambda: (0.8, 0.5),
        wrt=(0, 1),
        features=("slice -=", "slice +=", "a[0] = v", "queue"),
    ),
    Program(
        garch_likelihood,
        lambda: (np.array([0.4, -0.8, 0.3, 1.1, -0.2]), 0.2, 0.15, 0.6),
        wrt=(0, 1, 2, 3),
        features=("np.empty_like filled", "recurrence", "a[i] = v"),
    ),
    Program(
        branching_offspring,
        lambda: (1.4, 5),
        features=("append", "recurrence", "slicing lists"),
    ),
    Program(
        decision_tree_soft,
        lambda: (
            {"age": 0.4, "dose": 0.9},
            {
                "on": "age",
                "cut": 0.5,
                "low": {"leaf": 0.2},
                "high": {"on": "dose", "cut": 0.7, "low": {"leaf": 1.1}, "high": {"leaf": -0.4}},
            },
        ),
        wrt=(0, 1),
        features=("nested dicts", "stack", "in", "tuple unpacking"),
    ),
)
