"""Energy of a pendulum after n steps of symplectic Euler."""

import math

WRT = ("theta", "omega")

EXAMPLES = [
    (0.5, 0.0, 0.1, 20),
    (-2.5, 1.3, 0.05, 40),
    (3.0, 0.2, 0.2, 7),
    (1.0, -0.4, 0.1, 0),
]


def pendulum(theta: float, omega: float, dt: float, n: int) -> float:
    for _ in range(n):
        omega = omega - dt * math.sin(theta)
        theta = theta + dt * omega
    return 0.5 * omega * omega - math.cos(theta)


def pendulum_grad(theta: float, omega: float, dt: float, n: int) -> tuple[float, float]:
    theta_saved = []
    for _ in range(n):
        theta_saved.append(theta)
        omega = omega - dt * math.sin(theta)
        theta = theta + dt * omega

    # return 0.5 * omega * omega - math.cos(theta)
    omega_bar = omega
    theta_bar = math.sin(theta)
    for theta in reversed(theta_saved):
        # theta = theta + dt * omega
        omega_bar += dt * theta_bar
        # omega = omega - dt * math.sin(theta)
        theta_bar -= dt * omega_bar * math.cos(theta)
    return theta_bar, omega_bar
