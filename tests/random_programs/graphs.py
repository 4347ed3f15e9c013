"""Random straight-line graphs of elementary operations with sharing, and small expressions.

The inputs are drawn first and every node is evaluated as it is drawn, so that operations are only
applied where they are smooth and no guards are needed. A graph is judged node by node, a small
expression as a whole by `sympy.diff`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import hypothesis.strategies as st
import mpmath
import numpy as np
import sympy

from .choices import Choices, Draw, Drawn, Seeded, flag, number, pick, weighted
from .elementary import ABS, DIGITS, MP, OPERATORS, TABLE, Elementary
from .expressions import tidy
from .oracles import EPS, Derivative, graph_partials, quiet

_LARGEST = 1e3
# Sympy's derivative is taken at exact node values and the program's at rounded ones; expressions
# for which that makes more of a difference than this, in eps, are left out.
_CONDITION = 500.0

_INFIX = [OPERATORS[symbol] for symbol in ("+", "*", "-", "/", "**", "%", "//")]
_CALLED = [entry for entry in TABLE if entry.kind == "float"]
_KINDS: list[tuple[int, list[Elementary]]] = [
    (40, _INFIX[:4]),
    (5, _INFIX[4:5]),
    (6, [OPERATORS["neg"], ABS]),
    (2, _INFIX[5:]),
    (26, [entry for entry in _CALLED if entry.name.startswith("math.")]),
    (21, [entry for entry in _CALLED if entry.name.startswith("np.")]),
]


@dataclass(frozen=True)
class Constant:
    """An operand that is no node."""

    value: float


@dataclass(frozen=True)
class Node:
    """An operation on earlier nodes, by index with the inputs first, or constants; what the
    program computes of it, and from what."""

    entry: Elementary
    operands: tuple[int | Constant, ...]
    values: tuple[float, ...]
    result: float


@dataclass(frozen=True)
class Graph:
    """A straight-line function f of its inputs as source text, and its nodes in order."""

    source: str
    args: tuple[float, ...]
    nodes: tuple[Node, ...]
    name: str = "f"

    def __repr__(self) -> str:
        return f"{self.source}\n# f{self.args}\n"

    @property
    def value(self) -> float:
        return self.nodes[-1].result

    def partials(self) -> list[Derivative]:
        """∂f/∂(each input), by the chain rule at the values of the nodes."""
        operations = [
            (node.entry, [o if isinstance(o, int) else None for o in node.operands])
            for node in self.nodes
        ]
        values = [node.values for node in self.nodes]
        results = [node.result for node in self.nodes]
        found: list[Derivative] = graph_partials(operations, values, results, len(self.args))
        return found


def seeded_graph(seed: int) -> Graph:
    return draw_graph(Seeded(seed), 25, smooth=False, inline=40)


def seeded_expression(seed: int) -> Graph:
    """A well-conditioned small expression; the seeds of others pass on to their successors."""
    attempt = seed
    while True:
        graph = draw_graph(Seeded(attempt), 7, smooth=True, inline=100)
        if well_conditioned(graph):
            return graph
        attempt += 1_000_003


@st.composite
def expression_graphs(draw: Draw) -> Graph:
    return draw_graph(Drawn(draw), 25, smooth=False, inline=40)


@st.composite
def small_expressions(draw: Draw) -> Graph:
    return draw_graph(Drawn(draw), 7, smooth=True, inline=100)


def draw_graph(choices: Choices, largest: int, *, smooth: bool, inline: int) -> Graph:
    """Up to so many nodes, and as many as join what would be left unused. `inline` is the share
    in a hundred of nodes with one use that are written where they are used."""
    inputs = choices.integer(1, 4 if largest > 10 else 2)
    args = tuple(number(choices, -2.5, 2.5) or 0.5 for _ in range(inputs))
    values: list[float] = list(args)
    nodes: list[Node] = []

    def add(node: Node) -> None:
        nodes.append(node)
        values.append(node.result)

    for _ in range(choices.integer(1, largest)):
        add(_node(choices, values, smooth))
    used = {operand for node in nodes for operand in node.operands}
    loose = [k for k in range(inputs, len(values)) if k not in used]
    while len(loose) > 1:
        operands = (loose.pop(), loose.pop())
        add(_evaluated(OPERATORS["+"], operands, values))
        loose.append(len(values) - 1)
    return Graph(_text(choices, inputs, nodes, inline), args, tuple(nodes))


def _node(choices: Choices, values: Sequence[float], smooth: bool) -> Node:
    for _ in range(12):
        entry = pick(choices, weighted(choices, _KINDS))
        if smooth and entry.formula is None:
            continue
        operands: list[int | Constant] = [_operand(choices, values) for _ in range(entry.arity)]
        if entry.arity == 2:
            if entry.name == "**" and flag(choices, 60):
                operands[1] = Constant(pick(choices, [2, 3, 0.5, -1, 1.5, -2, 4]))
            elif flag(choices, 20):
                operands[choices.integer(0, 1)] = Constant(number(choices, -2.0, 2.0) or 1.5)
        given = [_value(operand, values) for operand in operands]
        integral = entry.name == "**" and isinstance(operands[1], Constant)
        if integral and isinstance(given[1], int):
            safe = 0.05 < abs(given[0]) < 20
        else:
            safe = entry.safe(*given)
        if not safe or all(isinstance(operand, Constant) for operand in operands):
            continue
        node = _evaluated(entry, tuple(operands), values)
        if math.isfinite(node.result) and 1e-6 < abs(node.result) < _LARGEST:
            return node
    return _evaluated(OPERATORS["+"], (_operand(choices, values), Constant(0.75)), values)


def _operand(choices: Choices, values: Sequence[float]) -> int:
    """A node, mostly a late one, so that few are left unused."""
    if flag(choices, 60):
        return len(values) - 1 - choices.integer(0, min(3, len(values) - 1))
    return choices.integer(0, len(values) - 1)


def _value(operand: int | Constant, values: Sequence[float]) -> float:
    return values[operand] if isinstance(operand, int) else operand.value


def _evaluated(
    entry: Elementary, operands: tuple[int | Constant, ...], values: Sequence[float]
) -> Node:
    given = tuple(_value(operand, values) for operand in operands)
    with quiet(), np.errstate(all="ignore"):
        return Node(entry, operands, given, entry.function(*given))


def _text(choices: Choices, inputs: int, nodes: Sequence[Node], inline: int) -> str:
    uses: dict[int | Constant, int] = {}
    for node in nodes:
        for operand in node.operands:
            uses[operand] = uses.get(operand, 0) + 1
    names = pick(
        choices, [["x", "y", "z", "w"], ["x0", "x1", "x2", "x3"], ["a", "x_bar", "b", "s"]]
    )
    texts: dict[int, str] = {k: names[k] for k in range(inputs)}
    lines = []
    prefix = pick(choices, ["v", "t", "x_bar"])
    for index, node in enumerate(nodes, start=inputs):
        parts = [texts[o] if isinstance(o, int) else repr(o.value) for o in node.operands]
        text = _applied(node.entry.name, parts)
        last = index == inputs + len(nodes) - 1
        if last or (uses.get(index) == 1 and len(text) < 200 and flag(choices, inline)):
            texts[index] = text
            continue
        texts[index] = f"{prefix}{index}"
        lines.append(f"    {prefix}{index} = {tidy(text)}")
    result = tidy(texts[inputs + len(nodes) - 1])
    body = "\n".join([*lines, f"    return {result}"])
    modules = "".join(
        f"import {module}\n"
        for module, mark in (("math", "math."), ("numpy as np", "np."))
        if mark in body
    )
    return f"{modules}\n\ndef f({', '.join(names[:inputs])}):\n{body}\n".lstrip("\n")


def _applied(name: str, parts: Sequence[str]) -> str:
    match name:
        case "neg":
            return f"(-({parts[0]}))"
        case "+" | "-" | "*" | "/" | "**" | "%" | "//":
            return f"(({parts[0]}) {name} ({parts[1]}))"
        case _:
            return f"{name}({', '.join(parts)})"


# Whole expressions


@mpmath.workdps(DIGITS)  # type: ignore[untyped-decorator]
def whole_partials(graph: Graph) -> list[Any]:
    """∂f/∂(each input) by sympy.diff of the whole expression, to many digits at the inputs."""
    expression, symbols = symbolic(graph)
    args = [MP.mpf(arg) for arg in graph.args]
    found = []
    for symbol in symbols:
        derivative = sympy.lambdify(symbols, sympy.diff(expression, symbol), modules="mpmath")
        try:
            found.append(MP.mpf(derivative(*args)))
        except (TypeError, ZeroDivisionError, ValueError):  # complex, or no value at this point
            found.append(MP.nan)
    return found


def symbolic(graph: Graph) -> tuple[Any, tuple[Any, ...]]:
    """The graph's last node as one SymPy expression of its inputs."""
    symbols = sympy.symbols(f"x:{len(graph.args)}")
    terms: list[Any] = list(symbols)
    for node in graph.nodes:
        assert node.entry.formula is not None
        operands = [
            terms[operand] if isinstance(operand, int) else _exact(operand.value)
            for operand in node.operands
        ]
        terms.append(node.entry.formula(*operands))
    return terms[-1], symbols


def _exact(value: float) -> Any:
    return sympy.Integer(value) if isinstance(value, int) else sympy.Float(value, DIGITS)


def well_conditioned(graph: Graph) -> bool:
    """Whether rounding the nodes' values changes the derivative little."""
    exact = whole_partials(graph)
    return all(
        bool(abs(whole - derivative.value) <= _CONDITION * EPS * derivative.absolute)
        for whole, derivative in zip(exact, graph.partials(), strict=True)
    )
