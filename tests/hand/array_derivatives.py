"""Reverse-mode gradients of `array_functions`, by hand: save, then sweep.

Each returns the cotangents of the arguments that `array_functions.WRT` names, in that
order. They assume float arrays of the shapes documented there.
"""

import numpy as np

from tests.hand.array_functions import lotka_volterra


def cross_entropy_grad(logits, labels):
    n = len(labels)
    rows = np.arange(n)
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    e = np.exp(shifted)
    total = np.sum(e, axis=1, keepdims=True)

    # log_total = np.log(np.sum(np.exp(shifted), axis=1)), with log_total_bar = 1 / n
    shifted_bar = e / (n * total)
    # return np.mean(log_total - shifted[rows, labels])
    shifted_bar[rows, labels] -= 1.0 / n
    # shifted = logits - np.max(logits, axis=1, keepdims=True)
    logits_bar = shifted_bar
    # the share of the maximum; zero but for rounding, since a shift changes nothing
    logits_bar[rows, np.argmax(logits, axis=1)] -= np.sum(shifted_bar, axis=1)
    return logits_bar


def rosenbrock_loop_grad(x):
    x_bar = np.zeros_like(x)
    for i in reversed(range(len(x) - 1)):
        # total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
        d_bar = 200.0 * (x[i + 1] - x[i] ** 2)
        x_bar[i + 1] += d_bar
        x_bar[i] -= 2.0 * d_bar * x[i] + 2.0 * (1.0 - x[i])
    return x_bar


def rosenbrock_grad(x):
    # return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)
    d_bar = 200.0 * (x[1:] - x[:-1] ** 2)
    x_bar = np.zeros_like(x)
    x_bar[1:] = d_bar
    x_bar[:-1] -= 2.0 * d_bar * x[:-1] + 2.0 * (1.0 - x[:-1])
    return x_bar


def lotka_volterra_vjp(y, p, rate_bar):
    prey, predators = y
    birth, hunting, death, feeding = p

    # return np.array([
    #     birth * prey - hunting * prey * predators,
    #     feeding * prey * predators - death * predators,
    # ])
    prey_rate_bar, predators_rate_bar = rate_bar
    both = prey * predators
    both_bar = feeding * predators_rate_bar - hunting * prey_rate_bar
    y_bar = np.array([
        birth * prey_rate_bar + predators * both_bar,
        prey * both_bar - death * predators_rate_bar,
    ])
    p_bar = np.array([
        prey_rate_bar * prey,
        -prey_rate_bar * both,
        -predators_rate_bar * predators,
        predators_rate_bar * both,
    ])
    return y_bar, p_bar


def rk4_step_grad(y, p, h, target):
    k1 = lotka_volterra(y, p)
    y2 = y + 0.5 * h * k1
    k2 = lotka_volterra(y2, p)
    y3 = y + 0.5 * h * k2
    k3 = lotka_volterra(y3, p)
    y4 = y + h * k3
    k4 = lotka_volterra(y4, p)
    y_next = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)

    # return np.sum((y_next - target) ** 2)
    y_next_bar = 2.0 * (y_next - target)
    # y_next = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    k_bar = h / 6.0 * y_next_bar
    # k4 = lotka_volterra(y + h * k3, p)
    y4_bar, p4_bar = lotka_volterra_vjp(y4, p, k_bar)
    # k3 = lotka_volterra(y + 0.5 * h * k2, p)
    y3_bar, p3_bar = lotka_volterra_vjp(y3, p, 2.0 * k_bar + h * y4_bar)
    # k2 = lotka_volterra(y + 0.5 * h * k1, p)
    y2_bar, p2_bar = lotka_volterra_vjp(y2, p, 2.0 * k_bar + 0.5 * h * y3_bar)
    # k1 = lotka_volterra(y, p)
    y1_bar, p1_bar = lotka_volterra_vjp(y, p, k_bar + 0.5 * h * y2_bar)
    y_bar = y_next_bar + y4_bar + y3_bar + y2_bar + y1_bar
    p_bar = p4_bar + p3_bar + p2_bar + p1_bar
    return y_bar, p_bar


def gaussian_grad(x, mu, log_sigma):
    n = len(x)
    sigma = np.exp(log_sigma)
    z = (x - mu) / sigma

    # return -0.5 * np.sum(z**2) - n * log_sigma - 0.5 * n * np.log(2.0 * np.pi)
    # z = (x - mu) / sigma, with z_bar = -z
    mu_bar = np.sum(z) / sigma
    # sigma = np.exp(log_sigma), with sigma_bar = np.sum(z**2) / sigma
    log_sigma_bar = np.sum(z**2) - n
    return mu_bar, log_sigma_bar


def multivariate_gaussian_grad(x, mu, cov):
    n = len(x)
    residual = x - mu
    L = np.linalg.cholesky(cov)
    z = np.linalg.solve(L, residual.T)

    # z = np.linalg.solve(L, residual.T), with z_bar = -z
    rhs_bar = -np.linalg.solve(L.T, z)
    L_bar = -rhs_bar @ z.T
    # log_det = 2.0 * np.sum(np.log(np.diag(L))), with log_det_bar = -0.5 * n
    L_bar -= np.diag(n / np.diag(L))
    # L = np.linalg.cholesky(cov); cov_bar is symmetric, as cov is
    s_bar = L.T @ L_bar
    s_bar = 0.5 * (np.tril(s_bar) + np.tril(s_bar, -1).T)
    cov_bar = np.linalg.solve(L.T, np.linalg.solve(L.T, s_bar).T)
    # residual = x - mu
    mu_bar = -np.sum(rhs_bar, axis=1)
    return mu_bar, cov_bar


def attention_grad(q, k, v, target):
    n, d = q.shape
    scale = np.sqrt(d)
    scores = q @ k.T / scale
    e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    weights = e / np.sum(e, axis=1, keepdims=True)

    # out = weights @ v, with out_bar = target
    v_bar = weights.T @ target
    weights_bar = target @ v.T
    # weights = e / np.sum(e, axis=1, keepdims=True)
    mean_bar = np.sum(weights_bar * weights, axis=1, keepdims=True)
    # e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    scores_bar = weights * (weights_bar - mean_bar)
    # the share of the maximum; zero but for rounding, since a shift changes nothing
    scores_bar[np.arange(n), np.argmax(scores, axis=1)] -= np.sum(scores_bar, axis=1)
    # scores = q @ k.T / np.sqrt(q.shape[1])
    product_bar = scores_bar / scale
    q_bar = product_bar @ k
    k_bar = product_bar.T @ q
    return q_bar, k_bar, v_bar


def layer_norm_grad(x, gain, bias, target, eps=1e-5):
    d = x.shape[1]
    mean = np.mean(x, axis=1, keepdims=True)
    centred = x - mean
    var = np.mean(centred**2, axis=1, keepdims=True)
    std = np.sqrt(var + eps)
    normed = centred / std

    # out = gain * normed + bias, with out_bar = target
    bias_bar = np.sum(target, axis=0)
    gain_bar = np.sum(target * normed, axis=0)
    normed_bar = target * gain
    # normed = centred / np.sqrt(var + eps)
    centred_bar = normed_bar / std
    std_bar = -np.sum(centred_bar * normed, axis=1, keepdims=True)
    # var = np.mean(centred**2, axis=1, keepdims=True), with var_bar = std_bar / 2 / std
    centred_bar += std_bar / d * normed
    # centred = x - mean
    mean_bar = -np.sum(centred_bar, axis=1, keepdims=True)
    # mean = np.mean(x, axis=1, keepdims=True)
    x_bar = centred_bar + mean_bar / d
    return x_bar, gain_bar, bias_bar
