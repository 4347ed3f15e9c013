"""Zeros and sums of what lists hold: numbers, arrays, and lists and tuples of those.

Cotangents of sequences are lists, of structures the plain containers that they are written as.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import FLOAT, ArrayType, SequenceType, TupleType, Type, plain
from autodiff_compiler.ops import spell

AddTypes = Callable[[Type, Type], Type]


# Sums.


def added_type(a: Type, b: Type, of_numbers: AddTypes) -> Type:
    """The type of a sum, element by element."""
    match a, b:
        case SequenceType(), SequenceType():
            return SequenceType(added_type(a.element, b.element, of_numbers))
        case TupleType(items, container), TupleType(others):
            if len(items) != len(others):
                raise OperandError(f"expected as many items in {a} as in {b}")
            pairs = zip(items, others, strict=True)
            return TupleType(tuple(added_type(*pair, of_numbers) for pair in pairs), container)
    return of_numbers(a, b)


def added(a: Any, b: Any) -> Any:
    """The sum, element by element. An array may be held elsewhere too, so the sum is a new one."""
    if isinstance(a, list | tuple):
        return type(a)(added(x, y) for x, y in zip(a, b, strict=True))
    return a + b


def added_text(kind: Type, a: ast.expr, b: ast.expr, depth: int = 0) -> ast.expr:
    """`[a + b for a, b in zip(xs, ys)]` and the like; a and b are the comprehension's own."""
    match kind:
        case SequenceType(element):
            names = [f"{letter}{depth + 1 if depth else ''}" for letter in "ab"]
            pair = ast.Tuple([ast.Name(name, ast.Store()) for name in names], ast.Store())
            loop = ast.comprehension(pair, spell.call("zip", a, b), [], 0)
            x, y = map(spell.name, names)
            return ast.ListComp(added_text(element, x, y, depth + 1), [loop])
        case TupleType(items, container):
            places = [ast.Constant(place) for place in range(len(items))]
            parts = [
                added_text(item, spell.subscript(a, place), spell.subscript(b, place), depth)
                for item, place in zip(items, places, strict=True)
            ]
            return _display(plain(container), parts)
    return ast.BinOp(a, ast.Add(), b)


# Zeros.


def zeros_type(kind: Type) -> Type:
    """The type of the zeros for what is of this type."""
    match kind:
        case SequenceType(element):
            return SequenceType(zeros_type(element))
        case TupleType(items, container):
            return TupleType(tuple(map(zeros_type, items)), plain(container))
        case ArrayType() if kind.is_float:
            return kind
    return FLOAT


def zeros(value: Any) -> Any:
    match value:
        case tuple():
            return tuple(map(zeros, value))
        case list():
            return list(map(zeros, value))
        case np.ndarray() if value.dtype.kind == "f":
            return np.zeros_like(value)
    return 0.0


def zeros_text(kind: Type, value: ast.expr, depth: int = 0) -> ast.expr:
    """`[0.0] * len(xs)`, `[np.zeros_like(x) for x in xs]` and the like."""
    match kind:
        case SequenceType(element) if zeros_type(element) == FLOAT:
            zero = ast.List([ast.Constant(0.0)], ast.Load())
            return ast.BinOp(zero, ast.Mult(), spell.call("len", value))
        case SequenceType(element):
            name = f"x{depth + 1 if depth else ''}"
            loop = ast.comprehension(ast.Name(name, ast.Store()), value, [], 0)
            return ast.ListComp(zeros_text(element, spell.name(name), depth + 1), [loop])
        case TupleType(items, container):
            parts = [
                zeros_text(item, spell.subscript(value, ast.Constant(place)), depth)
                for place, item in enumerate(items)
            ]
            return _display(plain(container), parts)
        case ArrayType() if kind.is_float:
            return spell.call("np.zeros_like", value)
    return ast.Constant(0.0)


def _display(container: str, parts: Sequence[ast.expr]) -> ast.expr:
    if container == "list":
        return ast.List(list(parts), ast.Load())
    return ast.Tuple(list(parts), ast.Load())
