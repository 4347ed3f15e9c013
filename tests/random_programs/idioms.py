"""Pieces of numerical code as people write it, with random expressions in their places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as changed

from .choices import pick
from .elementary import POSITIVE, SMALL
from .expressions import ASSIGNED_BOUND, LOOP_BOUND, Scope, Variable, tidy
from .simple import Context
from .statements import Statements

Idiom = Callable[[Statements, Scope, Context], list[str]]


class _Names:
    """Distinct fresh names for one idiom."""

    def __init__(self, writer: Statements, scope: Scope, context: Context) -> None:
        self.writer, self.scope, self.context = writer, scope, context
        self.used: list[str] = []

    def __call__(self, kind: str = "float") -> str:
        name = self.writer.fresh(self.scope, self.context, kind)
        while name in self.used:
            name += "_2"
        self.used.append(name)
        return name


def _text(writer: Statements, scope: Scope, depth: int = 1, limit: float = 3.0) -> str:
    return tidy(writer.real(scope, depth, limit).text)


def _positive(writer: Statements, scope: Scope) -> str:
    return tidy(writer.guarded(writer.real(scope, 1, 5.0), POSITIVE).text)


def _hold(scope: Scope, *names: str) -> None:
    for name in names:
        scope.variables[name] = Variable("float", LOOP_BOUND)


def newton(writer: Statements, scope: Scope, context: Context) -> list[str]:
    name = _Names(writer, scope, context)
    target, root, trip = name(), name(), name("int")
    count = writer.choices.integer(1, 5)
    lines = [
        f"{target} = {_positive(writer, scope)}",
        f"{root} = {pick(writer.choices, ['1.0', target, '1', f'0.5 * ({target} + 1)'])}",
        f"for {trip} in range({count}):",
        f"    {root} = 0.5 * ({root} + {target} / {root})",
    ]
    _hold(scope, target, root)
    return lines


def horner(writer: Statements, scope: Scope, context: Context) -> list[str]:
    name = _Names(writer, scope, context)
    total, item = name(), name()
    sequences = scope.names("list", "tuple")
    source = pick(writer.choices, sequences) if sequences else "(0.5, -1.0, 0.25, 2)"
    lines = [
        f"{total} = {pick(writer.choices, ['0.0', '0'])}",
        f"for {item} in {source}:",
        f"    {total} = {total} * {tidy(f'math.tanh({_text(writer, scope)})')} + {item}",
    ]
    scope.variables[total] = Variable("num", LOOP_BOUND)
    return lines


def average(writer: Statements, scope: Scope, context: Context) -> list[str]:
    name = _Names(writer, scope, context)
    mean, trip = name(), name("int")
    rate = pick(writer.choices, ["0.5", "0.1", "0.9"])
    lines = [
        f"{mean} = {_text(writer, scope)}",
        f"for {trip} in range({writer.choices.integer(1, 5)}):",
        f"    {mean} = {rate} * {mean} + (1 - {rate}) * ({_text(writer, scope)})",
    ]
    _hold(scope, mean)
    return lines


def rotation(writer: Statements, scope: Scope, context: Context) -> list[str]:
    name = _Names(writer, scope, context)
    a, b, c = name(), name(), name()
    trip = name("int")
    last = pick(
        writer.choices,
        [a, f"0.5 * {a} - 0.25 * {b} + {_text(writer, scope)}", f"math.sin({a} * {b}) + {c}"],
    )
    start = ", ".join(_text(writer, scope, 0) for _ in range(3))
    lines = [
        f"{a}, {b}, {c} = {start}",
        f"for {trip} in range({writer.choices.integer(1, 5)}):",
        f"    {a}, {b}, {c} = {b}, {c}, {last}",
    ]
    writer.tag("rotation of three", "tuple unpacking")
    _hold(scope, a, b, c)
    return lines


def search(writer: Statements, scope: Scope, context: Context) -> list[str]:
    """The search for a crossing, without break."""
    name = _Names(writer, scope, context)
    point, count = name(), name("int")
    function = tidy(f"{point} * {point} - {_positive(writer, scope)}")
    lines = [
        f"{point} = {pick(writer.choices, ['0.0', '0', _text(writer, scope, 0)])}",
        f"{count} = 0",
        f"while {function} < 0 and {count} < {writer.choices.integer(2, 9)}:",
        f"    {point} = {point} + {pick(writer.choices, ['0.5', '0.3', _positive(writer, scope)])}",
        f"    {count} += 1",
    ]
    writer.tag("while", "while on data")
    scope.variables[point] = Variable("num", ASSIGNED_BOUND)
    scope.variables[count] = Variable("int", 9.0)
    return lines


def extreme(writer: Statements, scope: Scope, context: Context) -> list[str]:
    name = _Names(writer, scope, context)
    best, item = name(), name()
    sequences = scope.names("list", "tuple")
    values = [_text(writer, scope) for _ in range(3)]
    source = pick(writer.choices, sequences) if sequences else f"({', '.join(values)})"
    start = pick(writer.choices, ["-10.0", "float('-inf')", "-math.inf", "-1e9"])
    body = pick(
        writer.choices,
        [
            [f"    if {item} > {best}:", f"        {best} = {item}"],
            [f"    {best} = max({best}, {item})"],
            [f"    {best} = {item} if {item} > {best} else {best}"],
        ],
    )
    lines = [f"{best} = {start}", f"for {item} in {source}:", *body]
    end = f"{best} = min(max({best}, -5.0), 5.0)"
    _hold(scope, best)
    return [*lines, end]


def first_above(writer: Statements, scope: Scope, context: Context) -> list[str]:
    """The first item above a threshold, found with a flag since there is no break."""
    name = _Names(writer, scope, context)
    found, chosen, item = name("bool"), name(), name()
    sequences = scope.names("list", "tuple")
    values = [_text(writer, scope) for _ in range(3)]
    source = pick(writer.choices, sequences) if sequences else f"[{', '.join(values)}]"
    threshold = _text(writer, scope, 0)
    lines = [
        f"{found} = False",
        f"{chosen} = {pick(writer.choices, ['0.0', '0', _text(writer, scope)])}",
        f"for {item} in {source}:",
        f"    if not {found} and {item} > {threshold}:",
        f"        {chosen} = {item} * {item}",
        f"        {found} = True",
    ]
    writer.tag("not", "and")
    scope.variables[found] = Variable("bool", 1.0)
    scope.variables[chosen] = Variable("num", ASSIGNED_BOUND)
    return lines


def leapfrog(writer: Statements, scope: Scope, context: Context) -> list[str]:
    name = _Names(writer, scope, context)
    position, speed, step, trip = name(), name(), name(), name("int")
    lines = [
        f"{position}, {speed} = {_text(writer, scope, 0)}, {_text(writer, scope, 0)}",
        f"{step} = 0.1",
        f"for {trip} in range({writer.choices.integer(1, 6)}):",
        f"    {speed} -= {step} * math.sin({position})",
        f"    {position} += {step} * {speed}",
    ]
    writer.tag("augmented -=", "augmented +=", "tuple unpacking")
    _hold(scope, position, speed, step)
    return lines


def integral(writer: Statements, scope: Scope, context: Context) -> list[str]:
    name = _Names(writer, scope, context)
    low, width, total, index, point = name(), name(), name(), name("int"), name()
    count = writer.choices.integer(1, 5)
    inner = scope.copy()
    inner.variables[point] = Variable("float", 6.0)
    body = _text(writer, inner, 2, LOOP_BOUND)
    lines = [
        f"{low} = {_text(writer, scope, 0)}",
        f"{width} = ({_text(writer, scope, 0)} - {low}) / {count}",
        f"{total} = {pick(writer.choices, ['0.0', '0'])}",
        f"for {index} in range({count}):",
        f"    {point} = {low} + ({index} + 0.5) * {width}",
        f"    {total} += {body}",
        f"{total} *= {width}",
    ]
    writer.tag("augmented +=", "augmented *=")
    _hold(scope, low, width)
    scope.variables[total] = Variable("num", ASSIGNED_BOUND)
    return lines


def bisection(writer: Statements, scope: Scope, context: Context) -> list[str]:
    name = _Names(writer, scope, context)
    low, high, middle, trip = name(), name(), name(), name("int")
    lines = [
        f"{low} = 0.0",
        f"{high} = {_positive(writer, scope)}",
        f"for {trip} in range({writer.choices.integer(1, 6)}):",
        f"    {middle} = 0.5 * ({low} + {high})",
        f"    if math.sin({middle}) < {_text(writer, scope, 0)}:",
        f"        {low} = {middle}",
        "    else:",
        f"        {high} = {middle}",
    ]
    _hold(scope, low, high, middle)
    writer.tag("if", "else")
    return lines


def double_sum(writer: Statements, scope: Scope, context: Context) -> list[str]:
    name = _Names(writer, scope, context)
    total, row, column = name(), name("int"), name("int")
    inner = scope.copy()
    inner.variables |= {row: Variable("int", 4.0), column: Variable("int", 4.0)}
    lines = [
        f"{total} = {pick(writer.choices, ['0.0', '0', _text(writer, scope, 0)])}",
        f"for {row} in range({writer.choices.integer(1, 3)}):",
        f"    for {column} in range({pick(writer.choices, [row, f'{row} + 1', '2'])}):",
        f"        {total} += {_text(writer, inner, 2)} / ({row} + {column} + 1)",
    ]
    writer.tag("nested loop", "augmented +=")
    scope.variables[total] = Variable("num", ASSIGNED_BOUND)
    return lines


def alternating(writer: Statements, scope: Scope, context: Context) -> list[str]:
    """A series whose sign and term are carried."""
    name = _Names(writer, scope, context)
    term, sign, total, index = name(), name(), name(), name("int")
    factor = tidy(writer.guarded(writer.real(scope, 1), SMALL).text)
    lines = [
        f"{term} = {factor}",
        f"{sign}, {total} = 1, 0",
        f"for {index} in range(1, {writer.choices.integer(2, 6)}):",
        f"    {total} += {sign} * {term}",
        f"    {term} *= {factor} / (2 * {index})",
        f"    {sign} = -{sign}",
    ]
    writer.tag("augmented +=", "augmented *=", "range with start", "tuple unpacking")
    _hold(scope, term)
    scope.variables[total] = Variable("num", ASSIGNED_BOUND)
    scope.variables[sign] = Variable("int", 1.0)
    return lines


IDIOMS: tuple[Idiom, ...] = (
    average, newton, horner, rotation, search, extreme, first_above, leapfrog, integral,
    bisection, double_sum, alternating,
)  # fmt: skip


def idiom(writer: Statements, scope: Scope, context: Context) -> list[str]:
    """One idiom; none of the names that it assigns was held in the scope before."""
    writer.tag("idiom")
    chosen = pick(writer.choices, IDIOMS)
    return chosen(writer, scope, changed(context, loops=0))
