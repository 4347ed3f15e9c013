"""Inheritance, static and class methods, and objects that are called."""

import math
from abc import ABC, abstractmethod

import numpy as np

from tests.written.program import Program


class Shape(ABC):
    """A shape with an area and a perimeter."""

    @abstractmethod
    def area(self):
        """Area."""

    @abstractmethod
    def perimeter(self):
        """Perimeter."""

    def compactness(self):
        """Isoperimetric ratio."""
        return 4.0 * math.pi * self.area() / self.perimeter() ** 2


class Ellipse(Shape):
    """An ellipse."""

    def __init__(self, a, b):
        self.a, self.b = a, b

    def area(self):
        return math.pi * self.a * self.b

    def perimeter(self):
        a, b = self.a, self.b
        return math.pi * (3.0 * (a + b) - math.sqrt((3.0 * a + b) * (a + 3.0 * b)))


class Rectangle(Shape):
    """A rectangle."""

    def __init__(self, width, height):
        self.width = width
        self.height = height

    def area(self):
        return self.width * self.height

    def perimeter(self):
        return 2.0 * (self.width + self.height)


class Square(Rectangle):
    """A rectangle with equal sides."""

    def __init__(self, side):
        super().__init__(side, side)

    def perimeter(self):
        return 0.9 * super().perimeter()


def total_compactness(a, b):
    """Sum of compactness and areas of several shapes."""
    shapes = [Ellipse(a, b), Rectangle(a, 2.0 * b), Square(b)]
    return sum(s.compactness() for s in shapes) + shapes[-1].area()


class Process:
    """A random process stepped with given shocks."""

    def __init__(self, start, vol):
        self.level = start
        self.vol = vol

    def drift(self):
        """Drift at the present level."""
        return 0.0

    def diffusion(self):
        """Volatility at the present level."""
        return self.vol

    def run(self, shocks, dt=0.1):
        """Level after all shocks."""
        for z in shocks:
            self.level += self.drift() * dt + self.diffusion() * math.sqrt(dt) * z
        return self.level


class Vasicek(Process):
    """A process that reverts to its mean."""

    def __init__(self, start, vol, speed, mean):
        super().__init__(start, vol)
        self.speed = speed
        self.mean = mean

    def drift(self):
        return self.speed * (self.mean - self.level)


class SquareRoot(Vasicek):
    """A mean-reverting process whose volatility grows with the root of its level."""

    def diffusion(self):
        return self.vol * math.sqrt(self.level)


def rate_scenarios(start, vol, speed):
    """Product of the final levels of three processes under the same shocks."""
    shocks = (0.5, -0.8, 0.3, 1.1)
    product = 1.0
    for process in (
        Process(start, vol),
        Vasicek(start, vol, speed, 0.6),
        SquareRoot(start, vol, speed=speed, mean=0.6),
    ):
        product *= process.run(shocks)
    return product


class Units:
    """Conversions and constructors of temperatures."""

    zero = 2.7315

    def __init__(self, kelvin):
        self.kelvin = kelvin

    @classmethod
    def from_celsius(cls, celsius):
        """A temperature from hundreds of degrees Celsius."""
        return cls(celsius + cls.zero)

    @staticmethod
    def vapour_pressure(kelvin):
        """Pressure by an Antoine-like formula."""
        return math.exp(3.0 - 5.0 / kelvin)

    def pressure(self):
        """Vapour pressure at this temperature."""
        return self.vapour_pressure(self.kelvin)


def evaporation(celsius, humidity):
    """Evaporation by vapour pressure deficit."""
    air = Units.from_celsius(celsius)
    surface = Units.from_celsius(0.9 * celsius)
    return surface.pressure() - humidity * air.pressure() + Units.vapour_pressure(3.0)


class Spline:
    """A piecewise cubic Hermite curve that is called like a function."""

    def __init__(self, knots, values):
        self.knots = knots
        self.values = values

    def __call__(self, x):
        k = 0
        while k < len(self.knots) - 2 and x > self.knots[k + 1]:
            k += 1
        h = self.knots[k + 1] - self.knots[k]
        t = (x - self.knots[k]) / h
        smooth = t * t * (3.0 - 2.0 * t)
        return self.values[k] * (1.0 - smooth) + self.values[k + 1] * smooth


def spline_mean(values, x):
    """Mean of a curve at some points."""
    curve = Spline([0.0, 0.5, 1.2, 2.0], values)
    return (curve(0.2) + curve(x) + curve(1.7)) / 3.0


class Biquad:
    """A second-order filter with memory, called once per sample."""

    def __init__(self, b, a):
        self.b, self.a = b, a
        self.z1 = self.z2 = 0.0

    def __call__(self, x):
        y = self.b[0] * x + self.z1
        self.z1 = self.b[1] * x - self.a[0] * y + self.z2
        self.z2 = self.b[2] * x - self.a[1] * y
        return y


def filtered_energy(signal, b, a):
    """Energy of a signal behind two filters in series."""
    first, second = Biquad(b, a), Biquad(b, [0.5 * c for c in a])
    return sum(second(first(x)) ** 2 for x in signal)


class Activation:
    """An activation with a slope of its own."""

    def __init__(self, beta):
        self.beta = beta

    def __call__(self, z):
        return z / (1.0 + np.exp(-self.beta * z))


class Residual(Activation):
    """An activation with a skip connection."""

    def __call__(self, z):
        return z + super().__call__(z)


def gated_sum(z, beta):
    """Sum of chained activations of an array."""
    chain = [Activation(beta), Residual(0.5 * beta), Activation(1.0)]
    for layer in chain:
        z = layer(z)
    return float(z.sum()) if isinstance(z, float) else z.sum()


class Optimizer:
    """Base of optimizers; each subclass says how it steps."""

    def __init__(self, rate):
        self.rate = rate

    def update(self, slope):
        """Change of the parameter for a slope."""
        raise NotImplementedError

    def minimise(self, x, steps):
        """The parameter after some steps on a quartic."""
        for _ in range(steps):
            x = x + self.update(x**3 - x)
        return x


class Descent(Optimizer):
    """Plain gradient descent."""

    def update(self, slope):
        return -self.rate * slope


class Heavy(Optimizer):
    """Gradient descent with momentum."""

    def __init__(self, rate, beta):
        Optimizer.__init__(self, rate)
        self.beta = beta
        self.velocity = 0.0

    def update(self, slope):
        self.velocity = self.beta * self.velocity - self.rate * slope
        return self.velocity


def optimizer_gap(x, rate, beta):
    """Difference between the results of two optimizers."""
    return Heavy(rate, beta).minimise(x, 6) - Descent(rate).minimise(x, 6)


class Instrument:
    """A traded instrument."""

    kind = "spot"

    def value(self, market):
        """Value in a market."""
        return market["spot"]

    def describe(self):
        """The kind in words."""
        return f"{self.kind} instrument"


class Forward(Instrument):
    """A forward contract."""

    kind = "forward"

    def __init__(self, strike, years):
        self.strike = strike
        self.years = years

    def value(self, market):
        return super().value(market) - self.strike * math.exp(-market["rate"] * self.years)


def book_value(market, strike):
    """Value of a book in a market, weighted by kind."""
    book = [(0.5, Instrument()), (2.0, Forward(strike, 1.0)), (-1.0, Forward(0.8, 2.0))]
    total = 0.0
    for amount, instrument in book:
        bonus = 1.1 if instrument.kind == "forward" else 1.0
        total += amount * instrument.value(market) * bonus
    assert book[0][1].describe().startswith("spot")
    return total


class Logged:
    """A mixin that keeps what has been measured."""

    def log(self, value):
        """Keep a value."""
        if not hasattr(self, "entries"):
            self.entries = []
        self.entries.append(value)
        return value


class Sensor:
    """A sensor with a gain."""

    def __init__(self, gain):
        self.gain = gain

    def read(self, x):
        """Reading for an input."""
        return math.tanh(self.gain * x)


class LoggedSensor(Logged, Sensor):
    """A sensor that keeps its readings."""

    def read(self, x):
        return self.log(super().read(x))


def sensor_spread(gain, inputs):
    """Spread of the readings that a sensor has kept."""
    sensor = LoggedSensor(gain)
    for x in inputs:
        sensor.read(x)
    mean = sum(sensor.entries) / len(sensor.entries)
    return sum((e - mean) ** 2 for e in sensor.entries) + mean


PROGRAMS = (
    Program(
        total_compactness,
        lambda: (1.2, 0.7),
        (0, 1),
        features=("inheritance", "super", "abstract class", "sum of generator", "list of objects"),
    ),
    Program(
        rate_scenarios,
        lambda: (0.5, 0.2, 0.8),
        (0, 1, 2),
        features=("inheritance", "overridden method", "super", "tuple of objects in for"),
    ),
    Program(
        evaporation,
        lambda: (0.8, 0.6),
        (0, 1),
        features=("classmethod", "staticmethod", "class attribute"),
    ),
    Program(
        spline_mean,
        lambda: ([0.3, 1.1, 0.6, 0.9], 0.9),
        (0, 1),
        features=("__call__", "while", "and/or", "list attribute"),
    ),
    Program(
        filtered_energy,
        lambda: (np.array([1.0, 0.5, -0.3, 0.8]), [0.3, 0.4, 0.1], [-0.5, 0.2]),
        (0, 1, 2),
        complex_step=True,
        features=("__call__", "mutable state", "array", "list comprehension", "chained assignment"),
    ),
    Program(
        gated_sum,
        lambda: (np.array([0.5, -1.2, 0.8]), 1.3),
        (0, 1),
        complex_step=True,
        features=("__call__", "inheritance", "super", "array", "isinstance"),
    ),
    Program(
        optimizer_gap,
        lambda: (0.4, 0.2, 0.5),
        (0, 1, 2),
        complex_step=True,
        features=("inheritance", "overridden method", "NotImplementedError", "mutable state"),
    ),
    Program(
        book_value,
        lambda: ({"spot": 1.1, "rate": 0.05}, 0.9),
        (0, 1),
        features=("inheritance", "super", "class attribute", "dict argument", "f-string"),
    ),
    Program(
        sensor_spread,
        lambda: (1.2, [0.5, -0.8, 0.3]),
        (0, 1),
        features=("inheritance", "multiple inheritance", "hasattr", "list attribute"),
    ),
)
