"""Classes: instances made inside, passed as arguments, or from outside; methods and properties."""

import math
from dataclasses import InitVar, dataclass, field
from enum import Enum
from typing import Any, ClassVar, NamedTuple

import pytest

from autodiff_compiler import grad
from autodiff_compiler.errors import UnsupportedError
from tests.frontend.checking import check


class Vector:
    SIZE = 2

    def __init__(self, x: Any, y: Any = 0.0) -> None:
        self.x = x
        self.y = y

    def dot(self, other: Any) -> Any:
        return self.x * other.x + self.y * other.y

    @property
    def norm(self) -> Any:
        return math.sqrt(self.dot(self))

    @staticmethod
    def unit(k: Any) -> Any:
        return Vector(k, 1.0)

    @classmethod
    def make(cls, k: Any) -> Any:
        return cls(k, cls.SIZE)

    def __call__(self, t: Any) -> Any:
        return self.x * t + self.y


class Spatial(Vector):
    SIZE = 3

    def __init__(self, x: Any, y: Any, z: Any) -> None:
        super().__init__(x, y)
        self.__z = z
        self.total = 0.0
        self.total += x

    def dot(self, other: Any) -> Any:
        return super().dot(other) + self.__z * other.z

    @property
    def z(self) -> Any:
        return self.__z

    @classmethod
    def make(cls, k: Any) -> Any:
        return cls(k, cls.SIZE, k * k)


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a: Any) -> None:
        self.a, self.b = a, 2.0 * a


@dataclass
class Plate:
    a: Any
    b: Any = 2.0
    holes: list[Any] = field(default_factory=list)
    area: Any = field(init=False)
    unit: InitVar[Any] = 1.0
    KIND: ClassVar[str] = "steel"

    def __post_init__(self, unit: Any) -> None:
        self.area = self.a * self.b * unit

    def weight(self, k: Any = 1.0) -> Any:
        return self.a * self.area * k if self.KIND == "steel" else self.area


@dataclass(frozen=True)
class Frozen:
    a: Any
    b: Any = 3.0


class Pair(NamedTuple):
    u: Any
    v: Any = 3.0

    def product(self) -> Any:
        return self.u * self.v

    @property
    def square(self) -> Any:
        return self.u**2


class Mode(Enum):
    FAST = 1.5
    SLOW = 0.5


OUTSIDE = Vector(2.0, 3.0)
METHOD = OUTSIDE.dot


def made_inside(x: Any) -> Any:
    return Vector(x, x * x).norm + Vector.unit(x).norm + Vector(x)(2.0)


def inherited(x: Any) -> Any:
    v = Spatial(x, 2.0, x * x)
    return v.norm + v.total + v(3.0) + v.dot(Spatial.make(x))


def made_in_a_loop(x: Any) -> Any:
    s = 0.0
    for k in range(4):
        v = Vector(x, k * math.sin(s))
        s = v.norm + v.y * v.y
    return s


def with_slots(x: Any) -> Any:
    s = Slotted(x)
    return s.a * s.b


def dataclasses_of_all_kinds(x: Any) -> Any:
    plate = Plate(x, unit=3.0)
    return plate.weight(3.0) + Plate(x, b=x).area + Frozen(x, b=x).b + Frozen(x).b


def named_tuples(x: Any) -> Any:
    u, v = Pair(x, x)
    return Pair(x).product() + Pair(x, v).square * u


def from_outside(x: Any) -> Any:
    return OUTSIDE(x) + OUTSIDE.dot(Vector(x, 1.0)) + OUTSIDE.norm * x + METHOD(Vector(x, x * x))


def members(x: Any) -> Any:
    return x * Mode.FAST.value if Mode.SLOW.name == "SLOW" else x


def argument(x: Any, v: Any) -> Any:
    return v.dot(v) * x + v.norm


def differentiated(v: Any) -> Any:
    return v.dot(Vector(v.y, v.x)) + v.norm


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (made_inside, (2.0,)),
        (inherited, (2.0,)),
        (made_in_a_loop, (0.8,)),
        (with_slots, (2.0,)),
        (dataclasses_of_all_kinds, (2.0,)),
        (named_tuples, (2.0,)),
        (members, (2.0,)),
        (argument, (2.0, Vector(1.0, 0.5))),
        (differentiated, (Vector(1.0, 0.5),)),
    ],
)
def test_program(function: Any, arguments: tuple[Any, ...]) -> None:
    check(function, *arguments)


def test_an_object_from_outside() -> None:
    check(from_outside, 2.0, saved=False)


def test_an_object_from_outside_may_change() -> None:
    scale = Vector(2.0, 0.0)

    def f(x: Any) -> Any:
        return scale(x)

    derivative = grad(f)
    assert derivative(1.0) == 2.0
    scale.x = 5.0
    assert derivative(1.0) == 5.0


def test_a_method_may_be_replaced() -> None:
    class Gain:
        def __init__(self, k: Any) -> None:
            self.k = k

        def apply(self, x: Any) -> Any:
            return self.k * x

    def f(x: Any) -> Any:
        return Gain(x).apply(x)

    derivative = grad(f)
    assert derivative(3.0) == 6.0
    Gain.apply = lambda self, x: self.k  # type: ignore[method-assign]
    assert derivative(3.0) == 1.0


def test_attributes_set_after_it_was_made() -> None:
    def f(x: Any) -> Any:
        OUTSIDE.x = x
        return OUTSIDE.norm

    with pytest.raises(UnsupportedError, match="attribute assignment"):
        grad(f)(1.0)
