"""The way to the compiler, which is imported when something is first compiled.

Until then there is only what describes calls, so that importing the package costs little.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import FunctionType
from typing import TYPE_CHECKING

from autodiff_compiler.ir.types import Type

if TYPE_CHECKING:
    from autodiff_compiler.frontend import Guard
    from autodiff_compiler.pipeline import Compiled


@dataclass(frozen=True, eq=False)
class Known:
    """An argument known by its value: None, a string, a function, an instance."""

    value: object


@dataclass(frozen=True)
class Step:
    """One differentiation, as `pipeline.Differentiation` has it."""

    kind: str
    argnums: tuple[int, ...]
    bare: bool = False
    mode: str = "reverse"

    @property
    def sweeps_back(self) -> tuple[bool, ...]:
        """Of each differentiation that this is made of, whether it has a backward sweep."""
        if self.kind in ("hessian", "hvp"):
            return True, False
        return (self.kind not in ("jvp", "jacfwd") and self.mode == "reverse",)


Steps = tuple[Step, ...]
Described = Type | Known
Arguments = Mapping[str, Described]


def compile_for(
    function: FunctionType, steps: Steps, arguments: Arguments
) -> tuple[Compiled, tuple[Guard, ...]]:
    """The function differentiated step by step, innermost first, and all that this relied on."""
    from autodiff_compiler.frontend import Guard, Static
    from autodiff_compiler.pipeline import Differentiation, compile_function

    own = Guard("attribute", function, "__code__", function.__code__)
    given = {
        name: Static(each.value) if isinstance(each, Known) else each
        for name, each in arguments.items()
    }
    wanted = tuple(Differentiation(**asdict(step)) for step in steps)
    compiled = compile_function(function, wanted, given)
    others = (
        guard
        for guard in compiled.guards
        if guard.holder is not function or guard.key != "__code__"
    )
    return compiled, (own, *others)
