from autodiff_compiler import grad


def square(x: float) -> float:
    return x * x


slope = grad(square)


def f(x: float) -> float:
    return slope(x) + grad(square)(x)
