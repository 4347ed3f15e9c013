"""The IR itself: values, operations, structured control flow, functions.

Everything is immutable. A value is an identity with a type and a name hint; it does not know where
it is defined, so a pass may put it into a new node unchanged. Constants are immediate operands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from autodiff_compiler.errors import Span, Statement
from autodiff_compiler.ir.operation import Operation
from autodiff_compiler.ir.types import Type


@dataclass(frozen=True, eq=False)
class Value:
    """Something defined exactly once: a parameter, a region's argument, or a node's result.

    `name` is a hint, in the user's words where there are any; printing makes names distinct. `stem`
    is what to call an unnamed value if it needs a name after all.
    """

    type: Type
    name: str | None = None
    stem: str | None = None

    def __repr__(self) -> str:
        return f"%{self.name or '_'}: {self.type}"


@dataclass(frozen=True)
class Const:
    """An immediate constant. `name` is how the source spells it (`math.pi`, `RATE`), if at all.

    `value` is None for an unbound name, the only operand without a value.
    """

    value: object
    type: Type
    name: str | None = None

    def __repr__(self) -> str:
        return self.name or repr(self.value)

    def __eq__(self, other: object) -> bool:
        # 0.0 == -0.0 and nan != nan would both be wrong here; repr tells values apart exactly.
        return (
            isinstance(other, Const)
            and self.type == other.type
            and self.name == other.name
            and repr(self.value) == repr(other.value)
        )

    def __hash__(self) -> int:
        return hash((repr(self.value), self.type, self.name))


Operand = Value | Const

NO_ATTRIBUTES: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True)
class Origin:
    """Where a node comes from: its own span, and the source statement that it belongs to.

    `order` is the differentiation that made it: 0 for the user's own operations, 1 for those that
    their derivative added, 2 for the derivative of those. An operation of order 0 is exact: no
    pass may change its rounding, its order among others that may raise, or drop it if it may.
    One that is `repeated`, an operation of an earlier order computed once more, may be dropped, for
    it has run before; but branches may hang on it, so its rounding is not changed either. A
    `silent` one is not kept for its warnings alone.
    """

    span: Span | None = None
    statement: Statement | None = None
    order: int = 0
    repeated: bool = False
    silent: bool = False

    @property
    def exact(self) -> bool:
        return self.order == 0 or self.repeated


UNKNOWN = Origin()


@dataclass(frozen=True, eq=False)
class Op:
    """One operation, with one result."""

    operation: Operation
    operands: tuple[Operand, ...]
    result: Value
    attributes: Mapping[str, object] = field(default_factory=lambda: NO_ATTRIBUTES)
    origin: Origin = UNKNOWN


@dataclass(frozen=True, eq=False)
class Block:
    """A sequence of nodes, and the operands that it hands to whatever contains it.

    `yields` is None in a block that always raises.
    """

    nodes: tuple[Node, ...]
    yields: tuple[Operand, ...] | None


@dataclass(frozen=True, eq=False)
class If:
    """`if condition: then else: orelse`; each arm yields one operand per result.

    `form` is how the source spells it: "if", "ifexp" (a if c else b), "and", "or".
    An arm that leaves a result unset yields an unbound constant for it.
    """

    condition: Operand
    then: Block
    orelse: Block
    results: tuple[Value, ...]
    form: str = "if"
    origin: Origin = UNKNOWN


@dataclass(frozen=True, eq=False)
class Range:
    """The iteration space start, start + step, … before stop. All integers."""

    start: Operand
    stop: Operand
    step: Operand


@dataclass(frozen=True, eq=False)
class Loop:
    """`for` and `while`, in one form that is closed under reversal.

    Each iteration k sees `index` (the k-th member of `space`), the carried values `args`, and
    `elements`, the k-th element of each sequence in `consumed`. It hands on `nexts`, and appends
    `collects` to the `sequences`. The loop ends with the space, with the shortest consumed
    sequence, or where `test` (its nodes see `args` only; it yields one bool) fails, whichever is
    first; it must have one of the three. A failed test is no iteration.

    `backwards` runs the same iterations, last one first: it starts at the end of the space and of
    the consumed sequences (cut to the shortest), and what it collects still stands by position, so
    element k of a sequence always belongs to iteration k. It excludes `test`.

    Results: `finals`, the carried values after the last iteration (the `inits` if there was none);
    `sequences`; `trips`, the number of iterations, where anybody asks.
    """

    inits: tuple[Operand, ...]
    args: tuple[Value, ...]
    nexts: tuple[Operand, ...]
    finals: tuple[Value, ...]
    body: tuple[Node, ...]
    space: Range | None = None
    index: Value | None = None
    consumed: tuple[Operand, ...] = ()
    elements: tuple[Value, ...] = ()
    collects: tuple[Operand, ...] = ()
    sequences: tuple[Value, ...] = ()
    test: Block | None = None
    trips: Value | None = None
    backwards: bool = False
    origin: Origin = UNKNOWN


@dataclass(frozen=True, eq=False)
class Call:
    """A call of another IR function, with one result."""

    callee: Function
    operands: tuple[Operand, ...]
    result: Value
    origin: Origin = UNKNOWN


Node = Op | If | Loop | Call


@dataclass(frozen=True, eq=False)
class Function:
    """A function: parameters, nodes, and one returned operand (in `body.yields`).

    `late` counts the trailing parameters that arrive after the rest has run: the cotangents that
    a pullback is called with. `defaults` and `keyword_only` (by parameter name) are those of the
    user's function; `documentation` is the generated function's docstring. `fixed` are the static
    arguments that the function reads: for others it would be another function.
    """

    name: str
    params: tuple[Value, ...]
    body: Block
    origin: Origin = UNKNOWN
    late: int = 0
    documentation: str = ""
    defaults: Mapping[str, Const] = field(default_factory=dict)
    keyword_only: frozenset[str] = frozenset()
    fixed: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        from autodiff_compiler.ir.printer import print_function  # which is built on this module

        return print_function(self)


def results_of(node: Node) -> tuple[Value, ...]:
    """The values that a node defines in the block it stands in."""
    match node:
        case Op() | Call():
            return (node.result,)
        case If():
            return node.results
        case Loop():
            trips = () if node.trips is None else (node.trips,)
            return node.finals + node.sequences + trips
