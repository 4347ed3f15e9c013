"""The language in which rules of array functions are written: values with Python's arithmetic.

    vjp=lambda m, ct, c: {"a": ct @ c.b.mT, "b": c.a.mT @ ct}

`m` builds operations, `ct` is the cotangent of the result, `c` the call: its operands by parameter
name, its attributes (defaults included), and `c.result`. A contribution may be smaller than its
operand, as a number that stands for every element, or larger, where the operand was broadcast:
fitting shapes and dtypes together is done once, by the transform.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.types import ArrayType, ScalarType, Type, fills, may_hold
from autodiff_compiler.ir.values import Const, Op, Operand, Value
from autodiff_compiler.ops.array_types import dtypes_of
from autodiff_compiler.ops.calling import Role, arguments, bind, own_operands
from autodiff_compiler.ops.record import AddAt, Contribution, Custom, Record
from autodiff_compiler.ops.registry import OPS


@dataclass(frozen=True, eq=False)
class Traced:
    """An operand in the hands of a rule. Arithmetic on it is built as it is written."""

    m: Arrays
    operand: Operand

    @property
    def type(self) -> Type:
        return self.operand.type

    @property
    def rank(self) -> int:
        return self.type.rank if isinstance(self.type, ArrayType) else 0

    @property
    def T(self) -> Traced:
        """Its dimensions in reverse order."""
        return self if self.rank < 2 else self.m("np.transpose", self, method="T", property=True)

    @property
    def mT(self) -> Traced:
        """Its last two dimensions exchanged."""
        if self.rank <= 2:
            return self.T
        return self.m("np.matrix_transpose", self, method="mT", property=True)

    def item(self, place: int) -> Traced:
        """One item of a structure, such as the cotangent of one of several results."""
        return self.m.op("item", self, index=place)

    def __add__(self, other: Like) -> Traced:
        return self.m.op("add", self, other)

    def __radd__(self, other: Like) -> Traced:
        return self.m.op("add", other, self)

    def __sub__(self, other: Like) -> Traced:
        return self.m.op("sub", self, other)

    def __rsub__(self, other: Like) -> Traced:
        return self.m.op("sub", other, self)

    def __mul__(self, other: Like) -> Traced:
        return self.m.op("mul", self, other)

    def __rmul__(self, other: Like) -> Traced:
        return self.m.op("mul", other, self)

    def __truediv__(self, other: Like) -> Traced:
        return self.m.op("ieee_div", self, other)

    def __rtruediv__(self, other: Like) -> Traced:
        return self.m.op("ieee_div", other, self)

    def __matmul__(self, other: Traced) -> Traced:
        return self.m.op("np.matmul", self, other)

    def __neg__(self) -> Traced:
        return self.m.op("neg", self)


Like = Traced | int | float | bool


@dataclass(frozen=True, eq=False)
class Arrays:
    """Builds the operations of a rule.

    `m("np.sum", x, axis=0)` calls a function as a user would; `m.op("select", c, a, b)` applies an
    operation to operands as they are, with attributes as they are.
    """

    build: Builder

    def __call__(self, name: str, *positional: object, **keywords: object) -> Traced:
        record = OPS[name]
        assert record.takes is not None, name
        form: dict[str, object] = {}
        for key in ("method", "property"):
            if key in keywords:
                form[key] = keywords.pop(key)
        bound = bind(
            record.takes,
            [_plain(each) for each in positional],
            {key: _plain(value) for key, value in keywords.items()},
        )
        attributes = {**bound.attributes, **form}
        return Traced(self, self.build.op(record, *bound.operands, attributes=attributes))

    def op(self, name: str, *operands: Like, **attributes: object) -> Traced:
        plain = [_operand(each) for each in operands]
        return Traced(self, self.build.op(OPS[name], *plain, attributes=attributes))

    def where(self, condition: Traced, a: Like, b: Like) -> Traced:
        """a where the condition holds, else exactly b, whatever a is there."""
        return self.op("select", condition, a, b)

    def traced(self, operand: Operand) -> Traced:
        return Traced(self, operand)


def _operand(value: object) -> Operand:
    match value:
        case Traced():
            return value.operand
        case Value() | Const():
            return value
    return const(value)


def _plain(value: object) -> object:
    match value:
        case Traced():
            return value.operand
        case tuple() | list():
            return [_plain(item) for item in value]
    return value


class Applied:
    """A call that is being differentiated: operands and attributes by parameter name.

    An operand that was left out is None; one of several arrays is a list.
    """

    def __init__(self, m: Arrays, op: Op) -> None:
        record = op.operation
        assert isinstance(record, Record) and record.takes is not None
        found = arguments(record.takes, op.operands, op.attributes)
        self._given = found.positional | found.keywords
        self._params = {each.name: each for each in record.takes.params}
        self._m = m
        self.op = op
        self.result = Traced(m, op.result)

    def __getattr__(self, name: str) -> Any:
        param = self._params.get(name)
        if param is None:
            raise AttributeError(f"no parameter {name}")
        if name not in self._given:
            return None if param.role is Role.OPERAND else param.default
        return _traced(self._m, self._given[name])


def _traced(m: Arrays, value: object) -> object:
    match value:
        case Value() | Const():
            return Traced(m, value)
        case list():
            return [_traced(m, item) for item in value]
        case tuple():
            return tuple(_traced(m, item) for item in value)
    return value


class Tangents:
    """The tangents of a call's operands, by parameter name; None where there is none."""

    def __init__(self, m: Arrays, names: Sequence[str], tangents: Sequence[Operand | None]) -> None:
        self._found: dict[str, list[Traced | None]] = {}
        for name, tangent in zip(names, tangents, strict=True):
            traced = None if tangent is None else Traced(m, tangent)
            self._found.setdefault(name, []).append(traced)

    def __getattr__(self, name: str) -> Traced | None:
        found = self._found.get(name)
        return None if found is None else found[0]

    def all(self, name: str) -> list[Traced | None]:
        """Those of a parameter that is several arrays."""
        return self._found.get(name, [])


# What a rule gives for each operand, by parameter name. Several arrays get a list.
Found = Traced | AddAt | None
Contributions = Mapping[str, Found | Sequence[Found]]
VJP = Callable[[Arrays, Traced, Any], Contributions]
JVP = Callable[[Arrays, Tangents, Any], Traced | None]


def custom(*, jvp: JVP, vjp: VJP) -> Custom:
    """A rule whose two directions are written out."""

    def forward(build: Builder, op: Op, tangents: Sequence[Operand | None]) -> Operand | None:
        m = Arrays(build)
        found = jvp(m, Tangents(m, _names(op), tangents), Applied(m, op))
        return None if found is None else found.operand

    return Custom(forward, _backward(vjp))


def linear(transpose: VJP, *names: str) -> Custom:
    """The rule of an operation that is linear in its operands together (`names`, or all): its
    tangent is the same operation on the tangents, zeros where there is none."""

    def forward(build: Builder, op: Op, tangents: Sequence[Operand | None]) -> Operand | None:
        if all(tangent is None for tangent in tangents) or not may_vary(op.result.type):
            return None
        own = _names(op)
        operands = [
            _tangent(build, operand, tangent, op) if (name in names if names else name) else operand
            for name, operand, tangent in zip(own, op.operands, tangents, strict=True)
        ]
        return build.op(op.operation, *operands, attributes=op.attributes)

    return Custom(forward, _backward(transpose))


def bilinear(vjp: VJP, *names: str) -> Custom:
    """The rule of a product, linear in each of `names` by itself."""

    def forward(build: Builder, op: Op, tangents: Sequence[Operand | None]) -> Operand | None:
        total: Operand | None = None
        for place, (name, tangent) in enumerate(zip(_names(op), tangents, strict=True)):
            if tangent is None or (names and name not in names):
                continue
            operands = (*op.operands[:place], tangent, *op.operands[place + 1 :])
            term = build.op(op.operation, *operands, attributes=op.attributes)
            total = term if total is None else build.op(OPS["add"], total, term)
        return total

    return Custom(forward, _backward(vjp))


def _names(op: Op) -> list[str]:
    record = op.operation
    assert isinstance(record, Record) and record.takes is not None
    return own_operands(record.takes, len(op.operands), op.attributes)


def unstretched(m: Arrays, ct: Traced, a: Traced) -> Traced:
    """The cotangent of an array that was broadcast: summed at run time over the dimensions of
    which only the run tells whether they were stretched. The others are left to the transform."""
    if not isinstance(a.type, ArrayType) or not isinstance(ct.type, ArrayType):
        return ct
    whole = ct.type.dims[len(ct.type.dims) - a.rank :]
    pairs = list(zip(a.type.dims, whole, strict=True))
    if any(own.one is None and not fills(own, dim) for own, dim in pairs):
        return m.op("unbroadcast", ct, a)
    return ct


def wants_cotangent(a: Traced) -> bool:
    """Whether a contribution to this operand is of use: constants and integers take none."""
    return isinstance(a.operand, Value) and may_vary(a.type)


def may_vary(found: Type) -> bool:
    """Whether a value of this type has a derivative: it may hold floats."""
    return may_hold(found, lambda kind: kind.is_float)


def _tangent(build: Builder, operand: Operand, tangent: Operand | None, op: Op) -> Operand:
    if tangent is None:
        return _zero(build, operand)
    return in_one_dtype(build, tangent, op.result.type)


def in_one_dtype(build: Builder, tangent: Operand, result: Type) -> Operand:
    """A tangent that is a number of Python's or of several dtypes of NumPy's, in the result's."""
    if isinstance(tangent.type, ScalarType) and isinstance(result, ArrayType):
        mixed = {kind.is_numpy for kind in tangent.type.kinds} == {False, True}
        if len(dtypes_of(tangent.type)) > 1 or (mixed and result.dtype == "float32"):
            return build.op(OPS["astype"], tangent, attributes={"dtype": result.dtype})
    return tangent


def _zero(build: Builder, operand: Operand) -> Operand:
    if isinstance(operand.type, ArrayType):
        return build.op(OPS["np.zeros_like"], operand)
    return const(0.0)


def zero_like(m: Arrays, a: Traced) -> Traced:
    """A zero tangent of an array or number."""
    return Traced(m, _zero(m.build, a.operand))


def _backward(
    vjp: VJP,
) -> Callable[[Builder, Op, Operand], Sequence[Contribution]]:
    def backward(build: Builder, op: Op, cotangent: Operand) -> Sequence[Contribution]:
        if not may_vary(op.result.type):
            return [None] * len(op.operands)
        m = Arrays(build)
        found = vjp(m, Traced(m, cotangent), Applied(m, op))
        waiting = {
            name: list(each) if isinstance(each, Sequence) else [each]
            for name, each in found.items()
        }
        return [
            _contribution(m, waiting[name].pop(0), operand) if waiting.get(name) else None
            for name, operand in zip(_names(op), op.operands, strict=True)
        ]

    return backward


def _contribution(m: Arrays, found: Found, operand: Operand) -> Contribution:
    """A number's is a number, where the result was an array without dimensions."""
    if not isinstance(found, Traced):
        return found
    if isinstance(operand.type, ScalarType) and isinstance(found.type, ArrayType):
        if found.rank == 0:
            return m.op("get", found, index=()).operand
    return found.operand
