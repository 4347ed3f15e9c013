# ruff: noqa: F821, F841, F842
"""Programs to be lowered: branches, returns, names bound on some paths."""

import math

from tests.frontend.cases import case

SIGNS = ((1.0, 2.0), (-1.0, 2.0), (1.0, -2.0), (-1.0, -2.0), (0.0, 0.0))


@case(*SIGNS)
def bound_in_both(x, y):
    if x > 0:
        z = x * y
        w = 1
    else:
        z = y
        w = 2.5
    return z + w


@case(*SIGNS)
def rebound_in_one(x, y):
    if x > 0:
        y = y * 2
    return x + y


@case(*SIGNS)
def chain_of_conditions(x, y):
    if x > 0 and y > 0:
        q = 1
    elif x > 0:
        q = 4
    elif y > 0:
        q = 2
    else:
        q = 3
    return q * x


@case(*SIGNS)
def bound_in_one(x, y):
    if x > 0:
        z = x * y
    return z + 1


@case(*SIGNS)
def bound_in_one_read_twice(x, y):
    if x > 0:
        z = x * y
    if y > 0:
        x = x + z
    x = x + z
    return x * z


@case(*SIGNS)
def bound_in_one_read_in_the_same(x, y):
    if x > 0:
        z = x * y
    if x > 0:
        x = z
    return x


@case(*SIGNS)
def structure_bound_in_one(x, y):
    if x > 0:
        p = (x, y)
    return p[1]


@case(*SIGNS)
def nested(x, y):
    if x > 0:
        if y > 0:
            z = x
        else:
            z = y
            x = 3.0
        z = z * 2
    else:
        z = 1.0
    return z + x


@case(*SIGNS)
def early(x, y):
    if x > 0:
        return x * y
    if y > 0:
        return y
    return x - y


@case(*SIGNS)
def early_in_the_middle(x, y):
    if x > 0:
        if y > 0:
            return 1
        x = x * 2
    elif y < 0:
        y = -y
    z = x + y
    if z > 1:
        return z
    w = z * z
    return w + y


@case(*SIGNS)
def early_in_else(x, y):
    if x > 0:
        z = y
    else:
        if y < 0:
            return x
        z = 2 * y
    return z * 3


@case(*SIGNS)
def early_deep(x, y):
    if x >= 0:
        if y >= 0:
            if x > y:
                return x
        else:
            if x > -y:
                return -y
            x = x + 1
        y = y * x
    return x - y


@case(*SIGNS)
def early_both(x, y):
    if x > 0:
        if y > 0:
            return x
        else:
            return y
    z = x * y
    return z


@case(*SIGNS)
def early_structure(x, y):
    if x > 0:
        return x, [y, 1]
    if y > 0:
        z = (x + y, [x, 2])
        return z
    return (y, [1.0, x])


@case(*SIGNS)
def everything_returns(x, y):
    if x > 0:
        return x
    elif y > 0:
        return y
    else:
        return 0


@case(*SIGNS)
def raise_in_one(x, y):
    if x < 0:
        raise ValueError("negative")
    return math.sqrt(x) * y


@case(*SIGNS)
def raise_with_text(x, y):
    if x < y:
        z = x * 2
    else:
        raise ArithmeticError(f"x = {x} is {x - y:+.2e} above {y!r}")
    return z


@case(*SIGNS)
def raise_bare(x, y):
    if x < 0:
        raise KeyError
    elif y < 0:
        raise ZeroDivisionError("")
    return x


@case(*SIGNS)
def raise_or_return(x, y):
    if x > 0:
        if y > 0:
            return x
        raise ValueError("y")
    return y


@case((1.0,))
def raise_always(x):
    y = x * 2
    raise RuntimeError("no")


@case(*SIGNS)
def raise_in_both(x, y):
    if x > 0:
        raise ValueError("a")
    else:
        raise TypeError("b")


@case(*SIGNS)
def raise_in_helper(x, y):
    def check(v):
        if v < 0:
            raise ValueError(f"{v:.1f}")
        return v

    return check(x) * check(y)


@case(*SIGNS)
def fail_in_expression(x, y):
    def fail(v):
        raise ValueError(v)

    return x + (fail(y) if y < 0 else y) * 2


@case(*SIGNS)
def asserts(x, y):
    assert x >= 0
    assert y >= 0, "y is negative"
    assert x < y or x == y, f"{x} > {y}"
    assert 1 < 2
    return x


@case(*SIGNS)
def lazy_message(x, y):
    assert x != 0, 1 / x
    return y


@case(*SIGNS)
def prints(x, y):
    """Documented."""
    print("start", x, sep="-")
    if x > 0:
        print(f"x={x:.3f} {y!r:>8} {{}} {x=}", end="!\n")
    print()
    print(x, (y, [x]), "text", None, x > y, sep=None)
    "not a docstring"
    return y


@case(*SIGNS)
def truthiness(x, y):
    n = 0
    if x:
        n += 1
    if not y:
        n += 10
    if (x and y) or n:
        n += 100
    return n


@case(*SIGNS)
def swaps(x, y):
    if x < y:
        x, y = y, x
    a = b = x - y
    (c, d), e = (a, b + 1), y
    [f, g] = c, d
    h: float = f + g
    k: int
    return h * e, a, b


@case(*SIGNS)
def same_after_all(x, y):
    if x > 0:
        a = x
        b = a * 2
    else:
        a = x
        b = y
    return a + b


@case((0, 1.0), (1, 1.0), (2, 1.0), (7, 1.0))
def many_returns(k, x):
    if k == 0:
        return x
    if k == 1:
        return x + 1
    if k == 2:
        return x + 2
    if k == 3:
        return x + 3
    if k == 4:
        return x + 4
    return -x


@case(*SIGNS)
def returns_in_helper(x, y):
    def sign(v):
        if v > 0:
            return 1
        if v < 0:
            return -1
        return 0

    def middle(v):
        if v > 0:
            if v > 1.5:
                return v
            v = v + 1
        return v * 2

    return sign(x) * middle(y) + sign(y) * middle(x)


@case(*SIGNS)
def condition_on_bound(x, y):
    if x > 0:
        flag = True
    else:
        flag = y > 0
    return 1.0 if flag else 2


@case(*SIGNS)
def dead_code(x, y):
    if x > 0:
        return x
        x = undefined
    return y
    return undefined


@case(*SIGNS)
def same_function_in_both(x, y):
    f = math.sin
    if x > 0:
        g = f
    else:
        g = math.sin
    return g(x)


@case(*SIGNS)
def unread_conflict(x, y):
    t = 1
    if x > 0:
        t = (x, y)
        z = t[0]
    else:
        t = "text"
        z = 0
    return z
