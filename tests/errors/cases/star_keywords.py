def f(x: float, **options: float) -> float:
    return x * len(options)
