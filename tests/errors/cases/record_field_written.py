from dataclasses import dataclass


@dataclass
class Point:
    u: float
    v: float = 2.0


def f(x: float) -> float:
    point = Point(x)
    point.u = x * x
    return point.u
