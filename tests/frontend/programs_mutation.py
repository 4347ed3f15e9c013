"""Programs that write into arrays, by all ways that lead to one. Each takes an array of four."""

from __future__ import annotations

from typing import Any

import numpy as np

WEIGHTS = np.arange(16.0).reshape(4, 4)


def seen_through_another_name(x: Any) -> Any:
    a = x * 2.0
    b = a
    b[0] = x[1] * x[2]
    return np.sum(a * a)


def argument_written(x: Any) -> Any:
    x[1] = x[0] * 3.0
    x -= 0.5 * x
    return np.sum(x * x)


def row_written(x: Any) -> Any:
    a = np.zeros((2, 3))
    row = a[1]
    row[0] = x[0]
    row[1:] = x[1:3] * x[3]
    return np.sum(a * a) + np.sum(row)


def base_written_view_read(x: Any) -> Any:
    a = x * 1.0
    tail = a[1:]
    inner = tail[::2]
    a[1] = x[0] ** 2
    tail *= 3.0
    return np.sum(tail * x[1:]) + np.sum(inner)


def other_name_in_one_arm(x: Any) -> Any:
    a = x.copy()
    if x[0] > 0:
        a[0] = x[1] ** 2
    else:
        b = a
        b[1] = 3.0
    return np.sum(a**3)


def double_buffer(x: Any) -> Any:
    u = x * 1.0
    v = np.zeros(4)
    for _ in range(5):
        for i in range(1, 3):
            v[i] = u[i] + 0.1 * (u[i - 1] - 2 * u[i] + u[i + 1])
        u, v = v, u
    return np.sum(u * u) + v[1]


def double_buffer_in_one_array(x: Any) -> Any:
    both = np.zeros((2, 4))
    both[0] = x
    now, then = 0, 1
    old, new = both[0], both[1]
    for _ in range(3):
        new[1:-1] = old[1:-1] + 0.25 * (old[2:] - old[:-2])
        new[0] = old[0]
        old, new = new, old
        now, then = then, now
    return np.sum(both[now] ** 2) + np.sum(old)


def helper_writes(x: Any) -> Any:
    def bump(a: Any, k: Any) -> None:
        a[k] = a[k] * a[k + 1]

    a = x.copy()
    for k in range(3):
        bump(a, k)
    return np.sum(a)


def passed_twice(x: Any) -> Any:
    def add(target: Any, source: Any) -> None:
        for i in range(4):
            target[i] += source[3 - i]

    a = x.copy()
    add(a, a)
    return np.sum(a * x)


def view_passed_twice(x: Any) -> Any:
    def add(target: Any, source: Any) -> None:
        target += source

    a = np.outer(x, x)
    for i, row in enumerate(a):
        if i > 0:
            row[...] *= x[0]
            add(row, row)
    return np.sum(a * WEIGHTS)


def overlapping_slices(x: Any) -> Any:
    a = x.copy()
    a[1:] = a[:-1]
    a[:-1] += a[1:] * a[1:]
    a += 1.0
    b = a.T
    b *= x
    return np.sum(a * a)


def transposed_and_reshaped(x: Any) -> Any:
    a = np.outer(x, x)
    t = a.T
    t[0, 1] = 5.0 * x[0]
    t[2] = x
    v = a.reshape(-1)
    v[::3] = 0.0
    v[[1, 7, 1]] = x[:3]
    a.flat[5] += x[1]
    return np.sum(a * WEIGHTS) + np.sum(v)


def write_while_an_operand_waits(x: Any) -> Any:
    a = x.copy()

    def write(b: Any) -> Any:
        b[0] = 7.0 * x[2]
        return x[1]

    return np.sum(a + write(a)) + a[0]


def rows_in_loops(x: Any) -> Any:
    a = np.zeros((3, 4))
    for i in range(3):
        row = a[i]
        for j in range(4):
            row[j] = x[j] * (i + 1) + (row[j - 1] if j > 0 else 0.0)
    return np.sum(a * a)


def rebound_in_a_loop(x: Any) -> Any:
    a = x.copy()
    b = a
    for i in range(3):
        b = b * 0.5
        b[i] = x[0]
    return np.sum(a) + np.sum(b * b)


def aliased_in_both_arms(x: Any) -> Any:
    if x[0] > 0:
        a = x * 2.0
        b = a
    else:
        a = x * 3.0
        b = a
    b[0] = x[3] ** 2
    return np.sum(a * b)


def perhaps_aliased_and_read(x: Any) -> Any:
    a = x * 1.0
    b = a * 1.0
    if x[0] > 0:
        b = a
    return np.sum(a) + np.sum(b * b)


def exchanged_in_one_arm(x: Any) -> Any:
    a = x * 1.0
    b = x * 2.0
    if x[0] > 0:
        a, b = b, a
    a[0] = x[1] * b[0]
    return np.sum(a * a) + np.sum(b)


def view_that_moves(x: Any) -> Any:
    i = 0
    a = np.zeros(4)
    while i < 4:
        v = a[i:]
        v[0] = x[i] * 2.0
        v += x[0]
        i += 1
    return np.sum(a * a)


def view_chosen_by_a_branch(x: Any) -> Any:
    a = np.outer(x, x)
    if x[1] > 0:
        row = a[1]
    else:
        row = a[2]
    row[0] = x[3]
    a[1] *= 2.0
    return np.sum(row * x) + np.sum(a)


def view_from_the_last_iteration(x: Any) -> Any:
    a = np.outer(x, x)
    row = a[0]
    for i in range(3):
        row *= x[i]
        row = a[i + 1]
    row[1] = 0.5
    return np.sum(a * WEIGHTS)


def loop_over_rows_written(x: Any) -> Any:
    a = np.outer(x, x)
    for row in a:
        row[0] = np.sum(row)
        row[1:] *= x[1:]
    return np.sum(a * WEIGHTS)


def rows_exchanged(x: Any) -> Any:
    a = np.outer(x, x) + np.diag(x)
    i, k = 0, 2
    a[[i, k]] = a[[k, i]]
    a[1], a[3] = a[3].copy(), a[1].copy()
    a[i], a[k] = a[k], a[i]  # both are row k then, as the second is a view
    b = x * 1.0
    b[0], b[1] = b[1], b[0]
    return np.sum(a * WEIGHTS) + b[0]


def mask_written(x: Any) -> Any:
    a = x * 1.0
    m = a > 0.6
    a[m] = a[m] ** 2
    a[~m] += 3.0 * x[0]
    a[np.argsort(x)] = x * 2 + a
    column = np.outer(x, x)[:, 1]
    column[x > 0] = 2 * x[x > 0]
    return np.sum(a * a) + np.sum(column)


def last_write_wins(x: Any) -> Any:
    a = x * 1.0
    a[[0, 2, 0]] = x[1:] * x[0]
    b = np.zeros((3, 4))
    places = np.array([2, 0, 2])
    b[places] += np.outer(x[:3], x)
    b[:, places] *= 2.0
    for k in range(3):
        a[[k, k + 1, k]] = a[[k + 1, k, k]] * x[k]
    return np.sum(a * a) + np.sum(b**2 * np.arange(4.0))


def added_at(x: Any) -> Any:
    a = np.zeros(3)
    np.add.at(a, np.array([0, 2, 0, 1]), x * x)
    np.subtract.at(a, [1, 1], x[:2])
    return np.sum(a**3)


def out_given(x: Any) -> Any:
    a = np.empty_like(x)
    np.multiply(x, x, out=a)
    b = a
    np.sin(a, a)
    np.clip(a, 0.1, 0.8, out=a)
    c = np.add(x, 1.0, out=np.zeros(4))
    c *= 2
    d = np.dot(np.outer(x, x), c, out=np.empty(4))
    d[0] = 1.0
    return np.sum(b * x) + np.sum(c * d)


def written_by_calls(x: Any) -> Any:
    a = np.outer(x, x)
    np.fill_diagonal(a, x[0] * 3)
    r = a[1]
    r.fill(x[2])
    r[1:].sort()
    np.copyto(a[2], x)
    np.copyto(a[3], x * 2, where=x > 0)
    return np.sum(a * WEIGHTS)


def overwritten_after_use(x: Any) -> Any:
    a = x * 1.0
    s = 0.0
    for i in range(4):
        s += a[i] ** 2
        a[i] = 0.0
        a[i] = np.sin(s)
    return s + np.sum(a)


PROGRAMS = [
    each for each in list(globals().values()) if getattr(each, "__module__", "") == __name__
]
