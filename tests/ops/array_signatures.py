"""What array records say of calls: signatures against NumPy's, and what their cases cover."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence

import numpy as np

from autodiff_compiler.ops.calling import Role
from autodiff_compiler.ops.record import Record, Zero
from tests.ops.array_calls import Call, calls_of, numpy_function, parameters_of

Problems = Iterator[str]


def check_complete(record: Record) -> Problems:
    """It says all that the checks need."""
    if record.takes is None:
        yield "it has no signature"
    if not record.cases:
        yield "it has no cases"
    # What only derivatives are made of is checked against itself, and by the second order.
    ours = numpy_function(record) is None
    if record.oracle is None and not isinstance(record.rule, Zero) and not ours:
        yield "it has a derivative, but no oracle"
    if record.oracle is not None and record.oracle.kind == "mpmath" and record.mpmath is None:
        yield "its oracle is mpmath, of which it has nothing"
    if record.holds not in ("new", "same", "view", "maybe"):
        yield f"it holds {record.holds!r}"


# What stands for "not given" in NumPy's signatures, as what it then means.
_NOT_GIVEN = {"keepdims": (False,), "initial": (None,), "where": (None, True)}


def check_keywords(record: Record) -> Problems:
    """Every parameter of NumPy's function is supported and in use in a case, or refused by name."""
    assert record.takes is not None
    known = {each.name: each for each in record.takes.params}
    function = numpy_function(record)
    if function is None:
        return
    yield from _against_signature(record, parameters_of(function))
    used = {name for call in calls_of(record) for name, _ in call.given}
    for name, param in known.items():
        if param.role is not Role.REFUSED and name not in used:
            yield f"no case uses {name}"
        if param.role is Role.REFUSED and not param.hint:
            yield f"the refusal of {name} doesn't say what to write instead"
    for method in record.methods:
        for name in method_parameters(method) - known.keys():
            yield f"ndarray.{method} takes {name}, about which the record says nothing"


def _against_signature(record: Record, params: list[inspect.Parameter]) -> Problems:
    assert record.takes is not None
    known = {each.name: each for each in record.takes.params}
    many = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    plain = [each for each in params if each.kind not in many]
    only = inspect.Parameter.POSITIONAL_ONLY
    in_order = [each for each in plain if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    taken = [*known]
    # np.arange(stop) and np.arange(start, stop) have no signature in common.
    irregular = params and (params[0].kind in many or params[0].name == "start_or_stop")
    for place, param in enumerate(in_order):
        if param.kind is only and place < len(taken):
            continue  # it has no name for users
        if param.name not in known:
            yield f"it says nothing of {param.name}"
        elif taken.index(param.name) != place and not irregular:
            yield f"{param.name} is parameter {taken.index(param.name)}, in NumPy {place}"
    for param in plain:
        if param.kind is inspect.Parameter.KEYWORD_ONLY and param.name not in known:
            yield f"it says nothing of {param.name}"
    for param in plain:
        mine = known.get(param.name)
        if mine is None or mine.role not in (Role.STATIC, Role.SIZES) or mine.required:
            continue
        means = _NOT_GIVEN.get(param.name, ())
        if param.default is inspect.Parameter.empty:
            yield f"{param.name} may not be left out"
        elif param.default is np._NoValue:
            if mine.default not in (None, False, *means):
                yield f"{param.name} is {mine.default!r} by default, in NumPy it is not given"
        elif param.name == "dtype" and mine.default is None and param.default is float:
            continue  # float64, as elsewhere
        elif param.default != mine.default or type(param.default) is not type(mine.default):
            yield f"{param.name} is {mine.default!r} by default, in NumPy {param.default!r}"
    names = {each.name for each in plain}
    splat = irregular or any(each.kind in many for each in params)
    for place, mine in enumerate(record.takes.params):
        nameless = place < len(in_order) and in_order[place].kind is only
        if mine.name not in names and not nameless and not splat and names:
            yield f"NumPy's function takes no {mine.name}"


def method_parameters(method: str) -> set[str]:
    """What an ndarray method takes by name, but for `self`."""
    many = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    only = inspect.Parameter.POSITIONAL_ONLY
    found = getattr(np.ndarray, method, None)
    if not callable(found):
        return set()
    return {each.name for each in parameters_of(found) if each.kind not in (*many, only)}


def classes_of(call: Call) -> set[str]:
    """The kinds of input that a case stands for."""
    found: set[str] = set()
    shapes = [each.shape for each in call.draws if each.shape is not None]
    names = {0: "without dimensions", 1: "vector", 2: "matrix"}
    found |= {names.get(len(shape), "more dimensions") for shape in shapes}
    found |= {"size 0" for shape in shapes if 0 in shape}
    found |= {"size 1" for shape in shapes if 1 in shape}
    found |= {"Python number" for each in call.draws if each.shape is None}
    found |= {"integers" for each in call.draws if each.kind == "int" and each.shape}
    found |= {"booleans" for each in call.draws if each.kind == "bool"}
    found |= {"ties" for each in call.draws if each.kind == "int" and each.shape}
    if len(shapes) > 1 and len(set(shapes)) > 1:
        found.add("different shapes")
    axis = call.case.keywords.get("axis")
    if isinstance(axis, int) and axis < 0:
        found.add("negative axis")
    if isinstance(axis, tuple):
        found.add("several axes")
    if call.case.varied:
        found |= {"float32", "Fortran order", "strided"}
    return found


def supported(record: Record) -> list[str]:
    """The parameters that users may give, but for the operands that they must."""
    assert record.takes is not None
    return [
        each.name
        for each in record.takes.params
        if each.role is not Role.REFUSED
        and not (each.required and each.role in (Role.OPERAND, Role.ARRAYS))
    ]


def table(records: Sequence[Record]) -> str:
    """Every callable that is supported, with its keywords, and how many they are."""
    lines, callables, pairs = [], 0, 0
    for record in records:
        names = [record.name, *(f"ndarray.{method}" for method in record.methods)]
        callables += len(names)
        pairs += len(names) * max(len(supported(record)), 1)
        classes = set().union(*map(classes_of, calls_of(record))) if record.cases else set()
        cells = [", ".join(names), ", ".join(supported(record)), str(len(record.cases))]
        lines.append((*cells, str(len(classes))))
    head = ("callable", "keywords", "cases", "classes of input")
    widths = [max(len(row[k]) for row in (head, *lines)) for k in range(4)]
    rows = [" | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in lines]
    top = " | ".join(c.ljust(w) for c, w in zip(head, widths, strict=True))
    total = f"{len(records)} functions, {callables} callables, {pairs} callables × keywords"
    return "\n".join([top, "-" * len(top), *rows, "", total])
