def f(x: float) -> float:
    try:
        y = 1.0 / x
    finally:
        print("done")
    return y
