# ruff: noqa: F821, F841
"""Programs to be lowered: loops of every kind, and nests of them."""

import math

from tests.frontend.cases import case

LISTS = (([1.0, 2.0, 3.0],), ([],), ([5.0],), ((1.0, 2.0),), ((),))
PAIRS = (([1.0, 2.0, 3.0], [4.0, 5.0]), ((1.0, 2.0), [3.0, 4.0, 5.0]), ([], [1.0]))


@case((2.0, 5), (0.3, 0), (1.0, -1))
def newton(a, n):
    x = a
    for _ in range(n):
        x = 0.5 * (x + a / x)
    return x


@case((2.0, 1, 8, 3), (2.0, 8, 1, -2), (2.0, 1, 8, -1), (2.0, 1, 8, 0), (1.0, True, 3, 1))
def ranges(x, a, b, s):
    for i in range(a, b, s):
        x = x * i + 1
    return x


@case((3,), (0,))
def index_after(n):
    for i in range(n):
        pass
    return i


@case((3, 1.0), (0, 1.0))
def index_kept(n, x):
    i = 10
    for i in range(n):
        x = x * 2
        i = i + 100
    return i, x


@case((4,))
def bound_changed_inside(n):
    s = 0
    for i in range(n):
        n = n - 1
        s += i
    return s, n


@case((3, 2.0), (0, 2.0))
def first_bound_inside(n, x):
    for i in range(n):
        y = x * i
    return y


@case((3, 2.0), (1, 2.0))
def previous(n, x):
    for i in range(n):
        if i > 0:
            x = x + before
        before = x * i
    return x


@case((3, 2.0), (0, 2.0))
def maybe_bound(n, x):
    for i in range(n):
        if i > 1:
            y = x
        x = x * 2
    return y + x


@case(*LISTS)
def total(xs):
    s = 0
    for x in xs:
        s = s + x
    return s


@case(*LISTS)
def kinds_grow(xs):
    a = b = c = 0
    for x in xs:
        c = b
        b = a
        a = x
    return a, b, c


@case(*LISTS[:4])
def last(xs):
    for x in xs:
        pass
    return x


@case(*LISTS)
def by_index(xs):
    s = 0.0
    for i in range(len(xs)):
        s += xs[i] * xs[-1 - i]
    return s


@case(*LISTS)
def of_whole(xs):
    return sum(xs), sum(xs, 0.5), len(xs), sum(xs, start=2)


@case(*LISTS)
def extremes(xs):
    return max(xs), min(xs)


@case(*LISTS)
def truth(xs):
    return 1 if xs else 2


@case(*PAIRS)
def zipped(xs, ys):
    s = 0.0
    for x, y in zip(xs, ys):
        s += x * y
    return s


@case(*PAIRS, ([1.0], [2.0]), ([1.0], [2.0, 3.0]))
def strictly(xs, ys):
    s = 0.0
    for x, y in zip(xs, ys, strict=True):
        print(x, y)
        s += x * y
    return s


@case(*PAIRS)
def three(xs, ys):
    s = 0.0
    for x, y, (i, z) in zip(xs, ys, enumerate(xs)):
        s += x * y + z * i
    for x, i in zip(xs, range(10, 0, -2)):
        s += x * i
    for i, j in zip(range(3), range(100, 200, 7)):
        s += i * j
    return s


@case(*LISTS)
def numbered(xs):
    s = 0.0
    for i, x in enumerate(xs):
        s += i * x
    for k, x in enumerate(xs, 5):
        s += k * x
    for k, x in enumerate(xs, start=len(xs)):
        s += k * x
    for pair in enumerate(xs):
        s += pair[0] - pair[1]
    return s


@case(*PAIRS)
def numbered_zip(xs, ys):
    s = 0.0
    for i, (x, y) in enumerate(zip(xs, ys)):
        s += i * x - y
    for (i, x), y in zip(enumerate(xs), ys):
        s += i * x * y
    for i, (k, x) in enumerate(enumerate(xs, 7)):
        s += i * k * x
    for i, k in enumerate(range(5, 8)):
        s += i * k
    return s


@case(*LISTS)
def backwards(xs):
    s = 0.0
    for x in reversed(xs):
        s = s * 0.5 + x
    for i in reversed(range(1, 6, 2)):
        s = s * 2 + i
    return s


@case((1.0, 2.0, 3.0))
def literal_sequences(a, b, c):
    s = 0
    for v in (a, b, 2 * c):
        s = s * 2 + v
    for v in [1, 2.5]:
        s += v
    for v, w in ((a, 1), (b, 2)):
        s += v * w
    for v, (w, u) in zip((a, b), [(1, c), (2, a)]):
        s += v * w - u
    for v in ():
        s = undefined
    return s


@case((0.5,))
def loop_over_functions(x):
    for f in (math.sin, math.cos, lambda t: t * t):
        x = f(x)
    for k, (f, w) in enumerate(((math.exp, 1.0), (abs, 2.0))):
        x += f(x) * w * k
    return x


@case(((1.0, 2.0), (3.0, 4.0)))
def dynamic_index(p, q):
    s = 0
    for i in range(2):
        for j in range(2):
            s = s + p[i] * q[j] + (5, 6)[j]
    return s + p[0]


@case((24.0, 6.0), (1.0, 1.0))
def agm(a, b):
    while abs(a - b) > 1e-12 * a:
        a, b = 0.5 * (a + b), math.sqrt(a * b)
    return a


@case((10.0,), (0.5,))
def count(x):
    n = 0
    while x > 1 and n < 100:
        x /= 2
        n += 1
    return n, x


@case((5,), (0,))
def while_truth(n):
    s = 0
    while n:
        s += n
        n -= 1
    while False:
        s = undefined
    return s


@case((3.0,))
def while_with_function(x):
    def going(v, limit=20):
        return v < limit

    n = 0
    while going(x) or going(n, 2):
        x = x * 1.5
        n += 1
    return x, n


@case((0.5, -0.3, 6), (2.0, 3.0, 0))
def horner(x, y, n):
    p = 0.0
    for i in range(n):
        row = 0.0
        for j in range(i + 1):
            row = row * y + 1.0 / (1 + i + j)
        p = p * x + row
    return p


@case((3, 1.0), (0, 1.0))
def deep(n, x):
    a = b = c = d = 0
    for i in range(n):
        for j in range(i):
            while a < i + j:
                a += 1
                for k in range(2):
                    for _ in range(2):
                        b = c
                        c = d
                        d = x + b + a
                    x = x + k
            b = a
    return a, b, c, d, x


@case((3, 1.0), (5, -1.0))
def branches_inside(n, x):
    s = 0
    t = 1.0
    for i in range(n):
        if i % 2 == 0:
            s = s + x
        elif x < 0:
            t = t * 2
            s = -s
        else:
            x = x + t
    return s, t, x


@case(([1.0, 4.0],), ([1.0, -4.0],))
def raise_inside(xs):
    s = 0.0
    for x in xs:
        if x < 0:
            raise ValueError(f"{x} is negative")
        s += math.sqrt(x)
    return s


@case((3.0,), (-3.0,))
def loop_in_branch(x):
    if x > 0:
        for i in range(3):
            x = x * i + 1
        y = x
    else:
        y = 0
        while y < 3:
            y += 1
    return y


@case((3, 0.5))
def carried_structure(n, x):
    p = (0, 1.0)
    for _ in range(n):
        p = (p[1], p[0] + x * p[1])
    a, b = p
    return p, a - b


@case((3, 0.5), (0, 0.5))
def structure_first_bound_inside(n, x):
    for i in range(n):
        p = (i, x)
        x = x * 2
    return p


@case(((1.0, 2.0), 3))
def parameter_carried(p, n):
    for _ in range(n):
        p = (p[1], p[0] * 2)
    return p


@case((3, 0.5))
def function_called_inside(n, x):
    def step(v, i):
        if v > 1:
            return v / 2
        return v + i

    for i in range(n):
        x = step(x, i)
    return x


@case((3, 0.5))
def closure_over_carried(n, x):
    f = lambda v: v * x + k
    s = 0
    for k in range(n):
        s = s + f(k)
        x = x + 1
    return s


@case((3, 0.5))
def defined_inside(n, x):
    s = 0
    for k in range(n):
        g = lambda v, k=k: v * k

        def h(v):
            return g(v) + k

        s = s + h(x)
    return s


@case((3,))
def shadowing(n):
    s = 0
    for i in range(n):
        for i in range(i, i + 2):
            s += i
        s += i * 10
    return s


@case((2, [1.0, 2.0]), (0, [1.0, 2.0]), (2, []))
def list_or_list(n, xs):
    ys = [0.5]
    if n > 1:
        ys = xs
    s = 0
    for y in ys:
        s += y
    return s


@case((3, 2.0))
def prints_inside(n, x):
    for i in range(n):
        print(i, x)
        x = x * 2
    while x > 5:
        print(f"{x:8.3f}|")
        x = x / 3
    return x


@case((1.0,))
def large_range(x):
    s = 0.0
    for i in range(10**30, 10**30 + 3):
        s += i * x
    return s


@case(([1.0, 2.0, 3.0],), ((1.0, 2.0, 3.0),), ([1.0, 2.0],), ([1.0, 2.0, 3.0, 4.0],))
def unpacks(xs):
    a, b, c = xs
    return a * b - c


@case((5,))
def types_through_iterations(n):
    a = 1
    b = True
    for i in range(n):
        if i == 3:
            a = a / 2
        if b:
            b = a
    return a, b


@case((2, 3))
def loop_of_ranges(n, k):
    r = range(n)
    s = 0
    for i in r:
        for j in r:
            s += i * j + k
    return s
