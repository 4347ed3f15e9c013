"""The simple statements of random programs: assignments of every form, prints, asserts.

A scope holds what is certainly bound, so programs read no unbound name; a name is assigned another
kind of value only where no loop or closure could see both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as changed

from .choices import Choices, flag, pick, shuffled, weighted
from .expressions import (
    ASSIGNED_BOUND,
    LOOP_BOUND,
    Expression,
    Expressions,
    Scope,
    Variable,
    tidy,
)

# Ordinary names, and names that generated code is likely to want for itself.
NAMES = (
    "a", "b", "c", "s", "t", "u", "v", "w", "q", "r", "p", "acc", "total", "z", "k", "j", "m",
    "x_bar", "x_dot", "x_saved", "s_bar", "t_bar", "q_2", "r_2", "x_bar_dot", "x_bar2", "a_bar",
    "s_saved", "sin_x", "exp_x", "value", "result", "out", "ct", "seed", "trips", "_", "i_2",
    "tangent", "primal", "pullback", "y_bar", "f_grad", "inf", "nan", "reversed", "saved", "one",
    "i_saved", "x_bars", "branch", "x_2", "s_dot", "grad", "flag", "cond", "neg", "reversed_x",
)  # fmt: skip
INT_NAMES = ("i", "k", "j", "n_2", "count", "m", "step", "i_bar", "_", "trips", "i_2", "idx")
BOOL_NAMES = ("flag", "ok", "positive", "found", "cond", "taken")
HELPER_NAMES = (
    "g", "h", "phi", "act", "kernel", "helper", "sigma", "g_bar", "f_2", "blend", "mix", "shape",
    "energy", "ramp", "probe", "warp", "bend", "lift", "turn", "fold",
)  # fmt: skip

INDENT = "    "


# The lines of a statement, and whether it returns on every path.
Written = tuple[list[str], bool]


@dataclass(frozen=True)
class Context:
    """Where a statement stands: loops and compound statements around it, and what is returned."""

    loops: int = 0
    nesting: int = 0
    pair: bool = False
    main: bool = True
    helper_depth: int = 0


@dataclass(frozen=True)
class Block:
    lines: list[str]
    ends: bool  # by a return on every path


class SimpleStatements(Expressions):
    """Writes statements that contain no others."""

    def __init__(self, choices: Choices) -> None:
        super().__init__(choices)
        self.captured: set[str] = set()
        self.helper_names = list(HELPER_NAMES)
        if flag(choices, 70):
            self.helper_names = shuffled(choices, HELPER_NAMES)
        self.prints = 0

    # Names

    def may_assign(self, scope: Scope, context: Context, name: str, kind: str) -> bool:
        if name in scope.protected or name in scope.taken or name in scope.helpers:
            return False
        existing = scope.variables.get(name)
        if existing is None:
            return True
        if existing.is_global:
            return False
        if name in self.captured:
            return existing.is_real and kind in ("float", "num")
        if context.loops == 0:
            return True
        return existing.kind == kind or (existing.kind == "num" and kind in ("float", "int"))

    def fresh(self, scope: Scope, context: Context, kind: str = "float") -> str:
        """A name to assign, which nothing or something harmless holds."""
        pool: Sequence[str] = NAMES
        if kind == "int":
            pool = INT_NAMES
        elif kind == "bool":
            pool = BOOL_NAMES
        for _ in range(8):
            name = pick(self.choices, pool)
            if name not in scope.variables and self.may_assign(scope, context, name, kind):
                return name
        return next(
            name
            for name in (*pool, *(f"{pool[0]}_{k}" for k in range(10, 200)))
            if name not in scope.variables and self.may_assign(scope, context, name, kind)
        )

    def assignable(self, scope: Scope, context: Context, *kinds: str) -> list[str]:
        """Existing variables of one of these kinds that may be given a float."""
        given = "int" if kinds == ("int",) else "float"
        return [
            name for name in scope.names(*kinds) if self.may_assign(scope, context, name, given)
        ]

    def bind(
        self,
        scope: Scope,
        context: Context,
        name: str,
        kind: str,
        bound: float,
        length: int = 0,
    ) -> None:
        old = scope.variables.get(name)
        if old is not None and context.loops and old.kind == "num":
            kind = "num"
        if old is not None and context.loops:
            bound = max(bound, old.bound)
        scope.variables[name] = Variable(kind, bound, length)
        if context.loops == 0:
            scope.updated.discard(name)

    def fitted(self, scope: Scope, context: Context, depth: int) -> Expression:
        """An expression that may be assigned: within a loop its bound must not grow."""
        limit = LOOP_BOUND if context.loops else ASSIGNED_BOUND
        expression = self.real(scope, depth, limit)
        if context.loops:
            expression = self.as_float(expression)
        return changed(expression, text=tidy(expression.text))

    def _assign(self, scope: Scope, context: Context) -> Written:
        expression = self.fitted(scope, context, self.choices.integer(1, 3))
        name = self.fresh(scope, context)
        self.bind(scope, context, name, kind_of(expression), expression.bound)
        return [f"{name} = {expression.text}"], False

    def _reassign(self, scope: Scope, context: Context) -> Written:
        name = pick(self.choices, self.assignable(scope, context, "float", "num"))
        expression = self.fitted(scope, context, self.choices.integer(1, 3))
        self.bind(scope, context, name, kind_of(expression), expression.bound)
        return [f"{name} = {expression.text}"], False

    def _augment(self, scope: Scope, context: Context) -> Written:
        name = pick(self.choices, self.assignable(scope, context, "float", "num"))
        old = scope.variables[name]
        symbol = weighted(
            self.choices,
            [(40, "+="), (16, "*="), (14, "-="), (12, "/="), (6, "**="), (4, "%="), (4, "//=")],
        )
        self.tag(f"augmented {symbol}")
        value = self.real(scope, self.choices.integer(0, 2), 4.0)
        lines = []
        bound = old.bound + value.bound
        match symbol:
            case "*=" if context.loops:
                value = self.limited(value, 1.1)
                bound = max(old.bound, LOOP_BOUND)
            case "*=":
                bound = old.bound * value.bound
            case "/=":
                value = Expression(f"1.5 + abs({value.text})", 5.0)
            case "**=":
                lines.append(f"{name} = math.sin({name})")
                bound = 1.0
                if self.flag(25):
                    lines[0] = f"{name} = abs({name}) / (1.0 + abs({name})) + 0.25"
                    bound = 1.6
                    value = self.limited(value, 2.0)
                else:
                    value = Expression(pick(self.choices, ["2", "3"]), 3.0)
            case "%=":
                value = Expression(pick(self.choices, ["1.75", "2.5", "3"]), 3.0)
            case "//=":
                value = Expression(pick(self.choices, ["1.25", "2.0", "3"]), 3.0)
        if context.loops:
            scope.updated.add(name)
            bound = max(bound, LOOP_BOUND) if bound > old.bound else old.bound
        kind = "float" if symbol in ("/=", "**=") and not context.loops else old.kind
        scope.variables[name] = changed(old, kind=kind, bound=min(bound, 1e4))
        return [*lines, f"{name} {symbol} {tidy(value.text)}"], False

    def _augment_int(self, scope: Scope, context: Context) -> Written:
        names = self.assignable(scope, context, "int")
        if not names:
            return self._assign_int(scope, context)
        name = pick(self.choices, names)
        symbols = ["+= 1", "-= 1", "+= 2", "//= 2", "%= 3"]
        if context.loops == 0:
            symbols += ["*= 2", "**= 2"]
        update = pick(self.choices, symbols)
        self.tag("augmented int")
        self.bind(scope, context, name, "int", scope.variables[name].bound * 2 + 10)
        return [f"{name} {update}"], False

    def _unpack(self, scope: Scope, context: Context) -> Written:
        pairs = [helper for helper in scope.helpers.values() if helper.pair]
        tuples = [name for name in scope.names("tuple") if scope.variables[name].length in (2, 3)]
        count = 2
        kinds = ["num"] * 3
        if pairs and self.flag(70):
            expression = self.call(scope, pick(self.choices, pairs), 1)
            texts, bounds = tidy(expression.text), [expression.bound] * 2
        elif tuples and self.flag(60):
            texts = pick(self.choices, tuples)
            count = scope.variables[texts].length
            bounds = [scope.variables[texts].bound] * count
            if not scope.variables[texts].whole:
                kinds = ["float"] * count
        else:
            count = self.choices.integer(2, 3)
            parts = [self.fitted(scope, context, self.choices.integer(0, 2)) for _ in range(count)]
            texts, bounds = ", ".join(part.text for part in parts), [p.bound for p in parts]
            kinds = [kind_of(part) for part in parts]
        names: list[str] = []
        for _ in range(count):
            name = self.fresh(scope, context)
            while name in names:
                name += "_2"
            names.append(name)
        for name, kind, bound in zip(names, kinds, bounds):
            self.bind(scope, context, name, kind, bound)
        self.tag("tuple unpacking")
        targets = ", ".join(names)
        return [f"({targets}) = {texts}" if self.flag(8) else f"{targets} = {texts}"], False

    def _swap(self, scope: Scope, context: Context) -> Written:
        names = self.assignable(scope, context, "float", "num")
        if len(names) < 2:
            return self._reassign(scope, context)
        names = shuffled(self.choices, names)[: 3 if len(names) > 2 and self.flag(50) else 2]
        bound = max(scope.variables[name].bound for name in names)
        kinds = {scope.variables[name].kind for name in names}
        if context.loops and len(kinds) > 1:
            return self._reassign(scope, context)
        sources = [*names[1:], names[0]]
        if self.flag(35):
            last = self.fitted(scope, context, 2)
            sources[-1], bound = last.text, max(bound, last.bound)
            kinds.add(kind_of(last))
        for name in names:
            kind = "num" if "num" in kinds else "float"
            scope.variables[name] = Variable(kind, bound)
            if any(other in scope.updated for other in names):
                scope.updated.add(name)
        self.tag("swap" if len(names) == 2 else "rotation of three")
        return [f"{', '.join(names)} = {', '.join(sources)}"], False

    def _assign_int(self, scope: Scope, context: Context) -> Written:
        value = self.whole(scope, self.choices.integer(0, 2))
        if self.flag(35):  # to be joined with floats
            name = self.fresh(scope, context)
            text = pick(self.choices, ["0", "1", tidy(value.text)])
            self.bind(scope, context, name, "num", max(value.bound, 1.0))
            self.tag("int to join floats")
            return [f"{name} = {text}"], False
        name = self.fresh(scope, context, "int")
        self.bind(scope, context, name, "int", value.bound)
        return [f"{name} = {tidy(value.text)}"], False

    def _assign_bool(self, scope: Scope, context: Context) -> Written:
        text = self.condition(scope, 2)
        name = self.fresh(scope, context, "bool")
        self.bind(scope, context, name, "bool", 1.0)
        self.tag("bool variable")
        return [f"{name} = {tidy(text)}"], False

    def _chain_assign(self, scope: Scope, context: Context) -> Written:
        expression = self.fitted(scope, context, 1)
        first, second = self.fresh(scope, context), self.fresh(scope, context)
        for name in (first, second):
            self.bind(scope, context, name, kind_of(expression), expression.bound)
        self.tag("chained assignment")
        return [f"{first} = {second} = {expression.text}"], False

    def _sequence(self, scope: Scope, context: Context) -> Written:
        """A local tuple or list of numbers."""
        count = self.choices.integer(1, 4)
        items = [self.fitted(scope, context, self.choices.integer(0, 1)) for _ in range(count)]
        kind = "list" if self.flag(45) else "tuple"
        name = self.fresh(scope, context, kind)
        bound = max(item.bound for item in items)
        whole = any(item.whole for item in items)
        scope.variables[name] = Variable(kind, bound, count, whole=whole)
        self.tag("local sequence")
        joined = ", ".join(item.text for item in items)
        if kind == "list":
            return [f"{name} = [{joined}]"], False
        return [f"{name} = ({joined}{',' if count == 1 else ''})"], False

    def _pass(self, scope: Scope, context: Context) -> Written:
        return [pick(self.choices, ["pass", "# nothing to see here", '"a string"'])], False

    def _print(self, scope: Scope, context: Context) -> Written:
        if self.prints >= 3:
            return self._assign(scope, context)
        self.prints += 1
        pieces = []
        for _ in range(self.choices.integer(1, 3)):
            style = weighted(
                self.choices,
                [(3, "real"), (3, "formatted"), (2, "int"), (1, "text"), (1, "repr")],
            )
            value = tidy(self._real(scope, 1).text)
            plain = value if '"' not in value and "'" not in value else "0.5"
            match style:
                case "real":
                    pieces.append(plain)
                case "formatted":
                    spec = pick(self.choices, [".3f", ".2e", "10.4f", ">12.5g", "+.1f", "", ".17g"])
                    label = pick(self.choices, ["", "x = ", "{{}} ", "%s "])
                    end = f":{spec}" if spec else ""
                    pieces.append(f'f"{label}{{{plain}{end}}}"')
                    self.tag("f-string")
                case "int":
                    text = tidy(self.whole(scope, 1).text)
                    pieces.append(f'f"{{{text}:3d}}"' if self.flag(50) else text)
                case "repr":
                    pieces.append(f'f"{{{plain}!r}}"')
                    self.tag("f-string")
                case _:
                    pieces.append('"step"')
        ending = pick(self.choices, ["", "", ', sep="; "', ', end="|\\n"'])
        self.tag("print")
        return [f"print({', '.join(pieces)}{ending})"], False

    def _assert(self, scope: Scope, context: Context) -> Written:
        reals = scope.reals()
        subject = pick(self.choices, reals) if reals else "1.0"
        test = pick(
            self.choices,
            [f"abs({subject}) >= 0.0", f"{subject} == {subject}", f"{subject} < 1e30",
             f"-1e30 < {subject} < 1e30"],
        )  # fmt: skip
        message = pick(self.choices, ['"must hold"', f'f"bad value {{{subject}:.3f}}"', ""])
        self.tag("assert")
        return [f"assert {test}, {message}" if message else f"assert {test}"], False

    def _raise(self, scope: Scope, context: Context) -> Written:
        subject = pick(self.choices, scope.reals())
        message = pick(self.choices, ['"too large"', f'f"{{{subject}}} is too large"'])
        error = pick(self.choices, ["ValueError", "ArithmeticError", "RuntimeError"])
        self.tag("raise in an untaken branch")
        return [f"if abs({subject}) > 1e25:", f"{INDENT}raise {error}({message})"], False


def kind_of(expression: Expression) -> str:
    return "num" if expression.whole else "float"
