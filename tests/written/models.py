"""Classes that hold a model's parameters and state, with methods and properties."""

import math
from dataclasses import dataclass, field

import numpy as np

from tests.written.program import Program


class Cell:
    """A battery cell with a charge and an internal resistance."""

    def __init__(self, capacity, resistance):
        self.capacity = capacity
        self.resistance = resistance
        self.charge = 0.5 * capacity

    @property
    def open_voltage(self):
        """Voltage without a load."""
        return 3.0 + 1.2 * self.charge / self.capacity

    def draw(self, current, hours):
        """Voltage under a load that is drawn for some hours."""
        self.charge -= current * hours
        return self.open_voltage - current * self.resistance


def battery_run(capacity, resistance, currents):
    """Energy delivered by a cell over a load profile."""
    cell = Cell(capacity, resistance)
    energy = 0.0
    for current in currents:
        energy += cell.draw(current, 0.1) * current * 0.1
    return energy


class Welford:
    """Running mean and variance."""

    def __init__(self):
        self.n = 0
        self.mean = 0.0
        self.m2 = 0.0

    def add(self, x):
        """Take one sample in."""
        self.n += 1
        delta = x - self.mean
        self.mean += delta / self.n
        self.m2 += delta * (x - self.mean)

    @property
    def variance(self):
        """Sample variance."""
        return self.m2 / (self.n - 1)


def running_variance(samples):
    """Coefficient of variation of samples by Welford's method."""
    stats = Welford()
    for s in samples:
        stats.add(s)
    return math.sqrt(stats.variance) / stats.mean


class Layer:
    """A dense layer with its own activation."""

    def __init__(self, weight, bias, activation=np.tanh):
        self.weight = weight
        self.bias = bias
        self.activation = activation

    def forward(self, x):
        """Output of the layer."""
        return self.activation(self.weight @ x + self.bias)


class Network:
    """A chain of layers."""

    def __init__(self, layers):
        self.layers = layers

    def forward(self, x):
        """Output of the last layer."""
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def loss(self, x, target):
        """Half the squared error."""
        return 0.5 * np.sum((self.forward(x) - target) ** 2)


def network_loss(w1, b1, w2, b2):
    """Loss of a network of two layers."""
    net = Network([Layer(w1, b1), Layer(w2, b2, activation=lambda z: z)])
    return net.loss(np.array([0.5, -0.8]), np.array([0.3]))


class Particle:
    """A particle with position and velocity on a spring."""

    def __init__(self, x, v):
        self.x = x
        self.v = v

    def kick(self, stiffness, dt):
        """Change of velocity."""
        self.v -= stiffness * self.x * dt

    def drift(self, dt):
        """Change of position."""
        self.x += self.v * dt


def leapfrog(x, v, stiffness):
    """Position product of two particles after leapfrog steps."""
    particles = [Particle(x, v), Particle(-0.5 * x, 0.3)]
    for _ in range(5):
        for p in particles:
            p.kick(stiffness, 0.1)
            p.drift(0.2)
            p.kick(stiffness, 0.1)
    first, second = particles
    return first.x * second.x + first.v**2


@dataclass
class Pool:
    """A liquidity pool of two assets with a constant product."""

    base: float
    quote: float
    fee: float = 0.003
    history: list = field(default_factory=list)

    @property
    def price(self):
        """Quote per base."""
        return self.quote / self.base

    def swap(self, amount):
        """Quote received for an amount of base."""
        taken = amount * (1.0 - self.fee)
        out = self.quote * taken / (self.base + taken)
        self.base += amount
        self.quote -= out
        self.history.append(self.price)
        return out


def traded_value(base, quote, amount):
    """Value of swaps against a pool, less its drop in price."""
    pool = Pool(base, quote, fee=0.01)
    before = pool.price
    received = pool.swap(amount) + pool.swap(0.5 * amount)
    return received + (before - pool.history[-1]) * len(pool.history)


class Account:
    """A savings account."""

    opened = 0
    rate = 0.03

    def __init__(self, balance):
        self.balance = balance

    def deposit(self, amount):
        """Add an amount; gives the account back for chaining."""
        self.balance += amount
        return self

    def year(self, rate=None):
        """Add a year's interest."""
        if rate is None:
            rate = self.rate
        self.balance *= 1.0 + rate
        return self


def chained_account(start, extra, rate):
    """Balance after chained calls, by the class's rate and by one of its own."""
    account = Account(start).deposit(extra).year().year(rate)
    account.deposit(-0.1).year()
    return account.balance**2


class Pendulum:
    """A pendulum that keeps its own state and parameters in attributes."""

    def __init__(self, length, angle, damping=0.1):
        self.length, self.angle, self.damping = length, angle, damping
        self.speed = 0.0

    def acceleration(self):
        """Angular acceleration."""
        return -9.81 / self.length * math.sin(self.angle) - self.damping * self.speed

    def step(self, dt):
        """One semi-implicit step."""
        self.speed += dt * self.acceleration()
        self.angle += dt * self.speed

    def energy(self):
        """Mechanical energy by mass."""
        height = self.length * (1.0 - math.cos(self.angle))
        return 9.81 * height + 0.5 * (self.length * self.speed) ** 2


def pendulum_loss(length, angle):
    """Energy a pendulum has lost after half a swing."""
    pendulum = Pendulum(length, angle)
    start = pendulum.energy()
    for _ in range(15):
        pendulum.step(0.03)
    return start - pendulum.energy()


class Thermostat:
    """A heated room with a setter that keeps its target in range."""

    def __init__(self, target):
        self._target = 0.0
        self.target = target
        self.temperature = 0.2

    @property
    def target(self):
        """The temperature aimed at."""
        return self._target

    @target.setter
    def target(self, value):
        self._target = value if value < 2.0 else 2.0

    def step(self, gain):
        """One step towards the target."""
        self.temperature += gain * (self.target - self.temperature)


def room_error(target, gain):
    """Sum of squared errors while a room heats up, the target raised midway."""
    room = Thermostat(target)
    total = 0.0
    for k in range(6):
        room.step(gain)
        if k == 2:
            room.target = room.target * 1.1
        total += (room.target - room.temperature) ** 2
    return total


class Queue:
    """A fluid queue whose methods call one another."""

    def __init__(self, service):
        self.service = service
        self.level = 0.0
        self.lost = 0.0

    def arrive(self, work):
        """Work arrives; what is beyond the limit is lost."""
        self.level += work
        self._overflow(1.5)

    def _overflow(self, limit):
        if self.level > limit:
            self.lost += self.level - limit
            self.level = limit

    def serve(self):
        """Serve for one slot."""
        self.level = max(self.level - self.service, 0.0)


def fluid_loss(service, work):
    """Work lost and left over in a fluid queue."""
    queue = Queue(service)
    for w in work:
        queue.arrive(w)
        queue.serve()
    return queue.lost + 0.5 * queue.level**2


class GaussianMixture:
    """A mixture of normal densities, its parameters arrays in attributes."""

    def __init__(self, weights, means, scales):
        self.weights = weights / weights.sum()
        self.means = means
        self.scales = scales

    def density(self, x):
        """Density at a point."""
        z = (x - self.means) / self.scales
        return np.sum(self.weights * np.exp(-0.5 * z**2) / (self.scales * np.sqrt(2.0 * np.pi)))

    def log_likelihood(self, data):
        """Log likelihood of data."""
        return sum(np.log(self.density(x)) for x in data)


def mixture_fit(weights, means, scales):
    """Log likelihood by sample of three samples under a mixture."""
    model = GaussianMixture(weights, means, scales)
    return model.log_likelihood([0.2, 1.5, -0.4]) / 3


class Grid:
    """A one-dimensional grid that diffuses in place."""

    def __init__(self, values):
        self.values = values.copy()

    def __len__(self):
        return len(self.values)

    def __getitem__(self, i):
        return self.values[i % len(self.values)]

    def diffuse(self, alpha):
        """One explicit step with periodic ends."""
        new = np.zeros(len(self))
        for i in range(len(self)):
            new[i] = self[i] + alpha * (self[i - 1] - 2.0 * self[i] + self[i + 1])
        self.values = new


def periodic_diffusion(values, alpha):
    """A quadratic form of a profile that has diffused on a ring."""
    grid = Grid(values)
    for _ in range(3):
        grid.diffuse(alpha)
    return sum(grid[i] * grid[i + 1] for i in range(len(grid)))


@dataclass(frozen=True)
class Lens:
    """A thin lens."""

    focal: float
    position: float

    def image(self, distance):
        """Distance of the image behind the lens."""
        return 1.0 / (1.0 / self.focal - 1.0 / distance)

    def magnification(self, distance):
        """Lateral magnification."""
        return -self.image(distance) / distance


def two_lens_magnification(first, second, distance):
    """Magnification of two lenses given as objects."""
    gap = second.position - first.position
    between = first.image(distance)
    return first.magnification(distance) * second.magnification(gap - between)


PROGRAMS = (
    Program(
        battery_run,
        lambda: (2.0, 0.3, [0.5, 1.0, 0.2]),
        (0, 1, 2),
        complex_step=True,
        features=("class", "property", "attribute assignment", "method"),
    ),
    Program(
        running_variance,
        lambda: ([0.5, 1.2, 0.8, 1.7],),
        features=("class", "property", "attribute augmented assignment", "counter"),
    ),
    Program(
        network_loss,
        lambda: (
            np.array([[0.5, -0.3], [0.8, 0.2]]),
            np.array([0.1, -0.2]),
            np.array([[0.7, -0.9]]),
            np.array([0.05]),
        ),
        (0, 1, 2, 3),
        complex_step=True,
        features=(
            "class",
            "list of objects",
            "function in attribute",
            "array",
            "matmul",
            "default argument",
        ),
    ),
    Program(
        leapfrog,
        lambda: (0.9, 0.2, 1.3),
        (0, 1, 2),
        complex_step=True,
        features=("class", "list of objects", "attribute augmented assignment", "method"),
    ),
    Program(
        traded_value,
        lambda: (2.0, 3.0, 0.4),
        (0, 1, 2),
        complex_step=True,
        features=("dataclass with methods", "property", "list attribute", "default_factory"),
    ),
    Program(
        chained_account,
        lambda: (1.0, 0.4, 0.05),
        (0, 1, 2),
        complex_step=True,
        features=("class", "class attribute", "return self", "is None"),
    ),
    Program(
        pendulum_loss,
        lambda: (0.8, 0.9),
        (0, 1),
        features=("class", "method calls method", "tuple assignment", "default argument"),
    ),
    Program(
        room_error,
        lambda: (1.1, 0.3),
        (0, 1),
        features=("class", "property", "property setter", "conditional expression"),
    ),
    Program(
        fluid_loss,
        lambda: (0.6, [0.9, 0.8, 1.1, 0.3]),
        (0, 1),
        features=("class", "method calls method", "max", "attribute augmented assignment"),
    ),
    Program(
        mixture_fit,
        lambda: (np.array([0.4, 0.8]), np.array([0.1, 1.2]), np.array([0.5, 0.9])),
        (0, 1, 2),
        complex_step=True,
        features=("class", "array", "array attribute", "sum of generator", "iteration over array"),
    ),
    Program(
        periodic_diffusion,
        lambda: (np.array([0.5, 1.0, -0.3, 0.8]), 0.2),
        (0, 1),
        features=("class", "__getitem__", "__len__", "array", "item assignment"),
    ),
    Program(
        two_lens_magnification,
        lambda: (Lens(0.5, 0.0), Lens(0.8, 2.2), 1.5),
        (0, 1, 2),
        complex_step=True,
        features=("dataclass argument", "frozen dataclass", "dataclass with methods"),
    ),
)
