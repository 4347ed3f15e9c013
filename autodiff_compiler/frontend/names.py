"""Names: which are local to a function, which its inner functions see, which are read later.

A name that is assigned anywhere in a function is local to it everywhere. What is read later
decides what a branch or a loop hands on: a scratch variable of one iteration is neither carried
into the next nor out of the loop.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from autodiff_compiler.source import FunctionNode, FunctionSource

Names = frozenset[str]
NO_NAMES: Names = frozenset()
LAMBDA = "the lambda"

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, eq=False)
class Code:
    """What the text of one function says about its names.

    `body` ends with a `return` of its own for where control falls off the end; it is empty for a
    lambda. `captured` are the locals that inner functions read; they may be read at any time.
    Read later may be `after[statement]`, after a statement; `head[loop]`, from where a loop decides
    whether to go on; `start[loop]`, from where its body starts and its target is bound.
    """

    node: FunctionNode
    source: FunctionSource
    name: str
    body: tuple[ast.stmt, ...]
    locals: Names
    captured: Names
    after: dict[ast.stmt, Names] = field(repr=False)
    head: dict[ast.stmt, Names] = field(repr=False)
    start: dict[ast.stmt, Names] = field(repr=False)

    @property
    def parameters(self) -> ast.arguments:
        return self.node.args


def analyse(node: FunctionNode, source: FunctionSource) -> Code:
    """Read a function's names off its tree."""
    arguments = node.args
    parameters = {
        argument.arg
        for argument in (
            *arguments.posonlyargs,
            *arguments.args,
            *arguments.kwonlyargs,
            *filter(None, (arguments.vararg, arguments.kwarg)),
        )
    }
    if isinstance(node, ast.Lambda):
        return Code(node, source, LAMBDA, (), frozenset(parameters), NO_NAMES, {}, {}, {})
    last = ast.copy_location(ast.Return(None), node)
    body = (*node.body, last)
    local = frozenset({*parameters, *assigned(node.body)})
    captured = frozenset(captured_by(node.body))
    liveness = _Liveness()
    liveness.block(body, NO_NAMES)
    found = (liveness.after, liveness.head, liveness.start)
    return Code(node, source, node.name, body, local, captured & local, *found)


def assigned(nodes: Iterable[ast.AST]) -> tuple[str, ...]:
    """The names bound by these nodes in the scope they stand in, in order."""
    found: dict[str, None] = {}
    for node in _same_scope(nodes):
        match node:
            case ast.Name(name, ast.Store() | ast.Del()):
                found[name] = None
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                found[name] = None
            case ast.ExceptHandler(_, str(name)) | ast.MatchAs(_, str(name)):
                found[name] = None
            case ast.MatchStar(str(name)) | ast.MatchMapping(rest=str(name)):
                found[name] = None
            case ast.Import(aliases) | ast.ImportFrom(_, aliases):
                found |= dict.fromkeys(a.asname or a.name.partition(".")[0] for a in aliases)
            case ast.Global(names) | ast.Nonlocal(names):
                # Refused; as locals they do no further harm.
                found |= dict.fromkeys(names)
    return tuple(found)


def written(nodes: Iterable[ast.AST]) -> tuple[str, ...]:
    """The names into whose values these nodes write: `a[i] = v`."""
    found: dict[str, None] = {}
    for node in _same_scope(nodes):
        match node:
            case ast.Subscript(ast.Name(name), ctx=ast.Store()):
                found[name] = None
    return tuple(found)


def contains(nodes: Iterable[ast.AST], *kinds: type[ast.AST]) -> bool:
    """Whether a node of these kinds stands here, inner functions aside."""
    return any(isinstance(node, kinds) for node in _same_scope(nodes))


def _same_scope(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Every node that belongs to the scope of `nodes`, in the order of the text.

    Of an inner function that is its name, decorators and defaults; a comprehension has a scope of
    its own too, which only := and the first iterable escape.
    """
    pending = list(nodes)[::-1]
    while pending:
        node = pending.pop()
        yield node
        inside: Iterable[ast.AST]
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                inside = (*node.decorator_list, *_defaults(node))
            case ast.Lambda():
                inside = _defaults(node)
            case ast.ClassDef():
                inside = (*node.decorator_list, *node.bases)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                named = (n.target for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
                inside = (node.generators[0].iter, *named)
            case ast.Name() | ast.Constant():
                continue
            case _:
                inside = ast.iter_child_nodes(node)
        pending += list(inside)[::-1]


def _defaults(node: FunctionNode) -> Iterator[ast.expr]:
    return (default for default in (*node.args.defaults, *node.args.kw_defaults) if default)


def captured_by(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that inner functions, or those inside them, may take from outside.

    Names that they bind themselves are included, which only keeps a few variables for longer than
    needed.
    """
    inner = (*_FUNCTIONS, ast.ClassDef)
    functions = (n for root in nodes for n in ast.walk(root) if isinstance(n, inner))
    return _loaded(functions)


def _loaded(nodes: Iterable[ast.AST]) -> set[str]:
    return {
        node.id
        for root in nodes
        for node in ast.walk(root)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


@dataclass
class _Liveness:
    """What may be read after each statement, found backwards. It may only err by too much."""

    after: dict[ast.stmt, Names] = field(default_factory=dict)
    head: dict[ast.stmt, Names] = field(default_factory=dict)
    start: dict[ast.stmt, Names] = field(default_factory=dict)
    _known: dict[ast.AST, Names] = field(default_factory=dict)

    def loaded(self, nodes: Iterable[ast.AST]) -> Names:
        """The names read by these nodes. Loops are gone through twice, so answers are kept."""
        found = NO_NAMES
        for node in nodes:
            if node not in self._known:
                self._known[node] = frozenset(_loaded([node]))
            found |= self._known[node]
        return found

    def block(self, statements: Sequence[ast.stmt], after: Names) -> Names:
        """The names that may be read from the start of the block on."""
        for statement in reversed(statements):
            self.after[statement] = after
            after = self.before(statement, after)
        return after

    def before(self, statement: ast.stmt, after: Names) -> Names:
        match statement:
            case ast.Assign(targets, value):
                return after - _stored(targets) | self.loaded([value, *targets])
            case ast.AugAssign(target, _, value):
                name = {target.id} if isinstance(target, ast.Name) else set()
                return after | name | self.loaded([target, value])
            case ast.AnnAssign(target, _, value):
                if value is None:
                    return after
                return after - _stored([target]) | self.loaded([target, value])
            case ast.FunctionDef(name):
                return after - {name} | self.loaded(
                    (*statement.decorator_list, *_defaults(statement))
                )
            case ast.Return(value):
                return self.loaded([value] if value else [])
            case ast.Raise():
                return self.loaded([statement])
            case ast.If(test, body, orelse):
                arms = self.block(body, after) | self.block(orelse, after)
                return arms | self.loaded([test])
            case ast.For(target, iterable, body, orelse):
                start = self.loop(statement, self.block(orelse, after), body, _stored([target]))
                return start | self.loaded([iterable, target])
            case ast.While(test, body, orelse):
                after = self.block(orelse, after) | self.loaded([test])
                return self.loop(statement, after, body, NO_NAMES)
            case ast.Expr() | ast.Assert() | ast.Pass():
                return after | self.loaded([statement])
            case _:  # refused: whatever stands inside may happen in any order
                after = after | self.loaded([statement])
                for block in blocks_of(statement):
                    self.block(block, after)
                return after

    def loop(self, node: ast.stmt, after: Names, body: Sequence[ast.stmt], bound: Names) -> Names:
        head = after
        while True:
            start = self.block(body, head) - bound
            if start <= head:
                break
            head = head | start
        self.head[node], self.start[node] = head, start
        return head


def blocks_of(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of statements inside a compound statement, but not of functions and classes."""
    if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
        return
    for _, value in ast.iter_fields(statement):
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            yield value
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, ast.ExceptHandler | ast.match_case):
                    yield item.body


def _stored(targets: Iterable[ast.expr]) -> Names:
    """The plain names among assignment targets, tuples of them included."""
    found: set[str] = set()
    for target in targets:
        match target:
            case ast.Name(name):
                found.add(name)
            case ast.Tuple(items) | ast.List(items):
                found |= _stored(items)
    return frozenset(found)
