def f(x: float) -> float:
    class Pair:
        left = 1.0

    return x * Pair.left
