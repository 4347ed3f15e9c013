"""What is known of a value beyond its type: its value, or that it is an int.

The graph computes everything that the program does, constants of constants included; a later pass
folds them. But whether `ORDER % 2 == 0` holds decides here which branch is lowered, and `p[n - 1]`
of a tuple names an item of it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

from autodiff_compiler.frontend.values import Meaning
from autodiff_compiler.ir.types import INT
from autodiff_compiler.ir.values import Const, Operand, Value
from autodiff_compiler.ops import OPS

COMPARISONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "not", "bool"})
ARITHMETIC = frozenset(
    {"pos", "neg", "abs", "add", "sub", "mul", "div", "floordiv", "mod", "pow", "min", "max"}
)
LARGE = 2**64


@dataclass
class Facts:
    """Facts about values, learned as they are made."""

    values: dict[Value, object] = field(default_factory=dict)
    ints: set[Value] = field(default_factory=set)

    def value(self, operand: Operand) -> object:
        """The number that it is, if that is known, or None."""
        return operand.value if isinstance(operand, Const) else self.values.get(operand)

    def is_int(self, meaning: Meaning) -> TypeGuard[Value]:
        """Whether it is an int though its type doesn't say so: a power of an int, say."""
        return isinstance(meaning, Value) and meaning in self.ints

    def copy(self, old: Value, new: Value) -> None:
        if old in self.values:
            self.values[new] = self.values[old]
        if old in self.ints:
            self.ints.add(new)

    def join(self, made: Value, a: Operand, b: Operand) -> None:
        """What follows for a value that is one of two others."""
        if made.type != INT and all(x.type == INT or x in self.ints for x in (a, b)):
            self.ints.add(made)

    def learn(self, made: Value, name: str, operands: Sequence[Operand]) -> None:
        """What follows from how a value has just been made."""
        if name not in COMPARISONS and name not in ARITHMETIC:
            return
        values = [self.value(operand) for operand in operands]
        if made.type != INT and name in ARITHMETIC and self._gives_int(name, operands, values):
            self.ints.add(made)
        if all(isinstance(value, float | int) and abs(value) < LARGE for value in values):
            if name == "pow" and isinstance(values[1], int) and abs(values[1]) > 64:
                return
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    self.values[made] = OPS[name].evaluate(*values)
                except ArithmeticError:
                    return

    def _gives_int(self, name: str, operands: Sequence[Operand], values: list[object]) -> bool:
        if any(operand.type != INT and operand not in self.ints for operand in operands):
            return False
        exponent = values[-1]
        return name != "div" and (name != "pow" or (isinstance(exponent, int) and exponent >= 0))
