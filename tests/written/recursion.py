"""Functions that call themselves or one another, on numbers."""

import math

import numpy as np

from tests.written.program import Program


def integrand(x, k):
    """A damped wave."""
    return math.exp(-x) * math.cos(k * x)


def simpson(k, a, fa, b, fb, m, fm, whole, tol):
    """One level of adaptive Simpson quadrature."""
    left_m = 0.5 * (a + m)
    right_m = 0.5 * (m + b)
    f_left = integrand(left_m, k)
    f_right = integrand(right_m, k)
    left = (m - a) / 6.0 * (fa + 4.0 * f_left + fm)
    right = (b - m) / 6.0 * (fm + 4.0 * f_right + fb)
    delta = left + right - whole
    if abs(delta) <= 15.0 * tol:
        return left + right + delta / 15.0
    return simpson(k, a, fa, m, fm, left_m, f_left, left, 0.5 * tol) + simpson(
        k, m, fm, b, fb, right_m, f_right, right, 0.5 * tol
    )


def adaptive_simpson(k, b):
    """Integral of a damped wave from zero to b."""
    fa, fb = integrand(0.0, k), integrand(b, k)
    m = 0.5 * b
    fm = integrand(m, k)
    return simpson(k, 0.0, fa, b, fb, m, fm, b / 6.0 * (fa + 4.0 * fm + fb), 1e-6)


def power_by_squaring(base, exponent):
    """An integer power by repeated squaring."""
    if exponent == 0:
        return 1.0
    if exponent < 0:
        return 1.0 / power_by_squaring(base, -exponent)
    half = power_by_squaring(base, exponent // 2)
    if exponent % 2 == 0:
        return half * half
    return half * half * base


def compound_growth(rate, years):
    """Growth over whole years less its inverse over half of them."""
    return power_by_squaring(1.0 + rate, years) - power_by_squaring(1.0 + rate, -(years // 2))


def chebyshev(n, x):
    """Chebyshev polynomial by its two-term recurrence."""
    if n == 0:
        return 1.0
    if n == 1:
        return x
    return 2.0 * x * chebyshev(n - 1, x) - chebyshev(n - 2, x)


def chebyshev_filter(x, ripple):
    """Gain of a Chebyshev filter of fifth order."""
    return 1.0 / math.sqrt(1.0 + (ripple * chebyshev(5, x)) ** 2)


def continued_fraction(x, depth=0, limit=12):
    """tan(x) from Lambert's continued fraction."""
    if depth == limit:
        return 2.0 * depth + 1.0
    tail = continued_fraction(x, depth + 1, limit)
    if depth == 0:
        return x / (1.0 - x * x / tail)
    return 2.0 * depth + 1.0 - x * x / tail


def horner(coefficients, x):
    """A polynomial by recursion on its coefficients, constant first."""
    if not coefficients:
        return 0.0
    return coefficients[0] + x * horner(coefficients[1:], x)


def option_node(spot, strike, up, rate, steps):
    """American put on a binomial tree, by recursion from the root."""
    exercise = strike - spot
    if steps == 0:
        return exercise if exercise > 0.0 else 0.0
    down = 1.0 / up
    p = (1.0 + rate - down) / (up - down)
    hold = (
        p * option_node(spot * up, strike, up, rate, steps - 1)
        + (1.0 - p) * option_node(spot * down, strike, up, rate, steps - 1)
    ) / (1.0 + rate)
    return max(hold, exercise)


def ackermann_like(m, n, x):
    """A doubly recursive growth of small depth."""
    if m == 0:
        return x + 0.5 * n
    if n == 0:
        return ackermann_like(m - 1, 1, x * 0.9)
    return ackermann_like(m - 1, n - 1, math.sin(ackermann_like(m, n - 1, x)))


def sine_double(x, depth):
    """sin(x) by halving its angle."""
    if depth == 0:
        return x - x**3 / 6.0
    return 2.0 * sine_double(0.5 * x, depth - 1) * cosine_double(0.5 * x, depth - 1)


def cosine_double(x, depth):
    """cos(x) by halving its angle."""
    if depth == 0:
        return 1.0 - 0.5 * x * x
    s = sine_double(0.5 * x, depth - 1)
    return 1.0 - 2.0 * s * s


def rotation(x, y, angle):
    """First coordinate of a point turned by an angle, with mutual recursion for sin and cos."""
    return x * cosine_double(angle, 4) - y * sine_double(angle, 4)


def agm(a, b):
    """Arithmetic–geometric mean."""
    if abs(a - b) < 1e-14:
        return a
    return agm(0.5 * (a + b), math.sqrt(a * b))


def pendulum_period(length, amplitude):
    """Exact period of a pendulum."""
    return 2.0 * math.pi * math.sqrt(length / 9.81) / agm(1.0, math.cos(0.5 * amplitude))


def fft_recursive(re, im):
    """Discrete Fourier transform as real and imaginary parts, by halves."""
    n = len(re)
    if n == 1:
        return re, im
    even_re, even_im = fft_recursive(re[0::2], im[0::2])
    odd_re, odd_im = fft_recursive(re[1::2], im[1::2])
    angle = -2.0 * np.pi * np.arange(n // 2) / n
    c, s = np.cos(angle), np.sin(angle)
    twisted_re = c * odd_re - s * odd_im
    twisted_im = s * odd_re + c * odd_im
    return (
        np.concatenate([even_re + twisted_re, even_re - twisted_re]),
        np.concatenate([even_im + twisted_im, even_im - twisted_im]),
    )


def band_power(signal):
    """Power of a signal in its lower bins."""
    re, im = fft_recursive(signal, np.zeros(len(signal)))
    return (re[1:3] ** 2 + im[1:3] ** 2).sum() / len(signal)


def determinant(matrix):
    """Determinant by cofactors along the first row."""
    n = matrix.shape[0]
    if n == 1:
        return matrix[0, 0]
    total = 0.0
    for j in range(n):
        minor = np.delete(matrix[1:], j, axis=1)
        total += (-1.0) ** j * matrix[0, j] * determinant(minor)
    return total


def pairwise_sum(values):
    """Log of a sum that is added by halves."""

    def add(low, high):
        if high - low == 1:
            return math.exp(values[low])
        middle = (low + high) // 2
        return add(low, middle) + add(middle, high)

    return math.log(add(0, len(values)))


def de_casteljau(points, t):
    """A point of a Bézier curve, by recursion on its control points."""
    if len(points) == 1:
        return points[0]
    return de_casteljau((1.0 - t) * points[:-1] + t * points[1:], t)


def curve_radius(points, t):
    """Distance of a Bézier curve's point from the origin."""
    p = de_casteljau(points, t)
    return np.sqrt(p @ p)


PROGRAMS = (
    Program(
        adaptive_simpson,
        lambda: (1.3, 2.0),
        (0, 1),
        features=("recursion", "math", "helper function"),
    ),
    Program(
        compound_growth,
        lambda: (0.07, 11),
        (0,),
        complex_step=True,
        features=("recursion", "integer exponent"),
    ),
    Program(chebyshev_filter, lambda: (0.8, 0.5), (0, 1), features=("recursion",)),
    Program(
        continued_fraction,
        lambda: (0.9,),
        complex_step=True,
        features=("recursion", "default argument", "int argument"),
    ),
    Program(
        horner,
        lambda: ([0.5, -1.2, 0.3, 0.8], 0.9),
        (0, 1),
        complex_step=True,
        features=("recursion", "slice", "truth of list"),
    ),
    Program(
        option_node,
        lambda: (1.0, 1.08, 1.15, 0.01, 4),
        (0, 1, 2, 3),
        features=("recursion", "max", "conditional expression"),
    ),
    Program(
        ackermann_like, lambda: (2, 2, 0.7), (2,), features=("recursion", "nested recursive call")
    ),
    Program(
        rotation,
        lambda: (0.8, 0.5, 0.9),
        (0, 1, 2),
        complex_step=True,
        features=("mutual recursion",),
    ),
    Program(
        pendulum_period,
        lambda: (1.2, 0.9),
        (0, 1),
        features=("recursion", "convergence exit", "math"),
    ),
    Program(
        band_power,
        lambda: (np.array([0.5, 1.0, -0.3, 0.8, -1.1, 0.2, 0.6, -0.4]),),
        complex_step=True,
        features=("recursion", "array", "step slice", "tuple result of helper", "np.concatenate"),
    ),
    Program(
        determinant,
        lambda: (np.array([[1.0, 0.5, 0.2], [-0.3, 1.2, 0.4], [0.6, -0.1, 0.9]]),),
        complex_step=True,
        features=("recursion", "array", "np.delete", "integer power"),
    ),
    Program(
        pairwise_sum,
        lambda: ([0.5, 1.0, -0.3, 0.8, 0.1],),
        features=("recursion", "nested function", "closure"),
    ),
    Program(
        curve_radius,
        lambda: (np.array([[0.1, 0.5], [0.6, 1.2], [1.4, 0.9], [1.8, 0.3]]), 0.35),
        (0, 1),
        complex_step=True,
        features=("recursion", "array", "slice"),
    ),
)
