"""Statements over arrays: views, writes, loops that fill, branches, helpers, containers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ..choices import pick, weighted
from .expressions import Dims, Expressions, Scope, Variable, atom
from .idioms import HELPERS, IDIOMS

_NAMES = ("a", "b", "c", "u", "v", "w", "z", "h", "g", "r", "t", "x_bar", "out", "acc", "k_")


class Statements(Expressions):
    def fresh(self, scope: Scope) -> str:
        free = [name for name in _NAMES if name not in scope.variables]
        if free and self.flag(90):
            return free[self.choices.integer(0, min(4, len(free) - 1))]
        self.count += 1
        return f"y{self.count}"

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
        if self.ordinary:
            sharing = (self._view, self._helper, self._idiom, self._container)
            options = [each for each in options if each[1] not in sharing]
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
        if self.ordinary and atom(text) == text:
            text = f"{text} * {self.literal()}"
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
            if self.flag(12) and not self.ordinary:
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
            order = self.pick(("range({})", "range({})", "reversed(range({}))"))
            header = f"for {i} in {order.format(size)}:"
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
            "dict": ('{{"up": {}, "dn": {}}}', ('"up"', '"dn"')),
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


def indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]
