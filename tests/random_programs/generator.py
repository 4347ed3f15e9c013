"""Random, terminating, scalar programs as source text, with points to call them at.

    program = seeded_program(17)            # the same on every machine
    @given(programs())                      # drawn and shrunk by Hypothesis

A program is a module: imports, constants, helpers, and one function to differentiate.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import hypothesis.strategies as st
import numpy as np

from .choices import Choices, Draw, Drawn, Seeded, flag, number, pick, weighted
from .expressions import LOOP_BOUND, Scope, Variable, tidy
from .idioms import idiom
from .oracles import Point
from .simple import Context
from .statements import Statements, indented

_PARAMETERS = ("x", "y", "z", "w", "a", "b", "x_bar", "s", "q", "theta", "y_bar", "x_saved",
               "t", "_x", "u", "value", "i")  # fmt: skip
_FUNCTIONS = ("f", "loss", "model", "main", "f_grad", "score", "value_of", "objective")
_CONSTANTS = (
    ("SCALE", "float", "0.75"),
    ("RATE", "float", "-1.25"),
    ("COUNT", "int", "3"),
    ("WEIGHTS", "tuple", "(0.5, -0.25, 1.0)"),
    ("s", "float", "0.5"),
    ("q", "float", "2.0"),
    ("ONE", "num", "1"),
    ("PAIR", "tuple", "(1.5, -0.5)"),
)


@dataclass(frozen=True)
class Program:
    """A module's text, the function in it to differentiate and by what, and where to call it."""

    source: str
    name: str
    points: tuple[Point, ...]
    argnums: tuple[int, ...]
    tags: frozenset[str]

    def __repr__(self) -> str:
        calls = "\n".join(f"# {self.name}{describe(point)}" for point in self.points)
        return f"{self.source}\n# argnums={self.argnums}\n{calls}"


def describe(point: Point) -> str:
    """A point as the arguments of a call."""
    keywords = [f"{name}={value!r}" for name, value in point.kwargs.items()]
    return f"({', '.join([*map(repr, point.args), *keywords])})"


@dataclass(frozen=True)
class _Parameter:
    name: str
    kind: str  # "float", "int", "list", "tuple"
    length: int = 0
    default: str = ""
    keyword_only: bool = False

    @property
    def annotation(self) -> str:
        inner = ", ".join(["float"] * self.length)
        return {"list": "list[float]", "tuple": f"tuple[{inner}]"}.get(self.kind, self.kind)


def seeded_program(seed: int) -> Program:
    """The program of a seed."""
    return draw_program(Seeded(seed))


@st.composite
def programs(draw: Draw) -> Program:
    """Programs drawn by Hypothesis; failures shrink to short ones."""
    return draw_program(Drawn(draw))


def draw_program(choices: Choices) -> Program:
    return _Module(choices).program()


class _Module(Statements):
    def program(self) -> Program:
        scope = Scope()
        lines = self._constants(scope)
        names = [name for name, _, _ in _CONSTANTS if name in scope.variables]
        if self.flag(35):
            for _ in range(self.choices.integer(1, 2)):
                context = Context(main=False)
                written, helper = self.function(scope, context, "module-level helper")
                scope.helpers[helper.name] = helper
                lines += ["", "", *written]
                self.tag("module-level helper")
        self.captured = set()
        parameters = self._signature(names)
        name = pick(self.choices, _FUNCTIONS)
        scope.taken = {name, *scope.helpers}
        lines += ["", "", *self._main(scope, name, parameters)]
        call = self._call_style(parameters)
        self.numpy_arguments = self.flag(6)
        if self.numpy_arguments:
            self.tag("np.float64 argument")
        points = tuple(self._point(parameters, call) for _ in range(3))
        argnums = self._argnums(parameters, call)
        source, imports = self._imports("\n".join(lines).strip("\n"))
        source = f"{imports}\n\n{source}\n".lstrip("\n")
        self.tags.discard("")
        tags = frozenset(self.tags | _observed(source, name, parameters))
        return Program(source, name, points, argnums, tags)

    def _constants(self, scope: Scope) -> list[str]:
        lines = []
        for name, kind, text in _CONSTANTS:
            if not self.flag(9):
                continue
            length = text.count(",") + 1 if kind == "tuple" else 0
            scope.variables[name] = Variable(kind, 3.0, length, is_global=True)
            lines.append(f"{name} = {text}")
            self.tag("module constant")
        return lines

    def _signature(self, constants: Sequence[str]) -> list[_Parameter]:
        free = [name for name in _PARAMETERS if name not in constants]
        parameters = []
        for _ in range(weighted(self.choices, [(35, 1), (40, 2), (20, 3)])):
            index = 0 if self.flag(35) else self.choices.integer(0, len(free) - 1)
            parameters.append(_Parameter(free.pop(index), "float"))
        if constants and self.flag(15) and constants[0] not in _PARAMETERS:
            parameters[-1] = _Parameter(constants[0], "float")
            self.tag("shadowed name")
        if self.flag(28):
            parameters.append(_Parameter(pick(self.choices, ["n", "count_2"]), "int"))
            self.tag("int parameter")
        if self.flag(24):
            parameters.append(_Parameter("xs", "list"))
            self.tag("list parameter")
            if self.flag(25):
                parameters.append(_Parameter("ys", "list"))
        if self.flag(14):
            length = self.choices.integer(2, 3)
            parameters.append(_Parameter("pair", "tuple", length))
            self.tag("tuple parameter")
        if self.flag(40):
            head = self.choices.integer(0, len(parameters) - 1)
            parameters = [*parameters[head:], *parameters[:head]]
        first_default = len(parameters)
        if self.flag(40):
            first_default = self.choices.integer(1, len(parameters))
        keyword_only = len(parameters)
        first_float = next(i for i, p in enumerate(parameters) if p.kind == "float")
        if self.flag(16):
            keyword_only = self.choices.integer(first_float + 1, len(parameters))
            if keyword_only < len(parameters):
                self.tag("keyword-only parameter")
        finished = []
        for position, parameter in enumerate(parameters):
            default = ""
            if position >= first_default:
                texts = {"float": ["0.5", "-1.0", "2.0"], "int": ["2", "3", "0"],
                         "list": ["(0.5, 1.5)"], "tuple": ["(0.5, -1.5, 1.0)"]}  # fmt: skip
                default = pick(self.choices, texts[parameter.kind])
                if parameter.kind == "tuple":
                    default = "(0.5, -1.5, 1.0)" if parameter.length == 3 else "(0.5, -1.5)"
                self.tag("default parameter")
            finished.append(
                _Parameter(
                    parameter.name,
                    parameter.kind,
                    parameter.length,
                    default,
                    position >= keyword_only,
                )
            )
        return finished

    def _main(self, scope: Scope, name: str, parameters: Sequence[_Parameter]) -> list[str]:
        self.indexed = self.flag(50)
        self.differentiated = [p.name for p in parameters if p.kind != "int"]
        local = scope.copy()
        for parameter in parameters:
            kind = {"tuple": "tuple", "list": "list"}.get(parameter.kind, parameter.kind)
            length = parameter.length
            if parameter.kind == "list":
                length = 1 if self.indexed else 0
            bound = 4.0 if parameter.kind == "int" else 3.0
            local.variables[parameter.name] = Variable(kind, bound, length)
        # A module's constants that the function reads can't be assigned in it.
        local.taken = scope.taken | {n for n, v in local.variables.items() if v.is_global}
        body: list[str] = []
        if self.flag(25):
            body.append('"""What it says."""')
            self.tag("docstring")
        context = Context(pair=False)
        body += self._body(local, context)
        annotated = self.flag(60)
        header = []
        starred = False
        for parameter in parameters:
            if parameter.keyword_only and not starred:
                header.append("*")
                starred = True
            text = parameter.name
            if annotated:
                text += f": {parameter.annotation}"
            if parameter.default:
                text += f" = {parameter.default}" if annotated else f"={parameter.default}"
            header.append(text)
        return [f"def {name}({', '.join(header)}):", *indented(body)]

    def _body(self, scope: Scope, context: Context) -> list[str]:
        lines: list[str] = []
        if self.flag(5):
            self.tag("argument returned unchanged")
            names = [n for n, v in scope.variables.items() if v.kind == "float" and not v.is_global]
            return [f"return {pick(self.choices, names)}"]
        for _ in range(self.choices.integer(1, 4)):
            if self.flag(28):
                lines += idiom(self, scope, context)
                continue
            block = self.block(scope, context, self.choices.integer(1, 3))
            lines += block.lines
            if block.ends:
                if self.flag(50):
                    lines += [f"return {self.returned(scope, context)}"]
                    self.tag("dead code after return")
                return lines
            if self.flag(6):
                lines += ["# a remark, and an empty line", ""]
        if self.flag(16) and not any("return" in line for line in lines):
            lines += self._tuple_result(scope)
        else:
            lines += [f"return {self._result(scope, context, lines)}"]
        if self.flag(7):
            self.tag("dead code after return")
            lines += self._assign(scope, context)[0]
        return lines

    def _result(self, scope: Scope, context: Context, lines: Sequence[str]) -> str:
        """What the function returns at its end: mostly what depends on the arguments."""
        names = scope.reals()
        if self.flag(85):
            moved = _depending(lines, self.differentiated)
            names = [name for name in names if name in moved] or names
        recent = [name for name in names if not scope.variables[name].is_global][-4:]
        if recent and self.flag(75):
            result = recent[-1]
            for name in recent[:-1]:
                if self.flag(60):
                    result += f" {pick(self.choices, '+-*')} {name}"
            if self.flag(40):
                extra = self.real(scope, 2, LOOP_BOUND)
                result += f" {pick(self.choices, '+-*')} {self.as_float(extra).text}"
            return tidy(result)
        return self.returned(scope, context)

    def _tuple_result(self, scope: Scope) -> list[str]:
        parts = [self.real(scope, 2, LOOP_BOUND).text for _ in range(2)]
        if self.flag(70):
            return [f"return {ast.unparse(ast.parse(' + '.join(parts)))}"]
        self.tag("tuple returned")
        return [f"return {ast.unparse(ast.parse(', '.join(parts)))}"]

    # How it is called

    def _call_style(self, parameters: Sequence[_Parameter]) -> tuple[int, list[_Parameter]]:
        """How many parameters are given by position, and which by keyword."""
        positional = [p for p in parameters if not p.keyword_only]
        count = len(positional)
        first = next(
            (i for i, p in enumerate(positional) if p.kind == "float"), len(positional) - 1
        )
        needed = first + 1
        if self.flag(45):
            count = self.choices.integer(min(needed, count), count)
        rest = [*positional[count:], *(p for p in parameters if p.keyword_only)]
        by_keyword = [p for p in rest if not p.default or self.flag(50)]
        if by_keyword:
            self.tag("keyword argument")
        if len(by_keyword) < len(rest):
            self.tag("default used")
        return count, by_keyword

    def _point(self, parameters: Sequence[_Parameter], call: tuple[int, list[_Parameter]]) -> Point:
        positional = [p for p in parameters if not p.keyword_only][: call[0]]
        wild = self.flag(3)
        args = tuple(self._value(parameter, wild) for parameter in positional)
        kwargs = {p.name: self._value(p, False) for p in call[1]}
        return Point(args, kwargs)

    def _value(self, parameter: _Parameter, wild: bool) -> Any:
        match parameter.kind:
            case "int":
                return self.choices.integer(0, 4)
            case "list":
                least = 1 if self.indexed else 0
                return [self._float(wild) for _ in range(self.choices.integer(least, 4))]
            case "tuple":
                return tuple(self._float(wild) for _ in range(parameter.length))
            case _:
                return self._float(wild)

    def _float(self, wild: bool) -> float:
        value = self._python_float(wild)
        return np.float64(value) if self.numpy_arguments else value

    def _python_float(self, wild: bool) -> float:
        if wild:
            values = [-0.0, 1e-300, 1e300, -1e8, float("inf"), float("nan"), float("-inf")]
            return pick(self.choices, values)
        if self.flag(10):
            return pick(self.choices, [1.0, 0.0, 2.0, -1.0, 0.5])
        return number(self.choices, -2.5, 2.5)

    def _argnums(
        self, parameters: Sequence[_Parameter], call: tuple[int, list[_Parameter]]
    ) -> tuple[int, ...]:
        positional = [p for p in parameters if not p.keyword_only][: call[0]]
        candidates = [i for i, p in enumerate(positional) if p.kind != "int"]

        if len(candidates) > 1 and self.flag(25):
            kept = [i for i in candidates if self.flag(50)]
            return tuple(kept or candidates[:1])
        return tuple(candidates)

    def _imports(self, body: str) -> tuple[str, str]:
        """The body with its module names as imported, and the imports."""
        lines = []
        if re.search(r"\bmath\.", body):
            style = weighted(self.choices, [(70, "plain"), (15, "alias"), (15, "from")])
            names = sorted(set(re.findall(r"\bmath\.(\w+)", body)))
            words = set(re.findall(r"[A-Za-z_]\w*", re.sub(r"\bmath\.\w+", "", body)))
            words |= set(re.findall(r"\bnp\.(\w+)", body))
            if style == "from" and words.isdisjoint(names):
                self.tag("from math import")
                body = re.sub(r"\bmath\.", "", body)
                lines.append(f"from math import {', '.join(names)}")
            elif style == "alias":
                self.tag("import under another name")
                body = re.sub(r"\bmath\.", "m_.", body)
                lines.append("import math as m_")
            else:
                lines.append("import math")
        if re.search(r"\bnp\.", body):
            if flag(self.choices, 12):
                self.tag("import under another name")
                body = re.sub(r"\bnp\.", "numpy.", body)
                lines.append("import numpy")
            else:
                lines.append("import numpy as np")
        return body, "\n".join(lines)


def _depending(lines: Sequence[str], names: Sequence[str]) -> set[str]:
    """The names that may depend on the given ones, whatever the order of execution."""
    tree = ast.parse("\n".join(["def f():", *indented([*lines, "pass"])]))
    statements = [
        (_stored(node), {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and _loads(n)})
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AugAssign | ast.For)
    ]
    found = set(names)
    while True:
        grown = found.union(*(stored for stored, read in statements if read & found))
        if grown == found:
            return found
        found = grown


def _observed(source: str, name: str, parameters: Sequence[_Parameter]) -> set[str]:
    """Constructs that show only in the finished text."""
    tree = ast.parse(source)
    function = next(
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name
    )
    reads: dict[str, int] = {}
    stores: dict[str, int] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            table = reads if isinstance(node.ctx, ast.Load) else stores
            table[node.id] = table.get(node.id, 0) + 1
    floats = [parameter.name for parameter in parameters if parameter.kind == "float"]
    checks: Mapping[str, Callable[[], bool]] = {
        "argument used twice": lambda: any(reads.get(name, 0) > 1 for name in floats),
        "output independent of an input": lambda: any(name not in reads for name in floats),
        "argument rebound": lambda: any(name in stores for name in floats),
        "unused variable": lambda: any(name not in reads for name in stores),
        "name like a generated one": lambda: any(
            part in name for name in stores for part in ("_bar", "_dot", "_saved", "_2")
        ),
        "for": lambda: any(isinstance(node, ast.For) for node in ast.walk(function)),
        "straight line": lambda: not any(
            isinstance(node, ast.For | ast.While | ast.If | ast.IfExp) for node in ast.walk(tree)
        ),
        "unary minus": lambda: any(isinstance(node, ast.USub) for node in ast.walk(function)),
    }  # fmt: skip
    return {construct for construct, holds in checks.items() if holds()} | _around_loops(function)


def _around_loops(function: ast.FunctionDef) -> set[str]:
    """What passes by or out of the loops at the top of the function."""
    found = set()
    before = {argument.arg for argument in function.args.args}
    for position, statement in enumerate(function.body):
        if isinstance(statement, ast.For | ast.While):
            later = [n for rest in function.body[position + 1 :] for n in ast.walk(rest)]
            read = {n.id for n in later if isinstance(n, ast.Name) and _loads(n)}
            assigned = _stored(statement)
            if read & (before - assigned):
                found.add("value from before a loop used after it")
            if read & before & assigned:
                found.add("value changed by a loop used after it")
            if isinstance(statement, ast.For) and read & _stored(statement.target):
                found.add("loop variable used after the loop")
        before |= _stored(statement)
    return found


def _loads(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)


def _stored(tree: ast.AST) -> set[str]:
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return {name.id for name in names if not _loads(name)}
