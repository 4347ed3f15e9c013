"""A whole module of generated code: imports, constants, helpers, and the functions."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from autodiff_compiler.emit.captured import with_own_lists
from autodiff_compiler.emit.copies import needs_numpy
from autodiff_compiler.emit.counting import facts_of
from autodiff_compiler.emit.headers import add_rows
from autodiff_compiler.emit.liveness import Liveness, liveness_of
from autodiff_compiler.emit.lower import Lowered, lower
from autodiff_compiler.emit.names import name_variables
from autodiff_compiler.emit.ownership import has_updates, settle_updates
from autodiff_compiler.emit.python import Written, function_code, python_body
from autodiff_compiler.emit.schedule import WIDTH, schedule
from autodiff_compiler.emit.shape import parts_of
from autodiff_compiler.emit.silence import silenced
from autodiff_compiler.emit.spelling import LOAD, STORE, literal, read
from autodiff_compiler.emit.text import INDENT, Page, checked
from autodiff_compiler.emit.tree import (
    Perform,
    Silence,
    Statement,
    Update,
    all_statements,
    expressions_of,
)
from autodiff_compiler.errors import Span
from autodiff_compiler.ir.lengths import lengths_of
from autodiff_compiler.ir.types import ArrayType
from autodiff_compiler.ir.values import Const, Function, Value
from autodiff_compiler.ir.walk import callees
from autodiff_compiler.ops.captured import Captured
from autodiff_compiler.ops.record import Helper

MODULES = ("math", "np", "scipy")  # as the text names them


@dataclass(frozen=True)
class Emitted:
    """A generated module: its text, the name of the function in it, and for each of its lines
    that comes from one, the place in the source.

    The text may hold copies of the objects that the function finds outside of itself; the
    `captured` ones themselves go by these names.
    """

    text: str
    name: str
    lines: Mapping[int, Span]
    captured: Mapping[str, object]


def write(function: Function, *, banner: str = "") -> Emitted:
    """Write a function, and whatever it needs, as the text of a module.

    Raises EmissionError if the text, read back, is not what was meant.
    """
    module = _Module(function, WIDTH)
    page = module.page(banner)
    if page.excess > 0:
        module = _Module(function, WIDTH - page.excess)
        page = module.page(banner)
    return Emitted(checked(page), module.names[function], page.spans, module.captured)


class _Module:
    def __init__(self, function: Function, width: int) -> None:
        self.functions = [*callees(function), function]
        self.width = width
        hints = {param.name for each in self.functions for param in each.params}
        self.pullback = "pullback" if "pullback" not in hints else "pullback_2"
        self.lowered = [self.lower(each) for each in self.functions]
        # Global names: of what Python and the module define, then of constants. A parameter keeps
        # its name, so a global of that name gets another one.
        self.params = {
            variable.hint or ""
            for lowered in self.lowered
            for variable in lowered.variables
            if variable.fixed
        }
        self.taken: set[str] = set(self.params) | {self.pullback}
        self.renamed: dict[str, str] = {}
        self.captured: dict[str, object] = {}  # what the text finds outside, by its name there
        self.names: dict[Function, str] = {}

    def lower(self, function: Function) -> Lowered:
        parts = with_own_lists(parts_of(function), function.params)
        every = [parts.outer] if parts.pullback is None else [parts.outer, parts.pullback]
        nodes = [node for part in every for node in part.nodes]
        lengths = lengths_of(nodes)
        add_rows(lengths, nodes)
        facts = facts_of(every, lengths)
        made = schedule(every, facts, self.width)
        lowered = lower(function, parts, made, self.pullback)
        lowered.body = silenced(lowered.body)
        if has_updates(lowered.body):
            settle_updates(lowered.body, self.liveness(lowered))
            lowered.names |= (
                {"list", "np"}
                if any(isinstance(each.type, ArrayType) for each in lowered.variables)
                else {"list"}
            )  # for copies
        return lowered

    def liveness(self, lowered: Lowered) -> Liveness:
        return liveness_of(lowered.params, lowered.body, lowered.variables)

    def page(self, banner: str) -> Page:
        written = Written()
        page = Page(written)
        helpers = self.helpers()
        known = self.global_names(helpers)
        self.rename_globals(known)
        self.name_functions()
        bound = self.bind_constants(self.constants())
        codes = [
            self.function(function, lowered, written)
            for function, lowered in zip(self.functions, self.lowered, strict=True)
        ]
        if banner:
            page.add(ast.Expr(ast.Constant(banner)))
        self.imports(page, known, bound)
        for code in bound:
            page.add(code)
        if self.captured:
            page.blank()
        for name, value in self.captured.items():
            page.add_captured(name, value)
        for helper in helpers:
            page.blank(2)
            page.add_text(helper.source)
        if self.renamed:
            page.blank(2 if helpers else 1)
        for old, new in self.renamed.items():
            page.add(ast.Assign([ast.Name(new, STORE)], read(old)))
        for code in codes:
            page.blank(2)
            page.add(code)
        return page

    # ------------------------------------------------------------------ global names

    def helpers(self) -> list[Helper]:
        """The helpers that the functions call, each after those that it needs."""
        found: dict[Helper, None] = {}

        def visit(helper: Helper) -> None:
            for needed in helper.needs:
                visit(needed)
            found[helper] = None

        for lowered in self.lowered:
            for helper in lowered.helpers:
                visit(helper)
        return list(found)

    def constants(self) -> list[tuple[ast.Name, Const]]:
        return [pair for lowered in self.lowered for pair in lowered.constants]

    def global_names(self, helpers: Iterable[Helper]) -> set[str]:
        """The names of modules, builtins and helpers that the text mentions, or may."""
        found = {helper.name for helper in helpers}
        for lowered in self.lowered:
            found |= lowered.names
            if any(isinstance(each, Silence) for each in all_statements(lowered.body)):
                found.add("np")
        for helper in helpers:
            found |= {module for module in MODULES if f"{module}." in helper.source}
        for function in self.functions:
            for default in function.defaults.values():
                code = literal(Const(default.value, default.type))
                found |= {name.id for name in ast.walk(code) if isinstance(name, ast.Name)}
        return found

    def rename_globals(self, known: Collection[str]) -> None:
        """Give globals that parameters hide another name, wherever they are mentioned."""
        hidden = {name for name in known if name in self.params}
        self.taken |= set(known)
        if not hidden:
            return
        own = {id(name) for name, _ in self.constants()}
        own |= {id(name) for lowered in self.lowered for name, _ in lowered.callees}
        for lowered in self.lowered:
            for statement in all_statements(lowered.body):
                for name in global_reads(statement):
                    if name.id in hidden and id(name) not in own:
                        if name.id not in self.renamed:
                            self.renamed[name.id] = self.free(name.id)
                        name.id = self.renamed[name.id]

    def name_functions(self) -> None:
        """Give every function its own name, unless that is taken by something else."""
        *others, last = self.functions
        own = last.name in self.taken - self.params or keyword.iskeyword(last.name)
        self.names[last] = self.free(last.name) if own else last.name
        self.taken.add(self.names[last])
        for function in others:
            self.names[function] = self.free(function.name)

    def free(self, name: str) -> str:
        new, count = name, 1
        while new in self.taken or keyword.iskeyword(new) or hasattr(builtins, new):
            count += 1
            new = f"{name}_{count}"
        self.taken.add(new)
        return new

    def bind_constants(self, constants: Iterable[tuple[ast.Name, Const]]) -> list[ast.stmt]:
        names: dict[object, str] = {}
        made: list[ast.stmt] = []
        for place, constant in constants:
            source = constant.value
            key = source if isinstance(source, Captured) else constant
            if key not in names:
                last = (constant.name or "value").rpartition(".")[2]
                names[key] = self.free(last)
                if isinstance(source, Captured):
                    self.captured[names[key]] = source.value
                else:
                    code = literal(Const(constant.value, constant.type))
                    made.append(ast.Assign([ast.Name(names[key], STORE)], code))
            place.id = names[key]
        return made

    def imports(self, page: Page, known: Collection[str], bound: Iterable[ast.stmt]) -> None:
        used = set(known)
        for code in bound:
            used |= {node.id for node in ast.walk(code) if isinstance(node, ast.Name)}
        if "math" in used:
            page.blank()
            page.add(ast.Import([ast.alias("math", None)]))
        if any(map(needs_numpy, self.captured.values())):
            used.add("np")
        if "np" in used or "scipy" in used:
            page.blank()
        if "np" in used:
            page.add(ast.Import([ast.alias("numpy", "np")]))
        if "scipy" in used:
            page.add(ast.Import([ast.alias("scipy.special", None)]))
        if bound:
            page.blank()

    # ------------------------------------------------------------------ functions

    def function(self, function: Function, lowered: Lowered, written: Written) -> ast.stmt:
        for name, callee in lowered.callees:
            name.id = self.names[callee]
        liveness = self.liveness(lowered)
        guards = _guards(function)
        reserved = self.taken - self.params | ({"ValueError"} if guards else set())
        name_variables(lowered.variables, lowered.body, liveness, reserved)
        body = [*guards, *python_body(lowered.body, written)]
        if function.documentation:
            text = "\n".join(indented(function.documentation))
            if isinstance(body[0], ast.FunctionDef):
                written.spaced.add(body[0])
            body.insert(0, ast.Expr(ast.Constant(text)))
        code = function_code(self.names[function], self.arguments(function), body)
        written.origins[code] = function.origin
        return code

    def arguments(self, function: Function) -> ast.arguments:
        """The signature. Parameters that derivatives add have no defaults, so those of the
        parameters before them go."""
        params = function.params[: len(function.params) - function.late]
        plain = [p for p in params if p.name not in function.keyword_only]
        keyword_only = [p for p in params if p.name in function.keyword_only]
        defaults: list[ast.expr] = []
        for param in reversed(plain):
            code = self.default(function, param)
            if code is None:
                break
            defaults.insert(0, code)
        return ast.arguments(
            [],
            [ast.arg(p.name or "x") for p in plain],
            None,
            [ast.arg(p.name or "x") for p in keyword_only],
            [self.default(function, p) for p in keyword_only],
            None,
            defaults,
        )

    def default(self, function: Function, param: Value) -> ast.expr | None:
        found = function.defaults.get(param.name or "")
        return None if found is None else literal(Const(found.value, found.type))


def _guards(function: Function) -> list[ast.stmt]:
    """Refuse what the function was not written for. Values reach the text as literals only.

    An argument that is no string, None, int, or tuple of ints has no literal; a module with one
    isn't saved.
    """
    guards: list[ast.stmt] = []
    for name, value in function.fixed.items():
        if has_literal(value):
            differs = ast.IsNot() if value is None else ast.NotEq()
            test = ast.Compare(ast.Name(name, LOAD), [differs], [_literal_of(value)])
            said = ast.Constant(f"this derivative is that for {name} = {value!r}")
            error = ast.Call(ast.Name("ValueError", LOAD), [said], [])
            guards.append(ast.If(test, [ast.Raise(error, None)], []))
    return guards


def has_literal(value: object) -> bool:
    """Whether a static argument can be compared with in a module of its own."""
    if type(value) is tuple:
        return all(map(has_literal, value))
    return value is None or type(value) in (str, int, bool)


def _literal_of(value: object) -> ast.expr:
    if type(value) is tuple:
        return ast.Tuple([_literal_of(item) for item in value], LOAD)
    if type(value) is int and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    assert value is None or isinstance(value, str | int)
    return ast.Constant(value)


def indented(documentation: str) -> Iterable[str]:
    """The lines of a docstring, as they stand in the body of a function.

    An empty last line puts the closing quotes on a line of their own.
    """
    first, *rest = documentation.split("\n")
    last = len(rest) - 1
    return [
        first,
        *(INDENT + line if line or place == last else line for place, line in enumerate(rest)),
    ]


def global_reads(statement: Statement) -> list[ast.Name]:
    """The names in the text of a statement itself that are no variables', not even those of a
    comprehension in an operation's own text."""
    roots: list[ast.AST] = [each.code for each in expressions_of(statement)]
    if isinstance(statement, Perform | Update):
        roots.append(statement.code)
    found: list[ast.Name] = []
    for root in roots:
        names = [node for node in ast.walk(root) if isinstance(node, ast.Name)]
        stored = {name.id for name in names if isinstance(name.ctx, ast.Store)}
        found += [name for name in names if name.id not in stored and name.id != "?"]
    return found
