"""Checks of the records of array functions, generated from what each record says of itself.

    python tests/ops/array_records.py np.sum        what holds of one record, case by case
    python tests/ops/array_records.py --table       every callable and keyword that is supported

`test_array_records.py` runs the same checks on all records.
"""

from __future__ import annotations

import ast
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import scipy.special

from autodiff_compiler.emit.spelling import literal
from autodiff_compiler.ir.interpreter import interpret
from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import ArrayType, Type
from autodiff_compiler.ir.values import Const, Op
from autodiff_compiler.ops import ARRAYS, OPS
from autodiff_compiler.ops.helpers import compiled
from autodiff_compiler.ops.record import Record
from tests.ops.array_calls import (
    REFUSALS,
    Call,
    calls_of,
    constant_types,
    known_types,
    named_types,
    only_op,
    resized,
    silent,
    sizes_of,
    truth_of,
    unknown_types,
    unlike,
    variations_of,
    wrong_in,
)
from tests.ops.array_derivatives import check_first_order, check_other_sizes, check_second_order
from tests.ops.array_signatures import check_complete, check_keywords, table

RECORDS = [OPS[name] for name in sorted(ARRAYS) if OPS[name].takes is not None]
Problems = Iterator[str]


# ---------------------------------------------------------------------- what it gives


def result_type(call: Call, types: Sequence[Type]) -> Type:
    """How the call types itself. Raises OperandError."""
    return only_op(call.function(types)).result.type


def check_values(call: Call) -> Problems:
    """NumPy's own value bit for bit, and a type that is true of it."""
    for variation in variations_of(call):
        values = call.values(variation)
        truth = truth_of(call, values)
        found = call.function(known_types(values))
        with silent():
            got = interpret(found, values)
        if difference := unlike(got, truth):
            yield f"[{variation}] gives {difference}"
        for types in (
            known_types(values),
            unknown_types(call.names, values),
            named_types(call.names, values),
            constant_types(values),
        ):
            sizes = sizes_of(call.names, values)
            try:
                declared = result_type(call, types)
            except OperandError as error:
                if types == known_types(values):
                    yield f"[{variation}] is refused: {error}"
                continue
            if wrong := wrong_in(declared, truth, sizes):
                yield f"[{variation}] {', '.join(map(str, types))}: typed {wrong}"


def check_sizes(call: Call) -> Problems:
    """The type holds of every size that the arguments may have, 0 and 1 included."""
    values = call.values()
    unknown = None
    try:
        unknown = result_type(call, unknown_types(call.names, values))
    except OperandError:
        pass  # a refusal is no wrong claim
    for other in resized(call):
        try:
            changed = other.values()
            truth = truth_of(other, changed)
        except REFUSALS:
            continue
        sizes = sizes_of(other.names, changed)
        if unknown is not None and (wrong := wrong_in(unknown, truth, sizes)):
            yield f"{other}: typed {wrong}, from unknown sizes"
        named, constant = named_types(other.names, changed), constant_types(changed)
        for types in (named, constant):
            try:
                declared = result_type(other, types)
            except OperandError as error:
                if types is constant:  # where all is known, nothing that NumPy takes is refused
                    yield f"{other}: refused for {', '.join(map(str, types))}: {error}"
                continue
            if wrong := wrong_in(declared, truth, sizes):
                yield f"{other}: typed {wrong}, from {', '.join(map(str, types))}"


def check_memory(call: Call) -> Problems:
    """The result shares memory with its operands as the record says."""
    for variation in variations_of(call):
        values = call.values(variation)
        result = truth_of(call, values)
        arrays = [each for each in values if isinstance(each, np.ndarray)]
        for found in result if isinstance(result, list | tuple) else [result]:
            if not isinstance(found, np.ndarray) or not arrays:
                continue
            shared = [np.shares_memory(found, each) for each in arrays]
            match call.record.holds:
                case "new" if any(shared) or any(found is each for each in arrays):
                    yield f"[{variation}] shares memory, though it is said to be new"
                case "same" if found is not arrays[0]:
                    yield f"[{variation}] is another object, though it is said to be the same"
                case "view" if found.size and not shared[0]:
                    yield f"[{variation}] is no view, though it is said to be one"


def check_text(call: Call) -> Problems:
    """What is written for it, as a function and as a method, gives the same bits."""
    values = call.values()
    truth = truth_of(call, values)
    function = call.function(known_types(values))
    op = only_op(function)
    forms: list[dict[str, object]] = [{}]
    if op.operands and isinstance(op.operands[0].type, ArrayType):
        forms += [{"method": method} for method in call.record.methods]
    for form in forms:
        text, namespace = written(call.record, op, {**op.attributes, **form})
        if text is None:
            continue
        named = {v.name: held for v, held in zip(function.params, values, strict=True)}
        try:
            with silent():
                got = eval(text, {**namespace, **named})
        except Exception as error:
            yield f"`{text}` raises {type(error).__name__}: {error}"
            continue
        if difference := unlike(got, truth):
            yield f"`{text}` gives {difference}"


def written(record: Record, op: Op, attributes: Any) -> tuple[str | None, dict[str, Any]]:
    """The text of an operation, None for a statement; and the names it needs."""
    types = [each.type for each in op.operands]
    names = [
        literal(each) if isinstance(each, Const) else ast.Name(each.name or "_", ast.Load())
        for each in op.operands
    ]
    found = record.spelling.write(names, types, attributes)
    namespace: dict[str, Any] = {"np": np, "scipy": scipy}
    helper = record.spelling.helper(types)
    if helper is not None:
        namespace[helper.name] = compiled(helper)
    if isinstance(found, ast.stmt):
        return None, namespace
    return ast.unparse(ast.fix_missing_locations(ast.Expression(found))), namespace


# ---------------------------------------------------------------------- all of it

CHECKS: dict[str, Callable[[Call], Problems]] = {
    "values": check_values,
    "sizes": check_sizes,
    "memory": check_memory,
    "text": check_text,
    "first": check_first_order,
    "other sizes": check_other_sizes,
    "second": check_second_order,
}
RECORD_CHECKS: dict[str, Callable[[Record], Problems]] = {
    "complete": check_complete,
    "keywords": check_keywords,
}


def problems(check: str, call: Call) -> list[str]:
    """What a check finds wrong with a case; an exception is a problem too."""
    try:
        return [f"{call} {each}" for each in CHECKS[check](call)]
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        return [f"{call} {type(error).__name__}: {error} ({place})"]


def record_problems(check: str, record: Record) -> list[str]:
    return [f"{record.name}: {each}" for each in RECORD_CHECKS[check](record)]


def report(record: Record) -> bool:
    """Prints what holds of a record, case by case; whether all does."""
    found: list[str] = []
    for check in RECORD_CHECKS:
        wrong = record_problems(check, record)
        print(f"{check:<10}{'FAILS' if wrong else 'ok'}")
        found += wrong
    width = max((len(str(call)) for call in calls_of(record)), default=0)
    print("\n" + "case".ljust(width), *(check.ljust(11) for check in CHECKS))
    for call in calls_of(record):
        cells = []
        for check in CHECKS:
            wrong = problems(check, call)
            cells.append("FAILS" if wrong else "ok")
            found += [f"{check}: {each}" for each in wrong]
        print(str(call).ljust(width), *(cell.ljust(11) for cell in cells))
    print("", *found, sep="\n")
    return not found


def main(arguments: Sequence[str]) -> int:
    if list(arguments) == ["--table"]:
        print(table(RECORDS))
        return 0
    names = [record.name for record in RECORDS] if list(arguments) == ["--all"] else arguments
    if not names or any(name not in OPS for name in names):
        print(__doc__)
        return 2
    return 0 if all([report(OPS[name]) for name in names]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
