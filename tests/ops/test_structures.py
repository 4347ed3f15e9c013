"""Structures and effects: types, values and text, as Python has them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.operation import Effect, OperandError
from autodiff_compiler.ir.types import (
    BOOL,
    FLOAT,
    INT,
    NOTHING,
    TEXT,
    UNBOUND,
    Kind,
    ScalarType,
    TupleType,
    Type,
)
from autodiff_compiler.ir.values import Op, Operand, Value
from autodiff_compiler.ops import OPS, effect_of
from autodiff_compiler.ops.helpers import compiled


def text(name: str, count: int, attributes: Mapping[str, object] = {}) -> str:
    """The operation on operands a, b, … as text, after parsing it back."""
    names: list[ast.expr] = [ast.Name(each, ast.Load()) for each in "abc"[:count]]
    written = ast.fix_missing_locations(
        OPS[name].spelling.write(names, [FLOAT] * count, attributes)
    )
    result = ast.unparse(written)
    parsed = ast.parse(result).body[0]
    assert ast.dump(parsed.value if isinstance(parsed, ast.Expr) else parsed) == ast.dump(written)
    return result


def infer(operation: str, types: Sequence[Type], /, **attributes: object) -> Type:
    return OPS[operation].infer(types, attributes)


def test_tuples_and_their_items() -> None:
    pair = infer("tuple", [FLOAT, INT], container="tuple")
    assert pair == TupleType((FLOAT, INT))
    assert infer("tuple", [], container="list") == TupleType((), "list")
    assert infer("item", [pair], index=1) == INT
    assert infer("item", [pair], index=-2) == FLOAT
    with pytest.raises(OperandError, match="expected an index below 2, got 2"):
        infer("item", [pair], index=2)
    with pytest.raises(OperandError, match="expected a tuple or list of known items, got float"):
        infer("item", [FLOAT], index=0)
    assert OPS["tuple"].evaluate(1.0, 2, container="tuple") == (1.0, 2)
    assert OPS["tuple"].evaluate(1.0, 2, container="list") == [1.0, 2]
    assert OPS["item"].evaluate((1.0, 2), index=1) == 2
    assert text("tuple", 2, {"container": "tuple"}) == "(a, b)"
    assert text("tuple", 1, {"container": "tuple"}) == "(a,)"
    assert text("tuple", 0, {"container": "tuple"}) == "()"
    assert text("tuple", 2, {"container": "list"}) == "[a, b]"
    assert text("item", 1, {"index": 1}) == "a[1]"
    assert OPS["tuple"].tags == OPS["item"].tags == {"structural"}


def test_print(capsys: pytest.CaptureFixture[str]) -> None:
    assert infer("print", [FLOAT, TEXT]) == NOTHING
    assert OPS["print"].evaluate(1.5, "x", sep="-", end="!\n") is None
    OPS["print"].evaluate(np.float64(1.5), 2)
    OPS["print"].evaluate("x", sep=None, end="")
    assert capsys.readouterr().out == "1.5-x!\n1.5 2\nx"
    assert text("print", 2) == "print(a, b)"
    assert text("print", 0) == "print()"
    assert text("print", 2, {"sep": ", ", "end": None}) == "print(a, b, sep=', ')"
    assert text("print", 1, {"sep": None, "end": ""}) == "print(a, end='')"
    assert OPS["print"].effect([FLOAT]) is Effect.ACTS


def test_format_is_what_f_strings_give() -> None:
    template = ("x = ", ("", ".3f"), " {", ("r", ""), "} ", ("s", ">8"))
    x, y = np.float64(2 / 3), 2.5
    assert OPS["format"].evaluate(x, y, y, template=template) == f"x = {x:.3f} {{{y!r}}} {y!s:>8}"
    written = text("format", 3, {"template": template})
    assert eval(written, {"a": x, "b": y, "c": y}) == f"x = {x:.3f} {{{y!r}}} {y!s:>8}"
    assert infer("format", [FLOAT, FLOAT, FLOAT], template=template) == TEXT
    with pytest.raises(OperandError, match="expected 3 operands, got 1"):
        infer("format", [FLOAT], template=template)
    assert OPS["format"].effect([FLOAT]) is Effect.RAISES
    with pytest.raises(ValueError, match="format"):
        OPS["format"].evaluate(x, template=(("", "q"),))


def test_raise() -> None:
    with pytest.raises(ValueError, match=r"^x is 1\.5$"):
        OPS["raise"].evaluate("x is 1.5", exception="ValueError")
    with pytest.raises(ZeroDivisionError):
        OPS["raise"].evaluate(exception="ZeroDivisionError")
    assert text("raise", 1, {"exception": "ValueError"}) == "raise ValueError(a)"
    assert text("raise", 0, {"exception": "ValueError"}) == "raise ValueError"
    assert infer("raise", [TEXT], exception="ValueError") == NOTHING
    assert OPS["raise"].effect([TEXT]) is Effect.ACTS


def test_assert() -> None:
    assert OPS["assert"].evaluate(True, "no") is None
    with pytest.raises(AssertionError, match=r"^no$"):
        OPS["assert"].evaluate(False, "no")
    with pytest.raises(AssertionError, match=r"^$"):
        OPS["assert"].evaluate(False)
    assert text("assert", 1) == "assert a"
    assert text("assert", 2) == "assert a, b"
    assert infer("assert", [BOOL, TEXT]) == NOTHING
    with pytest.raises(OperandError, match="expected a bool, got float"):
        infer("assert", [FLOAT])
    assert OPS["assert"].effect([BOOL]) is Effect.ACTS


def test_bound_strips_unbound_and_raises_for_it() -> None:
    maybe = ScalarType(FLOAT.kinds | {Kind.UNBOUND})
    assert infer("bound", [maybe], name="x") == FLOAT
    assert infer("bound", [UNBOUND], name="x") == ScalarType(frozenset())
    assert infer("bound", [TupleType((FLOAT,))], name="x") == TupleType((FLOAT,))
    assert OPS["bound"].evaluate(2.5, name="x") == 2.5
    with pytest.raises(UnboundLocalError, match="cannot access local variable 'x'"):
        OPS["bound"].evaluate(None, name="x")
    helper = OPS["bound"].spelling.helper([maybe])
    assert helper is not None
    written = text("bound", 1, {"name": "x"})
    assert written == "bound(a, 'x')"
    assert eval(written, {"a": 2.5, helper.name: compiled(helper)}) == 2.5
    assert OPS["bound"].effect([maybe]) is Effect.RAISES


def test_effect_of_operations_with_constants() -> None:
    def effect(name: str, *operands: Operand) -> Effect:
        build = Builder()
        build.op(OPS[name], *operands)
        (node,) = build.nodes
        assert isinstance(node, Op)
        return effect_of(node)

    x, n = Value(FLOAT), Value(INT)
    for name in ("div", "floordiv", "mod"):
        assert effect(name, x, n) is Effect.RAISES
        assert effect(name, x, const(0)) is Effect.RAISES
        assert effect(name, x, const(2)) is Effect.PURE
        assert effect(name, const(2.0), x) is Effect.RAISES
    assert effect("pow", x, const(2)) is Effect.RAISES  # 1e200 ** 2
    assert effect("pow", x, const(0.5)) is Effect.PURE
    assert effect("pow", x, const(1)) is Effect.PURE
    assert effect("pow", n, const(2)) is Effect.PURE
    assert effect("pow", n, const(2.5)) is Effect.RAISES
    assert effect("pow", n, const(-1)) is Effect.RAISES
    assert effect("math.sqrt", const(2.0)) is Effect.RAISES
    assert effect("print", x) is Effect.ACTS
