def f(x: float) -> None:
    print(x * x)
