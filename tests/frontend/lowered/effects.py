def f(x: float, n: int) -> float:
    assert x > 0, f"x is {x:.3f}"
    assert n != 0, "no steps"
    if x > 100:
        raise OverflowError(f"{x!r} after {n} steps")
    print("x", x, sep="=", end=";\n")
    return x
