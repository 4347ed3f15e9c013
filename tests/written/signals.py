"""Filters, transforms, splines and other signal processing written with loops and slices."""

import cmath
import math

import numpy as np

from tests.written.program import Program

TAPS = np.array([0.1, 0.25, 0.3, 0.25, 0.1])
BIQUAD = {"b": (0.2, 0.4, 0.2), "a": (1.0, -0.5, 0.3)}


def biquad_filter(signal, gain):
    """The energy of a signal after a biquad section with coefficients in a dict."""
    b0, b1, b2 = BIQUAD["b"]
    _, a1, a2 = BIQUAD["a"]
    out = np.zeros(len(signal))
    x1 = x2 = y1 = y2 = 0.0
    for n, x in enumerate(signal):
        y = gain * (b0 * x + b1 * x1 + b2 * x2) - a1 * y1 - a2 * y2
        out[n] = y
        x2, x1 = x1, x
        y2, y1 = y1, y
    return np.sum(out**2)


def recursive_filter(signal, feedback):
    """The last output of an IIR filter whose output array is read back."""
    y = np.zeros_like(signal)
    order = len(feedback)
    for n in range(signal.size):
        y[n] = signal[n]
        for k in range(order):
            if n - k - 1 >= 0:
                y[n] += feedback[k] * y[n - k - 1]
    return y[-1] + 0.2 * np.sum(y**2)


def fir_convolution(signal, taps):
    """The roughness of a full convolution filled by two loops."""
    out = np.zeros(len(signal) + len(taps) - 1)
    for i in range(len(signal)):
        for j in range(len(taps)):
            out[i + j] += signal[i] * taps[j]
    return np.sum(np.diff(out) ** 2)


def smoothing_with_constant(signal):
    """The squared residual of a signal smoothed by constant taps of the module."""
    half = len(TAPS) // 2
    residual = signal.copy()
    for i in range(half, len(signal) - half):
        residual[i] -= TAPS @ signal[i - half : i + half + 1]
    return np.sum(residual**2)


def fft_by_hand(samples):
    """A weighted power spectrum by a recursive radix-two transform on lists of complex numbers."""

    def transform(values):
        n = len(values)
        if n == 1:
            return values
        even = transform(values[::2])
        odd = transform(values[1::2])
        out = [0j] * n
        for k in range(n // 2):
            t = cmath.exp(-2j * cmath.pi * k / n) * odd[k]
            out[k] = even[k] + t
            out[k + n // 2] = even[k] - t
        return out

    spectrum = transform([complex(s) for s in samples])
    return sum(k * (z.real**2 + z.imag**2) for k, z in enumerate(spectrum[:4])) / 4.0


def hadamard_transform(x):
    """A form of the fast Walsh-Hadamard transform computed by butterflies in place."""
    a = x.copy()
    h = 1
    while h < len(a):
        for i in range(0, len(a), 2 * h):
            for j in range(i, i + h):
                u, v = a[j], a[j + h]
                a[j], a[j + h] = u + v, u - v
        h *= 2
    return a[1] * a[2] + 0.1 * np.sum(a**3)


def haar_energy(signal):
    """The energy of soft-thresholded details of a Haar pyramid kept in a list of arrays."""
    details = []
    level = signal
    while level.size > 1:
        details.append((level[::2] - level[1::2]) / math.sqrt(2.0))
        level = (level[::2] + level[1::2]) / math.sqrt(2.0)
    total = level[0] ** 2
    for depth, d in enumerate(details):
        total += (depth + 1.0) * np.sum(d**2 / (0.1 + d**2))
    return total


def cubic_spline_value(xs, ys, at):
    """A natural cubic spline with second derivatives from an in-place tridiagonal solve."""
    n = len(xs)
    m = np.zeros(n)
    diag = np.ones(n)
    h = xs[1:] - xs[:-1]
    slope = (ys[1:] - ys[:-1]) / h
    for i in range(1, n - 1):
        diag[i] = 2.0 * (h[i - 1] + h[i])
        m[i] = 6.0 * (slope[i] - slope[i - 1])
        if i > 1:
            w = h[i - 1] / diag[i - 1]
            diag[i] -= w * h[i - 1]
            m[i] -= w * m[i - 1]
    for i in range(n - 2, 0, -1):
        m[i] = (m[i] - h[i] * m[i + 1]) / diag[i]
    k = int(np.searchsorted(xs, at)) - 1
    t = at - xs[k]
    linear = slope[k] - h[k] * (2.0 * m[k] + m[k + 1]) / 6.0
    return ys[k] + t * (linear + t * (0.5 * m[k] + t * (m[k + 1] - m[k]) / (6.0 * h[k])))


def de_boor(control, t):
    """A cubic B-spline by de Boor's recursion in place on a few control values."""
    knots = [0.0, 0.0, 0.0, 0.0, 0.4, 0.7, 1.0, 1.0, 1.0, 1.0]
    k = 3
    while not knots[k] <= t < knots[k + 1]:
        k += 1
    d = control[k - 3 : k + 1].copy()
    for r in range(1, 4):
        for j in range(3, r - 1, -1):
            i = j + k - 3
            alpha = (t - knots[i]) / (knots[i + 4 - r] - knots[i])
            d[j] = (1.0 - alpha) * d[j - 1] + alpha * d[j]
    return d[3]


def clenshaw_chebyshev(coefficients, x):
    """The mean of a Chebyshev series at several points by Clenshaw on arrays."""
    b1 = np.zeros_like(x)
    b2 = np.zeros_like(x)
    for c in coefficients[:0:-1]:
        b1, b2 = c + 2.0 * x * b1 - b2, b1
    return np.mean((coefficients[0] + x * b1 - b2) ** 2)


def horner_on_array(coefficients, x):
    """The sum of polynomial values by Horner in place over an array of points."""
    p = np.zeros_like(x)
    slope = np.zeros_like(x)
    for c in coefficients:
        slope *= x
        slope += p
        p *= x
        p += c
    return np.sum(p) + np.sum(slope**2)


def exponential_smoothing(series, alpha, beta):
    """The squared one-step errors of Holt's smoothing with an array of level and trend."""
    state = np.array([series[0], series[1] - series[0]])
    errors = []
    for value in series[2:]:
        forecast = state[0] + state[1]
        errors.append(value - forecast)
        old = state[0]
        state[0] = alpha * value + (1.0 - alpha) * forecast
        state[1] *= 1.0 - beta
        state[1] += beta * (state[0] - old)
    return np.sum(np.array(errors) ** 2)


def lms_equalizer(signal, desired, rate):
    """The squared error of an adaptive filter whose weights are updated in place."""
    weights = np.array([0.5, 0.2, 0.1])
    cost = 0.0
    for n in range(2, len(signal)):
        window = signal[n - 2 : n + 1][::-1]
        error = desired[n] - weights @ window
        weights += rate * error * window
        cost += error**2
    return cost + np.sum(weights**2)


def dft_matrix_power(x):
    """The weighted power of a real transform with tables of cosines filled by loops."""
    n = x.size
    real = np.zeros(n // 2 + 1)
    imag = np.zeros(n // 2 + 1)
    for k in range(n // 2 + 1):
        for i in range(n):
            angle = 2.0 * np.pi * k * i / n
            real[k] += x[i] * np.cos(angle)
            imag[k] -= x[i] * np.sin(angle)
    power = real**2 + imag**2
    power[0] = 0.0
    return np.sum(np.log1p(power))


def integral_image_blur(image, floor):
    """The contrast of an image after box blurs from cumulative sums written in place."""
    table = np.zeros((image.shape[0] + 1, image.shape[1] + 1))
    table[1:, 1:] = image
    for i in range(1, table.shape[0]):
        table[i] += table[i - 1]
    for j in range(1, table.shape[1]):
        table[:, j] += table[:, j - 1]
    box = table[2:, 2:] - table[:-2, 2:] - table[2:, :-2] + table[:-2, :-2]
    return np.var(box) / (floor + np.mean(box))


PROGRAMS = (
    Program(
        biquad_filter,
        lambda: (np.array([1.0, 0.3, -0.5, 0.8, 0.2, 0.0]), 1.2),
        wrt=(0, 1),
        features=("IIR filter", "module constant dict", "chained assignment", "enumerate array"),
    ),
    Program(
        recursive_filter,
        lambda: (np.array([1.0, 0.3, -0.5, 0.8]), np.array([0.5, -0.2])),
        wrt=(0, 1),
        features=("IIR filter", "a[i] += v", "zeros_like", "read after write"),
    ),
    Program(
        fir_convolution,
        lambda: (np.array([1.0, 0.3, -0.5, 0.8]), np.array([0.5, -0.2, 0.3])),
        wrt=(0, 1),
        features=("convolution", "a[i + j] += v", "np.zeros filled"),
    ),
    Program(
        smoothing_with_constant,
        lambda: (np.array([1.0, 0.3, -0.5, 0.8, 0.6, -0.1, 0.4]),),
        complex_step=True,
        features=("module constant array", "a[i] -= v", "moving average"),
    ),
    Program(
        fft_by_hand,
        lambda: ([1.0, 0.3, -0.5, 0.8, 0.6, -0.1, 0.4, 0.2],),
        features=("FFT", "recursion", "complex list", "list multiplication", "strided list slices"),
    ),
    Program(
        hadamard_transform,
        lambda: (np.array([1.0, 0.3, -0.5, 0.8]),),
        complex_step=True,
        features=("butterfly in place", "tuple of item writes", "while", "array copy"),
    ),
    Program(
        haar_energy,
        lambda: (np.array([1.0, 0.3, -0.5, 0.8, 0.6, -0.1, 0.4, 0.2]),),
        complex_step=True,
        features=("list of arrays", "strided slices", "while", "append"),
    ),
    Program(
        cubic_spline_value,
        lambda: (np.array([0.0, 0.5, 1.1, 1.6, 2.2]), np.array([0.2, 0.9, 0.4, 0.7, 0.1]), 1.3),
        wrt=(0, 1, 2),
        features=("splines", "Thomas algorithm", "searchsorted", "int()"),
    ),
    Program(
        de_boor,
        lambda: (np.array([0.2, 0.9, 0.4, 0.7, 0.1, 0.5]), 0.55),
        wrt=(0, 1),
        features=("B-spline de Boor", "slice copy", "a[j] = v", "while"),
    ),
    Program(
        clenshaw_chebyshev,
        lambda: (np.array([0.2, 0.9, 0.4, -0.7]), np.array([-0.6, 0.1, 0.8])),
        wrt=(0, 1),
        complex_step=True,
        features=("Clenshaw", "reversed slice", "tuple rebinding"),
    ),
    Program(
        horner_on_array,
        lambda: ([0.2, 0.9, 0.4, -0.7], np.array([-0.6, 0.1, 0.8])),
        wrt=(0, 1),
        features=("Horner", "whole-array *=", "whole-array +=", "list parameter"),
    ),
    Program(
        exponential_smoothing,
        lambda: (np.array([1.0, 1.2, 1.1, 1.5, 1.9, 1.7]), 0.5, 0.3),
        wrt=(0, 1, 2),
        features=("a[i] = v", "append then array", "overwritten after use"),
    ),
    Program(
        lms_equalizer,
        lambda: (
            np.array([1.0, 0.3, -0.5, 0.8, 0.6]),
            np.array([0.5, 0.4, 0.1, 0.2, 0.7]),
            0.3,
        ),
        wrt=(0, 1, 2),
        features=("whole-array +=", "reversed slice", "adaptive filter"),
    ),
    Program(
        dft_matrix_power,
        lambda: (np.array([1.0, 0.3, -0.5, 0.8, 0.6, -0.1]),),
        features=("np.zeros filled", "a[i] += v", "a[i] -= v", "dead write"),
    ),
    Program(
        integral_image_blur,
        lambda: (np.array([[0.3, 0.9, 0.4], [0.8, 0.1, 0.6], [0.5, 0.7, 0.2]]), 0.2),
        wrt=(0, 1),
        features=("prefix sums", "row +=", "a[:, j] += v", "slice write 2-D"),
    ),
)
