"""Random expressions of a known kind, bounded so that most programs stay finite.

Every expression comes with a bound on its magnitude, which is what keeps exponentials, powers and
divisors tame; a few are left unguarded, so that some programs raise or overflow as Python does.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from .choices import Choices, flag, number, pick, weighted
from .elementary import ABOVE_ONE, ANY, GAMMA, POSITIVE, SMALL, TABLE, UNIT, Elementary

LOOP_BOUND = 20.0  # what a variable that a loop updates is taken to stay below
ASSIGNED_BOUND = 60.0


@dataclass(frozen=True)
class Expression:
    """Text, a bound on the magnitude, and whether the value may be an int."""

    text: str
    bound: float
    literal: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Variable:
    """What a name holds: "float", "num" (a float or an int, by what ran), "int", "bool", "list"
    or "tuple" of numbers; its bound; a sequence's least length and whether it may hold ints;
    whether it is a module's constant, and whether it was bound outside of loops.
    """

    kind: str
    bound: float
    length: int = 0
    is_global: bool = False
    whole: bool = False
    sure: bool = True

    @property
    def is_real(self) -> bool:
        return self.kind in ("float", "num")


@dataclass(frozen=True)
class Helper:
    """A function that may be called here: parameter names, how many have defaults, result."""

    name: str
    parameters: tuple[str, ...]
    defaults: int
    bound: float
    pair: bool = False
    tag: str = ""
    whole: bool = True
    kinds: tuple[str, ...] = ()


@dataclass
class Scope:
    """What is certainly bound at a point of a function."""

    variables: dict[str, Variable] = field(default_factory=dict)
    helpers: dict[str, Helper] = field(default_factory=dict)
    protected: set[str] = field(default_factory=set)  # must not be assigned: loop control
    updated: set[str] = field(default_factory=set)  # changed by augmented assignment in loops
    taken: set[str] = field(default_factory=set)  # names that mean something else

    def copy(self) -> Scope:
        return Scope(
            dict(self.variables), dict(self.helpers), set(self.protected), set(self.updated),
            self.taken,
        )  # fmt: skip

    def names(self, *kinds: str) -> list[str]:
        return [name for name, variable in self.variables.items() if variable.kind in kinds]

    def reals(self) -> list[str]:
        return self.names("float", "num")


_CALLABLE = tuple(entry for entry in TABLE if entry.kind == "float")
_TO_INT = tuple(entry for entry in TABLE if entry.kind == "int")
# Everyday functions come up more often than the rest.
_COMMON = {"math.sin", "math.cos", "math.exp", "math.tanh", "math.log", "math.sqrt",
           "np.sin", "np.cos", "np.exp", "np.tanh", "np.log", "np.sqrt"}  # fmt: skip
_MATH = [(12 if e.name in _COMMON else 2, e) for e in _CALLABLE if e.name.startswith("math.")]
_NUMPY = [(12 if e.name in _COMMON else 2, e) for e in _CALLABLE if e.name.startswith("np.")]


def tidy(text: str) -> str:
    """The expression with no more parentheses than it needs."""
    return ast.unparse(ast.parse(text, mode="eval"))


class Expressions:
    """Writes expressions; `tags` collects the constructs used."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.tags: set[str] = set()
        self.use_numpy = flag(choices, 60)
        self.loops = 0

    def flag(self, percent: int) -> bool:
        return flag(self.choices, percent)

    def tag(self, *names: str) -> None:
        self.tags.update(names)

    # Floats

    def real(self, scope: Scope, depth: int, limit: float = 1e3) -> Expression:
        """A float-valued expression whose magnitude stays below the limit."""
        return self.limited(self._real(scope, depth), limit)

    def limited(self, expression: Expression, limit: float) -> Expression:
        if expression.bound <= limit:
            return expression
        wrappers: list[tuple[int, tuple[str, float]]] = [
            (8, ("math.tanh({})", 1.0)), (8, ("math.sin({})", 1.0)), (4, ("math.cos({})", 1.0)),
            (3, ("math.atan({})", 1.6)), (1, ("({}) % 1.75", 1.75)),
            (2, ("min(max({}, -1.5), 1.5)", 1.5)),
        ]  # fmt: skip
        if self.use_numpy:
            wrappers += [(4, ("np.tanh({})", 1.0)), (4, ("np.sin({})", 1.0))]
        fitting = [wrapper for wrapper in wrappers if wrapper[1][1] <= limit] or wrappers[:2]
        template, bound = weighted(self.choices, fitting)
        if template.startswith("np."):
            expression = self.as_float(expression)
        whole = expression.whole and template.startswith("min")
        return Expression(template.format(expression.text), bound, whole=whole)

    def as_float(self, expression: Expression) -> Expression:
        """The expression, as a float whatever ran: NumPy's functions keep ints as its own ints."""
        if not expression.whole:
            return expression
        template = pick(self.choices, ["1.0 * ({})", "float({})", "({}) / 1.0"])
        return Expression(template.format(expression.text), expression.bound)

    def variable(self, scope: Scope, name: str) -> Expression:
        variable = scope.variables[name]
        bound = max(variable.bound, LOOP_BOUND) if name in scope.updated else variable.bound
        return Expression(name, bound, whole=variable.kind in ("num", "int"))

    def literal(self) -> Expression:
        texts = [
            "1.0",
            "0.5",
            "2.0",
            "0.25",
            "1.5",
            "-0.75",
            "3.0",
            "1e-2",
            "0.1",
            "2",
            "1",
            "3",
        ]
        if self.flag(25):
            value = number(self.choices, -2.0, 2.0)
            return Expression(repr(value), abs(value) + 0.01, literal=True)
        if self.flag(4):
            name = pick(self.choices, ["math.pi", "math.e"])
            self.tag("math constant")
            return Expression(name, 3.2, literal=True)
        text = pick(self.choices, texts)
        return Expression(text, abs(float(text)), literal=True, whole=text in "213")

    def _real(self, scope: Scope, depth: int) -> Expression:
        names = scope.reals()
        if depth <= 0 or not names:
            if names and not self.flag(16):
                return self._leaf(scope, depth)
            return self.literal()
        kinds = [
            (6, self._leaf), (26, self._arithmetic), (14, self._math), (4, self._negated),
            (6, self._divided), (9, self._power), (6, self._conditional), (7, self._builtin),
            (5, self._with_int), (2, self._modulo), (1, self._from_bool), (1, self._or_value),
        ]  # fmt: skip
        if self.use_numpy:
            kinds.append((12, self._numpy))
        if scope.helpers:
            kinds.append((12, self._called))
        if scope.names("list", "tuple"):
            kinds.append((8, self._element))
        return weighted(self.choices, kinds)(scope, depth - 1)

    def _leaf(self, scope: Scope, depth: int) -> Expression:
        names = scope.reals()
        if self.flag(45):  # what was computed last is used most
            names = names[-3:]
        return self.variable(scope, pick(self.choices, names))

    def _arithmetic(self, scope: Scope, depth: int) -> Expression:
        left, right = self._real(scope, depth), self._real(scope, depth)
        if left.literal and right.literal:
            left = self._leaf(scope, 0)
        symbol = pick(self.choices, "+*-")
        if symbol == "-" and left.text == right.text and not self.flag(10):
            symbol = "+"
        bound = left.bound * right.bound if symbol == "*" else left.bound + right.bound
        whole = left.whole and right.whole
        return Expression(f"({left.text} {symbol} {right.text})", bound, whole=whole)

    def _divided(self, scope: Scope, depth: int) -> Expression:
        top = self._real(scope, depth)
        if self.flag(3):
            self.tag("unguarded")
            return Expression(f"({top.text} / {self._leaf(scope, 0).text})", top.bound * 5)
        below = self.guarded(self._real(scope, depth), POSITIVE)
        return Expression(f"({top.text} / ({below.text}))", top.bound * 2.5)

    def _negated(self, scope: Scope, depth: int) -> Expression:
        inner = self._real(scope, depth)
        sign = "+" if self.flag(10) else "-"
        return Expression(f"({sign}({inner.text}))", inner.bound, whole=inner.whole)

    def _power(self, scope: Scope, depth: int) -> Expression:
        base = self._real(scope, depth)
        style = weighted(
            self.choices, [(40, "square"), (15, "cube"), (15, "int"), (12, "float"), (8, "pow"),
                           (6, "inverse"), (8, "of literal")],
        )  # fmt: skip
        self.tag("power")
        match style:
            case "square" | "cube":
                base = self.limited(base, 30.0)
                order = 2 if style == "square" else 3
                text = f"(({base.text}) ** {order})"
                return Expression(text, base.bound**order, whole=base.whole)
            case "int":
                base = self.limited(base, 4.0)
                exponent = self.small_int(scope, 3)
                bound = max(1.0, base.bound) ** 3
                text = f"(({base.text}) ** ({exponent.text}))"
                if self.flag(25):
                    text = f"pow({base.text}, {exponent.text})"
                return Expression(text, bound, whole=base.whole)
            case "float":
                base, exponent = self.guarded(base, POSITIVE), self._real(scope, depth)
                exponent = self.limited(exponent, 2.0)
                text = f"(({base.text}) ** ({exponent.text}))"
                whole = base.whole and exponent.whole
                return Expression(text, (base.bound + 2.5) ** 2, whole=whole)
            case "pow":
                base = self.guarded(base, POSITIVE)
                exponents = ["2", "0.5", "1.5", "-1", "3", "-0.5"]
                text = f"pow({base.text}, {pick(self.choices, exponents)})"
                return Expression(text, (base.bound + 2.5) ** 3, whole=base.whole)
            case "inverse":
                base = self.guarded(base, POSITIVE)
                text = pick(self.choices, ["-1", "-2", "0.5", "1.5", "-1.5"])
                return Expression(f"(({base.text}) ** ({text}))", (base.bound + 2.5) ** 2)
            case _:
                exponent = self.limited(base, 4.0)
                text = pick(self.choices, ["2.0", "0.5", "2", "1.5"])
                whole = exponent.whole and text == "2"
                return Expression(f"({text} ** ({exponent.text}))", 16.0, whole=whole)

    def _conditional(self, scope: Scope, depth: int) -> Expression:
        yes, no = self._real(scope, depth), self._real(scope, depth)
        test = self.condition(scope, 1)
        self.tag("conditional expression")
        text = f"({yes.text} if {test} else {no.text})"
        return Expression(text, max(yes.bound, no.bound), whole=yes.whole or no.whole)

    def _math(self, scope: Scope, depth: int) -> Expression:
        return self._elementary(scope, depth, weighted(self.choices, _MATH))

    def _numpy(self, scope: Scope, depth: int) -> Expression:
        self.tag("np function")
        if self.flag(3):
            inner = self.as_float(self._real(scope, depth))
            return Expression(f"np.clip({inner.text}, -1.25, 1.5)", 1.5)
        return self._elementary(scope, depth, weighted(self.choices, _NUMPY))

    def _elementary(self, scope: Scope, depth: int, entry: Elementary) -> Expression:
        guards = entry.guards
        if self.flag(2):
            self.tag("unguarded")
            guards = (ANY,) * len(guards)
        arguments = []
        for position, guard in enumerate(guards):
            inner = self._real(scope, depth if position == 0 else min(depth, 1))
            argument = self.guarded(inner, guard)
            if entry.name.startswith("np."):
                argument = self.as_float(argument)
            arguments.append(argument)
        bounds = [argument.bound for argument in arguments]
        try:
            bound = entry.bound(*bounds)
        except (ValueError, OverflowError):
            bound = 1e3
        if entry.name.startswith("math."):
            self.tag("math function")
        joined = ", ".join(argument.text for argument in arguments)
        return Expression(f"{entry.name}({joined})", bound)

    def guarded(self, inner: Expression, guard: str) -> Expression:
        """The expression, changed so that it keeps to what a function accepts."""
        text, bound = inner.text, inner.bound
        match guard:
            case _ if guard == UNIT:
                template = pick(self.choices, ["0.9 * math.sin({})", "math.tanh({}) * 0.85"])
                return Expression(template.format(text), 0.9)
            case _ if guard == POSITIVE:
                if self.flag(45):
                    squared = self.limited(inner, 30.0)
                    text = f"({squared.text}) ** 2 + {pick(self.choices, ['1.0', '1', '0.5'])}"
                    return Expression(text, squared.bound**2 + 1, whole=squared.whole)
                if self.flag(30):
                    return Expression(f"1.5 + math.sin({text})", 2.5)
                return Expression(f"abs({text}) + 0.5", bound + 0.5)
            case _ if guard == SMALL:
                return self.limited(inner, 4.0)
            case _ if guard == ABOVE_ONE:
                return Expression(f"abs({text}) + 1.25", bound + 1.25)
            case _ if guard == GAMMA:
                return Expression(f"2.0 + math.sin({text})", 3.0)
            case _:
                return inner

    def _builtin(self, scope: Scope, depth: int) -> Expression:
        name = weighted(
            self.choices, [(25, "abs"), (25, "max"), (20, "min"), (8, "float"), (8, "sum"),
                           (5, "round"), (3, "float of int"), (8, "max of many")],
        )  # fmt: skip
        inner = self._real(scope, depth)
        match name:
            case "abs":
                self.tag("abs")
                return Expression(f"abs({inner.text})", inner.bound, whole=inner.whole)
            case "max" | "min":
                other = self._real(scope, min(depth, 1))
                self.tag("min or max")
                text = f"{name}({inner.text}, {other.text})"
                whole = inner.whole or other.whole
                return Expression(text, max(inner.bound, other.bound), whole=whole)
            case "max of many":
                self.tag("min or max")
                function = pick(self.choices, ["max", "min"])
                sequences = self.nonempty(scope)
                if sequences:
                    name = pick(self.choices, sequences)
                    sequence = scope.variables[name]
                    return Expression(f"{function}({name})", sequence.bound, whole=sequence.whole)
                items = [inner, *(self._real(scope, 0) for _ in range(2))]
                text = ", ".join(item.text for item in items)
                bound = max(item.bound for item in items)
                whole = any(item.whole for item in items)
                return Expression(f"{function}({text})", bound, whole=whole)
            case "sum":
                self.tag("sum")
                sequences = scope.names("list", "tuple")
                if sequences and self.flag(70):
                    name = pick(self.choices, sequences)
                    start = ", 0.5" if self.flag(15) else ""
                    bound = 5 * scope.variables[name].bound
                    return Expression(f"sum({name}{start})", bound, whole=not start)
                items = [inner]
                items += [self._real(scope, 0) for _ in range(self.choices.integer(1, 3))]
                text = ", ".join(item.text for item in items)
                template = pick(self.choices, ["sum([{}])", "sum(({}))"])
                bound = sum(item.bound for item in items)
                whole = all(item.whole for item in items)
                return Expression(template.format(text), bound, whole=whole)
            case "float":
                self.tag("float()")
                return Expression(f"float({inner.text})", inner.bound)
            case "float of int":
                self.tag("float()")
                number_ = self.whole(scope, 1)
                return Expression(f"float({number_.text})", number_.bound)
            case _:
                self.tag("round")
                digits = pick(self.choices, ["2", "1", "3"])
                text = f"round({inner.text}, {digits})"
                return Expression(text, inner.bound + 1, whole=inner.whole)

    def _with_int(self, scope: Scope, depth: int) -> Expression:
        inner, whole = self._real(scope, depth), self.whole(scope, 1)
        self.tag("int with float")
        symbol = pick(self.choices, "*+-")
        texts = [inner.text, whole.text] if self.flag(50) else [whole.text, inner.text]
        bound = inner.bound * whole.bound if symbol == "*" else inner.bound + whole.bound
        text = f"(({texts[0]}) {symbol} ({texts[1]}))"
        return Expression(text, bound, whole=inner.whole)

    def _modulo(self, scope: Scope, depth: int) -> Expression:
        inner = self._real(scope, depth)
        below = pick(self.choices, ["1.5", "2.0", "0.75", "3", "-1.25"])
        divisor = Expression(below, abs(float(below)), whole=below == "3")
        if self.flag(30):
            divisor = self.guarded(self._real(scope, 0), POSITIVE)
        if self.flag(45):
            self.tag("floor division")
            text = f"(({inner.text}) // ({divisor.text}))"
            whole = inner.whole and divisor.whole
            return Expression(text, inner.bound * 2.5 + 1, whole=whole)
        self.tag("modulo")
        text = f"(({inner.text}) % ({divisor.text}))"
        return Expression(text, divisor.bound, whole=inner.whole and divisor.whole)

    def _from_bool(self, scope: Scope, depth: int) -> Expression:
        inner = self._real(scope, depth)
        self.tag("bool as number")
        text = f"(({self.condition(scope, 0)}) * ({inner.text}))"
        return Expression(text, inner.bound, whole=inner.whole)

    def _or_value(self, scope: Scope, depth: int) -> Expression:
        left, right = self._leaf(scope, depth), self._real(scope, depth)
        self.tag("and/or as value")
        symbol = pick(self.choices, ["or", "and"])
        text = f"({left.text} {symbol} {right.text})"
        whole = left.whole or right.whole
        return Expression(text, max(left.bound, right.bound), whole=whole)

    def _element(self, scope: Scope, depth: int) -> Expression:
        sequences = self.nonempty(scope)
        if not sequences:
            return self._leaf(scope, depth)
        name = pick(self.choices, sequences)
        variable = scope.variables[name]
        index = str(self.choices.integer(0, variable.length - 1))
        if self.flag(25):
            index = f"-{self.choices.integer(1, variable.length)}"
        elif self.flag(25) and scope.names("int"):
            index = f"({self.whole(scope, 0).text}) % len({name})"
            self.tag("len")
        self.tag("indexing")
        return Expression(f"{name}[{index}]", variable.bound, whole=variable.whole)

    def nonempty(self, scope: Scope) -> list[str]:
        return [name for name in scope.names("list", "tuple") if scope.variables[name].length]

    def _called(self, scope: Scope, depth: int) -> Expression:
        helper = pick(self.choices, list(scope.helpers.values()))
        expression = self.call(scope, helper, depth)
        if not helper.pair:
            return expression
        text = f"{expression.text}[{self.choices.integer(0, 1)}]"
        return Expression(text, helper.bound, whole=helper.whole)

    def call(self, scope: Scope, helper: Helper, depth: int) -> Expression:
        """A call, by position or keyword, some defaults left to themselves."""
        self.tag("call of a helper", helper.tag)
        parameters = list(helper.parameters)
        if helper.defaults and self.flag(60):
            del parameters[len(parameters) - helper.defaults :]
        arguments = []
        for position, parameter in enumerate(parameters):
            if helper.kinds and helper.kinds[position] == "int":
                argument = self.small_int(scope, 4)
            elif self.flag(10) and scope.names("int"):
                argument = self.whole(scope, 0)
            else:
                argument = self.real(scope, depth if position == 0 else 0, ASSIGNED_BOUND)
            arguments.append((parameter, argument.text))
        texts = [text for _, text in arguments]
        keyword = "lambda" not in helper.tag and self.flag(20)
        if keyword and arguments:
            start = self.choices.integer(0, len(arguments) - 1)
            named = [f"{parameter}={text}" for parameter, text in arguments[start:]]
            texts = texts[:start] + (named[::-1] if self.flag(30) else named)
            self.tag("keyword call")
        text = f"{helper.name}({', '.join(texts)})"
        return Expression(text, helper.bound, whole=helper.whole)

    # Ints

    def whole(self, scope: Scope, depth: int) -> Expression:
        """An int-valued expression."""
        names = scope.names("int")
        simple = [(30, "literal"), (45 if names else 0, "name")]
        if depth > 0:
            simple += [(25, "arithmetic"), (8, "rounded"), (4, "len"), (4, "conditional"),
                       (5, "extreme")]  # fmt: skip
        match weighted(self.choices, simple):
            case "name":
                return self.variable(scope, pick(self.choices, names))
            case "arithmetic":
                left, right = self.whole(scope, 0), self.whole(scope, 0)
                symbol = pick(self.choices, ["+", "-", "*", "//", "%"])
                if symbol in ("//", "%"):
                    self.tag("int division")
                    return Expression(
                        f"({left.text} {symbol} {pick(self.choices, '234')})", left.bound
                    )
                bound = left.bound * right.bound if symbol == "*" else left.bound + right.bound
                return Expression(f"({left.text} {symbol} {right.text})", bound)
            case "rounded":
                inner = self.real(scope, 1, ASSIGNED_BOUND)
                names = ["int", "round", *(entry.name for entry in _TO_INT)]
                name = pick(self.choices, names)
                self.tag(
                    "int()" if name == "int" else "round" if name == "round" else "floor to int"
                )
                return Expression(f"{name}({inner.text})", inner.bound + 1)
            case "len" if scope.names("list", "tuple"):
                name = pick(self.choices, scope.names("list", "tuple"))
                self.tag("len")
                return Expression(f"len({name})", 5.0)
            case "conditional":
                left, right = self.whole(scope, 0), self.whole(scope, 0)
                text = f"({left.text} if {self.condition(scope, 0)} else {right.text})"
                return Expression(text, max(left.bound, right.bound))
            case "extreme":
                left, right = self.whole(scope, 0), self.whole(scope, 0)
                name = pick(self.choices, ["max", "min"])
                text = f"{name}({left.text}, {right.text})"
                return Expression(text, max(left.bound, right.bound))
            case _:
                value = self.choices.integer(0, 4)
                return Expression(str(value), float(value), literal=True)

    def small_int(self, scope: Scope, largest: int) -> Expression:
        """An int from 0 to the given one."""
        value = self.whole(scope, 1)
        if value.literal and value.bound <= largest:
            return value
        if self.flag(20):
            return Expression(f"min(abs({value.text}), {largest})", largest)
        return Expression(f"(({value.text}) % {largest + 1})", largest)

    # Conditions

    def condition(self, scope: Scope, depth: int) -> str:
        """A condition's text, without parentheses around it."""
        kinds = [
            (40, "compare"),
            (8 if scope.names("int") else 0, "int"),
            (12, "chain"),
            (5 if scope.names("bool") else 0, "name"),
            (3, "truth"),
        ]
        if depth > 0:
            kinds += [(14, "and"), (10, "or"), (10, "not")]
        match weighted(self.choices, kinds):
            case "compare":
                left, right = self._real(scope, min(depth, 1)), self._real(scope, 0)
                if left.literal and scope.reals():
                    left = self._leaf(scope, 0)
                if left.text == right.text and not self.flag(10):
                    right = self.literal()
                symbol = pick(self.choices, [">", "<", ">=", "<=", ">", "<", "!=", "=="])
                self.tag("comparison")
                return f"{left.text} {symbol} {right.text}"
            case "int":
                left = self.variable(scope, pick(self.choices, scope.names("int")))
                if self.flag(50):
                    return f"{left.text} % 2 == {self.choices.integer(0, 1)}"
                symbol = pick(self.choices, [">", "<", "==", "!=", ">=", "<="])
                return f"{left.text} {symbol} {self.choices.integer(0, 3)}"
            case "chain":
                first, second = pick(
                    self.choices, [("<", "<"), ("<=", "<"), (">", ">"), ("<", ">=")]
                )
                middle = self._real(scope, min(depth, 1))
                low, high = Expression("-0.5", 0.5), Expression("1.25", 1.25)
                left, right = (high, low) if first == ">" else (low, high)
                if second == ">=":
                    right = low
                left = self._real(scope, 0) if self.flag(25) else left
                right = self._real(scope, 0) if self.flag(25) else right
                if middle.literal and scope.reals():
                    middle = self._leaf(scope, 0)
                self.tag("chained comparison")
                return f"{left.text} {first} {middle.text} {second} {right.text}"
            case "name":
                return pick(self.choices, scope.names("bool"))
            case "truth":
                self.tag("truth of a number")
                names = scope.names("int") or scope.reals()
                return pick(self.choices, names) if names else "1"
            case "not":
                self.tag("not")
                return f"not ({self.condition(scope, depth - 1)})"
            case symbol:
                self.tag("and" if symbol == "and" else "or")
                tests = [self.condition(scope, depth - 1) for _ in range(2)]
                return f"({tests[0]}) {symbol} ({tests[1]})"
