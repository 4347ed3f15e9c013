"""The operations: one record each, in the registry `OPS`, by name.

`arithmetic`, `comparisons`, `ieee`, `elementary`, `two_operands`, `special`, `piecewise`,
`numpy_arithmetic`, `scipy_special`, `sequences` and `structures` hold the records. `family` makes
those of `math` and NumPy from one rule; `kinds`, `weights`, `spell`, `helpers`, `samples` are what
records are made of.
`numpy_arithmetic`, `sequences` and `structures` hold the records of numbers and of what holds them,
the modules of `_ARRAY_MODULES` those of arrays. `family` makes those of `math` and NumPy from one
rule; `kinds`, `weights`, `spell`, `helpers`, `samples` are what records are made of.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import Effect
from autodiff_compiler.ir.types import INT, ArrayType, Kind, ScalarType, SequenceType, TupleType
from autodiff_compiler.ir.values import Const, Op
from autodiff_compiler.ops import (
    arithmetic,
    arranging,
    captured,
    comparisons,
    contractions,
    conversion,
    convolutions,
    creation,
    cross,
    decompositions,
    diagonals,
    elementary,
    extremes,
    fitting,
    ieee,
    jacobians,
    joining,
    linalg,
    list_parts,
    lists,
    matrices,
    nans,
    norms,
    numpy_arithmetic,
    ordering,
    piecewise,
    products,
    products_of_others,
    quantiles,
    reductions,
    sampling,
    scans,
    scipy_reductions,
    scipy_special,
    sequences,
    shaping,
    special,
    splitting,
    structures,
    subscripts,
    two_operands,
)
from autodiff_compiler.ops.record import Record
from autodiff_compiler.ops.registry import OPS

_ARRAY_MODULES = (
    arranging,
    contractions,
    conversion,
    convolutions,
    creation,
    cross,
    decompositions,
    diagonals,
    extremes,
    fitting,
    jacobians,
    joining,
    linalg,
    lists,
    matrices,
    nans,
    norms,
    ordering,
    products,
    products_of_others,
    quantiles,
    reductions,
    sampling,
    scans,
    scipy_reductions,
    shaping,
    splitting,
    subscripts,
)
_MODULES = (
    arithmetic,
    comparisons,
    ieee,
    elementary,
    two_operands,
    special,
    piecewise,
    numpy_arithmetic,
    scipy_special,
    sequences,
    list_parts,
    structures,
    captured,
    *_ARRAY_MODULES,
)
__all__ = ["ARRAYS", "OPS", "effect_of", "may_share_memory", "resolve"]

OPS.update({record.name: record for module in _MODULES for record in module.RECORDS})
# The operations that are about arrays; the others are elementwise on arrays, or not for them.
ARRAYS = frozenset(record.name for module in _ARRAY_MODULES for record in module.RECORDS)
assert len(OPS) == sum(len(module.RECORDS) for module in _MODULES), "two records of one name"


# Calls that raise nothing with some attributes.
_CALLS = {
    "np.cross": cross.of_three,
    "np.linalg.matrix_power": linalg.without_inverse,
    "np.linalg.norm": norms.without_decomposition,
}


def effect_of(op: Op) -> Effect:
    """What this very operation may do besides giving its result: its constants tell more.

    A constant divisor other than 0 raises nothing, nor does an exponent between 0 and 1 (a
    Python float's root is complex, at worst) or an integer's power of a constant above 0.
    """
    if op.operation is OPS["get"] and subscripts.never_raises(op.operands[0].type, op.attributes):
        return Effect.PURE
    types = [operand.type for operand in op.operands]
    effect = op.operation.effect(types)
    if effect is not Effect.RAISES or not op.operands:
        return effect
    if op.operation.name in _CALLS and _CALLS[op.operation.name](types, op.attributes):
        return Effect.PURE
    last = op.operands[-1]
    if not isinstance(last, Const) or not isinstance(last.value, int | float):
        return effect
    harmless = False
    if op.operation.name in ("div", "floordiv", "mod"):
        harmless = last.value != 0
    elif op.operation.name in ("pow", "np.power"):
        base = op.operands[0].type
        integer = isinstance(base, ArrayType) or (
            isinstance(base, ScalarType) and base.only(Kind.BOOL, Kind.INT)
        )
        harmless = 0 <= last.value <= 1 or (integer and last.type == INT and last.value >= 0)
    return Effect.PURE if harmless else effect


def may_share_memory(op: Op) -> bool:
    """Whether the array that an operation gives may be, or look into, its first operand.

    So does a number that is broadcast: all elements are one, which can't be written to.
    """
    record = op.operation
    assert isinstance(record, Record)
    if not isinstance(op.result.type, ArrayType) or record.fresh:
        return False
    if record is OPS["captured"]:
        return True  # with what is outside
    if record is OPS["get"]:
        index = [each.type for each in op.operands[1:]]
        return subscripts.is_basic(subscripts.index_of(op.attributes), index) and not (
            op.attributes.get("copied")
        )
    if not op.operands or not isinstance(op.operands[0].type, ArrayType):
        held = any(isinstance(each.type, SequenceType | TupleType) for each in op.operands)
        return held or (bool(op.operands) and record.holds == "view")
    return record.holds != "new"


def _named_objects() -> dict[int, str]:
    """What users may call, by identity: NumPy's aliases (np.absolute, np.asin) are one object."""
    found: dict[int, str] = {}
    modules = {"math": math, "np": np}
    for name in OPS:
        library, _, path = name.partition(".")
        function = _attribute(modules[library], path) if library in modules else None
        if function is not None:
            found[id(function)] = name
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


def _attribute(holder: object, path: str) -> object:
    """What a dotted path leads to; None where there is nothing."""
    for part in path.split("."):
        holder = getattr(holder, part, None)
    return holder


_NAMES = _named_objects()
_SCIPY = tuple(name for name in OPS if name.startswith("scipy."))


def resolve(callable_object: Any) -> str | None:
    """The name of the record of a Python object, such as math.sin or a builtin, if it has one."""
    found = _NAMES.get(id(callable_object))
    if found is None and "scipy.special" in sys.modules:  # it is not imported for its own sake
        special = sys.modules["scipy.special"]
        for name in _SCIPY:
            if getattr(special, name.rpartition(".")[2], None) is callable_object:
                return name
    return found
