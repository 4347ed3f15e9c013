"""Python text of operations, as ASTs: a few ways to write most of them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from autodiff_compiler.ir.types import Type
from autodiff_compiler.ops.kinds import certainly_numpy
from autodiff_compiler.ops.record import Helper, Spelling

Expressions = Sequence[ast.expr]
Types = Sequence[Type]
Attributes = Mapping[str, object]


def name(text: str) -> ast.expr:
    """`x`, or `math.pi` and the like."""
    *path, last = text.split(".")
    if path:
        return ast.Attribute(name(".".join(path)), last, ast.Load())
    return ast.Name(last, ast.Load())


def call(function: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(name(function), list(arguments), [])


def subscript(value: ast.expr, index: ast.expr) -> ast.expr:
    return ast.Subscript(value, index, ast.Load())


def calling(function: str) -> Spelling:
    """`function(a, b, …)`."""
    return Spelling(lambda operands, types, attributes: call(function, *operands))


def calling_helper(helper: Helper) -> Spelling:
    """A call of a function whose source stands in the generated file."""
    return Spelling(
        lambda operands, types, attributes: call(helper.name, *operands),
        lambda types: helper,
    )


def binary(operator: type[ast.operator]) -> Spelling:
    """`a + b` and the like."""
    return Spelling(
        lambda operands, types, attributes: ast.BinOp(operands[0], operator(), operands[1])
    )


def unary(operator: type[ast.unaryop]) -> Spelling:
    """`-a` and the like."""
    return Spelling(lambda operands, types, attributes: ast.UnaryOp(operator(), operands[0]))


def comparison(operator: type[ast.cmpop]) -> Spelling:
    """`a < b` and the like."""
    return Spelling(
        lambda operands, types, attributes: ast.Compare(operands[0], [operator()], [operands[1]])
    )


def plain_or_helper(
    plain: Callable[[Expressions, Types, Attributes], ast.expr | ast.stmt], helper: Helper
) -> Spelling:
    """The plain text where an operand is certainly an np.float64, which never raises, and a
    call of the helper where Python's floats might."""

    def write(operands: Expressions, types: Types, attributes: Attributes) -> ast.expr | ast.stmt:
        if certainly_numpy(types):
            return plain(operands, types, attributes)
        return call(helper.name, *operands)

    return Spelling(write, lambda types: None if certainly_numpy(types) else helper)
