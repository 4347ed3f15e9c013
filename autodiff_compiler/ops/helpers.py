"""Small functions that generated code may need; their source is put into the generated file.

The records evaluate by running the very same text, so there is one truth. Each is what one would
write by hand. None but `bound` ever raises for floats.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from autodiff_compiler.ops.record import Helper

IEEE_DIV = Helper(
    "ieee_div",
    '''\
def ieee_div(a, b):
    """a / b as in IEEE 754: division by zero gives inf or nan."""
    return a / b if b else a * math.copysign(math.inf, b)
''',
)

IEEE_POW = Helper(
    "ieee_pow",
    '''\
def ieee_pow(x, y):
    """x ** y as in IEEE 754: inf on overflow, nan for a root of a negative number."""
    try:
        return math.pow(x, y)
    except (OverflowError, ValueError):
        with np.errstate(all="ignore"):
            return float(np.float64(x) ** y)
''',
)

IEEE_LOG = Helper(
    "ieee_log",
    '''\
def ieee_log(x):
    """log(x) as in IEEE 754: -inf at 0, nan below."""
    if x > 0:
        return math.log(x)
    return -math.inf if x == 0 else math.nan
''',
)

SIGN = Helper(
    "sign",
    '''\
def sign(x):
    """1.0, 0.0 or -1.0 by the sign of x; nan for nan."""
    if x > 0:
        return 1.0
    if x < 0:
        return -1.0
    return 0.0 if x == 0 else math.nan
''',
)

LOGISTIC = Helper(
    "logistic",
    '''\
def logistic(x):
    """1 / (1 + exp(-x)), where exp(-x) may overflow."""
    x = float(x)
    return 1.0 / (1.0 + math.exp(-x)) if x > -709.0 else math.exp(max(x, -800.0))
''',
)

DIGAMMA = Helper(
    "digamma",
    '''\
def digamma(x):
    """The derivative of lgamma(x); nan at the poles 0, -1, -2 ...

    Abramowitz and Stegun, Handbook of Mathematical Functions: reflection 6.3.7 for
    x <= 0, recurrence 6.3.5 up to 10, the asymptotic series 6.3.18 from there.
    """
    if x == -math.inf:
        return math.nan
    if x <= 0:
        offset = math.remainder(x, 1.0)
        if offset == 0:
            return math.nan
        return digamma(1.0 - x) - math.pi / math.tan(math.pi * offset)
    x, total = float(x), 0.0
    while x < 10:
        total -= 1 / x
        x += 1
    z, series = 1 / x / x, 0.0
    for a in (1 / 12, -691 / 32760, 1 / 132, -1 / 240, 1 / 252, -1 / 120, 1 / 12):
        series = z * (a + series)
    return total + math.log(x) - 0.5 / x - series
''',
)

POLYGAMMA = Helper(
    "polygamma",
    '''\
def polygamma(n, x):
    """The n-th derivative (n >= 1) of digamma(x); nan at the poles 0, -1, -2 ...

    Abramowitz and Stegun, Handbook of Mathematical Functions: reflection 6.4.7 for
    x <= 0, recurrence 6.4.6 up to 15 + n, the asymptotic series 6.4.11 from there.
    """
    if x == -math.inf:
        return math.nan
    sign = 1.0 if n % 2 else -1.0
    if x <= 0:
        offset = math.remainder(x, 1.0)
        if offset == 0:
            return math.nan
        # The n-th derivative of pi * cot(pi * x) is a polynomial in the cotangent c,
        # since the derivative of c is -pi * (1 + c ** 2).
        polynomial = [0.0, math.pi]
        for _ in range(n):
            slope = [-math.pi * k * a for k, a in enumerate(polynomial)][1:]
            shifted = [0.0, 0.0] + slope
            polynomial = [a + b for a, b in zip(slope + [0.0, 0.0], shifted)]
        cotangent = 1 / math.tan(math.pi * offset)
        value = polynomial.pop()
        while polynomial:
            value = value * cotangent + polynomial.pop()
        return -sign * polygamma(n, 1.0 - x) - value
    x, total = float(x), 0.0
    while x < 15 + n:
        total += math.factorial(n) * ieee_pow(x, -n - 1)
        x += 1
    series = math.factorial(n - 1) + 0.5 * math.factorial(n) / x
    bernoulli = 1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510
    for k, b in enumerate(bernoulli, 1):
        factor = math.factorial(2 * k + n - 1) / math.factorial(2 * k)
        series += b * factor * ieee_pow(x, -2 * k)
    return sign * (total + series * ieee_pow(x, -n))
''',
    needs=(IEEE_POW,),
)

SINC_DERIVATIVE = Helper(
    "sinc_derivative",
    '''\
def sinc_derivative(n, x):
    """The n-th derivative (n >= 1) of np.sinc(x), that is of sin(pi * x) / (pi * x).

    Near 0 by the Taylor series; elsewhere from x * sinc(x) = sin(pi * x) / pi,
    differentiated 1 to n times.
    """
    x = float(x)
    if not math.isfinite(math.pi * x):
        return math.nan
    value = 0.0
    if abs(x) < n / 3:
        for k in range((n + 1) // 2, n + 14):
            power = math.pi ** (2 * k) * x ** (2 * k - n)
            value += (-1) ** k * power / (math.factorial(2 * k - n) * (2 * k + 1))
        return value
    sine, cosine = math.sin(math.pi * x), math.cos(math.pi * x)
    waves = (sine, cosine, -sine, -cosine)
    value = sine / (math.pi * x)
    for k in range(1, n + 1):
        value = (math.pi ** (k - 1) * waves[k % 4] - k * value) / x
    return value
''',
)

LOGISTIC_ARRAY = Helper(
    "logistic_array",
    '''\
def logistic_array(x):
    """1 / (1 + exp(-x)) of each element, where exp(-x) may overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1.0 + small)
''',
)

SINC_DERIVATIVE_ARRAY = Helper(
    "sinc_derivative_array",
    '''\
def sinc_derivative_array(n, x):
    """The n-th derivative (n >= 1) of np.sinc(x), that is of sin(pi * x) / (pi * x).

    Near 0 by the Taylor series; elsewhere from x * sinc(x) = sin(pi * x) / pi,
    differentiated 1 to n times.
    """
    is_near = np.abs(x) < n / 3
    near, far = np.where(is_near, x, 0.0), np.where(is_near, 1.0, x)
    series = 0.0
    for k in range((n + 1) // 2, n + 14):
        power = math.pi ** (2 * k) * near ** (2 * k - n)
        series += (-1) ** k * power / (math.factorial(2 * k - n) * (2 * k + 1))
    sine, cosine = np.sin(math.pi * far), np.cos(math.pi * far)
    waves = (sine, cosine, -sine, -cosine)
    value = sine / (math.pi * far)
    for k in range(1, n + 1):
        value = (math.pi ** (k - 1) * waves[k % 4] - k * value) / far
    return np.where(is_near, series, value)[()]
''',
)

UNIT_LIKE = Helper(
    "unit_like",
    '''\
def unit_like(x, k):
    """Zeros of the shape of x, with a one in the k-th place."""
    unit = np.zeros_like(x)
    unit.flat[k] = 1.0
    return unit
''',
)

UNBROADCAST = Helper(
    "unbroadcast",
    '''\
def unbroadcast(x, shape):
    """The sum of x over the dimensions along which `shape` was broadcast to it."""
    x = np.sum(x, axis=tuple(range(np.ndim(x) - len(shape))))
    stretched = [k for k, n in enumerate(shape) if n == 1 != x.shape[k]]
    x = np.sum(x, axis=tuple(stretched), keepdims=True) if stretched else x
    return x if x.shape == shape else np.broadcast_to(x, shape)
''',
)

WITH_FIELDS = Helper(
    "with_fields",
    '''\
def with_fields(record, **fields):
    """A record of the same class, with these values in its fields."""
    found = object.__new__(type(record))
    for name, value in fields.items():
        object.__setattr__(found, name, value)
    return found
''',
)

REGROUP = Helper(
    "regroup",
    '''\
def regroup(xs, rows):
    """The items of xs, in lists as long as those of rows."""
    items = iter(xs)
    return [[next(items) for _ in row] for row in rows]
''',
)

FOLD = Helper(
    "fold",
    '''\
def fold(xs, part, n):
    """The sum of n lists as long as part that stand in xs one behind the other."""
    size = len(part)
    return [sum(xs[k::size], 0.0) for k in range(size)] if n > 0 else [0.0] * size
''',
)

BOUND = Helper(
    "bound",
    '''\
def bound(value, name):
    """The value of a variable; if it has none, raises as Python does."""
    if value is None:
        raise UnboundLocalError(
            f"cannot access local variable '{name}' "
            "where it is not associated with a value"
        )
    return value
''',
)


@cache
def compiled(helper: Helper) -> Callable[..., object]:
    """The helper as a function, from its source."""
    namespace: dict[str, object] = {"math": math, "np": np}
    for needed in helper.needs:
        namespace[needed.name] = compiled(needed)
    exec(compile(helper.source, f"<helper {helper.name}>", "exec"), namespace)
    function = namespace[helper.name]
    assert callable(function)
    return function


def running(helper: Helper) -> Callable[..., object]:
    """The helper as a function that is compiled when first called, not when imported."""

    def evaluate(*operands: object, **attributes: object) -> object:
        return compiled(helper)(*operands, **attributes)

    return evaluate
