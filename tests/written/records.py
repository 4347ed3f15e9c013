"""Programs on namedtuples, dataclasses and objects whose attributes are written."""

import math
from collections import namedtuple
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from tests.written.program import Program

Ray = namedtuple("Ray", ["height", "angle"])
Gaussian = namedtuple("Gaussian", "mean variance")


class Vector(NamedTuple):
    """A vector in the plane."""

    x: float
    y: float


class Contract(NamedTuple):
    """An option with its market."""

    spot: float
    strike: float
    rate: float
    sigma: float
    expiry: float


@dataclass
class Cart:
    """A cart on a rail with a spring."""

    x: float
    v: float
    mass: float = 1.0


@dataclass(frozen=True)
class Lens:
    """A thin lens followed by a gap."""

    focal: float
    gap: float


@dataclass(frozen=True)
class Layer:
    """Weights and offsets of a layer and the name of its activation."""

    weights: np.ndarray
    offsets: np.ndarray
    activation: str


@dataclass
class Tank:
    """A tank with a level, an area and a log of levels."""

    level: float
    area: float
    log: list = field(default_factory=list)


@dataclass
class Body:
    """A body with position and velocity arrays."""

    mass: float
    position: np.ndarray
    velocity: np.ndarray


class Pid:
    """A controller with proportional, integral and derivative gains."""

    def __init__(self, kp, ki, kd):
        self.kp = kp
        self.ki = ki
        self.kd = kd
        self.integral = 0.0
        self.previous = None

    def act(self, error, dt):
        """The control for an error."""
        self.integral += error * dt
        slope = 0.0
        if self.previous is not None:
            slope = (error - self.previous) / dt
        self.previous = error
        return self.kp * error + self.ki * self.integral + self.kd * slope


class RunningMoments:
    """Mean and variance of a stream by Welford's update."""

    def __init__(self):
        self.count = 0
        self.mean = 0.0
        self.m2 = 0.0

    def add(self, value):
        """Takes one more value in."""
        self.count += 1
        delta = value - self.mean
        self.mean += delta / self.count
        self.m2 += delta * (value - self.mean)


def spring_cart(cart, stiffness):
    """The energy of a cart after steps that write its attributes."""
    dt = 0.1
    cart = replace(cart)
    for _ in range(10):
        cart.v += -stiffness * cart.x / cart.mass * dt
        cart.x += cart.v * dt
    return 0.5 * cart.mass * cart.v**2 + 0.5 * stiffness * cart.x**2


def trace_lenses(height, lenses):
    """The height of a paraxial ray behind a list of frozen lenses."""
    ray = Ray(height, 0.05)
    for lens in lenses:
        ray = ray._replace(angle=ray.angle - ray.height / lens.focal)
        ray = Ray(height=ray.height + lens.gap * ray.angle, angle=ray.angle)
    return ray.height**2 + ray.angle


def black_scholes_call(contract):
    """The price of a call whose contract is a namedtuple, unpacked by position."""
    spot, strike, rate, sigma, expiry = contract
    root = sigma * math.sqrt(expiry)
    d1 = (math.log(spot / strike) + (rate + 0.5 * sigma**2) * expiry) / root
    d2 = d1 - root

    def cdf(z):
        return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))

    return spot * cdf(d1) - strike * math.exp(-rate * expiry) * cdf(d2)


def fuse_sensors(readings, noise):
    """The mean of a prior fused with readings, each belief a namedtuple."""
    belief = Gaussian(mean=0.0, variance=1.0)
    for reading in readings:
        gain = belief.variance / (belief.variance + noise)
        belief = Gaussian(
            belief.mean + gain * (reading - belief.mean), (1.0 - gain) * belief.variance
        )
        belief = belief._replace(variance=belief.variance + 0.05)
    return belief.mean + belief.variance


def triangle_circumradius(a, b, c):
    """The radius of the circle through three namedtuple points."""
    ab = Vector(b.x - a.x, b.y - a.y)
    ac = Vector(c.x - a.x, c.y - a.y)
    bc = Vector(c.x - b.x, c.y - b.y)
    area = 0.5 * abs(ab.x * ac.y - ab.y * ac.x)
    lengths = [math.hypot(side.x, side.y) for side in (ab, ac, bc)]
    return lengths[0] * lengths[1] * lengths[2] / (4.0 * area)


def forward_layers(layers, inputs):
    """The squared output of a list of frozen layers of different shapes."""
    signal = inputs
    for layer in layers:
        signal = layer.weights @ signal + layer.offsets
        if layer.activation == "tanh":
            signal = np.tanh(signal)
        elif layer.activation == "softplus":
            signal = np.log1p(np.exp(signal))
    return np.sum(signal**2)


def coupled_tanks(opening, inflow):
    """The mean level of two tanks in series with logs in their records."""
    upper = Tank(0.5, 1.0)
    lower = Tank(0.2, 1.5)
    dt = 0.2
    for _ in range(8):
        q1 = opening * math.sqrt(upper.level)
        q2 = 0.8 * opening * math.sqrt(lower.level)
        upper.level += dt * (inflow - q1) / upper.area
        lower.level += dt * (q1 - q2) / lower.area
        upper.log.append(upper.level)
        lower.log.append(lower.level)
    return sum(upper.log) / len(upper.log) + 2.0 * sum(lower.log) / len(lower.log)


def two_body_orbit(masses, start):
    """The distance of two bodies with array attributes after leapfrog steps."""
    sun = Body(masses[0], np.zeros(2), np.zeros(2))
    planet = Body(masses[1], start.copy(), np.array([0.0, 1.0]))
    dt = 0.05
    for _ in range(10):
        gap = planet.position - sun.position
        pull = gap / np.sum(gap**2) ** 1.5
        sun.velocity += dt * planet.mass * pull
        planet.velocity -= dt * sun.mass * pull
        for body in (sun, planet):
            body.position += dt * body.velocity
    return np.linalg.norm(planet.position - sun.position)


def pid_tracking(kp, ki, kd):
    """The integrated squared error of a first-order plant under a controller object."""
    controller = Pid(kp, ki, kd)
    y = 0.0
    cost = 0.0
    for _ in range(12):
        error = 1.0 - y
        u = controller.act(error, 0.1)
        y += 0.1 * (u - y)
        cost += 0.1 * error**2
    return cost


def welford_statistics(stream):
    """The coefficient of variation of a stream through an object with running moments."""
    moments = RunningMoments()
    for value in stream:
        moments.add(value)
    return np.sqrt(moments.m2 / (moments.count - 1)) / moments.mean


def runge_kutta_vector(state, steps):
    """The first coordinate of a Van der Pol oscillator by RK4 on a namedtuple."""

    def slope(s):
        return Vector(s.y, 0.8 * (1.0 - s.x**2) * s.y - s.x)

    def moved(s, d, h):
        return Vector(s.x + h * d.x, s.y + h * d.y)

    h = 0.15
    for _ in range(steps):
        k1 = slope(state)
        k2 = slope(moved(state, k1, h / 2))
        k3 = slope(moved(state, k2, h / 2))
        k4 = slope(moved(state, k3, h))
        state = Vector(
            *(s + h / 6 * (a + 2 * b + 2 * c + d) for s, a, b, c, d in zip(state, k1, k2, k3, k4))
        )
    return state.x + 0.3 * state.y


def calibrated_pinhole(focal, points):
    """The image of 3-D points in a pinhole camera, as a namedtuple of sums."""
    image = [Vector(focal * x / z, focal * y / z) for x, y, z in points]
    return Vector(sum(p.x for p in image), sum(p.y**2 for p in image))


def adiabatic_cycle(gas, ratio):
    """The work of a compression and expansion cycle on a dict of frozen states."""
    p, v = gas["p"], gas["v"]
    gamma = 1.4
    corner = {"start": Vector(p, v)}
    corner["squeezed"] = Vector(p * ratio**gamma, v / ratio)
    corner["heated"] = Vector(corner["squeezed"].x * 1.5, corner["squeezed"].y)
    corner["expanded"] = Vector(corner["heated"].x / ratio**gamma, v)
    up = (corner["squeezed"].x * corner["squeezed"].y - p * v) / (gamma - 1.0)
    down = (
        corner["heated"].x * corner["heated"].y - corner["expanded"].x * corner["expanded"].y
    ) / (gamma - 1.0)
    return down - up


PROGRAMS = (
    Program(
        spring_cart,
        lambda: (Cart(1.0, 0.2, 1.5), 2.0),
        wrt=(0, 1),
        complex_step=True,
        features=("dataclass parameter", "attribute writes", "dataclasses.replace"),
    ),
    Program(
        trace_lenses,
        lambda: (0.5, [Lens(1.2, 0.4), Lens(-2.0, 0.7), Lens(0.9, 0.5)]),
        wrt=(0, 1),
        complex_step=True,
        features=("list of frozen dataclasses", "namedtuple local", "_replace"),
    ),
    Program(
        black_scholes_call,
        lambda: (Contract(1.1, 1.0, 0.03, 0.25, 0.75),),
        features=("namedtuple parameter", "unpacking", "closure"),
    ),
    Program(
        fuse_sensors,
        lambda: ([0.7, 0.9, 0.4], 0.3),
        wrt=(0, 1),
        complex_step=True,
        features=("namedtuple local", "_replace", "time loop"),
    ),
    Program(
        triangle_circumradius,
        lambda: (Vector(0.0, 0.1), Vector(1.1, 0.0), Vector(0.4, 0.9)),
        wrt=(0, 1, 2),
        features=("namedtuple parameter", "list comprehension"),
    ),
    Program(
        forward_layers,
        lambda: (
            [
                Layer(np.array([[0.4, -0.3], [0.1, 0.8], [0.5, 0.5]]), np.zeros(3), "tanh"),
                Layer(np.array([[0.6, -0.2, 0.9]]), np.array([0.1]), "softplus"),
            ],
            np.array([0.7, -0.4]),
        ),
        wrt=(0, 1),
        complex_step=True,
        features=("list of frozen dataclasses", "layers of different shapes", "string mode"),
    ),
    Program(
        coupled_tanks,
        lambda: (0.6, 0.5),
        wrt=(0, 1),
        features=("attribute writes", "list attribute", "append then sum"),
    ),
    Program(
        two_body_orbit,
        lambda: ([1.0, 0.1], np.array([1.0, 0.1])),
        wrt=(0, 1),
        features=("dataclass of arrays", "attribute writes", "array +=", "loop over records"),
    ),
    Program(
        pid_tracking,
        lambda: (1.5, 0.8, 0.05),
        wrt=(0, 1, 2),
        complex_step=True,
        features=("object with methods", "attribute writes", "None default"),
    ),
    Program(
        welford_statistics,
        lambda: ([0.9, 1.4, 1.1, 2.0],),
        complex_step=True,
        features=("object with methods", "attribute writes", "running mean"),
    ),
    Program(
        runge_kutta_vector,
        lambda: (Vector(0.8, 0.1), 6),
        complex_step=True,
        features=("namedtuple parameter", "starred call", "zip", "closure"),
    ),
    Program(
        calibrated_pinhole,
        lambda: (1.2, [(0.1, 0.2, 1.0), (0.4, -0.3, 1.5)]),
        wrt=(0, 1),
        complex_step=True,
        features=("result: namedtuple", "list comprehension", "list of tuples"),
    ),
    Program(
        adiabatic_cycle,
        lambda: ({"p": 1.0, "v": 0.8}, 2.5),
        wrt=(0, 1),
        complex_step=True,
        features=("dict of namedtuples", "dict parameter", "dict item assignment"),
    ),
)
