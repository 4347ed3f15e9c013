"""Random array programs as source text, with points to call them at.

    program = seeded_program(17)        # the same on every machine

Extents are symbols (`n`, `m`) that a point gives values from 0 to 4, so that a program is valid
at all of them, nearly always. What it would do to arrays that share memory is left to Python.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..choices import Choices, Seeded, flag, number, pick, weighted
from .idioms import HELPERS, IDIOMS

Dims = tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """A module's text, the function in it to differentiate and by what, and the texts of the
    arguments of each call."""

    source: str
    name: str
    points: tuple[tuple[str, ...], ...]
    argnums: tuple[int, ...]
    tags: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        calls = "\n".join(f"# {self.name}({', '.join(point)})" for point in self.points)
        return f"{self.source}\n# argnums={self.argnums}\n{calls}"


@dataclass(frozen=True)
class Variable:
    """What a name holds. `kind` is "array", "float", "int", "indices" or "mask"; `access` tells an
    array that a write to is an ordinary thing ("own") from an argument's ("argument")."""

    name: str
    kind: str
    dims: Dims = ()
    access: str = "own"


@dataclass
class Scope:
    """What can be read here, and the loop indices with the extent that each runs through."""

    variables: dict[str, Variable] = field(default_factory=dict)
    indices: dict[str, str] = field(default_factory=dict)
    depth: int = 0

    def inner(self) -> Scope:
        return Scope(dict(self.variables), dict(self.indices), self.depth + 1)

    def of(self, kind: str) -> list[Variable]:
        return [each for each in self.variables.values() if each.kind == kind]

    def arrays(self, rank: int | None = None) -> list[Variable]:
        return [v for v in self.of("array") if rank is None or len(v.dims) == rank]

    def put(self, variable: Variable) -> None:
        self.variables.pop(variable.name, None)
        self.variables[variable.name] = variable


_NAMES = ("a", "b", "c", "u", "v", "w", "z", "h", "g", "r", "t", "x_bar", "out", "acc", "k_")
_UNARY = ("np.sin({})", "np.tanh({})", "np.cos({})", "np.exp(0.3 * {})", "{} ** 2", "-{}",
          "np.sqrt({} * {} + 1.0)", "np.log(1.5 + {} ** 2)", "np.abs({})", "1.0 / (1.0 + {} * {})",
          "np.square({})", "np.arctan({})", "np.maximum({}, 0.0)", "np.clip({}, -0.8, 0.9)",
          "np.expm1(0.2 * {})", "np.minimum({}, 0.5)", "np.log1p({} ** 2)",
          "np.where({} > 0, {}, 0.1)")  # fmt: skip
_REDUCE = ("np.sum({})", "{}.sum()", "np.mean({})", "{}.mean()", "np.max({})", "{}.min()",
           "np.var({})", "np.linalg.norm({})", "np.prod({})", "np.std({})", "{}.max()")  # fmt: skip
_OPERATORS = ("+", "-", "*", "*", "/")


def seeded_program(seed: int) -> Program:
    """The program of a seed."""
    return _Writer(Seeded(seed)).program()


class _Writer:
    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.tags: set[str] = set()
        self.helpers: dict[str, str] = {}
        self.count = 0

    def flag(self, percent: int) -> bool:
        return flag(self.choices, percent)

    def pick(self, alternatives: Sequence[str]) -> str:
        return pick(self.choices, alternatives)

    def literal(self) -> str:
        return self.pick(("0.5", "2.0", "-1.0", "0.25", "1.5", "-0.75", "0.1", "1", "3"))

    def fresh(self, scope: Scope) -> str:
        free = [name for name in _NAMES if name not in scope.variables]
        if free and self.flag(90):
            return free[self.choices.integer(0, min(4, len(free) - 1))]
        self.count += 1
        return f"y{self.count}"

    # The module

    def program(self) -> Program:
        scope, parameters = self._parameters()
        body: list[str] = []
        for _ in range(self.choices.integer(1, 5)):
            body += self.statement(scope)
        body.append(f"return {self._result(scope)}")
        names = ", ".join(name for name, _, _ in parameters)
        main = "\n".join([f"def f({names}):", *indented(body)])
        text = "\n\n\n".join(["import numpy as np", *self.helpers.values(), main]) + "\n"
        points = tuple(self._point(parameters, k) for k in range(3))
        active = [i for i, (_, kind, _) in enumerate(parameters) if kind not in ("int", "indices")]
        if self.flag(30) and len(active) > 1:
            active = [i for i in active if self.flag(60)] or active[:1]
        return Program(text, "f", points, tuple(active), frozenset(self.tags))

    def _parameters(self) -> tuple[Scope, list[tuple[str, str, object]]]:
        scope = Scope()
        parameters: list[tuple[str, str, object]] = []
        self.single = self.flag(12)
        shapes: list[Dims] = [("n",), ("n",), ("n", "m"), ("m",), ("n", "n"), ("m", "n"),
                              ("n", "1"), ("1",), ("3",), ("2", "n"), ("1", "m")]  # fmt: skip

        def shape() -> Dims:
            return shapes[min(self.choices.integer(0, 10), self.choices.integer(0, 14))]

        for name in ("x", "q", "y")[: self.choices.integer(1, 3)]:
            dims = shape()
            parameters.append((name, "array", dims))
            scope.put(Variable(name, "array", dims, "argument"))
        if self.flag(45):
            parameters.append(("s", "float", None))
            scope.put(Variable("s", "float"))
        if self.flag(10):
            parameters.append(("idx", "indices", "n"))
            scope.put(Variable("idx", "indices", ("k",)))
        if self.flag(8):
            parameters.append(("num", "int", "n"))
            scope.put(Variable("num", "int"))
        for name, percent in (("p", 14), ("xs", 10), ("pair", 8)):
            if not self.flag(percent):
                continue
            count = self.choices.integer(1, 2) + 1
            items = [shape() for _ in range(count)]
            if name == "xs" and self.flag(60):
                items = [items[0]] * count
            keys = {"p": ['"w"', '"b"', '"c"'], "xs": "012", "pair": "012"}[name]
            parameters.append((name, name, tuple(zip(keys, items, strict=False))))
            self.tags.add(f"parameter {name}")
            for key, dims in zip(keys, items, strict=False):
                scope.put(Variable(f"{name}[{key}]", "array", dims, "argument"))
        return scope, parameters

    def _result(self, scope: Scope) -> str:
        arrays = scope.arrays()
        floats = scope.of("float")
        own = [v for v in arrays if v.access != "argument"] or arrays
        if self.flag(35):
            chosen = [self.pick([v.name for v in own])]
            if self.flag(40):
                chosen += [self.pick([v.name for v in [*own, *floats]])]
            if self.flag(25):
                chosen = [*(v.name for v in own[-3:]), *(v.name for v in floats[-1:])]
            self.tags.add("arrays returned")
            return ", ".join(dict.fromkeys(chosen))
        terms = []
        for variable in arrays:
            if variable.access != "argument" or self.flag(30):
                terms.append(self._weighed(scope, variable))
        terms += [v.name for v in floats if self.flag(80)]
        text = " + ".join(terms[-7:]) or self.scalar(scope, 1)
        return text

    def _weighed(self, scope: Scope, variable: Variable) -> str:
        name = variable.name
        forms = ["np.sum({0})", "np.sum({0} ** 2)", "np.sum(np.sin({0}))", "{0}.sum()",
                 "np.mean({0} * {0})", "np.sum({0} * np.cos({0}))"]  # fmt: skip
        if len(variable.dims) == 1:
            forms += ["np.dot({0}, {0})", "np.sum({0} * np.arange(len({0})))", "{0} @ {0}",
                      "np.sum(np.cumsum({0}) ** 2)", "np.sum({0}[1:] * {0}[:-1])"]  # fmt: skip
        if len(variable.dims) == 2:
            forms += ["np.sum({0} * np.arange({0}.shape[1]))", "np.sum({0}[0] ** 2)"]
        return self.pick(forms).format(name)

    def _point(self, parameters: Sequence[tuple[str, str, object]], which: int) -> tuple[str, ...]:
        sizes = [3, 2, 1, 4, 0]
        extents = {
            symbol: weighted(self.choices, [(36, 3), (26, 2), (20, 1), (12, 4), (6, 0)])
            for symbol in "nm"
        }
        if which == 0:
            extents = {symbol: max(value, 1) for symbol, value in extents.items()}
        del sizes
        texts: list[str] = []
        for name, kind, what in parameters:
            match kind:
                case "array":
                    texts.append(self._array(what, extents))  # type: ignore[arg-type]
                case "float":
                    value = f"{number(self.choices, -2.0, 2.0)!r}"
                    texts.append(f"np.float64({value})" if self.flag(20) else value)
                case "indices":
                    top = max(extents["n"] - 1, 0)
                    picked = [
                        self.choices.integer(-min(1, top), top)
                        for _ in range(self.choices.integer(0, 3))
                    ]
                    texts.append(f"np.array({picked}, dtype=int)")
                case "int":
                    texts.append(str(extents["n"]))
                case _:
                    items = [(k, self._array(dims, extents)) for k, dims in what]  # type: ignore[attr-defined]
                    if name == "p":
                        texts.append("{" + ", ".join(f"{k}: {text}" for k, text in items) + "}")
                    elif name == "xs":
                        texts.append("[" + ", ".join(text for _, text in items) + "]")
                    else:
                        texts.append("(" + ", ".join(text for _, text in items) + ",)")
        return tuple(texts)

    def _array(self, dims: Dims, extents: dict[str, int]) -> str:
        shape = [extents[d] if d in extents else int(d) for d in dims]
        layout = weighted(self.choices, [(80, "C"), (7, "T"), (6, "step"), (4, "flip"), (3, "tail")])
        made = list(shape)
        if layout == "T":
            made = made[::-1]
        elif layout == "step" and made:
            made[-1] *= 2
        elif layout == "tail":
            made[0] += 1

        def values(rest: Sequence[int]) -> str:
            if not rest:
                return repr(round(number(self.choices, -2.0, 2.0), 3))
            return "[" + ", ".join(values(rest[1:]) for _ in range(rest[0])) + "]"

        dtype = ", dtype=np.float32" if self.single and self.flag(70) else ""
        text = f"np.array({values(made)}{dtype})"
        if 0 in made:
            text = f"np.zeros({tuple(made)}{dtype})"
        suffix = {"C": "", "T": ".T", "step": "[..., ::2]", "flip": "[::-1]", "tail": "[1:]"}
        return text + suffix[layout]

    # Expressions

    def size(self, scope: Scope, dim: str) -> str | None:
        """An expression for an extent."""
        if dim.isdigit():
            return dim
        found = []
        for variable in scope.arrays():
            for axis, each in enumerate(variable.dims):
                if each == dim:
                    found.append(f"{variable.name}.shape[{axis}]")
                    if axis == 0:
                        found.append(f"len({variable.name})")
        if not found:
            return None
        return self.pick(found)

    def shape(self, scope: Scope, dims: Dims) -> str | None:
        same = [v.name for v in scope.arrays() if v.dims == dims]
        if same and self.flag(30):
            return f"{self.pick(same)}.shape"
        sizes = [self.size(scope, dim) for dim in dims]
        if any(size is None for size in sizes):
            return None
        return str(sizes[0]) if len(sizes) == 1 else f"({', '.join(map(str, sizes))})"

    def scalar(self, scope: Scope, depth: int) -> str:
        floats = [v.name for v in scope.of("float")]
        if depth <= 0:
            elements = self._elements(scope)
            forms = [*floats, *floats, *elements, *elements, self.literal()]
            return self.pick(forms)
        which = self.choices.integer(0, 9)
        if which < 3 and scope.arrays():
            dims = pick(self.choices, scope.arrays()).dims
            return self.pick(_REDUCE).replace("{}", atom(self.array(scope, dims, depth - 1)))
        if which < 5:
            pairs = [
                (x.name, y.name) for x in scope.arrays(1) for y in scope.arrays(1) if x.dims == y.dims
            ]
            if pairs:
                x, y = pick(self.choices, pairs)
                form = self.pick(("np.dot({}, {})", "{} @ {}", "np.einsum('i,i->', {}, {})",
                                  "np.sum({} * {})", "np.inner({}, {})"))  # fmt: skip
                return form.format(x, y)
        if which == 5:
            return filled(self.pick(_UNARY), self.scalar(scope, depth - 1))
        if which == 6:
            return self.scalar(scope, 0)
        if which == 7 and scope.arrays(1):
            name = pick(self.choices, scope.arrays(1)).name
            return self.pick(("sum({0})", "sum(e * e for e in {0})", "sum([0.5 * e for e in {0}])",
                              "float(np.sum({0}))", "np.sum({0}[1:])", "np.sum({0}[{0} > 0])",
                              "np.sum(np.diff({0}) ** 2)", "np.sum({0}[::2])")).format(name)  # fmt: skip
        left, right = self.scalar(scope, depth - 1), self.scalar(scope, depth - 1)
        operator = self.pick(_OPERATORS)
        if operator == "/":
            return f"{atom(left)} / (2.0 + {atom(right)} ** 2)"
        return f"{atom(left)} {operator} {atom(right)}"

    def _elements(self, scope: Scope) -> list[str]:
        found = []
        for variable in scope.arrays():
            name, dims = variable.name, variable.dims
            here = [i for i, extent in scope.indices.items() if dims and extent == dims[0]]
            if len(dims) == 1:
                found += [f"{name}[{i}]" for i in here] * 2
                found += [f"{name}[{i} - 1]" for i in here] + [f"{name}[-1 - {i}]" for i in here]
                if not here or self.flag(30):
                    found += [f"{name}[0]", f"{name}[-1]"]
            elif len(dims) == 2:
                columns = [i for i, extent in scope.indices.items() if extent == dims[1]]
                found += [f"{name}[{i}, {j}]" for i in here for j in columns]
                found += [f"{name}[{i}, 0]" for i in here] + [f"{name}[0, {j}]" for j in columns]
                if not here and not columns:
                    found += [f"{name}[0, 0]", f"{name}[-1][0]", f"{name}[0, -1]"]
            elif not dims:
                found.append(name)
        return found or [self.literal()]

    def array(self, scope: Scope, dims: Dims, depth: int) -> str:
        if not dims:
            return self.scalar(scope, depth)
        if depth > 0 and self.flag(88):
            form = self._composed(scope, dims, depth)
            if form is not None:
                return form
        return self._leaf(scope, dims)

    def _leaf(self, scope: Scope, dims: Dims) -> str:
        same = [v.name for v in scope.arrays() if v.dims == dims]
        if len(dims) == 1:
            for v in scope.arrays(2):
                if v.dims[1] == dims[0]:
                    same += [f"{v.name}[{i}]" for i, extent in scope.indices.items()
                             if extent == v.dims[0]]  # fmt: skip
                    same += [f"{v.name}[0]"] if self.flag(25) else []
                if v.dims[0] == dims[0] and self.flag(25):
                    same += [f"{v.name}[:, 0]", f"{v.name}[..., -1]"]
            if dims[0].endswith("-1"):
                same += [f"{v.name}[1:]" for v in scope.arrays(1) if f"{v.dims[0]}-1" == dims[0]]
                same += [f"{v.name}[:-1]" for v in scope.arrays(1) if f"{v.dims[0]}-1" == dims[0]]
        if same and self.flag(92):
            return self.pick(same)
        shape = self.shape(scope, dims)
        if shape is None:
            return self.pick(same) if same else self.scalar(scope, 1)
        return self.pick((f"np.ones({shape})", f"np.zeros({shape})",
                          f"np.full({shape}, {self.scalar(scope, 0)})"))  # fmt: skip

    def _composed(self, scope: Scope, dims: Dims, depth: int) -> str | None:
        def sub(which: Dims = dims) -> str:
            return atom(self.array(scope, which, depth - 1))

        def scalar() -> str:
            return atom(self.scalar(scope, depth - 1))

        options: list[tuple[int, Callable[[], str]]] = [
            (20, lambda: filled(self.pick(_UNARY), sub())),
            (18, lambda: self._binary(sub(), sub())),
            (10, lambda: self._binary(sub(), scalar())),
            (5, lambda: self._binary(scalar(), sub())),
            (4, lambda: f"np.where({sub()} > {scalar()}, {sub()}, {sub()})"),
            (3, lambda: f"np.maximum({sub()}, {sub()})"),
            (4, lambda: f"{sub()}[::-1]"),
            (2, lambda: f"np.cumsum({sub()}, axis={self.pick(('0', '-1'))})"),
            (2, lambda: f"{sub()}.copy()"),
            (2, lambda: f"np.roll({sub()}, 1, axis=0)"),
        ]
        vectors = scope.arrays(1)
        matrices = scope.arrays(2)
        if len(dims) == 1:
            (d,) = dims
            options += [
                (2, lambda: f"np.cumsum({sub()})"),
                (2, lambda: f"np.sort({sub()})"),
                (2, lambda: self.around("({0} - {0}.mean())", sub())),
                (2, lambda: self.around("np.concatenate([{0}[1:], {0}[:1]])", sub())),
                (2, lambda: self.around("np.exp({0} - np.max({0}))", sub())),
                (2, lambda: self.around("np.array([0.5 * e + 1.0 for e in {0}])", sub())),
            ]
            for m in matrices:
                r, c = m.dims
                if r == d:
                    options += [(4, lambda m=m, c=c: f"{m.name} @ {sub((c,))}"),  # type: ignore[misc]
                                (2, lambda m=m: f"{m.name}.sum(axis=1)"),  # type: ignore[misc]
                                (2, lambda m=m: f"np.max({m.name}, axis=1)"),  # type: ignore[misc]
                                (2, lambda m=m, c=c:  # type: ignore[misc]
                                 f"np.einsum('ij,j->i', {m.name}, {sub((c,))})")]  # fmt: skip
                    if r == c:
                        options += [(2, lambda m=m: f"np.diag({m.name})")]  # type: ignore[misc]
                if c == d:
                    options += [(3, lambda m=m, r=r: f"{sub((r,))} @ {m.name}"),  # type: ignore[misc]
                                (2, lambda m=m: f"{m.name}.mean(axis=0)"),  # type: ignore[misc]
                                (1, lambda m=m, r=r: f"np.dot({sub((r,))}, {m.name})"),  # type: ignore[misc]
                                (2, lambda m=m: f"np.sum({m.name}, axis=0)")]  # fmt: skip # type: ignore[misc]
                if c == "1" and r == d:
                    options += [(3, lambda m=m: f"{m.name}.reshape(-1)"),  # type: ignore[misc]
                                (2, lambda m=m: f"np.ravel({m.name})"),  # type: ignore[misc]
                                (2, lambda m=m: f"np.squeeze({m.name}, axis=1)")]  # fmt: skip # type: ignore[misc]
            if d.endswith("-1"):
                options += [
                    (8, lambda v=v: f"np.diff({v.name})")  # type: ignore[misc]
                    for v in vectors if f"{v.dims[0]}-1" == d
                ]  # fmt: skip
            for v in vectors:
                if v.dims == ("1",):
                    options += [(2, lambda v=v: self._binary(sub(), v.name))]  # type: ignore[misc]
        if len(dims) == 2:
            r, c = dims
            options += [
                (5, lambda: self._binary(sub(), sub((c,)))),
                (3, lambda: self._binary(sub((c,)), sub())),
                (4, lambda: self._binary(sub(), f"{sub((r,))}[:, None]")),
                (3, lambda: self._binary(f"{sub((r,))}[:, np.newaxis]", sub((c,)))),
                (3, lambda: f"np.outer({sub((r,))}, {sub((c,))})"),
                (2, lambda: f"np.einsum('i,j->ij', {sub((r,))}, {sub((c,))})"),
                (2, lambda: f"{sub((c, r))}.T"),
                (2, lambda: f"np.transpose({sub((c, r))})"),
                (2, lambda: f"{sub()}[:, ::-1]"),
                (2, lambda: self.around("({0} - {0}.mean(axis=0))", sub())),
                (2, lambda: self.around("({0} - {0}.mean(axis=1, keepdims=True))", sub())),
                (2, lambda: self.around("np.exp({0} - {0}.max(axis=1, keepdims=True))", sub())),
                (1, lambda: f"{sub((r,))}.reshape(-1, 1) * {sub((c,))}"),
            ]
            if r == "2":
                options += [(6, lambda: f"np.stack([{sub((c,))}, {sub((c,))}])"),
                            (2, lambda: f"np.array([{sub((c,))}, {sub((c,))}])"),
                            (2, lambda: f"np.vstack([{sub((c,))}, {sub((c,))}])")]  # fmt: skip
            for m in matrices:
                if m.dims[0] == r:
                    k = m.dims[1]
                    options += [(3, lambda m=m, k=k: f"{m.name} @ {sub((k, c))}"),  # type: ignore[misc]
                                (1, lambda m=m, k=k:  # type: ignore[misc]
                                 f"np.einsum('ik,kj->ij', {m.name}, {sub((k, c))})")]  # fmt: skip
        return weighted(self.choices, options)()

    def around(self, form: str, inner: str) -> str:
        return form.format(inner)

    def _binary(self, left: str, right: str) -> str:
        operator = self.pick(_OPERATORS)
        if operator == "/":
            return f"{left} / (1.5 + {right} ** 2)"
        return f"{left} {operator} {right}"

    # Statements

    def statement(self, scope: Scope) -> list[str]:
        options: list[tuple[int, Callable[[Scope], list[str]]]] = [
            (22, self._assign),
            (6, self._assign_scalar),
            (9, self._view),
            (14, self._fill),
            (16, self._write),
            (7, self._helper),
            (14, self._idiom),
            (3, self._container),
            (3, self._odd_view),
        ]
        if scope.depth < 2:
            options += [(9, self._branch), (11, self._loop)]
        return weighted(self.choices, options)(scope)

    def block(self, scope: Scope, most: int) -> list[str]:
        """Statements of an inner block; what it makes isn't seen outside."""
        lines: list[str] = []
        for _ in range(self.choices.integer(1, most)):
            lines += self.statement(scope)
        return lines

    def _assign(self, scope: Scope) -> list[str]:
        dims = pick(self.choices, scope.arrays()).dims
        text = self.array(scope, dims, 2)
        # A name that held something of this kind is rebound, or a new one is bound.
        old = [v.name for v in scope.arrays() if v.dims == dims and v.name.isidentifier()]
        inside = scope.depth > 0
        name = self.pick(old) if old and self.flag(60 if inside else 15) else self.fresh(scope)
        if not re.search(r"[ (]", text):
            self.tags.add("alias")
        scope.put(Variable(name, "array", dims))
        return [f"{name} = {text}"]

    def _assign_scalar(self, scope: Scope) -> list[str]:
        text = self.scalar(scope, 2)
        floats = [v.name for v in scope.of("float")]
        if floats and self.flag(50):
            name = self.pick(floats)
            if self.flag(50):
                return [f"{name} {self.pick(('+=', '-=', '*='))} {text}"]
            return [f"{name} = {text}"]
        name = self.fresh(scope)
        scope.put(Variable(name, "float"))
        return [f"{name} = {text}"]

    def _own(self, scope: Scope, rank: int | None = None) -> tuple[list[str], Variable | None]:
        """An array to write to, and the lines that make it one, if need be."""
        candidates = [v for v in scope.arrays(rank) if v.access != "argument" and v.dims]
        if candidates and self.flag(80):
            return [], pick(self.choices, candidates)
        arguments = [v for v in scope.arrays(rank) if v.dims]
        if not arguments:
            return [], None
        variable = pick(self.choices, arguments)
        if variable.access == "argument":
            if self.flag(12):
                self.tags.add("argument written")
                return [], variable
            name = variable.name if variable.name.isidentifier() else self.fresh(scope)
            name = name if self.flag(40) else self.fresh(scope)
            copied = self.pick(("{}.copy()", "np.copy({})", "np.array({})", "1.0 * {}",
                                "np.zeros_like({})", "{} + 0.5")).format(variable.name)  # fmt: skip
            made = Variable(name, "array", variable.dims)
            scope.put(made)
            return [f"{name} = {copied}"], made
        return [], variable

    def _view(self, scope: Scope) -> list[str]:
        made, source = self._own(scope) if self.flag(70) else ([], None)
        if source is None:
            source = pick(self.choices, scope.arrays())
        a, dims = source.name, source.dims
        views: list[tuple[str, Dims]] = [(a, dims)]
        if len(dims) == 1:
            views += [(f"{a}[1:]", (f"{dims[0]}-1",)), (f"{a}[:-1]", (f"{dims[0]}-1",)),
                      (f"{a}[::-1]", dims), (f"{a}[:]", dims), (f"{a}[None, :]", ("1", *dims)),
                      (f"{a}[:, None]", (*dims, "1")), (f"{a}.reshape(-1, 1)", (*dims, "1")),
                      (f"{a}[::2]", (f"half {dims[0]}",)), (f"{a}[...]", dims),
                      (f"np.asarray({a})", dims), (f"{a}.ravel()", dims), (f"np.flip({a})", dims),
                      (f"{a}.T", dims), (f"{a}.reshape({a}.shape)", dims)]  # fmt: skip
        elif len(dims) == 2:
            r, c = dims
            views += [(f"{a}.T", (c, r)), (f"{a}[0]", (c,)), (f"{a}[-1]", (c,)),
                      (f"{a}[:, 0]", (r,)), (f"{a}[1:]", (f"{r}-1", c)), (f"{a}[:, ::-1]", dims),
                      (f"{a}[..., -1]", (r,)), (f"{a}.ravel()", (f"{r}*{c}",)),
                      (f"{a}.reshape(-1)", (f"{r}*{c}",)), (f"np.transpose({a})", (c, r)),
                      (f"{a}[::-1]", dims), (f"{a}.T[0]", (r,)), (f"{a}.swapaxes(0, 1)", (c, r)),
                      (f"np.ravel({a})", (f"{r}*{c}",))]  # fmt: skip
            here = [i for i, extent in scope.indices.items() if extent == r]
            views += [(f"{a}[{i}]", (c,)) for i in here] * 4
        text, dims = pick(self.choices, views)
        self.tags.add("view")
        name = self.fresh(scope)
        scope.put(Variable(name, "array", dims, source.access))
        return [*made, f"{name} = {text}"]

    def _odd_view(self, scope: Scope) -> list[str]:
        vectors = scope.arrays(1)
        if not vectors:
            return self._assign(scope)
        v = pick(self.choices, vectors)
        name = self.fresh(scope)
        which = self.choices.integer(0, 2)
        self.count += 1
        if which == 0 and scope.of("indices") and v.dims == ("n",):
            scope.put(Variable(name, "array", ("k",)))
            return [f"{name} = {v.name}[idx]"]
        if which == 1:
            scope.put(Variable(name, "array", (f"chosen{self.count}",)))
            return [f"{name} = {v.name}[{v.name} > {self.scalar(scope, 0)}]"]
        other = pick(self.choices, vectors)
        scope.put(Variable(name, "array", (f"joined{self.count}",)))
        return [f"{name} = np.concatenate([{v.name}, {other.name}])"]

    def _fill(self, scope: Scope) -> list[str]:
        """An array of zeros, filled in a loop."""
        source = pick(self.choices, [v for v in scope.arrays() if v.dims])
        size = self.shape(scope, source.dims)
        if size is None:
            return self._assign(scope)
        name = self.fresh(scope)
        made = self.pick((f"np.zeros({size})", f"np.zeros_like({source.name})", f"np.ones({size})",
                          f"np.empty_like({source.name})"))  # fmt: skip
        full = made.startswith("np.empty")
        lines = [f"{name} = {made}"]
        inner = scope.inner()
        inner.put(Variable(name, "array", source.dims))
        i, j = ("i", "j") if "i" not in scope.indices else ("i2", "j2")
        inner.indices[i] = source.dims[0]
        header = f"for {i} in range({self.size(scope, source.dims[0])}):"
        body: list[str] = []
        if not full and self.flag(30):
            body += self.statement(inner)
        if len(source.dims) == 2 and self.flag(50):
            inner.indices[j] = source.dims[1]
            operator = "=" if full else self.pick(("=", "+=", "="))
            value = self.scalar(inner, 2)
            body += [f"for {j} in range({self.size(scope, source.dims[1])}):",
                     f"    {name}[{i}, {j}] {operator} {value}"]  # fmt: skip
        else:
            operator = "=" if full else self.pick(("=", "=", "+=", "-=", "*="))
            value = self.array(inner, source.dims[1:], 2)
            if full:
                value = re.sub(rf"\b{name}\b", source.name, value)
            body += [f"{name}[{i}] {operator} {value}"]
        if full:
            body = [re.sub(rf"(?<!^)\b{name}\b(?!\[{i}(, {j})?\] =)", source.name, b) for b in body]
        if not full and self.flag(20):
            body += self.statement(inner)
        scope.put(Variable(name, "array", source.dims))
        return [*lines, header, *indented(body)]

    def _write(self, scope: Scope) -> list[str]:
        lines, target = self._own(scope)
        if target is None:
            return self._assign(scope)
        a, dims = target.name, target.dims

        def scalar() -> str:
            return self.scalar(scope, 1)

        def array(*which: str) -> str:
            return self.array(scope, which, 1)

        op = self.pick(("=", "+=", "+=", "-=", "*="))
        forms: list[Callable[[], str]] = [
            lambda: f"{a} {self.pick(('+=', '-=', '*=', '+='))} {array(*dims)}",
            lambda: f"{a} {self.pick(('+=', '*=', '/='))} {atom(scalar())} ** 2 + 1.5",
            lambda: f"{a}[:] {op} {array(*dims)}",
            lambda: f"{a}[...] {op} {array(*dims)}",
            lambda: f"{a}[{a} > 0] {op} {scalar()}",
            lambda: f"{a}[0] {op} {array(*dims[1:])}",
            lambda: f"{a}[-1] {op} {array(*dims[1:])}",
            lambda: f"{a}[1:] {op} {scalar()}",
        ]
        here = [i for i, extent in scope.indices.items() if extent == dims[0]]
        forms += [lambda i=i: f"{a}[{i}] {op} {array(*dims[1:])}" for i in here] * 4  # type: ignore[misc]
        if len(dims) == 1:
            less = f"{dims[0]}-1"
            forms += [
                lambda: f"{a}[1:] {op} {array(less)}",
                lambda: f"{a}[1:] {op} {a}[:-1]",
                lambda: f"{a}[:-1] {op} {atom(array(less))} * 0.5",
                lambda: f"{a}[::2] {op} {scalar()}",
                lambda: f"{a}[::-1] {op} {array(*dims)}",
                lambda: f"{a}[0], {a}[-1] = {a}[-1], {a}[0]",
                lambda: f"np.multiply({a}, {array(*dims)}, out={a})",
                lambda: f"{a}[:2] {op} {a}[0]",
            ]
            if dims == ("n",) and scope.of("indices"):
                forms += [lambda: f"{a}[idx] {op} {scalar()}"] * 3
        if len(dims) == 2:
            r, c = dims
            forms += [
                lambda: f"{a}[:, 0] {op} {array(r)}",
                lambda: f"{a}[0, 0] {op} {scalar()}",
                lambda: f"{a} += {array(c)}",
                lambda: f"{a}[1:, :] {op} {array(c)}",
                lambda: f"{a}[..., -1] {op} {scalar()}",
                lambda: f"{a}.T[0] {op} {array(r)}",
                lambda: f"{a}[0] {op} {a}[-1]",
                lambda: f"{a}[:, ::-1] {op} {array(r, c)}",
            ]
            forms += [lambda i=i: f"{a}[{i}, 0] {op} {scalar()}" for i in here]  # type: ignore[misc]
            forms += [lambda i=i: f"{a}[{i}, :] {op} {array(c)}" for i in here]  # type: ignore[misc]
        self.tags.add("write")
        return [*lines, pick(self.choices, forms)()]

    def _condition(self, scope: Scope) -> str:
        reduced = self.scalar(scope, 1)
        forms = [f"{atom(reduced)} > {self.literal()}", f"{atom(reduced)} < 0.3"]
        vectors = scope.arrays(1)
        if vectors:
            v = pick(self.choices, vectors).name
            forms += [f"np.any({v} > 0.5)", f"np.sum({v}) > 0", f"len({v}) > 1", f"{v}.max() > 1.0",
                      f"{v}.size and {v}[0] > 0"]  # fmt: skip
        for i in scope.indices:
            forms += [f"{i} > 0", f"{i} % 2 == 0"]
        return self.pick(forms)

    def _branch(self, scope: Scope) -> list[str]:
        self.tags.add("branch")
        lines = [f"if {self._condition(scope)}:"]
        lines += indented(self.block(self._kept(scope), 2))
        if self.flag(55):
            lines += ["else:", *indented(self.block(self._kept(scope), 2))]
        return lines

    def _kept(self, scope: Scope) -> Scope:
        return scope.inner()

    def _loop(self, scope: Scope) -> list[str]:
        self.tags.add("loop")
        inner = scope.inner()
        i = "i" if "i" not in scope.indices else "i2"
        arrays = [v for v in scope.arrays() if v.dims]
        lines: list[str] = []
        accumulated = None
        if self.flag(45):
            accumulated = self.fresh(scope)
            lines.append(f"{accumulated} = {self.pick(('0.0', '1.0', '0'))}")
            scope.put(Variable(accumulated, "float"))
            inner.put(Variable(accumulated, "float"))
        source = pick(self.choices, arrays)
        a, dims = source.name, source.dims
        row = "row" if "row" not in scope.variables else "row2"
        element = Variable(row, "array" if len(dims) > 1 else "float", dims[1:])
        size = self.size(scope, dims[0])
        which = self.choices.integer(0, 5)
        if which == 0 or size is None:
            header = f"for {i} in range({self.pick(('2', '3', '4'))}):"
            inner.put(Variable(i, "int"))
        elif which in (1, 2):
            header = f"for {i} in {self.pick(('range({})', 'range({})', 'reversed(range({}))')).format(size)}:"
            inner.indices[i] = dims[0]
        elif which == 3:
            header = f"for {row} in {a}:"
            inner.put(element)
        elif which == 4:
            header = f"for {i}, {row} in enumerate({a}):"
            inner.indices[i] = dims[0]
            inner.put(element)
        else:
            others = [v for v in arrays if v.dims[0] == dims[0]]
            other = pick(self.choices, others)
            header = f"for {row}, {row}_b in zip({a}, {other.name}):"
            inner.put(element)
            kind = "array" if len(other.dims) > 1 else "float"
            inner.put(Variable(f"{row}_b", kind, other.dims[1:]))
        body = self.block(inner, 2)
        if self.flag(8):
            body.append(f"if {self._condition(inner)}:")
            body.append(f"    {self.pick(('break', 'continue'))}")
        if accumulated:
            operator = self.pick(("+=", "-=", "+="))
            body.append(f"{accumulated} {operator} {self.scalar(inner, 1)}")
        return [*lines, header, *indented(body)]

    def _container(self, scope: Scope) -> list[str]:
        first, second = (pick(self.choices, scope.arrays()) for _ in range(2))
        name = self.fresh(scope)
        kind = self.pick(("dict", "list", "tuple"))
        self.tags.add(f"local {kind}")
        text, keys = {
            "dict": ('{{"u": {}, "v": {}}}', ('"u"', '"v"')),
            "list": ("[{}, {}]", ("0", "1")),
            "tuple": ("({}, {})", ("0", "1")),
        }[kind]
        lines = [f"{name} = {text.format(first.name, second.name)}"]
        for key, v in zip(keys, (first, second), strict=True):
            scope.put(Variable(f"{name}[{key}]", "array", v.dims, v.access))
        if self.flag(50):
            lines += self._write(scope)
        return lines

    def _helper(self, scope: Scope) -> list[str]:
        return self._template(scope, HELPERS, "helper")

    def _idiom(self, scope: Scope) -> list[str]:
        return self._template(scope, IDIOMS, "idiom")

    def _template(self, scope: Scope, templates: Sequence[tuple[str, ...]], what: str) -> list[str]:
        """A template with its blanks filled: A an array of rank 1 to write to, B another of the
        same extent, M a matrix to write to, S a number, N and O new names."""
        title, needs, text, produces, *definition = pick(self.choices, templates)
        lines: list[str] = []
        filled_in: dict[str, str] = {}
        dims: dict[str, Dims] = {}
        for blank in needs:
            if blank in "AM":
                made, variable = self._own(scope, 1 if blank == "A" else 2)
                if variable is None:
                    return self._assign(scope)
                lines += made
                filled_in[blank], dims[blank] = variable.name, variable.dims
            elif blank == "B":
                filled_in["B"] = atom(self.array(scope, dims["A"], 1))
            elif blank == "S":
                filled_in["S"] = atom(self.scalar(scope, 1))
            elif blank in "NO":
                name = self.fresh(scope)
                filled_in[blank] = name
                scope.put(Variable(name, "reserved"))
        self.tags.add(f"{what} {title}")
        if definition:
            self.helpers[title] = definition[0]
        for blank in "NO":
            if blank in filled_in:
                del scope.variables[filled_in[blank]]
        for blank, shape in _produced(produces):
            made_dims = tuple(_dim(each, dims) for each in shape)
            if "float" in shape:
                scope.put(Variable(filled_in[blank], "float"))
            else:
                scope.put(Variable(filled_in[blank], "array", made_dims))
        text = re.sub(r"\b([AMBSNO])_", lambda found: filled_in[found[1]], text)
        return [*lines, *text.split("\n")]


def _produced(text: str) -> list[tuple[str, list[str]]]:
    """`N:a O:r,c` as pairs."""
    pairs = []
    for part in text.split():
        blank, shape = part.split(":")
        pairs.append((blank, shape.split(",")))
    return pairs


def _dim(text: str, dims: dict[str, Dims]) -> str:
    """A dimension of a template: `a` is that of A, `r` and `c` are those of M."""
    known = {"a": dims.get("A", ("?",))[0]}
    if "M" in dims:
        known |= {"r": dims["M"][0], "c": dims["M"][1]}
    base, *less = text.split("-")
    return "-".join([known.get(base, base), *less])


def filled(form: str, text: str) -> str:
    return form.replace("{}", atom(text))


def atom(text: str) -> str:
    """The expression, in parentheses where it isn't one operand."""
    depth = 0
    for place, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif depth == 0 and (character in " +*/@<>" or (character == "-" and place == 0)):
            return f"({text})"
    return text


def indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]
