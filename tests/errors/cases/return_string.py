def f(x: float) -> str:
    return f"{x:.3f}"
