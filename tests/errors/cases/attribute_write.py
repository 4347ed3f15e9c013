def f(x: float) -> float:
    def g(t: float) -> float:
        return t * t

    g.scale = 3.0
    return g(x)
