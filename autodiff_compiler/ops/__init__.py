"""The operations: one record each, in the registry `OPS`, by name.

`arithmetic`, `comparisons`, `ieee`, `elementary`, `two_operands`, `special`, `piecewise`,
`numpy_arithmetic`, `sequences` and `structures` hold the records. `family` makes those of `math`
and NumPy from one rule; `kinds`, `weights`, `spell`, `helpers`, `samples` are what records are
made of.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import Effect
from autodiff_compiler.ir.types import INT, Kind, ScalarType
from autodiff_compiler.ir.values import Const, Op
from autodiff_compiler.ops import (
    arithmetic,
    comparisons,
    elementary,
    ieee,
    numpy_arithmetic,
    piecewise,
    sequences,
    special,
    structures,
    two_operands,
)
from autodiff_compiler.ops.record import Record

_MODULES = (
    arithmetic,
    comparisons,
    ieee,
    elementary,
    two_operands,
    special,
    piecewise,
    numpy_arithmetic,
    sequences,
    structures,
)
OPS: dict[str, Record] = {record.name: record for module in _MODULES for record in module.RECORDS}
assert len(OPS) == sum(len(module.RECORDS) for module in _MODULES), "two records of one name"


def effect_of(op: Op) -> Effect:
    """What this very operation may do besides giving its result: its constants tell more.

    A constant divisor other than 0 raises nothing, nor does an exponent between 0 and 1 (a
    Python float's root is complex, at worst) or an integer's power of a constant above 0.
    """
    effect = op.operation.effect([operand.type for operand in op.operands])
    if effect is not Effect.RAISES or not op.operands:
        return effect
    last = op.operands[-1]
    if not isinstance(last, Const) or not isinstance(last.value, int | float):
        return effect
    harmless = False
    if op.operation.name in ("div", "floordiv", "mod"):
        harmless = last.value != 0
    elif op.operation.name == "pow":
        base = op.operands[0].type
        integer = isinstance(base, ScalarType) and base.only(Kind.BOOL, Kind.INT)
        harmless = 0 <= last.value <= 1 or (integer and last.type == INT and last.value >= 0)
    return Effect.PURE if harmless else effect


def _named_objects() -> dict[int, str]:
    """What users may call, by identity: NumPy's aliases (np.absolute, np.asin) are one object."""
    found: dict[int, str] = {}
    modules = {"math": math, "np": np}
    for name in OPS:
        library, _, function = name.rpartition(".")
        if library in modules and hasattr(modules[library], function):
            found[id(getattr(modules[library], function))] = name
    for function_, name in (
        (np.around, "np.round"),
        (abs, "abs"),
        (bool, "bool"),
        (float, "float"),
        (int, "int"),
        (len, "len"),
        (max, "max"),
        (min, "min"),
        (pow, "pow"),
        (print, "print"),
        (round, "round"),
        (sum, "sum"),
    ):
        found[id(function_)] = name
    return found


_NAMES = _named_objects()


def resolve(callable_object: Any) -> str | None:
    """The name of the record of a Python object, such as math.sin or a builtin, if it has one."""
    return _NAMES.get(id(callable_object))
