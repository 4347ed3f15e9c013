"""One signature of a derivative, opened up: its graphs, its text, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from autodiff_compiler.api.structures import unit
from autodiff_compiler.dispatch.cache import Specialisation

if TYPE_CHECKING:
    from autodiff_compiler.ir.values import Function
    from autodiff_compiler.report.cost import Cost
    from autodiff_compiler.report.residuals import Residuals


@dataclass(frozen=True)
class Lowered:
    """What a derivative is compiled to for the arguments that `.lower` was given.

    `print(low.ir)` shows the derivative's graph, `print(low.source)` its Python. `cost` and
    `residuals` run the graphs on those arguments; nothing is printed, and what the function raises
    is raised.
    """

    specialisation: Specialisation = field(repr=False)
    values: tuple[object, ...]  # one per parameter of the function
    tangents: tuple[object, ...] = ()  # of the active ones, for a jvp

    @property
    def primal_ir(self) -> Function:
        """The graph of the function itself."""
        return self.specialisation.compiled.primal_ir

    @property
    def ir(self) -> Function:
        """The graph of the derivative."""
        return self.specialisation.compiled.ir

    @property
    def source(self) -> str:
        """The generated Python, as a module's text."""
        return self.specialisation.compiled.source

    @property
    def cost(self) -> Cost:
        """Elementary operations of the function and of the derivative, which includes it."""
        from autodiff_compiler.report.cost import Cost, count

        return Cost(count(self.primal_ir, self.values), count(self.ir, self._inputs()))

    @property
    def residuals(self) -> Residuals:
        """What the forward sweep saves for the backward sweep."""
        from autodiff_compiler.report.residuals import residuals

        sweeps = (back for step in self.specialisation.steps for back in step.sweeps_back)
        reverse = {order for order, back in enumerate(sweeps, start=1) if back}
        return residuals(self.ir, self._inputs(), reverse)

    def _inputs(self) -> tuple[object, ...]:
        """The arguments of the derivative's graph; a pullback's cotangent is 1."""
        if not self.ir.late:
            return self.values + self.tangents
        from autodiff_compiler.ir.interpreter import interpret
        from autodiff_compiler.report.cost import silent

        value = interpret(self.primal_ir, self.values, silent)
        return (*self.values, unit(value))


@dataclass(frozen=True)
class Chosen(Lowered):
    """A derivative in the mode that costs less; `why` says so."""

    why: str = ""

    @property
    def cost(self) -> Cost:
        """As ever, with the reason for the mode."""
        return replace(super().cost, reason=self.why)
