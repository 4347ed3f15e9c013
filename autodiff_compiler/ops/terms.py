"""Terms: the language in which partial derivatives are written.

A rule is an ordinary expression over a namespace `m`: `lambda m, x, y: (1 + y * y,)`. Evaluating it
gives a small tree, which is then built as IR (so that it can be differentiated again), folded with
numbers, or read as a SymPy expression. Nothing is built that nobody asks for: a tree that meets a
zero, or a cotangent that can be pushed into a quotient, never becomes an operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from autodiff_compiler.ir.values import NO_ATTRIBUTES, Const, Operand


class Term:
    """A node of the tree, with Python's arithmetic. `/` is IEEE division: it never raises."""

    def __add__(self, other: TermLike) -> Term:
        return Apply("add", (self, term(other)))

    def __radd__(self, other: TermLike) -> Term:
        return Apply("add", (term(other), self))

    def __sub__(self, other: TermLike) -> Term:
        return Apply("sub", (self, term(other)))

    def __rsub__(self, other: TermLike) -> Term:
        return Apply("sub", (term(other), self))

    def __mul__(self, other: TermLike) -> Term:
        return Apply("mul", (self, term(other)))

    def __rmul__(self, other: TermLike) -> Term:
        return Apply("mul", (term(other), self))

    def __truediv__(self, other: TermLike) -> Term:
        return Apply("ieee_div", (self, term(other)))

    def __rtruediv__(self, other: TermLike) -> Term:
        return Apply("ieee_div", (term(other), self))

    def __neg__(self) -> Term:
        return Apply("neg", (self,))

    @property
    def constant(self) -> Any:
        """The number this term is known to be, or None."""
        return None


@dataclass(frozen=True)
class Number(Term):
    """An exact built-in number."""

    value: int | float

    @property
    def constant(self) -> Any:
        return self.value


@dataclass(frozen=True)
class Leaf(Term):
    """An operand or the result of the operation being differentiated."""

    operand: Operand

    @property
    def constant(self) -> Any:
        return self.operand.value if isinstance(self.operand, Const) else None


@dataclass(frozen=True)
class Apply(Term):
    """An operation applied to terms, by the name of its record."""

    name: str
    operands: tuple[Term, ...]


@dataclass(frozen=True)
class Mask(Term):
    """1 where the condition holds, else exactly 0: what it multiplies is dropped, not scaled."""

    condition: Term


@dataclass(frozen=True)
class Choose(Term):
    """One of two terms, of which only the chosen one is computed. For tangents, not partials."""

    condition: Term
    then: Term
    orelse: Term


TermLike = Term | int | float


def term(value: TermLike) -> Term:
    return value if isinstance(value, Term) else Number(value)


class Namespace:
    """The functions a rule may use. `library` is "math" or "np": that of the primal operation.

    `m.sin(x)` applies the record "math.sin" or "np.sin". The rest is the same in both.
    `attributes` are those of the primal operation.
    """

    def __init__(self, library: str, attributes: Mapping[str, object] = NO_ATTRIBUTES) -> None:
        self.library = library
        self.attributes = attributes

    def __getattr__(self, name: str) -> Callable[..., Term]:
        def apply(*operands: TermLike) -> Term:
            return Apply(f"{self.library}.{name}", tuple(map(term, operands)))

        return apply

    def op(self, name: str, *operands: TermLike) -> Term:
        """Apply any record by its full name, such as "ieee_pow" or "lt"."""
        return Apply(name, tuple(map(term, operands)))

    def quotient(self, a: TermLike, b: TermLike) -> Term:
        """a / b where the primal operation has already shown that b is not zero."""
        return Apply("div", (term(a), term(b)))

    def mask(self, condition: Term) -> Term:
        return Mask(condition)

    def choose(self, condition: Term, then: TermLike, orelse: TermLike) -> Term:
        return Choose(condition, term(then), term(orelse))


def library_of(name: str) -> str:
    """The library whose functions belong to the operation of this name; operators take math's."""
    return "np" if name.startswith(("np.", "scipy.")) else "math"


Partials = Callable[..., tuple["TermLike | None", ...]]
Tangent = Callable[..., Term]
