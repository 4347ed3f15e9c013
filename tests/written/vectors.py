"""Small algebra classes with overloaded operators: vectors, quaternions, intervals, polynomials."""

import math

import numpy as np

from tests.written.program import Program


class Vec:
    """A vector in the plane."""

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vec(self.x + other.x, self.y + other.y)

    def __sub__(self, other):
        return Vec(self.x - other.x, self.y - other.y)

    def __mul__(self, factor):
        return Vec(self.x * factor, self.y * factor)

    def __rmul__(self, factor):
        return self * factor

    def __truediv__(self, divisor):
        return Vec(self.x / divisor, self.y / divisor)

    def __neg__(self):
        return Vec(-self.x, -self.y)

    def __abs__(self):
        return math.sqrt(self.x * self.x + self.y * self.y)

    def dot(self, other):
        """Inner product."""
        return self.x * other.x + self.y * other.y


def projectile_range(speed, angle, drag):
    """Horizontal distance of a thrown body with drag after a fixed time."""
    position = Vec(0.0, 0.0)
    velocity = Vec(speed * math.cos(angle), speed * math.sin(angle))
    gravity = Vec(0.0, -1.0)
    for _ in range(10):
        force = gravity - drag * abs(velocity) * velocity
        velocity = velocity + 0.05 * force
        position = position + velocity * 0.05
    return position.x + 0.1 * position.y


def reflected_ray(angle, tilt):
    """Component of a ray along an axis after reflection by a tilted mirror."""
    ray = Vec(math.cos(angle), math.sin(angle))
    normal = Vec(-math.sin(tilt), math.cos(tilt))
    out = ray - 2.0 * ray.dot(normal) * normal
    return (-out).dot(Vec(0.6, 0.8)) / abs(out + normal)


def two_body(mass, speed):
    """Distance of a planet from its star after a few symplectic steps."""
    position, velocity = Vec(1.0, 0.0), Vec(0.0, speed)
    for _ in range(8):
        distance = abs(position)
        velocity += position * (-mass * 0.1 / distance**3)
        position += velocity * 0.1
    return abs(position)


class Quaternion:
    """A quaternion."""

    def __init__(self, w, x, y, z):
        self.w, self.x, self.y, self.z = w, x, y, z

    def __mul__(self, o):
        return Quaternion(
            self.w * o.w - self.x * o.x - self.y * o.y - self.z * o.z,
            self.w * o.x + self.x * o.w + self.y * o.z - self.z * o.y,
            self.w * o.y - self.x * o.z + self.y * o.w + self.z * o.x,
            self.w * o.z + self.x * o.y - self.y * o.x + self.z * o.w,
        )

    def conjugate(self):
        """The inverse turn."""
        return Quaternion(self.w, -self.x, -self.y, -self.z)

    @classmethod
    def about(cls, axis, angle):
        """A turn about an axis."""
        s = math.sin(0.5 * angle)
        return cls(math.cos(0.5 * angle), *(s * a for a in axis))


def turned_height(first, second):
    """Height of a point after two turns about different axes."""
    turn = Quaternion.about((1.0, 0.0, 0.0), first) * Quaternion.about((0.0, 0.6, 0.8), second)
    point = Quaternion(0.0, 0.3, 0.9, -0.4)
    turned = turn * point * turn.conjugate()
    return turned.z + 0.5 * turned.x


class Polynomial:
    """A polynomial with its coefficients in a list, constant first."""

    def __init__(self, coefficients):
        self.coefficients = list(coefficients)

    def __add__(self, other):
        a, b = self.coefficients, other.coefficients
        n = max(len(a), len(b))
        a = a + [0.0] * (n - len(a))
        b = b + [0.0] * (n - len(b))
        return Polynomial([p + q for p, q in zip(a, b)])

    def __mul__(self, other):
        product = [0.0] * (len(self.coefficients) + len(other.coefficients) - 1)
        for i, a in enumerate(self.coefficients):
            for j, b in enumerate(other.coefficients):
                product[i + j] += a * b
        return Polynomial(product)

    def __call__(self, x):
        value = 0.0
        for c in reversed(self.coefficients):
            value = value * x + c
        return value

    def derivative(self):
        """The derivative."""
        return Polynomial([k * c for k, c in enumerate(self.coefficients)][1:])


def polynomial_algebra(a, b, x):
    """Slope of a product and a sum of two polynomials at a point."""
    p, q = Polynomial(a), Polynomial(b)
    return (p * q + q).derivative()(x)


class Uncertain:
    """A value with a standard error that calculations carry along."""

    def __init__(self, value, error=0.0):
        self.value = value
        self.error = error

    def __add__(self, other):
        if not isinstance(other, Uncertain):
            other = Uncertain(other)
        return Uncertain(self.value + other.value, math.hypot(self.error, other.error))

    __radd__ = __add__

    def __mul__(self, other):
        if not isinstance(other, Uncertain):
            return Uncertain(self.value * other, abs(other) * self.error)
        return Uncertain(
            self.value * other.value,
            math.hypot(self.error * other.value, self.value * other.error),
        )

    __rmul__ = __mul__

    def __pow__(self, n):
        return Uncertain(self.value**n, abs(n * self.value ** (n - 1)) * self.error)


def density_error(mass, radius, error):
    """Relative error of a density from a mass and a radius with errors."""
    density = Uncertain(mass, error) * Uncertain(radius, 0.5 * error) ** -3 * 0.2387
    total = 0.5 + density
    return total.error / total.value


class Matrix2:
    """A two-by-two matrix for ray transfer."""

    def __init__(self, a, b, c, d):
        self.entries = (a, b, c, d)

    def __matmul__(self, other):
        a, b, c, d = self.entries
        e, f, g, h = other.entries
        return Matrix2(a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h)

    def __pow__(self, n):
        result = Matrix2(1.0, 0.0, 0.0, 1.0)
        for _ in range(n):
            result = result @ self
        return result

    def trace(self):
        """Sum of the diagonal."""
        return self.entries[0] + self.entries[3]


def resonator_trace(focal, gap):
    """Stability trace of a periodic system of lenses after three periods."""
    lens = Matrix2(1.0, 0.0, -1.0 / focal, 1.0)
    space = Matrix2(1.0, gap, 0.0, 1.0)
    return ((lens @ space) ** 3).trace()


class Dual:
    """A number with a tangent."""

    def __init__(self, value, tangent):
        self.value = value
        self.tangent = tangent

    def __add__(self, other):
        return Dual(self.value + other.value, self.tangent + other.tangent)

    def __mul__(self, other):
        return Dual(
            self.value * other.value, self.value * other.tangent + self.tangent * other.value
        )

    def sin(self):
        """Sine."""
        return Dual(math.sin(self.value), math.cos(self.value) * self.tangent)


def forward_slope(x, k):
    """Slope of x*sin(k*x) + x*x by dual numbers."""
    u = Dual(x, 1.0)
    y = u * (Dual(k, 0.0) * u).sin() + u * u
    return y.tangent


class Field:
    """An array of samples with arithmetic on all of them."""

    def __init__(self, samples):
        self.samples = samples

    def __add__(self, other):
        return Field(self.samples + getattr(other, "samples", other))

    def __sub__(self, other):
        return Field(self.samples - getattr(other, "samples", other))

    def __mul__(self, other):
        return Field(self.samples * getattr(other, "samples", other))

    def laplacian(self):
        """Second difference with periodic ends."""
        return Field(np.roll(self.samples, 1) - 2.0 * self.samples + np.roll(self.samples, -1))

    def norm(self):
        """Root mean square."""
        return np.sqrt(np.mean(self.samples**2))


def reaction_diffusion(samples, rate):
    """Norm of a field after steps of a reaction–diffusion equation."""
    u = Field(samples)
    for _ in range(4):
        u = u + (u.laplacian() * 0.2 + (u - u * u * u) * rate) * 0.5
    return u.norm()


class Portfolio:
    """Holdings by name, with addition and comparison of their values."""

    def __init__(self, holdings):
        self.holdings = holdings

    def __add__(self, other):
        merged = dict(self.holdings)
        for name, amount in other.holdings.items():
            merged[name] = merged.get(name, 0.0) + amount
        return Portfolio(merged)

    def __lt__(self, other):
        return self.value() < other.value()

    def __contains__(self, name):
        return name in self.holdings

    def value(self):
        """Value with diminishing returns by holding."""
        return sum(math.sqrt(amount) for amount in self.holdings.values())


def merged_portfolio(a, b):
    """Value of two merged portfolios and of the smaller one."""
    first = Portfolio({"gold": a, "cash": 0.5})
    second = Portfolio({"cash": b, "land": 2.0})
    smaller = first if first < second else second
    bonus = 0.1 * b if "land" in first + second else 0.0
    return (first + second).value() + 0.5 * smaller.value() + bonus


class LogProb:
    """A probability kept as its logarithm."""

    def __init__(self, log):
        self.log = log

    def __mul__(self, other):
        return LogProb(self.log + other.log)

    def __add__(self, other):
        high, low = (self.log, other.log) if self.log > other.log else (other.log, self.log)
        return LogProb(high + math.log1p(math.exp(low - high)))


def forward_algorithm(stay, emit):
    """Log likelihood of a two-state Markov chain's observations."""
    keep, leave = LogProb(math.log(stay)), LogProb(math.log(1.0 - stay))
    hit, miss = LogProb(math.log(emit)), LogProb(math.log(1.0 - emit))
    a, b = LogProb(math.log(0.5)) * hit, LogProb(math.log(0.5)) * miss
    for observation in (1, 1, 0, 1):
        a, b = a * keep + b * leave, b * keep + a * leave
        if observation:
            a, b = a * hit, b * miss
        else:
            a, b = a * miss, b * hit
    return (a + b).log


PROGRAMS = (
    Program(
        projectile_range,
        lambda: (1.2, 0.8, 0.3),
        (0, 1, 2),
        features=("operator overloading", "__rmul__", "__abs__", "__sub__"),
    ),
    Program(
        reflected_ray,
        lambda: (0.4, 0.9),
        (0, 1),
        features=("operator overloading", "__neg__", "__rmul__", "__truediv__"),
    ),
    Program(
        two_body,
        lambda: (1.1, 0.9),
        (0, 1),
        features=("operator overloading", "augmented assignment of objects", "__abs__"),
    ),
    Program(
        turned_height,
        lambda: (0.7, 1.1),
        (0, 1),
        features=("operator overloading", "classmethod", "call with *", "tuple assignment"),
    ),
    Program(
        polynomial_algebra,
        lambda: ([0.5, 1.0, -0.3], [0.8, -0.4], 0.9),
        (0, 1, 2),
        complex_step=True,
        features=(
            "operator overloading",
            "__call__",
            "list attribute",
            "list item assignment",
            "list repetition",
        ),
    ),
    Program(
        density_error,
        lambda: (1.3, 0.8, 0.1),
        (0, 1, 2),
        features=("operator overloading", "__radd__", "__pow__", "isinstance", "operator alias"),
    ),
    Program(
        resonator_trace,
        lambda: (0.9, 0.5),
        (0, 1),
        complex_step=True,
        features=("operator overloading", "__matmul__", "__pow__", "tuple attribute"),
    ),
    Program(forward_slope, lambda: (0.8, 1.4), (0, 1), features=("operator overloading", "method")),
    Program(
        reaction_diffusion,
        lambda: (np.array([0.5, 1.0, -0.3, 0.8, 0.2]), 0.6),
        (0, 1),
        complex_step=True,
        features=("operator overloading", "getattr", "array", "np.roll"),
    ),
    Program(
        merged_portfolio,
        lambda: (1.2, 0.7),
        (0, 1),
        features=("operator overloading", "__lt__", "__contains__", "dict get", "dict items"),
    ),
    Program(
        forward_algorithm,
        lambda: (0.7, 0.8),
        (0, 1),
        features=(
            "operator overloading",
            "conditional expression",
            "tuple assignment",
            "sequence model",
        ),
    ),
)
