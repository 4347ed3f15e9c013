"""Physical constants and formulas that programs in other modules use."""

import math

import numpy as np

GRAVITY = 9.81
GAS_CONSTANT = 8.314
LAYERS = ((0.3, 1.1), (0.7, 1.4), (0.2, 1.0))


def terminal_speed(mass, area, density=1.2, drag=0.5):
    """Speed at which drag balances weight."""
    return math.sqrt(2.0 * mass * GRAVITY / (density * area * drag))


def arrhenius(prefactor, energy, temperature):
    """Rate of a reaction at a temperature."""
    return prefactor * math.exp(-energy / (GAS_CONSTANT * temperature))


def snell(angle, n1, n2):
    """Angle behind an interface; total reflection is an error."""
    s = n1 / n2 * math.sin(angle)
    if abs(s) > 1.0:
        raise ValueError("total reflection")
    return math.asin(s)


def rotation_matrix(angle):
    """Matrix of a turn in the plane."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s], [s, c]])


class Spring:
    """A spring with a cubic part."""

    def __init__(self, stiffness, cubic=0.0):
        self.stiffness = stiffness
        self.cubic = cubic

    def force(self, x):
        """Restoring force."""
        return -self.stiffness * x - self.cubic * x**3
