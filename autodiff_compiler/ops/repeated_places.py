"""Which of several values put at one place of an array stays: the last, as in NumPy.

    a[[0, 2, 0]] = v    # a[0] is v[2], and v[0] has no influence

NumPy goes through index arrays of one dimension in order. For those of more it may go by the order
in memory, so nothing is said about them.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import INT, ONE, SOME, ArrayType, Type
from autodiff_compiler.ops.array_types import Attributes, array
from autodiff_compiler.ops.calling import HOLE, Mark
from autodiff_compiler.ops.helpers import running
from autodiff_compiler.ops.kinds import pure
from autodiff_compiler.ops.record import Helper, Record, Spelling, Zero
from autodiff_compiler.ops.subscripts import Index, Slice, index_of, number_text, read_dims


def last_type(types: Sequence[Type], attributes: Attributes) -> ArrayType:
    found = array(types[0])
    left, named, place = read_dims(found.dims, index_of(attributes), types[1:])
    if len(named) > 1:
        raise OperandError("cannot put at an index array of more than one dimension")
    return ArrayType("bool", (*named, *(ONE,) * len(left[place:])))


def last_at(a: Any, *fillers: Any, index: Index, unique: bool = False) -> object:
    given = [
        ArrayType("int64", (SOME,) * np.ndim(each)) if np.ndim(each) else INT for each in fillers
    ]
    whole = ArrayType("float64", (SOME,) * np.ndim(a))
    behind = last_type((whole, *given), {"index": index}).rank - 1
    return running(LAST_AT)(np.shape(a), _named_axes(index, fillers), behind)


def write_last(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    shape = ast.Attribute(operands[0], "shape", ast.Load())
    places = _named_axes(index_of(attributes), operands[1:])
    numbers = [number_text(axis) for axis in places]
    texts = [number_text(each) if isinstance(each, int) else each for each in places.values()]
    arguments: list[Any] = [shape, ast.Dict(list(numbers), texts)]
    behind = last_type(types, attributes).rank - 1
    if behind:
        arguments.append(ast.Constant(behind))
    return ast.Call(ast.Name(LAST_AT.name, ast.Load()), arguments, [])


def _named_axes(index: Index, fillers: Sequence[Any]) -> dict[int, Any]:
    """The axes that ints and index arrays stand for, from the end behind an ellipsis."""
    waiting = iter(fillers)
    found: dict[int, Any] = {}
    axis, behind = 0, index[index.index(Mark.REST) :] if Mark.REST in index else ()
    for entry in index:
        match entry:
            case Mark.REST:
                axis = -sum(each is not Mark.NEWAXIS for each in behind[1:])
                continue
            case Slice():
                for part in entry.parts:
                    if part is HOLE:
                        next(waiting)
            case Mark.NEWAXIS:
                continue
            case _:
                found[axis] = next(waiting) if entry is HOLE else entry
        axis += 1
    return found


LAST_AT = Helper(
    "last_at",
    '''\
def last_at(shape, places, behind=0):
    """Of places along some axes of an array, whether none is named again further on.

    As many dimensions of size 1 as stand behind those of the places follow.
    """
    flat = 0
    for axis, place in places.items():
        flat = flat * shape[axis] + place % shape[axis]
    _, last = np.unique(flat[::-1], return_index=True)
    found = np.zeros(len(flat), bool)
    found[len(flat) - 1 - last] = True
    return found.reshape(-1, *[1] * behind)
''',
)

RECORDS = (
    Record(
        name="last_at",
        infer=last_type,
        evaluate=last_at,
        effect=pure,
        weight=lambda operands: 1,
        rule=Zero("whether a place is named again varies in jumps only"),
        spelling=Spelling(write_last, lambda types: LAST_AT),
    ),
)
