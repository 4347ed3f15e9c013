"""Programs that step fields and waves in time with slices, stencils and two buffers."""

import numpy as np

from tests.written.program import Program

TOPOGRAPHY = np.array([0.0, 0.1, 0.3, 0.3, 0.1, 0.0, 0.0])


def heat_explicit(initial, diffusivity):
    """The heat left in a rod after explicit steps with two buffers swapped."""
    u = initial.copy()
    v = u.copy()
    for _ in range(8):
        v[1:-1] = u[1:-1] + diffusivity * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        u, v = v, u
    return np.sum(u**2)


def heat_by_items(initial, conductivity, boundary):
    """The mean temperature of a rod whose items are updated one by one in two buffers."""
    n = len(initial)
    old = initial.copy()
    new = np.zeros(n)
    for step in range(6):
        new[0] = boundary * np.exp(-0.2 * step)
        for i in range(1, n - 1):
            left = conductivity[i - 1] * (old[i] - old[i - 1])
            right = conductivity[i] * (old[i + 1] - old[i])
            new[i] = old[i] + 0.3 * (right - left)
        new[n - 1] = new[n - 2]
        old, new = new, old
    return np.mean(old) + old[2] ** 2


def wave_string(shape, speed):
    """The energy of a string after leapfrog steps over three rotating buffers."""
    past = shape.copy()
    now = shape.copy()
    future = np.zeros_like(shape)
    c2 = (0.5 * speed) ** 2
    for _ in range(7):
        future[1:-1] = 2.0 * now[1:-1] - past[1:-1] + c2 * (now[2:] - 2.0 * now[1:-1] + now[:-2])
        past, now, future = now, future, past
    return np.sum((now - past) ** 2) + 0.1 * np.sum(np.diff(now) ** 2)


def lax_friedrichs(height, momentum, dt):
    """The depth at the wall after Lax-Friedrichs steps of the shallow water equations."""
    h = height.copy()
    q = momentum.copy()
    for _ in range(5):
        flux = q**2 / h + 0.5 * h**2
        h_new = h.copy()
        q_new = q.copy()
        h_new[1:-1] = 0.5 * (h[:-2] + h[2:]) - 0.5 * dt * (q[2:] - q[:-2])
        q_new[1:-1] = 0.5 * (q[:-2] + q[2:]) - 0.5 * dt * (flux[2:] - flux[:-2])
        h_new[0], h_new[-1] = h_new[1], h_new[-2]
        q_new[0], q_new[-1] = -q_new[1], -q_new[-2]
        h, q = h_new, q_new
    return h[-1] + np.sum(q**2) + 0.1 * np.sum(h * TOPOGRAPHY)


def upwind_burgers(profile, viscosity):
    """The total variation-like energy of a Burgers profile, upwinded in place from the right."""
    u = profile.copy()
    dt = 0.1
    for _ in range(6):
        for i in range(len(u) - 2, 0, -1):
            convection = u[i] * (u[i] - u[i - 1])
            diffusion = viscosity * (u[i + 1] - 2.0 * u[i] + u[i - 1])
            u[i] += dt * (diffusion - convection)
    return np.sum((u[1:] - u[:-1]) ** 2)


def gray_scott(u0, v0, feed, kill):
    """The reaction product of a Gray-Scott system on a ring written in place."""
    u = u0.copy()
    v = v0.copy()
    for _ in range(6):
        lap_u = np.roll(u, 1) + np.roll(u, -1) - 2.0 * u
        lap_v = np.roll(v, 1) + np.roll(v, -1) - 2.0 * v
        reaction = u * v * v
        u += 0.2 * lap_u - reaction + feed * (1.0 - u)
        v += 0.1 * lap_v + reaction - (feed + kill) * v
    return np.sum(u * v) + v[0] ** 2


def soft_life(grid, sharpness):
    """The population after generations of a smooth game of life on a padded array."""
    cells = grid.copy()
    n, m = cells.shape
    for _ in range(2):
        padded = np.zeros((n + 2, m + 2))
        padded[1:-1, 1:-1] = cells
        neighbors = np.zeros_like(cells)
        for di in (0, 1, 2):
            for dj in (0, 1, 2):
                if di == 1 and dj == 1:
                    continue
                neighbors += padded[di : di + n, dj : dj + m]
        birth = np.exp(-sharpness * (neighbors - 2.5 - 0.5 * (1.0 - cells)) ** 2)
        cells[:, :] = birth
    return np.sum(cells)


def laplace_sor(top, omega):
    """The potential at the middle of a plate after successive over-relaxation in place."""
    n = len(top)
    phi = np.zeros((n, n))
    phi[0, :] = top
    phi[:, -1] = 0.5 * top[-1]
    for _ in range(4):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                average = 0.25 * (phi[i - 1, j] + phi[i + 1, j] + phi[i, j - 1] + phi[i, j + 1])
                phi[i, j] = (1.0 - omega) * phi[i, j] + omega * average
    return phi[n // 2, n // 2] + phi[1, 1] ** 2


def crank_nicolson(initial, ratio):
    """The energy of a rod after Crank-Nicolson steps with an in-place tridiagonal solve."""
    u = initial.copy()
    n = u.size
    for _ in range(4):
        rhs = u.copy()
        rhs[1:-1] += 0.5 * ratio * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        upper = np.zeros(n)
        for i in range(1, n - 1):
            pivot = 1.0 + ratio + 0.5 * ratio * upper[i - 1]
            upper[i] = -0.5 * ratio / pivot
            rhs[i] = (rhs[i] + 0.5 * ratio * rhs[i - 1]) / pivot
        for i in range(n - 2, 0, -1):
            rhs[i] -= upper[i] * rhs[i + 1]
        u = rhs
    return np.sum(u**2)


def black_scholes_grid(sigma, rate):
    """The value of a put on an explicit grid stepped backwards with a floor."""
    prices = np.linspace(0.0, 2.0, 9)
    values = np.maximum(1.03 - prices, 0.0)
    index = np.arange(1, 8)
    dt = 0.05
    for step in range(8):
        inner = values[1:-1] + dt * (
            0.5 * sigma**2 * index**2 * (values[2:] - 2.0 * values[1:-1] + values[:-2])
            + 0.5 * rate * index * (values[2:] - values[:-2])
            - rate * values[1:-1]
        )
        values[1:-1] = inner
        values[0] = 1.03 * np.exp(-rate * dt * (step + 1))
    return values[4] + values[5]


def traffic_cellular(density, limit):
    """The flow through a road of cells with supply and demand limits, in place."""
    rho = density.copy()
    flow_out = 0.0
    for _ in range(5):
        demand = np.minimum(rho * limit, 0.31)
        supply = np.minimum(0.37, 0.8 * (1.0 - rho))
        flow = np.minimum(demand[:-1], supply[1:])
        rho[:-1] -= 0.4 * flow
        rho[1:] += 0.4 * flow
        flow_out += 0.4 * demand[-1]
        rho[-1] -= 0.4 * demand[-1]
    return flow_out + np.sum(rho**2)


def epidemic_compartments(beta, gamma, seed):
    """The peak-weighted history of an epidemic in age groups, filled into a 3-D array."""
    contacts = np.array([[1.0, 0.3], [0.3, 0.6]])
    history = np.zeros((9, 3, 2))
    history[0, 0] = 1.0 - seed
    history[0, 1] = seed
    for t in range(8):
        s, i, _ = history[t]
        new = beta * s * (contacts @ i)
        cured = gamma * i
        history[t + 1, 0] = s - new
        history[t + 1, 1] = i + new - cured
        history[t + 1, 2] = history[t, 2] + cured
    return np.sum(history[:, 1] ** 2) + history[-1, 2, 0]


def yee_pulse(permittivity, courant):
    """The energy absorbed by a slab from a pulse on a staggered grid in place."""
    n = permittivity.size
    electric = np.zeros(n)
    magnetic = np.zeros(n - 1)
    absorbed = 0.0
    for step in range(9):
        magnetic += courant * (electric[1:] - electric[:-1])
        electric[1:-1] += courant * (magnetic[1:] - magnetic[:-1]) / permittivity[1:-1]
        electric[1] += np.exp(-((step - 3.0) ** 2) / 4.0)
        absorbed += electric[n // 2] ** 2
    return absorbed + np.sum(permittivity * electric**2)


PROGRAMS = (
    Program(
        heat_explicit,
        lambda: (np.array([0.0, 0.4, 1.0, 0.7, 0.2, 0.1]), 0.3),
        wrt=(0, 1),
        features=("double buffering", "slice write", "time loop", "stencil"),
    ),
    Program(
        heat_by_items,
        lambda: (np.array([0.2, 0.4, 1.0, 0.7, 0.3]), np.array([0.5, 0.9, 0.6, 0.8]), 1.2),
        wrt=(0, 1, 2),
        features=("double buffering", "a[i] = v", "time loop"),
    ),
    Program(
        wave_string,
        lambda: (np.array([0.0, 0.3, 0.8, 1.0, 0.5, 0.2, 0.0]), 1.4),
        wrt=(0, 1),
        features=("rotating buffers", "slice write", "zeros_like", "wave equation"),
    ),
    Program(
        lax_friedrichs,
        lambda: (
            np.array([1.0, 1.1, 1.4, 1.3, 1.0, 0.9, 0.9]),
            np.array([0.1, 0.1, 0.2, 0.3, 0.1, 0.0, 0.05]),
            0.3,
        ),
        wrt=(0, 1, 2),
        features=("slice write", "tuple of item writes", "module constant array"),
    ),
    Program(
        upwind_burgers,
        lambda: (np.array([1.0, 0.9, 0.6, 0.3, 0.2]), 0.4),
        wrt=(0, 1),
        features=("a[i] += v", "reverse loop", "read after write"),
    ),
    Program(
        gray_scott,
        lambda: (np.array([0.9, 0.6, 0.8, 0.7]), np.array([0.2, 0.5, 0.3, 0.1]), 0.05, 0.06),
        wrt=(0, 1, 2, 3),
        features=("whole-array +=", "np.roll", "time loop"),
    ),
    Program(
        soft_life,
        lambda: (np.array([[0.9, 0.2, 0.7], [0.1, 0.8, 0.6], [0.5, 0.9, 0.3]]), 0.6),
        wrt=(0, 1),
        features=("slice write 2-D", "continue", "whole-array +=", "stencil"),
    ),
    Program(
        laplace_sor,
        lambda: (np.array([0.5, 1.0, 0.8, 0.3]), 1.3),
        wrt=(0, 1),
        features=("a[i, j] = v", "row assignment", "SOR", "a[:, j] = v"),
    ),
    Program(
        crank_nicolson,
        lambda: (np.array([0.0, 0.4, 1.0, 0.7, 0.2, 0.1]), 0.8),
        wrt=(0, 1),
        features=("Thomas algorithm", "slice +=", "a[i] = v", "reverse loop"),
    ),
    Program(
        black_scholes_grid,
        lambda: (0.35, 0.05),
        wrt=(0, 1),
        features=("slice write", "a[0] = v", "time loop", "linspace"),
    ),
    Program(
        traffic_cellular,
        lambda: (np.array([0.7, 0.5, 0.55, 0.2, 0.3]), 0.8),
        wrt=(0, 1),
        features=("slice -=", "slice +=", "overlapping slices", "np.minimum"),
    ),
    Program(
        epidemic_compartments,
        lambda: (0.9, 0.3, np.array([0.02, 0.05])),
        wrt=(0, 1, 2),
        features=("3-D array filled", "unpacking an array", "row assignment"),
    ),
    Program(
        yee_pulse,
        lambda: (np.array([1.0, 1.0, 1.0, 2.5, 2.2, 1.0, 1.3]), 0.6),
        wrt=(0, 1),
        features=("slice +=", "whole-array +=", "a[i] += v", "time loop"),
    ),
)
