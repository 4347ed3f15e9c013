"""A program's text with every operation handed to an object that can watch or reinterpret it.

    while s > t and n:          while S.boolean("and", lambda: S.compare(("Gt",), …), lambda: n):
        s -= math.sin(s)            s = S.binary("-", s, S.call(math.sin, s))

`Semantics` computes what Python computes, logs everything that decides where the program goes
(comparisons, truth, roundings, the pick of a maximum), and counts the cost of what was executed.
Subclasses give floats a second meaning beside their value, by `lift`.
"""

from __future__ import annotations

import ast
import builtins
import functools
import operator
from collections.abc import Callable, Iterable, Sequence
from types import CodeType
from typing import Any

import numpy as np

from .elementary import ABS, BY_FUNCTION, CLIP, FLOAT, OPERATORS, SUM, Elementary

HOOK = "_semantics_"

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "Eq": operator.eq, "NotEq": operator.ne, "Lt": operator.lt, "LtE": operator.le,
    "Gt": operator.gt, "GtE": operator.ge, "Is": operator.is_, "IsNot": operator.is_not,
    "In": lambda a, b: a in b, "NotIn": lambda a, b: a not in b,
}  # fmt: skip
_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.Mod: "%",
    ast.FloorDiv: "//",
}  # fmt: skip


class Lifted:
    """A float with a second meaning."""

    __slots__ = ("meaning", "value")

    def __init__(self, value: Any, meaning: Any) -> None:
        self.value = value
        self.meaning = meaning


class Semantics:
    """Plain Python, watched.

    `trace` holds what was decided, in order. `cost` counts weights: + − × ÷ negation comparison
    and the like 1, pow and its kind 8, other elementary functions 4, integers nothing.
    """

    def __init__(self) -> None:
        self.trace: list[object] = []
        self.cost = 0

    def raw(self, value: Any) -> Any:
        return value.value if isinstance(value, Lifted) else value

    def lift(self, entry: Elementary, operands: Sequence[Any], result: Any) -> Any:
        """The result of an operation on these operands, given what Python computed."""
        return result

    def binary(self, symbol: str, left: Any, right: Any) -> Any:
        entry = OPERATORS[symbol]
        result = entry.function(self.raw(left), self.raw(right))
        return self._finish(entry, (left, right), result)

    def unary(self, symbol: str, operand: Any) -> Any:
        entry = OPERATORS[symbol]
        return self._finish(entry, (operand,), entry.function(self.raw(operand)))

    def compare(self, symbols: Sequence[str], *operands: Callable[[], Any]) -> Any:
        left, result = self.raw(operands[0]()), None
        for symbol, operand in zip(symbols, operands[1:], strict=True):
            right = self.raw(operand())
            self._count(1, (left, right))
            result = _COMPARISONS[symbol](left, right)
            self.trace.append(bool(result))
            if not result:
                break
            left = right
        return result

    def truth(self, value: Any) -> bool:
        result = bool(self.raw(value))
        self.trace.append(result)
        return result

    def boolean(self, symbol: str, *operands: Callable[[], Any]) -> Any:
        value = None
        for operand in operands:
            value = operand()
            if self.truth(value) == (symbol == "or"):
                break
        return value

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        special = _SPECIAL.get(id(function))
        if special is not None:
            return special(self, *args, **kwargs)
        entry = BY_FUNCTION.get((id(function), len(args)))
        if entry is None:
            return function(*args, **kwargs)
        result = function(*(self.raw(arg) for arg in args), **kwargs)
        return self._finish(entry, args, result)

    def _finish(self, entry: Elementary, operands: Sequence[Any], result: Any) -> Any:
        raws = [self.raw(operand) for operand in operands]
        self._count(entry.weight, raws)
        if entry.discontinuous:
            self.trace.append(_decision(entry, raws, result))
        elif entry.slopes is not None and entry is not SUM:
            self.trace.append(_slopes(entry, raws, result))
        if isinstance(result, int):  # and so a bool: nothing differentiable is left
            return result
        return self.lift(entry, operands, result)

    def _count(self, weight: int, operands: Iterable[Any]) -> None:
        if any(isinstance(operand, float) for operand in operands):
            self.cost += weight

    # Builtins whose result depends on what they are given in more ways than a table tells.

    def _abs(self, value: Any) -> Any:
        return self._finish(ABS, (value,), abs(self.raw(value)))

    def _float(self, value: Any = 0.0) -> Any:
        raw = float(self.raw(value))
        return raw if isinstance(value, str) else self._finish(FLOAT, (value,), raw)

    def _int(self, value: Any = 0) -> int:
        result = int(self.raw(value))
        self.trace.append(result)
        return result

    def _round(self, value: Any, digits: int | None = None) -> Any:
        raw = self.raw(value)
        result = round(raw) if digits is None else round(raw, digits)
        self._count(1, (raw,))
        self.trace.append(float(result))
        return result

    def _pow(self, base: Any, exponent: Any) -> Any:
        return self.binary("**", base, exponent)

    def _extreme(self, better: Callable[[Any, Any], Any], items: tuple[Any, ...]) -> Any:
        candidates = list(items[0]) if len(items) == 1 else list(items)
        if not candidates:
            return builtins.max(candidates)  # raises what Python raises
        chosen = 0
        for index in range(1, len(candidates)):
            pair = self.raw(candidates[index]), self.raw(candidates[chosen])
            self._count(1, pair)
            if better(*pair):
                chosen = index
        self.trace.append(chosen)
        return candidates[chosen]

    def _max(self, *items: Any) -> Any:
        return self._extreme(operator.gt, items)

    def _min(self, *items: Any) -> Any:
        return self._extreme(operator.lt, items)

    def _sum(self, items: Iterable[Any], start: Any = 0) -> Any:
        operands = [*items, start]
        raws = [self.raw(operand) for operand in operands]
        result = sum(raws[:-1], raws[-1])
        self._count(builtins.max(len(raws) - 2, 0), raws)
        return result if isinstance(result, int) else self.lift(SUM, operands, result)

    def _clip(self, value: Any, low: Any, high: Any) -> Any:
        result = np.clip(self.raw(value), self.raw(low), self.raw(high))
        return self._finish(CLIP, (value, low, high), result)

    def _print(self, *values: Any, **kwargs: Any) -> None:
        print(*(self.raw(value) for value in values), **kwargs)


_SPECIAL: dict[int, Callable[..., Any]] = {
    id(abs): Semantics._abs,
    id(float): Semantics._float,
    id(int): Semantics._int,
    id(round): Semantics._round,
    id(pow): Semantics._pow,
    id(max): Semantics._max,
    id(min): Semantics._min,
    id(sum): Semantics._sum,
    id(np.clip): Semantics._clip,
    id(print): Semantics._print,
}


def _decision(entry: Elementary, operands: Sequence[Any], result: Any) -> float:
    """What a rounding, quotient or remainder chose: an integer, as a float."""
    if entry.name == "%":
        return float(operands[0] // operands[1])
    return float(result)


def _slopes(entry: Elementary, operands: Sequence[Any], result: Any) -> object:
    assert entry.slopes is not None
    try:
        return entry.slopes(*operands, result)
    except (ZeroDivisionError, ValueError, OverflowError):
        return None


def run(source: str, name: str, semantics: Semantics) -> Callable[..., Any]:
    """The named function of a program, executed under these semantics."""
    namespace: dict[str, Any] = {HOOK: semantics, "__name__": "instrumented"}
    exec(instrumented(source), namespace)
    return namespace[name]  # type: ignore[no-any-return]


@functools.lru_cache(maxsize=64)
def instrumented(source: str) -> CodeType:
    tree = ast.fix_missing_locations(_Instrument().visit(ast.parse(source)))
    return compile(tree, "<instrumented>", "exec")


class _Instrument(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if type(node.op) not in _BINARY:
            return node
        return _hook("binary", ast.Constant(_BINARY[type(node.op)]), node.left, node.right)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        read = _read(node.target)
        symbol = ast.Constant(_BINARY[type(node.op)])
        return ast.Assign([node.target], _hook("binary", symbol, read, node.value))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        match node.op:
            case ast.Not():
                return ast.UnaryOp(ast.Not(), _hook("truth", node.operand))
            case ast.USub() if not isinstance(node.operand, ast.Constant):
                return _hook("unary", ast.Constant("neg"), node.operand)
            case ast.UAdd():
                return _hook("unary", ast.Constant("pos"), node.operand)
            case _:
                return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        names: list[ast.expr] = [ast.Constant(type(op).__name__) for op in node.ops]
        symbols = ast.Tuple(names, ast.Load())
        return _hook("compare", symbols, *map(_thunk, [node.left, *node.comparators]))

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        symbol = ast.Constant("or" if isinstance(node.op, ast.Or) else "and")
        return _hook("boolean", symbol, *map(_thunk, node.values))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return _hook("call", node.func, *node.args, keywords=node.keywords)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        self.generic_visit(node)
        node.value = _hook("raw", node.value)
        return node

    def _tested(self, node: Any) -> ast.AST:
        self.generic_visit(node)
        node.test = _hook("truth", node.test)
        return node  # type: ignore[no-any-return]

    visit_If = visit_While = visit_IfExp = visit_Assert = _tested


def _hook(method: str, *args: ast.expr, keywords: Sequence[ast.keyword] = ()) -> ast.Call:
    function = ast.Attribute(ast.Name(HOOK, ast.Load()), method, ast.Load())
    return ast.Call(function, list(args), list(keywords))


def _thunk(body: ast.expr) -> ast.Lambda:
    none = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.Lambda(none, body)


def _read(target: ast.expr) -> ast.expr:
    match target:
        case ast.Name(name):
            return ast.Name(name, ast.Load())
        case ast.Subscript(value, index):
            return ast.Subscript(value, index, ast.Load())
        case _:
            raise AssertionError(f"an assignment to {ast.unparse(target)}")
