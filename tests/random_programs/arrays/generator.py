"""Random array programs as source text, with points to call them at.

    program = seeded_program(17)        # the same on every machine

Extents are symbols (`n`, `m`) that a point gives values from 0 to 4, so that a program is valid
at all of them, nearly always. What it would do to arrays that share memory is left to Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..choices import Seeded, number, weighted
from .expressions import Dims, Scope, Variable
from .statements import Statements, indented


@dataclass(frozen=True)
class Program:
    """A module's text, the function in it to differentiate and by what, and the texts of the
    arguments of each call; in these, `args` are the arguments before, to share memory with."""

    source: str
    name: str
    points: tuple[tuple[str, ...], ...]
    argnums: tuple[int, ...]
    tags: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        calls = "\n".join(f"# {self.name}({', '.join(point)})" for point in self.points)
        return f"{self.source}\n# argnums={self.argnums}\n{calls}"


def seeded_program(seed: int) -> Program:
    """The program of a seed."""
    return _Writer(Seeded(seed)).program()


class _Writer(Statements):
    def program(self) -> Program:
        # Half of the programs are of the ordinary kind, in which nothing written is shared.
        self.ordinary = self.flag(50)
        self.tags.add("ordinary" if self.ordinary else "aliases")
        scope, parameters = self._parameters()
        body: list[str] = []
        for _ in range(self.choices.integer(1, 5 if self.ordinary else 3)):
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
            keys = {"p": ['"wt"', '"bias"', '"c0"'], "xs": "012", "pair": "012"}[name]
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
        extents = {
            symbol: weighted(self.choices, [(36, 3), (26, 2), (20, 1), (12, 4), (6, 0)])
            for symbol in "nm"
        }
        if which == 0:
            extents = {symbol: max(value, 1) for symbol, value in extents.items()}
        texts: list[str] = []
        for name, kind, what in parameters:
            match kind:
                case "array":
                    same = [k for k, each in enumerate(parameters[: len(texts)]) if each[2] == what]
                    if same and which and self.flag(8):
                        self.tags.add("arguments share memory")
                        texts.append(f"args[{same[0]}]{self.pick(('', '', '[::-1]'))}")
                    else:
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
        layout = weighted(
            self.choices, [(80, "C"), (7, "T"), (6, "step"), (4, "flip"), (3, "tail")]
        )
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
