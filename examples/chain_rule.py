"""The chain rule on f(x) = tanh(x**2)**2.

The function is three links, one inside the other:

    a = x**2        da/dx = 2 * x
    b = tanh(a)     db/da = 1 - b**2
    c = b**2        dc/db = 2 * b

and its derivative is the product of the three local derivatives. Forward mode
multiplies them from the right, in the order in which the links are computed; reverse
mode from the left. Run it with `python examples/chain_rule.py`.
"""

import math

from autodiff_compiler import grad, jvp


def f(x: float) -> float:
    a = x**2
    b = math.tanh(a)
    return b**2


f_grad = grad(f)
f_jvp = jvp(f)

X = 0.8


def local_derivatives(x: float) -> tuple[float, float, float]:
    """da/dx, db/da and dc/db at x."""
    a = x**2
    b = math.tanh(a)
    return 2.0 * x, 1.0 - b**2, 2.0 * b


def main() -> None:
    print("f(x) = tanh(x**2)**2, as a chain x -> a -> b -> c")
    print()
    print(f"Values at x = {X}")
    a = X**2
    b = math.tanh(a)
    print(f"    a = x**2    = {a:.12f}")
    print(f"    b = tanh(a) = {b:.12f}")
    print(f"    c = b**2    = {b**2:.12f}")
    print()

    da_dx, db_da, dc_db = local_derivatives(X)
    print("Local derivatives")
    print(f"    da/dx = 2 * x    = {da_dx:.12f}")
    print(f"    db/da = 1 - b**2 = {db_da:.12f}")
    print(f"    dc/db = 2 * b    = {dc_db:.12f}")
    print()

    print("Forward mode carries d/dx of each value along")
    print(f"    da/dx                 = {da_dx:.12f}")
    print(f"    db/dx = db/da * da/dx = {db_da * da_dx:.12f}")
    print(f"    dc/dx = dc/db * db/dx = {dc_db * (db_da * da_dx):.12f}")
    print()
    print("Reverse mode carries dc/d of each value back")
    print(f"    dc/db                 = {dc_db:.12f}")
    print(f"    dc/da = dc/db * db/da = {dc_db * db_da:.12f}")
    print(f"    dc/dx = dc/da * da/dx = {dc_db * db_da * da_dx:.12f}")
    print()

    product = dc_db * db_da * da_dx
    reverse = f_grad(X)
    _, forward = f_jvp((X,), (1.0,))
    print("The product against the generated derivatives")
    print(f"    product of the three = {product:.15f}")
    print(f"    generated, reverse   = {reverse:.15f}")
    print(f"    generated, forward   = {forward:.15f}")
    for name, value in [("reverse", reverse), ("forward", forward)]:
        if not math.isclose(value, product, rel_tol=1e-13):
            raise SystemExit(f"the {name} derivative differs from the product")

    print()
    print("Generated, reverse mode")
    print()
    print(f_grad.source)
    print()
    print("Generated, forward mode")
    print()
    print(f_jvp.source)


if __name__ == "__main__":
    main()
