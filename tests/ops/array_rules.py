"""Derivatives by a record's rule alone, on values, without the compiler's transforms.

A rule's operations are built and run for one point at a time; what it gives is fitted to shape and
dtype here, in a few lines. So a wrong rule and a wrong transform are told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autodiff_compiler.ir.builder import Builder
from autodiff_compiler.ir.values import Function, Node, Op, Operand, Origin, Value
from autodiff_compiler.ops import OPS
from autodiff_compiler.ops.record import AddAt, Custom, Elementwise, Record, Unsupported, Zero
from autodiff_compiler.transforms.terms import partials_of, scale

Environment = dict[Value, Any]


@dataclass(frozen=True)
class Straight:
    """Operations in a row."""

    params: tuple[Value, ...]
    nodes: tuple[Node, ...]
    yields: tuple[Operand | None, ...]


def read(operand: Operand, environment: Environment) -> Any:
    return environment[operand] if isinstance(operand, Value) else operand.value


def run(nodes: Sequence[Node], environment: Environment) -> None:
    for op in nodes:
        assert isinstance(op, Op), "rules are operations in a row"
        held = [read(each, environment) for each in op.operands]
        environment[op.result] = op.operation.evaluate(*held, **op.attributes)


# ---------------------------------------------------------------------- fitting


def packed(items: Iterable[Any], like: Any) -> Any:
    """A list where the other is one, else a tuple."""
    return list(items) if isinstance(like, list) else tuple(items)


def zeros(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return packed(map(zeros, value), value)
    if isinstance(value, np.ndarray):
        return np.zeros(value.shape, value.dtype if value.dtype.kind == "f" else "float64")
    return type(value)(0.0) if isinstance(value, float | np.floating) else 0.0


def fit(found: Any, like: Any, whole: tuple[int, ...] | None = None) -> Any:
    """A contribution in the shape and dtype of what it belongs to: summed down, broadcast up.

    `whole` is the shape of an elementwise result, which the contribution stands for."""
    if isinstance(like, list | tuple):
        assert isinstance(found, list | tuple) and len(found) == len(like)
        pairs = zip(found, like, strict=True)
        return packed((zeros(b) if a is None else fit(a, b) for a, b in pairs), like)
    array, shape = np.asarray(found), np.shape(like)
    if whole is not None:
        array = np.broadcast_to(array, whole)
    if array.ndim > len(shape):
        array = np.sum(array, axis=tuple(range(array.ndim - len(shape))))
    first = len(shape) - array.ndim
    stretched = [k for k, n in enumerate(array.shape) if shape[first + k] == 1 != n]
    if stretched:
        array = np.sum(array, axis=tuple(stretched), keepdims=True)
    array = np.broadcast_to(array, shape)
    if isinstance(like, np.ndarray):
        return np.array(array, like.dtype if like.dtype.kind == "f" else "float64")
    return type(like)(array) if isinstance(like, float | np.floating) else float(array)


def plus(a: Any, b: Any) -> Any:
    if a is None or b is None:
        return b if a is None else a
    if isinstance(a, list | tuple):
        return packed(map(plus, a, b), a)
    return a + b


def is_float(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(is_float, value))
    return isinstance(value, float) or getattr(value, "dtype", np.dtype(int)).kind == "f"


# ---------------------------------------------------------------------- forward


def forward(
    straight: Straight, arguments: Sequence[Any], dots: Sequence[Any]
) -> tuple[list[Any], list[Any]]:
    """Values, and tangents (None where there is none)."""
    environment: Environment = dict(zip(straight.params, arguments, strict=True))
    tangents: Environment = dict(zip(straight.params, dots, strict=True))
    for op in straight.nodes:
        assert isinstance(op, Op)
        run([op], environment)
        tangents[op.result] = _tangent(op, environment, tangents)
    return (
        [None if each is None else read(each, environment) for each in straight.yields],
        [tangents.get(each) if isinstance(each, Value) else None for each in straight.yields],
    )


def _tangent(op: Op, environment: Environment, tangents: Environment) -> Any:
    value = environment[op.result]
    found = [tangents.get(each) if isinstance(each, Value) else None for each in op.operands]
    if all(each is None for each in found):
        return None
    if op.operation.name == "tuple":
        pairs = zip(op.operands, found, strict=True)
        return packed((zeros(read(a, environment)) if b is None else b for a, b in pairs), value)
    if op.operation.name == "item":
        return found[0][op.attributes["index"]]
    if not is_float(value):
        return None
    build, inner = Builder(Origin(order=1)), dict(environment)
    dots: list[Operand | None] = []
    for operand, each in zip(op.operands, found, strict=True):
        dot = None if each is None else Value(operand.type)
        if isinstance(dot, Value):
            inner[dot] = each
        dots.append(dot)
    result = rule_jvp(build, op, dots)
    run(build.nodes, inner)
    return None if result is None else fit(read(result, inner), value)


def rule_jvp(build: Builder, op: Op, dots: Sequence[Operand | None]) -> Operand | None:
    record = op.operation
    assert isinstance(record, Record)
    match record.rule:
        case Custom():
            return record.rule.jvp(build, op, dots)
        case Elementwise():
            total: Operand | None = None
            for dot, partial in zip(dots, partials_of(op, record.rule), strict=True):
                scaled = None if dot is None else scale(build, dot, partial)
                if scaled is not None:
                    both = total is not None
                    total = build.op(OPS["add"], total, scaled) if both else scaled  # type: ignore[arg-type]
            return total
        case Zero():
            return None
        case Unsupported(why):
            raise TypeError(f"{record.name}: {why}")
    raise AssertionError(record.rule)


# ---------------------------------------------------------------------- backward


def backward(straight: Straight, arguments: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
    """The cotangent of each argument; None where it has none."""
    environment: Environment = dict(zip(straight.params, arguments, strict=True))
    run(straight.nodes, environment)
    bars: Environment = {}
    for operand, ct in zip(straight.yields, cts, strict=True):
        if isinstance(operand, Value) and ct is not None:
            bars[operand] = plus(bars.get(operand), ct)
    for op in reversed(straight.nodes):
        assert isinstance(op, Op)
        ct = bars.get(op.result)
        if ct is None or not is_float(environment[op.result]):
            continue
        for operand, found in zip(op.operands, _cotangents(op, environment, ct), strict=True):
            if isinstance(operand, Value) and found is not None:
                bars[operand] = plus(bars.get(operand), found)
    return [bars.get(each) for each in straight.params]


def _cotangents(op: Op, environment: Environment, ct: Any) -> list[Any]:
    value = environment[op.result]
    held = [read(each, environment) for each in op.operands]
    if op.operation.name == "tuple":
        return list(ct)
    if op.operation.name == "item":
        whole = list(zeros(held[0]))
        whole[op.attributes["index"]] = ct
        return [packed(whole, held[0]), *[None] * (len(held) - 1)]
    seed, build = Value(op.result.type), Builder(Origin(order=1))
    inner = {**environment, seed: fit(ct, value)}
    contributions = rule_vjp(build, op, seed)
    run(build.nodes, inner)
    elementwise = isinstance(op.operation, Record) and isinstance(op.operation.rule, Elementwise)
    return [
        fit(read(each, inner), like, np.shape(value) if elementwise else None)
        if each is not None and is_float(like)
        else None
        for each, like in zip(contributions, held, strict=True)
    ]


def rule_vjp(build: Builder, op: Op, seed: Operand) -> list[Operand | None]:
    """The contributions to the operands; what is added to a part of one put into zeros."""
    record = op.operation
    assert isinstance(record, Record)
    match record.rule:
        case Custom():
            contributions = record.rule.vjp(build, op, seed)
            assert len(contributions) == len(op.operands), "one contribution per operand"
            return [
                _added(build, operand, each) if isinstance(each, AddAt) else each
                for operand, each in zip(op.operands, contributions, strict=True)
            ]
        case Elementwise():
            partials = partials_of(op, record.rule)
            return [scale(build, seed, partial) for partial in partials]
        case Zero():
            return [None] * len(op.operands)
        case Unsupported(why):
            raise TypeError(f"{record.name}: {why}")
    raise AssertionError(record.rule)


def _added(build: Builder, operand: Operand, found: AddAt) -> Operand:
    start = build.op(OPS["np.zeros_like"], operand)
    inside = (*found.indices, found.cotangent)
    return build.op(found.update, start, *inside, attributes=found.attributes)


# ---------------------------------------------------------------------- one operation


class ByRules:
    """The derivatives of a function that is one operation."""

    def __init__(self, function: Function, places: Sequence[int]) -> None:
        (op,) = function.body.nodes
        assert isinstance(op, Op)
        self.op, self.params, self.places = op, function.params, places
        self.straight = Straight(function.params, (op,), (op.result,))

    def _spread(self, values: Sequence[Any]) -> list[Any]:
        """One for each parameter, None for those that have no derivative."""
        waiting = dict(zip(self.places, values, strict=True))
        return [waiting.get(place) for place in range(len(self.params))]

    def _wanted(self, found: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
        return [
            zeros(arguments[place]) if found[place] is None else fit(found[place], arguments[place])
            for place in self.places
        ]

    def jvp(self, arguments: Sequence[Any], dots: Sequence[Any]) -> Any:
        """The tangent of the result, None if there is none."""
        return forward(self.straight, arguments, self._spread(dots))[1][0]

    def vjp(self, arguments: Sequence[Any], ct: Any) -> list[Any]:
        return self._wanted(backward(self.straight, arguments, [ct]), arguments)

    def forward_over_reverse(
        self, arguments: Sequence[Any], ct: Any, dots: Sequence[Any]
    ) -> list[Any]:
        """How the gradients change in a direction."""
        build, seed = Builder(Origin(order=1)), Value(self.op.result.type)
        contributions = rule_vjp(build, self.op, seed)
        record = self.op.operation
        assert isinstance(record, Record)
        nodes = (self.op, *build.nodes)
        straight = Straight((*self.params, seed), nodes, tuple(contributions))
        _, found = forward(straight, [*arguments, ct], [*self._spread(dots), None])
        own: list[Any] = [None] * len(self.params)
        whole = None
        if isinstance(record.rule, Elementwise):
            whole = np.shape(record.evaluate(*self._held(arguments), **self.op.attributes))
        for operand, each in zip(self.op.operands, found, strict=True):
            if isinstance(operand, Value) and each is not None:
                place = self.params.index(operand)
                own[place] = plus(own[place], fit(each, arguments[place], whole))
        return self._wanted(own, arguments)

    def _held(self, arguments: Sequence[Any]) -> list[Any]:
        given = dict(zip(self.params, arguments, strict=True))
        return [read(each, given) for each in self.op.operands]

    def reverse_over_forward(
        self, arguments: Sequence[Any], dots: Sequence[Any], ct: Any
    ) -> list[Any]:
        """The gradients of <ct, tangent of the result>."""
        build, seeds = Builder(Origin(order=1)), [Value(self.params[k].type) for k in self.places]
        by_param = {self.params[k]: seed for k, seed in zip(self.places, seeds, strict=True)}
        found = [
            by_param.get(each) if isinstance(each, Value) else None for each in self.op.operands
        ]
        tangent = rule_jvp(build, self.op, found)
        nodes = (self.op, *build.nodes)
        straight = Straight((*self.params, *seeds), nodes, (tangent,))
        cotangents = backward(straight, [*arguments, *dots], [ct])
        return self._wanted(cotangents[: len(self.params)], arguments)
