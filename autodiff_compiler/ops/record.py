"""One record per operation: how it types, runs, prints, costs, and what its derivative is.

A rule is written once and serves both modes. `Elementwise` gives partial derivatives as terms
(see `terms`), from which forward mode takes Σ ẋᵢ·∂ᵢ and reverse mode x̄ᵢ += ȳ·∂ᵢ. `Custom` is for
operations on sequences, whose tangents and cotangents are built as IR. `Zero` says why there is no
derivative, `Unsupported` why it is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from autodiff_compiler.ir.builder import Builder
from autodiff_compiler.ir.operation import Operation
from autodiff_compiler.ir.types import Type
from autodiff_compiler.ir.values import NO_ATTRIBUTES, Op, Operand
from autodiff_compiler.ops.terms import Partials, Tangent

if TYPE_CHECKING:
    from autodiff_compiler.ops.calling import Signature
    from autodiff_compiler.ops.cases import Case, Oracle


@dataclass(frozen=True)
class Elementwise:
    """`partials(m, *operands, result)` gives one term per operand; None where it has none.

    Where Σ partial × tangent can be had for fewer operations, `tangent(m, *operands, result,
    *tangents)` says how; forward mode uses it where more than one operand varies.
    """

    partials: Partials
    tangent: Tangent | None = None


@dataclass(frozen=True)
class AddAt:
    """A contribution to some elements of a cotangent, added where it already is.

    `update` is the operation that adds, to the total so far, `cotangent` at `indices`.
    """

    update: Operation
    indices: tuple[Operand, ...]
    cotangent: Operand
    attributes: Mapping[str, object] = field(default_factory=lambda: NO_ATTRIBUTES)


Contribution = Operand | AddAt | None


@dataclass(frozen=True)
class Custom:
    """A rule built as IR: `jvp(build, op, tangents)` and `vjp(build, op, cotangent)`.

    A tangent is None where the operand has none; `vjp` gives one contribution per operand.
    `any_shape`: the cotangent may be smaller than the result, as long as it broadcasts to it.
    """

    jvp: Callable[[Builder, Op, Sequence[Operand | None]], Operand | None]
    vjp: Callable[[Builder, Op, Operand], Sequence[Contribution]]
    any_shape: bool = False


@dataclass(frozen=True)
class Zero:
    """The result does not vary with the operands, or does so only in jumps; `reason` says why."""

    reason: str


@dataclass(frozen=True)
class Unsupported:
    """No derivative; differentiating through it is refused with this reason."""

    why: str


Rule = Elementwise | Custom | Zero | Unsupported


@dataclass(frozen=True)
class Helper:
    """A small function that generated code needs; its source stands in the generated file.

    `source` is the complete `def`; `needs` are helpers that it calls. `imports` follow from the
    names `math` and `np` in the source.
    """

    name: str
    source: str
    needs: tuple[Helper, ...] = ()


@dataclass(frozen=True)
class Spelling:
    """How an operation is written in Python.

    `write(operands, types, attributes)` gives an expression, or a statement for what acts
    (`raise`, `assert`). `helper(types)` is the helper that the text calls, if any.
    An update (`xs[i] += v`) is written as a statement on its first operand, in place; `updates`
    marks it. Whoever emits it sees to it that nobody else still needs the old value.
    """

    write: Callable[[Sequence[ast.expr], Sequence[Type], Mapping[str, object]], ast.expr | ast.stmt]
    helper: Callable[[Sequence[Type]], Helper | None] = lambda types: None
    updates: bool = False


@dataclass(frozen=True)
class Delicate:
    """A point where a derivative is delicate, and what it is there by convention."""

    at: tuple[float, ...]
    partials: tuple[float, ...]
    why: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Record(Operation):
    """An operation with all that the layers above the IR need. See `ir.operation` for the rest.

    `samples` are operand tuples that span the domain; `delicate` the points to be tabulated;
    `sympy` gives the operation as a SymPy expression of its operands, to prove the partials right;
    `mpmath` evaluates it at any precision, an oracle that knows nothing of the partials.
    `bound` states the accuracy of the partials where it is not relative ("absolute").

    `takes` is the signature that users call it by, `methods` are those of arrays that mean it.
    `holds` says what the result shares memory with: it is "new", the "same" object as the first
    operand, a "view" of it, or "maybe" one of those; where the call tells which, `memory` does
    (`asarray` of an array is that array). `cases` are calls that cover its keywords and kinds of
    input; `oracle` gives their directional derivative without the record's own rule.
    """

    rule: Rule
    spelling: Spelling
    samples: tuple[tuple[float, ...], ...] = ()
    delicate: tuple[Delicate, ...] = ()
    sympy: Callable[..., object] | None = None
    mpmath: Callable[..., object] | None = None
    bound: str = "relative"
    tags: frozenset[str] = field(default_factory=frozenset)
    # What follows is there for functions of arrays.
    takes: Signature | None = None
    methods: tuple[str, ...] = ()
    holds: str = "new"
    memory: Callable[[Sequence[Type], Mapping[str, object]], str] | None = None
    cases: tuple[Case, ...] = ()
    oracle: Oracle | None = None
