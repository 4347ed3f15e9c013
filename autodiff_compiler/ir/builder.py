"""Building blocks of IR, one node at a time, each typed as it is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from autodiff_compiler.ir.operation import Operation
from autodiff_compiler.ir.types import UNBOUND, SequenceType, Type, type_of
from autodiff_compiler.ir.values import (
    NO_ATTRIBUTES,
    UNKNOWN,
    Block,
    Const,
    If,
    Loop,
    Node,
    Op,
    Operand,
    Origin,
    Range,
    Value,
)

UNBOUND_VALUE = Const(None, UNBOUND)


def const(value: object, name: str | None = None) -> Const:
    """A constant of an exact built-in or NumPy scalar type, or of tuples of them."""
    found = type_of(value)
    if found is None:
        raise TypeError(f"no IR constant for {type(value).__name__}")
    return Const(value, found, name)


def type_of_operand(operand: Operand) -> Type:
    return operand.type


@dataclass
class Builder:
    """Appends nodes to a growing block. `origin` is stamped on every op made here."""

    origin: Origin = UNKNOWN
    nodes: list[Node] = field(default_factory=list)

    def op(
        self,
        operation: Operation,
        *operands: Operand,
        name: str | None = None,
        attributes: Mapping[str, object] = NO_ATTRIBUTES,
    ) -> Value:
        """Append one operation and return its result."""
        result_type = operation.infer([operand.type for operand in operands], attributes)
        result = Value(result_type, name)
        self.nodes.append(Op(operation, operands, result, attributes, self.origin))
        return result

    def named(self, operand: Operand, name: str | None) -> Operand:
        """The operand under a name, if it is what was built last and has none."""
        return self._renamed(operand, name, None)

    def called(self, operand: Operand, stem: str | None) -> Operand:
        """The operand with a stem, if it is what was built last and has no name."""
        return self._renamed(operand, None, stem)

    def _renamed(self, operand: Operand, name: str | None, stem: str | None) -> Operand:
        # Only for an operand that nobody has read yet: its definition is made anew.
        last = self.nodes[-1] if self.nodes else None
        if not isinstance(operand, Value) or operand.name is not None:
            return operand
        result = Value(operand.type, name, stem or operand.stem)
        match last:
            case Op() if last.result is operand:
                self.nodes[-1] = replace(last, result=result)
            case If(results=(only,)) if only is operand:
                self.nodes[-1] = replace(last, results=(result,))
            case _:
                return operand
        return result

    def retyped(self, operand: Operand, type_: Type) -> Operand:
        """The operand with a type that tells more, if it is what was built last."""
        last = self.nodes[-1] if self.nodes else None
        if not isinstance(last, Op) or last.result is not operand:
            return operand
        result = Value(type_, last.result.name, last.result.stem)
        self.nodes[-1] = replace(last, result=result)
        return result

    def add(self, node: Node) -> None:
        """Append a node built elsewhere."""
        self.nodes.append(node)

    def collect(
        self,
        inside: Builder,
        collects: Sequence[Operand],
        names: Sequence[str | None],
        consumed: Sequence[tuple[Value, Operand]] = (),
        counted: tuple[Value, Range] | None = None,
    ) -> tuple[Value, ...]:
        """Append a loop that does nothing but collect what is built `inside`; its sequences.

        It goes through sequences, each with the element seen inside, or is `counted` by an index.
        """
        sequences = tuple(
            Value(SequenceType(each.type), name) for each, name in zip(collects, names, strict=True)
        )
        index, space = counted or (None, None)
        loop = Loop(
            inits=(),
            args=(),
            nexts=(),
            finals=(),
            body=tuple(inside.nodes),
            space=space,
            index=index,
            consumed=tuple(operand for _, operand in consumed),
            elements=tuple(element for element, _ in consumed),
            collects=tuple(collects),
            sequences=sequences,
            origin=self.origin,
        )
        self.add(loop)
        return sequences

    def block(self, *yields: Operand) -> Block:
        """What has been built, as a block."""
        return Block(tuple(self.nodes), yields)

    @contextmanager
    def at(self, origin: Origin) -> Iterator[None]:
        """Stamp ops made in this context with another origin."""
        before, self.origin = self.origin, origin
        try:
            yield
        finally:
            self.origin = before
