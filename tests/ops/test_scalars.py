"""Operations on numbers: text, values, types and effects, on every combination of kinds."""

from __future__ import annotations

import ast
import importlib
import itertools
import math
import warnings
from typing import Any

import numpy as np
import pytest
import scipy.special

from autodiff_compiler.ir.operation import Effect, OperandError
from autodiff_compiler.ir.types import Kind, ScalarType, Type, type_of
from autodiff_compiler.ops import ARRAYS, OPS, resolve
from autodiff_compiler.ops.helpers import compiled
from autodiff_compiler.ops.record import Record
from tests.ops.evaluate import ORDERED, types_of

NO_NUMBERS = {"sequences", "list_parts", "structures", "captured", "jacobians", "overlap"}
OTHERS = {
    record.name
    for name in NO_NUMBERS
    for record in importlib.import_module(f"autodiff_compiler.ops.{name}").RECORDS
}
SCALARS = [record for record in OPS.values() if record.name not in OTHERS | ORDERED | ARRAYS]
# These refuse more than Python does; nobody asks them for it.
STRICTER = {"select", "ieee_div", "ieee_pow", "ieee_log", "sign"}

VALUES: dict[Kind, tuple[Any, ...]] = {
    Kind.BOOL: (True, False),
    Kind.INT: (1, 0, 3, -2),
    Kind.FLOAT: (0.5, -1.5, 2.0, 0.0, math.inf, -math.inf, math.nan, 1e308),
    Kind.NP_BOOL: (np.True_, np.False_),
    Kind.NP_INT: (np.int64(1), np.int64(0), np.int64(3), np.int64(-2)),
    Kind.NP_FLOAT: tuple(map(np.float64, (0.5, -1.5, 2.0, 0.0, math.inf, -math.inf, math.nan))),
}
KIND_SETS = {kind: ScalarType(frozenset({kind})) for kind in VALUES}


def named(records: list[Record]) -> Any:
    return pytest.mark.parametrize("record", records, ids=lambda record: record.name)


def takes(record: Record, types: list[Type]) -> bool:
    try:
        record.infer(types, {})
    except OperandError:
        return False
    return True


def arities(record: Record) -> list[int]:
    """How many operands the operation takes, up to 3."""
    return [
        count
        for count in (1, 2, 3)
        if any(
            takes(record, [KIND_SETS[kind] for kind in kinds])
            for kinds in itertools.product(VALUES, repeat=count)
        )
    ]


def points(record: Record) -> Any:
    """Operand tuples of every combination of kinds that the operation takes."""
    for count in arities(record):
        for kinds in itertools.product(VALUES, repeat=count):
            if takes(record, [KIND_SETS[kind] for kind in kinds]):
                few = 8 if count < 3 else 3
                yield from itertools.product(*(VALUES[kind][:few] for kind in kinds))


def outcome(function: Any, *operands: Any) -> tuple[Any, ...]:
    """The value and its type, or the exception."""
    with np.errstate(all="ignore"):
        try:
            result = function(*operands)
        except (ArithmeticError, ValueError) as error:
            return type(error), str(error)
    return type(result), np.asarray(result).tobytes() if result == 0 else repr(result)


def text_of(record: Record, types: list[Type]) -> str:
    """The operation's text on a, b, …, after parsing it back."""
    names: list[ast.expr] = [ast.Name(name, ast.Load()) for name in "abcd"[: len(types)]]
    written = record.spelling.write(names, types, {})
    assert isinstance(written, ast.expr)
    text = ast.unparse(ast.fix_missing_locations(written))
    assert ast.dump(ast.parse(text, mode="eval").body) == ast.dump(written)
    return text


@named(SCALARS)
def test_the_text_computes_what_evaluate_does(record: Record) -> None:
    """Bit for bit, of the same type, with the same exceptions."""
    functions: dict[Any, Any] = {}
    for operands in points(record):
        types = types_of(operands)
        key = tuple(types)
        if key not in functions:
            helper = record.spelling.helper(types)
            namespace: dict[str, Any] = {"math": math, "np": np, "scipy": scipy}
            if helper is not None:
                namespace[helper.name] = compiled(helper)
            names = ", ".join("abcd"[: len(types)])
            functions[key] = eval(f"lambda {names}: {text_of(record, types)}", namespace)
        found = outcome(functions[key], *operands)
        expected = outcome(record.evaluate, *operands)
        if record.name in ("ieee_div", "ieee_pow", "ieee_log", "sign"):
            # A helper gives a float where some operand is NumPy's but none certainly a float64.
            found, expected = found[1:], expected[1:]
            found, expected = (
                tuple(text.replace("np.float64(", "").rstrip(")") for text in each if text)
                if all(isinstance(text, str) for text in each)
                else each
                for each in (found, expected)
            )
        assert found == expected, f"{text_of(record, types)} for {operands}"


@named(SCALARS)
def test_inferred_types_are_the_actual_ones(record: Record) -> None:
    """Every result has an inferred kind, every inferred kind some result."""
    seen: dict[tuple[Type, ...], set[Kind]] = {}
    for operands in points(record):
        types = types_of(operands)
        inferred = record.infer(types, {})
        kinds = seen.setdefault(tuple(types), set())
        with np.errstate(all="ignore"):
            try:
                result = record.evaluate(*operands)
            except (ArithmeticError, ValueError):
                continue
        if isinstance(result, complex):
            assert record.name == "pow"  # a root of a negative number; see `powers`
            continue
        actual = type_of(result)
        assert isinstance(actual, ScalarType) and isinstance(inferred, ScalarType)
        assert actual.kinds <= inferred.kinds, f"{result!r} for {operands}, not {inferred}"
        kinds |= actual.kinds
    for types, kinds in seen.items():
        inferred = record.infer(list(types), {})
        assert isinstance(inferred, ScalarType)
        if record.name not in ("ieee_div", "ieee_pow", "ieee_log", "sign"):
            assert kinds == inferred.kinds or not kinds, f"{types}: {inferred}, but only {kinds}"


@named([record for record in SCALARS if record.name not in STRICTER])
def test_refused_kinds_have_no_result_of_our_kinds(record: Record) -> None:
    for count in arities(record):
        for kinds in itertools.product(VALUES, repeat=count):
            if takes(record, [KIND_SETS[kind] for kind in kinds]):
                continue
            for operands in itertools.product(*(VALUES[kind][:2] for kind in kinds)):
                with np.errstate(all="ignore"), warnings.catch_warnings():
                    warnings.simplefilter("error", DeprecationWarning)
                    try:
                        result = record.evaluate(*operands)
                    except (TypeError, ArithmeticError, ValueError, DeprecationWarning):
                        continue
                assert type_of(result) is None, f"{record.name}{operands} is {result!r}"


def test_unions_are_typed_pairwise() -> None:
    def union(*kinds: Kind) -> ScalarType:
        return ScalarType(frozenset(kinds))

    either = union(Kind.INT, Kind.NP_FLOAT)
    assert OPS["add"].infer([either, union(Kind.FLOAT)], {}) == union(Kind.FLOAT, Kind.NP_FLOAT)
    assert OPS["div"].infer([either, union(Kind.INT)], {}) == union(Kind.FLOAT, Kind.NP_FLOAT)
    assert OPS["pow"].infer([union(Kind.INT)] * 2, {}) == union(Kind.INT, Kind.FLOAT)
    assert OPS["lt"].infer([either, either], {}) == union(Kind.BOOL, Kind.NP_BOOL)
    assert OPS["max"].infer([either, union(Kind.FLOAT)], {}) == union(
        Kind.INT, Kind.FLOAT, Kind.NP_FLOAT
    )
    assert OPS["add"].infer([union(), either], {}) == union()


@pytest.mark.parametrize(
    ("name", "types", "said"),
    [
        ("math.sin", ["FLOAT", "FLOAT"], "expected 1 operand, got 2"),
        ("math.log", [], "expected 1 to 2 operands, got 0"),
        ("math.hypot", [], "expected at least 1 operands, got 0"),
        ("add", ["FLOAT", "UNBOUND"], "expected a number, got unbound, which may be unbound"),
        ("add", ["FLOAT", "TEXT"], "expected a number, got str"),
        ("np.sin", ["BOOL"], "gives float16 for bool, which has no type here"),
        ("sub", ["NP_BOOL", "NP_BOOL"], "cannot take np.bool, np.bool: numpy boolean subtract"),
        ("math.factorial", ["FLOAT"], "expected an int, got float"),
        ("select", ["FLOAT", "FLOAT", "FLOAT"], "expected a bool, got float"),
    ],
)
def test_refusals_say_expected_and_got(name: str, types: list[str], said: str) -> None:
    from autodiff_compiler.ir import types as ir_types

    with pytest.raises(OperandError) as raised:
        OPS[name].infer([getattr(ir_types, each) for each in types], {})
    assert said in str(raised.value)


NASTY: dict[str, tuple[Any, ...]] = {
    "float": (
        *(0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 2.0, -3.0, math.inf, -math.inf, math.nan),
        *(1e308, -1e308, 1e-308, 5e-324, 171.7, 710.5),
    ),
    "int": (0, 1, -1, 2, -3, 5, 1200),
}
NASTY["np.float64"] = tuple(map(np.float64, NASTY["float"]))
NASTY["np.int64"] = tuple(map(np.int64, NASTY["int"]))


@named(SCALARS)
def test_effect_says_whether_it_may_raise(record: Record) -> None:
    """What may raise says so; what says so raises for some float (or int, if it takes no float)."""
    for count in set(arities(record)) & {1, 2}:
        raising: dict[tuple[str, ...], bool] = {}
        for kinds in itertools.product(NASTY, repeat=count):
            if not takes(record, types_of([NASTY[kind][0] for kind in kinds])):
                continue
            effect = record.effect(types_of([NASTY[kind][0] for kind in kinds]))
            raised = [point for point in nasty(kinds) if raises(record, point)]
            assert effect is Effect.RAISES or not raised, f"raises for {raised[0]}"
            if effect is Effect.RAISES:
                raising[kinds] = bool(raised)
        for plain in [("float",) * count, ("int",) * count]:
            if plain in raising:
                assert raising[plain], f"declared to raise for {plain}, but never did"
                break


def nasty(kinds: tuple[str, ...]) -> Any:
    return itertools.product(*(NASTY[kind] for kind in kinds))


def raises(record: Record, operands: tuple[Any, ...]) -> bool:
    try:
        with np.errstate(all="ignore"):
            record.evaluate(*operands)
    except (ArithmeticError, ValueError):
        return True
    return False


# These see to arguments that may be left out.
WITH_OPTIONS = {"np.clip", "np.round", "np.isclose", "np.allclose", "np.conj"}


def test_names_resolve_to_their_records() -> None:
    for name, record in OPS.items():
        library, _, function = name.rpartition(".")
        if library and name not in ("np.where",) and name not in ARRAYS:
            module = {"math": math, "np": np, "scipy.special": scipy.special}[library]
            if name not in WITH_OPTIONS and library != "scipy.special":
                assert record.evaluate is getattr(module, function)
            assert resolve(getattr(module, function)) == name
    for builtin in (abs, bool, float, int, len, max, min, pow, print, round, sum):
        assert resolve(builtin) == builtin.__name__
    assert resolve(np.absolute) == "np.abs"
    assert resolve(np.asin) == "np.arcsin"
    assert resolve(np.pow) == "np.power"
    assert resolve(np.remainder) == "np.mod"
    assert resolve(np.true_divide) == "np.divide"
    assert resolve(np.around) == "np.round"
    assert resolve(np.where) == "np.where"
    assert resolve([]) is None
    assert resolve(sorted) is None
    assert resolve(math.modf) is None
