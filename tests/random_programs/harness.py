"""Everything that must hold between a program and its derivatives.

    report = check_program(source, (1.5, 2), name="f", argnums=(0,))

raises `Mismatch` at the first thing that doesn't hold, naming the check. A refusal by an error of
the compiler's own is no mismatch: the report lists the constructs it names.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .choices import Seeded, number
from .generator import Program, describe
from .loading import Observation, loaded, observe, same, same_error
from .oracles import (
    EPS,
    TOLERANCE,
    Derivative,
    Leaf,
    Point,
    Rows,
    by_differences,
    chain_rule,
    differences,
    executed_cost,
    flatten,
    get,
    is_tame,
    leaves,
    replaced,
    second_order,
    traced,
)
from .structures import belongs, has_nan, is_differentiable, ones, shown, structured, zeros

REVERSE_LIMIT = 5.0
FORWARD_LIMIT = 4.0
# Second order adds the operations of one derivative to those of another.
SECOND_ORDER_TOLERANCE = 4 * TOLERANCE

# For a call's arguments: per output, per float of the positional arguments, the sum of absolute
# contributions to the derivative; rounding errors are measured against it.
AbsContributions = Callable[[Sequence[Any], Mapping[str, Any]], Sequence[Sequence[float]]]


class Mismatch(AssertionError):
    """A check that doesn't hold. `check` names it and stays the same as a program is reduced."""

    def __init__(self, check: str, message: str) -> None:
        self.check = check
        super().__init__(f"{check}: {message}")


class Refused(Exception):
    """The compiler refused the program, by an error of its own, for these constructs."""

    def __init__(self, constructs: tuple[str, ...], message: str) -> None:
        self.constructs = constructs
        super().__init__(message)


@dataclass
class Report:
    """What was found out about a program beside that all checks hold."""

    refused: tuple[str, ...] = ()
    refusal: str = ""
    points: int = 0
    raised: int = 0  # points at which the program raises, as its derivatives then must
    derivatives: int = 0  # compared with the chain rule
    certified: int = 0  # compared with differences
    second: int = 0  # compared at second order
    reverse_ratio: float | None = None  # as reported by the compiler
    forward_ratio: float | None = None
    measured_ratio: float | None = None  # as counted in the running text of both
    nan_points: list[Point] = field(default_factory=list)  # NaN where the chain rule has none


def check_program(
    source: str,
    args: Sequence[Any],
    *,
    name: str = "f",
    kwargs: Mapping[str, Any] | None = None,
    argnums: Sequence[int] = (0,),
    more_points: Sequence[Point] = (),
    seed: int = 0,
    second: bool = False,
    abs_contributions: AbsContributions | None = None,
    api: Any = None,
    lowered: bool = True,
    directory: Path | None = None,
) -> Report:
    """Check the derivatives of a function, given as a module's text, at one or more points.

    `argnums` are the positions that the gradient is taken by; jvp and vjp take all floats given
    by position. `second` adds the second derivative, where argnums is one float. The sum of
    absolute contributions comes from the oracle unless `abs_contributions` is given. `api` has
    `grad`, `value_and_grad`, `jvp` and `vjp`, and is the compiler unless given; without `lowered`
    nothing is asked of its `.lower`. With a directory the module is a file there.
    """
    points = [Point(tuple(args), dict(kwargs or {})), *more_points]
    report = Report()
    with loaded(source, name, directory) as function:
        checker = _Checker(
            source, name, function, tuple(argnums), api or _compiler(), abs_contributions, report
        )
        try:
            for number_, point in enumerate(points):
                checker.check(point, Seeded(seed + number_))
                if lowered:
                    checker.check_lowered(point)
            if lowered and not report.raised:
                checker.check_costs(points[0])
            if lowered:
                checker.check_determinism(points[0], directory)
            if second:
                checker.check_second_order(points[0])
        except Refused as refused:
            report.refused = refused.constructs
            report.refusal = str(refused)
    return report


def check(program: Program, **options: Any) -> Report:
    """Check a generated program at all its points."""
    first, *rest = program.points
    return check_program(
        program.source, first.args, name=program.name, kwargs=first.kwargs,
        argnums=program.argnums, more_points=rest, **options,
    )  # fmt: skip


def _compiler() -> Any:
    import autodiff_compiler

    return autodiff_compiler


class _Checker:
    def __init__(
        self,
        source: str,
        name: str,
        function: Callable[..., Any],
        argnums: tuple[int, ...],
        api: Any,
        abs_contributions: AbsContributions | None,
        report: Report,
    ) -> None:
        self.source, self.name, self.function = source, name, function
        self.argnums, self.api, self.report = argnums, api, report
        self.abs_contributions = abs_contributions
        self.value_and_grad = api.value_and_grad(function, argnums=argnums)

    # Values and first derivatives

    def check(self, point: Point, choices: Seeded) -> None:
        self.report.points += 1
        plain = observe(self.function, point.args, point.kwargs)
        several = isinstance(plain.value, tuple)
        if not several:
            self._gradient(point, plain)
        positions = [i for i, arg in enumerate(point.args) if is_differentiable(arg)]
        targets = leaves(point, positions)
        seeds = {leaf: number(choices, -1.5, 1.5) + 0.25 for leaf in targets}
        tangents = [None if isinstance(arg, int) else zeros(arg) for arg in point.args]
        tangents = list(replaced(tangents, seeds))
        forward = self._jvp(point, plain, tangents)
        # An int isn't differentiated, as a result neither than as an argument.
        weights = [
            0.0 if isinstance(value, int) else number(choices, -1.5, 1.5) + 0.25
            for value in flatten(plain.value)
        ]
        backward = self._vjp(point, plain, weights)
        if plain.error is not None:
            self.report.raised += 1
            return
        assert forward is not None and backward is not None
        self._compare(point, plain, positions, seeds, weights, forward, backward)

    def _call(
        self, what: str, function: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Observation:
        seen = observe(function, args, kwargs)
        if seen.error is not None:
            sort_error(what, seen.error)
        self._require("arguments unmodified", not seen.wrote, what)
        return seen

    def _require(self, name: str, holds: bool, message: str) -> None:
        if not holds:
            raise Mismatch(name, message)

    def _as_plain(self, what: str, plain: Observation, seen: Observation, value: Any) -> None:
        """The derivative's call shows what the plain one shows, each once."""
        if not same_error(plain.error, seen.error):
            alone = plain.error is None
            name = f"raises {type(seen.error).__name__}" if alone else "exception"
            message = f"{what} raised {seen.error!r}, plain Python {plain.error!r}"
            raise Mismatch(name, message) from seen.error
        self._require(
            "output",
            seen.output == plain.output,
            f"{what} printed {seen.output!r}, {plain.output!r}",
        )
        self._require(
            "warnings", seen.warned == plain.warned, f"{what} warned {seen.warned}, {plain.warned}"
        )
        if plain.error is None:
            self._require(
                "primal", same(value, plain.value),
                f"{what} gives {shown(value)}, plain Python {shown(plain.value)}",
            )  # fmt: skip

    def _gradient(self, point: Point, plain: Observation) -> None:
        what = f"value_and_grad at {describe(point)}"
        first = self._call(what, self.value_and_grad, *point.args, **point.kwargs)
        value: Any = None
        gradient: Any = None
        if first.error is None:
            value, gradient = first.value
        self._as_plain(what, plain, first, value)
        self.gradient = gradient
        if first.error is not None:
            return
        wanted = [point.args[i] for i in self.argnums]
        fits = isinstance(self.gradient, tuple) and len(self.gradient) == len(wanted)
        self._require(
            "structure", fits and all(map(structured, self.gradient, wanted)),
            f"the gradient by {self.argnums} at {describe(point)} is {self.gradient!r}",
        )  # fmt: skip
        again = self._call(what, self.value_and_grad, *point.args, **point.kwargs)
        self._require(
            "second call", same(again.value, first.value) and again.output == first.output,
            f"{what} gives {shown(first.value)}, then {shown(again.value)}",
        )  # fmt: skip
        self._ints_for_floats(point, first)

    def _ints_for_floats(self, point: Point, seen: Observation) -> None:
        """An int named in argnums stands for the float it equals."""
        whole = {
            Leaf(i): int(point.args[i])
            for i in self.argnums
            if type(point.args[i]) is float and point.args[i].is_integer()
        }
        whole = {leaf: v for leaf, v in whole.items() if same(float(v), point.args[leaf.argument])}
        if not whole:
            return
        args = replaced(point.args, whole)
        what = f"value_and_grad at {describe(Point(args, point.kwargs))}"
        ints = self._call(what, self.value_and_grad, *args, **point.kwargs)
        self._require(
            "int for float", same(ints.value, seen.value),
            f"{what} gives {shown(ints.value)} or {ints.error!r}, not {shown(seen.value)}",
        )  # fmt: skip

    def _jvp(self, point: Point, plain: Observation, tangents: Sequence[Any]) -> list[Any] | None:
        what = f"jvp at {describe(point)} along {tuple(tangents)}"
        seen = self._call(
            what, self.api.jvp, self.function, tuple(point.args), tuple(tangents), **point.kwargs
        )
        value, tangent = seen.value if seen.error is None else (None, None)
        self._as_plain(what, plain, seen, value)
        if seen.error is not None:
            return None
        fits = structured(tangent, plain.value)
        self._require("structure", fits, f"{what} has the tangent {tangent!r}")
        return flatten(tangent)

    def _vjp(self, point: Point, plain: Observation, weights: Sequence[float]) -> list[Any] | None:
        what = f"vjp at {describe(point)}"
        seen = self._call(what, self.api.vjp, self.function, *point.args, **point.kwargs)
        value = seen.value[0] if seen.error is None else None
        self._as_plain(what, plain, seen, value)
        if seen.error is not None:
            return None
        pullback = seen.value[1]
        cotangent = tuple(weights) if isinstance(plain.value, tuple) else weights[0]
        pulled = self._call(what, pullback, cotangent)
        if pulled.error is not None:
            raise Mismatch("pullback", f"{what} raised {pulled.error!r}") from pulled.error
        silent = not pulled.output and not pulled.warned
        self._require("pullback", silent, f"{what}: {pulled.output!r}, {pulled.warned}")
        again = self._call(what, pullback, cotangent)
        self._require(
            "second call", same(pulled.value, again.value),
            f"the pullback of {what} gives {shown(pulled.value)}, then {shown(again.value)}",
        )  # fmt: skip
        cotangents = pulled.value
        fits = isinstance(cotangents, tuple) and len(cotangents) == len(point.args)
        self._require(
            "structure", fits and all(map(belongs, cotangents, point.args)),
            f"the pullback of {what} gives {cotangents!r}",
        )  # fmt: skip
        pairs = zip(point.args, cotangents, strict=True)
        return flatten([cotangent for arg, cotangent in pairs if is_differentiable(arg)])

    def _compare(
        self,
        point: Point,
        plain: Observation,
        positions: Sequence[int],
        seeds: Mapping[Leaf, float],
        weights: Sequence[float],
        forward: Sequence[float],
        backward: Sequence[float],
    ) -> None:
        """All derivatives with each other, with the chain rule, and with differences."""
        if not all(math.isfinite(value) for value in flatten(plain.value)):
            return
        rows = chain_rule(self.source, self.name, point, positions)
        singular = rows.singular
        if self.abs_contributions is not None:
            given = self.abs_contributions(point.args, point.kwargs)
            rows = Rows(
                [Derivative(d.value, a) for d, a in zip(row, bounds, strict=True)]
                for row, bounds in zip(rows, given, strict=True)
            )
        if not all(derivative.usable for row in rows for derivative in row):
            return
        if has_nan([forward, backward]) and singular:
            # 0 · inf: forward and reverse may differ in NaN beside an infinite partial.
            self.report.nan_points.append(point)
            return
        self._dot_product(point, rows, seeds, weights, forward, backward)
        targets = leaves(point, positions)
        self.report.derivatives += len(targets)
        for output, row in enumerate(rows):
            exact = sum(d.value * s for d, s in zip(row, seeds.values(), strict=True))
            scale = sum(d.absolute * abs(s) for d, s in zip(row, seeds.values(), strict=True))
            self._close(f"forward, output {output}", point, forward[output], exact, scale)
        for leaf, found, column in zip(targets, backward, zip(*rows, strict=True), strict=True):
            exact = sum(d.value * w for d, w in zip(column, weights, strict=True))
            scale = sum(d.absolute * abs(w) for d, w in zip(column, weights, strict=True))
            self._close(f"reverse, {leaf}", point, found, exact, scale)
        if isinstance(plain.value, tuple):
            return
        exact_by_leaf = dict(zip(targets, rows[0], strict=True))
        wanted = leaves(point, self.argnums)
        for leaf, found in zip(wanted, flatten(self.gradient), strict=True):
            derivative = exact_by_leaf[leaf]
            self._close(f"gradient, {leaf}", point, found, derivative.value, derivative.absolute)
        self._differences(
            point, dict(zip(wanted, flatten(self.gradient), strict=True)), exact_by_leaf
        )

    def _close(self, what: str, point: Point, found: Any, exact: Any, scale: Any) -> None:
        allowed = float(TOLERANCE * scale) + 1e-290
        error = abs(found - exact)
        self._require(
            "chain rule", bool(error <= allowed),
            f"{what} at {describe(point)}: {found!r}, the chain rule gives {float(exact)!r}: "
            f"{float(error / (EPS * scale)) if scale else math.inf:.0f} eps of {float(scale):.3g}",
        )  # fmt: skip

    def _dot_product(
        self,
        point: Point,
        rows: Sequence[Sequence[Derivative]],
        seeds: Mapping[Leaf, float],
        weights: Sequence[float],
        forward: Sequence[float],
        backward: Sequence[float],
    ) -> None:
        """⟨ȳ, J ẋ⟩ = ⟨Jᵀ ȳ, ẋ⟩."""
        left = math.fsum(w * t for w, t in zip(weights, forward, strict=True))
        right = math.fsum(b * s for b, s in zip(backward, seeds.values(), strict=True))
        scale = sum(
            abs(weight * seed) * derivative.absolute
            for weight, row in zip(weights, rows, strict=True)
            for seed, derivative in zip(seeds.values(), row, strict=True)
        )
        self._require(
            "dot product", abs(left - right) <= float(TOLERANCE * scale) + 1e-290,
            f"at {describe(point)}: forward {left!r}, reverse {right!r}, "
            f"absolute contributions {float(scale):.3g}",
        )  # fmt: skip

    def _differences(
        self, point: Point, gradient: Mapping[Leaf, Any], exact: Mapping[Leaf, Derivative]
    ) -> None:
        found = differences(self.source, self.name, point, self.argnums)
        for (leaf, value), difference in zip(gradient.items(), found, strict=True):
            if not difference.certified:
                continue
            self.report.certified += 1
            scale = float(exact[leaf].absolute)
            allowed = 10 * difference.error + 1e-7 * scale + 1e-12
            self._require(
                "differences", abs(value - difference.value) <= allowed,
                f"by {leaf} at {describe(point)}: {value!r}, differences give "
                f"{difference.value!r} to {difference.error:.1g}",
            )  # fmt: skip

    # The graph, the text, the costs

    def check_lowered(self, point: Point) -> None:
        """The interpreter on the IR, and the text on its own, give the same bits."""
        plain = observe(self.function, point.args, point.kwargs)
        if plain.error is not None or isinstance(plain.value, tuple):
            return
        from autodiff_compiler.ir.interpreter import interpret

        lowered = self.value_and_grad.lower(*point.args, **point.kwargs)
        wanted = observe(self.value_and_grad, point.args, point.kwargs).value
        arguments = self._arguments(point)
        what = f"at {describe(point)}"
        for graph, expected in ((lowered.primal_ir, plain.value), (lowered.ir, wanted)):
            given = arguments[: len(graph.params)]
            seen = observe(lambda *args, graph=graph: interpret(graph, args), given, {})
            if seen.error is not None:
                raise Mismatch("interpreter", f"{what} raised {seen.error!r}") from seen.error
            self._require(
                "interpreter", same(flatten(seen.value), flatten(expected)),
                f"@{graph.name} {what} gives {shown(seen.value)}, not {shown(expected)}",
            )  # fmt: skip
        alone = standalone(self._saved(), lowered.ir.name)
        seen = observe(alone, point.args, point.kwargs)
        if seen.error is not None:
            raise Mismatch("standalone", f"{what} raised {seen.error!r}") from seen.error
        self._require(
            "standalone", same(flatten(seen.value), flatten(wanted)),
            f"{what} gives {shown(seen.value)}, not {shown(wanted)}",
        )  # fmt: skip
        self._require("standalone", seen.output == plain.output, f"{what} printed {seen.output!r}")

    def _arguments(self, point: Point) -> list[Any]:
        """The arguments as the graph takes them: in the order of the parameters."""
        bound = inspect.signature(self.function).bind(*point.args, **point.kwargs)
        bound.apply_defaults()
        return list(bound.arguments.values())

    def _saved(self) -> str:
        """The text that `.save` writes for the signature called last."""
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "saved.py"
            self.value_and_grad.save(path)
            return path.read_text(encoding="utf-8")

    def check_costs(self, point: Point) -> None:
        """Costs by the compiler's count, and by an independent count of what runs."""
        if isinstance(observe(self.function, point.args, point.kwargs).value, tuple):
            return
        lowered = self.value_and_grad.lower(*point.args, **point.kwargs)
        if lowered.cost.primal > 0:
            self.report.reverse_ratio = ratio = float(lowered.cost.ratio)
            self._require(
                "reverse cost", ratio <= REVERSE_LIMIT,
                f"{lowered.cost.derivative} for {lowered.cost.primal}, {ratio:.2f} times",
            )  # fmt: skip
        tangents = tuple(None if isinstance(arg, int) else ones(arg) for arg in point.args)
        forward = self.api.jvp(self.function).lower(point.args, tangents, **point.kwargs)
        if forward.cost.primal > 0:
            self.report.forward_ratio = ratio = float(forward.cost.ratio)
            self._require(
                "forward cost", ratio <= FORWARD_LIMIT,
                f"{forward.cost.derivative} for {forward.cost.primal}, {ratio:.2f} times",
            )  # fmt: skip
        primal = executed_cost(self.source, self.name, point)
        if primal > 0:
            entry = entry_point(lowered.source, lowered.ir.name)
            self.report.measured_ratio = executed_cost(lowered.source, entry, point) / primal

    def check_determinism(self, point: Point, directory: Path | None) -> None:
        """The same program, compiled anew, gives the same text."""
        plain = observe(self.function, point.args, point.kwargs)
        if plain.error is not None or isinstance(plain.value, tuple):
            return
        text = self.value_and_grad.lower(*point.args, **point.kwargs).source
        with loaded(self.source, self.name, directory) as function:
            derivative = self.api.value_and_grad(function, argnums=self.argnums)
            again = derivative.lower(*point.args, **point.kwargs).source
        self._require("same text", text == again, f"first\n{text}\nthen\n{again}")

    # Second order

    def check_second_order(self, point: Point) -> None:
        """grad of grad, where it is taken by one float, against the chain rule and differences."""
        argnum = self.argnums[0]
        plain = observe(self.function, point.args, point.kwargs)
        if len(self.argnums) > 1 or not isinstance(point.args[argnum], float):
            return
        if plain.error is not None or not isinstance(plain.value, float):
            return
        if not math.isfinite(plain.value):
            return
        first = self.api.grad(self.function, argnums=argnum)
        twice = self.api.grad(first, argnums=argnum)
        what = f"grad of grad at {describe(point)}"
        seen = self._call(what, twice, *point.args, **point.kwargs)
        if seen.error is not None:
            raise Mismatch("second order", f"{what} raised {seen.error!r}") from seen.error
        exact = second_order(self.source, self.name, point, argnum)
        if not exact.usable:
            return
        self.report.second += 1
        allowed = float(SECOND_ORDER_TOLERANCE * exact.absolute) + 1e-290
        self._require(
            "second order", bool(abs(seen.value - exact.value) <= allowed),
            f"{what}: {seen.value!r}, the chain rule gives {float(exact.value)!r}, "
            f"absolute contributions {float(exact.absolute):.3g}",
        )  # fmt: skip
        if not is_tame(point):
            return
        _, path = traced(self.source, self.name, point)
        leaf = Leaf(argnum)
        centre = float(get(point.args, leaf))

        def gradient(offset: float) -> float | None:
            moved = Point(replaced(point.args, {leaf: centre + offset}), point.kwargs)
            try:
                if traced(self.source, self.name, moved)[1] != path:
                    return None
            except Exception:
                return None
            value = observe(first, moved.args, moved.kwargs).value
            return float(value) if value is not None and math.isfinite(value) else None

        difference = by_differences(gradient, centre)
        if difference.certified:
            allowed = 10 * difference.error + 1e-7 * float(exact.absolute) + 1e-10
            self._require(
                "second order", abs(seen.value - difference.value) <= allowed,
                f"{what}: {seen.value!r}, differences of grad give {difference.value!r} to "
                f"{difference.error:.1g}",
            )  # fmt: skip


def sort_error(what: str, error: Exception) -> None:
    """Raise Refused for a refusal, Mismatch for a failure of the compiler's own."""
    names = {cls.__name__ for cls in type(error).__mro__}
    if "AutodiffError" not in names:
        return
    if "InternalError" in names:
        raise Mismatch("internal error", f"{what}: {error}") from error
    problems = getattr(error, "problems", ())
    constructs = tuple(problem.construct for problem in problems) or (type(error).__name__,)
    raise Refused(constructs, f"{what}: {error}") from error


# Generated text on its own


def entry_point(text: str, name: str) -> str:
    """The derivative in a generated module: the function of this name, else the last one."""
    functions = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return name if name in functions else functions[-1]


def standalone(text: str, name: str) -> Callable[..., Any]:
    """The derivative in a generated module, run where the compiler can't be imported."""
    namespace: dict[str, Any] = {"__name__": "generated", "__builtins__": dict(vars(builtins))}
    namespace["__builtins__"]["__import__"] = _import
    exec(compile(text, "<generated>", "exec"), namespace)
    return namespace[entry_point(text, name)]  # type: ignore[no-any-return]


def _import(name: str, *rest: Any) -> Any:
    if name.split(".")[0] == "autodiff_compiler":
        raise ImportError("generated code must run without the compiler")
    return builtins.__import__(name, *rest)
