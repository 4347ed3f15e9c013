"""What is known of a value beyond its type: its value, or that it is an int.

The graph computes everything that the program does, constants of constants included; a later pass
folds them. But whether `ORDER % 2 == 0` holds decides here which branch is lowered, and `p[n - 1]`
of a tuple names an item of it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from autodiff_compiler.frontend.values import Meaning, Ref, Step, Thing, arrays_of
from autodiff_compiler.ir.types import INT, ArrayType, Dim, holds_array, shortened
from autodiff_compiler.ir.values import Const, Op, Operand, Range, Value
from autodiff_compiler.ops import ARRAYS, OPS, memory_of
from autodiff_compiler.ops.calling import HOLE

COMPARISONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "not", "bool"})
ARITHMETIC = frozenset(
    {"pos", "neg", "abs", "add", "sub", "mul", "div", "floordiv", "mod", "pow", "min", "max"}
)
LARGE = 2**64
OUTSIDE = "it may be an array from outside of the function, which would be changed for others"
LISTED = "the array is an item of a list, which may have others under other names"
RESHAPING = frozenset({"np.reshape", "np.ravel"})
# What makes an array whose elements stand in memory in C order, whatever it is made from.
WHOLE = frozenset(
    {"np.zeros", "np.ones", "np.empty", "np.full", "np.arange", "np.linspace", "np.eye"}
    | {"np.ndarray.flatten", "np.identity", "np.repeat", "np.outer", "np.matmul", "np.dot"}
    | {"np.diag", "np.tile", "np.kron", "np.tril", "np.triu", "np.vander"}
    | {"np.linalg.inv", "np.linalg.solve", "np.linalg.cholesky"}
)


@dataclass(frozen=True)
class Bounds:
    """An int is at least `least`, and below a size."""

    least: int
    below: Dim


@dataclass
class Facts:
    """Facts about values, learned as they are made."""

    values: dict[Value, object] = field(default_factory=dict)
    ints: set[Value] = field(default_factory=set)
    sizes: dict[Value, Dim] = field(default_factory=dict)
    distinct: set[Operand] = field(default_factory=set)  # arrays without repeated elements
    shapes: dict[Value, tuple[Dim, ...]] = field(default_factory=dict)
    bounds: dict[Value, Bounds] = field(default_factory=dict)
    refs: dict[Value, Ref] = field(default_factory=dict)  # see `references`
    may: dict[Thing, set[Thing]] = field(default_factory=dict)  # what may be one with what
    kept: set[Thing] = field(default_factory=set)  # arrays that lists hold
    parts: dict[tuple[Thing, object], Thing] = field(default_factory=dict)  # items of structures

    def ref(self, value: Value) -> Ref:
        """What memory an array stands for; its own, if nothing else is known."""
        if value not in self.refs:
            thing = Thing(value)
            self.refs[value] = Ref(thing, (), thing)
        return self.refs[value]

    def keep(self, meaning: Meaning) -> None:
        """Note that a list holds the arrays in a meaning, and shows what they are by then."""
        self.kept |= {self.ref(each).thing for each in arrays_of(meaning)}

    def relate(self, thing: Thing, others: Iterable[Thing]) -> bool:
        """Let a thing be perhaps one with others, and all that they may be; whether that is new."""
        others = set(others)
        found = others.union(*(self.may.get(other, ()) for other in others)) - {thing}
        new = found - self.may.setdefault(thing, set())
        self.may[thing] |= new
        for other in new:
            self.may.setdefault(other, set()).add(thing)
        return bool(new)

    def link(self, a: Thing, b: Thing) -> bool:
        """Let two things be perhaps one; whether that is new."""
        if a is b or b in self.may.setdefault(a, set()):
            return False
        self.may[a].add(b)
        self.may.setdefault(b, set()).add(a)
        return True

    def dims_from(self, op: Op, found: ArrayType) -> ArrayType:
        """The type of a new array, with the dimensions that its sizes were taken from."""
        shape = op.attributes.get("shape", op.attributes.get("bounds"))
        sizes = shape if isinstance(shape, tuple) else (shape,)
        if len(sizes) != found.rank or HOLE not in sizes:
            return found
        count = sum(size is HOLE for size in sizes)
        fillers = iter(op.operands[len(op.operands) - count :])
        dims = []
        for size, dim in zip(sizes, found.dims, strict=True):
            filler = next(fillers) if size is HOLE else None
            known = self.sizes.get(filler) if isinstance(filler, Value) else None
            dims.append(dim if known is None or dim.size is not None else known)
        return ArrayType(found.dtype, tuple(dims))

    def counts(self, index: Value, space: Range) -> None:
        """What follows for the index of a loop over a range."""
        start, stop, step = space.start, self.value(space.stop), space.step
        upward = isinstance(step, Const) and step.value == 1
        if not upward or not isinstance(start, Const) or type(start.value) is not int:
            return
        known = self.sizes.get(space.stop) if isinstance(space.stop, Value) else None
        if known is None and type(stop) is int and stop >= 0:
            known = Dim(stop)
        if known is not None:
            self.bounds[index] = Bounds(start.value, known)

    def is_inside(self, place: Operand, dim: Dim) -> bool:
        """Whether a position is certainly one of a dimension's, counted from its start."""
        found = self.bounds.get(place) if isinstance(place, Value) else None
        if found is None or found.least < 0 or found.below.size is None:
            return False
        if isinstance(dim.size, int) and isinstance(found.below.size, int):
            return found.below.size - found.below.less <= dim.size - dim.less
        return found.below.size == dim.size and found.below.less >= dim.less

    def learn_bounds(self, op: Op) -> None:
        """An index and a constant, added."""
        name, first = op.operation.name, op.operands[0]
        amount = op.operands[1].value if isinstance(op.operands[1], Const) else None
        found = self.bounds.get(first) if isinstance(first, Value) else None
        if found is None or type(amount) is not int:
            return
        by = amount if name == "add" else -amount
        below = replace(found.below, less=found.below.less - by)
        self.bounds[op.result] = Bounds(found.least + by, below)

    def learn_size(self, op: Op) -> None:
        """Which dimension's size a number is."""
        name, first = op.operation.name, op.operands[0] if op.operands else None
        if first is None:
            return
        if name in ("add", "sub"):
            self.learn_bounds(op)
        if name == "len" and isinstance(first.type, ArrayType):
            self.sizes[op.result] = first.type.dims[0]
        elif name == "shape" and isinstance(first.type, ArrayType):
            self.shapes[op.result] = first.type.dims
        elif name == "item" and isinstance(first, Value) and first in self.shapes:
            place = op.attributes["index"]
            assert isinstance(place, int)
            self.sizes[op.result] = self.shapes[first][place]
        elif name == "sub" and isinstance(first, Value) and first in self.sizes:
            fewer = op.operands[1]
            if isinstance(fewer, Const) and type(fewer.value) is int and fewer.value >= 0:
                self.sizes[op.result] = shortened(self.sizes[first], fewer.value)

    def no_place_twice(self, fillers: Sequence[Operand]) -> bool:
        """Whether index arrays certainly name every place once: one has no element twice, and
        broadcasting repeats none of them."""
        arrays = [each for each in fillers if isinstance(each.type, ArrayType)]
        for first in arrays:
            assert isinstance(first.type, ArrayType)
            others = [each.type.dims for each in arrays if isinstance(each.type, ArrayType)]
            if first in self.distinct and first.type.rank == 1:
                (dim,) = first.type.dims
                if all(len(dims) <= 1 and all(map(dim.is_as_long_as, dims)) for dims in others):
                    return True
        return False

    def made(self, op: Op) -> None:
        """What memory the result of an operation has."""
        self.learn_size(op)
        if op.operation.name == "np.arange":
            self.distinct.add(op.result)
        self.remember(op)

    def remember(self, op: Op) -> None:
        """Note which memory the result of an operation stands for."""
        if not holds_array(op.result.type) or op.result in self.refs:
            return
        result, name = op.result, op.operation.name
        first = op.operands[0] if op.operands else None
        if name == "item" and isinstance(first, Value):
            holder = self.ref(first).thing
            key = holder, op.attributes["index"]
            if key not in self.parts:
                self.parts[key] = Thing(result, holder.fixed)
                self.relate(self.parts[key], self.may.get(holder, ()))
            self.refs[result] = Ref(self.parts[key], (), self.parts[key])
            return
        if name == "captured":
            self.ref(result).thing.fixed = OUTSIDE
            return
        held = [each for each in op.operands if isinstance(each, Value) and holds_array(each.type)]
        if name == "getitem" and isinstance(first, Value):
            self.from_list(result, first)
            return
        memory = memory_of(op) if isinstance(result.type, ArrayType) else "maybe"
        if memory == "maybe" and isinstance(first, Value) and self._is_reshaped(op, first):
            memory = "view"
        match memory, first:
            case "same", Value():
                self.refs[result] = self.ref(first)
            case "view", Value():
                base = self.ref(first)
                step = Step(name, op.operands[1:], op.attributes)
                self.refs[result] = Ref(base.thing, (*base.path, step), base.contents)
            case "maybe", Value():
                others = [self.ref(each).thing for each in held]
                self.relate(self.ref(result).thing, others)
                fixed = next((other.fixed for other in others if other.fixed), "")
                self.ref(result).thing.fixed = fixed
            case _:
                self.ref(result).thing.whole = self._is_whole(op, held)

    def from_list(self, item: Value, held: Operand) -> None:
        """Note that an array, or what holds some, comes out of a list of varying length: which of
        those put into it that is, nobody knows, so it isn't written."""
        thing = self.ref(item).thing
        thing.fixed = LISTED
        if isinstance(held, Value):
            self.relate(thing, [self.ref(held).thing])

    def _is_whole(self, op: Op, held: Sequence[Value]) -> bool:
        """Whether a new array certainly stands in memory in C order."""
        if not isinstance(op.result.type, ArrayType):
            return False
        if op.operation.name in WHOLE or op.result.type.rank < 2:
            return True
        if op.operation.name in ARRAYS:
            return op.attributes.get("method") == "copy" or "layout" in op.attributes
        # Element by element, the order is that of what it is computed from.
        return all(
            isinstance(each.type, ArrayType)
            and (each.type.rank < 2 or (self.ref(each).thing.whole and not self.ref(each).path))
            for each in held
        )

    def _is_reshaped(self, op: Op, base: Value) -> bool:
        """Whether a shape is certainly given to the very elements, not to a copy of them."""
        if op.operation.name not in RESHAPING or not isinstance(base.type, ArrayType):
            return False
        found = self.ref(base)
        if all(step.name in RESHAPING for step in found.path) and found.thing.whole:
            return True
        return op.operation.name == "np.reshape" and base.type.rank == 1

    def value(self, operand: Operand) -> object:
        """The number that it is, if that is known, or None."""
        return operand.value if isinstance(operand, Const) else self.values.get(operand)

    def is_int(self, meaning: Meaning) -> TypeGuard[Value]:
        """Whether it is an int though its type doesn't say so: a power of an int, say."""
        return isinstance(meaning, Value) and meaning in self.ints

    def copy(self, old: Value, new: Value) -> None:
        if old in self.values:
            self.values[new] = self.values[old]
        if old in self.ints:
            self.ints.add(new)
        if old in self.sizes:
            self.sizes[new] = self.sizes[old]
        if old in self.distinct:
            self.distinct.add(new)
        if old in self.bounds:
            self.bounds[new] = self.bounds[old]
        if old in self.shapes:
            self.shapes[new] = self.shapes[old]
        if old in self.refs:
            found = self.refs[old]
            if found.thing.value is old:
                found.thing.value = new
            contents = new if found.contents is old else found.contents
            self.refs[new] = Ref(found.thing, found.path, contents)

    def join(self, made: Value, a: Operand, b: Operand) -> None:
        """What follows for a value that is one of two others."""
        if made.type != INT and all(x.type == INT or x in self.ints for x in (a, b)):
            self.ints.add(made)

    def learn(self, made: Value, name: str, operands: Sequence[Operand]) -> None:
        """What follows from how a value has just been made."""
        if name not in COMPARISONS and name not in ARITHMETIC:
            return
        values = [self.value(operand) for operand in operands]
        if made.type != INT and name in ARITHMETIC and self._gives_int(name, operands, values):
            self.ints.add(made)
        if all(isinstance(value, float | int) and abs(value) < LARGE for value in values):
            if name == "pow" and isinstance(values[1], int) and abs(values[1]) > 64:
                return
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    self.values[made] = OPS[name].evaluate(*values)
                except ArithmeticError:
                    return

    def _gives_int(self, name: str, operands: Sequence[Operand], values: list[object]) -> bool:
        if any(operand.type != INT and operand not in self.ints for operand in operands):
            return False
        exponent = values[-1]
        return name != "div" and (name != "pow" or (isinstance(exponent, int) and exponent >= 0))
