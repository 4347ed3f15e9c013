"""A list of varying length joined into an array: its cotangent is a list again."""

import ast

import numpy as np
import pytest

from autodiff_compiler.ir.builder import Builder
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.types import FLOAT, SOME, ArrayType, SequenceType, Type, dim_of
from autodiff_compiler.ir.values import Block, Function, Op, Operand, Value
from autodiff_compiler.ops import OPS
from autodiff_compiler.ops.record import Custom, Record

VECTORS = ArrayType("float64", (SOME,))
MATRICES = ArrayType("float64", (SOME, dim_of(3)))


def joined(name: str, element: Type, **attributes: object) -> tuple[Value, Op]:
    xs = Value(SequenceType(element), "xs")
    build = Builder()
    build.op(OPS[name], xs, attributes=attributes)
    (op,) = build.nodes
    assert isinstance(op, Op)
    return xs, op


def pulled_back(op: Op, ct: object, items: object) -> tuple[object, str]:
    """The cotangent of the list, and the text of its last operation."""
    assert isinstance(op.operation, Record) and isinstance(op.operation.rule, Custom)
    (xs,) = op.operands
    given = Value(op.result.type, "ct")
    build = Builder()
    (found,) = op.operation.rule.vjp(build, op, given)
    assert isinstance(found, Value) and isinstance(xs, Value)
    assert isinstance(found.type, SequenceType)
    function = Function("back", (xs, given), build.block(found))
    return interpret(function, [items, ct]), _text(build.nodes[-1])


def _text(node: object) -> str:
    assert isinstance(node, Op) and isinstance(node.operation, Record)

    def name(operand: Operand) -> ast.expr:
        return ast.Name(getattr(operand, "name", None) or "_", ast.Load())

    types = [each.type for each in node.operands]
    written = node.operation.spelling.write(
        [name(each) for each in node.operands], types, node.attributes
    )
    return ast.unparse(ast.fix_missing_locations(written))


@pytest.mark.parametrize("name", ["np.array", "np.asarray", "np.stack", "np.hstack"])
def test_numbers(name: str) -> None:
    _, op = joined(name, FLOAT)
    back, text = pulled_back(op, np.array([1.0, 2.0]), [5.0, 6.0])
    assert back == [1.0, 2.0]
    assert text == "list(ct)"


@pytest.mark.parametrize(
    ("name", "element", "sizes", "axis", "expected"),
    [
        ("np.concatenate", VECTORS, [(2,), (0,), (3,)], 0, "np.cumsum([len(x) for x in xs])[:-1]"),
        ("np.concatenate", MATRICES, [(2, 3), (1, 3)], 0, "np.cumsum([len(x) for x in xs])[:-1]"),
        ("np.vstack", MATRICES, [(2, 3), (1, 3)], 0, "np.cumsum([len(x) for x in xs])[:-1]"),
        ("np.hstack", MATRICES, [(2, 3), (2, 3)], 1, "np.cumsum([x.shape[1] for x in xs])[:-1]"),
    ],
)
def test_parts(
    name: str, element: Type, sizes: list[tuple[int, ...]], axis: int, expected: str
) -> None:
    rng = np.random.default_rng(1)
    parts = [rng.normal(size=size) for size in sizes]
    _, op = joined(name, element)
    back, text = pulled_back(op, np.concatenate(parts, axis), [np.zeros(size) for size in sizes])
    assert isinstance(back, list)
    for got, part in zip(back, parts, strict=True):
        np.testing.assert_array_equal(got, part)
    assert text == f"np.split(ct, {expected}{f', {axis}' if axis else ''})"


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_stacked(axis: int) -> None:
    rng = np.random.default_rng(2)
    parts = [rng.normal(size=(2, 3)) for _ in range(4)]
    _, op = joined("np.stack", MATRICES, axis=axis)
    back, _ = pulled_back(op, np.stack(parts, axis), [np.zeros((2, 3))] * 4)
    assert isinstance(back, list)
    for got, part in zip(back, parts, strict=True):
        np.testing.assert_array_equal(got, part)


def test_lists_of_lists() -> None:
    _, op = joined("np.array", SequenceType(FLOAT))
    back, text = pulled_back(op, np.array([[1.0, 2.0]]), [[0.0, 0.0]])
    assert back == [[1.0, 2.0]]
    assert text == "ct.tolist()"


@pytest.mark.parametrize("count", [0, 3])
def test_rows_and_back(count: int) -> None:
    """The transpose of `rows` knows the shape, where a list without rows does not."""
    like = Value(ArrayType("float64", (SOME, SOME)), "a")
    build = Builder()
    rows = build.op(OPS["rows"], like)
    back = build.op(OPS["from_rows"], rows, like)
    a = np.arange(count * 2.0).reshape(count, 2)
    function = Function("f", (like,), Block(tuple(build.nodes), (back,)))
    found = interpret(function, [a])
    assert isinstance(found, np.ndarray) and found.shape == a.shape
    np.testing.assert_array_equal(found, a)
