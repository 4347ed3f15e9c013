"""Everyday NumPy functions of arrays; `array_derivatives` has their gradients."""

import numpy as np

WRT = {
    "cross_entropy": ("logits",),
    "rosenbrock_loop": ("x",),
    "rosenbrock": ("x",),
    "rk4_step": ("y", "p"),
    "gaussian": ("mu", "log_sigma"),
    "multivariate_gaussian": ("mu", "cov"),
    "attention": ("q", "k", "v"),
    "layer_norm": ("x", "gain", "bias"),
}


def cross_entropy(logits, labels):
    """Mean cross-entropy of softmax(logits), (n, k), at the integer labels, (n,)."""
    rows = np.arange(len(labels))
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_total = np.log(np.sum(np.exp(shifted), axis=1))
    return np.mean(log_total - shifted[rows, labels])


def rosenbrock_loop(x):
    """Rosenbrock's function of x, (n,), term by term."""
    total = 0.0
    for i in range(len(x) - 1):
        total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return total


def rosenbrock(x):
    """Rosenbrock's function of x, (n,)."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def lotka_volterra(y, p):
    """Rate of change of prey and predators, y, with the four rates p."""
    prey, predators = y
    birth, hunting, death, feeding = p
    return np.array([
        birth * prey - hunting * prey * predators,
        feeding * prey * predators - death * predators,
    ])


def rk4_step(y, p, h, target):
    """Squared distance to the target after one Runge-Kutta step of length h."""
    k1 = lotka_volterra(y, p)
    k2 = lotka_volterra(y + 0.5 * h * k1, p)
    k3 = lotka_volterra(y + 0.5 * h * k2, p)
    k4 = lotka_volterra(y + h * k3, p)
    y_next = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return np.sum((y_next - target) ** 2)


def gaussian(x, mu, log_sigma):
    """Log-likelihood of the data x, (n,), under one normal distribution."""
    n = len(x)
    sigma = np.exp(log_sigma)
    z = (x - mu) / sigma
    return -0.5 * np.sum(z**2) - n * log_sigma - 0.5 * n * np.log(2.0 * np.pi)


def multivariate_gaussian(x, mu, cov):
    """Log-likelihood of the rows of x, (n, d), with mean (d,) and covariance (d, d)."""
    n, d = x.shape
    residual = x - mu
    L = np.linalg.cholesky(cov)
    z = np.linalg.solve(L, residual.T)
    log_det = 2.0 * np.sum(np.log(np.diag(L)))
    return -0.5 * (np.sum(z**2) + n * log_det + n * d * np.log(2.0 * np.pi))


def attention(q, k, v, target):
    """Inner product of a target and one attention head's output, all (n, d)."""
    scores = q @ k.T / np.sqrt(q.shape[1])
    e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    weights = e / np.sum(e, axis=1, keepdims=True)
    out = weights @ v
    return np.sum(out * target)


def layer_norm(x, gain, bias, target, eps=1e-5):
    """Inner product of a target and the normalised rows of x, both (n, d)."""
    mean = np.mean(x, axis=1, keepdims=True)
    centred = x - mean
    var = np.mean(centred**2, axis=1, keepdims=True)
    normed = centred / np.sqrt(var + eps)
    out = gain * normed + bias
    return np.sum(out * target)
