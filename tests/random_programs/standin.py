"""A stand-in for the compiler, made of the oracles, to test the harness with: it is right by
construction, except where a fault is planted."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .oracles import Point, chain_rule, flatten, leaves, second_order

Faults = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True)
class StandIn:
    """`grad`, `value_and_grad`, `jvp`, `vjp` by the chain rule. A fault maps what would be given,
    under "value", "gradient", "tangent" or "pulled", to what is given instead; "call" is called
    with the arguments beforehand."""

    faults: Faults

    def _fault(self, name: str, found: Any) -> Any:
        return self.faults[name](found) if name in self.faults else found

    def _value(self, function: Any, point: Point) -> Any:
        if "call" in self.faults:
            self.faults["call"](*point.args)
        return self._fault("value", function(*point.args, **point.kwargs))

    def value_and_grad(self, function: Any, argnums: Sequence[int] = (0,)) -> Any:
        def derivative(*args: Any, **kwargs: Any) -> Any:
            floats = [
                float(a) if i in argnums and type(a) is int else a for i, a in enumerate(args)
            ]
            point = Point(tuple(floats), kwargs)
            value = self._value(function, point)
            rows = chain_rule(*_source(function), point, argnums)
            flat = iter([float(d.value) for d in rows[0]])
            gradient = tuple(_shaped(point.args[i], flat) for i in argnums)
            return value, self._fault("gradient", gradient)

        return derivative

    def grad(self, function: Any, argnums: int = 0) -> Any:
        if hasattr(function, "primal"):

            def second(*args: Any, **kwargs: Any) -> Any:
                point = Point(args, kwargs)
                exact = second_order(*_source(function.primal), point, argnums)
                self._value(function.primal, point)
                return self._fault("second", float(exact.value))

            return second

        def first(*args: Any, **kwargs: Any) -> Any:
            return self.value_and_grad(function, (argnums,))(*args, **kwargs)[1][0]

        first.primal = function  # type: ignore[attr-defined]
        return first

    def jvp(self, function: Any, primals: Any, tangents: Any, **kwargs: Any) -> Any:
        point = Point(tuple(primals), kwargs)
        value = self._value(function, point)
        positions = [i for i, tangent in enumerate(tangents) if tangent is not None]
        steps = flatten([tangents[i] for i in positions])
        rows = chain_rule(*_source(function), point, positions)
        found = [float(sum(d.value * s for d, s in zip(row, steps))) for row in rows]
        tangent = tuple(found) if isinstance(value, tuple) else found[0]
        return value, self._fault("tangent", tangent)

    def vjp(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        point = Point(args, kwargs)
        value = self._value(function, point)
        positions = [i for i, arg in enumerate(args) if not isinstance(arg, int)]
        rows = chain_rule(*_source(function), point, positions)

        def pullback(cotangent: Any) -> Any:
            weights = flatten(cotangent)
            columns = range(len(leaves(point, positions)))
            pulled = [float(sum(w * r[k].value for w, r in zip(weights, rows))) for k in columns]
            flat = iter(self._fault("pulled", pulled))
            return tuple(None if isinstance(a, int) else _shaped(a, flat) for a in args)

        return value, pullback


def _shaped(like: Any, flat: Any) -> Any:
    if isinstance(like, list | tuple):
        return type(like)(next(flat) for _ in like)
    return next(flat)


def _source(function: Any) -> tuple[str, str]:
    """The text of a function's module, and its name."""
    return "".join(linecache.getlines(function.__code__.co_filename)), function.__name__
