from dataclasses import dataclass


@dataclass
class Point:
    u: float
    v: float


def f(x: float) -> float:
    point = Point(x)
    return point.u
