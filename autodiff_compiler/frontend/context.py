"""The lowering of one function: where it stands, what it has found out, what went wrong so far.

Problems are collected, never raised: whoever meets one reports it and goes on with `SILENCED`,
which keeps everything that depends on it quiet.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import FunctionType

from autodiff_compiler.errors import Problem, Span, Statement
from autodiff_compiler.frontend.facts import Facts
from autodiff_compiler.frontend.hints import Site
from autodiff_compiler.frontend.misfits import misfit
from autodiff_compiler.frontend.names import Code, analyse, assigned, written
from autodiff_compiler.frontend.refuse import Refusal, refusal_of
from autodiff_compiler.frontend.regions import Region, once
from autodiff_compiler.frontend.values import (
    SILENCED,
    Binding,
    Closure,
    Frame,
    Generating,
    Meaning,
    Numbered,
    Partial,
    Poison,
    Reversed,
    State,
    Structure,
    Zipped,
    describe,
    instead_of,
    is_unbound,
    leaves,
    map_leaves,
    may_be_unbound,
    parts_of,
    with_parts,
)
from autodiff_compiler.ir.builder import UNBOUND_VALUE, const
from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import (
    ArrayType,
    Dim,
    Fields,
    Kind,
    ScalarType,
    TupleType,
    may_hold,
    plain,
)
from autodiff_compiler.ir.values import Const, Op, Operand, Origin, Value
from autodiff_compiler.ops import OPS
from autodiff_compiler.ops.captured import Captured
from autodiff_compiler.source import FunctionNode, FunctionSource, find, span_of, statement_of

# How many of the calls that lead to a problem are shown, the nearest first.
CALLERS = 3
# A name that nothing reads any more, at the end of a branch or loop. Reading one is a bug of ours.
DEAD = Poison("is not kept")


@dataclass(frozen=True)
class Guard:
    """What a compilation relied on.

    It holds while `holder[key]` ("global"), `holder.cell_contents` ("cell") or
    `getattr(holder, key)` ("attribute") is `expected`, while `key` is "absent" from `holder`, or
    while `holder` is of the type `expected` ("type"). "item" is as "global", of any container.
    """

    access: str
    holder: object
    key: str | int
    expected: object


@dataclass(eq=False)
class Context:
    """Everything that lowering passes around.

    `execute`, `evaluate`, `apply`, which calls, and `generate`, which goes through a
    comprehension, are its entrances.
    """

    execute: Callable[[Context, Sequence[ast.stmt]], None]
    evaluate: Callable[[Context, ast.expr], Meaning]
    apply: Callable[
        [Context, ast.Call, Meaning, tuple[Meaning, ...], Mapping[str, Meaning]], Meaning
    ]
    generate: Callable[[Context, Generating, str], Meaning]
    frame: Frame = field(init=False)
    entrance: str = ""  # the function that all this is about, as messages call it
    statement: ast.stmt | ast.expr | None = None
    stack: list[Region] = field(default_factory=lambda: [Region()])
    state: State = field(default_factory=dict)
    # The calls and unrolled iterations we are in, which tell apart two visits of one loop.
    path: tuple[object, ...] = ()
    calls: list[object] = field(default_factory=list)
    called_from: list[tuple[Span, str]] = field(default_factory=list)  # and what is called
    inlined: int = 0
    # While the types of a loop settle, reading a name never bound ends the path, as it does at run
    # time; afterwards it is a problem like any other. `misses` counts such reads.
    lenient: bool = False
    misses: int = 0
    problems: list[Problem] = field(default_factory=list)
    said_once: set[tuple[str, str, str]] = field(default_factory=set)
    guards: dict[tuple[str, int, str | int], Guard] = field(default_factory=dict)
    captured: dict[int, Captured] = field(default_factory=dict)  # objects from outside, by identity
    heads: dict[tuple[object, ...], dict[str, Meaning]] = field(default_factory=dict)
    _closures: dict[FunctionType, Closure] = field(default_factory=dict)
    _codes: dict[FunctionNode, Code] = field(default_factory=dict)
    _origins: dict[ast.AST, Origin] = field(default_factory=dict)
    _statements: dict[ast.AST, Statement] = field(default_factory=dict)
    _assigned: dict[ast.stmt, tuple[str, ...]] = field(default_factory=dict)
    heap: Frame = field(init=False)  # where instances live that are being made
    instances: int = 0  # how many have been made
    finished: set[tuple[Frame, str]] = field(default_factory=set)  # and are no longer being made
    # The dictionaries of classes, each by one view, since guards go by identity.
    spaces: dict[type, Mapping[str, object]] = field(default_factory=dict)
    # Calls with what they get spelled out: arguments behind stars, of a partial, of a `map`.
    spelled: dict[tuple[ast.AST, int, tuple[str, ...]], ast.Call] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)
    params: tuple[Value, ...] = ()  # of the function that all this is about
    sizes: int = 0  # how many sizes have been given a name
    # The lists that the current loop collects, with the item of the iteration being lowered.
    collecting: dict[tuple[Frame, str], Operand | None] = field(default_factory=dict)
    # Arguments that must be known by value, and what is to be reported if they can't be.
    wanted_static: dict[str, Problem] = field(default_factory=dict)
    roots: bool = False  # whether some power may be a complex number
    doubts: list[Problem] = field(default_factory=list)
    # Values that names already stand for, and so can't take another name.
    _settled: set[Value] = field(default_factory=set)

    # Where things come from.

    @property
    def source(self) -> FunctionSource:
        return self.frame.code.source

    @property
    def region(self) -> Region:
        return self.stack[-1]

    def span(self, node: ast.AST) -> Span:
        return span_of(node, self.source)

    def origin(self, node: ast.AST) -> Origin:
        """The origin of a node made for `node`, a part of the current statement."""
        if node not in self._origins:
            found: Statement | None = None
            if self.statement is not None:
                found = self._statements.get(self.statement)
                if found is None:
                    found = statement_of(self.statement, self.source)
                    self._statements[self.statement] = found
            self._origins[node] = Origin(self.span(node), found)
        return self._origins[node]

    def assigned(self, node: ast.stmt) -> tuple[str, ...]:
        """The names that a statement binds or writes into, those inside it included."""
        if node not in self._assigned:
            self._assigned[node] = tuple(dict.fromkeys((*assigned([node]), *written([node]))))
        return self._assigned[node]

    # Problems.

    def refuse(
        self,
        node: ast.AST,
        construct: str,
        message: str,
        hint: str,
        notes: tuple[tuple[Span, str], ...] = (),
    ) -> Poison:
        """Report a problem; code that never runs has none."""
        if not self.region.closed:
            callers = self.called_from[: -CALLERS - 1 : -1]
            called = tuple((span, f"{name} is called from here") for span, name in callers)
            problem = Problem(self.span(node), construct, message, hint, notes + called)
            self.problems.append(problem)
        return SILENCED

    def refuse_once(self, node: ast.AST, construct: str, message: str, hint: str) -> Poison:
        """Report a problem with a name from outside, where it is met first in a file."""
        self.said_once.add((self.source.file, construct, message))
        return self.refuse(node, construct, message, hint)

    def refuse_as(self, node: ast.AST, refusal: Refusal | None = None) -> Poison:
        """Report a problem with a node that is refused wherever it stands."""
        refusal = refusal or refusal_of(node)
        hint = refusal.hint_at(self.site(node))
        return self.refuse(node, refusal.construct, refusal.message, hint)

    def site(self, node: ast.AST) -> Site:
        return Site(node, self.frame.code.node, self.entrance)

    # Making nodes.

    def op(
        self, node: ast.AST, name: str, *operands: Operand, label: str = "", **attributes: object
    ) -> Value | Poison:
        """Append an operation, or report that it can't take such operands."""
        with self.region.at(self.origin(node)):
            try:
                made = self.region.op(OPS[name], *operands, attributes=attributes)
            except OperandError as error:
                return self.refuse(node, label or name, *misfit(operands, error, label))
            if isinstance(made.type, ArrayType):
                made = self._with_sizes_named(made, made.type)
        last = self.region.nodes[-1] if self.region.nodes else None
        if isinstance(last, Op) and last.result is made:
            self.facts.made(last)
        self.facts.learn(made, name, operands)
        self.roots = self.roots or (name == "pow" and may_be_complex(*operands))
        return made

    def region_size(self, dim: Dim) -> object:
        """The size of a dimension, if a check has found it out on every way to here."""
        known = (region.sizes.get((dim.size, dim.less)) for region in self.stack)
        return dim.size if dim.size is None else next((n for n in known if n is not None), dim.size)

    def _with_sizes_named(self, made: Value, found: ArrayType) -> Value:
        """The value with names for the sizes that nothing is known of: what is computed from it
        element by element has those sizes too."""
        if all(dim.size is not None for dim in found.dims):
            return made
        last = self.region.nodes[-1] if self.region.nodes else None
        if isinstance(last, Op) and last.result is made:
            found = self.facts.dims_from(last, found)
        dims = []
        for dim in found.dims:
            if dim.size is None:
                self.sizes += 1
                dim = replace(dim, size=f"n{self.sizes}")
            dims.append(dim)
        named = self.region.retyped(made, ArrayType(found.dtype, tuple(dims)))
        assert isinstance(named, Value)
        return named

    def doubt_if_complex(self, node: ast.AST, asked: Meaning) -> None:
        """Keep in mind that a type was asked for: a root of a negative number is complex, though
        typed as a float, and may get here on a later round of a loop."""
        if isinstance(asked, Value) and asked not in self.params and not self.region.closed:
            said = "the number may be complex: ** is a root of a negative number in some places"
            hint = "ask for the sign of what the root is taken of"
            self.doubts.append(Problem(self.span(node), "call of isinstance", said, hint))

    def settle_doubts(self) -> None:
        """Report the types asked for, if anything in the function may be complex after all."""
        if self.roots:
            self.problems.extend(self.doubts)

    def once(
        self, node: ast.AST, name: str, operands: tuple[Operand, ...], **attributes: object
    ) -> Value | Poison:
        """A pure operation, done once before the loops that it doesn't depend on."""
        with self.region.at(self.origin(node)):
            try:
                return once(self.stack, OPS[name], operands, attributes)
            except OperandError as error:
                return self.refuse(node, name, *misfit(operands, error, name))

    @contextmanager
    def inside(self, region: Region, state: State) -> Iterator[None]:
        """Work in another region and state. The state is `self.state` until the end of this."""
        before, depth = self.state, len(self.stack)
        region.closed = region.closed or self.region.closed
        self.stack.append(region)
        self.state = state
        try:
            yield
        finally:
            del self.stack[depth:]
            self.state = before

    # Names.

    def bind(self, name: str, meaning: Meaning, node: ast.AST) -> None:
        """Give a local name of the current frame a meaning."""
        if iterator := _iterator_in(meaning):
            meaning = self.refuse(
                node,
                f"name {name}",
                f"{describe(iterator)} can't be kept under a name",
                f"write it where it is looped over, in place of {name}",
            )
        named = self.named(meaning, name)
        self.state[self.frame, name] = Binding(named, self.span(node))

    def named(self, meaning: Meaning, name: str) -> Meaning:
        """The meaning under a name of the user's, where it has none yet."""
        if isinstance(meaning, Structure):
            names = [f"{name}_{place}" for place in range(len(meaning.items))]
            if isinstance(meaning.container, Fields) and meaning.container.cls is not None:
                names = list(meaning.container.names)
            items = (self.named(*pair) for pair in zip(meaning.items, names, strict=True))
            return Structure(tuple(items), meaning.container)
        if isinstance(meaning, Partial):
            return with_parts(meaning, [self.named(part, name) for part in parts_of(meaning)])
        if not isinstance(meaning, Value) or meaning.name or meaning in self._settled:
            return meaning
        renamed = self.region.rename(meaning, name)
        if renamed is None:
            self._settled.add(meaning)
            return meaning
        self.facts.copy(meaning, renamed)
        return renamed

    def settle(self, meaning: Meaning) -> Meaning:
        """The meaning, which will be read again, whoever gives its values a name meanwhile."""
        self._settled.update(
            leaf for leaf in leaves(meaning) if isinstance(leaf, Value) and not leaf.name
        )
        return meaning

    def read_local(self, frame: Frame, name: str, node: ast.AST) -> Meaning:
        """What a local name of this or an enclosing frame means now."""
        binding = self.state.get((frame, name))
        meaning = UNBOUND_VALUE if binding is None else binding.meaning
        if meaning is SILENCED:
            return SILENCED
        if meaning is DEAD:
            said = f"no path through the loop assigns {name}, which is read here"
            return self.refuse(node, f"name {name}", said, "assign it before the loop")
        found: Meaning
        if isinstance(meaning, Poison):
            said = f"{name} {meaning.reason}"
            found = self.refuse(node, f"name {name}", said, meaning.hint, meaning.notes)
        elif is_unbound(meaning):
            said, hint = "is read before it is assigned", "assign it before this line"
            if frame is not self.frame:
                said = "of the enclosing function is not assigned yet"
                hint = "assign it before the call of the inner function"
            found = self.refuse(node, f"name {name}", f"{name} {said}", hint)
            self.misses += 1
            if self.lenient:
                self.region.closed = True
        elif not may_be_unbound(meaning):
            return meaning
        elif frame is not self.frame:
            found = self.refuse(
                node,
                f"name {name}",
                f"{name} of the enclosing function may not be assigned yet",
                "assign it before the branch or loop that may leave it out",
            )
        else:
            found = map_leaves(meaning, lambda leaf: self._bound(leaf, name, node))
        span = self.span(node) if binding is None else binding.span
        self.state[frame, name] = Binding(found, span)
        return found

    def _bound(self, leaf: Operand, name: str, node: ast.AST) -> Operand:
        if not isinstance(leaf.type, ScalarType | ArrayType) or not leaf.type.may_be_unbound:
            return leaf
        with self.region.at(self.origin(node)):
            return self.region.op(OPS["bound"], leaf, name=name, attributes={"name": name})

    # Functions.

    def code_of(self, node: FunctionNode, source: FunctionSource) -> Code:
        if node not in self._codes:
            self._codes[node] = analyse(node, source)
        return self._codes[node]

    def closure_of(self, function: FunctionType) -> Closure:
        """A function object of the user's, one closure for each. Raises SourceError."""
        if function not in self._closures:
            source = find(function)
            self._closures[function] = Closure(
                self.code_of(source.tree, source), None, function, {}
            )
        return self._closures[function]

    def guard(self, access: str, holder: object, key: str | int, expected: object) -> None:
        self.guards.setdefault((access, id(holder), key), Guard(access, holder, key, expected))

    def call(
        self, node: ast.AST, callee: Meaning, *arguments: Meaning, **keywords: Meaning
    ) -> Meaning:
        """What a call gives that stands in the text in another form, such as an operator."""
        made = self.spelled_call(node, len(arguments), tuple(keywords))
        result = self.apply(self, made, callee, arguments, keywords)
        if isinstance(result, Poison) and result is not SILENCED:
            said = f"what it gives {result.reason}"
            return self.refuse(node, "call", said, result.hint, result.notes)
        return result

    def spelled_call(self, node: ast.AST, count: int, names: tuple[str, ...] = ()) -> ast.Call:
        """A call of as many arguments as there are, for those who look at the text of each.

        The same one each time, as loops are told apart by the calls that lead to them.
        """
        key = node, count, names
        if key not in self.spelled:
            here = ast.copy_location(ast.Name("...", ast.Load()), node)
            function = node.func if isinstance(node, ast.Call) else node
            if not isinstance(function, ast.expr):
                function = here
            keywords = [ast.copy_location(ast.keyword(name, here), node) for name in names]
            made = ast.Call(function, [here] * count, keywords)
            self.spelled[key] = ast.copy_location(made, node)
        return self.spelled[key]

    @contextmanager
    def at_statement(self, statement: ast.stmt | ast.expr) -> Iterator[None]:
        before, self.statement = self.statement, statement
        try:
            yield
        finally:
            self.statement = before

    @contextmanager
    def in_frame(self, frame: Frame) -> Iterator[None]:
        before = self.frame, self.statement
        self.frame = frame
        try:
            yield
        finally:
            self.frame, self.statement = before

    # From meanings to operands.

    def operand(self, meaning: Meaning, node: ast.AST, what: str) -> Operand | None:
        """The operand that a meaning is; None, with a problem reported, where it is none."""
        if isinstance(meaning, Value | Const):
            return meaning
        if meaning is not SILENCED:
            said = f"expected a number, got {describe(meaning)}"
            self.refuse(node, what, said, instead_of(meaning))
        return None

    def structure(self, meaning: Meaning, node: ast.AST) -> Structure | None:
        """The items of a tuple or list, where they are known one by one."""
        if isinstance(meaning, Structure):
            return meaning
        if isinstance(meaning, Value | Const) and isinstance(meaning.type, TupleType):
            items: list[Meaning] = [
                self.op(node, "item", meaning, index=place)
                for place in range(len(meaning.type.items))
            ]
            return Structure(tuple(items), meaning.type.container)
        return None

    def sequence(self, meaning: Meaning, node: ast.AST, what: str) -> Operand | None:
        """Something iterable as one operand; a structure is packed into a sequence."""
        container = "tuple"
        if isinstance(meaning, Value | Const) and isinstance(meaning.type, TupleType):
            container = plain(meaning.type.container)
            parts: list[Meaning] = [
                self.once(node, "item", (meaning,), index=place)
                for place in range(len(meaning.type.items))
            ]
        elif isinstance(meaning, Structure):
            container, parts = plain(meaning.container), list(meaning.items)
        else:
            return self.operand(meaning, node, what)
        operands = [self.operand(part, node, what) for part in parts]
        if None in operands:
            return None
        known = tuple(operand for operand in operands if operand is not None)
        packed = self.once(node, "pack", known, container=container)
        return None if isinstance(packed, Poison) else packed

    def as_operand(self, meaning: Meaning, node: ast.AST, what: str) -> Operand | None:
        """Anything that has a value at run time as an operand: structures, strings, None too."""
        match meaning:
            case Structure(items, container):
                operands = [self.as_operand(item, node, what) for item in items]
                known = [operand for operand in operands if operand is not None]
                if len(known) < len(items):
                    return None
                if isinstance(container, Fields) and container.cls is None:
                    container = "tuple" if container.kind == "namedtuple" else container
                made = self.op(node, "tuple", *known, container=container)
                return None if isinstance(made, Poison) else made
            case _:
                found = constant_of(meaning)
                return found if found is not None else self.operand(meaning, node, what)


def constant_of(meaning: Meaning) -> Const | None:
    """A string or None as a constant."""
    value = getattr(meaning, "value", ...)
    if not isinstance(meaning, Const | Value) and (value is None or type(value) is str):
        return const(value)
    return None


def _iterator_in(meaning: Meaning) -> Meaning | None:
    """What can be looped over only once, if there is such a thing in it."""
    if isinstance(meaning, Zipped | Numbered | Reversed | Generating):
        return meaning
    if isinstance(meaning, Structure):
        return next((found for item in meaning.items if (found := _iterator_in(item))), None)
    return None


def may_be_complex(base: Operand, exponent: Operand) -> bool:
    """Whether a power of Python's numbers may be a complex one: a negative base, a fraction."""
    if not all(may_hold(each.type, _is_python) for each in (base, exponent)):
        return False
    if not may_hold(exponent.type, _is_float):
        return False
    if isinstance(exponent, Const) and isinstance(exponent.value, float):
        return not exponent.value.is_integer()
    return not (isinstance(base, Const) and isinstance(base.value, int | float) and base.value >= 0)


def _is_float(kind: Kind) -> bool:
    return kind is Kind.FLOAT


def _is_python(kind: Kind) -> bool:
    return not kind.is_numpy
