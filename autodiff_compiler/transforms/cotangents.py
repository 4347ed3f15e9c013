"""Cotangents while they are being summed: where contributions meet, and what a zero is."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.types import (
    BOOL,
    ArrayType,
    ScalarType,
    SequenceType,
    TupleType,
    Type,
    plain,
)
from autodiff_compiler.ir.values import Operand, Value
from autodiff_compiler.ops import OPS
from autodiff_compiler.ops.calling import HOLE
from autodiff_compiler.ops.record import AddAt
from autodiff_compiler.transforms.activity import differentiable
from autodiff_compiler.transforms.fitting import in_full
from autodiff_compiler.transforms.terms import ZERO

Naming = Callable[[str | None], str | None]


@dataclass(frozen=True)
class Presence:
    """A cotangent is zero, and takes no part, unless the condition is what it should be.

    One that says no more than that a loop has run is for `poles` only: not worth its place beside
    quotients, whose divisor Python has found not to be zero.
    """

    condition: Operand
    holds: bool = True
    poles: bool = False

    @property
    def is_array(self) -> bool:
        """Whether it is said of each element, and not of the whole."""
        return _rank(self.condition.type) > 0

    def known(self, build: Builder) -> Operand:
        """Whether the cotangent takes part, as a value."""
        known, kind = self.condition, self.condition.type
        if not self.holds and (kind == BOOL or _rank(kind)):
            return build.op(OPS["not"], known)
        if isinstance(kind, ArrayType) and kind.dims:
            return known if kind.dtype == "bool" else build.op(OPS["ne"], known, const(0))
        if kind != BOOL:
            known = build.op(OPS["bool"], known)
        return known if self.holds else build.op(OPS["not"], known)

    def either(self, build: Builder, other: Presence) -> Presence:
        """That of a sum of two cotangents."""
        if self == other:
            return self
        known = (self.known(build), const(True), other.known(build))
        return Presence(build.op(OPS["select"], *known), poles=self.poles and other.poles)

    def both(self, build: Builder, other: Presence) -> Presence:
        """That of a cotangent with this mask of which another condition leaves something out."""
        if self == other:
            return self
        known = (self.known(build), other.known(build), const(False))
        return Presence(build.op(OPS["select"], *known), poles=self.poles and other.poles)

    def apply(self, build: Builder, cotangent: Operand) -> Operand:
        arms = (cotangent, ZERO) if self.holds else (ZERO, cotangent)
        return build.op(OPS["select"], self.condition, *arms)


def common(build: Builder, met: Sequence[Presence | None]) -> Presence | None:
    """The mask of what is made of several tangents or cotangents; None where one has none.

    Masks that are arrays don't count: they say it of each element.
    """
    masks = [mask for mask in met if mask is not None and not mask.is_array]
    if not masks or len(masks) < len(met):
        return None
    return functools.reduce(lambda one, other: one.either(build, other), masks)


@dataclass
class Cotangents:
    """The cotangents met so far, by value. Values not asked about are dropped on arrival.

    `masks` says of some that they come out of some arms of branches only: where others ran they
    are a zero that must not meet an infinite partial derivative.
    """

    active: set[Value]
    of: dict[Value, Operand] = field(default_factory=dict)
    masks: dict[Value, Presence] = field(default_factory=dict)

    def take(self, value: Value) -> Operand | None:
        self.masks.pop(value, None)
        return self.of.pop(value, None)

    def common_mask(self, build: Builder, values: Iterable[Value]) -> Presence | None:
        """The mask of anything that is made of these values' cotangents."""
        return common(build, [self.masks.get(value) for value in values if value in self.of])

    def replace(self, build: Builder, value: Value, total: Operand, mask: Presence | None) -> None:
        """Put a sum in the place of a cotangent that has a part in it, under the others' mask."""
        known = self.masks.pop(value, None)
        if mask is not None and value not in self.of:
            self.masks[value] = mask
        elif mask is not None and known is not None:
            self.masks[value] = known.either(build, mask)
        self.of[value] = total

    def add(
        self,
        build: Builder,
        target: Operand,
        contribution: Operand | AddAt | None,
        mask: Presence | None = None,
    ) -> None:
        """Sum a contribution into a value's cotangent."""
        if contribution is None or not isinstance(target, Value) or target not in self.active:
            return
        before = self.of.get(target)
        known = self.masks.pop(target, None)
        if isinstance(contribution, AddAt):
            mask = _selected(contribution, target) or mask
        if mask is not None and not _suits(mask, target):
            mask = None
        if mask is not None and before is None:
            self.masks[target] = mask
        elif mask is not None and known is not None:
            self.masks[target] = known.either(build, mask)
        if isinstance(contribution, AddAt):
            total = zero_of(build, target) if before is None else in_full(build, before, target)
            name = bar(target.name)
            self.of[target] = build.op(
                contribution.update,
                total,
                *contribution.indices,
                contribution.cotangent,
                name=name,
                attributes=contribution.attributes,
            )
        elif before is None:
            self.of[target] = contribution
        else:
            self.of[target] = add(build, before, contribution, bar(target.name))


def _rank(kind: Type) -> int:
    return kind.rank if isinstance(kind, ArrayType) else 0


def _suits(mask: Presence, target: Value) -> bool:
    """Whether a mask has no more dimensions than the cotangent that it is about."""
    return _rank(mask.condition.type) <= _rank(target.type)


def _selected(contribution: AddAt, target: Value) -> Presence | None:
    """What a boolean mask has left out takes no part."""
    if contribution.attributes.get("index") != (HOLE,):
        return None
    (place,) = contribution.indices
    is_mask = isinstance(place.type, ArrayType) and place.type.dtype == "bool"
    if _rank(place.type) != _rank(target.type):
        return None  # a mask of rows
    return Presence(place, True) if is_mask else None


def bar(name: str | None) -> str | None:
    """The name of a cotangent: x_bar, and x_bar2 for the cotangent of x_bar."""
    if name is None:
        return None
    stem, _, count = name.rpartition("_bar")
    if stem and (count == "" or count.isdigit()):
        return f"{stem}_bar{int(count or 1) + 1}"
    return f"{name}_bar"


def zero_of(build: Builder, operand: Operand, named: Naming = bar) -> Operand:
    """A zero cotangent, or tangent: 0.0, a list of zeros as long as it, a structure of such."""
    match operand.type:
        case SequenceType(element=element_type) if isinstance(operand, Value):
            name = named(operand.name)
            if isinstance(element_type, ScalarType):
                return build.op(OPS["zeros_like"], operand, name=name)
            element, inside = Value(element_type, operand.name), Builder(build.origin)
            zero = zero_of(inside, element, named)
            (whole,) = build.collect(inside, (zero,), (name,), ((element, operand),))
            return whole
        case TupleType(items=items, container=container):
            zeros = [_zero_item(build, operand, place, named) for place in range(len(items))]
            return build.op(OPS["tuple"], *zeros, attributes={"container": plain(container)})
        case ArrayType() if differentiable(operand.type):
            return build.op(OPS["np.zeros_like"], operand, name=named(name_of(operand)))
    return ZERO


def name_of(operand: Operand) -> str | None:
    return operand.name if isinstance(operand, Value) else None


def _zero_item(build: Builder, structure: Operand, place: int, named: Naming) -> Operand:
    assert isinstance(structure.type, TupleType)
    if isinstance(structure.type.items[place], SequenceType | TupleType | ArrayType):
        return zero_of(build, item(build, structure, place), named)
    return ZERO


def from_item(build: Builder, structure: Operand, place: int, cotangent: Operand) -> Operand:
    """The cotangent of a structure of which one item has a cotangent."""
    assert isinstance(structure.type, TupleType)
    count = len(structure.type.items)
    parts = [
        cotangent if each == place % count else _zero_item(build, structure, each, bar)
        for each in range(count)
    ]
    return build.op(OPS["tuple"], *parts, attributes={"container": plain(structure.type.container)})


def assembled(build: Builder, structure: Operand, parts: Mapping[int, Operand]) -> Operand:
    """The cotangent of a structure, of the cotangents of some of its items."""
    assert isinstance(structure.type, TupleType)
    every = [
        parts.get(place) or _zero_item(build, structure, place, bar)
        for place in range(len(structure.type.items))
    ]
    return build.op(OPS["tuple"], *every, attributes={"container": plain(structure.type.container)})


def padded(build: Builder, cotangents: Operand, sequence: Operand) -> Operand:
    """Cotangents of a sequence's first elements, with zeros for the rest."""
    assert isinstance(sequence, Value) and isinstance(sequence.type, SequenceType)
    if isinstance(sequence.type.element, ScalarType):
        return build.op(OPS["pad"], cotangents, build.op(OPS["len"], sequence))
    return build.op(OPS["pad_with"], cotangents, zero_of(build, sequence))


def add(build: Builder, a: Operand, b: Operand, name: str | None = None) -> Operand:
    """The sum of two cotangents of one value."""
    match a.type:
        case SequenceType(element=ScalarType()):
            return build.op(OPS["seq_add"], a, b, name=name)
        case SequenceType(element=inner_type):
            first, second = Value(inner_type), Value(inner_type)
            inside = Builder(build.origin)
            total = add(inside, first, second)
            (whole,) = build.collect(inside, (total,), (name,), ((first, a), (second, b)))
            return whole
        case TupleType(items=items):
            pairs = [(item(build, a, place), item(build, b, place)) for place in range(len(items))]
            sums = [add(build, *pair) for pair in pairs]
            return build.op(OPS["tuple"], *sums, attributes={"container": plain(a.type.container)})
    return build.op(OPS["add"], a, b, name=name)


def item(build: Builder, structure: Operand, place: int) -> Operand:
    return build.op(OPS["item"], structure, attributes={"index": place})
