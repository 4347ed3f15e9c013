"""Items of one shape but of different classes are told apart."""

from collections import namedtuple
from typing import Any

import pytest

from autodiff_compiler import value_and_grad
from autodiff_compiler.errors import AutodiffError

Left = namedtuple("Left", "a b")
Right = namedtuple("Right", "b a")


class Gain:
    def __init__(self, factor: Any) -> None:
        self.factor = factor

    def __call__(self, z: Any) -> Any:
        return self.factor * z


class Skip(Gain):
    def __call__(self, z: Any) -> Any:
        return z + super().__call__(z)


def over_instances(x: Any, y: Any) -> Any:
    z = x
    for layer in [Gain(y), Skip(0.5 * y), Gain(1.5)]:
        z = layer(z)
    return z


def over_pairs(x: Any, y: Any) -> Any:
    s = 0.0
    for k, layer in enumerate((Skip(y), Gain(x * y))):
        s += layer(x) * (k + 1)
    return s


def collected(x: Any, y: Any) -> Any:
    return sum([layer(x) * w for layer, w in zip([Gain(y), Skip(y)], [2.0, y])])


def over_lists_and_tuples(x: Any, y: Any) -> Any:
    s = 0.0
    for row in [(x, y), [y, x]]:
        s += row[0] ** 3 if isinstance(row, tuple) else row[0] ** 2
    return s


def over_records(x: Any, y: Any) -> Any:
    s = 0.0
    for row in (Left(x, y), Right(x, y)):
        s += row.a**2 * 3.0 + row.b
    return s


@pytest.mark.parametrize(
    "f", [over_instances, over_pairs, collected, over_lists_and_tuples, over_records]
)
def test_loops(f: Any) -> None:
    x, y, h = 1.25, 0.75, 1e-6
    value, found = value_and_grad(f, argnums=(0, 1))(x, y)
    assert value == f(x, y)
    slopes = (
        (f(x + h, y) - f(x - h, y)) / (2 * h),
        (f(x, y + h) - f(x, y - h)) / (2 * h),
    )
    assert found == pytest.approx(slopes, rel=1e-8)


def chosen(x: Any, y: Any) -> Any:
    layer = Gain(y) if x > y else Skip(y)
    return layer(x)


def replaced(x: Any, y: Any) -> Any:
    layer = Gain(y)
    for _ in range(2):
        y = layer(x) * y
        layer = Skip(y)
    return y


def indexed(x: Any, y: Any) -> Any:
    s = 0.0
    for k in range(2):
        s += [Gain(y), Skip(y)][k](x)
    return s


@pytest.mark.parametrize("f", [chosen, replaced, indexed])
def test_a_class_that_depends_on_the_path(f: Any) -> None:
    """Right or refused, but never the other class."""
    for x, y in ((1.25, 0.75), (0.5, 0.75)):
        try:
            value, _ = value_and_grad(f, argnums=(0, 1))(x, y)
        except AutodiffError:
            continue
        assert value == f(x, y)
