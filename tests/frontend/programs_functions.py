"""Programs to be lowered: the user's own functions, closures, parameters of every kind."""

import math

from tests.frontend import helpers
from tests.frontend.cases import case
from tests.frontend.helpers import cube, scaled

SCALE = 2.0


def double(x):
    return SCALE * x


def poly(x, a, b=2, *, c=3.0, d=double):
    return a * x + d(b) - c


def positional_only(x, /, y, z=1.0):
    return x - y * z


def compose(f, g):
    return lambda x: f(g(x))


def make(k):
    def inner(x, j=k):
        return x * k + j

    return inner


def closing(k):
    half = k / 2

    @case((1.5,))
    def closed_over(x):
        return x * k + half + nested_constant(x)

    def nested_constant(v):
        return v - half

    return closed_over


closing(3.0)


@case((1.5,))
def helpers_called(x):
    return double(x) + helpers.cube(x) + cube(x=x) + scaled(x) + helpers.FACTOR


@case((1.5, 2))
def binding(x, n):
    return (
        poly(x, n)
        + poly(x, a=n, b=x)
        + poly(b=1, x=x, a=2, c=n)
        + poly(x, 1, 2, d=lambda t: -t)
        + positional_only(x, n)
        + positional_only(x, z=2, y=1)
    )


@case((1.5,))
def higher_order(x):
    sin_of_double = compose(math.sin, double)
    twice = compose(sin_of_double, compose(double, lambda t: t + 1))
    return twice(x) + (lambda t, *, s=x: t * s)(3)


@case((1.5,))
def factories(x):
    f, g = make(2), make(x)
    return f(x) + g(x) + make(3)(x, 4) + [f, g][0](1)


@case((1.5,))
def late_binding(x):
    k = 1

    def f(v):
        return v * k

    a = f(x)
    k = 10.0
    b = f(x)
    if x > 0:
        k = 3
    return a, b, f(x)


@case((1.5,))
def defaults_at_definition(x):
    k = 1

    def f(v, k=k, *, j=k + 1):
        return v * k + j

    k = 100
    return f(x), f(x, k), f(x, j=k)


@case((1.5,))
def immediately_called(x):
    return (lambda a, b=2: a**b)(x) + (lambda: 7)()


@case((1.5,))
def procedures(x):
    def say(text, v):
        print(text, v)

    say("x is", x)
    nothing = say(v=x * 2, text="twice")
    return x if nothing is None else 0


@case((1.5,))
def several_results(x):
    def split(v):
        whole = int(v)
        return whole, v - whole

    a, b = split(x)
    p = split(x * 2)
    return a + b * p[0] - p[1]


@case((1.5, 0.5))
def nested_functions(x, y):
    def outer(a):
        b = a * 2

        def inner(c):
            return b * c + y

        return inner(a) + inner(b)

    return outer(x) * outer(y)


@case((1.5,))
def shadowed_builtins(x):
    def max(a, b):
        return a - b

    sum = 3
    return max(x, 1) + sum


@case((3.0, 2))
def loops_in_helpers(x, n):
    def power(base, k):
        r = 1
        for _ in range(k):
            r *= base
        return r

    def summed(count):
        s = 0
        for i in range(count):
            s += power(x, i)
        return s

    return power(x, n) + summed(n + 1)


@case((2.0,), (-2.0,))
def default_and_keyword(x, scale=3.0, *, shift=1):
    return x * scale + shift


_ = default_and_keyword
lambda_case = case((2.0, 3.0))(lambda x, y: x * y + SCALE if x > y else x - y)


@case((2.0,))
def applied(x):
    def apply(f, *, times=2):
        y = x
        y = f(y)
        return f(y) if times == 2 else y

    return apply(lambda t: apply(lambda s: s * t, times=1) + 1) + apply(double)


@case((2.0, (1.0, (2.0, 3.0))), (2.0, [1.0, [2.0, 3.0]]))
def structures(x, p):
    a, (b, c) = p
    q = [x, (a, b)]
    r = (q[1], p[1][0], len(q), len(p))
    return r, q[-1][0] * c, tuple(q), list(r[0])


@case((2.0,))
def recursion_by_another_name(x):
    def f(g, v):
        return g(v) + 1

    return f(lambda v: f(lambda w: w * 2, v), x)
