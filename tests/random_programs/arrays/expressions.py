"""Expressions over arrays whose extents are symbols, and what is in scope."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..choices import Choices, flag, pick, weighted

Dims = tuple[str, ...]


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


_UNARY = ("np.sin({})", "np.tanh({})", "np.cos({})", "np.exp(0.3 * {})", "{} ** 2", "-{}",
          "np.sqrt({} * {} + 1.0)", "np.log(1.5 + {} ** 2)", "np.abs({})", "1.0 / (1.0 + {} * {})",
          "np.square({})", "np.arctan({})", "np.maximum({}, 0.0)", "np.clip({}, -0.8, 0.9)",
          "np.expm1(0.2 * {})", "np.minimum({}, 0.5)", "np.log1p({} ** 2)",
          "np.where({} > 0, {}, 0.1)")  # fmt: skip
_REDUCE = ("np.sum({})", "{}.sum()", "np.mean({})", "{}.mean()", "np.max({})", "{}.min()",
           "np.var({})", "np.linalg.norm({})", "np.prod({})", "np.std({})", "{}.max()")  # fmt: skip
_RANK_1 = (
    "np.repeat({0}, 1)", "np.take({0}, np.arange(len({0}))[::-1])", "{0}[np.arange(len({0}))]",
    "np.cumprod(0.5 * {0})", "np.expand_dims({0}, 0)[0]", "np.hstack([{0}[:1], {0}[1:]])",
    "np.append({0}[1:], {0}[:1])", "np.outer({0}, {0})[:, 0]",
    "np.concatenate(({0}[1:], {0}[0:1]))", "{0}[None, :][0, :]", "{0}[:, None][:, 0]",
    "np.where(np.abs({0}) > 0.5, {0}, 0.5 * {0})", "np.stack([{0}, 2.0 * {0}]).sum(axis=0)",
    "np.stack([{0}, {0}], axis=1)[:, 0]", "np.tile({0}, 2)[:len({0})]", "np.sinh(0.3 * {0})",
    "np.sign({0}) * {0}", "np.pad({0}, 1)[1:-1]", "np.maximum({0}, {0}[::-1])",
    "np.heaviside({0}, 0.5) * {0}",
)  # fmt: skip
_ACROSS_ROWS = (
    "np.prod({0}, axis=0)", "{0}.min(axis=0)", "np.einsum('ij->j', {0})", "{0}.var(axis=0)",
    "np.einsum('ij,ij->j', {0}, {0})", "np.tril({0}).sum(axis=0)", "{0}.std(axis=0)",
    "np.mean({0}, 0)", "{0}.sum(0)", "np.average({0}, axis=0)", "np.cumsum({0}, axis=0)[-1]",
    "np.max({0}, axis=0)", "np.linalg.norm({0}, axis=0)", "np.sum({0} ** 2, axis=-2)",
)  # fmt: skip
_ACROSS_COLUMNS = (
    "np.prod({0}, axis=1)", "{0}.max(axis=-1)", "np.einsum('ij->i', {0})", "{0}.var(axis=1)",
    "np.einsum('ij,ij->i', {0}, {0})", "np.triu({0}).sum(axis=1)", "np.sum({0}, axis=-1)",
    "np.mean({0}, axis=1, keepdims=True)[:, 0]", "{0}.T.sum(axis=0)", "{0}.mean(-1)",
    "np.einsum('ij,kj->i', {0}, {0})", "np.std({0}, axis=1)", "np.min({0}, axis=1)",
)  # fmt: skip
_RANK_2 = (
    "np.tril({0})", "np.triu({0}, 1)", "np.concatenate([{0}[1:], {0}[:1]])",
    "np.concatenate([{0}[:, 1:], {0}[:, :1]], axis=1)", "np.cumprod(0.5 * {0}, axis=1)",
    "np.sort({0}, axis=0)", "np.sort({0})", "np.swapaxes({0}, 0, 1).T", "{0}[::-1, ::-1]",
    "{0}[..., ::-1]", "np.expand_dims({0}, 1)[:, 0]", "np.stack([r for r in {0}])",
    "{0}.reshape(-1).reshape({0}.shape)", "np.flip({0}, axis=1)", "np.roll({0}, 1, axis=1)",
    "({0} / (1.0 + np.sum({0} ** 2)))", "np.einsum('ij->ji', {0}).T", "{0}[None][0]",
    "np.cumsum({0}).reshape({0}.shape)", "({0} - np.mean({0}))", "np.moveaxis({0}, 0, 1).T",
    "np.where({0} > 0.0, {0}, 0.1 * {0})", "np.transpose({0}, (1, 0)).T",
    "np.vstack([{0}[:1], {0}[1:]])", "np.hstack([{0}[:, :1], {0}[:, 1:]])", "({0} * {0}.T.T)",
    "np.take({0}, [0, 0], axis=0)[:1] * {0}",
)  # fmt: skip
_NUMBERS_1 = (
    "np.ptp({0})", "{0}[np.argmax({0})]", "np.average({0})", "np.median({0})",
    "np.vdot({0}, {0})", "{0}.dot({0})", "np.max(np.abs({0}))", "{0}.prod()",
    "len({0}) * {0}.sum()", "{0}[1:].sum()", "np.sum({0}, axis=0)", "np.sum({0}[:, None] * {0})",
    "np.sum(np.outer({0}, {0}))", "np.einsum('i->', {0})",
    "np.count_nonzero({0} > 0) * np.sum({0})", "np.linalg.norm({0}) ** 2",
    "float({0}.shape[0]) * np.mean({0})", "np.sum({0} * {0}, keepdims=True)[0]", "{0}[:1].sum()",
)  # fmt: skip
_NUMBERS_2 = (
    "np.einsum('ij,ij->', {0}, {0})", "{0}[0] @ {0}[0]", "np.sum({0}.T @ {0})",
    "np.mean({0}[:, 0])", "np.max({0}.sum(axis=1))", "{0}.sum(axis=1).max()",
    "np.sum({0}[1:, 1:])", "{0}.ravel()[0]", "np.linalg.norm({0})", "np.sum({0}, axis=(0, 1))",
    "np.vdot({0}, {0})", "np.min({0}, axis=0).sum()", "np.sum({0}[:, np.newaxis, :] * {0})",
    "np.sum({0}[..., None])", "np.std({0})", "{0}.size * {0}[0, 0]",
)  # fmt: skip
_NUMBERS_SQUARE = (
    "np.trace({0})", "np.einsum('ii->', {0})", "np.sum({0} @ {0})", "np.diag({0}).sum()",
    "np.einsum('ij,ji->', {0}, {0})", "np.diagonal({0}).sum()", "np.trace({0} @ {0}.T)",
)  # fmt: skip
_OPERATORS = ("+", "-", "*", "*", "/")


class Expressions:
    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.tags: set[str] = set()
        self.helpers: dict[str, str] = {}
        self.count = 0
        self.ordinary = False

    def flag(self, percent: int) -> bool:
        return flag(self.choices, percent)

    def pick(self, alternatives: Sequence[str]) -> str:
        return pick(self.choices, alternatives)

    def literal(self) -> str:
        return self.pick(("0.5", "2.0", "-1.0", "0.25", "1.5", "-0.75", "0.1", "1", "3"))

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
                (x.name, y.name)
                for x in scope.arrays(1)
                for y in scope.arrays(1)
                if x.dims == y.dims
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
            if self.ordinary:
                return f"np.sum({name}[1:] ** 2)"
            forms = ("sum({0})", "sum(e * e for e in {0})", "sum([0.5 * e for e in {0}])",
                     "float(np.sum({0}))", "np.sum({0}[1:])", "np.sum({0}[{0} > 0])",
                     "np.sum(np.diff({0}) ** 2)", "np.sum({0}[::2])")  # fmt: skip
            return self.pick(forms).format(name)
        if which == 8 and scope.arrays():
            v = pick(self.choices, scope.arrays())
            forms = {1: _NUMBERS_1, 2: _NUMBERS_2}.get(len(v.dims))
            if forms:
                square = len(v.dims) == 2 and v.dims[0] == v.dims[1]
                return self.pick(forms + (_NUMBERS_SQUARE if square else ())).format(v.name)
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
            ]
            if not self.ordinary:
                form = "np.array([0.5 * e + 1.0 for e in {0}])"
                options += [(2, lambda: self.around(form, sub()))]
            options += [(1, lambda: self.around(self.pick(_RANK_1), sub())) for _ in range(4)]
            for m in matrices:
                if m.dims[1] == d:
                    options += [
                        (2, lambda m=m: self.pick(_ACROSS_ROWS).format(m.name))  # type: ignore[misc]
                    ]
                if m.dims[0] == d:
                    options += [
                        (2, lambda m=m: self.pick(_ACROSS_COLUMNS).format(m.name))  # type: ignore[misc]
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
            options += [(2, lambda: self.around(self.pick(_RANK_2), sub())) for _ in range(4)]
            options += [(2, lambda: f"np.broadcast_to({sub((c,))}, {sub()}.shape)")]
            if r == c:
                options += [
                    (2, lambda: f"{sub()} + np.eye({self.size(scope, r)})"),
                    (2, lambda: f"np.diag({sub((r,))})"),
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
