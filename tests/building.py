"""Small functions built by hand, for tests that say exactly what goes in and what comes out."""

from __future__ import annotations

from collections.abc import Sequence

from autodiff_compiler.ir.builder import Builder, const
from autodiff_compiler.ir.types import FLOAT, SequenceType, Type
from autodiff_compiler.ir.values import Block, Function, If, Loop, Operand, Origin, Range, Value
from autodiff_compiler.ops import OPS

FLOATS = SequenceType(FLOAT)
DERIVATIVE = Origin(order=1)


class Write(Builder):
    """A builder that is called with an operation's name and operands, numbers included."""

    def __call__(
        self, name: str, /, *operands: object, called: str | None = None, **attributes: object
    ) -> Value:
        return self.op(OPS[name], *map(operand, operands), name=called, attributes=attributes)

    def result(self, *yields: object) -> Block:
        return self.block(*map(operand, yields))

    def branch(
        self, condition: Operand, then: Block, orelse: Block, *kinds: Type
    ) -> tuple[Value, ...]:
        results = tuple(map(Value, kinds))
        self.add(If(condition, then, orelse, results))
        return results

    def loop(
        self,
        body: Builder,
        *,
        carry: Sequence[tuple[object, Value, object]] = (),
        consume: Sequence[tuple[Operand, Value]] = (),
        collect: Sequence[Operand] = (),
        **more: object,
    ) -> Loop:
        """Append a loop; `carry` gives init, argument and next of each carried value."""
        made = Loop(
            inits=tuple(operand(init) for init, _, _ in carry),
            args=tuple(arg for _, arg, _ in carry),
            nexts=tuple(operand(following) for _, _, following in carry),
            finals=tuple(Value(arg.type, arg.name) for _, arg, _ in carry),
            body=tuple(body.nodes),
            consumed=tuple(sequence for sequence, _ in consume),
            elements=tuple(element for _, element in consume),
            collects=tuple(collect),
            sequences=tuple(Value(SequenceType(each.type)) for each in collect),
            **more,  # type: ignore[arg-type]
        )
        self.add(made)
        return made


def operand(value: object) -> Operand:
    """A number as a constant; what is an operand already as it is."""
    return value if isinstance(value, Operand) else const(value)


def upto(stop: object, start: object = 0, step: object = 1) -> Range:
    return Range(operand(start), operand(stop), operand(step))


def function(build: Builder, params: Sequence[Value], result: object, name: str = "f") -> Function:
    return Function(name, tuple(params), build.block(operand(result)))


def floats(*names: str) -> list[Value]:
    return [Value(FLOAT, name) for name in names]
