"""Programs in which several names, views and helpers share one array."""

import numpy as np

from tests.written.program import Program

BASELINE = np.array([0.3, 0.6, 0.9, 1.2])


def rotate_in_place(vectors, i, j, angle):
    """Rotates two rows of an array of vectors, in place."""
    c, s = np.cos(angle), np.sin(angle)
    first = vectors[i].copy()
    vectors[i] = c * first - s * vectors[j]
    vectors[j] = s * first + c * vectors[j]


def axpy(a, x, y):
    """Adds a multiple of x to y, in place."""
    y += a * x
    return y


def mix(target, source, share):
    """Moves a share of the source into the target, in place."""
    target *= 1.0 - share
    target += share * source**2


def normalize_rows(table):
    """Divides the rows of a table by their sums, in place."""
    for row in table:
        row /= np.sum(row)


def shared_momentum(positions, push):
    """The kinetic energy of particles whose velocity array goes by two names."""
    velocity = np.zeros_like(positions)
    alias = velocity
    alias += push * positions
    velocity[0] *= 2.0
    alias -= 0.1 * velocity**2
    return 0.5 * np.sum(velocity**2) + np.sum(alias * positions)


def view_of_halves(signal, gain):
    """The power of a signal whose halves are written through views."""
    work = signal.copy()
    left = work[:3]
    right = work[3:]
    left *= gain
    right += left
    left[0] = right[2] ** 2
    work[1] += 0.5
    return np.sum(work**2) + left[1] * right[0]


def read_view_after_base(x):
    """A sum that reads a view after writes to its base."""
    base = x * 1.0
    middle = base[1:-1]
    before = np.sum(middle**2)
    base[2] = base[0] * base[-1]
    base *= 1.5
    after = np.sum(middle**2)
    return after - 0.5 * before


def transposed_writes(matrix, shift):
    """The sum of squares of a matrix whose columns are written through its transpose."""
    a = matrix.copy()
    t = a.T
    t[0] += shift
    t[1, 0] = a[0, 0] * a[1, 0]
    for column in t:
        column *= 1.1
    return np.sum(a**2) + np.trace(t[:2, :2])


def flattened_parameters(theta, x):
    """A two-layer network whose weights are reshaped views of a flat vector that is updated."""
    flat = theta.copy()
    w = flat[:4].reshape(2, 2)
    b = flat[4:6]
    v = flat[6:]
    flat *= 0.9
    w += 0.1 * np.outer(b, v)
    b[:] = np.tanh(b)
    return v @ np.tanh(w @ x + b) + 0.1 * np.sum(flat**2)


def overlapping_shift(pulse, decay):
    """A shift register whose cells move by one slot, overlapping in one array."""
    u = np.zeros(6)
    total = 0.0
    for p in pulse:
        u[1:] = u[:-1]
        u[0] = p
        u *= decay
        total += u[0] * u[2] + u[-1] ** 2
    return total + np.sum(u**2)


def overlapping_adds(x):
    """Sums of neighbors by overlapping in-place additions in both directions."""
    a = x.copy()
    a[1:] += a[:-1]
    a[:-1] *= a[1:]
    a[:-2] -= 0.5 * a[2:]
    return np.sum(np.tanh(a))


def caller_array_descent(x, rate):
    """The value of a Rosenbrock function after descent steps written into the argument."""
    for _ in range(3):
        g0 = -4.0 * x[0] * (x[1] - x[0] ** 2) - 2.0 * (1.0 - x[0])
        g1 = 2.0 * (x[1] - x[0] ** 2)
        x -= rate * np.array([g0, g1])
    return (1.0 - x[0]) ** 2 + (x[1] - x[0] ** 2) ** 2


def copied_then_written(x):
    """The product of two versions of a vector, of which the copy is written."""
    original = x
    x = x.copy()
    x -= np.mean(x)
    x[0] = 1.0
    x /= np.sqrt(np.sum(x**2))
    return original @ x


def givens_chain(vectors, angles):
    """A form of an array of vectors rotated by a helper that writes into its argument."""
    work = vectors.copy()
    for k, angle in enumerate(angles):
        rotate_in_place(work, k % 3, (k + 1) % 3, angle)
    return np.sum(work[0] * work[1]) + work[2, 0] ** 2


def doubled_axpy(x, a):
    """A vector added to itself by a helper that gets the same array twice."""
    y = x.copy()
    axpy(a, y, y)
    z = axpy(0.5, x, y)
    z[0] *= 3.0
    return np.sum(y**2) + z[0]


def same_array_mix(x, share):
    """The mean of an array mixed with itself and then with its own reversed view."""
    work = x + 0.0
    mix(work, work, share)
    mix(work[:2], work[2:], share)
    return np.mean(work**2)


def normalized_kernel(points, width):
    """A form of a kernel matrix whose rows a helper normalizes."""
    kernel = np.exp(-(((points[:, None] - points[None, :]) / width) ** 2))
    normalize_rows(kernel)
    return points @ kernel @ points


def list_of_states(initial, drift):
    """The spread of a list of arrays that are updated in place through the list."""
    states = [initial.copy(), initial * 0.5, initial**2]
    first = states[0]
    for _ in range(3):
        for k, state in enumerate(states):
            state += 0.1 * drift * (k + 1)
            state[-1] *= 0.9
        states[1] += 0.2 * (first - states[1])
    return np.sum((states[0] - states[1]) ** 2) + np.sum(states[2]) + first[0]


def dict_of_buffers(x, momentum):
    """The result of averaging buffers kept in a dict and written in place."""
    buffers = {"fast": np.zeros_like(x), "slow": np.zeros_like(x)}
    alias = buffers["slow"]
    for step in range(4):
        sample = np.sin(x * (step + 1.0))
        buffers["fast"] *= 0.5
        buffers["fast"] += 0.5 * sample
        buffers["slow"][:] = momentum * alias + (1.0 - momentum) * buffers["fast"]
    return np.sum(alias * buffers["fast"]) + np.sum(alias**2)


def branch_alias(x, flag):
    """A sum in which a branch decides whether a name is a view or a copy."""
    work = x * 2.0
    part = work[1:3] if flag else work[1:3].copy()
    part *= x[0]
    part += BASELINE[:2]
    return np.sum(work**2) + np.sum(part)


PROGRAMS = (
    Program(
        shared_momentum,
        lambda: (np.array([0.5, -0.8, 1.2]), 0.7),
        wrt=(0, 1),
        features=("alias", "whole-array +=", "whole-array -=", "a[i] *= v"),
    ),
    Program(
        view_of_halves,
        lambda: (np.array([0.4, 0.9, -0.3, 1.1, 0.2, 0.7]), 1.3),
        wrt=(0, 1),
        features=("write through view", "view read after base write", "whole-array *="),
    ),
    Program(
        read_view_after_base,
        lambda: (np.array([0.4, 0.9, -0.3, 1.1, 0.7]),),
        complex_step=True,
        features=("view read after base write", "whole-array *=", "a[i] = v"),
    ),
    Program(
        transposed_writes,
        lambda: (np.array([[0.4, 0.9, 0.1], [-0.3, 1.1, 0.7]]), np.array([0.2, -0.6])),
        wrt=(0, 1),
        features=("transposed view", "write through view", "loop over rows of view"),
    ),
    Program(
        flattened_parameters,
        lambda: (np.array([0.4, 0.9, -0.3, 1.1, 0.7, -0.2, 0.5, 0.8]), np.array([0.6, -1.0])),
        wrt=(0, 1),
        complex_step=True,
        features=("reshaped view", "write through view", "view read after base write", "b[:] = v"),
    ),
    Program(
        overlapping_shift,
        lambda: ([0.9, 0.4, 1.2, 0.7, 0.3], 0.85),
        wrt=(0, 1),
        features=("overlapping slices", "whole-array *=", "shift register"),
    ),
    Program(
        overlapping_adds,
        lambda: (np.array([0.4, 0.9, -0.3, 0.8, 0.5]),),
        complex_step=True,
        features=("overlapping slices", "slice +=", "slice *=", "slice -="),
    ),
    Program(
        caller_array_descent,
        lambda: (np.array([0.4, 0.7]), 0.1),
        wrt=(0, 1),
        features=("caller's array written", "whole-array -="),
    ),
    Program(
        copied_then_written,
        lambda: (np.array([0.4, 0.9, -0.3, 1.1]),),
        complex_step=True,
        features=("argument copied then written", "whole-array -=", "whole-array /="),
    ),
    Program(
        givens_chain,
        lambda: (
            np.array([[0.4, 0.9], [-0.3, 1.1], [0.7, 0.2]]),
            np.array([0.3, 0.8, -0.5, 1.1]),
        ),
        wrt=(0, 1),
        features=("helper writes argument", "row copy", "row assignment"),
    ),
    Program(
        doubled_axpy,
        lambda: (np.array([0.4, 0.9, -0.3]), 0.6),
        wrt=(0, 1),
        features=("same array twice", "helper writes argument", "helper returns argument"),
    ),
    Program(
        same_array_mix,
        lambda: (np.array([0.4, 0.9, -0.3, 1.1]), 0.3),
        wrt=(0, 1),
        features=("same array twice", "helper writes view", "whole-array *="),
    ),
    Program(
        normalized_kernel,
        lambda: (np.array([0.1, 0.7, 1.5, 2.0]), 0.8),
        wrt=(0, 1),
        complex_step=True,
        features=("helper writes rows", "loop over rows of view", "whole-array /="),
    ),
    Program(
        list_of_states,
        lambda: (np.array([0.4, 0.9, -0.3]), 0.7),
        wrt=(0, 1),
        features=("list of arrays in place", "alias", "enumerate"),
    ),
    Program(
        dict_of_buffers,
        lambda: (np.array([0.4, 0.9, -0.3]), 0.8),
        wrt=(0, 1),
        features=("dict of arrays in place", "alias", "b[:] = v"),
    ),
    Program(
        branch_alias,
        lambda: (np.array([0.8, 0.9, -0.3, 1.1]), True),
        complex_step=True,
        features=("view or copy by branch", "module constant array", "conditional expression"),
    ),
    Program(
        branch_alias,
        lambda: (np.array([0.8, 0.9, -0.3, 1.1]), False),
        features=("view or copy by branch", "module constant array", "conditional expression"),
    ),
)
