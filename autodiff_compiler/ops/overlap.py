"""An argument that the function writes into must share no memory with anything else it is given.

The derivative works on a copy of what is written; where Python would show the write in another
argument too, only the caller can say what is meant.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import NOTHING, Type, holds_array
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.helpers import running
from autodiff_compiler.ops.kinds import Attributes, acts
from autodiff_compiler.ops.record import Helper, Record, Spelling, Zero
from autodiff_compiler.ops.weights import FREE

CHECK_APART = Helper(
    "check_apart",
    '''\
def check_apart(name, written, others):
    """Raises if an argument that is written shares memory with another one."""
    for other, value in others.items():
        for a in arrays_in(written):
            if any(np.shares_memory(a, b) for b in arrays_in(value)):
                raise ValueError(
                    f"{name} and {other} share memory, and {name} is written: pass a copy"
                )
''',
    needs=(
        Helper(
            "arrays_in",
            '''\
def arrays_in(value):
    """The arrays in a list or tuple, or the one array that it is."""
    if not isinstance(value, (list, tuple)):
        return [value]
    return [array for item in value for array in arrays_in(item)]
''',
        ),
    ),
)


def apart_type(types: Sequence[Type], attributes: Attributes) -> Type:
    if not all(map(holds_array, types)):
        raise OperandError("expected arrays")
    return NOTHING


def write_apart(
    operands: spell.Expressions, types: spell.Types, attributes: Attributes
) -> ast.stmt:
    names = attributes["names"]
    assert isinstance(names, tuple)
    first, *others = (ast.Constant(name) for name in names)
    given = ast.Dict(list(others), list(operands[1:]))
    return ast.Expr(spell.call(CHECK_APART.name, first, operands[0], given))


def check(written: object, *others: object, names: tuple[str, ...]) -> None:
    running(CHECK_APART)(names[0], written, dict(zip(names[1:], others, strict=True)))


RECORDS = (
    Record(
        name="apart",
        infer=apart_type,
        evaluate=check,
        effect=acts,
        weight=FREE,
        rule=Zero("a check computes nothing"),
        spelling=Spelling(write_apart, lambda types: CHECK_APART),
    ),
)
