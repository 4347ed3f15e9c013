"""How calls of array functions become operations, and operations text."""

import ast
from typing import Any

import numpy as np
import pytest

from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import (
    FLOAT,
    INT,
    SOME,
    ArrayType,
    Dim,
    SequenceType,
    TupleType,
    dim_of,
    lengthened,
    shortened,
)
from autodiff_compiler.ir.values import Const, Op, Value
from autodiff_compiler.ops import OPS
from autodiff_compiler.ops.calling import HOLE, CallError, NotStatic, bind, signature
from autodiff_compiler.ops.record import Record

X = Value(FLOAT, "x")
Y = Value(FLOAT, "y")
N = Value(INT, "n")
V = Value(ArrayType("float64", (Dim("v.0", one=False),)), "v")
A = Value(ArrayType("float64", (Dim("a.0"), Dim("a.1"))), "a")
XS = Value(SequenceType(FLOAT), "xs")


def made(name: str, *positional: object, form: dict[str, object] | None = None, **kw: Any) -> Op:
    record = OPS[name]
    assert isinstance(record, Record)
    assert record.takes is not None
    bound = bind(record.takes, positional, kw)
    build = Builder()
    build.op(record, *bound.operands, attributes={**bound.attributes, **(form or {})})
    (op,) = build.nodes
    assert isinstance(op, Op)
    return op


def text(op: Op) -> str:
    assert isinstance(op.operation, Record)
    names = [
        ast.Constant(each.value)  # type: ignore[arg-type]
        if isinstance(each, Const)
        else ast.Name(each.name or "", ast.Load())
        for each in op.operands
    ]
    types = [each.type for each in op.operands]
    written = op.operation.spelling.write(names, types, op.attributes)
    return ast.unparse(ast.fix_missing_locations(written))


def test_nested_numbers_become_operands_and_a_layout() -> None:
    op = made("np.array", [[X, const(1.0)], [Y, N]])
    assert op.attributes == {"layout": ((HOLE, HOLE), (HOLE, HOLE))}
    assert str(op.result.type) == "float64[2, 2]"
    assert text(op) == "np.array([[x, 1.0], [y, n]])"


def test_one_array_or_list_has_no_layout() -> None:
    assert made("np.array", V).attributes == {}
    assert text(made("np.array", V)) == "np.array(v)"
    assert text(made("np.array", XS)) == "np.array(xs)"
    assert text(made("np.array", [V])) == "np.array([v])"
    assert made("np.array", XS).result.type == ArrayType("float64", (SOME,))


def test_arguments_taken_one_by_one() -> None:
    assert text(made("np.meshgrid", V, X, indexing="ij")) == "np.meshgrid(v, x, indexing='ij')"
    assert text(made("np.arange", const(0), N, step=const(2))) == "np.arange(0, n, step=2)"
    assert text(made("np.arange", N)) == "np.arange(n)"


def test_methods_take_sizes_one_by_one() -> None:
    op = made("np.reshape", A, (N, const(-1)), form={"method": "reshape"})
    assert text(op) == "a.reshape(n, -1)"
    assert text(made("np.reshape", A, (), form={"method": "reshape"})) == "a.reshape(())"
    assert text(made("np.reshape", A, (N, const(-1)))) == "np.reshape(a, (n, -1))"


@pytest.mark.parametrize("dtype", [np.float32, "float32", "f4", np.dtype("float32")])
def test_a_dtype_is_kept_by_its_name(dtype: object) -> None:
    op = made("np.zeros", const(3), dtype=dtype)
    assert op.attributes["dtype"] == "float32"
    assert text(op) == "np.zeros(3, dtype=np.float32)"


def test_an_array_is_no_list_of_arrays() -> None:
    with pytest.raises(CallError, match="expected a tuple or list of arrays"):
        made("np.concatenate", A)


def test_refused_keywords_come_before_missing_arguments() -> None:
    with pytest.raises(CallError) as error:
        made("np.arange", start=const(0), stop=const(3))
    assert (error.value.param, error.value.hint) == ("start", "pass it by position")


def test_a_spread_parameter_has_no_name() -> None:
    with pytest.raises(CallError, match="not supported"):
        bind(signature("**xi"), [], {"xi": X})


def test_what_must_be_static() -> None:
    with pytest.raises(NotStatic):
        made("np.split", V, N)


def test_constants_that_are_equal_are_not_of_one_type() -> None:
    assert made("np.arange", const(1), const(3)).result.type == ArrayType("int64", (dim_of(2),))
    floats = made("np.arange", const(1.0), const(3.0))
    assert floats.result.type == ArrayType("float64", (dim_of(2),))


@pytest.mark.parametrize(
    ("name", "arguments", "keywords"),
    [
        ("np.pad", (V, 1), {"mode": "linear_ramp"}),
        ("np.pad", (V, -1), {}),
        ("np.zeros", ((2, -1),), {}),
        ("np.zeros", (2,), {"dtype": complex}),
        ("np.concatenate", ((),), {}),
        ("np.concatenate", ((V, A),), {}),
        ("np.concatenate", ((V, X),), {}),
        ("np.concatenate", (XS,), {}),
        ("np.array", ([[X, Y], [X]],), {}),
        ("np.array", ([V, X],), {}),
        ("np.array", (V,), {"copy": False}),
        ("np.tril", (V,), {}),
        ("np.roll", (V, 1.5), {}),
        ("np.tile", (V, 1.5), {}),
        ("np.repeat", (V, V), {}),
        ("np.unstack", (V,), {}),
        ("np.meshgrid", (A, V), {}),
        ("np.full", ((), V), {}),
        ("np.arange", (V,), {}),
        ("np.arange", (const(0), const(1), const(0)), {}),
        ("np.linspace", (X, Y, -1), {}),
        ("np.broadcast_to", (A, 3), {}),
    ],
)
def test_what_cannot_be_typed(
    name: str, arguments: tuple[object, ...], keywords: dict[str, Any]
) -> None:
    if name == "np.unstack" and name not in OPS:
        pytest.skip("NumPy has no unstack before 2.1")
    with pytest.raises(OperandError):
        made(name, *arguments, **keywords)


def test_sizes_follow_the_operands() -> None:
    def dims(name: str, *positional: object, **keywords: object) -> str:
        return str(made(name, *positional, **keywords).result.type)

    assert dims("np.pad", A, ((1, 1), (0, 0))) == "float64[a.0+2, a.1]"
    assert dims("np.concatenate", (V, V)) == "float64[*]"
    assert dims("np.append", V, X) == "float64[v.0+1]"
    assert dims("np.hstack", (X, V, Y)) == "float64[v.0+2]"
    assert dims("np.stack", (V, V), axis=-1) == "float64[v.0, 2]"
    assert dims("np.tile", V, (N, const(1))) == "float64[?, v.0]"
    assert dims("np.eye", N, const(3)) == "float64[?, 3]"
    halves = made("np.split", V, 2).result.type
    assert isinstance(halves, TupleType) and len(set(halves.items)) == 1


def test_a_dimension_shortened_and_lengthened_again() -> None:
    dim = Dim("x.0")
    assert shortened(lengthened(dim, 2), 2).is_as_long_as(dim)
    assert not lengthened(shortened(dim, 2), 2).is_as_long_as(dim)  # it may have had but one
    assert lengthened(dim_of(1), 1) == dim_of(2)
    assert str(lengthened(dim, 2)) == "x.0+2" and str(shortened(dim, 2)) == "x.0-2"
