"""Algebra on derivative statements: what a person would not have written down.

    %t = mul 1.0, %x        →  %x
    %t = add %a, (neg %b)   →  %t = sub %a, %b
    %t = ieee_div %a, 2.0   →  %t = div %a, 2.0
    %t = mul 2.0, 3.0       →  6.0

The user's own operations are exact: of those, only structures taken apart again are read through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from sys import float_info

import numpy as np

from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.operation import Effect, OperandError, Operation
from autodiff_compiler.ir.types import (
    FLOAT,
    INT,
    NP_FLOAT,
    ArrayType,
    Kind,
    ScalarType,
    covers,
    fits,
    type_of,
)
from autodiff_compiler.ir.values import NO_ATTRIBUTES, Block, Const, Node, Op, Operand, Value
from autodiff_compiler.ir.walk import values_read
from autodiff_compiler.ops import OPS, effect_of
from autodiff_compiler.ops.record import Elementwise, Record
from autodiff_compiler.passes.rewrite import Rewriter, narrows

Found = Op | Operand


def simplify_algebra(block: Block, known: tuple[Node, ...] = ()) -> Block:
    """Simplify a block. `known` are nodes whose results it may read."""
    return _Algebra(block, known, (fold, *EXACT, *RULES)).block(block)


def settle_signs(block: Block) -> Block:
    """Put the signs that no sum has taken up into constants: −(0.5·x) is −0.5·x.

    Last of all, since a sign that stands outside is what a sum can take up.
    """
    return _Algebra(block, (), (sign_into_constant,)).block(block)


class _Algebra(Rewriter):
    def __init__(self, block: Block, known: tuple[Node, ...], rules: tuple[Rule, ...]) -> None:
        self.made: dict[Value, Op] = {}
        self.uses = Counter(values_read(block.nodes, block.yields or ()))
        self.rules = rules
        super().__init__(known)

    def see(self, node: Node) -> None:
        if isinstance(node, Op):
            self.made[node.result] = node

    def op(self, op: Op) -> Found:
        rules = EXACT if op.origin.exact else self.rules
        for rule in rules:
            found = self.tried(rule, op)
            if found is not None:
                return found
        return op

    def tried(self, rule: Rule, op: Op) -> Found | None:
        """What a rule finds. What the types don't admit is nothing found: np.bool has no sign."""
        before = len(self.ahead)
        try:
            found = rule(op, self)
        except OperandError:
            found = None
        if found is not None and (isinstance(found, Op) or narrows(op, found)):
            return found
        del self.ahead[before:]
        return None

    def __call__(self, operand: Operand, name: str) -> tuple[Operand, ...] | None:
        """The operands of what made an operand, if that was the operation `name`."""
        made = self.made.get(operand) if isinstance(operand, Value) else None
        return made.operands if made is not None and made.operation.name == name else None

    def negated(self, operand: Operand) -> Operand | None:
        """x, if the operand is a derivative statement's −x."""
        made = self.made.get(operand) if isinstance(operand, Value) else None
        if made is None or made.operation.name != "neg" or made.origin.order == 0:
            return None
        return made.operands[0]

    def once(self, operand: Operand) -> bool:
        """Whether an operand is read here only."""
        return isinstance(operand, Value) and self.uses[operand] == 1

    def apply(self, op: Op, name: str, *operands: Operand) -> Value:
        """Another operation ahead of this one."""
        operation = OPS[name]
        result = Value(operation.infer([each.type for each in operands], NO_ATTRIBUTES))
        return self.insert(Op(operation, operands, result, origin=op.origin))


Rule = Callable[[Op, _Algebra], "Found | None"]


def _is(operand: Operand, *numbers: float) -> bool:
    """Whether an operand is one of these numbers, whatever its type; -0.0 is not 0.0."""
    return (
        isinstance(operand, Const)
        and operand.name is None
        and type(operand.value) in (int, float)
        and any(
            operand.value == number and str(operand.value).startswith("-") == (number < 0)
            for number in numbers
        )
    )


def _is_float(operand: Operand) -> bool:
    """Whether an operand is certainly a float."""
    return isinstance(operand.type, ScalarType) and operand.type.only(Kind.FLOAT, Kind.NP_FLOAT)


def _as(op: Op, name: str, *operands: Operand) -> Op | None:
    """The operation changed into another that gives the same."""
    operation: Operation = OPS[name]
    found = operation.infer([operand.type for operand in operands], op.attributes)
    return (
        replace(op, operation=operation, operands=operands) if fits(found, op.result.type) else None
    )


def fold(op: Op, made: _Algebra) -> Found | None:
    """An operation on plain constants is a constant."""
    if op.operation.fresh or effect_of(op) is Effect.ACTS or not op.operands:
        return None
    values = []
    for operand in op.operands:
        if not isinstance(operand, Const) or operand.name or operand.value is None:
            return None
        values.append(operand.value)
    if op.operation.name in ("tuple", "pack"):
        return None
    try:
        with np.errstate(all="ignore"):
            value = op.operation.evaluate(*values, **op.attributes)
    except (ArithmeticError, ValueError):
        return None
    if type_of(value) not in (FLOAT, NP_FLOAT) and type(value) not in (int, bool):
        return None
    return const(value)


def no_conversion(op: Op, made: _Algebra) -> Found | None:
    """float(x) of what is a float already; the user's own raises where a root is complex."""
    if op.operation.name == "float" and op.operands[0].type == FLOAT:
        return op.operands[0]
    if op.operation.name == "np.float64" and op.operands[0].type == NP_FLOAT:
        return op.operands[0]
    return None


def taken_apart(op: Op, made: _Algebra) -> Found | None:
    """An item of a structure, or of a sequence, that was just put together."""
    if op.operation.name == "item":
        parts = made(op.operands[0], "tuple")
        place = op.attributes["index"]
        if parts is not None and isinstance(place, int):
            return parts[place]
    if op.operation.name == "getitem":
        parts, at = made(op.operands[0], "pack"), op.operands[1]
        if parts is not None and isinstance(at, Const) and type(at.value) is int:
            return parts[at.value] if -len(parts) <= at.value < len(parts) else None
    return None


def same_arms(op: Op, made: _Algebra) -> Found | None:
    """c ? a : a"""
    if op.operation.name == "select" and op.operands[1] == op.operands[2]:
        return op.operands[1]
    return None


def product(op: Op, made: _Algebra) -> Found | None:
    """1·x, −1·x, constants to the left and together, signs outwards."""
    if op.operation.name != "mul":
        return None
    a, b = op.operands
    if _is(b, 1):
        return a
    if _is(a, 1):
        return b
    if isinstance(b, Const) and not isinstance(a, Const):
        return _as(op, "mul", b, a)
    if _is(a, -1):
        return _as(op, "neg", b)
    outer, inner = _number(a), made(b, "mul")
    if outer is not None and inner is not None:
        factor = _number(inner[0])
        if factor is not None and float_info.min <= abs(outer * factor) <= float_info.max:
            return _as(op, "mul", const(outer * factor), inner[1])
    return None


def constants_outwards(op: Op, made: _Algebra) -> Found | None:
    """(c·x)·y is c·(x·y): outside, a constant meets others.

    Not of two integers, whose product may be too large for a float, or wrap.
    """
    if op.operation.name != "mul":
        return None
    a, b = op.operands
    for product, other in ((a, b), (b, a)):
        factors = made(product, "mul")
        if factors is None or not made.once(product) or isinstance(other, Const):
            continue
        if _number(factors[0]) is not None and any(map(_is_float, (factors[1], other))):
            return _as(op, "mul", factors[0], made.apply(op, "mul", factors[1], other))
    return None


def signs(op: Op, made: _Algebra) -> Found | None:
    """(−a)·b and a·(−b) are −(a·b), and so for quotients: outside, a sum can take the sign up."""
    name = op.operation.name
    if name not in ("mul", "div", "ieee_div"):
        return None
    a, b = op.operands
    left, right = made.negated(a), made.negated(b)
    if left is not None and right is not None:
        return _as(op, name, left, right)
    if left is not None:
        return _as(op, "neg", made.apply(op, name, left, b))
    if right is not None:
        return _as(op, "neg", made.apply(op, name, a, right))
    return None


def total(op: Op, made: _Algebra) -> Found | None:
    """x + 0, x + x, and sums with a negated term."""
    if op.operation.name != "add":
        return None
    a, b = op.operands
    if _is(a, 0):
        return b
    if _is(b, 0):
        return a
    if a is b:
        return _as(op, "mul", const(2.0), a)
    for term, rest in ((b, a), (a, b)):
        opposite = _opposite(op, term, made)
        if opposite is not None:
            return _as(op, "sub", rest, opposite)
    return None


def nothing_added(op: Op, made: _Algebra) -> Found | None:
    """x + zeros of the same shape."""
    if op.operation.name != "add":
        return None
    for zeros, rest in (op.operands, op.operands[::-1]):
        if made(zeros, "np.zeros_like") is None or not isinstance(rest.type, ArrayType):
            continue
        assert isinstance(op.result.type, ArrayType)
        if rest.type.dtype == op.result.type.dtype and covers(rest.type, op.result.type):
            return rest
    return None


def quotient_of_numbers(op: Op, made: _Algebra) -> Found | None:
    """(a / b)·x is a·x / b for an array x, and (a / b) / x is a / x / b: divided at the end,
    nothing can raise. Nor can it where a / b is made an array: that is a, made one, / b."""
    name = op.operation.name
    if name == "mul":
        for number, other in (op.operands, op.operands[::-1]):
            parts = _quotient_of_numbers(number, made)
            if parts is not None and _never_raises(other, parts[1]):
                whole = other if _is(parts[0], 1) else made.apply(op, "mul", parts[0], other)
                return _as(op, "ieee_div", whole, parts[1])
    if name in ("div", "ieee_div", "expand_like"):
        number, other = op.operands
        parts = _quotient_of_numbers(number, made)
        if parts is not None and _never_raises(other, parts[1]):
            return _as(op, "ieee_div", made.apply(op, name, parts[0], other), parts[1])
    return None


def _quotient_of_numbers(operand: Operand, made: _Algebra) -> tuple[Operand, ...] | None:
    """a and b, where the operand is a / b and to divide something else costs no more."""
    parts = made(operand, "ieee_div")
    if parts is None or not all(isinstance(part.type, ScalarType) for part in parts):
        return None
    return parts if made.once(operand) or _is(parts[0], 1) else None


def _never_raises(whole: Operand, divisor: Operand) -> bool:
    """Whether to divide this raises nothing: an array, or a number of NumPy's, by a count."""
    if isinstance(whole.type, ArrayType):
        return True
    return whole.type == NP_FLOAT and divisor.type == INT


def share_of_each(op: Op, made: _Algebra) -> Found | None:
    """where(mask, 1.0, 0.0) / n is mask / n."""
    if op.operation.name not in ("div", "ieee_div"):
        return None
    parts = made(op.operands[0], "select")
    if parts is None or not (_is(parts[1], 1) and _is(parts[2], 0)):
        return None
    mask = parts[0]
    if not isinstance(mask.type, ArrayType) or mask.type.dtype != "bool":
        return None
    return _as(op, op.operation.name, mask, op.operands[1])


def common_divisor(op: Op, made: _Algebra) -> Found | None:
    """x / n ± y / n is (x ± y) / n, for arrays x and y and a number n."""
    name = op.operation.name
    if name not in ("add", "sub") or not isinstance(op.result.type, ArrayType):
        return None
    a, b = op.operands
    first, second = made(a, "ieee_div"), made(b, "ieee_div")
    if first is None or second is None or first[1] is not second[1]:
        return None
    if not isinstance(first[1].type, ScalarType) or not (made.once(a) and made.once(b)):
        return None
    return _as(op, "ieee_div", made.apply(op, name, first[0], second[0]), first[1])


def size_of_operand(op: Op, made: _Algebra) -> Found | None:
    """The size of an elementwise result is that of an operand, and so is its shape."""
    if op.operation.name not in ("size", "shape"):
        return None
    whole = op.operands[0]
    source = made.made.get(whole) if isinstance(whole, Value) else None
    if source is None:
        return None
    if not isinstance(source.operation, Record):
        return None
    if not isinstance(source.operation.rule, Elementwise):
        return None
    for operand in source.operands:
        a, b = operand.type, whole.type
        if isinstance(a, ArrayType) and isinstance(b, ArrayType) and covers(a, b):
            return replace(op, operands=(operand,))
    return None


def added_in_one_place(op: Op, made: _Algebra) -> Found | None:
    """a[i] += x; a[i] += y is a[i] += x + y."""
    if op.operation.name != "add_at":
        return None
    target = op.operands[0]
    if not isinstance(target, Value) or not made.once(target):
        return None
    before = made.made.get(target)
    if before is None or before.operation.name != "add_at":
        return None
    same = before.operands[1:-1] == op.operands[1:-1] and before.attributes == op.attributes
    first, second = before.operands[-1], op.operands[-1]
    if not same or not isinstance(first, Value) or not isinstance(second, Value):
        return None
    both = made.apply(op, "add", first, second)
    return replace(op, operands=(before.operands[0], *op.operands[1:-1], both))


def transposed_twice(op: Op, made: _Algebra) -> Found | None:
    """x.T.T"""
    if op.operation.name != "np.transpose" or "axes" in op.attributes:
        return None
    inner = made.made.get(op.operands[0]) if isinstance(op.operands[0], Value) else None
    if inner is None or inner.operation.name != "np.transpose" or "axes" in inner.attributes:
        return None
    return inner.operands[0]


def difference(op: Op, made: _Algebra) -> Found | None:
    """x − 0, 0 − x, x − (−y)."""
    if op.operation.name != "sub":
        return None
    a, b = op.operands
    if _is(b, 0):
        return a
    if _is(a, 0):
        return _as(op, "neg", b)
    opposite = _opposite(op, b, made)
    return None if opposite is None else _as(op, "add", a, opposite)


def like_terms(op: Op, made: _Algebra) -> Found | None:
    """a·x ± b·x is (a ± b)·x, and (y ± b·x) ± b·x is y ± 2b·x, for constants a and b."""
    name = op.operation.name
    if name not in ("add", "sub"):
        return None
    a, b = op.operands
    factors = made(b, "mul")
    number = None if factors is None else _number(factors[0])
    if factors is None or number is None:
        return None
    others, terms = made(a, "mul"), made(a, name)
    if others is not None and others[1] is factors[1] and made.once(a) and made.once(b):
        other = _number(others[0])
        if other is not None:
            both = other + number if name == "add" else other - number
            return _as(op, "mul", const(both), factors[1])
    if terms is not None and terms[1] is b:
        return _as(op, name, terms[0], made.apply(op, "mul", const(2.0), b))
    return None


def _opposite(op: Op, term: Operand, made: _Algebra) -> Operand | None:
    """−term, where that is no more to compute than term."""
    negated = made.negated(term)
    if negated is not None:
        return negated
    factors = made(term, "mul")
    if factors is not None and made.once(term):
        number = _number(factors[0])
        if number is not None and number < 0:
            return made.apply(op, "mul", const(-number), factors[1])
    return None


def quotient(op: Op, made: _Algebra) -> Found | None:
    """x / 1, and a divisor that is certainly not zero."""
    if op.operation.name not in ("div", "ieee_div"):
        return None
    a, b = op.operands
    if _is(b, 1):
        return a
    if op.operation.name == "ieee_div" and isinstance(b, Const) and b.value:
        return _as(op, "div", a, b)
    return None


def negation(op: Op, made: _Algebra) -> Found | None:
    """−(−x), −(a − b)"""
    if op.operation.name != "neg":
        return None
    inner = made(op.operands[0], "neg")
    if inner is not None:
        return inner[0]
    terms = made(op.operands[0], "sub")
    if terms is not None and made.once(op.operands[0]):
        return _as(op, "sub", terms[1], terms[0])
    return None


def sign_into_constant(op: Op, made: _Algebra) -> Found | None:
    """−(c·x) is (−c)·x"""
    if op.operation.name == "neg" and made.once(op.operands[0]):
        factors = made(op.operands[0], "mul")
        number = None if factors is None else _number(factors[0])
        if factors is not None and number is not None:
            return _as(op, "mul", const(-number), factors[1])
    return None


def power(op: Op, made: _Algebra) -> Found | None:
    """x ** 1"""
    if op.operation.name in ("pow", "ieee_pow") and _is(op.operands[1], 1):
        return op.operands[0]
    return None


def sequences(op: Op, made: _Algebra) -> Found | None:
    """A sum of sequences of which one is all zeros."""
    if op.operation.name == "seq_add":
        a, b = op.operands
        if made(a, "zeros_like") is not None:
            return b
        if made(b, "zeros_like") is not None:
            return a
    return None


def _number(operand: Operand) -> float | None:
    if isinstance(operand, Const) and operand.name is None and type(operand.value) is float:
        return operand.value
    return None


EXACT: tuple[Rule, ...] = (taken_apart, same_arms)
RULES: tuple[Rule, ...] = (
    no_conversion,
    product,
    constants_outwards,
    signs,
    like_terms,
    total,
    nothing_added,
    added_in_one_place,
    transposed_twice,
    quotient_of_numbers,
    common_divisor,
    share_of_each,
    size_of_operand,
    difference,
    quotient,
    negation,
    power,
    sequences,
)
