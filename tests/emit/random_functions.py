"""Random IR functions: every structure, few names, all that order and aliasing can break.

Values take their names from a small pool, so that names clash all the time. Operations that raise
and print stand everywhere, so that a changed order shows. Whoever draws decides by `Random` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np

from autodiff_compiler.errors import Span, Statement
from autodiff_compiler.ir.builder import UNBOUND_VALUE, Builder, const
from autodiff_compiler.ir.operation import Effect, OperandError
from autodiff_compiler.ir.types import (
    BOOL,
    FLOAT,
    INT,
    NP_FLOAT,
    Kind,
    ScalarType,
    SequenceType,
    Type,
    join,
)
from autodiff_compiler.ir.values import (
    Block,
    Call,
    Const,
    Function,
    If,
    Loop,
    Node,
    Op,
    Operand,
    Origin,
    Range,
    Value,
    results_of,
)
from autodiff_compiler.ir.walk import map_blocks
from autodiff_compiler.ops import OPS, effect_of

NAMES = [None] * 9 + ["x", "y", "z", "x_bar", "x_2", "np", "math", "len", "_", "x_saved"]
FLOATS = SequenceType(FLOAT)
ROWS = SequenceType(FLOATS)
SPAN = Span("source.py", 1, 0, 1, 1)
STATEMENTS = [
    Statement(Span("source.py", line, 0, line, 9), f"y = statement {line}") for line in range(2, 5)
]
SCALAR_OPS = [
    ("add", 2), ("add", 2), ("sub", 2), ("mul", 2), ("mul", 2), ("div", 2), ("neg", 1), ("max", 2),
    ("min", 2), ("abs", 1), ("math.sin", 1), ("math.log", 1), ("math.exp", 1), ("math.sqrt", 1),
    ("ieee_div", 2), ("sign", 1), ("np.sin", 1), ("np.log", 1), ("mod", 2), ("floordiv", 2),
    ("square", 1), ("select", 2), ("np.float64", 1),
]  # fmt: skip
COMPARISONS = ["lt", "le", "gt", "ge", "eq", "ne"]
CONSTANTS = [0.0, 1.0, -0.5, 2.0, 3.5, 1e300, float("inf")]


class Generator:
    """Draws one function. `acting` says whether operations may raise and print."""

    def __init__(self, random: Random, acting: bool = True, name: str = "f") -> None:
        self.random = random
        self.acting = acting
        self.name_of_function = name
        self.of_lists = random.random() < 0.3  # mostly lists, changed, handed on and collected
        self.left = random.choice([6, 12, 25, 50])
        self.callees: list[Function] = []

    def function(self, late: int = 0) -> Function:
        random = self.random
        kinds: list[Type] = [FLOAT, FLOAT, INT, FLOATS, FLOATS]
        if random.random() < 0.3:
            kinds += [ROWS]
        if random.random() < 0.3:
            kinds += [NP_FLOAT]
        names = ["x", "y", "n", "xs", "ys", "rows", "np", "len", "math", "a"]
        random.shuffle(names)
        if random.random() < 0.7:
            names = ["x", "y", "n", "xs", "ys", "rows", "u"]
        params = [Value(kind, name) for kind, name in zip(kinds, names, strict=False)]
        if self.name_of_function == "f" and random.random() < 0.2:
            inner = Generator(random, name="helper")
            inner.left = 5
            self.callees = [inner.function()]
        scope: list[Value] = list(params)
        build = Builder(self.origin(0 if late else None))
        self.nodes(build, scope, 0)
        if late:
            value = self.pick(scope, FLOAT)
            # As derivatives are: they neither raise nor act.
            names = [f"{random.choice(['out', 'x'])}_bar{i or ''}" for i in range(late)]
            arriving = [Value(FLOAT, name) for name in names]
            scope += arriving
            params += arriving
            self.acting, self.left = False, random.choice([4, 10, 20])
            build.origin = self.origin(1)
            self.nodes(build, scope, 0)
            rest = [self.any_operand(scope[-12:]) for _ in range(random.randint(1, 3))]
            rest.append(self.pick(scope[-8:], FLOATS))
            cotangents = build.op(OPS["tuple"], *rest, attributes={"container": "tuple"})
            result = build.op(OPS["tuple"], value, cotangents, attributes={"container": "tuple"})
        else:
            count = random.randint(1, 3)
            chosen = [self.any_operand(scope[-8:]) for _ in range(count)]
            result = build.op(OPS["tuple"], *chosen, attributes={"container": "tuple"})
            if random.random() < 0.3:
                result = self.any_operand(scope[-3:])  # type: ignore[assignment]
        body = with_exact_effects(build.block(result))
        return Function(self.name_of_function, tuple(params), body, late=late)

    # ------------------------------------------------------------------ small choices

    def origin(self, order: int | None = None) -> Origin:
        if order is None or not self.acting:
            order = self.random.choice([0, 0, 1]) if self.acting else 1
        return Origin(SPAN, self.random.choice(STATEMENTS), order)

    def name(self) -> str | None:
        return self.random.choice(NAMES)

    def fitting(self, scope: Sequence[Value], wanted: Type) -> list[Value]:
        return [value for value in scope if value.type == wanted]

    def pick(self, scope: Sequence[Value], wanted: Type) -> Operand:
        """An operand of this type: recent values more often, constants sometimes."""
        random = self.random
        found = self.fitting(scope, wanted)
        if found and random.random() < 0.85:
            return found[-1 - min(int(random.expovariate(0.4)), len(found) - 1)]
        match wanted:
            case ScalarType() if wanted == INT:
                return const(random.choice([0, 1, 2, -1]))
            case ScalarType() if wanted == BOOL:
                return const(random.random() < 0.5)
            case ScalarType() if wanted == NP_FLOAT:
                return const(np.float64(random.choice(CONSTANTS)))
            case ScalarType():
                name = random.choice([None, None, None, "RATE", "x"])
                value = random.choice(CONSTANTS)
                return const(value, name) if name is None else const(0.75, name)
        if found:
            return random.choice(found)
        if wanted == ROWS:
            return Const([[1.0, 2.0], []], ROWS)
        return Const([1.0, 2.5, -3.0][: random.randint(0, 3)], FLOATS)

    def number(self, scope: Sequence[Value]) -> Operand:
        numbers = [v for v in scope if isinstance(v.type, ScalarType) and v.type.kinds <= NUMBERS]
        if numbers and self.random.random() < 0.85:
            return numbers[-1 - min(int(self.random.expovariate(0.3)), len(numbers) - 1)]
        return self.pick(scope, FLOAT)

    def any_operand(self, scope: Sequence[Value]) -> Operand:
        usable = [v for v in scope if not isinstance(v.type, ScalarType) or v.type.kinds]
        return self.random.choice(usable) if usable else const(1.5)

    # ------------------------------------------------------------------ nodes

    def nodes(self, build: Builder, scope: list[Value], depth: int) -> None:
        count = self.random.randint(1, 8)
        while self.left > 0 and count > 0:
            count -= 1
            self.left -= 1
            if self.random.random() < 0.6:
                same = self.random.random() < 0.7
                build.origin = self.origin(build.origin.order if same else None)
            self.node(build, scope, depth)

    def node(self, build: Builder, scope: list[Value], depth: int) -> None:
        draw = self.random.random()
        if self.of_lists and draw > 0.4:
            self.update(build, scope) if draw < 0.85 else self.sequence(build, scope)
        elif depth < 3 and draw < 0.12:
            self.branch(build, scope, depth)
        elif depth < 3 and draw < 0.26:
            self.loop(build, scope, depth)
        elif draw < 0.30:
            self.sequence(build, scope)
        elif draw < 0.42:
            self.update(build, scope)
        elif self.acting and draw < 0.46:
            self.act(build, scope)
        elif self.acting and self.callees and draw < 0.5:
            callee = self.callees[0]
            operands = tuple(self.pick(scope, param.type) for param in callee.params)
            yields = callee.body.yields
            assert yields is not None
            build.add(Call(callee, operands, result := Value(yields[0].type, self.name())))
            scope.append(result)
        elif draw < 0.56:
            comparison = OPS[self.random.choice(COMPARISONS)]
            condition = build.op(comparison, self.number(scope), self.number(scope))
            if self.random.random() < 0.3:
                condition = build.op(OPS["not"], condition)
            scope.append(build.op(OPS["bool"], condition, name=self.name()))
        elif draw < 0.62:
            self.integer(build, scope)
        else:
            self.scalar(build, scope)

    def scalar(self, build: Builder, scope: list[Value]) -> None:
        name, count = self.random.choice(SCALAR_OPS)
        operands = [self.number(scope) for _ in range(count)]
        if name == "square":
            name, operands = "pow", [*operands, const(2)]
        if name == "select":
            operands.insert(0, self.pick(scope, BOOL))
        if not self.acting and (
            name in ("div", "mod", "floordiv", "pow") or name.startswith("math.")
        ):
            name, operands = "ieee_div" if count == 2 else "neg", operands[:count]
        if not self.acting:
            operands = [self.pick(scope, FLOAT) if o.type == INT else o for o in operands]
        if name == "sign" and operands[0].type == MIXED:
            name = "neg"
        try:
            scope.append(build.op(OPS[name], *operands, name=self.name()))
        except OperandError:
            pass

    def act(self, build: Builder, scope: Sequence[Value]) -> None:
        draw = self.random.random()
        if draw < 0.5:
            build.op(OPS["print"], self.any_operand(scope), self.number(scope))
        elif draw < 0.8:
            template = ("{x} is '", ("r", ""), '"', ("", ".3f"))
            operands = self.any_operand(scope), self.number(scope)
            text = build.op(OPS["format"], *operands, attributes={"template": template})
            build.op(OPS["print"], text, attributes={"end": "; "})
        else:
            message = [const("wrong")] if draw < 0.9 else []
            build.op(OPS["assert"], self.pick(scope, BOOL), *message)

    def integer(self, build: Builder, scope: list[Value]) -> None:
        if self.random.random() < 0.4:
            made = build.op(OPS["len"], self.pick(scope, FLOATS), name=self.name())
        else:
            operands = self.pick(scope, INT), const(self.random.choice([1, 2, -1]))
            made = build.op(OPS[self.random.choice(["add", "sub"])], *operands, name=self.name())
        scope.append(made)

    def sequence(self, build: Builder, scope: list[Value]) -> None:
        draw = self.random.random()
        if self.of_lists:
            draw *= 0.7  # lists only
        if draw < 0.3:
            made = build.op(OPS["zeros_like"], self.pick(scope, FLOATS), name=self.name())
        elif draw < 0.5:
            items = [self.pick(scope, FLOAT) for _ in range(self.random.randint(1, 3))]
            made = build.op(OPS["pack"], *items, name=self.name(), attributes={"container": "list"})
        elif draw < 0.6:
            xs = self.pick(scope, FLOATS)
            zeros = build.op(OPS["zeros_like"], xs)
            made = build.op(OPS["seq_add"], xs, zeros, name=self.name())
        elif draw < 0.7:
            made = build.op(OPS["fill"], self.pick(scope, FLOAT), const(3), name=self.name())
        elif draw < 0.8 or not self.acting:
            made = build.op(OPS["sum_from"], self.pick(scope, FLOATS), const(0.0), name=self.name())
        else:
            operands = self.pick(scope, FLOATS), self.pick(scope, INT)
            made = build.op(OPS["getitem"], *operands, name=self.name())
        scope.append(made)

    def update(self, build: Builder, scope: list[Value]) -> None:
        base = self.pick(scope, FLOATS)
        if isinstance(base, Const):  # most others have an element
            base = self.random.choice(self.fitting(scope, FLOATS))
        value = self.pick(scope, FLOAT)
        if not self.acting:  # an index that exists
            zeros = build.op(OPS["pack"], value, const(1.0), attributes={"container": "list"})
            known = [v for v in scope if v in self.long_enough]
            base = self.random.choice(known) if known else zeros
            made = build.op(OPS["index_add"], base, const(0), value, name=self.name())
            self.long_enough.add(made)
        else:
            index = self.pick(scope, INT) if self.random.random() < 0.2 else const(0)
            made = build.op(OPS["index_add"], base, index, value, name=self.name())
        scope.append(made)

    @property
    def long_enough(self) -> set[Value]:
        """Lists that certainly have an element."""
        if not hasattr(self, "_long_enough"):
            self._long_enough: set[Value] = set()
        return self._long_enough

    # ------------------------------------------------------------------ branches

    def branch(self, build: Builder, scope: list[Value], depth: int) -> None:
        random = self.random
        condition = self.pick(scope, BOOL)
        if random.random() < 0.3:
            self.expression_branch(build, scope, condition, depth)
            return
        arms, scopes = [], []
        for _ in range(2):
            inside, inner = list(scope), Builder(build.origin)
            if random.random() < 0.85:
                self.nodes(inner, inside, depth + 1)
            arms.append(inner)
            scopes.append(inside)
        results: list[Value] = []
        yields: tuple[list[Operand], list[Operand]] = ([], [])
        for _ in range(random.randint(0, 3)):
            wanted = FLOATS if self.of_lists else random.choice([FLOAT, FLOAT, FLOATS, INT, ROWS])
            if wanted == ROWS and not self.fitting(scope, ROWS):
                continue
            handed: list[Operand] = [self.pick(each, wanted) for each in scopes]
            found: Type = wanted
            if wanted == FLOAT and random.random() < 0.15:
                place = random.randint(0, 1)
                handed[place] = UNBOUND_VALUE
                found = join(FLOAT, UNBOUND_VALUE.type) or FLOAT
            results.append(Value(found, self.name()))
            yields[0].append(handed[0])
            yields[1].append(handed[1])
        blocks = [Block(tuple(b.nodes), tuple(y)) for b, y in zip(arms, yields, strict=True)]
        if self.acting and random.random() < 0.1:
            place = random.randint(0, 1)
            message = [const("wrong")] if random.random() < 0.5 else []
            arms[place].op(OPS["raise"], *message, attributes={"exception": "ValueError"})
            blocks[place] = Block(tuple(arms[place].nodes), None)
        build.add(If(condition, *blocks, tuple(results), origin=build.origin))
        for result in results:
            if result.type in (FLOAT, FLOATS, INT, ROWS):
                scope.append(result)
            elif self.acting:
                bound = build.op(OPS["bound"], result, attributes={"name": "x"})
                if bound.type == FLOAT:
                    scope.append(bound)

    def expression_branch(
        self, build: Builder, scope: list[Value], condition: Operand, depth: int
    ) -> None:
        random = self.random
        wanted = random.choice([FLOAT, BOOL])
        blocks = []
        for _ in range(2):
            inside, inner = list(scope), Builder(build.origin)
            for _ in range(random.randint(0, 2)):
                if wanted == FLOAT:
                    self.scalar(inner, inside)
                else:
                    comparison = OPS[random.choice(COMPARISONS)]
                    found = inner.op(comparison, self.number(inside), self.number(inside))
                    inside.append(inner.op(OPS["bool"], found))
            yielded = self.pick(inside, wanted)
            blocks.append(Block(tuple(inner.nodes), (yielded,)))
        form = "ifexp"
        if wanted == BOOL:
            form = random.choice(["and", "or"])
            blocks[form == "and"] = Block((), (condition,))
        result = Value(wanted, self.name())
        build.add(If(condition, *blocks, (result,), form, build.origin))
        scope.append(result)

    # ------------------------------------------------------------------ loops

    def loop(self, build: Builder, scope: list[Value], depth: int) -> None:
        random = self.random
        origin = build.origin
        backwards = random.random() < 0.4
        inits, args = self.carried(scope)
        kinds = [FLOATS, FLOATS, ROWS] if self.fitting(scope, ROWS) else [FLOATS]
        consumed = [
            self.pick(scope, random.choice(kinds)) for _ in range(random.choice([0, 0, 1, 1, 2]))
        ]
        elements = [Value(each.type.element, self.name()) for each in consumed]  # type: ignore[union-attr]
        space, index = self.space(build, scope, consumed)
        test = None
        if (not backwards and random.random() < 0.25) or (space is None and not consumed):
            backwards = False
            test, counter = self.test(build, scope, args)
            inits.append(const(0))
            args.append(counter)
        inside = [*scope, *args, *elements, *([index] if index else [])]
        if test is not None and random.random() < 0.3:
            args.pop()  # so that it comes first
            inits.insert(0, inits.pop())
            args.insert(0, counter)
        inner = Builder(origin)
        self.nodes(inner, inside, depth + 1)
        nexts: list[Operand] = []
        for arg in args:
            if test is not None and arg is counter:
                nexts.append(inner.op(OPS["add"], counter, const(1), name=self.name()))
            elif random.random() < 0.3:
                nexts.append(random.choice(self.fitting(args, arg.type)))
            else:
                recent = self.fitting(inside[len(scope) :], arg.type)
                nexts.append(random.choice(recent))
        inner_values = inside[len(scope) :]
        if self.of_lists:
            inner_values = self.fitting(inside, FLOATS)
        collects = [self.any_operand(inner_values) for _ in range(random.choice([0, 0, 1, 1, 2]))]
        collects = [each for each in collects if each.type in (FLOAT, FLOATS)]
        sequences = [Value(SequenceType(each.type), self.name()) for each in collects]
        loop = Loop(
            inits=tuple(inits),
            args=tuple(args),
            nexts=tuple(nexts),
            finals=tuple(Value(arg.type, self.like(arg.name)) for arg in args),
            body=tuple(inner.nodes),
            space=space,
            index=index,
            consumed=tuple(consumed),
            elements=tuple(elements),
            collects=tuple(collects),
            sequences=tuple(sequences),
            test=test,
            trips=Value(INT, self.name()) if random.random() < 0.15 else None,
            backwards=backwards,
            origin=origin,
        )
        build.add(loop)
        scope += [each for each in results_of(loop) if each.type != BOOL]

    def like(self, name: str | None) -> str | None:
        """Often the same name."""
        return name if self.random.random() < 0.65 else self.name()

    def carried(self, scope: Sequence[Value]) -> tuple[list[Operand], list[Value]]:
        inits, args = [], []
        for _ in range(self.random.choice([0, 1, 2, 2, 3, 4])):
            wanted = self.random.choice([FLOAT, FLOAT, FLOAT, FLOATS, INT])
            wanted = FLOATS if self.of_lists else wanted
            init = self.pick(scope, wanted)
            inits.append(init)
            args.append(Value(wanted, self.like(init.name)))
        return inits, args

    def space(
        self, build: Builder, scope: Sequence[Value], consumed: Sequence[Operand]
    ) -> tuple[Range | None, Value | None]:
        random = self.random
        if consumed and random.random() < 0.5:
            return None, None
        if not consumed and random.random() < 0.2:
            return None, None
        stop: Operand = const(random.randint(0, 4))
        draw = random.random()
        if consumed and draw < 0.5:
            stop = build.op(OPS["len"], random.choice(consumed))
        elif draw < 0.6:
            small = [v for v in scope if v.name == "n" and v.type == INT]
            stop = small[0] if small else stop
        start, step = const(0), const(1)
        if random.random() < 0.2:
            start, step = const(random.randint(-1, 1)), const(random.choice([1, 2, -1]))
        index = Value(INT, self.name()) if random.random() < 0.7 else None
        return Range(start, stop, step), index

    def test(
        self, build: Builder, scope: Sequence[Value], args: Sequence[Value]
    ) -> tuple[Block, Value]:
        """A test that fails after a few iterations at the latest."""
        random = self.random
        counter = Value(INT, self.name())
        inner = Builder(build.origin)
        few = inner.op(OPS["lt"], counter, const(random.randint(0, 4)))
        if random.random() < 0.5:
            return inner.block(few), counter
        inside = [*scope, *args]
        more = Builder(build.origin)
        for _ in range(random.randint(0, 2)):
            self.scalar(more, inside)
        other = more.op(OPS["lt"], self.number(inside), self.number(inside))
        other = more.op(OPS["bool"], other)
        result = Value(BOOL)
        inner.add(If(few, more.block(other), Block((), (few,)), (result,), "and", build.origin))
        return inner.block(result), counter


def with_exact_effects(block: Block) -> Block:
    """The block, with every operation that may raise the user's own: what a derivative adds never
    raises where the primal does not."""

    def exact(node: Node) -> Node:
        if isinstance(node, Op) and effect_of(node) is Effect.RAISES:
            return replace(node, origin=replace(node.origin, order=0))
        return map_blocks(node, with_exact_effects)

    return Block(tuple(map(exact, block.nodes)), block.yields)


NUMBERS = frozenset({Kind.FLOAT, Kind.INT, Kind.NP_FLOAT})
MIXED = ScalarType(frozenset({Kind.FLOAT, Kind.NP_FLOAT}))
