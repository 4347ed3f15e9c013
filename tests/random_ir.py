"""Random valid IR: nested loops of every form, branches, sequences, and all that meets in them.

`random_function(seed)` gives a verified function and `random_arguments` what to call it with. The
seed decides how large it is, whether NumPy scalars take part, and whether it may raise or print, so
that a range of seeds holds some of everything, small functions among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

import numpy as np
from hypothesis import settings

from autodiff_compiler.ir.builder import UNBOUND_VALUE, Builder, const
from autodiff_compiler.ir.types import (
    BOOL,
    FLOAT,
    INT,
    NP_FLOAT,
    UNBOUND,
    Kind,
    ScalarType,
    SequenceType,
    TupleType,
    Type,
    fits,
    join,
)
from autodiff_compiler.ir.values import Block, Function, If, Loop, Operand, Range, Value
from autodiff_compiler.ops import OPS

EITHER = ScalarType(INT.kinds | FLOAT.kinds)
MIXED = ScalarType(FLOAT.kinds | NP_FLOAT.kinds)
FLOATS = SequenceType(FLOAT)
PAIR = TupleType((FLOAT, FLOAT))

SMOOTH = "sin cos tanh atan asinh erf expm1".split()
NUMPY = "sin cos tanh arctan arcsinh square".split()
PARTIAL = "log sqrt asin exp".split()  # raise, or overflow, at some points
FLAT = ("math.floor", "math.trunc", "round")
COMPARISONS = "lt le gt ge eq ne".split()


def seeds(share: float = 1.0, start: int = 0) -> range:
    """Seeds for a test: as many as the Hypothesis profile has examples, or a share of them."""
    return range(start, start + max(1, int(settings.default.max_examples * share)))


@dataclass(frozen=True)
class Recipe:
    """What a random function is made of."""

    statements: int = 6  # in a block, about
    depth: int = 2  # of loops and branches
    numpy: bool = False
    raising: bool = False
    printing: bool = False
    structured: bool = False  # returns a tuple, of which one item is a list
    cheap: bool = False  # arithmetic only

    @staticmethod
    def of(seed: int) -> Recipe:
        return Recipe(
            statements=2 + seed % 5,
            depth=seed % 4,
            numpy=seed % 3 == 0,
            raising=seed % 4 == 1,
            printing=seed % 5 == 2,
        )


def random_function(seed: int, recipe: Recipe | None = None) -> Function:
    """A random function that returns a number, unless the recipe says otherwise."""
    return _Writer(Random(f"function {seed}"), recipe or Recipe.of(seed)).function(f"f{seed}")


def random_arguments(params: Sequence[Value], seed: int) -> tuple[object, ...]:
    """Values for parameters of these types."""
    random = Random(f"arguments {seed}")
    return tuple(_random_value(param.type, random) for param in params)


def float_params(function: Function) -> tuple[int, ...]:
    """The positions of the parameters that have a derivative."""
    return tuple(k for k, param in enumerate(function.params) if param.type != INT)


def _random_value(kind: Type, random: Random) -> object:
    match kind:
        case SequenceType(element, container):
            items = [_random_value(element, random) for _ in range(random.choice((1, 2, 2, 3, 4)))]
            return tuple(items) if container == "tuple" else items
        case TupleType(items, container):
            parts = [_random_value(item, random) for item in items]
            return tuple(parts) if container == "tuple" else parts
        case ScalarType(kinds) if Kind.INT in kinds and Kind.FLOAT not in kinds:
            return random.randint(0, 3)
        case ScalarType(kinds):
            number = random.uniform(-1.8, 1.8)
            return np.float64(number) if kind == NP_FLOAT else number
    raise TypeError(f"no random value of type {kind}")


class _Writer:
    """Writes one function. `scope` holds what may be read where it is writing now."""

    def __init__(self, random: Random, recipe: Recipe) -> None:
        self.random = random
        self.recipe = recipe
        self.scope: list[Value] = []
        self.build = Builder()
        # Sequences that are not empty; and results bound in one arm only: value, condition, arm.
        self.filled: set[Value] = set()
        self.half_bound: list[tuple[Value, Operand, int]] = []

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    # ------------------------------------------------------------------ functions

    def function(self, name: str) -> Function:
        params = self.params()
        self.scope += params
        for param in params:
            if isinstance(param.type, TupleType):
                for place in range(len(param.type.items)):
                    self.op("item", param, index=place)
        self.statements(self.recipe.depth)
        result = self.total()
        if self.recipe.structured:
            items = (result, self.sequence(FLOATS), self.number())
            result = self.build.op(OPS["tuple"], *items, attributes={"container": "tuple"})
        return Function(name, tuple(params), self.build.block(result))

    def params(self) -> list[Value]:
        types: list[tuple[Type, str]] = [(FLOAT, "x")]
        if self.chance(0.7):
            types.append((FLOAT, "y"))
        if self.recipe.numpy:
            types.append((NP_FLOAT, "z"))
        if self.chance(0.6):
            types.append((FLOATS, "xs"))
        if self.chance(0.3):
            types.append((SequenceType(FLOAT, "tuple"), "ys"))
        if self.chance(0.3):
            types.append((PAIR, "p"))
        if self.chance(0.5):
            types.append((INT, "n"))
        params = [Value(kind, name) for kind, name in types]
        self.filled |= {param for param in params if isinstance(param.type, SequenceType)}
        return params

    def total(self) -> Operand:
        """A number that depends on much of what is in scope."""
        numbers = [value for value in self.scope if _is_number(value)]
        chosen = self.random.sample(numbers, min(len(numbers), 4))
        chosen += [self.op("sum", xs) for xs in self.scope if _is_numbers(xs) and self.chance(0.5)]
        result = chosen[0]
        for value in chosen[1:]:
            result = self.op(self.random.choice(("add", "sub", "mul")), result, value)
        return result

    # ------------------------------------------------------------------ statements

    def statements(self, depth: int) -> None:
        for _ in range(self.random.randint(1, self.recipe.statements)):
            self.statement(depth)

    def statement(self, depth: int) -> None:
        kinds: list[tuple[Callable[[], object], float]] = [
            (self.scalar, 8),
            (self.integer, 1),
            (self.of_sequence, 2),
        ]
        if depth > 0:
            kinds += [(lambda: self.branch(depth), 3), (lambda: self.loop(depth), 5)]
        if self.recipe.raising:
            kinds.append((self.may_raise, 1))
        if self.recipe.printing:
            kinds.append((self.prints, 1))
        choices, weights = zip(*kinds, strict=True)
        self.random.choices(choices, weights)[0]()

    def op(self, name: str, *operands: Operand, **attributes: object) -> Value:
        variable = self.random.choice("abcuvw") if self.chance(0.3) else None
        result = self.build.op(OPS[name], *operands, name=variable, attributes=attributes)
        self.scope.append(result)
        return result

    def scalar(self) -> Value:
        """One operation on numbers, or a few that are harmless together."""
        a, b = self.number(), self.number()
        cheap: list[Callable[[], Value]] = [
            lambda: self.op(self.random.choice(("add", "sub", "mul", "add", "mul")), a, b),
            lambda: self.op(self.random.choice(("max", "min")), a, b),
            lambda: self.op(self.random.choice(("neg", "abs", "pos", "float")), a),
            lambda: self.op("mul", const(self.random.choice((0.5, -1.0, 0.3, 2.0))), a),
            lambda: self.op("add", a, const(self.random.choice((0.25, 1, -0.7)))),
            lambda: self.op("div", a, self.positive(b)),
            lambda: self.op("div", a, const(self.random.choice((2, 3.0, -0.8)))),
            lambda: self.op("select", self.condition(), a, b),
            lambda: self.op("mod", a, const(1.7)),
        ]
        dear: list[Callable[[], Value]] = [
            lambda: self.smooth(a),
            lambda: self.smooth(a),
            lambda: self.op("math.sqrt", self.positive(a)),
            lambda: self.op("math.log", self.positive(a)),
            lambda: self.op("math.exp", self.smooth(a)),
            lambda: self.op("pow", a, const(self.random.choice((2, 3, 2.0)))),
            lambda: self.op("pow", self.positive(a), b),
            lambda: self.op("math.hypot", a, b),
            lambda: self.op(self.random.choice(FLAT), a),
            lambda: self.op("math.atan2", a, self.positive(b)),
        ]
        return self.random.choice(cheap if self.recipe.cheap else [*cheap, *dear])()

    def smooth(self, a: Operand) -> Value:
        if self.recipe.numpy and self.chance(0.5):
            return self.op("np." + self.random.choice(NUMPY), a)
        return self.op("math." + self.random.choice(SMOOTH[:-1]), a)

    def positive(self, a: Operand) -> Value:
        return self.op("add", self.op("mul", a, a), const(self.random.choice((0.6, 1.5))))

    def integer(self) -> Value:
        a = self.pick(INT) or const(self.random.randint(0, 3))
        return self.random.choice(
            [
                lambda: self.op("add", a, const(self.random.choice((1, 2, -1)))),
                lambda: self.op("mod", a, const(self.random.choice((2, 3)))),
                lambda: self.op("sub", const(3), a),
            ]
        )()

    def of_sequence(self) -> Value:
        """A number from a sequence or pair, or a sequence from numbers."""
        pair = self.pick(PAIR)
        if pair is not None and self.chance(0.3):
            return self.op("item", pair, index=self.random.choice((0, 1, -1)))
        xs = self.any_sequence()
        if xs is None or self.chance(0.2):
            items = [self.number() for _ in range(self.random.randint(1, 3))]
            packed = self.op("pack", *items, container="list")
            self.filled.add(packed)
            return packed
        if xs not in self.filled and not self.recipe.raising:
            return self.op(self.random.choice(("sum", "len")), xs)
        if self.chance(0.3):
            return self.op(self.random.choice(("min_of", "max_of")), xs)
        if self.chance(0.2):
            return self.op("sum_from", xs, self.number())
        if self.chance(0.4):
            return self.op("getitem", xs, const(self.random.choice((0, -1))))
        count = self.op("len", xs)
        place = self.op("mod", self.pick(INT) or const(2), count)
        return self.op("getitem", xs, place)

    def may_raise(self) -> object:
        if self.chance(0.3):
            return self.op("div", self.number(), self.op("math.floor", self.number()))
        if self.chance(0.3):
            return self.effect("assert", self.compare("le"), const("too large"))
        return self.op("math." + self.random.choice(PARTIAL), self.number())

    def prints(self) -> Value:
        if self.chance(0.5):
            text = self.build.op(
                OPS["format"], self.number(), attributes={"template": ("v=", ("", ".3f"))}
            )
            return self.effect("print", text)
        return self.effect("print", self.number(), const("and"), self.number())

    def effect(self, name: str, *operands: Operand) -> Value:
        return self.build.op(OPS[name], *operands)

    # ------------------------------------------------------------------ operands

    def pick(self, *wanted: Type) -> Value | None:
        """A value of one of these types, one defined lately if possible."""
        found = [value for value in self.scope if value.type in wanted]
        if not found:
            return None
        return self.random.choice(found[-6:] if self.chance(0.6) else found)

    def number(self) -> Operand:
        if self.chance(0.07):
            return const(self.random.choice((1.5, -0.4, 2, 0.0)))
        found = [value for value in self.scope if _is_number(value)]
        return self.random.choice(found[-6:] if self.chance(0.6) else found)

    def any_sequence(self) -> Value | None:
        found = [value for value in self.scope if _is_numbers(value)]
        return self.random.choice(found) if found else None

    def sequence(self, kind: SequenceType) -> Operand:
        """A sequence of this type."""
        found = self.pick(kind)
        if found is not None:
            return found
        assert kind.element == FLOAT
        return self.op("pack", self.op("float", self.number()), container="list")

    def compare(self, name: str | None = None) -> Value:
        a, b = self.number(), self.number()
        if self.chance(0.4):
            b = const(self.random.choice((0.0, 0.5, -0.3)))
        return self.op(name or self.random.choice(COMPARISONS[:4]), a, b)

    def condition(self) -> Value:
        known = self.pick(BOOL)
        if known is not None and self.chance(0.3):
            return known
        if self.chance(0.2):
            place = self.pick(INT)
            if place is not None:
                return self.op("eq", self.op("mod", place, const(2)), const(0))
        if self.chance(0.2):
            return self.op("not", self.compare())
        if self.chance(0.15):
            return self.both(self.compare(), self.compare)
        return self.compare()

    def both(self, first: Operand, second: Callable[[], Value]) -> Value:
        """first and second, the second evaluated only if needed."""
        with self.region() as build:
            then = build.block(second())
        result = Value(join(BOOL, then.yields[0].type) or BOOL)  # type: ignore[index]
        self.build.add(If(first, then, Block((), (const(False),)), (result,), form="and"))
        self.scope.append(result)
        return result

    def fitting(self, kind: Type) -> Operand:
        """Something in scope that fits a type, converted if need be."""
        found = [value for value in self.scope if value.type != UNBOUND and fits(value.type, kind)]
        if found and self.chance(0.8):
            return self.random.choice(found[-5:] if self.chance(0.7) else found)
        match kind:
            case SequenceType():
                return self.sequence(kind)
            case TupleType():
                items = [self.op("float", self.number()) for _ in kind.items]
                return self.op("tuple", *items, container=kind.container)
            case ScalarType() if kind == INT:
                return const(self.random.randint(0, 2))
            case ScalarType() if kind == BOOL:
                return self.op("bool", self.number())
            case ScalarType() if kind == NP_FLOAT:
                return self.op("np.float64", self.number())
            case _:
                return self.op("float", self.number())

    @contextmanager
    def region(self, *arguments: Value) -> Iterator[Builder]:
        """Write into a new block, in which `arguments` are known too."""
        outer, known, half = self.build, len(self.scope), len(self.half_bound)
        self.build = Builder()
        self.scope += arguments
        yield self.build
        self.build = outer
        del self.scope[known:], self.half_bound[half:]

    # ------------------------------------------------------------------ branches

    def branch(self, depth: int) -> None:
        condition: Operand = self.condition()
        known: tuple[Value, Operand, int] | None = None
        if self.half_bound and self.chance(0.6):
            known = self.random.choice(self.half_bound)
            condition = known[1]
        kinds = [self.carried_type() for _ in range(self.random.randint(1, 3))]
        raising = self.random.randrange(2) if self.recipe.raising and self.chance(0.2) else None
        arms = [self.arm(depth, place, kinds, known, raises=place == raising) for place in range(2)]
        results = [Value(kind, self.name()) for kind in kinds]
        if raising is None and self.chance(0.4):
            unset = self.random.randrange(2)
            arms[unset] = Block(arms[unset].nodes, (*(arms[unset].yields or ()), UNBOUND_VALUE))
            with_value = arms[1 - unset]
            value = (with_value.yields or ())[0]
            arms[1 - unset] = Block(with_value.nodes, (*(with_value.yields or ()), value))
            half = Value(join(value.type, UNBOUND) or value.type, self.name())
            if isinstance(value.type, ScalarType):
                results.append(half)
                self.half_bound.append((half, condition, 1 - unset))
            else:
                arms = [Block(arm.nodes, (arm.yields or ())[:-1]) for arm in arms]
        self.build.add(If(condition, arms[0], arms[1], tuple(results)))
        self.scope += [each for each in results if not _may_be_unbound(each)]

    def arm(
        self,
        depth: int,
        place: int,
        kinds: Sequence[Type],
        known: tuple[Value, Operand, int] | None,
        raises: bool,
    ) -> Block:
        with self.region() as build:
            if known is not None and (known[2] == place or self.recipe.raising):
                attributes = {"name": known[0].name or "v"}
                self.scope.append(build.op(OPS["bound"], known[0], attributes=attributes))
            if self.chance(0.8):
                self.statements(depth - 1)
            if raises:
                text = const("no such branch")
                build.op(OPS["raise"], text, attributes={"exception": "ValueError"})
                return Block(tuple(build.nodes), None)
            yields = tuple(self.fitting(kind) for kind in kinds)
            return build.block(*yields)

    # ------------------------------------------------------------------ loops

    def carried_type(self) -> Type:
        kinds: list[Type] = [FLOAT, FLOAT, FLOAT, FLOAT, EITHER, INT, FLOATS, BOOL, PAIR]
        if self.recipe.numpy:
            kinds += [NP_FLOAT, MIXED]
        return self.random.choice(kinds)

    def name(self) -> str | None:
        return self.random.choice(("r", "s", "acc", None))

    def loop(self, depth: int) -> None:
        spaced, testing = self.chance(0.6), self.chance(0.3)
        consumed = self.consumed()
        if not (spaced or consumed or testing):
            spaced = True
        kinds = [self.carried_type() for _ in range(self.random.randint(0, 3))]
        inits = [self.fitting(kind) for kind in kinds]
        args = [Value(kind, self.name()) for kind in kinds]
        counter = Value(INT, "k")
        test = None
        if testing:
            kinds, inits, args = [*kinds, INT], [*inits, const(0)], [*args, counter]
            with self.region(*args) as build:
                test = build.block(self.test(counter))
        space = self.space() if spaced else None
        index = Value(INT, "i") if space is not None and self.chance(0.7) else None
        elements = [Value(each.type.element, "e") for each in consumed]  # type: ignore[union-attr]
        own = [*args, *elements, *([] if index is None else [index])]
        with self.region(*own) as build:
            self.statements(depth - 1)
            nexts = [self.following(arg, args) for arg in args]
            if testing:
                nexts[-1] = self.build.op(OPS["add"], counter, const(1))
            collects = [self.collected() for _ in range(self.random.choice((0, 0, 1, 1, 2)))]
            body = tuple(build.nodes)
        finals = [Value(arg.type, arg.name) for arg in args]
        sequences = [Value(SequenceType(each.type), self.name()) for each in collects]
        trips = Value(INT, "trips") if self.chance(0.2) else None
        self.build.add(
            Loop(
                inits=tuple(inits),
                args=tuple(args),
                nexts=tuple(nexts),
                finals=tuple(finals),
                body=body,
                space=space,
                index=index,
                consumed=tuple(consumed),
                elements=tuple(elements),
                collects=tuple(collects),
                sequences=tuple(sequences),
                test=test,
                trips=trips,
                backwards=not testing and self.chance(0.2),
            )
        )
        self.scope += [*finals, *sequences, *([] if trips is None else [trips])]

    def consumed(self) -> list[Value]:
        found = [value for value in self.scope if isinstance(value.type, SequenceType)]
        count = self.random.choice((0, 0, 1, 1, 2))
        return self.random.sample(found, min(count, len(found)))

    def space(self) -> Range:
        xs = self.any_sequence()
        if xs is not None and self.chance(0.3):
            return Range(const(0), self.op("len", xs), const(1))
        if self.chance(0.2):
            return Range(const(self.random.randint(2, 4)), const(0), const(-1))
        if self.chance(0.2):
            return Range(const(1), const(self.random.randint(0, 6)), const(2))
        stop = self.pick(INT) if self.chance(0.4) else None
        if stop is not None:
            stop = self.op("mod", stop, const(4))
        return Range(const(0), stop or const(self.random.randint(0, 3)), const(1))

    def test(self, counter: Value) -> Operand:
        limit = const(self.random.randint(0, 4))
        going = self.op("lt", counter, limit)
        if self.chance(0.5):
            return going
        return self.both(going, lambda: self.compare("lt"))

    def following(self, arg: Value, args: Sequence[Value]) -> Operand:
        """What an iteration hands on: another carried value, something new, the same again."""
        others = [each for each in args if each.type == arg.type and each is not arg]
        if others and self.chance(0.25):
            return self.random.choice(others)
        if self.chance(0.1):
            return arg
        if arg.type == FLOAT and not self.recipe.cheap and self.chance(0.4):
            return self.op("math." + self.random.choice(("sin", "tanh", "atan")), self.number())
        if arg.type == FLOAT and self.chance(0.4):
            return self.op("float", self.op("add", arg, self.number()))
        return self.fitting(arg.type)

    def collected(self) -> Operand:
        fit = [value for value in self.scope if _is_number(value) or _is_numbers(value)]
        return self.random.choice(fit[-5:] if self.chance(0.7) else fit)


def _is_number(value: Operand) -> bool:
    kind = value.type
    return isinstance(kind, ScalarType) and kind.may_be_float and not kind.may_be_unbound


def _may_be_unbound(value: Operand) -> bool:
    return isinstance(value.type, ScalarType) and value.type.may_be_unbound


def _is_numbers(value: Value) -> bool:
    return isinstance(value.type, SequenceType) and _is_number(Value(value.type.element))
