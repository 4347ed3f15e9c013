from dataclasses import dataclass


@dataclass
class Point:
    u: float
    v: float = 2.0

    def norm(self):
        return self.u


def f(x: float) -> float:
    point = Point(x)
    return point.norm()
